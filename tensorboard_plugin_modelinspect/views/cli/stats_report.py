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

from tensorboard_plugin_modelinspect.analyses.health import find_in_stats
from tensorboard_plugin_modelinspect.analyses.stats import Outcome, StatsCache, TensorStats
from tensorboard_plugin_modelinspect.errors import FormatError, Unsupported
from tensorboard_plugin_modelinspect.measuring import folder_of, iter_outcomes
from tensorboard_plugin_modelinspect.model.artifact import Artifact
from tensorboard_plugin_modelinspect.model.tensor import Tensor
from tensorboard_plugin_modelinspect.stats_cache import open_cache
from tensorboard_plugin_modelinspect.views.cli.files import write_file
from tensorboard_plugin_modelinspect.views.cli.output import write_lines
from tensorboard_plugin_modelinspect.views.cli.progress import Progress, describe_progress
from tensorboard_plugin_modelinspect.views.cli.stats import STDOUT, Output
from tensorboard_plugin_modelinspect.views.cli.stats_records import (
    Row,
    csv_line,
    csv_titles,
    dump_parquet,
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
    """Totals; they fill up while tensors are measured.

    Attributes:
        nbytes: Bytes of all of them in the file.
        tensors: How many.
        unreadable: Of these, without statistics.
        read_nbytes: Bytes read.
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

    def add(self, row: Row, fail_on: Sequence[str]) -> None:
        """Count a tensor; `fail_on` as the option."""
        self.tensors += 1
        self.unreadable += row.error is not None
        self.findings += len(row.findings)
        if row.error is not None and row.tensor.dtype.numpy_name:  # others have no values at all
            is_unsupported = isinstance(row.error, Unsupported)
            self.codes.add((Unsupported if is_unsupported else FormatError).exit_code)
        infinite = row.stats and row.stats.posinf + row.stats.neginf
        found = {"nan": row.stats and row.stats.nan, "inf": infinite, "any-finding": row.findings}
        if any(found[one] for one in fail_on):
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


class Form(NamedTuple):
    """A form of the output: how a tensor is rendered when it is measured, and all are written."""

    render: Callable[[Row], Any]
    write: Callable[[Sequence[Any], Summary], None]


def report(
    artifact: Artifact,
    tensors: Sequence[Tensor],
    output: Output,
    *,
    threads: int | None,
    use_cache: bool,
) -> int:
    """Measure tensors, write what is asked for, return the exit code.

    Cost: as `measure_artifact`; of each tensor no more is kept than its rendering.
    """
    form = choose_form(output)
    summary = Summary(sum(tensor.nbytes for tensor in tensors))
    ranked = []
    with Progress() as progress, open_cache([folder_of(artifact)]) as cache:
        meter = _Meter(summary, progress, cache)
        known = meter if use_cache else None
        for outcome in iter_outcomes(tensors, threads, known, meter.advance):
            row = find_problems(outcome)
            summary.add(row, output.fail_on)
            ranked.append((rank(row, output.sort), form.render(row)))
        summary.elapsed_s = meter.elapsed_s
    if output.sort is not None:
        ranked.sort(key=lambda pair: pair[0])
    form.write([rendered for _, rendered in ranked], summary)
    return summary.exit_code


def find_problems(outcome: Outcome) -> Row:
    """An outcome and what it tells of the tensor's health."""
    tensor, stats, _ = outcome
    return Row(*outcome, () if stats is None else find_in_stats(tensor, stats))


class _Meter:
    """Passes a cache on, counts what comes from it, and shows how far the work is."""

    def __init__(self, summary: Summary, progress: Progress, cache: StatsCache) -> None:
        self._summary = summary
        self._progress = progress
        self._cache = cache
        self._began = time.monotonic()
        self._lock = threading.Lock()

    @property
    def elapsed_s(self) -> float:
        """Seconds since it was made."""
        return time.monotonic() - self._began

    def get(self, tensor: Tensor) -> TensorStats | None:
        """See `StatsCache.get`."""
        stats = self._cache.get(tensor)
        if stats is not None:
            with self._lock:
                self._summary.cached_tensors += 1
                self._summary.cached_nbytes += tensor.nbytes
                self._summary.read_nbytes -= tensor.nbytes  # `advance` is told of them all the same
        return stats

    def put(self, tensor: Tensor, stats: TensorStats) -> None:
        """See `StatsCache.put`."""
        self._cache.put(tensor, stats)

    def advance(self, nbytes: int) -> None:
        """Count bytes that are done, on whatever thread."""
        with self._lock:
            self._summary.read_nbytes += nbytes
            done_nbytes = self._summary.read_nbytes + self._summary.cached_nbytes
            text = describe_progress(done_nbytes, self._summary.nbytes, self.elapsed_s)
            self._progress.show(text)


def rank(row: Row, sort: str | None) -> tuple[bool, Any]:
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
        return Form(parquet_row, lambda rows, _: _write_parquet(rows, output))
    if output.csv_path is not None:
        return Form(csv_line, lambda lines, _: _write_csv(lines, output))
    return Form(make_line, lambda lines, summary: write_lines(_text(lines, summary)))


def _write_json(tensors: Sequence[str], summary: Summary) -> None:
    totals = json.dumps(summary.record(), allow_nan=False)
    write_lines([f'{{"tensors": [{", ".join(tensors)}], "totals": {totals}}}'])


def _write_csv(lines: Sequence[str], output: Output) -> None:
    text = "".join([csv_titles(), *lines])
    if output.csv_path == STDOUT:
        sys.stdout.write(text)
    else:
        _write(str(output.csv_path), text.encode(), len(lines), output)


def _write_parquet(rows: Sequence[Any], output: Output) -> None:
    _write(str(output.parquet_path), dump_parquet(rows), len(rows), output)


def _write(path: str, data: bytes | memoryview, count: int, output: Output) -> None:
    write_file(path, [data], overwrite=output.overwrite)
    write_lines([f"{printable(path)}: {describe_count(count, 'tensor')}"])


def _text(lines: Sequence[Any], summary: Summary) -> list[str]:
    return [*format_lines(lines), "", describe_summary(summary)]


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
