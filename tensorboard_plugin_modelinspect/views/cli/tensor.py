"""`modelinspect tensor`: the values of one tensor."""

from __future__ import annotations

import base64
import itertools
import math
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import click

from tensorboard_plugin_modelinspect.errors import BadRequest, NotFound
from tensorboard_plugin_modelinspect.model.artifact import Artifact
from tensorboard_plugin_modelinspect.model.tensor import Region, Tensor, region_shape
from tensorboard_plugin_modelinspect.opening import open_artifact
from tensorboard_plugin_modelinspect.views.cli.files import write_file
from tensorboard_plugin_modelinspect.views.cli.output import (
    json_float,
    json_option,
    write_json,
    write_lines,
)
from tensorboard_plugin_modelinspect.views.text.npy import iter_npy_values, npy_dtype, npy_header
from tensorboard_plugin_modelinspect.views.text.table import csv_header, iter_csv_lines
from tensorboard_plugin_modelinspect.views.text.values import (
    format_elements,
    parse_region,
    require_at_most,
)
from tensorboard_plugin_modelinspect.views.text.words import (
    describe_bytes,
    describe_count,
    describe_shape,
    printable,
)

if TYPE_CHECKING:
    import numpy as np

TEXT_LIMIT = 1_000
JSON_LIMIT = 10_000_000
"""Elements; a document of that size takes a gigabyte to make."""


@click.command("tensor")
@click.argument("path")
@click.argument("key")
@click.option("--slice", "region_text", metavar="SLICE", default="", help="E.g. 0:10,: or ...,-1")
@click.option("--limit", type=click.IntRange(min=1), help=f"Most elements (text: {TEXT_LIMIT:,}).")
@click.option("--npy", "npy_path", metavar="FILE", help="Write a .npy file instead.")
@click.option("--csv", "csv_path", metavar="FILE", help="Write a CSV file instead; - for stdout.")
@click.option("--stats", "is_stats", is_flag=True, help="Statistics of all of it, not the values.")
@click.option("--spectral", "is_spectral", is_flag=True, help="Singular values, not the values.")
@click.option("--overwrite", is_flag=True, help="Let --npy and --csv replace a file.")
@json_option
def command(
    path: str,
    key: str,
    region_text: str,
    limit: int | None,
    npy_path: str | None,
    csv_path: str | None,
    *,
    is_stats: bool,
    is_spectral: bool,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Print the values of a tensor, or of a slice of it.

    KEY is the tensor's key, or its readable name where only one tensor has it. Only the bytes of
    the slice are read. Text stops after --limit elements and says so.
    """
    artifact = open_artifact(path)
    tensor = find_tensor(artifact, key)
    if is_stats:
        texts = (region_text or None, limit, npy_path, csv_path)
        if is_spectral or any(text is not None for text in texts):
            raise BadRequest("--stats is of the whole tensor: it takes no option but --json.")
        from tensorboard_plugin_modelinspect.views.cli import tensor_stats  # numpy, not for --help

        tensor_stats.write_stats(artifact, tensor, as_json=as_json)
        return
    region = parse_region(region_text, tensor.shape)
    if is_spectral:
        if limit is not None or npy_path is not None or csv_path is not None:
            raise BadRequest("--spectral prints no values: leave out --limit, --npy and --csv.")
        from tensorboard_plugin_modelinspect.views.cli import tensor_spectral  # numpy, as above

        tensor_spectral.write_spectrum(tensor, region, as_json=as_json)
        return
    if npy_path is not None or csv_path is not None:
        _check_alone(npy_path, csv_path, limit, as_json=as_json)
    if npy_path is not None:
        write_npy(tensor, region, npy_path, overwrite=overwrite)
    elif csv_path is not None:
        write_csv(tensor, region, csv_path, overwrite=overwrite)
    elif as_json:
        require_at_most(region, limit or JSON_LIMIT)
        write_json(_record(tensor, region))
    else:
        write_lines(_format_tensor(tensor, region, limit or TEXT_LIMIT))


def _check_alone(
    npy_path: str | None, csv_path: str | None, limit: int | None, *, as_json: bool
) -> None:
    """Two answers at once are refused, rather than one of them ignored."""
    name = "--npy" if npy_path is not None else "--csv"
    if as_json or limit is not None:
        raise BadRequest(f"{name} writes the whole slice to a file: leave out --json and --limit.")
    if npy_path is not None and csv_path is not None:
        raise BadRequest("--npy and --csv are two files: write them one after the other.")


def find_tensor(artifact: Artifact, text: str) -> Tensor:
    """The tensor of that key or readable name, as stored or as `vars` prints it.

    Raises:
        BadRequest: It is the name of several tensors.
        NotFound: No such tensor; names up to five near ones.
    """
    if text in artifact.tensors:
        return artifact.tensors[text]
    tensors = artifact.tensors.values()
    found = [t for t in tensors if text in (t.name, printable(t.key), printable(t.name))]
    # An alias has the name of the tensor it repeats, and the same values.
    found = [tensor for tensor in found if tensor.alias_of is None] or found
    if not found:
        raise NotFound(f'No tensor "{text}" in {artifact.path}. {_suggest(tensors, text)}')
    if len(found) > 1:
        keys = ", ".join(tensor.key for tensor in found[:5])
        raise BadRequest(f'"{text}" is the name of {len(found)} tensors. Use a key: {keys}')
    return found[0]


def _suggest(tensors: Iterable[Tensor], text: str) -> str:
    """Near keys and names: those that contain the text, else those spelt alike."""
    names = dict.fromkeys(name for tensor in tensors for name in (tensor.name, tensor.key))
    wanted = text.lower()
    near = [name for name in names if wanted in name.lower()][:5]
    if not near:
        import difflib

        near = difflib.get_close_matches(text, names, n=5)
    if not near:
        return "List them with: modelinspect vars PATH"
    return f"Did you mean {', '.join(near)}?"


def describe_tensor(tensor: Tensor) -> str:
    """Key, name if it has another, dtype and shape on a line."""
    facts = [printable(tensor.key), tensor.dtype.name, describe_shape(tensor.shape)]
    if tensor.name != tensor.key:
        facts.insert(1, printable(tensor.name))
    return "  ".join(facts)


def describe_part(tensor: Tensor, shown: Region) -> list[str]:
    """The same, and if not all of the tensor is shown, which part on a line of its own."""
    is_whole = region_shape(shown) == tensor.shape
    return [describe_tensor(tensor), *([] if is_whole else [f"[{_describe_region(shown)}]"])]


def _format_tensor(tensor: Tensor, region: Region, limit: int) -> list[str]:
    shown = first_part(region, limit)
    lines = [*describe_part(tensor, shown), *_format_array(tensor.read(shown))]
    size, shown_size = math.prod(region_shape(region)), math.prod(region_shape(shown))
    if shown_size < size:
        left_out = describe_count(size - shown_size, "more element")
        lines.append(f"… and {left_out}. Use --slice, --limit, --csv or --npy to see them.")
    return lines


def first_part(region: Region, limit: int) -> Region:
    """As much of a region as `limit` elements allow: the last axes whole, the first ones cut."""
    kept: list[slice] = []
    room = limit
    for axis in reversed(region):
        size = len(range(axis.start, axis.stop, axis.step))
        count = min(size, max(room, 1))
        kept.append(slice(axis.start, min(axis.start + count * axis.step, axis.stop), axis.step))
        room //= max(size, 1)
    return tuple(reversed(kept))


def _describe_region(region: Region) -> str:
    """A region as `--slice` takes it."""
    return ",".join(
        f"{axis.start}:{axis.stop}" + (f":{axis.step}" if axis.step > 1 else "") for axis in region
    )


def _format_array(array: np.ndarray) -> list[str]:
    """Values in brackets and columns, every element exact."""
    import numpy as np

    texts = format_elements(array)
    if array.dtype.kind == "O":
        texts = [f'"{text}"'.ljust(min(_widest(texts), 40) + 2) for text in texts]
    else:
        texts = [text.rjust(_widest(texts)) for text in texts]
    cells = np.array(texts, dtype=object).reshape(array.shape)
    block = np.array2string(
        cells, max_line_width=100, threshold=cells.size + 1, formatter={"all": str}
    )
    return [line.rstrip(" ") for line in block.split("\n")]


def _widest(texts: Sequence[str]) -> int:
    return max(map(len, texts), default=0)


def _record(tensor: Tensor, region: Region) -> dict[str, object]:
    return {**part_facts(tensor, region), "values": json_values(tensor.read(region))}


def part_facts(tensor: Tensor, region: Region) -> dict[str, object]:
    """What a document of a part of a tensor begins with."""
    triples = [(axis.start, axis.stop, axis.step) for axis in region]
    return {**tensor_facts(tensor), "region": triples}


def tensor_facts(tensor: Tensor) -> dict[str, object]:
    """What a document of one tensor begins with."""
    return {
        "key": tensor.key,
        "name": tensor.name,
        "dtype": tensor.dtype.name,
        "shape": tensor.shape,
    }


def json_values(array: np.ndarray) -> Any:
    """Nested lists of what JSON can say; see `tensor` in docs/cli.md."""
    import numpy as np

    if array.dtype.kind == "O":
        return _map_nested(array.tolist(), _json_string)
    if array.dtype.kind == "c":
        return json_values(np.stack([array.real, array.imag], axis=-1))
    if array.dtype.isbuiltin != 1:  # a type of ml_dtypes: widened as in a .npy file
        array = array.astype(np.int8 if "int" in array.dtype.name else np.float32)
    values = array.tolist()
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        return _map_nested(values, json_float)
    return values


def _map_nested(values: Any, change: Any) -> Any:
    if isinstance(values, list):
        return [_map_nested(value, change) for value in values]
    return change(values)


def _json_string(value: bytes) -> str | dict[str, str]:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(value).decode("ascii")}


def write_npy(tensor: Tensor, region: Region, path: str, *, overwrite: bool) -> None:
    """Write a `.npy` file and say so; see `write_file`."""
    dtype, shape = npy_dtype(tensor.dtype), region_shape(region)
    header: Iterable[bytes | memoryview] = [npy_header(tensor, region)]
    pieces = itertools.chain(header, iter_npy_values(tensor, region))
    total = describe_bytes(math.prod(shape) * dtype.itemsize)
    write_file(path, pieces, total=total, overwrite=overwrite)
    write_lines([f"{printable(path)}: {dtype.name} {describe_shape(shape)}"])


def write_csv(tensor: Tensor, region: Region, path: str, *, overwrite: bool) -> None:
    """Write comma-separated values, to a file (see `write_file`) or to stdout as they come."""
    texts = itertools.chain([csv_header(tensor, region)], iter_csv_lines(tensor, region))
    if path == "-":
        for text in texts:
            sys.stdout.write(text)
        return
    write_file(path, (text.encode() for text in texts), overwrite=overwrite)
    write_lines([f"{printable(path)}: {tensor.dtype.name} {describe_shape(region_shape(region))}"])
