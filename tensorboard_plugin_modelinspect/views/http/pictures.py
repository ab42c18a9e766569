"""The routes that show a tensor: what they are asked for, and their answers."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from tensorboard_plugin_modelinspect.analyses.picture import (
    METHODS,
    Grain,
    Method,
    PictureRequest,
)
from tensorboard_plugin_modelinspect.analyses.picture_cells import Picture, compute_picture
from tensorboard_plugin_modelinspect.analyses.strings import find_strings
from tensorboard_plugin_modelinspect.errors import BadRequest
from tensorboard_plugin_modelinspect.model.tensor import Region, Tensor, region_shape
from tensorboard_plugin_modelinspect.views.http.picture_payloads import (
    GrainPayload,
    PicturePayload,
    StringsPayload,
)
from tensorboard_plugin_modelinspect.views.text.pictures import describe_method
from tensorboard_plugin_modelinspect.views.text.values import format_bytes, parse_region

if TYPE_CHECKING:
    import numpy as np

STRINGS_LIMIT = 1000
"""Strings in one answer."""
SHOWN_NBYTES = 1000
"""Of each."""
_SHADES = 1024
"""Steps between the ends of the colours that are still told apart."""
_NUMBER = re.compile("[0-9]{1,9}")


def answer_picture(tensor: Tensor, parameters: Mapping[str, str]) -> PicturePayload:
    """A slice as cells.

    Raises:
        BadRequest: A parameter makes no sense.
        Unsupported: The tensor holds no numbers.
        FormatError: It cannot be read.
    """
    request = parse_request(tensor.shape, parameters)
    return describe_picture(tensor, request, compute_picture(tensor, request))


def parse_request(shape: tuple[int, ...], parameters: Mapping[str, str]) -> PictureRequest:
    """What to picture of a tensor of a shape.

    Raises:
        BadRequest: A parameter makes no sense.
    """
    region = parse_region(parameters.get("slice", ""), shape)
    return PictureRequest(
        region=region,
        axes=_parse_axes(parameters.get("axes", ""), region),
        height=_parse_number(parameters, "height", 256),
        width=_parse_number(parameters, "width", 256),
        method=_parse_method(parameters.get("method", METHODS[0])),
    )


def answer_strings(tensor: Tensor, parameters: Mapping[str, str]) -> StringsPayload:
    """Strings that hold a text.

    Raises:
        BadRequest: A parameter makes no sense, or the tensor is too large to search.
        Unsupported: The tensor holds no strings.
        FormatError: It cannot be read.
    """
    start = _parse_number(parameters, "start", 0)
    found = find_strings(tensor, parameters.get("q", ""), start, STRINGS_LIMIT)
    return StringsPayload(
        key=tensor.key,
        count=tensor.size,
        matched=found.matched,
        start=start,
        index=found.indices,
        text=[format_bytes(value, SHOWN_NBYTES) for value in found.values],
        nbytes=[len(value) for value in found.values],
    )


def _parse_method(text: str) -> Method:
    for method in METHODS:
        if method == text:
            return method
    raise BadRequest(f"method={text[:40]}: give one of {', '.join(METHODS)}.")


def _parse_axes(text: str, region: Region) -> tuple[int, ...]:
    """Axes joined by commas; without any the last two that have several indices."""
    if not text:
        counts = region_shape(region)
        return tuple([axis for axis, count in enumerate(counts) if count != 1][-2:])
    parts = text.split(",")
    if len(parts) > 4 or not all(_NUMBER.fullmatch(part) for part in parts):
        raise BadRequest(f"axes={text[:40]}: give up to four numbers of axes, e.g. axes=0,1.")
    return tuple(map(int, parts))


def _parse_number(parameters: Mapping[str, str], name: str, default: int) -> int:
    text = parameters.get(name, str(default))
    if not _NUMBER.fullmatch(text):
        raise BadRequest(f"{name}={text[:40]}: give a number, e.g. {name}={default}.")
    return int(text)


def describe_picture(tensor: Tensor, request: PictureRequest, made: Picture) -> PicturePayload:
    """A picture of a tensor, as a payload. Pure."""
    tile_rows, tile_columns, rows, columns = map(_describe_grain, made.plan.grains)
    cell_type, cells = _encode_cells(made)
    limits = made.limits or (None, None)
    return PicturePayload(
        key=tensor.key,
        dtype=tensor.dtype.name,
        shape=list(tensor.shape),
        region=[(axis.start, axis.stop, axis.step) for axis in request.region],
        rows=rows,
        columns=columns,
        tile_rows=tile_rows,
        tile_columns=tile_columns,
        method=made.method,
        description=describe_method(made, tensor.dtype),
        exact=made.plan.is_exact,
        cell_type=cell_type,
        cells=cells,
        nan=_encode_counts(made.nan),
        posinf=_encode_counts(made.posinf),
        neginf=_encode_counts(made.neginf),
        nan_count=_total(made.nan),
        posinf_count=_total(made.posinf),
        neginf_count=_total(made.neginf),
        min=limits[0],
        max=limits[1],
        robust_range=made.robust_range,
        full_range=made.full_range,
        nbytes=made.plan.nbytes,
    )


def _describe_grain(grain: Grain) -> GrainPayload:
    return GrainPayload(grain.axis, grain.count, grain.step, grain.block, grain.cells)


def _encode_cells(made: Picture) -> tuple[str, str]:
    """Type and base64 of the cells: float64 only where float32 would change a colour."""
    import numpy as np

    cells, full = made.cells, made.full_range
    with np.errstate(over="ignore", invalid="ignore"):
        narrow = cells.astype("<f4")
        error = np.abs(narrow - cells)
    shade = 0.0 if full is None else full[1] / _SHADES - full[0] / _SHADES
    if error[~np.isnan(cells)].max(initial=0.0) <= shade:
        return "float32", _encode(narrow)
    return "float64", _encode(cells.astype("<f8"))


def _encode_counts(counts: np.ndarray | None) -> str:
    return "" if counts is None else _encode(counts.astype("<u4"))


def _encode(array: np.ndarray) -> str:
    return base64.b64encode(array.tobytes()).decode("ascii")


def _total(counts: np.ndarray | None) -> int:
    return 0 if counts is None else int(counts.sum())
