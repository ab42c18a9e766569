"""What a model is called with: files, expressions, examples, made up; all without TensorFlow."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import pickle
import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tensorboard_plugin_modelinspect.codecs.crc32c import crc32c, mask
from tensorboard_plugin_modelinspect.codecs.protos import message_class
from tensorboard_plugin_modelinspect.errors import (
    BadRequest,
    FormatError,
    ModelInspectError,
    NotFound,
)
from tensorboard_plugin_modelinspect.model.dtype import DTYPES
from tensorboard_plugin_modelinspect.model.signature import Shape, Signature, TensorSpec
from tensorboard_plugin_modelinspect.runner.inputs import feeding
from tensorboard_plugin_modelinspect.runner.inputs.examples import make_example, read_records
from tensorboard_plugin_modelinspect.runner.inputs.expressions import evaluate
from tensorboard_plugin_modelinspect.runner.inputs.files import (
    Place,
    parse_npy,
    parse_places,
    read_place,
)
from tensorboard_plugin_modelinspect.runner.inputs.given import Given, read_inputs, split_keyed
from tensorboard_plugin_modelinspect.runner.inputs.made_up import make_inputs

NUMBERS = {dtype.name: dtype for dtype in DTYPES.values()}


def spec(dtype: str = "float32", shape: Shape = None, key: str = "x") -> TensorSpec:
    return TensorSpec(key, NUMBERS[dtype], shape, f"{key}:0")


def signature(*specs: TensorSpec) -> Signature:
    return Signature("serving_default", "", specs, ())


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", 3),
        ("-1.5e3", -1500.0),
        ("[[1, 2], [3, 4]]", [[1, 2], [3, 4]]),
        ("('a', b'\\xff')", ("a", b"\xff")),
        ('[{"id": [26], "w": [0.5]}]', [{"id": [26], "w": [0.5]}]),
        ("1 + 2j", 1 + 2j),
        ("True", True),
        ("2 ** 10 - 24", 1000),
        ("np.ones((2, 3))", np.ones((2, 3))),
        ("np.zeros(3, dtype=np.int8)", np.zeros(3, np.int8)),
        ("np.full((2,), 7)", np.full((2,), 7)),
        ("np.arange(6).reshape(2, 3) / 4", np.arange(6).reshape(2, 3) / 4),
        ("np.arange(1, 2, 0.25)", np.arange(1, 2, 0.25)),
        ("np.linspace(0, 1, 5)", np.linspace(0, 1, 5)),
        ("np.eye(2)", np.eye(2)),
        ("[1, 2] * np.ones(2)", [1, 2] * np.ones(2)),
        ("np.array([1, 2], 'float32')", np.array([1, 2], np.float32)),
        ("np.float32(0.1)", np.float32(0.1)),
        ("[np.nan, np.inf, -np.pi]", [np.nan, np.inf, -np.pi]),
        ("np.random.rand(2, 3)", np.random.RandomState(0).rand(2, 3)),
        ("np.random.normal(1, 2, (4,), seed=7)", np.random.RandomState(7).normal(1, 2, 4)),
        ("np.random.randint(0, 9, (5,))", np.random.RandomState(0).randint(0, 9, 5)),
    ],
)
def test_expression(text: str, value: object) -> None:
    """What Python and numpy make of it, type included."""
    found = evaluate(text)
    assert type(found) is type(value)
    np.testing.assert_equal(found, value)
    if isinstance(value, np.ndarray):
        assert found.dtype == value.dtype


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1 +",
        "open('/etc/passwd')",
        "__import__('os').system('true')",
        "np.load('x.npy', allow_pickle=True)",
        "np.fromfile('x')",
        "np.random.seed(0)",
        "np.lib",
        "np.ones.__globals__",
        "().__class__",
        "[x for x in (1,)]",
        "(lambda: 1)()",
        "f'{1}'",
        "'a' * 1000000000",
        "[0] * 1000000000",
        "[1] + [2]",
        "9 ** 9 ** 9",
        "10 ** -100000000000",
        "np.ones((1000000, 1000000))",
        "np.ones((-1,))",
        "np.arange(1e18)",
        "np.arange(0, 1, 0)",
        "np.arange(0, 1, 1e-300)",
        "np.linspace(0, 1, 10**12)",
        "np.eye(10**6)",
        "np.zeros(3, 'S1000000000')",
        "np.zeros(3, 'O')",
        "np.ones((20000, 1)) * np.ones((1, 200000))",
        "np.random.rand(10**6, 10**6)",
        "np.ones((2, 3)).astype('S9')",
        "np.ones((2, 3)).tofile('x')",
        "np.ones((2, 3)).reshape(7)",
        "1 / 0",
        "1 << 100",
        "...",
        "x",
        "(" * 10_000,
        "[" * 300 + "]" * 300 + ")",
        "-" * 100_000 + "1",
        "1;2",
        "a = 1",
        "{**{}}",
        "np.ones(*[1])",
        "np.ones(**{'shape': 1})",
        "\0",
    ],
)
def test_expression_is_refused(text: str) -> None:
    """One sentence, at once, and nothing is evaluated."""
    with pytest.raises(BadRequest) as caught:
        evaluate(text)
    assert len(caught.value.message) < 700


@given(st.text("np.ones(23)[],+-*/'\"x=;:{} \n", max_size=40))
def test_any_text_is_a_value_or_refused(text: str) -> None:
    """Whatever is written, there is no other error."""
    with contextlib.suppress(BadRequest):
        evaluate(text)


def test_semicolons_in_strings() -> None:
    """They belong to the string; between inputs they separate."""
    assert split_keyed("x='a;b';y=[1, 2];", "--input_exprs") == {"x": "'a;b'", "y": "[1, 2]"}


SERIALIZED = {"id": [26, -1], "w": [0.5, 1], "s": ["grün", "b"], "b": [b"\xff"], "none": []}


def test_example_says_what_it_was_given() -> None:
    """Kinds by the first value; the message is that of TensorFlow (checked in test_run.py)."""
    example = message_class("Example").FromString(make_example(SERIALIZED))
    found = {pair.key: pair.value for pair in example.features.feature}
    assert list(found["id"].int64_list.value) == [26, -1]
    assert list(found["w"].float_list.value) == [0.5, 1.0]
    assert list(found["s"].bytes_list.value) == ["grün".encode(), b"b"]
    assert list(found["b"].bytes_list.value) == [b"\xff"]
    assert found["none"].ByteSize() == 0


@pytest.mark.parametrize("features", [[1], {"a": 1}, {"a": [None]}, {"a": [1, "b"]}, {1: [1]}])
def test_bad_example(features: object) -> None:
    """A list, no list, a value of no kind, of two kinds, a name that is none."""
    with pytest.raises(BadRequest):
        make_example(features)


def tfrecord(*records: bytes) -> bytes:
    """A file as TensorFlow writes it."""
    parts = []
    for record in records:
        length = struct.pack("<Q", len(record))
        for part in (length, record):
            parts += [part, struct.pack("<I", mask(crc32c(part)))]
    return b"".join(parts)


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_records(pack: Any) -> None:
    """All, or the first; packed or not."""
    data = pack(tfrecord(b"a", b"", b"ccc"))
    assert read_records("f", data, 10) == [b"a", b"", b"ccc"]
    assert read_records("f", data, 2) == [b"a", b""]


def test_damaged_records() -> None:
    """Cut anywhere, or with any bit flipped: our error, or what came before the damage."""
    data = tfrecord(b"abc", b"defg")
    damaged = [data[:stop] for stop in range(1, len(data))]
    damaged += [data[:i] + bytes([data[i] ^ 4]) + data[i + 1 :] for i in range(len(data))]
    for each in damaged:
        if each != tfrecord(b"abc"):
            with pytest.raises(FormatError):
                read_records("f", each, 10)


def npy(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def write(folder: Path, name: str, data: bytes) -> str:
    path = folder / name
    path.write_bytes(data)
    return str(path)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", ["f4", ">i2", "?", "c16", "S3", "U2"])
def test_npy(tmp_path: Path, dtype: str, order: Any) -> None:
    """Any array but one of objects."""
    array = np.arange(6).reshape(2, 3).astype(dtype).copy(order)
    found = read_place(Place(write(tmp_path, "any.name", npy(array))), None)
    np.testing.assert_array_equal(found, array)


@given(st.integers(0, 200), st.integers(0, 255))
def test_damaged_npy(place: int, value: int) -> None:
    """A header with a byte changed, or cut: an array or our error; no memory for nothing."""
    data = bytearray(npy(np.arange(6, dtype=np.float32)))
    data[min(place, len(data) - 1)] = value
    for each in (bytes(data), bytes(data)[: max(6, place)]):
        with contextlib.suppress(ModelInspectError):
            assert parse_npy("f", each).nbytes <= 1000


def test_npz_by_name(tmp_path: Path) -> None:
    """One array needs no name; of several the name is asked for, and said."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, a=np.arange(3), b=np.ones(2))
    path = write(tmp_path, "two.npz", buffer.getvalue())
    np.testing.assert_array_equal(read_place(Place(path, "a"), None), np.arange(3))
    with pytest.raises(BadRequest, match="more than one array"):
        read_place(Place(path), None)
    with pytest.raises(NotFound, match='name "c". There are: a, b'):
        read_place(Place(path, "c"), None)


@pytest.mark.parametrize("name", ["p.pkl", "p", "p.npy"])
def test_pickle_is_refused(tmp_path: Path, name: str) -> None:
    """A pickle, or an array of objects: never loaded, and what to use instead is said."""
    data = npy(np.array([b"a", None], object)) if name == "p.npy" else pickle.dumps([1])
    with pytest.raises(BadRequest, match=r"a pickle.*numpy\.save"):
        read_place(Place(write(tmp_path, name, data)), None)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.npy", npy(np.array([{}], object)))
    with pytest.raises(BadRequest, match="a pickle"):
        read_place(Place(write(tmp_path, "p.npz", buffer.getvalue())), None)


@pytest.mark.parametrize(
    ("name", "text", "part", "value"),
    [
        ("a.json", "[[1, 2], [3, 4]]", None, [[1, 2], [3, 4]]),
        ("a.json", '{"instances": [1.5]}', None, [1.5]),
        ("a.json", '{"a": [1], "b": ["x"]}', "b", ["x"]),
        ("a.json", '[{"b64": "/w=="}]', None, [b"\xff"]),
        ("a.csv", "1,2\n3,4\n", None, [[1, 2], [3, 4]]),
        ("a.csv", "u,v\n1,2\n3,4\n", None, [[1, 2], [3, 4]]),
        ("a.csv", "u,v\n1,2\n3,4\n", "v", [2, 4]),
        ("a.csv", "1,2\n3,4\n", "0", [1, 3]),
        ("a.tsv", "u\tv\na\t2\n", "u", ["a"]),
        ("a.txt", "red\nof all\n", None, ["red", "of all"]),
    ],
)
def test_text_files(tmp_path: Path, name: str, text: str, part: str | None, value: Any) -> None:
    """JSON, tables and lines."""
    found = read_place(Place(write(tmp_path, name, text.encode()), part), None)
    assert np.asarray(found).tolist() == value


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.json", b"[1,"),
        ("a.json", b"[" * 100_000),
        ("a.json", b'[{"b64": "?"}]'),
        ("a.json", b"\xff"),
        ("a.csv", b"1,2\n3\n"),
        ("a.npz", b"PK\x03\x04 no archive"),
        ("a.tfrecord", b"no records at all"),
        ("a.png", b"\x89PNG\r\n\x1a\n damaged"),
    ],
)
def test_damaged_files(tmp_path: Path, name: str, data: bytes) -> None:
    """Each is the file's fault, which is named."""
    path = write(tmp_path, name, data)
    with pytest.raises(FormatError) as caught:
        read_place(Place(path), None)
    assert path in caught.value.message


def test_unknown_file(tmp_path: Path) -> None:
    """What is read is said."""
    with pytest.raises(BadRequest, match=r"There are \.npy"):
        read_place(Place(write(tmp_path, "a.xyz", b"?")), None)


def image(width: int, height: int) -> bytes:
    Image = pytest.importorskip("PIL.Image")  # noqa: N806 - TensorBoard before 2.20 lacks it

    buffer = io.BytesIO()
    pixels = np.arange(width * height * 3, dtype=np.uint8).reshape(height, width, 3)
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("shape", "part", "found"),
    [
        ((None, 2, 4, 3), None, (1, 2, 4, 3)),
        ((2, 4, 3), None, (2, 4, 3)),
        ((None, None, None, 1), None, (1, 2, 4, 1)),
        ((1, 8, 8, 3), "resize,unit", (1, 8, 8, 3)),
        (None, "signed", (2, 4, 3)),
        ((None, None), None, (2, 4, 3)),
    ],
)
def test_image(tmp_path: Path, shape: Shape, part: str | None, found: tuple[int, ...]) -> None:
    """Axes and size as the input takes them; values as asked."""
    place = Place(write(tmp_path, "a.png", image(4, 2)), part)
    array = read_place(place, spec("float32", shape))
    assert array.shape == found
    low, high = {None: (0, 23), "signed": (-1, -0.8), "resize,unit": (0, 0.1)}[part]
    assert low <= array.min() <= array.max() <= high


def test_image_of_another_size(tmp_path: Path) -> None:
    """It is not resized unasked."""
    place = Place(write(tmp_path, "a.png", image(4, 2)))
    with pytest.raises(BadRequest, match=r"4 × 2 pixels, the input takes 8 × 8\. Add \[resize\]"):
        read_place(place, spec("float32", (None, 8, 8, 3)))


def test_image_for_strings(tmp_path: Path) -> None:
    """The file as it is."""
    data = image(4, 2)
    path = write(tmp_path, "a.png", data)
    assert read_place(Place(path), spec("string", (None,))).tolist() == [data]
    assert read_place(Place(path), spec("string", ())).item() == data


def test_places() -> None:
    """As that tool takes them."""
    assert parse_places("x=a.npy;;y=b.npz[n]") == {
        "x": Place("a.npy"),
        "y": Place("b.npz", "n"),
    }
    for text in ("x", "x=", "=a", "x=a[b]c"):
        with pytest.raises(BadRequest, match="format is incorrect"):
            parse_places(text)


def test_which_option_wins(tmp_path: Path) -> None:
    """Examples over expressions over files; each time it is said."""
    path = write(tmp_path, "a.npy", npy(np.array(["file"])))
    said: list[str] = []
    texts = Given(f"x={path};y={path}", "x=['expression'];z=['z']", "x=[{}]")
    specs = [spec("string", None, key) for key in "xyz"]
    found = read_inputs(signature(*specs), texts, said.append)
    assert [found[key].tolist() for key in "xyz"] == [[b""], ["file"], ["z"]]
    assert len(said) == 2


@pytest.mark.parametrize(
    ("wanted", "value", "words"),
    [
        (spec("float32", (2, None)), [[1.0]], r"takes the shape \[2, \?\], not \[1, 1\]"),
        (spec("int8"), 300, "int '300'"),
        (spec("int32"), 1.5j, "cannot be made"),
        (spec("float32"), [[1], [2, 3]], "a list whose parts differ"),
        (spec("float32"), "text", "str 'text'"),
        (spec("string"), [1], "takes strings, not int"),
        (spec("resource"), 1, "no value can be given"),
    ],
)
def test_unfit_value(wanted: TensorSpec, value: object, words: str) -> None:
    """Said of the input, before TensorFlow is started."""
    with pytest.raises(BadRequest, match=words):
        feeding.feed(signature(wanted), {"x": value})


def test_sparse_input_is_three() -> None:
    """As `tf.saved_model.load` names them."""
    sparse = TensorSpec("w", NUMBERS["float32"], (None, None), "a, b, c", "sparse")
    values = {"w_indices": [[0, 1]], "w_values": [2.0], "w_dense_shape": [1, 2]}
    found = feeding.feed(signature(sparse), values)
    assert {key: str(array.dtype) for key, array in found.items()} == {
        "w_indices": "int64",
        "w_values": "float32",
        "w_dense_shape": "int64",
    }


@pytest.mark.parametrize("name", [name for name, dtype in NUMBERS.items() if dtype.numpy_name])
def test_made_up(name: str) -> None:
    """Every type, within the shape, the same each time, another for another seed."""
    wanted = signature(spec(name, (None, 3, None)))
    first, again, other = (make_inputs(wanted, batch=50, seed=seed)["x"] for seed in (1, 1, 2))
    assert first.shape == (50, 3, 4)
    assert first.dtype == NUMBERS[name].to_numpy()
    assert first.tobytes() == again.tobytes() or first.tolist() == again.tolist()
    assert first.tolist() != other.tolist()
    assert feeding.feed(wanted, {"x": first})["x"].shape == first.shape


def test_json_is_bounded(tmp_path: Path) -> None:
    """An object without a part names its members."""
    path = write(tmp_path, "a.json", json.dumps({"a": [1], "b": [2]}).encode())
    with pytest.raises(BadRequest, match="name a part: a, b"):
        read_place(Place(path), None)
