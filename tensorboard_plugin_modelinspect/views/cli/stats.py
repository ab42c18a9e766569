"""`modelinspect stats`: statistics and health of every tensor."""

from __future__ import annotations

import fnmatch
from collections.abc import Sequence
from dataclasses import dataclass

import click

from tensorboard_plugin_modelinspect.errors import BadRequest, NotFound
from tensorboard_plugin_modelinspect.model.artifact import Artifact
from tensorboard_plugin_modelinspect.model.dtype import DTYPES
from tensorboard_plugin_modelinspect.model.tensor import ROLES, Tensor
from tensorboard_plugin_modelinspect.opening import open_artifact
from tensorboard_plugin_modelinspect.views.cli.output import json_option
from tensorboard_plugin_modelinspect.views.cli.tensor import find_tensor

SORT_COLUMNS = (
    "key", "name", "nbytes", "nan", "inf", "zeros", "min", "max", "mean", "std", "l1", "l2",
)  # fmt: skip
FAIL_ON = ("nan", "inf", "any-finding")
STDOUT = "-"


@dataclass(frozen=True)
class Asked:
    """What is to be looked at, and how.

    Attributes:
        artifact: Opened.
        tensors: Of it, in the order of the file.
        is_all: Whether these are all, so that the artifact as a whole is looked at.
        previous: The checkpoint before it, opened, or None.
        initial: The first checkpoint of its series, or None.
        threads: At most, or None.
        use_cache: Whether what is known from before is used.
        reads_channels: Whether output channels are looked at.
    """

    artifact: Artifact
    tensors: Sequence[Tensor]
    is_all: bool
    previous: Artifact | None
    initial: Artifact | None
    threads: int | None
    use_cache: bool
    reads_channels: bool


@dataclass(frozen=True)
class Output:
    """What to print or write, and how.

    Attributes:
        as_json: A document on stdout.
        csv_path: A CSV file, `-` for stdout.
        parquet_path: A Parquet file.
        overwrite: Whether these may replace a file.
        sort: One of `SORT_COLUMNS`; None: the order of the file.
        fail_on: Those of `FAIL_ON` that are to give exit code 1.
    """

    as_json: bool = False
    csv_path: str | None = None
    parquet_path: str | None = None
    overwrite: bool = False
    sort: str | None = None
    fail_on: tuple[str, ...] = ()


@click.command("stats")
@click.argument("path")
@click.option("--tensor", "names", metavar="KEY", multiple=True, help="Or a pattern; repeatable.")
@click.option("--role", "roles", multiple=True, type=click.Choice(ROLES), help="Repeatable.")
@click.option(
    "--dtype",
    "dtypes",
    metavar="DTYPE",
    multiple=True,
    type=click.Choice([dtype.name for dtype in DTYPES.values()]),
    help="Repeatable.",
)
@click.option("--sort", type=click.Choice(SORT_COLUMNS), help="Numbers: largest first.")
@click.option("--fail-on", multiple=True, type=click.Choice(FAIL_ON), help="Exit 1 if there is.")
@click.option("--previous", metavar="PATH", help="The checkpoint before: tells what explodes.")
@click.option("--initial", metavar="PATH", help="The first checkpoint: tells what is untrained.")
@click.option("--no-channels", is_flag=True, help="Leave out channels: a pass less over kernels.")
@click.option("--threads", type=click.IntRange(1, 64), help="At most; one a processor, up to 4.")
@click.option("--no-cache", is_flag=True, help="Read everything, and keep nothing.")
@click.option(
    "--csv", "csv_path", metavar="[FILE]", is_flag=False, flag_value=STDOUT, help="Print CSV."
)
@click.option("--parquet", "parquet_path", metavar="FILE", help="Write a Parquet file.")
@click.option("--overwrite", is_flag=True, help="Let --csv and --parquet replace a file.")
@json_option
def command(
    path: str,
    names: tuple[str, ...],
    roles: tuple[str, ...],
    dtypes: tuple[str, ...],
    sort: str | None,
    fail_on: tuple[str, ...],
    previous: str | None,
    initial: str | None,
    threads: int | None,
    csv_path: str | None,
    parquet_path: str | None,
    *,
    no_channels: bool,
    no_cache: bool,
    overwrite: bool,
    as_json: bool,
) -> int:
    """Compute statistics of the tensors of an artifact, and say which are not well.

    NaN, infinities, zeros, range, mean, deviation, norm and a histogram of each tensor; below them
    what is wrong, with what to do. Numbers are of the finite values. Tensors seen before are known
    from a cache. What cannot be read is said in place, the rest goes on, and the exit code is 3.
    """
    output = Output(as_json, csv_path, parquet_path, overwrite, sort, fail_on)
    _check_outputs(output)
    from tensorboard_plugin_modelinspect.views.cli import stats_report  # numpy, not for --help

    artifact = open_artifact(path)
    asked = Asked(
        artifact,
        select_tensors(artifact, names, roles, dtypes),
        is_all=not (names or roles or dtypes),
        previous=None if previous is None else open_artifact(previous),
        initial=None if initial is None else open_artifact(initial),
        threads=threads,
        use_cache=not no_cache,
        reads_channels=not no_channels,
    )
    return stats_report.report(asked, output)


def _check_outputs(output: Output) -> None:
    asked = (output.as_json, output.csv_path is not None, output.parquet_path is not None)
    if sum(asked) > 1:
        raise BadRequest("--json, --csv and --parquet are three outputs: ask for one at a time.")


def select_tensors(
    artifact: Artifact, names: Sequence[str], roles: Sequence[str], dtypes: Sequence[str]
) -> list[Tensor]:
    """Those that a name means (all if there is none), of these roles and types.

    Args:
        artifact: Opened.
        names: Keys or readable names, or shell patterns (`*`, `?`, `[ab]`) of either.
        roles: All if empty.
        dtypes: All if empty.

    Raises:
        NotFound: A name means no tensor.
    """
    keys = {key for name in names for key in _keys_of(artifact, name)}
    return [
        tensor
        for tensor in artifact.tensors.values()
        if (not names or tensor.key in keys)
        and (not roles or tensor.role in roles)
        and (not dtypes or tensor.dtype.name in dtypes)
    ]


def _keys_of(artifact: Artifact, name: str) -> list[str]:
    tensors = artifact.tensors.values()
    exact = [tensor.key for tensor in tensors if name in (tensor.key, tensor.name)]
    if exact or not any(char in name for char in "*?["):
        return exact or [find_tensor(artifact, name).key]
    matching = [
        tensor.key
        for tensor in tensors
        if fnmatch.fnmatchcase(tensor.key, name) or fnmatch.fnmatchcase(tensor.name, name)
    ]
    if not matching:
        raise NotFound(f'No tensor matches "{name}". List them with: modelinspect vars PATH')
    return matching
