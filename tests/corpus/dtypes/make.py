"""Every dtype that TensorFlow can save, in several shapes, with special values."""

import ml_dtypes
import numpy as np
import tensorflow as tf

import record

FLOATS = [
    tf.float16,
    tf.bfloat16,
    tf.float32,
    tf.float64,
    tf.dtypes.experimental.float8_e5m2,
    tf.dtypes.experimental.float8_e4m3fn,
    tf.dtypes.experimental.float8_e4m3fnuz,
    tf.dtypes.experimental.float8_e4m3b11fnuz,
    tf.dtypes.experimental.float8_e5m2fnuz,
    tf.dtypes.experimental.float4_e2m1fn,
]
INTS = [
    tf.int8,
    tf.int16,
    tf.int32,
    tf.int64,
    tf.uint8,
    tf.uint16,
    tf.uint32,
    tf.uint64,
    tf.dtypes.experimental.int2,
    tf.dtypes.experimental.int4,
    tf.dtypes.experimental.uint2,
    tf.dtypes.experimental.uint4,
]
QUANTIZED = [tf.qint8, tf.quint8, tf.qint16, tf.quint16, tf.qint32]
COMPLEX = [tf.complex64, tf.complex128]

SHAPES = {
    "matrix": (3, 5),
    "rank4": (2, 1, 3, 2),
    "empty": (0,),
    "empty_3_0_2": (3, 0, 2),
    "one": (1, 1),
}

WORDS = [
    b"",
    b"plain",
    b"a\0b\0",
    b"\xff\xfe not UTF-8",
    "größe 模型 \U0001f600".encode(),
    b"x" * 300,
    b"last\n",
]


def float_values(dtype: tf.DType) -> np.ndarray:
    """Zeros of both signs, ordinary numbers, the limits, NaN and infinities if there are."""
    kind = dtype.as_numpy_dtype
    info = ml_dtypes.finfo(kind)
    limits = np.array([info.max, info.min, info.smallest_normal, info.smallest_subnormal], kind)
    plain = np.array([0.0, -0.0, 1.0, -1.5, 3.0, 0.1], kind)
    special = np.array([] if dtype.name.startswith("float4") else [np.nan, np.inf, -np.inf], kind)
    return np.concatenate([plain, limits, special])


def int_values(dtype: tf.DType) -> np.ndarray:
    """The limits, and small numbers that fit."""
    low, high = int(dtype.min), int(dtype.max)
    wanted = (low, high, low + 1, high - 1, 0, 1, -1, -2, 5, 100)
    return np.array([dtype.as_numpy_dtype(n) for n in wanted if low <= n <= high])


def complex_values(dtype: tf.DType) -> np.ndarray:
    """Parts with NaN, infinity and minus zero."""
    parts = [
        0,
        1,
        -1j,
        2.5 - 0.5j,
        complex(np.nan, 1),
        complex(1, -np.inf),
        complex(-0.0, -0.0),
        1e30 + 1e-30j,
    ]
    return np.array(parts, dtype.as_numpy_dtype)


def in_shapes(name: str, values: np.ndarray, dtype: tf.DType) -> dict[str, tf.Tensor]:
    """The values as a vector, their second one as a scalar, and repeated to fill each of SHAPES."""
    arrays = {"vector": values, "scalar": values[1]}
    arrays |= {shape_name: np.resize(values, shape) for shape_name, shape in SHAPES.items()}
    return {f"{name}/{key}": tf.constant(array, dtype) for key, array in arrays.items()}


def quantized_in_shapes(dtype: tf.DType) -> dict[str, tf.Tensor]:
    """As `in_shapes`; a quantized tensor is a bit cast of the integers it holds."""
    values = int_values(tf.dtypes.as_dtype(dtype.name.removeprefix("q")))
    plain = in_shapes(dtype.name, values, tf.dtypes.as_dtype(dtype.name.removeprefix("q")))
    return {key: tf.bitcast(tensor, dtype) for key, tensor in plain.items()}


def make() -> dict[str, record.Facts]:
    """One bundle with all of them."""
    tensors = in_shapes("string", np.array(WORDS, object), tf.string)
    tensors["string/only_empty_ones"] = tf.constant([b"", b"", b""])
    tensors |= in_shapes("bool", np.array([True, False, True, True, False]), tf.bool)
    for values_of, dtypes in (
        (float_values, FLOATS),
        (int_values, INTS),
        (complex_values, COMPLEX),
    ):
        for dtype in dtypes:
            tensors |= in_shapes(dtype.name, values_of(dtype), dtype)
    for dtype in QUANTIZED:
        tensors |= quantized_in_shapes(dtype)
    keys = list(tensors)
    tf.raw_ops.SaveV2(
        prefix="all",
        tensor_names=keys,
        shape_and_slices=[""] * len(keys),
        tensors=list(tensors.values()),
    )
    return {"all": record.checkpoint()}


if __name__ == "__main__":
    record.main(__file__, make)
