"""Inputs from files: `.npy`, `.npz`, JSON, CSV, text, images, TFRecord.

`file[part]` names a part: an array of a `.npz`, a member of a JSON object, a column of a CSV, a
range of records. What a file is, its first bytes say, then its name. Nothing is unpickled.
"""

from __future__ import annotations

import csv
import io
import json
import math
import os
import re
from tokenize import TokenError
from typing import Any, NamedTuple

import numpy as np

from tensorboard_plugin_modelinspect.errors import (
    BadRequest,
    FormatError,
    LimitExceeded,
    ModelInspectError,
    NotFound,
    Truncated,
)
from tensorboard_plugin_modelinspect.model.signature import TensorSpec
from tensorboard_plugin_modelinspect.runner.inputs.examples import read_records
from tensorboard_plugin_modelinspect.runner.inputs.images import is_image, read_image
from tensorboard_plugin_modelinspect.sources.local import LocalFile

MOST_NBYTES = 2 << 30
_NPY = b"\x93NUMPY"
_ZIP = b"PK\x03\x04"
_PICKLES = (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")
_RECORDS = (".tfrecord", ".tfrecords", ".tfrecord.gz", ".tfrecords.gz", ".record")
_TABLES = {".csv": ",", ".tsv": "\t"}
NO_PICKLE = (
    "holds Python objects, a pickle, and reading one can run any program. Save numbers with"
    " numpy.save; strings as a .txt of lines, a .json list, or an array of type S or U."
)


class Place(NamedTuple):
    """A file, and a part of it if one is named."""

    path: str
    part: str | None = None


_KEYED = re.compile(r"([^=]+)=([^\[\]]+)(?:\[([^\[\]]+)\])?")


def parse_places(text: str) -> dict[str, Place]:
    """`x=file.npy;y=other.npz[name]`, as `saved_model_cli` takes it, by input.

    Raises:
        BadRequest: It is something else.
    """
    places = {}
    for item in filter(None, text.split(";")):
        match = _KEYED.fullmatch(item)
        if match is None:
            raise BadRequest(
                f'--inputs "{item}" format is incorrect. Please follow "<input_key>=<filename>", or'
                ' "<input_key>=<filename>[<variable_name>]".'
            )
        places[match[1]] = Place(match[2], match[3])
    return places


def read_place(place: Place, spec: TensorSpec | None) -> Any:
    """What a file holds: an array, or nested lists.

    Args:
        place: The file and the part of it.
        spec: The input that it is for: images and text depend on it. None if it is not known.

    Raises:
        NotFound: No such file, or no such part.
        BadRequest: The file is of no kind that is read, or a pickle.
        FormatError: It is damaged, or too large.
    """
    path = os.path.expanduser(place.path)
    file = LocalFile(path)
    try:
        if file.nbytes > MOST_NBYTES:
            raise LimitExceeded(
                path=path, expected=f"at most {MOST_NBYTES:,} bytes", found=f"{file.nbytes:,}"
            )
        data = file.read(0, file.nbytes)
    finally:
        file.close()
    return _read(path, data, place.part, spec)


def _read(path: str, data: bytes, part: str | None, spec: TensorSpec | None) -> Any:
    name = path.lower()
    ending = os.path.splitext(name)[1]
    if data.startswith(_NPY):
        return parse_npy(path, data)
    if data.startswith(_ZIP):
        return _read_npz(path, data, part)
    if is_image(data):
        return read_image(path, data, part, spec)
    if name.endswith(_RECORDS):
        start, stop = _parse_range(part)
        return np.array(read_records(path, data, stop)[start:], object)
    if data.startswith(_PICKLES) or ending in (".pkl", ".pickle"):
        raise BadRequest(f"{path}: {NO_PICKLE}")
    if ending == ".json":
        return _read_json(path, data, part)
    if ending in _TABLES:
        return _read_table(path, _text(path, data), _TABLES[ending], part)
    if ending in ("", ".txt"):
        lines = np.array(_text(path, data).splitlines(), object)
        return lines.astype(str).astype(float) if spec and _is_number(spec) else lines
    raise BadRequest(
        f"{path}: what this file is cannot be told. There are .npy, .npz, .json, .csv, .tsv, .txt,"
        " .tfrecord, and images."
    )


def parse_npy(path: str, data: bytes) -> np.ndarray:
    """The array of a `.npy` file.

    The format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html

    Raises:
        BadRequest: It holds Python objects.
        FormatError: It is damaged.
    """
    from numpy.lib import format as npy

    stream = io.BytesIO(data)
    try:
        version = npy.read_magic(stream)
        if version == (1, 0):
            shape, is_fortran, dtype = npy.read_array_header_1_0(stream)
        else:
            shape, is_fortran, dtype = npy.read_array_header_2_0(stream)
    except (ValueError, TypeError, SyntaxError, TokenError, RecursionError) as error:
        reason = (str(error).splitlines() or ["damage"])[0]
        raise FormatError(path=path, field="its header", found=reason) from None
    if dtype.hasobject:
        raise BadRequest(f"{path}: {NO_PICKLE}")
    start, size = stream.tell(), math.prod(shape)
    if min(shape, default=0) < 0 or len(data) - start < size * dtype.itemsize:
        raise Truncated(
            path=path, expected=str(start + size * dtype.itemsize), found=str(len(data))
        )
    array = np.frombuffer(data, dtype, size, start) if size * dtype.itemsize else np.empty(0, dtype)
    return array.reshape(shape, order="F" if is_fortran else "C")


def _read_npz(path: str, data: bytes, part: str | None) -> np.ndarray:
    import zipfile  # not for those who have no archive

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
            chosen = _choose(path, part, list(names), "array")
            info = names[chosen]
            if info.file_size > MOST_NBYTES:
                raise LimitExceeded(
                    path=path,
                    expected=f"at most {MOST_NBYTES:,} bytes",
                    found=f"{info.file_size:,}",
                )
            return parse_npy(f"{path}[{chosen}]", archive.read(info))
    except (zipfile.BadZipFile, EOFError, NotImplementedError, ValueError, OSError) as error:
        if isinstance(error, ModelInspectError):
            raise
        raise FormatError(path=path, field="its zip archive", found=str(error)) from None


def _choose(path: str, part: str | None, names: list[str], what: str) -> str:
    if part is None:
        if len(names) != 1:
            known = ", ".join(names[:20])
            raise BadRequest(
                f"Input file {path} contains more than one {what}. Please specify the name of one"
                f" to use, {path}[NAME]: {known}."
            )
        return names[0]
    if part not in names:
        known = ", ".join(names[:20])
        raise NotFound(
            f'Input file {path} does not contain variable with name "{part}". There are: {known}.'
        )
    return part


def _read_json(path: str, data: bytes, part: str | None) -> Any:
    """JSON as TensorFlow Serving takes it: bytes that are no text as `{"b64": "…"}`."""
    try:
        document = json.loads(_text(path, data))
        if part is not None:
            if not isinstance(document, dict):
                raise BadRequest(f"{path}: {part} is asked for of what is no JSON object.")
            document = document[_choose(path, part, list(document), "member")]
        elif isinstance(document, dict) and len(document) == 1 and "b64" not in document:
            (document,) = document.values()
        return _decoded(path, document)
    except ValueError as error:
        raise FormatError(path=path, field="its JSON", found=str(error)) from None
    except RecursionError:
        raise FormatError(path=path, field="its JSON", found="lists nested too deeply") from None


def _decoded(path: str, value: Any) -> Any:
    if isinstance(value, list):
        return [_decoded(path, item) for item in value]
    if isinstance(value, dict):
        if value.keys() != {"b64"}:
            keys = ", ".join(list(value)[:20])
            raise BadRequest(f"{path}: an object where a value is expected; name a part: {keys}.")
        import base64

        return base64.b64decode(value["b64"], validate=True)
    return value


def _read_table(path: str, text: str, delimiter: str, part: str | None) -> Any:
    """A table: numbers as a matrix; a column by name or number as a vector."""
    try:
        rows = [row for row in csv.reader(io.StringIO(text), delimiter=delimiter) if row]
    except csv.Error as error:
        raise FormatError(path=path, field="its table", found=str(error)) from None
    if not rows:
        return np.zeros((0,))
    titles = None if all(_is_float(cell) for cell in rows[0]) else rows[0]
    body = rows if titles is None else rows[1:]
    width = len(rows[0])
    for number, row in enumerate(rows, 1):
        if len(row) != width:
            raise FormatError(
                path=path, field=f"row {number}", expected=f"{width} cells", found=str(len(row))
            )
    if part is None:
        return _cells(body) if titles is None or body else _cells(rows)
    names = titles or [str(number) for number in range(width)]
    column = names.index(_choose(path, part, names, "column"))
    return _cells([row[column] for row in body])


def _cells(cells: list[Any]) -> np.ndarray:
    """Numbers if all cells are, else text."""
    array = np.array(cells, str)
    try:
        return array.astype(float)
    except ValueError:
        return array.astype(object)


def _is_float(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _is_number(spec: TensorSpec) -> bool:
    return spec.dtype.name != "string"


def _parse_range(part: str | None) -> tuple[int, int]:
    """`10`: the first ten; `10:20`: from the eleventh to the twentieth."""
    if part is None:
        return 0, 1 << 30
    match = re.fullmatch(r"(?:(\d*):)?(\d+)", part)
    if match is None:
        raise BadRequest(f"[{part}]: write [10] for the first ten records, or [10:20].")
    return int(match[1] or 0), int(match[2])


def _text(path: str, data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FormatError(
            path=path, offset=error.start, expected="text in UTF-8", found="other bytes"
        ) from None
