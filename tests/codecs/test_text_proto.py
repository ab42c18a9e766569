"""Text protobuf in binary form, beside what the library's own parser makes of it."""

from __future__ import annotations

import math
from typing import Any

import pytest
from google.protobuf import text_format
from hypothesis import given
from hypothesis import strategies as st
from tensorboard.compat.proto import attr_value_pb2, graph_pb2, meta_graph_pb2, tensor_pb2

from tensorboard_plugin_modelinspect.codecs.text_fields import MalformedText
from tensorboard_plugin_modelinspect.codecs.text_proto import encode_text

ATTR = attr_value_pb2.AttrValue
TENSOR = tensor_pb2.TensorProto
GRAPH = graph_pb2.GraphDef


def encode(message: Any, text: str | bytes) -> Any:
    """The message that a text stands for."""
    octets = text if isinstance(text, bytes) else text.encode()
    return message.FromString(encode_text(message.DESCRIPTOR, octets))


def expect(message: Any, text: str) -> Any:
    """What the library makes of it."""
    return text_format.Parse(text, message(), allow_unknown_field=True)


TENSORS = st.builds(
    TENSOR,
    dtype=st.sampled_from([0, 1, 7, 14]),
    tensor_content=st.binary(max_size=40),
    int_val=st.lists(st.integers(-(1 << 31), (1 << 31) - 1), max_size=3),
    int64_val=st.lists(st.integers(-(1 << 63), (1 << 63) - 1), max_size=3),
    uint64_val=st.lists(st.integers(0, (1 << 64) - 1), max_size=3),
    float_val=st.lists(st.floats(width=32, allow_nan=False), max_size=3),
    double_val=st.lists(st.floats(allow_nan=False), max_size=3),
    bool_val=st.lists(st.booleans(), max_size=3),
    string_val=st.lists(st.binary(max_size=20), max_size=3),
)
OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "as_utf8": st.booleans(),
        "as_one_line": st.booleans(),
        "use_short_repeated_primitives": st.booleans(),
        "pointy_brackets": st.booleans(),
        "use_index_order": st.booleans(),
        "indent": st.integers(0, 4),
    },
)


@given(TENSORS, st.text(max_size=20), OPTIONS)
def test_what_the_library_writes_comes_back(tensor: Any, text: str, options: Any) -> None:
    """Numbers, strings and bytes, lists and maps, in every way the library writes them."""
    attr = ATTR(list=ATTR.ListValue(tensor=[tensor, tensor], s=[text.encode()]))
    graph = GRAPH()
    node = graph.node.add(name=text, op="Const", input=[text, "x"])
    node.attr["value"].CopyFrom(attr)
    node.attr[text].CopyFrom(ATTR(b=True))
    graph.versions.producer = -3
    assert encode(GRAPH, text_format.MessageToString(graph, **options)) == graph


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# nothing but this\n",
        "i: 5",
        "i:5 # five",
        "i :5;",
        "\r\n  i:\t0x1F\r\n",
        "i: -0x10",
        "i: 017",
        "f: 1.5f",
        "f: .5",
        "f: 1.",
        "f: 3",
        "f: -inf",
        "f: Infinity",
        "f: 1e400",
        "f: -1E-3",
        "b: t",
        "b: False",
        "b: 1",
        "type: DT_FLOAT",
        "type: 14",
        "type: -1",
        "s: 'it\"s'",
        's: "a" \'b\'\n# and\n"c"',
        r's: "\a\b\f\n\r\t\v\\\'\"\0\101\x41\x4"',
        r's: "\u00e4\U0001f600 \\x \\\\u"',
        's: "größe"',
        "list { i: [1, 2, 3] i: 4 }",
        "list < i: [] >",
        'list: { s: [\'a\', "b" "c"], f: [1, -inf] }',
        "list { shape: [{ dim { size: 1 } }, <unknown_rank: true>] shape { } }",
        "list { shape [{}] type: [DT_INT8, 3] }",
        "new: 1 i: 2 other { deep { a: [1, {b: 2}] } 	list: [<>] } another: 'x' 'y'",
        "func { name: 'f' attr { key: 'a' value { i: 1 } } attr: { key: 'b' } }",
    ],
)
def test_all_that_the_language_allows(text: str) -> None:
    """What a person may write, and the library reads."""
    assert encode(ATTR, text) == expect(ATTR, text)


@pytest.mark.parametrize("text", ["f: nan", "f: -nan", "f: NaNf"])
def test_not_a_number(text: str) -> None:
    """It equals nothing, and so is asked by itself."""
    assert math.isnan(encode(ATTR, text).f)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("i: 1.5", 1),
        ("i: x", 1),
        ("i: 08", 1),
        ("i: '5'", 1),
        ("i: 9223372036854775808", 1),
        (f"i: {'9' * 5000}", 1),
        ("i: 1\ni: 2", 2),
        ("f: one", 1),
        ("f: 1.5.5", 1),
        ("f: 0x10", 1),
        ("b: yes", 1),
        ("type: DT_NONE", 1),
        ("s: 5", 1),
        ("s: {}", 1),
        ("s: 'a\nb'", 1),
        (r"s: '\U00110000'", 1),
        ("i 5", 1),
        ("i: 1\n\nlist: 5", 3),
        ("list { i: [1 2] }", 1),
        ("list { i: 1 >", 1),
        ("}", 1),
        ("i: 1 }", 1),
        ("\n: 5", 2),
        ("i: 1 \0", 1),
        ("i: ]", 1),
        ("list { i: [[1]] }", 1),
    ],
)
def test_what_is_no_such_text(text: str, line: int) -> None:
    """What the library refuses is refused; the line is named."""
    with pytest.raises(text_format.ParseError):
        expect(ATTR, text)
    with pytest.raises(MalformedText) as caught:
        encode(ATTR, text)
    assert caught.value.line == line
    assert not caught.value.is_cut


@pytest.mark.parametrize(
    "text", ["i: 1_000", r"s: '\q'", r"s: '\400'", "5: 5", "list [i: 1]", "i [1]"]
)
def test_what_the_language_does_not_have(text: str) -> None:
    """Python's own leniency with numbers and escapes is no part of it."""
    with pytest.raises(MalformedText):
        encode(ATTR, text)


def test_extensions_are_skipped() -> None:
    """TensorFlow has none."""
    text = "[some.extension] { a: 1 } i: 1 [other.extension]: 5"
    assert encode(ATTR, text) == ATTR(i=1)


def test_what_the_library_forgets() -> None:
    """Space behind a sign, and an escape: the language has them, its parser in Python has not."""
    assert encode(ATTR, "i: - # minus\n 7") == ATTR(i=-7)
    assert encode(ATTR, r's: "\?\\?"') == ATTR(s=b"?\\?")


@pytest.mark.parametrize(
    "text", ["list {", "s: 'a", 's: "a\\"', "i:", "i", "list { i: [1", "list { shape [{}", "list: "]
)
def test_text_that_ends_too_early(text: str) -> None:
    """It may be being written."""
    with pytest.raises(MalformedText) as caught:
        encode(ATTR, text)
    assert caught.value.is_cut


def test_byte_order_mark() -> None:
    """Editors of Windows put it first."""
    assert encode(ATTR, b"\xef\xbb\xbfi: 5\r\n") == ATTR(i=5)


def test_depth_is_limited() -> None:
    """Known messages and unknown ones may be nested as deeply as protobuf reads them."""
    for text in ("a {" * 5000, "a: [" * 5000, "list { func { attr { value {" * 5000):
        with pytest.raises(MalformedText):
            encode(ATTR, text)
    assert encode(ATTR, "a {" * 99 + "}" * 99 + "i: 1") == ATTR(i=1)


def test_bytes_that_are_no_utf8_stay() -> None:
    """Whether a string must be UTF-8 is not for this parser to say."""
    assert encode(ATTR, b's: "\xff\xfe"') == ATTR(s=b"\xff\xfe")


def test_any_is_written_out() -> None:
    """What an Any holds is encoded under TensorBoard's name of the message, or skipped."""
    text = """
      asset_file_def { filename: "x" }
      collection_def {
        key: "saved_model_assets"
        value { any_list {
          value { [type.googleapis.com/tensorflow.AssetFileDef] {
            tensor_info { name: "a:0" } filename: "words.txt" } }
          value { [type.googleapis.com/no.such.Message] { field: 5 } }
          value { type_url: "x/y" value: "z" }
        } }
      }
    """
    found = encode(meta_graph_pb2.MetaGraphDef, text)
    values = found.collection_def["saved_model_assets"].any_list.value
    assert [value.type_url for value in values] == [
        "type.googleapis.com/tensorflow.AssetFileDef",
        "type.googleapis.com/no.such.Message",
        "x/y",
    ]
    asset = meta_graph_pb2.AssetFileDef.FromString(values[0].value)
    assert (asset.filename, asset.tensor_info.name) == ("words.txt", "a:0")
    assert [value.value for value in values[1:]] == [b"", b"z"]


@given(st.text(alphabet="ilstf:{}<>[]\"'\\ 0159-.,;#\n", max_size=40))
def test_any_text_is_read_as_the_library_does_or_refused(text: str) -> None:
    """What both take is the same message; nothing but `MalformedText` is raised."""
    try:
        found = encode(ATTR, text)
    except MalformedText:
        return
    try:
        wanted = expect(ATTR, text)
    except text_format.ParseError:
        return  # of unknown fields, separators and depth it is stricter
    assert str(found) == str(wanted)
