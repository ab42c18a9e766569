"""Words for sizes, counts and names."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tensorboard_plugin_modelinspect.views.text.words import (
    describe_bytes,
    describe_count,
    describe_exact_bytes,
    describe_shape,
    printable,
)

ANY_TEXT = st.text(st.characters(exclude_categories=()))  # lone surrogates too


@given(ANY_TEXT)
def test_printable_leaves_nothing_to_obey(text: str) -> None:
    """No control, format, separator or surrogate character survives: a terminal obeys none."""
    categories = {unicodedata.category(char) for char in printable(text).replace(" ", "")}
    assert not {kind for kind in categories if kind[0] in "CZ"}
    printable(text).encode("utf-8")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("dense/kernel", "dense/kernel"),
        ("größe/权重", "größe/权重"),
        ("a\x1b[31mred\x1b[0m", "a\\x1b[31mred\\x1b[0m"),
        ("two\nlines\r\x07", "two\\nlines\\r\\x07"),
        ("\u202eright to left", "\\u202eright to left"),
        ("\x9b31m", "\\x9b31m"),
        ("byte \udcff", "byte \\xff"),
        ("half \ud83d", "half \\ud83d"),
    ],
)
def test_printable_names_the_character(text: str, shown: str) -> None:
    """What is replaced can still be told apart, and ordinary letters of any script stay."""
    assert printable(text) == shown


@pytest.mark.parametrize(
    ("nbytes", "words"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (99_949, "99.9 kB"),
        (99_950, "100 kB"),
        (999_499, "999 kB"),
        (999_500, "1.0 MB"),
        (1_234_567, "1.2 MB"),
        (2**63, "9.2 EB"),
        (10**22, "10,000 EB"),
    ],
)
def test_sizes_are_decimal_with_two_or_three_digits(nbytes: int, words: str) -> None:
    """A size rounds to the unit in which it is below a thousand: never "1000 kB"."""
    assert describe_bytes(nbytes) == words


@given(st.integers(0, 2**63))
def test_exact_sizes_hold_every_digit(nbytes: int) -> None:
    """The number of bytes can be read back from its words."""
    exact = re.search(r"([\d,]+) bytes?\)?$", describe_exact_bytes(nbytes))
    assert exact is not None
    assert int(exact[1].replace(",", "")) == nbytes


def test_counts_agree_with_their_noun() -> None:
    """One is singular; nothing and many are plural."""
    assert describe_count(1, "tensor") == "1 tensor"
    assert describe_count(0, "tensor") == "0 tensors"
    assert describe_count(2000, "tensor") == "2,000 tensors"


def test_shapes_tell_scalar_from_unknown() -> None:
    """A scalar, an unknown size and an unknown rank read differently."""
    assert describe_shape(()) == "[]"
    assert describe_shape((2, None)) == "[2, ?]"
    assert describe_shape(None) == "unknown rank"
