"""The table of element types against the numbers and names TensorFlow gives them."""

from __future__ import annotations

import json
import os
import subprocess

import numpy as np
import pytest
from tensorboard.compat.proto import types_pb2

from tensorboard_plugin_modelinspect.model.dtype import DTYPES, dtype_of

# What `DataType` calls a type where that is not its name in capitals, e.g. DT_INT8.
PROTO_NAMES = {
    "DT_FLOAT": "float32",
    "DT_DOUBLE": "float64",
    "DT_HALF": "float16",
}
PYTHON = os.environ.get("MODELINSPECT_TF_PYTHON")


def name_in_proto(name: str) -> str:
    return PROTO_NAMES.get(name, name.removeprefix("DT_").lower())


def test_every_type_of_the_enum_is_decided() -> None:
    """A type that a new TensorFlow adds fails here until the table says what it is."""
    named = {
        number: name_in_proto(name)
        for name, number in types_pb2.DataType.items()
        if not name.endswith("_REF")
    }
    undecided = {number: name for number, name in named.items() if number not in DTYPES}
    assert undecided == {}
    assert {number: DTYPES[number].name for number in named} == named


def test_reference_types_are_named_and_have_no_values() -> None:
    """Number + 100 is a reference, named as TensorFlow names it, never stored."""
    for name, number in types_pb2.DataType.items():
        if name.endswith("_REF"):
            dtype = dtype_of(number)
            assert dtype.name == name_in_proto(name.removesuffix("_REF")) + "_ref"
            assert not dtype.is_fixed
            assert dtype.numpy_name == ""


def test_rows_agree_with_their_numbers() -> None:
    """The table is a function of the number, and names are unique."""
    assert all(dtype_of(number) == DTYPES[number] for number in DTYPES)
    assert all(dtype.number == number for number, dtype in DTYPES.items())
    assert len({dtype.name for dtype in DTYPES.values()}) == len(DTYPES)


@pytest.mark.parametrize("number", [-1, 34, 99, 100, 134, 1 << 31])
def test_unknown_types_are_listed_by_number(number: int) -> None:
    """A type nobody knows has a name to show, and no values."""
    dtype = dtype_of(number)
    assert dtype.name == f"DT_{number}"
    assert not dtype.is_fixed
    with pytest.raises(ValueError, match="no numpy type"):
        dtype.to_numpy()


@pytest.mark.parametrize("dtype", DTYPES.values(), ids=lambda dtype: dtype.name)
def test_numpy_agrees_on_the_size(dtype: object) -> None:
    """Stored bytes of an element are those numpy gives it, one byte for types of fewer bits."""
    from tensorboard_plugin_modelinspect.model.dtype import DType

    assert isinstance(dtype, DType)
    if not dtype.is_fixed:
        assert dtype.numpy_name in ("", "object")
        return
    assert dtype.to_numpy().itemsize == dtype.itemsize
    if not dtype.name.startswith("q"):  # quantized types are plain integers to numpy
        assert dtype.to_numpy().name == dtype.name
    else:
        assert dtype.to_numpy().name == dtype.name.removeprefix("q")


def test_numpy_has_room_for_every_value() -> None:
    """Types of four and two bits keep their value in the byte that stores it."""
    small = [dtype for dtype in DTYPES.values() if dtype.is_sub_byte]
    assert {dtype.name for dtype in small} == {"int4", "uint4", "int2", "uint2", "float4_e2m1fn"}
    assert all(dtype.itemsize == 1 for dtype in small)
    assert np.array([-8, 7]).astype(dtype_of(29).to_numpy()).astype(int).tolist() == [-8, 7]


@pytest.mark.tensorflow
@pytest.mark.skipif(not PYTHON, reason="MODELINSPECT_TF_PYTHON names no Python with TensorFlow")
def test_tensorflow_says_the_same_names() -> None:
    """`name` is that of `tf.as_dtype(number)`, `enum_name` that of the enum, for every number."""
    code = """
import json, tensorflow as tf
from tensorflow.core.framework import types_pb2
names = {
    n: [tf.as_dtype(n).name, types_pb2.DataType.Name(n)] for n in types_pb2.DataType.values() if n
}
print(json.dumps(names))
"""
    done = subprocess.run(
        [str(PYTHON), "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    names = {int(key): both for key, both in json.loads(done.stdout.splitlines()[-1]).items()}
    ours = {number: [dtype_of(number).name, dtype_of(number).enum_name] for number in names}
    assert ours == names
