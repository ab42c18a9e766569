"""Slices as people type them, and the values of a tensor as exact text."""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tensorboard_plugin_modelinspect.errors import BadRequest
from tensorboard_plugin_modelinspect.model.tensor import Region, region_shape, resolve_region

if TYPE_CHECKING:
    import numpy as np

_INDEX = re.compile(r"-?[0-9]{1,18}")
_PART = re.compile(r"(-?[0-9]{1,18})?:(-?[0-9]{1,18})?(?::(-?[0-9]{1,18})?)?")
_STRING_BUDGET = 1_000_000
"""Bytes of string elements that are put into words at a time, about."""
_SHORTEST_CUT = 200
"""Bytes of a string that are shown whatever the budget."""
_SMALL_FLOAT_DIGITS = 9
"""Significant digits that are enough for any type of up to 32 bits."""


def parse_region(text: str, shape: tuple[int, ...]) -> Region:
    """Parse a slice, `0:10, :, -1` or `..., 3`, into one slice per axis.

    Args:
        text: Integers, `start:stop:step` and at most one `...`, as numpy reads them, but steps are
            1 or more. Axes not mentioned, and an empty text, mean everything.
        shape: Of the tensor.

    Returns:
        The region. An integer becomes a slice of one element: the axis stays, with size 1.

    Raises:
        BadRequest: The text is no slice, names more axes than there are, or an index is outside.
    """
    parts = [part.strip() for part in text.split(",")] if text.strip() else []
    parts = _fill_ellipsis(parts, len(shape), text)
    if len(parts) > len(shape):
        raise BadRequest(
            f'The slice "{text[:80]}" names {len(parts)} axes; the tensor has {len(shape)}.'
        )
    return resolve_region([_parse_part(part, i, shape[i]) for i, part in enumerate(parts)], shape)


def _fill_ellipsis(parts: list[str], rank: int, text: str) -> list[str]:
    if parts.count("...") > 1:
        raise BadRequest(f'The slice "{text[:80]}" has more than one "...".')
    if "..." not in parts:
        return parts
    at = parts.index("...")
    return [*parts[:at], *[":"] * (rank - len(parts) + 1), *parts[at + 1 :]]


def _parse_part(part: str, axis: int, size: int) -> slice:
    if _INDEX.fullmatch(part):
        index = int(part)
        if not -size <= index < size:
            raise BadRequest(f"Axis {axis}: no index {index}; it has {size} elements.")
        start = index % size
        return slice(start, start + 1)
    match = _PART.fullmatch(part)
    if match is None:
        raise BadRequest(
            f'Axis {axis}: "{part[:40]}" is no slice. Write 3, 0:10, ::2, : or "..." for each axis.'
        )
    return slice(*(None if number is None else int(number) for number in match.groups()))


def require_at_most(region: Region, limit: int) -> None:
    """Refuse a region of more than `limit` elements, and say which slice would do.

    Raises:
        BadRequest: Names the size and a slice that fits.
    """
    shape = region_shape(region)
    size = math.prod(shape)
    if size > limit:
        raise BadRequest(
            f"{size:,} elements are more than can be shown at a time ({limit:,}). "
            f"Ask for a slice, e.g. {_suggest_slice(region, shape, limit)}"
        )


def _suggest_slice(region: Region, shape: tuple[int, ...], limit: int) -> str:
    """The first part of a region that fits: last axes whole, then as much as there is room for."""
    texts = []
    room = limit
    for axis, size in zip(reversed(region), reversed(shape), strict=True):
        count = min(size, max(room, 1))
        texts.append(_slice_text(slice(axis.start, axis.start + count * axis.step, axis.step)))
        room //= max(size, 1)
    return ",".join(reversed(texts))


def _slice_text(axis: slice) -> str:
    return f"{axis.start}:{axis.stop}" + (f":{axis.step}" if axis.step != 1 else "")


def format_elements(array: np.ndarray) -> list[str]:
    r"""Every element as exact text, row-major; numbers in the fewest digits that give them back.

    Args:
        array: Of any dtype a tensor may have; strings are an object array of `bytes`.

    Returns:
        Text per element: `NaN`, `inf`, `-inf`; `True`; `1.5-2.0j`; strings as UTF-8 with `\xNN` for
        bytes that are none or cannot be shown, cut where they are long.

    Cost: about 1 µs an element; the caller bounds their number.
    """
    elements = array.reshape(-1)
    if array.dtype.kind == "O":
        limit = max(_SHORTEST_CUT, _STRING_BUDGET // max(elements.size, 1))
        return [format_bytes(element, limit) for element in elements]
    formatter = _formatter(array.dtype)
    return [formatter(element) for element in elements]


def _formatter(dtype: np.dtype) -> Callable[[Any], str]:
    if dtype.kind in "iub":
        return str
    if dtype.kind == "c":
        return _complex_text
    if dtype.name in ("float16", "float32", "float64"):
        return _float_text
    if "int" in dtype.name:  # int4 and its like, which numpy does not know for integers
        return lambda element: str(int(element))
    return _small_float_text


def _float_text(element: np.floating) -> str:
    # numpy finds the fewest digits for the element's precision; where it puts the exponent differs
    # between its versions, so Python's own style decides.
    return _python_text(float(str(element)))


def _complex_text(element: np.complexfloating) -> str:
    imaginary = _float_text(element.imag)
    sign = "" if imaginary.startswith("-") else "+"
    return f"{_float_text(element.real)}{sign}{imaginary}j"


def _small_float_text(element: Any) -> str:
    value = float(element)
    kind: Any = type(element)
    return _python_text(_shortest(kind, value) if value else value)


@functools.lru_cache(maxsize=1 << 17)  # bfloat16 has 65,536 values
def _shortest(kind: type[Any], value: float) -> float:
    """Fewest digits that give `value` back as a `kind` (bfloat16, float8 …, unknown to numpy)."""
    for digits in range(1, _SMALL_FLOAT_DIGITS + 1):
        rounded = float(f"{value:.{digits - 1}e}")
        if float(kind(rounded)) == value:
            return rounded
    return value


def _python_text(value: float) -> str:
    return "NaN" if math.isnan(value) else repr(value)


def format_bytes(value: bytes, limit: int) -> str:
    r"""A string element as text; at most `limit` bytes of it, then how many there are.

    What is not UTF-8, and characters that are not to be seen (line ends, direction marks), come as
    `\xNN`, byte by byte.
    """
    shown = value[:limit].decode("utf-8", "surrogateescape")
    text = shown if shown.isprintable() else "".join(map(_visible, shown))
    return text if len(value) <= limit else f"{text}… ({len(value):,} bytes in all)"


def _visible(char: str) -> str:
    if char.isprintable():
        return char
    return "".join(f"\\x{byte:02x}" for byte in char.encode("utf-8", "surrogateescape"))
