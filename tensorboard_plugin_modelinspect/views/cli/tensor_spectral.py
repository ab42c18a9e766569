"""`modelinspect tensor --spectral`: singular values and what follows from them."""

from __future__ import annotations

from tensorboard_plugin_modelinspect.analyses.spectral import Spectrum, compute_spectrum
from tensorboard_plugin_modelinspect.model.tensor import Region, Tensor
from tensorboard_plugin_modelinspect.views.cli.output import write_json, write_lines
from tensorboard_plugin_modelinspect.views.cli.records import Record
from tensorboard_plugin_modelinspect.views.cli.tensor import describe_part, part_facts

MOST_SHOWN = 20
"""Singular values in the text."""


def write_spectrum(tensor: Tensor, region: Region, *, as_json: bool) -> None:
    """Print the singular values of a tensor, or of a slice of it.

    Raises:
        ModelInspectError: It has none, too many, or cannot be read.
    """
    spectrum = compute_spectrum(tensor, region)
    if as_json:
        write_json({**part_facts(tensor, region), "spectrum": _record(spectrum)})
    else:
        write_lines([*describe_part(tensor, region), *_format(spectrum)])


def _format(spectrum: Spectrum) -> list[str]:
    """Lines of text; numbers have six digits."""
    count = len(spectrum.singular_values)
    condition = "infinite: the smallest singular value is 0"
    facts = {
        "matrix": f"{spectrum.rows:,} by {spectrum.columns:,}",
        "spectral norm": _number(spectrum.spectral_norm),
        "Frobenius norm": _number(spectrum.frobenius_norm),
        "stable rank": f"{_number(spectrum.stable_rank)} of {count:,}",
        "effective rank": f"{_number(spectrum.effective_rank)} of {count:,}",
        "condition": condition if spectrum.condition is None else _number(spectrum.condition),
    }
    width = max(map(len, facts)) + 2
    lines = [f"{name.ljust(width)}{text}" for name, text in facts.items()]
    shown = spectrum.singular_values[:MOST_SHOWN]
    more = f" … and {count - len(shown):,} more, down to" if count > len(shown) else ""
    last = [_number(spectrum.singular_values[-1])] if more else []
    values = " ".join(map(_number, shown)) + " ".join([more, *last])
    return [*lines, f"{'values'.ljust(width)}{values}"]


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:.6g}"


def _record(spectrum: Spectrum) -> Record:
    """The same for `--json`."""
    return {
        "rows": spectrum.rows,
        "columns": spectrum.columns,
        "spectral_norm": spectrum.spectral_norm,
        "frobenius_norm": spectrum.frobenius_norm,
        "stable_rank": spectrum.stable_rank,
        "effective_rank": spectrum.effective_rank,
        "condition": spectrum.condition,
        "singular_values": spectrum.singular_values,
    }
