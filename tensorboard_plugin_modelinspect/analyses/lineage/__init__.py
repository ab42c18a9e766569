"""Lineage: whose weights are equal to whose, from checksums alone.

`contents.py` decides what counts, `index.py` finds it, `result.py` is what is said.
"""
