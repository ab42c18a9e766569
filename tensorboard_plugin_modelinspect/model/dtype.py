"""Element types, by TensorFlow's `DataType` number and its lower-case name."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np


class DType(NamedTuple):
    """One element type.

    Attributes:
        number: `DataType` enum value of `tensorflow/core/framework/types.proto`.
        name: What `tf.DType.name` says, e.g. `float32`.
        itemsize: Bytes of one element in a checkpoint; 0 where elements vary in length.
        numpy_name: Name of the numpy (or ml_dtypes) type values are given in; empty if none.
    """

    number: int
    name: str
    itemsize: int
    numpy_name: str

    @property
    def enum_name(self) -> str:
        """What TensorFlow's enum calls it, e.g. `DT_FLOAT`; unknown types have no other name."""
        if self.name.startswith("DT_"):
            return self.name
        name = self.name.removesuffix("_ref")
        suffix = "_REF" if name != self.name else ""
        return _ENUM_NAMES.get(name, f"DT_{name.upper()}") + suffix

    @property
    def is_fixed(self) -> bool:
        """Whether every element takes the same number of bytes."""
        return self.itemsize > 0

    @property
    def is_sub_byte(self) -> bool:
        """Whether an element has fewer than eight bits (stored one per byte, low bits first)."""
        return self.name in _SUB_BYTE

    @property
    def is_integer(self) -> bool:
        """Whether values are whole numbers: integers of any width, quantized ones, bools."""
        return self.name == "bool" or "int" in self.name

    def to_numpy(self) -> np.dtype:
        """The numpy dtype values come in, native byte order; imports numpy on first use.

        Raises:
            ValueError: The type has no values here (variant, resource, unknown).
        """
        import numpy as np

        if not self.numpy_name:
            raise ValueError(f"{self.name} has no numpy type")
        if self.numpy_name in _ML_DTYPES:
            import ml_dtypes

            dtype: np.dtype = np.dtype(getattr(ml_dtypes, self.numpy_name))
            return dtype
        return np.dtype(self.numpy_name)


_ENUM_NAMES = {"float16": "DT_HALF", "float32": "DT_FLOAT", "float64": "DT_DOUBLE"}
"""Where `types.proto` and Python differ by more than case."""
_SUB_BYTE = frozenset({"int4", "uint4", "int2", "uint2", "float4_e2m1fn"})
_ML_DTYPES = frozenset(
    {
        "bfloat16",
        "float8_e5m2",
        "float8_e4m3fn",
        "float8_e4m3fnuz",
        "float8_e4m3b11fnuz",
        "float8_e5m2fnuz",
        "int4",
        "uint4",
        "int2",
        "uint2",
        "float4_e2m1fn",
    }
)

# number, name, bytes per element, numpy name. Quantized types are plain integers to numpy.
_ROWS = (
    (0, "invalid", 0, ""),
    (1, "float32", 4, "float32"),
    (2, "float64", 8, "float64"),
    (3, "int32", 4, "int32"),
    (4, "uint8", 1, "uint8"),
    (5, "int16", 2, "int16"),
    (6, "int8", 1, "int8"),
    (7, "string", 0, "object"),
    (8, "complex64", 8, "complex64"),
    (9, "int64", 8, "int64"),
    (10, "bool", 1, "bool"),
    (11, "qint8", 1, "int8"),
    (12, "quint8", 1, "uint8"),
    (13, "qint32", 4, "int32"),
    (14, "bfloat16", 2, "bfloat16"),
    (15, "qint16", 2, "int16"),
    (16, "quint16", 2, "uint16"),
    (17, "uint16", 2, "uint16"),
    (18, "complex128", 16, "complex128"),
    (19, "float16", 2, "float16"),
    (20, "resource", 0, ""),
    (21, "variant", 0, ""),
    (22, "uint32", 4, "uint32"),
    (23, "uint64", 8, "uint64"),
    (24, "float8_e5m2", 1, "float8_e5m2"),
    (25, "float8_e4m3fn", 1, "float8_e4m3fn"),
    (26, "float8_e4m3fnuz", 1, "float8_e4m3fnuz"),
    (27, "float8_e4m3b11fnuz", 1, "float8_e4m3b11fnuz"),
    (28, "float8_e5m2fnuz", 1, "float8_e5m2fnuz"),
    (29, "int4", 1, "int4"),
    (30, "uint4", 1, "uint4"),
    (31, "int2", 1, "int2"),
    (32, "uint2", 1, "uint2"),
    (33, "float4_e2m1fn", 1, "float4_e2m1fn"),
)

DTYPES: dict[int, DType] = {row[0]: DType(*row) for row in _ROWS}
STRING = DTYPES[7]
VARIANT = DTYPES[21]


def dtype_of(number: int) -> DType:
    """The type of a `DataType` number; an unknown one is named `DT_<n>` and has no values.

    Reference types (number + 100, only in graphs) give `<name>_ref`, as TensorFlow says.
    """
    known = DTYPES.get(number)
    if known is not None:
        return known
    base = DTYPES.get(number - 100)
    if base is not None and number > 100:
        return DType(number, f"{base.name}_ref", 0, "")
    return DType(number, f"DT_{number}", 0, "")
