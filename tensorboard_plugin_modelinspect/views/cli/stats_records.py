"""Statistics for programs: records of JSON, lines of CSV, and a Parquet file."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Sequence

from tensorboard_plugin_modelinspect.analyses.health import HealthFinding
from tensorboard_plugin_modelinspect.analyses.stats import Histogram, TensorStats
from tensorboard_plugin_modelinspect.analyses.stats.result import QUANTILES
from tensorboard_plugin_modelinspect.analyses.stats.summary import measured
from tensorboard_plugin_modelinspect.errors import UserError
from tensorboard_plugin_modelinspect.examining import Examined
from tensorboard_plugin_modelinspect.model.tensor import Tensor
from tensorboard_plugin_modelinspect.views.cli.records import Record
from tensorboard_plugin_modelinspect.views.text.words import describe_shape, printable

COUNTS = ("nan", "posinf", "neginf", "zeros")
NUMBERS = ("min", "max", "mean", "std", "l1", "l2")
_FACTS = ("key", "name", "dtype", "shape", "nbytes", "role", "alias_of")
_PLACES = ("first_nan", "first_inf")
_QUANTILES = tuple(f"q{share}" for share in QUANTILES)
FLAT_COLUMNS = (
    *_FACTS, "of", "count", *COUNTS, *NUMBERS, *_QUANTILES, *_PLACES, "findings", "error",
)  # fmt: skip


def row_record(row: Examined) -> Record:
    """One of `tensors` of `stats`."""
    error = row.error
    return {
        **_facts(row.tensor),
        **stats_record(row.tensor, row.stats),
        "findings": [finding_record(finding) for finding in row.findings],
        "error": error and {"type": type(error).__name__, "message": error.message},
    }


def _facts(tensor: Tensor) -> Record:
    facts: Record = {name: getattr(tensor, name) for name in _FACTS}
    return {**facts, "dtype": tensor.dtype.name}


def stats_record(tensor: Tensor, stats: TensorStats | None) -> Record:
    """`stats` of `tensor`; null where there is no such number, or none that JSON has."""
    record: Record = {"of": measured(tensor.dtype), "count": tensor.size}
    record |= {name: _finite(getattr(stats, name, None)) for name in (*COUNTS, *NUMBERS)}
    record["histogram"] = stats and stats.histogram._asdict()
    shares = map(str, QUANTILES)
    quantiles = stats and stats.quantiles
    record["quantiles"] = quantiles and dict(zip(shares, quantiles, strict=True))
    return record | {name: getattr(stats, name, None) for name in _PLACES}


def _finite(number: float | None) -> float | None:
    return number if number is not None and math.isfinite(number) else None


def finding_record(finding: HealthFinding) -> Record:
    """One of `findings`, without the key of the tensor that it stands at."""
    return {
        "kind": finding.kind,
        "severity": finding.severity,
        "evidence": finding.evidence,
        "advice": finding.advice,
    }


def flat_record(row: Examined) -> Record:
    """A row of `FLAT_COLUMNS`: no histogram, and texts that are safe to print."""
    record = row_record(row)
    quantiles = (row.stats and row.stats.quantiles) or (None,) * len(_QUANTILES)
    record |= zip(_QUANTILES, quantiles, strict=True)
    record["findings"] = [finding.kind for finding in row.findings]
    record["error"] = row.error and row.error.message
    return {name: _safe(record[name]) for name in FLAT_COLUMNS}


def _safe(value: object) -> object:
    return printable(value) if isinstance(value, str) else value


def csv_line(row: Examined) -> str:
    """A tensor as a line of CSV; what is not known is empty."""
    return _csv_line(map(_cell, flat_record(row).values()))


def csv_titles() -> str:
    """The first line of a CSV file."""
    return _csv_line(FLAT_COLUMNS)


def _cell(value: object) -> object:
    if isinstance(value, tuple):
        return describe_shape(value)
    return " ".join(value) if isinstance(value, list) else value


def _csv_line(cells: Iterable[object]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(cells)
    return line.getvalue()


def require_parquet() -> None:
    """Say what is missing before hours of work.

    Raises:
        UserError: There is no pyarrow.
    """
    try:
        import pyarrow.parquet  # noqa: F401
    except ImportError:
        raise UserError(
            "Parquet files are written by pyarrow, which is not installed."
            " Install it: pip install 'tensorboard-plugin-modelinspect[parquet]'"
        ) from None


def parquet_row(row: Examined) -> tuple[Record, Histogram | None]:
    """What `dump_parquet` needs of a tensor."""
    return flat_record(row), None if row.stats is None else row.stats.histogram


def dump_parquet(rows: Sequence[tuple[Record, Histogram | None]]) -> memoryview:
    """A Parquet file: flat records, and histograms as lists of edges and of counts."""
    import pyarrow
    from pyarrow import parquet

    numbers = {name: pyarrow.float64() for name in (*NUMBERS, *_QUANTILES)}
    sizes = {name: pyarrow.int64() for name in ("nbytes", "count", *COUNTS)}
    places = {name: pyarrow.list_(pyarrow.int64()) for name in ("shape", *_PLACES)}
    types = {**numbers, **sizes, **places, "findings": pyarrow.list_(pyarrow.string())}
    columns = {}
    for name in FLAT_COLUMNS:
        values = [record[name] for record, _ in rows]
        if name in numbers:  # integers of 64 bits, which Arrow refuses to round
            values = [None if value is None else float(value) for value in values]  # type: ignore[arg-type]
        columns[name] = pyarrow.array(values, types.get(name, pyarrow.string()))
    for name, kind in (("edges", pyarrow.float64()), ("counts", pyarrow.int64())):
        lists = [histogram and getattr(histogram, name) for _, histogram in rows]
        columns[f"histogram_{name}"] = pyarrow.array(lists, pyarrow.list_(kind))
    sink = pyarrow.BufferOutputStream()
    parquet.write_table(pyarrow.table(columns), sink)
    return memoryview(sink.getvalue())
