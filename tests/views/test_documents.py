"""Documents of an artifact as text: JSON indented, anything else as stored, all of it safe."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tensorboard_plugin_modelinspect.errors import NotFound
from tensorboard_plugin_modelinspect.model.artifact import Artifact, Document
from tensorboard_plugin_modelinspect.views.text.documents import find_document, format_document

ANY_TEXT = st.text(st.characters(exclude_categories=()))  # lone surrogates too
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | ANY_TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(ANY_TEXT, inner),
    max_leaves=8,
)


def carrying(*documents: Document) -> Artifact:
    """An artifact with nothing but documents."""
    return Artifact("logs/net.keras", "keras", (), {}, documents=documents)


@given(JSON_VALUES)
def test_json_stays_the_same_json(value: object) -> None:
    """Indenting and escaping change no value, and leave a terminal nothing to obey."""
    lines = format_document(json.dumps(value, ensure_ascii=False))
    assert all(line.isprintable() for line in lines)
    assert json.loads("\n".join(lines)) == value


def test_json_has_a_line_for_each_entry() -> None:
    """A config on one line, as Keras stores it, becomes one that can be read."""
    stored = '{"name": "größe", "layers": [1, 0.5]}'
    assert format_document(stored) == [
        "{",
        '  "name": "größe",',
        '  "layers": [',
        "    1,",
        "    0.5",
        "  ]",
        "}",
    ]


def test_other_text_is_as_stored_with_escapes() -> None:
    """Lines and tabs are kept, whatever else a terminal might obey is shown."""
    stored = "model: net\r\n\tlayers: 2\n\x1b]0;owned\x07\udcff\n"
    assert format_document(stored) == ["model: net", "\tlayers: 2", "\\x1b]0;owned\\x07\\xff"]
    assert format_document("") == [""]


@pytest.mark.parametrize(
    "text", ["{", "{'a': 1}", "[" * 100_000, "1" * 10_000], ids=["cut", "Python", "deep", "digits"]
)
def test_what_no_parser_takes_is_shown_as_stored(text: str) -> None:
    """A document that is no JSON, or none that can be parsed, is still a document."""
    assert format_document(text) == [text]


def test_found_by_name_as_stored_or_as_printed() -> None:
    """Whatever `show` prints as a document's name can be asked for; the first of a name counts."""
    odd, first = Document("a\x1b", "odd"), Document("config.json", "{}")
    artifact = carrying(odd, first, Document("config.json", "[]"))
    assert find_document(artifact, "a\x1b") is odd
    assert find_document(artifact, r"a\x1b") is odd
    assert find_document(artifact, "config.json") is first


def test_missing_one_names_those_there_are() -> None:
    """The message says what could have been asked for, or that there is nothing."""
    with pytest.raises(NotFound, match=r"net\.keras.*\"x\".*config\.json"):
        find_document(carrying(Document("config.json", "{}")), "x")
    with pytest.raises(NotFound, match="carries none"):
        find_document(carrying(), "x")


def test_size_is_that_of_the_text_in_utf8() -> None:
    """Bytes, not characters; a byte that is not UTF-8 counts once."""
    assert Document("a", "größe").nbytes == 7
    assert Document("a", "\udcff").nbytes == 1
