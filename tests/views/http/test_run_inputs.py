"""What the tab sends to call a model with, as arrays."""

from __future__ import annotations

import base64
import io
import json
import math

import numpy as np
import pytest

from tensorboard_plugin_modelinspect.errors import BadRequest, ModelInspectError
from tensorboard_plugin_modelinspect.model.arrays import dtype_named
from tensorboard_plugin_modelinspect.model.signature import Shape, Signature, TensorSpec
from tensorboard_plugin_modelinspect.views.http.run_inputs import parse_inputs


def parse(sent: object, dtype: str = "float32", shape: Shape = None) -> np.ndarray:
    """The only input of a signature."""
    spec = TensorSpec("x", dtype_named(dtype), shape, "x:0")
    signature = Signature("s", "", (spec,), ())
    return parse_inputs(signature, json.dumps({"x": sent}))["x"]


def encode(data: bytes) -> str:
    """Base64."""
    return base64.b64encode(data).decode()


def npy(array: np.ndarray, **given) -> str:
    """A `.npy` file in Base64."""
    file = io.BytesIO()
    np.save(file, array, **given)
    return encode(file.getvalue())


@pytest.mark.parametrize(
    ("dtype", "values", "expected"),
    [
        ("float32", [[1, 2.5], [-3, 0]], [[1, 2.5], [-3, 0]]),
        ("float32", 7, 7),
        ("float64", ["inf", "-inf", 1e300], [math.inf, -math.inf, 1e300]),
        ("int64", [2**63 - 1, -(2**63)], [2**63 - 1, -(2**63)]),
        ("uint64", [2**64 - 1], [2**64 - 1]),
        ("int32", [2.0], [2]),
        ("bool", [True, 0, 1, False], [True, False, True, False]),
        ("complex64", ["1+2j", 3], [1 + 2j, 3]),
        ("string", ["é", {"b64": "AP8="}], ["é".encode(), b"\0\xff"]),
        ("bfloat16", [1.5], [1.5]),
        ("int4", [-8, 7], [-8, 7]),
        ("float32", [], []),
    ],
)
def test_values(dtype, values, expected):
    """Nested lists become the type exactly, and nothing is rounded that it could hold."""
    array = parse({"values": values}, dtype)
    assert array.dtype == dtype_named(dtype).to_numpy()
    assert array.tolist() == np.array(expected, array.dtype).tolist()


def test_nan_is_a_text():
    """JSON has no NaN."""
    assert np.isnan(parse({"values": ["NaN", "nan"]})).all()


@pytest.mark.parametrize(
    ("dtype", "values", "words"),
    [
        ("float32", [[1, 2], [3]], "1 elements at [1], and 2 beside it"),
        ("float32", [1, [2]], "list at [1]"),
        ("float32", [[1], 2], "a single value at [1]"),
        ("float32", [0, "one"], "'one' at [1] is no float32"),
        ("float32", [[True]], "True at [0][0] is no float32"),
        ("float32", [None], "None"),
        ("float32", 1e39, "too large for float32"),
        ("float16", [70000], "too large for float16"),
        ("int32", [1.5], "1.5 at [0] is no int32"),
        ("int8", [128], "128 at [0] is no int8"),
        ("uint8", [-1], "-1 at [0] is no uint8"),
        ("int4", [8], "8 at [0] is no int4"),
        ("bool", ["yes"], "'yes'"),
        ("bool", [1.0], "1.0"),
        ("complex64", ["one"], "'one'"),
        ("string", [1], "1 at [0] is no string"),
        ("string", [{"b64": "%"}], "b64"),
        ("resource", [1], "a resource cannot be sent"),
    ],
)
def test_values_that_do_not_fit(dtype, values, words):
    """The message names the input, the place and the value."""
    with pytest.raises(BadRequest) as caught:
        parse({"values": values}, dtype)
    assert 'The input "x"' in caught.value.message
    assert words in caught.value.message


def test_depth_is_bounded():
    """Lists without end are refused, whoever reads them first."""
    spec = TensorSpec("x", dtype_named("float32"), None, "x:0")
    for depth in (40, 100_000):
        text = '{"x": {"values": ' + "[" * depth + "]" * depth + "}}"
        with pytest.raises(BadRequest):
            parse_inputs(Signature("s", "", (spec,), ()), text)


def test_shapes():
    """A shape that does not fit is refused; where only the batch is missing it says so."""
    assert parse({"values": [[1, 2]]}, shape=(None, 2)).shape == (1, 2)
    with pytest.raises(BadRequest, match="One more axis is needed in front, for the batch"):
        parse({"values": [1, 2]}, shape=(None, 2))
    with pytest.raises(BadRequest, match=r"it takes \[\?, 2\], and this has \[1, 3\]\.$"):
        parse({"values": [[1, 2, 3]]}, shape=(None, 2))


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16", "int32", "uint8", "bool"])
def test_random(dtype):
    """The same numbers as the Python that the tab shows, from lowest to highest."""
    asked = {"seed": 3, "low": 0, "high": 1, "shape": [4, 5]}
    array = parse({"random": asked}, dtype)
    generator = np.random.default_rng(3)
    if dtype_named(dtype).is_integer:
        expected = generator.integers(0, 1, (4, 5), endpoint=True)
    else:
        expected = generator.uniform(0, 1, (4, 5))
    assert np.array_equal(array, expected.astype(array.dtype))


def test_random_strings():
    """Words of letters."""
    asked = {"seed": 0, "low": 0, "high": 1, "shape": [2]}
    assert all(word.isalpha() and len(word) == 8 for word in parse({"random": asked}, "string"))


@pytest.mark.parametrize(
    "change",
    [
        {"seed": -1},
        {"seed": 1.5},
        {"low": 2},
        {"high": 1e300},
        {"high": "1"},
        {"shape": [10**6, 10**6]},
        {"shape": [-1]},
        {"shape": 4},
        {"shape": [True]},
        {"seed": None},
    ],
)
def test_random_that_makes_no_sense(change):
    """What would take all memory is refused before it is taken."""
    with pytest.raises(BadRequest):
        parse({"random": {"seed": 0, "low": 0, "high": 1, "shape": [2], **change}})


@pytest.mark.parametrize("order", ["C", "F"])
def test_npy(order):
    """Any order, any width of the same kind."""
    array = np.asarray(np.arange(6, dtype=">f8").reshape(2, 3), order=order)
    assert np.array_equal(parse({"npy": npy(array)}), array)
    assert np.array_equal(parse({"npy": npy(np.array([1, 2], np.uint8))}, "int64"), [1, 2])
    assert parse({"npy": npy(np.array(["é", "b"]))}, "string").tolist() == ["é".encode(), b"b"]


def test_npy_is_not_unpickled():
    """Python objects in a file would run code when they are read."""
    with pytest.raises(BadRequest, match="pickle"):
        parse({"npy": npy(np.array([print], object), allow_pickle=True)}, "string")


@pytest.mark.parametrize(
    "sent",
    ["", "!", encode(b"no file"), encode(b"\x93NUMPY\x01\x00\xff\xff{"), npy(np.ones(3))[:-8]],
)
def test_npy_that_is_none(sent):
    """One of our errors, whatever was dropped."""
    with pytest.raises(ModelInspectError):
        parse({"npy": sent})


def test_npy_of_another_kind():
    """Floats do not become integers, nor large integers small ones."""
    for array, dtype in [(np.ones(2), "int32"), (np.array([300]), "uint8"), (np.ones(1), "string")]:
        with pytest.raises(BadRequest, match=dtype):
            parse({"npy": npy(array)}, dtype)


@pytest.mark.parametrize(
    ("scale", "dtype", "expected"),
    [
        ("0..255", "uint8", [0, 51, 255]),
        ("0..255", "float32", [0, 51, 255]),
        ("0..1", "float32", np.float32([0, 0.2, 1])),
        ("-1..1", "float32", np.float32([-1, -0.6, 1])),
    ],
)
def test_pixels(scale, dtype, expected):
    """Bytes of pixels, in the range that the model was trained on."""
    sent = {"pixels": encode(bytes([0, 51, 255])), "shape": [1, 3, 1, 1], "scale": scale}
    array = parse(sent, dtype, (None, 3, 1, 1))
    assert array.dtype == dtype
    assert np.allclose(array.reshape(-1), expected, atol=1e-7)


@pytest.mark.parametrize("change", [{"shape": [4]}, {"scale": "0..2"}, {"scale": None}])
def test_pixels_that_make_no_sense(change):
    """The number of bytes is that of the shape, and the range one of three."""
    with pytest.raises(BadRequest):
        parse({"pixels": encode(b"abc"), "shape": [3], "scale": "0..1", **change})


def test_a_file_is_a_string():
    """As it is, in as many axes as the input has."""
    assert parse({"file": encode(b"\xff\xd8")}, "string", ()).item() == b"\xff\xd8"
    assert parse({"file": encode(b"a")}, "string", (None, None)).tolist() == [[b"a"]]
    with pytest.raises(BadRequest, match="takes float32"):
        parse({"file": encode(b"a")})


def test_examples():
    """Messages as TensorFlow's own `tf.train.Example` reads them."""
    from tensorboard_plugin_modelinspect.codecs.protos import message_class

    sent = [{"age": {"float32": [1]}, "id": [7], "name": ["é", {"b64": "AA=="}], "none": []}]
    (serialized,) = parse({"examples": sent}, "string", (None,))
    example = message_class("Example").FromString(serialized)
    features = {item.key: item.value for item in example.features.feature}
    assert list(features["age"].float_list.value) == [1.0]
    assert list(features["id"].int64_list.value) == [7]
    assert list(features["name"].bytes_list.value) == ["é".encode(), b"\0"]
    assert parse({"examples": sent}, "string", ()).shape == ()


@pytest.mark.parametrize(
    "sent", [1, [1], [{"a": 1}], [{"a": {"int8": [1]}}], [{"a": [None]}], [{"a": [2**63]}]]
)
def test_examples_that_make_no_sense(sent):
    """400 in words."""
    with pytest.raises(BadRequest):
        parse({"examples": sent}, "string", (None,))


def test_keys():
    """Unknown inputs and missing ones are named; those with a default may be left out."""
    x = TensorSpec("x", dtype_named("float32"), (), "x:0")
    y = TensorSpec("y", dtype_named("float32"), (), "y:0", has_default=True)
    signature = Signature("s", "", (x, y), ())
    assert list(parse_inputs(signature, '{"x": {"values": 1}}')) == ["x"]
    with pytest.raises(BadRequest, match='"z" is no input of this signature, which takes: x, y'):
        parse_inputs(signature, '{"x": {"values": 1}, "z": {"values": 1}}')
    with pytest.raises(BadRequest, match='"x" is missing'):
        parse_inputs(signature, '{"y": {"values": 1}}')
    for text in ("", "[]", "{", '{"x": 1}', '{"x": {"values": }}', '{"x": {}}'):
        with pytest.raises(BadRequest):
            parse_inputs(signature, text)
