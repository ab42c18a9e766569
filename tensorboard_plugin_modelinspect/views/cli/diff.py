"""`modelinspect diff`: where two artifacts differ."""

from __future__ import annotations

import time
from collections.abc import Sequence

import click

from tensorboard_plugin_modelinspect.analyses.diff.result import EXACT, ArtifactDiff, Tolerance
from tensorboard_plugin_modelinspect.diffing import diff_paths
from tensorboard_plugin_modelinspect.errors import BadRequest, FormatError, Unsupported
from tensorboard_plugin_modelinspect.views.cli.files import write_file
from tensorboard_plugin_modelinspect.views.cli.output import json_option, write_json, write_lines
from tensorboard_plugin_modelinspect.views.cli.progress import Progress, describe_progress

FAIL_ON = ("structure", "changed", "signature")


@click.command("diff")
@click.argument("before")
@click.argument("after")
@click.option("--values/--no-values", default=True, help="Read what may differ; else only indexes.")
@click.option("--exact", is_flag=True, help="Compare bytes, of equal checksums too.")
@click.option("--tolerance", metavar="ATOL[,RTOL]", help="How far elements may be apart.")
@click.option("--tensor", "globs", multiple=True, metavar="GLOB", help="Only these. Repeatable.")
@click.option("--fail-on", multiple=True, type=click.Choice(FAIL_ON), help="Exit 1 if it differs.")
@click.option("--html", "html_path", metavar="FILE", help="Write a report as one HTML file.")
@click.option("--overwrite", is_flag=True, help="Let --html replace a file.")
@click.option("--all", "is_all", is_flag=True, help="List every tensor, those that are equal too.")
@json_option
def command(
    before: str,
    after: str,
    tolerance: str | None,
    globs: tuple[str, ...],
    fail_on: tuple[str, ...],
    html_path: str | None,
    *,
    values: bool,
    exact: bool,
    overwrite: bool,
    is_all: bool,
    as_json: bool,
) -> int:
    """Show where two artifacts of any formats differ: structure, then values.

    Tensors belong together by key, by name, by content, or by a guess that says why. Those of equal
    checksums are equal and are not read; all others are, unless --no-values is given.
    """
    if exact and not values:
        raise BadRequest("--exact reads values: leave out --no-values.")
    limits = parse_tolerance(tolerance)
    if limits != EXACT and not values:
        raise BadRequest("--tolerance is about values: leave out --no-values.")
    began = time.monotonic()
    with Progress() as progress:
        diff = diff_paths(
            before,
            after,
            lambda done, nbytes: progress.show(
                describe_progress(done, nbytes, time.monotonic() - began)
            ),
            values=values,
            exact=exact,
            tolerance=limits,
            tensors=globs,
        )
    _write(diff, html_path, overwrite=overwrite, is_all=is_all, as_json=as_json)
    return _exit_code(diff, fail_on)


def _write(
    diff: ArtifactDiff, html_path: str | None, *, overwrite: bool, is_all: bool, as_json: bool
) -> None:
    if html_path is not None:
        from tensorboard_plugin_modelinspect.views.text.diff_html import make_page

        page = make_page(diff, is_all=is_all).encode("utf-8", "backslashreplace")
        write_file(html_path, [page], overwrite=overwrite)
    if as_json:
        from tensorboard_plugin_modelinspect.views.cli.diff_records import diff_record

        write_json(diff_record(diff, is_all=is_all))
    else:
        from tensorboard_plugin_modelinspect.views.cli.diff_text import format_diff

        write_lines(format_diff(diff, is_all=is_all))


def parse_tolerance(text: str | None) -> Tolerance:
    """`1e-6` or `1e-6,1e-3`: absolute, and relative to the value before.

    Raises:
        BadRequest: It is neither, or negative.
    """
    if text is None:
        return EXACT
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        numbers = []
    if not 1 <= len(numbers) <= 2 or not all(0 <= number < float("inf") for number in numbers):
        raise BadRequest(f"--tolerance {text[:100]}: give one or two numbers, such as 1e-6,1e-3.")
    return Tolerance(*numbers)


def _exit_code(diff: ArtifactDiff, fail_on: Sequence[str]) -> int:
    """3 or 4 if a tensor cannot be read, else 1 if what must not differ does, or may."""
    errors = [pair.error for pair in diff.pairs if pair.error is not None]
    if errors:
        is_unsupported = all(isinstance(error, Unsupported) for error in errors)
        return (Unsupported if is_unsupported else FormatError).exit_code
    found = {
        "structure": diff.has_changed_structure,
        "changed": diff.has_changed_values,
        "signature": diff.has_changed_signatures,
    }
    return int(any(found[name] for name in fail_on))
