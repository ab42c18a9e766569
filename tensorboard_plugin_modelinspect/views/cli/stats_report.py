"""What `modelinspect stats` computes, and the forms it comes in."""

from __future__ import annotations

import json
import math
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

from tensorboard_plugin_modelinspect.analyses.health import HealthFinding
from tensorboard_plugin_modelinspect.analyses.stats import TensorStats
from tensorboard_plugin_modelinspect.errors import FormatError, Unsupported
from tensorboard_plugin_modelinspect.examining import (
    ChannelPolicy,
    Examination,
    Examined,
    make_context,
)
from tensorboard_plugin_modelinspect.measuring import folder_of, measure_artifact
from tensorboard_plugin_modelinspect.model.tensor import Tensor
from tensorboard_plugin_modelinspect.stats_cache import open_cache
from tensorboard_plugin_modelinspect.views.cli.files import write_file
from tensorboard_plugin_modelinspect.views.cli.output import write_lines
from tensorboard_plugin_modelinspect.views.cli.progress import Progress, describe_progress
from tensorboard_plugin_modelinspect.views.cli.stats import STDOUT, Asked, Output
from tensorboard_plugin_modelinspect.views.cli.stats_records import (
    csv_line,
    csv_titles,
    dump_parquet,
    finding_record,
    parquet_row,
    require_parquet,
    row_record,
)
from tensorboard_plugin_modelinspect.views.cli.stats_text import format_lines, make_line
from tensorboard_plugin_modelinspect.views.text.words import (
    describe_bytes,
    describe_count,
    printable,
)

SHORTEST_S = 0.1
"""In less time a speed says nothing about the disk."""


@dataclass
class Summary:
    """Totals; they fill up while tensors are examined.

    Attributes:
        nbytes: Bytes of all of them in the file.
        tensors: How many.
        unreadable: Of these, without statistics.
        read_nbytes: Bytes read; those of kernels twice, where their channels were looked at.
        cached_tensors: Tensors whose statistics were known.
        cached_nbytes: Their bytes.
        findings: How many.
        elapsed_s: Seconds it took.
        codes: Exit codes that there is a reason for.
    """

    nbytes: int
    tensors: int = 0
    unreadable: int = 0
    read_nbytes: int = 0
    cached_tensors: int = 0
    cached_nbytes: int = 0
    findings: int = 0
    elapsed_s: float = 0.0
    codes: set[int] = field(default_factory=set)

    def add(self, row: Examined, fail_on: Sequence[str]) -> None:
        """Count a tensor; `fail_on` as the option."""
        self.tensors += 1
        self.unreadable += row.error is not None
        self.read_nbytes += row.reread_nbytes
        self.add_findings(row.findings, fail_on)
        if row.error is not None and row.tensor.dtype.numpy_name:  # others have no values at all
            is_unsupported = isinstance(row.error, Unsupported)
            self.codes.add((Unsupported if is_unsupported else FormatError).exit_code)
        if row.stats is not None:
            found = {"nan": row.stats.nan, "inf": row.stats.posinf + row.stats.neginf}
            if any(found.get(one) for one in fail_on):
                self.codes.add(1)

    def add_findings(self, findings: Sequence[HealthFinding], fail_on: Sequence[str]) -> None:
        """Count what was found."""
        self.findings += len(findings)
        if findings and "any-finding" in fail_on:
            self.codes.add(1)

    @property
    def exit_code(self) -> int:
        """Of the gravest: 3 before 4, both before 1."""
        return next((code for code in (3, 4, 1) if code in self.codes), 0)

    def record(self) -> dict[str, object]:
        """`totals` of the JSON."""
        record = asdict(self)
        del record["codes"]
        return record


class Found(NamedTuple):
    """All there is to write: tensors as rendered, findings of the artifact as a whole, totals."""

    tensors: list[Any]
    whole: tuple[HealthFinding, ...]
    summary: Summary


class Form(NamedTuple):
    """A form of the output: how a tensor is rendered when it was examined, and all are written."""

    render: Callable[[Examined], Any]
    write: Callable[[Found], None]


def report(asked: Asked, output: Output) -> int:
    """Examine tensors, write what is asked for, return the exit code.

    Cost: as `Examination.run`; of each tensor no more is kept than its rendering.
    """
    form = choose_form(output)
    summary = Summary(sum(tensor.nbytes for tensor in asked.tensors))
    context = make_context(asked.artifact, asked.initial, _previous(asked))
    whole = context.of_artifact if asked.is_all else ()
    ranked = []
    with Progress() as progress, open_cache([folder_of(asked.artifact)]) as cache:
        meter = _Meter(summary.nbytes, progress)
        known = cache if asked.use_cache else None
        channels: ChannelPolicy = "read" if asked.reads_channels else "skip"
        examination = Examination(known, context, channels, asked.threads)
        for row in examination.run(asked.tensors, meter.advance):
            summary.add(row, output.fail_on)
            ranked.append((rank(row, output.sort), form.render(row)))
        summary.elapsed_s = meter.elapsed_s
        summary.cached_tensors, summary.cached_nbytes = cache.hits, cache.hits_nbytes
        summary.read_nbytes += meter.done_nbytes - cache.hits_nbytes
    summary.add_findings(whole, output.fail_on)
    if output.sort is not None:
        ranked.sort(key=lambda pair: pair[0])
    form.write(Found([rendered for _, rendered in ranked], whole, summary))
    return summary.exit_code


def _previous(asked: Asked) -> Callable[[Tensor], TensorStats | None]:
    """Statistics of the same tensors in the checkpoint before; of those that can be read."""
    if asked.previous is None:
        return lambda _: None
    keys = [one.key for one in asked.tensors if one.key in asked.previous.tensors]
    threads = asked.threads
    found = measure_artifact(asked.previous, keys, threads=threads, use_cache=asked.use_cache)
    return lambda tensor: found.get(tensor.key)


class _Meter:
    """Counts bytes that are done, and shows how far the work is."""

    def __init__(self, nbytes: int, progress: Progress) -> None:
        self.done_nbytes = 0
        self._nbytes = nbytes
        self._progress = progress
        self._began = time.monotonic()
        self._lock = threading.Lock()

    @property
    def elapsed_s(self) -> float:
        """Seconds since it was made."""
        return time.monotonic() - self._began

    def advance(self, nbytes: int) -> None:
        """Count bytes, on whatever thread."""
        with self._lock:
            self.done_nbytes += nbytes
            text = describe_progress(self.done_nbytes, self._nbytes, self.elapsed_s)
            self._progress.show(text)


def rank(row: Examined, sort: str | None) -> tuple[bool, Any]:
    """Where a row comes: names in their order, of numbers the largest first, nothing last."""
    if sort is None:
        return False, 0
    if sort in ("key", "name"):
        return False, getattr(row.tensor, sort)
    if sort == "nbytes":
        return False, -row.tensor.nbytes
    if row.stats is None:
        return True, 0
    number = row.stats.posinf + row.stats.neginf if sort == "inf" else getattr(row.stats, sort)
    is_nothing = number is None or math.isnan(number)
    return is_nothing, 0 if is_nothing else -number


def choose_form(output: Output) -> Form:
    """The form that is asked for.

    Raises:
        UserError: It cannot be written here.
    """
    if output.as_json:
        return Form(lambda row: json.dumps(row_record(row), allow_nan=False), _write_json)
    if output.parquet_path is not None:
        require_parquet()
        return Form(parquet_row, lambda found: _write_parquet(found, output))
    if output.csv_path is not None:
        return Form(csv_line, lambda found: _write_csv(found, output))
    return Form(make_line, _write_text)


def _write_json(found: Found) -> None:
    findings = json.dumps([finding_record(one) for one in found.whole])
    totals = json.dumps(found.summary.record(), allow_nan=False)
    tensors = ", ".join(found.tensors)
    write_lines([f'{{"tensors": [{tensors}], "findings": {findings}, "totals": {totals}}}'])


def _write_csv(found: Found, output: Output) -> None:
    text = "".join([csv_titles(), *found.tensors])
    if output.csv_path == STDOUT:
        sys.stdout.write(text)
    else:
        _write(str(output.csv_path), text.encode(), found, output)


def _write_parquet(found: Found, output: Output) -> None:
    _write(str(output.parquet_path), dump_parquet(found.tensors), found, output)


def _write(path: str, data: bytes | memoryview, found: Found, output: Output) -> None:
    write_file(path, [data], overwrite=output.overwrite)
    write_lines([f"{printable(path)}: {describe_count(len(found.tensors), 'tensor')}"])


def _write_text(found: Found) -> None:
    lines = format_lines(found.tensors, found.whole)
    write_lines([*lines, "", describe_summary(found.summary)])


def describe_summary(summary: Summary) -> str:
    """How many, how big, from where, how fast, and what is wrong."""
    fast = summary.elapsed_s >= SHORTEST_S
    speed = f" ({describe_bytes(int(summary.read_nbytes / summary.elapsed_s))}/s)" if fast else ""
    read = f"{describe_bytes(summary.read_nbytes)} read in {summary.elapsed_s:.2f} s{speed}"
    parts = [describe_count(summary.tensors, "tensor"), read]
    if summary.cached_tensors:
        cached = describe_count(summary.cached_tensors, "tensor")
        parts.append(f"{cached} ({describe_bytes(summary.cached_nbytes)}) known from the cache")
    if summary.unreadable:
        parts.append(f"{summary.unreadable:,} without statistics")
    if summary.findings:
        parts.append(describe_count(summary.findings, "finding"))
    return "; ".join(parts)
