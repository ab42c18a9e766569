"""Reads the nodes of graphs into columns."""
