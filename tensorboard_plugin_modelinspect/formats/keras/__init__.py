"""Keras' own files: archives, folders, HDF5 of all ages, and what their configs say of names."""
