"""Writes HDF5 files in memory with h5py, and damages them on purpose."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import h5py

Write = Callable[[Any], object]


def hdf5(write: Write, **options: Any) -> bytes:
    """The bytes of a file into which a function wrote; `options` are those of `h5py.File`."""
    buffer = io.BytesIO()
    with h5py.File(buffer, "w", **options) as file:
        write(file)
    return buffer.getvalue()


def hdf5_of(**datasets: Any) -> bytes:
    """A file with these values as datasets, by name."""

    def write(file: Any) -> None:
        for name, value in datasets.items():
            file[name] = value

    return hdf5(write)
