"""`modelinspect restore-check`: what restoring a checkpoint would do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import click

from tensorboard_plugin_modelinspect.analyses.restore.result import (
    METHODS,
    Method,
    RestoreCheck,
    Row,
    Side,
)
from tensorboard_plugin_modelinspect.errors import BadRequest, FormatError
from tensorboard_plugin_modelinspect.restoring import restore_check
from tensorboard_plugin_modelinspect.views.cli.output import (
    NOTHING,
    Column,
    format_table,
    json_option,
    write_json,
    write_lines,
)
from tensorboard_plugin_modelinspect.views.cli.restore_check_records import check_record
from tensorboard_plugin_modelinspect.views.text.restore import (
    describe_attachment,
    describe_verdict,
    differs,
)
from tensorboard_plugin_modelinspect.views.text.words import (
    describe_count,
    describe_shape,
    printable,
)

_MOST_ROWS = 100
_MOST_EXPLAINED = 20
COLUMNS = (
    Column("status"),
    Column("looked for"),
    Column("variable"),
    Column("target"),
    Column("checkpoint"),
    Column("restored"),
)


@click.command("restore-check")
@click.argument("checkpoint")
@click.option(
    "--into",
    "target",
    required=True,
    metavar="TARGET",
    help="What is restored: a model, a checkpoint of it, a .meta or a description.",
)
@click.option(
    "--method",
    type=click.Choice(METHODS),
    help="How it is restored; else what fits both sides.",
)
@click.option("--by-name", is_flag=True, help="load_weights(…, by_name=True), of legacy HDF5.")
@click.option("--skip-mismatch", is_flag=True, help="load_weights(…, skip_mismatch=True).")
@click.option(
    "--attach",
    metavar="PATH",
    help="The object of the checkpoint for the target's root; '' is its root. Else the best.",
)
@click.option("--read", is_flag=True, help="Checkpoint.read, which makes no save_counter.")
@click.option(
    "--var",
    "variables",
    multiple=True,
    metavar="NAME[=VARIABLE]",
    help="Saver(var_list): a name in the checkpoint, and the variable's if it differs. Repeatable.",
)
@click.option("--all", "show_all", is_flag=True, help="Print what matches, too.")
@json_option
def command(
    checkpoint: str,
    target: str,
    method: Method | None,
    attach: str | None,
    variables: tuple[str, ...],
    *,
    by_name: bool,
    skip_mismatch: bool,
    read: bool,
    show_all: bool,
    as_json: bool,
) -> int:
    """Say what restoring CHECKPOINT into a target would do, and why.

    Nothing is loaded: the restore is played through as TensorFlow and Keras do it, along the object
    graph, by the names of variables or by Keras' layers. Exit code 0: the call returns and every
    variable of the target is restored. 3: it does not, or a file is broken.
    """
    check = restore_check(
        checkpoint,
        target,
        method=method,
        by_name=by_name,
        skip_mismatch=skip_mismatch,
        attach=attach,
        read=read,
        var_list=_parse_var_list(variables),
    )
    if as_json:
        write_json(check_record(check))
    else:
        write_lines(_format(check, show_all=show_all))
    return 0 if check.fits else FormatError.exit_code


def _parse_var_list(variables: Sequence[str]) -> dict[str, str] | None:
    """Name in the checkpoint by variable."""
    pairs = [one.partition("=")[::2] for one in variables]
    if any(not name for name, _ in pairs):
        raise BadRequest("--var: give NAME or NAME=VARIABLE.")
    return {variable or name: name for name, variable in pairs} if pairs else None


def _format(check: RestoreCheck, *, show_all: bool) -> Iterator[str]:
    yield describe_verdict(check)
    if check.call:
        yield f"call: {printable(check.call)}"
    yield from _format_attachment(check)
    yield from _format_failures(check)
    rows = list(check.rows) if show_all else [row for row in check.rows if differs(row)]
    if rows:
        shown = rows if show_all else rows[:_MOST_ROWS]
        yield ""
        yield from format_table(COLUMNS, [_cells(row) for row in shown])
        if len(rows) > len(shown):
            yield f"… and {describe_count(len(rows) - len(shown), 'more')}; --all prints them"
        yield from _format_reasons([row for row in shown if row.reason or row.nearest])
    for snippet in check.snippets:
        yield ""
        yield f"# {printable(snippet.title)}. {printable(snippet.note)}".rstrip(" ")
        yield from map(printable, snippet.code.split("\n"))
    if check.notes:
        yield ""
        yield from (f"note: {printable(note)}" for note in check.notes)


def _format_attachment(check: RestoreCheck) -> Iterator[str]:
    chosen, plain = check.attachment, check.attachments[0]
    if chosen.is_plain:
        return
    yield f"attached: {printable(describe_attachment(chosen))}. {printable(chosen.reason)}"
    if plain.is_plain:
        total = describe_count(plain.total, "variable")
        yield f"root to root it would be {plain.matched:,} of {total}"


def _format_failures(check: RestoreCheck) -> Iterator[str]:
    failures = {
        "fails": check.failure,
        "assert_existing_objects_matched": check.assert_existing_objects_matched,
        "assert_consumed": check.assert_consumed,
    }
    for title, failure in failures.items():
        if failure is not None:
            yield f"{title}: {failure.type}: {printable(failure.message)}"


def _cells(row: Row) -> tuple[str, ...]:
    return (
        row.status.replace("_", " "),
        printable(row.looked_for or row.side.name),
        printable(row.side.name),
        _describe_side(row.target),
        _describe_side(row.checkpoint),
        "yes" if row.is_restored else "no" if row.target is not None else NOTHING,
    )


def _describe_side(side: Side | None) -> str:
    return NOTHING if side is None else f"{side.dtype.name} {describe_shape(side.shape)}"


def _format_reasons(rows: Sequence[Row]) -> Iterator[str]:
    for row in rows[:_MOST_EXPLAINED]:
        yield ""
        yield f"{printable(row.looked_for or row.side.name)}: {printable(row.reason)}".rstrip(" ")
        for one in row.nearest:
            yield f"  nearest: {printable(one.name)}  {one.score:.2f}, {one.reason}"
    if len(rows) > _MOST_EXPLAINED:
        yield ""
        yield f"… reasons of {len(rows) - _MOST_EXPLAINED:,} more in --json"
