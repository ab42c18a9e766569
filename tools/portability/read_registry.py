"""Print nothing, write the ops that TensorFlow's libraries register, without importing it.

    pythonX.Y read_registry.py PACKAGE OUT [LIBRARY ...]

PACKAGE is the folder `tensorflow` or `tensorflow_core` of an unpacked wheel, OUT gets an `OpList`
(tensorflow/core/framework/op_def.proto) as bytes: with libraries only their ops, whose names go
into OUT as `OUT.before` without them. Runs by itself, on Python 3.6 and newer: libraries of old
releases want the Python that they were built for.
"""

import ctypes
import glob
import os
import sys

LIBRARIES = (
    "libtensorflow_framework.so*",
    "libtensorflow_cc.so*",
    "python/_pywrap_tensorflow_internal.so",
    "python/_pywrap_tensorflow.so",
)


class Buffer(ctypes.Structure):
    """`TF_Buffer` of tensorflow/c/c_api.h, as far as it is read."""

    _fields_ = [("data", ctypes.c_void_p), ("length", ctypes.c_size_t)]


def load(folder: str) -> ctypes.CDLL:
    """Load what is there of TensorFlow; the library that has the C functions."""
    found = []
    for pattern in LIBRARIES:
        paths = sorted(glob.glob(os.path.join(folder, pattern)))[-1:]
        found += [ctypes.CDLL(path, mode=ctypes.RTLD_GLOBAL) for path in paths]
    for library in reversed(found):
        if hasattr(library, "TF_GetAllOpList"):
            library.TF_GetAllOpList.restype = ctypes.POINTER(Buffer)
            return library
    raise SystemExit("no TF_GetAllOpList below " + folder)


def write_ops(library: ctypes.CDLL, path: str) -> None:
    """Write all that is registered by now."""
    found = library.TF_GetAllOpList().contents
    with open(path, "wb") as file:
        file.write(ctypes.string_at(found.data, found.length))


def load_all(paths: "list[str]") -> None:
    """Load libraries that may need each other, in whatever order works; say what is left."""
    while paths:
        left = [(path, fault) for path in paths for fault in [fault_of(path)] if fault]
        if len(left) == len(paths):
            for _, fault in left:
                sys.stderr.write(fault + "\n")
            return
        paths = [path for path, _ in left]


def fault_of(path: str) -> str:
    """Load a library; why it cannot be loaded, or nothing."""
    try:
        ctypes.CDLL(path, mode=ctypes.RTLD_GLOBAL)
    except OSError as error:
        return str(error)
    return ""


def main() -> None:
    """Do it, and end without running destructors: some libraries crash in theirs."""
    folder, out = sys.argv[1:3]
    library = load(folder)
    if sys.argv[3:]:
        write_ops(library, out + ".before")
    load_all(sys.argv[3:])
    write_ops(library, out)
    os._exit(0)


if __name__ == "__main__":
    main()
