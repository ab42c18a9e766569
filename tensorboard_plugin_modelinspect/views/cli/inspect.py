"""`modelinspect inspect`: prints what TensorFlow's `inspect_checkpoint` prints, byte for byte.

tensorflow/python/tools/inspect_checkpoint.py; where this differs is in docs/compatibility.md.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, NamedTuple

import click

from tensorboard_plugin_modelinspect.errors import BadRequest
from tensorboard_plugin_modelinspect.model.artifact import Artifact
from tensorboard_plugin_modelinspect.model.tensor import Tensor
from tensorboard_plugin_modelinspect.opening import open_artifact
from tensorboard_plugin_modelinspect.views.cli.output import Command, json_option, write_json
from tensorboard_plugin_modelinspect.views.cli.tensor import find_tensor
from tensorboard_plugin_modelinspect.views.text.words import describe_shape, printable

NO_VALUES = "<not convertible to a numpy dtype>"
_BOOLEANS = {"true": True, "t": True, "1": True, "false": False, "f": False, "0": False}


class InspectCommand(click.Command):
    """Takes several values after one `--printoptions`, as the tool it stands in for does."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Repeat the option before each of its values; click takes one at a time."""
        repeated: list[str] = []
        is_option_open = False
        for arg in args:
            if arg == "--printoptions":
                is_option_open = True
            elif is_option_open and not arg.startswith("-"):
                repeated += ["--printoptions", arg]
            else:
                is_option_open = False
                repeated.append(arg)
        return super().parse_args(ctx, repeated)


def _is_true(text: str) -> bool:
    return text.lower() == "true"


def _switch(name: str, help_text: str) -> Callable[[Command], Command]:
    """A flag that may have a value; whatever is not `true` is false."""
    return click.option(
        name,
        is_flag=False,
        flag_value="true",
        default="false",
        type=_is_true,
        metavar="[BOOL]",
        help=help_text,
    )


@click.command("inspect", cls=InspectCommand)
@click.option("--file_name", required=True, metavar="PREFIX", help="The checkpoint's prefix.")
@click.option("--tensor_name", default="", metavar="KEY", help="Print one tensor.")
@click.option(
    "--count_exclude_pattern", default="", metavar="REGEX", help="Tensors not to be counted."
)
@_switch("--all_tensors", "Print names and values of all tensors.")
@_switch("--all_tensor_names", "Print names of all tensors.")
@click.option("--printoptions", multiple=True, metavar="K=V", help="For numpy; may be repeated.")
@json_option
def command(
    file_name: str,
    tensor_name: str,
    count_exclude_pattern: str,
    printoptions: tuple[str, ...],
    *,
    all_tensors: bool,
    all_tensor_names: bool,
    as_json: bool,
) -> None:
    """Print what TensorFlow's inspect_checkpoint prints, without TensorFlow.

    Without a further option: what is stored, a line per tensor, those in slices a line per slice.
    Values are those of numpy's own printing. Everything is counted, aliases and optimizer too;
    `modelinspect vars` counts what a person would.
    """
    printing = _printing(printoptions)
    pattern = _compile(count_exclude_pattern)
    artifact = open_artifact(file_name)
    _hint(file_name, artifact)
    tensors = [artifact.tensors[key] for key in sorted(artifact.tensors)]
    count = _count(tensors, pattern)
    is_listing = not (all_tensors or all_tensor_names or tensor_name)
    with_values = all_tensors
    if tensor_name and not (all_tensors or all_tensor_names):
        tensors, with_values = [find_tensor(artifact, tensor_name)], True
    with printing:
        if as_json:
            write_json(_record(tensors, count, with_values=with_values))
        elif is_listing:
            _write(_iter_stored(artifact), count)
        else:
            _write(_iter_tensors(tensors, with_values=with_values), count)


def _hint(file_name: str, artifact: Artifact) -> None:
    """Say on stderr what the other tool, which refuses a file of a checkpoint, would take."""
    if artifact.kind == "checkpoint" and file_name.startswith(f"{artifact.path}."):
        prefix, name = printable(artifact.path), printable(file_name)
        click.echo(
            f"note: {name} is a file of a checkpoint, which is named by its prefix."
            f" inspect_checkpoint takes: --file_name {prefix}",
            err=True,
        )


def _write(lines: Iterable[str], count: Count) -> None:
    """Print as the lines come: values of one tensor at a time are in memory."""
    for line in lines:
        sys.stdout.write(line + "\n")
    if count.pattern:
        excluded = f"{count.excluded_tensors} tensors ({count.excluded_parameters} params)"
        sys.stdout.write(f"# Excluding {excluded} that match {count.pattern} when counting.\n")
    sys.stdout.write(f"# Total number of params: {count.parameters}\n")


def _iter_stored(artifact: Artifact) -> Iterator[str]:
    """A line for whatever has a key of its own in the file, in its order; then an empty one."""
    tensors = artifact.tensors
    if artifact.format == "V1":
        yield from _iter_stored_v1(artifact)
        return
    parts = {one.tensor for one in artifact.slices}
    rows = [
        (key, tensor.dtype, tensor.shape) for key, tensor in tensors.items() if key not in parts
    ]
    if artifact.slices:
        rows += [(one.key, tensors[one.tensor].dtype, one.shape) for one in artifact.slices]
        rows.sort(key=lambda row: _encoded(row[0]))
    is_terminal = _is_terminal()
    for key, dtype, shape in rows:
        # That tool drops what is not UTF-8, such as most of the binary key of a slice.
        name = printable(key) if is_terminal else _encoded(key).decode("utf-8", "ignore")
        yield f"{name} ({dtype.enum_name}) [{','.join(map(str, shape))}]"
    yield ""


def _iter_stored_v1(artifact: Artifact) -> Iterator[str]:
    """A line for each tensor, which says how many slices it has; that tool sorts them at random.

    `TensorSliceReader::DebugString` in tensorflow/core/util/tensor_slice_reader.cc.
    """
    slices = Counter(one.tensor for one in artifact.slices)
    is_terminal = _is_terminal()
    for key, tensor in artifact.tensors.items():
        name = printable(key) if is_terminal else _encoded(key).decode("utf-8", "ignore")
        count = f", {slices[key]} slices" if slices[key] > 1 else ""
        yield f"{name} ({tensor.dtype.enum_name}) [{','.join(map(str, tensor.shape))}]{count}"
    yield ""


def _is_terminal() -> bool:
    """Whether somebody looks: no file may talk to a terminal, but a pipe gets names as they are."""
    return sys.stdout.isatty()


def _encoded(key: str) -> bytes:
    return key.encode("utf-8", "surrogateescape")


def _iter_tensors(tensors: Iterable[Tensor], *, with_values: bool) -> Iterator[str]:
    is_terminal = _is_terminal()
    for tensor in tensors:
        # That tool fails on names that are not UTF-8.
        is_escaped = is_terminal or not _is_text(tensor.key)
        name = printable(tensor.key) if is_escaped else tensor.key
        yield f"tensor: {name} ({tensor.dtype.name}) {describe_shape(tensor.shape)}"
        if with_values:
            yield _text(tensor)


def _is_text(key: str) -> bool:
    try:
        key.encode()
    except UnicodeEncodeError:
        return False
    return True


def _text(tensor: Tensor) -> str:
    """Values as numpy prints them."""
    return str(tensor.read()) if tensor.dtype.numpy_name else NO_VALUES


class Count(NamedTuple):
    """Elements of all tensors but those whose key matches `pattern`, if it is not empty."""

    parameters: int
    pattern: str
    excluded_tensors: int
    excluded_parameters: int


def _count(tensors: Iterable[Tensor], pattern: re.Pattern[str]) -> Count:
    sizes = {True: [0], False: [0]}
    for tensor in tensors:
        is_excluded = bool(pattern.pattern and pattern.search(tensor.key))
        sizes[is_excluded].append(tensor.size)
    excluded = sizes[True]
    return Count(sum(sizes[False]), pattern.pattern, len(excluded) - 1, sum(excluded))


def _compile(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        raise BadRequest(
            f'--count_exclude_pattern: "{pattern}" is no regular expression: {error}.'
        ) from None


def _record(tensors: Iterable[Tensor], count: Count, *, with_values: bool) -> dict[str, object]:
    excluded = {"tensors": count.excluded_tensors, "parameters": count.excluded_parameters}
    return {
        "tensors": [
            {
                "key": tensor.key,
                "dtype": tensor.dtype.name,
                "shape": tensor.shape,
                "text": _text(tensor) if with_values else None,
            }
            for tensor in tensors
        ],
        "parameters": count.parameters,
        "excluded": excluded if count.pattern else None,
    }


def _printing(texts: Sequence[str]) -> AbstractContextManager[object]:
    """Numpy's print options as asked for, until left; does not import it where none are.

    Raises:
        BadRequest: One is not `key=value`, or nothing numpy takes.
    """
    if not texts:
        return nullcontext()
    import numpy as np

    known = np.get_printoptions()
    options = dict(_parse_printoption(text, known) for text in texts)
    try:
        with np.printoptions(
            **options
        ):  # refuses what it does not take, before anything is printed
            return np.printoptions(**options)
    except (TypeError, ValueError) as error:
        raise BadRequest(f"--printoptions: {error}.") from None


def _parse_printoption(text: str, known: Mapping[str, Any]) -> tuple[str, Any]:
    """Key and value of `key=value`; the value is of the type that the option has now."""
    key, separator, value = text.partition("=")
    if not separator or not key:
        raise BadRequest(f"--printoptions: '{text}' is not in the form k=v.")
    settable = [name for name, now in known.items() if now is not None]
    if key not in settable:
        raise BadRequest(f"--printoptions: no '{key}'; there are {', '.join(settable)}.")
    kind = type(known[key])
    try:
        return key, _BOOLEANS[value.lower()] if kind is bool else kind(value)
    except (KeyError, ValueError):
        raise BadRequest(f"--printoptions: '{value}' is no value for {key}.") from None
