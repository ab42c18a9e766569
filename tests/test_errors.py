"""The exception tree and the words of its messages."""

from __future__ import annotations

import re

import pytest

from tensorboard_plugin_modelinspect import errors
from tensorboard_plugin_modelinspect.errors import (
    BadChecksum,
    FormatError,
    LimitExceeded,
    ModelInspectError,
    PathEscape,
    Truncated,
)

CLASSES = {
    name: value
    for name, value in vars(errors).items()
    if isinstance(value, type) and issubclass(value, ModelInspectError)
}


def tree() -> dict[str, tuple[str, int, int]]:
    """Name to parent, exit code and HTTP status, as the docstring of errors.py draws them."""
    drawn: dict[str, tuple[str, int, int]] = {}
    stack: list[tuple[int, str, int, int]] = []
    for line in (errors.__doc__ or "").splitlines():
        match = re.match(r"( +)([A-Z]\w+)\b", line)
        if not match:
            continue
        indent, name = len(match[1]), match[2]
        stack = [row for row in stack if row[0] < indent]
        parent, exit_code, status = stack[-1][1:] if stack else ("Exception", 1, 500)
        found = re.search(r"exit (\d)", line)
        exit_code = int(found[1]) if found else exit_code
        found = re.search(r"HTTP (\d+)", line)
        status = int(found[1]) if found else status
        stack.append((indent, name, exit_code, status))
        drawn[name] = (parent, exit_code, status)
    return drawn


def test_the_tree_is_as_drawn() -> None:
    """Every class stands in the docstring with its parent, exit code and HTTP status."""
    found = {
        name: (value.__bases__[0].__name__, value.exit_code, value.http_status)
        for name, value in CLASSES.items()
    }
    assert found == tree()


def test_a_message_names_file_byte_thing_fact_and_next_step() -> None:
    """All parts, in the order the style guide gives."""
    error = FormatError(
        path="ckpt.index",
        offset=4096,
        field='tensor "dense/kernel"',
        expected="4 bytes",
        found="5 bytes",
        next_step="Copy it.",
    )
    assert str(error) == (
        'ckpt.index at byte 4096, tensor "dense/kernel": expected 4 bytes, found 5 bytes. Copy it.'
    )
    assert error.message == str(error)
    assert (error.path, error.offset, error.field) == ("ckpt.index", 4096, 'tensor "dense/kernel"')


def test_parts_that_are_not_known_leave_no_gap() -> None:
    """Without place, thing or fact the sentence still reads."""
    assert str(FormatError(path="x")) == "x: cannot be read. Copy or save the file again."
    assert str(FormatError(path="x", offset=0)).startswith("x at byte 0: cannot")
    assert str(FormatError(path="x", found="a")).startswith("x: found a. ")
    assert str(FormatError(path="x", expected="b")).startswith("x: expected b. ")


@pytest.mark.parametrize("kind", [FormatError, Truncated, BadChecksum, LimitExceeded, PathEscape])
def test_every_format_error_says_what_to_do(kind: type[FormatError]) -> None:
    """The last sentence is an instruction or says what it means for the reader."""
    message = str(kind(path="x", expected="1", found="2"))
    assert message.endswith(kind.next_step)
    assert kind.next_step.endswith(".")
    assert len(kind.next_step) > 20


def test_truncated_counts_bytes() -> None:
    """A short file says how many bytes it needs and how many it has."""
    error = Truncated(path="x", expected="1048576", found="524288")
    assert str(error).startswith("x: needs 1048576 bytes, file has 524288. ")


def test_messages_stay_short() -> None:
    """A name of a megabyte is shortened in the middle; a sentence of usual length is not."""
    name = f'tensor "{"a" * 1_000_000}/kernel"'
    error = FormatError(path="x", field=name, expected="b" * 300, found="c" * 5000)
    assert len(str(error)) < 1500
    assert error.field.startswith('tensor "aaa')
    assert error.field.endswith('/kernel"')
    assert "b" * 300 in str(error)
