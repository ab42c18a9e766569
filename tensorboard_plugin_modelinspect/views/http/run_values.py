"""Nested lists as arrays, exactly: nothing is rounded that the type could hold, nothing wraps."""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tensorboard_plugin_modelinspect.errors import BadRequest
from tensorboard_plugin_modelinspect.model.dtype import DType

if TYPE_CHECKING:
    import numpy as np

LARGEST_INPUT = 256 << 20
"""Bytes of one input."""
_DEEPEST = 32


def parse_values(value: Any, dtype: DType) -> np.ndarray:
    """Nested lists as an array of a type.

    Args:
        value: What JSON gave. Numbers that JSON lacks are texts: `"NaN"`, `"inf"`, `"-inf"`, and
            complex numbers as Python writes them, `"1+2j"`. Strings are texts, or `{"b64": "…"}`.
        dtype: One that has values.

    Raises:
        BadRequest: Rows of different lengths, or an element of another type; with its place.
    """
    import numpy as np

    shape = _shape_of(value)
    elements: list[Any] = []
    _flatten(value, shape, (), elements)
    convert = _converter(dtype)
    try:
        for place, element in enumerate(elements):
            elements[place] = convert(element)
    except (ValueError, TypeError, OverflowError, binascii.Error):
        where = _place(place, shape)
        raise BadRequest(f"{_shown(element)}{where} is no {dtype.name}.") from None
    if dtype.name == "string":
        array = np.empty(len(elements), object)
        array[:] = elements
        return array.reshape(shape)
    wide = np.array(elements, _widest(dtype)).reshape(shape)
    return cast_array(wide, dtype)


def _shape_of(value: Any) -> tuple[int, ...]:
    shape: list[int] = []
    while isinstance(value, list):
        if len(shape) == _DEEPEST:
            raise BadRequest(f"more than {_DEEPEST} lists within each other.")
        shape.append(len(value))
        if not value:
            break
        value = value[0]
    return tuple(shape)


def _flatten(
    value: Any, shape: tuple[int, ...], place: tuple[int, ...], elements: list[Any]
) -> None:
    """Put the elements of nested lists in a row; each list has the length its first brother has."""
    where = "".join(f"[{index}]" for index in place)
    if not shape:
        if isinstance(value, list):
            raise BadRequest(f"there is a list at {where}, and single values beside it.")
        elements.append(value)
        return
    if not isinstance(value, list) or len(value) != shape[0]:
        found = f"{len(value)} elements" if isinstance(value, list) else "a single value"
        raise BadRequest(f"{found} at {where}, and {shape[0]} beside it: rows must be of a length.")
    for index, item in enumerate(value):
        _flatten(item, shape[1:], (*place, index), elements)


def _place(number: int, shape: tuple[int, ...]) -> str:
    """Where an element stands; nothing for a single one."""
    if not shape:
        return ""
    indices = []
    for size in reversed(shape):
        number, index = divmod(number, size)
        indices.append(f"[{index}]")
    return f" at {''.join(reversed(indices))}"


def _shown(element: Any) -> str:
    text = repr(element)
    return text if len(text) <= 40 else f"{text[:39]}…"


def _converter(dtype: DType) -> Callable[[Any], Any]:
    if dtype.name == "string":
        return _to_bytes
    if dtype.name == "bool":
        return _to_bool
    if dtype.is_integer:
        return _to_integer(dtype)
    if dtype.name.startswith("complex"):
        return _to_complex
    return _to_float


def _to_bytes(element: Any) -> bytes:
    if isinstance(element, dict) and element.keys() == {"b64"}:
        return base64.b64decode(element["b64"], validate=True)
    if not isinstance(element, str):
        raise TypeError
    return element.encode("utf-8", "surrogatepass")


def _to_bool(element: Any) -> bool:
    if element not in (0, 1) or isinstance(element, float):
        raise ValueError
    return bool(element)


def _to_integer(dtype: DType) -> Callable[[Any], int]:
    low, high = _range_of(dtype)

    def convert(element: Any) -> int:
        if isinstance(element, float) and element.is_integer():
            element = int(element)
        if isinstance(element, bool) or not isinstance(element, int):
            raise TypeError
        if not low <= element <= high:
            raise OverflowError
        return element

    return convert


def _to_float(element: Any) -> float:
    if isinstance(element, bool) or not isinstance(element, (int, float, str)):
        raise TypeError
    return float(element)


def _to_complex(element: Any) -> complex:
    if isinstance(element, bool) or not isinstance(element, (int, float, str)):
        raise TypeError
    return complex(element)


def _range_of(dtype: DType) -> tuple[int, int]:
    """Smallest and largest value of an integer type."""
    import numpy as np

    if dtype.is_sub_byte:
        bits = int(dtype.name[-1])
        return (
            (0, 2**bits - 1) if dtype.name[0] == "u" else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
        )
    info = np.iinfo(dtype.to_numpy())
    return int(info.min), int(info.max)


def _widest(dtype: DType) -> str:
    if dtype.name == "bool":
        return "bool"
    if dtype.is_integer:
        return "uint64" if dtype.name.startswith(("uint", "quint")) else "int64"
    return "complex128" if dtype.name.startswith("complex") else "float64"


def cast_array(array: np.ndarray, dtype: DType) -> np.ndarray:
    """An array in another type, where that loses no more than digits.

    Raises:
        BadRequest: It holds another kind of thing, or integers outside of the type's range.
    """
    import numpy as np

    wanted = dtype.to_numpy()
    if wanted.kind == "O":
        return _cast_to_strings(array, dtype)
    if array.dtype == wanted:
        return array
    is_complex = dtype.name.startswith("complex")
    if array.dtype.kind not in ("iufcb" if is_complex else "iufb"):
        raise BadRequest(f"{array.dtype} cannot be made {dtype.name}.")
    if not _fits(array, dtype):
        raise BadRequest(f"{array.dtype} values do not fit into {dtype.name}.")
    with np.errstate(over="ignore"):
        cast: np.ndarray = array.astype(wanted)
    if array.dtype.kind == "f" and not np.array_equal(np.isfinite(array), np.isfinite(cast)):
        raise BadRequest(f"{array.dtype} values are too large for {dtype.name}.")
    return cast


def _fits(array: np.ndarray, dtype: DType) -> bool:
    """Whether whole numbers stay what they are."""
    if not array.size or not dtype.is_integer:
        return True
    low, high = (0, 1) if dtype.name == "bool" else _range_of(dtype)
    return array.dtype.kind != "f" and low <= int(array.min()) and int(array.max()) <= high


def _cast_to_strings(array: np.ndarray, dtype: DType) -> np.ndarray:
    import numpy as np

    if array.dtype.kind not in "SU":
        raise BadRequest(f"{array.dtype} cannot be made {dtype.name}.")
    encoded = np.char.encode(array, "utf-8") if array.dtype.kind == "U" else array
    strings: np.ndarray = encoded.astype(object)
    return strings


def require_size(shape: tuple[int, ...], dtype: DType) -> None:
    """Refuse what would take too much memory.

    Raises:
        BadRequest: It would.
    """
    nbytes = math.prod(shape) * max(dtype.itemsize, 8)
    if nbytes > LARGEST_INPUT:
        raise BadRequest(
            f"{math.prod(shape):,} elements are too many to send from here. Take a smaller batch."
        )
