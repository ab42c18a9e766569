"""`modelinspect vars`: the tensors of an artifact."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import click

from tensorboard_plugin_modelinspect.analyses.totals import compute_totals
from tensorboard_plugin_modelinspect.model.tensor import ROLES, Tensor
from tensorboard_plugin_modelinspect.opening import open_artifact
from tensorboard_plugin_modelinspect.views.cli.output import (
    Column,
    drop_empty_columns,
    format_table,
    json_option,
    write_json,
    write_lines,
)
from tensorboard_plugin_modelinspect.views.cli.records import Record, totals_record
from tensorboard_plugin_modelinspect.views.cli.totals import format_totals
from tensorboard_plugin_modelinspect.views.text.words import describe_shape, printable

SORT_KEYS: dict[str, Callable[[Tensor], Any]] = {
    "key": lambda tensor: tensor.key,
    "name": lambda tensor: (tensor.name, tensor.key),
    "nbytes": lambda tensor: (-tensor.nbytes, tensor.key),
}

COLUMNS = (
    Column("key"),
    Column("name"),
    Column("dtype"),
    Column("shape"),
    Column("bytes", right=True),
    Column("role"),
    Column("alias of"),
)


@click.command("vars")
@click.argument("path")
@click.option("--filter", "text", metavar="TEXT", help="Only those with TEXT in key or name.")
@click.option("--role", "roles", multiple=True, type=click.Choice(ROLES), help="Repeatable.")
@click.option("--sort", type=click.Choice(list(SORT_KEYS)), help="nbytes: largest first.")
@json_option
def command(
    path: str, text: str | None, roles: tuple[str, ...], sort: str | None, *, as_json: bool
) -> None:
    """List the tensors of an artifact, with totals.

    PATH is a SavedModel folder or a checkpoint prefix. The order is that of the file. A name that
    equals its key is left out, and so is a column with nothing in it. Totals count the tensors
    listed, aliases once.
    """
    tensors = select_tensors(open_artifact(path).tensors.values(), text, roles)
    if sort is not None:
        tensors.sort(key=SORT_KEYS[sort])
    totals = compute_totals(tensors)
    if as_json:
        rows = [_record(tensor) for tensor in tensors]
        write_json({"tensors": rows, "totals": totals_record(totals)})
    else:
        write_lines([*_format_tensors(tensors), "", *format_totals(totals)])


def select_tensors(
    tensors: Iterable[Tensor], text: str | None, roles: Sequence[str]
) -> list[Tensor]:
    """Those of one of `roles` (all if empty) with `text` in key or name, whatever its case."""
    selected = list(tensors)
    if roles:
        selected = [tensor for tensor in selected if tensor.role in roles]
    if text:
        wanted = text.lower()
        selected = [
            tensor
            for tensor in selected
            if wanted in tensor.key.lower() or wanted in tensor.name.lower()
        ]
    return selected


def _record(tensor: Tensor) -> Record:
    return {
        "key": tensor.key,
        "name": tensor.name,
        "dtype": tensor.dtype.name,
        "shape": tensor.shape,
        "nbytes": tensor.nbytes,
        "role": tensor.role,
        "alias_of": tensor.alias_of,
    }


def _format_tensors(tensors: Sequence[Tensor]) -> list[str]:
    if not tensors:
        return ["no tensors"]
    shapes = {shape: describe_shape(shape) for shape in {tensor.shape for tensor in tensors}}
    rows = [
        (
            printable(key),
            printable(name) if name != key else "",
            dtype.name,
            shapes[shape],
            f"{nbytes:,}",
            role,
            printable(alias_of) if alias_of else "",
        )
        for key, name, dtype, shape, nbytes, role, alias_of, _, _ in tensors
    ]
    return format_table(*drop_empty_columns(COLUMNS, rows))
