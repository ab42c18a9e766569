"""Constants of every dtype in a graph, in each way in which a TensorProto can hold values."""

from pathlib import Path

import ml_dtypes
import numpy as np
import tensorflow as tf
from google.protobuf import text_format
from tensorflow.core.framework import graph_pb2, tensor_pb2
from tensorflow.python.framework import tensor_util

import record

FLOATS = [tf.float16, tf.bfloat16, tf.float32, tf.float64]
SMALL_FLOATS = [
    tf.dtypes.experimental.float8_e5m2,
    tf.dtypes.experimental.float8_e4m3fn,
    tf.dtypes.experimental.float4_e2m1fn,
]
RAW_ONLY = [
    tf.dtypes.experimental.float8_e4m3fnuz,
    tf.dtypes.experimental.float8_e4m3b11fnuz,
    tf.dtypes.experimental.float8_e5m2fnuz,
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
WORDS = [b"", b"plain", b"a\0b", b"\xff not UTF-8", "größe".encode(), b"last\n"]
SHAPES = {"scalar": (), "vector": (6,), "matrix": (2, 3), "empty": (3, 0, 2)}


def values_of(dtype: tf.DType) -> np.ndarray:
    """Six values: limits and special ones where the dtype has any."""
    kind = dtype.as_numpy_dtype
    if dtype == tf.bool:
        return np.array([True, False, True, True, False, False])
    if dtype.is_complex:
        return np.array([0, 1j, -2.5 + 0.5j, complex(np.nan, 1), complex(1, -np.inf), 3], kind)
    if dtype.is_integer or dtype.is_quantized:
        plain = tf.dtypes.as_dtype(dtype.name.removeprefix("q"))
        low, high = int(plain.min), int(plain.max)
        wanted = (low, high, 0, 1, max(low, -1), high - 1)
        return np.array([plain.as_numpy_dtype(number) for number in wanted])
    special = [1.0, 2.0] if "float4" in dtype.name else [np.nan, -np.inf]
    return np.array([0.0, -0.0, 1.5, float(ml_dtypes.finfo(kind).max), *special]).astype(kind)


def empty_proto(dtype: tf.DType, shape: tuple[int, ...]) -> tensor_pb2.TensorProto:
    """A TensorProto without values."""
    proto = tensor_pb2.TensorProto(dtype=dtype.as_datatype_enum)
    proto.tensor_shape.SetInParent()
    for size in shape:
        proto.tensor_shape.dim.add(size=size)
    return proto


def in_content(dtype: tf.DType, values: np.ndarray) -> tensor_pb2.TensorProto:
    """Values as raw bytes."""
    proto = empty_proto(dtype, values.shape)
    proto.tensor_content = values.tobytes()
    return proto


def in_fields(
    dtype: tf.DType, values: np.ndarray, shape: tuple[int, ...] | None = None
) -> tensor_pb2.TensorProto:
    """Values in the field of their dtype; a larger shape repeats the last one."""
    proto = empty_proto(dtype, values.shape if shape is None else shape)
    flat = values.reshape(-1)
    if dtype == tf.string:
        proto.string_val.extend(flat.tolist())
    elif dtype.is_quantized:
        proto.int_val.extend(int(value) for value in flat)
    elif "float4" in dtype.name or "float8" in dtype.name:
        proto.float8_val = flat.tobytes()
    else:
        tensor_util.GetNumpyAppendFn(values.dtype)(proto, flat)
    return proto


def add(graph: graph_pb2.GraphDef, name: str, proto: tensor_pb2.TensorProto) -> None:
    """Add a Const node."""
    node = graph.node.add(name=name, op="Const")
    node.attr["dtype"].type = proto.dtype
    node.attr["value"].tensor.CopyFrom(proto)


def add_all(graph: graph_pb2.GraphDef, dtype: tf.DType, *, only_raw: bool = False) -> None:
    """Add constants of a dtype, in all ways and shapes."""
    values = np.array(WORDS, object) if dtype == tf.string else values_of(dtype)
    for shape_name, shape in SHAPES.items():
        array = np.resize(values, shape) if 0 in shape else values[: 1 if shape == () else 6]
        array = array.reshape(shape)
        if dtype != tf.string and array.size:
            add(graph, f"content/{dtype.name}/{shape_name}", in_content(dtype, array))
        if not only_raw:
            add(graph, f"fields/{dtype.name}/{shape_name}", in_fields(dtype, array))
    if not only_raw:
        add(graph, f"repeated/{dtype.name}", in_fields(dtype, values[2:3], (2, 2)))
        add(graph, f"padded/{dtype.name}", in_fields(dtype, values[:4], (3, 2)))
        add(graph, f"zeros/{dtype.name}", empty_proto(dtype, (2, 3)))


def make() -> dict[str, record.Facts]:
    """One graph, binary and text."""
    graph = graph_pb2.GraphDef()
    graph.versions.producer = 2021
    graph.versions.min_consumer = 12
    for dtype in [tf.bool, tf.string, *FLOATS, *SMALL_FLOATS, *INTS, *QUANTIZED, *COMPLEX]:
        add_all(graph, dtype)
    for dtype in RAW_ONLY:
        add_all(graph, dtype, only_raw=True)
    Path("all.pb").write_bytes(graph.SerializeToString(deterministic=True))
    Path("all.pbtxt").write_text(text_format.MessageToString(graph), encoding="utf-8")
    return {"all.pb": record.graph_def(), "all.pbtxt": record.graph_def()}


if __name__ == "__main__":
    record.main(__file__, make)
