"""`modelinspect scan`: what could a model do to whoever loads or calls it?"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

import click

from tensorboard_plugin_modelinspect.analyses.scan.result import (
    SEVERITIES,
    ScanReport,
    Severity,
    is_as_bad,
)
from tensorboard_plugin_modelinspect.errors import FormatError
from tensorboard_plugin_modelinspect.scanning import add_integrity, scan_candidate
from tensorboard_plugin_modelinspect.views.cli.files import write_file
from tensorboard_plugin_modelinspect.views.cli.output import json_option, write_json, write_lines
from tensorboard_plugin_modelinspect.views.cli.progress import Progress, describe_progress
from tensorboard_plugin_modelinspect.views.cli.verify import Target, find_targets

FORMATS = ("text", "json", "csv", "sarif")


@click.command("scan")
@click.argument("path")
@click.option("--all", "is_all", is_flag=True, help="Everything below the folder PATH.")
@click.option("--verify", is_flag=True, help="Verify checksums too; reads all bytes.")
@click.option("--fail-on", type=click.Choice(SEVERITIES), help="Exit 1 if it is as bad, or worse.")
@click.option("--listing", is_flag=True, help="Print bytecode and pickles, taken apart.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="text", help="Of the output.")
@click.option("--sarif", "sarif_path", metavar="FILE", help="Write SARIF 2.1.0, for code hosts.")
@click.option("--csv", "csv_path", metavar="FILE", help="Write a line for each finding.")
@click.option("--overwrite", is_flag=True, help="Let --sarif and --csv replace a file.")
@json_option
def command(
    path: str,
    fail_on: Severity | None,
    form: str,
    sarif_path: str | None,
    csv_path: str | None,
    *,
    is_all: bool,
    verify: bool,
    listing: bool,
    overwrite: bool,
    as_json: bool,
) -> int:
    """Look for what a model could do to whoever loads or calls it.

    PATH is an artifact or a folder: one that holds several is scanned with all that is below it.
    Ops that touch files, network, processes, Python or the console, with the constant they are
    given and the signature that reaches them; code in Keras configs; pickles and links beside the
    model. Nothing is loaded, unpickled or run.
    """
    with Progress() as progress:
        targets = list(find_targets(path, is_all=is_all))
        reports = []
        for number, target in enumerate(targets, 1):
            progress.show(f"scanning {number:,} of {len(targets):,}")
            reports.append(_scan(target, progress, verify=verify))
    for file, kind in ((sarif_path, "sarif"), (csv_path, "csv")):
        if file is not None:
            write_file(file, [_format(kind, reports).encode()], overwrite=overwrite)
    if as_json or form == "json":
        from tensorboard_plugin_modelinspect.views.cli.scan_records import reports_record

        write_json(reports_record(reports))
    elif form == "text":
        from tensorboard_plugin_modelinspect.views.cli.scan_text import format_reports

        write_lines(format_reports(reports, is_listed=listing))
    else:
        click.echo(_format(form, reports), nl=False)
    return _exit_code(reports, fail_on)


def _scan(target: Target, progress: Progress, *, verify: bool) -> ScanReport:
    report = scan_candidate(target.folder, target.candidate)
    if verify:
        report = add_integrity(
            report,
            target.folder,
            target.candidate,
            lambda so_far: progress.show(
                describe_progress(so_far.done_nbytes, so_far.nbytes, so_far.elapsed_s)
            ),
        )
    return replace(report, path=target.path)


def _format(kind: str, reports: Sequence[ScanReport]) -> str:
    if kind == "sarif":
        from tensorboard_plugin_modelinspect.views.cli.scan_sarif import sarif_record

        return json.dumps(sarif_record(reports)) + "\n"
    from tensorboard_plugin_modelinspect.views.cli.scan_records import format_csv

    return format_csv(reports)


def _exit_code(reports: Sequence[ScanReport], fail_on: Severity | None) -> int:
    """1 if a finding is as bad as asked for, else 3 if something is damaged."""
    if fail_on is not None and any(is_as_bad(report.worst, fail_on) for report in reports):
        return 1
    is_damaged = any(report.problem or report.integrity == "failed" for report in reports)
    return FormatError.exit_code if is_damaged else 0
