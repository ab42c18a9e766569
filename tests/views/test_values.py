"""Slices as typed, and exact text of values, as the command line and the tab share them."""

from __future__ import annotations

import math

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from tensorboard_plugin_modelinspect.errors import BadRequest
from tensorboard_plugin_modelinspect.model.tensor import region_shape
from tensorboard_plugin_modelinspect.views.text.values import (
    format_bytes,
    format_elements,
    parse_region,
    require_at_most,
)

SMALL_FLOATS = [
    "bfloat16",
    "float4_e2m1fn",
    "float8_e4m3b11fnuz",
    "float8_e4m3fn",
    "float8_e4m3fnuz",
    "float8_e5m2",
    "float8_e5m2fnuz",
]


@st.composite
def slices(draw):
    """A shape, and a slice of it in numpy's terms."""
    shape = tuple(draw(st.lists(st.integers(1, 6), min_size=1, max_size=4)))
    index = draw(
        npst.basic_indices(shape, allow_newaxis=False).filter(
            lambda index: all(
                not isinstance(part, slice) or part.step is None or part.step > 0
                for part in (index if isinstance(index, tuple) else (index,))
            )
        )
    )
    return shape, index if isinstance(index, tuple) else (index,)


def write(part) -> str:
    """A part of a slice, as a person would type it."""
    if part is Ellipsis:
        return "..."
    if isinstance(part, slice):
        ends = (part.start, part.stop, part.step)
        return ":".join("" if end is None else str(end) for end in ends)
    return str(part)


@given(slices())
def test_a_slice_means_what_numpy_means(given_slice):
    """The text of any basic numpy slice gives the same elements; integers keep their axis."""
    shape, index = given_slice
    array = np.arange(math.prod(shape)).reshape(shape)
    region = parse_region(", ".join(map(write, index)), shape)
    assert array[region].ravel().tolist() == array[index].ravel().tolist()
    assert all(
        0 <= axis.start <= axis.stop <= size for axis, size in zip(region, shape, strict=True)
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("5", "Axis 0: no index 5; it has 5 elements."),
        ("0,-8", "Axis 1: no index -8; it has 7 elements."),
        (":,:,:", "names 3 axes; the tensor has 2"),
        ("..., 1, ...", 'more than one "..."'),
        ("::0", "a step of 0; steps are 1 or more"),
        ("::-1", "a step of -1; steps are 1 or more"),
        ("a", 'Axis 0: "a" is no slice. Write 3, 0:10, ::2, : or "..."'),
        ("1,", 'Axis 1: "" is no slice'),
        ("1:2:3:4", "is no slice"),
        ("None", "is no slice"),
        ("٣", "is no slice"),
        ("9" * 5000, "is no slice"),
    ],
)
def test_what_is_no_slice_is_refused_in_words(text, words):
    """A slice that cannot be meant is a BadRequest that names the axis and what to write."""
    with pytest.raises(BadRequest) as caught:
        parse_region(text, (5, 7))
    assert words in caught.value.message
    assert len(caught.value.message) < 200


def test_nothing_typed_means_everything():
    """An empty text is the whole tensor, of any rank."""
    assert parse_region("", ()) == ()
    assert parse_region("  ", (2, 3)) == (slice(0, 2, 1), slice(0, 3, 1))


@given(st.lists(st.integers(1, 300), min_size=1, max_size=4), st.integers(1, 5000))
def test_a_refused_size_comes_with_a_slice_that_fits(shape, limit):
    """The slice that the message suggests is accepted, and is not needlessly small."""
    region = parse_region("", tuple(shape))
    try:
        require_at_most(region, limit)
    except BadRequest as error:
        suggested = parse_region(error.message.rpartition("e.g. ")[2], tuple(shape))
        require_at_most(suggested, limit)
        assert math.prod(region_shape(suggested)) > limit // 300
    else:
        assert math.prod(shape) <= limit


def test_a_suggested_slice_lies_in_the_asked_one():
    """What is suggested begins where the refused slice began and keeps its step."""
    region = parse_region("10:90:2, 5:", (100, 1000))
    with pytest.raises(BadRequest, match=r"e\.g\. 10:14:2,5:1000"):
        require_at_most(region, 2000)


@pytest.mark.parametrize("name", SMALL_FLOATS)
def test_every_small_float_is_given_back_by_its_text(name):
    """All values of a small float type: the text parses to the value, and no shorter text does."""
    dtype = np.dtype(getattr(ml_dtypes, name))
    values = every_value(dtype)
    for value, text in zip(values, format_elements(values), strict=True):
        exact = float(value)
        if math.isnan(exact):
            assert text == "NaN"
            continue
        assert repr(float(dtype.type(float(text)))) == repr(exact)
        digits = significant_digits(text)
        if math.isfinite(exact) and exact and digits > 1:
            shorter = float(f"{exact:.{digits - 2}e}")
            assert float(dtype.type(shorter)) != exact


def every_value(dtype: np.dtype) -> np.ndarray:
    """All bit patterns of a type of at most 16 bits."""
    if dtype.itemsize == 2:
        return np.arange(1 << 16, dtype=np.uint16).view(dtype)
    bits = 4 if "float4" in dtype.name else 8
    return np.arange(1 << bits, dtype=np.uint8).view(dtype)


def significant_digits(text: str) -> int:
    """Of a decimal number: digits from the first to the last that is not a zero."""
    digits = text.partition("e")[0].replace(".", "").lstrip("-").strip("0")
    return len(digits)


@given(st.floats(width=16))
def test_float16_is_given_back_by_its_text(value):
    """Half precision: the text parses to the very value, signed zeros included."""
    (text,) = format_elements(np.array([value], np.float16))
    assert repr(float(np.float16(float(text)))) == repr(float(np.float16(value)))


@given(st.floats(width=32))
def test_float32_is_given_back_by_its_text(value):
    """Single precision likewise."""
    (text,) = format_elements(np.array([value], np.float32))
    assert repr(float(np.float32(float(text)))) == repr(float(np.float32(value)))


def test_floats_are_written_in_the_fewest_digits_of_their_own_type():
    """0.1 is `0.1` in every precision, not the decimal expansion of what is stored."""
    for dtype in (np.float16, np.float32, np.float64, ml_dtypes.bfloat16):
        assert format_elements(np.array([0.1, -0.0, 1e-5]).astype(dtype)) == [
            "0.1",
            "-0.0",
            "1e-05",
        ]


def test_numbers_that_are_none():
    """NaN and the infinities, in one spelling for all types."""
    values = [math.nan, math.inf, -math.inf]
    for dtype in (np.float16, np.float64, ml_dtypes.bfloat16, ml_dtypes.float8_e5m2):
        assert format_elements(np.array(values).astype(dtype)) == ["NaN", "inf", "-inf"]


def test_whole_numbers_and_truth_values():
    """int64 beyond 2^53 and uint64 stay exact; int4 is a number too; bool is True or False."""
    assert format_elements(np.array([2**53 + 1, -(2**63)])) == ["9007199254740993", str(-(2**63))]
    assert format_elements(np.array([2**64 - 1], np.uint64)) == [str(2**64 - 1)]
    assert format_elements(np.array([-8, 7], ml_dtypes.int4)) == ["-8", "7"]
    assert format_elements(np.array([[True], [False]])) == ["True", "False"]


@given(st.complex_numbers(width=64))
def test_complex_numbers_are_given_back_by_their_text(value):
    """Python's `complex` reads the text and finds the very parts, NaN and signs included."""
    stored = np.complex64(value)
    (text,) = format_elements(np.array([stored]))
    again = np.complex64(complex(text))
    assert repr(again.real) == repr(stored.real)
    assert repr(again.imag) == repr(stored.imag)


def test_a_scalar_is_one_element():
    """Rank 0 gives a list of one text."""
    assert format_elements(np.float32(2.5).reshape(())) == ["2.5"]


def test_strings_show_every_byte_that_cannot_be_read():
    """Bytes that are not UTF-8, controls and direction marks come as xNN; the rest as it is."""
    strings = [b"<b>caf\xc3\xa9</b>", b"\xff\x00\n", "\u202eevil".encode(), b""]
    shown = ["<b>café</b>", "\\xff\\x00\\x0a", "\\xe2\\x80\\xaeevil", ""]
    assert format_elements(np.array(strings, object)) == shown


def test_long_strings_are_cut_so_that_an_answer_stays_bounded():
    """A string beyond its share ends with its true length; many of them stay near a megabyte."""
    assert format_bytes(b"abcdef", 4) == "abcd… (6 bytes in all)"
    texts = format_elements(np.array([b"x" * 1_000_000] * 100, object))
    assert sum(map(len, texts)) < 1_100_000
    assert all(text.endswith("… (1,000,000 bytes in all)") for text in texts)
