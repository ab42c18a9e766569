"""HDF5 files, read by libhdf5 in a process of its own that may crash without harm."""
