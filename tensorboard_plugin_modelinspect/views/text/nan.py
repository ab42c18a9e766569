"""Words for where a call makes its first NaN."""

from __future__ import annotations

from tensorboard_plugin_modelinspect.runner.findings import Counted, Counts, Made, NanFinding
from tensorboard_plugin_modelinspect.views.text.words import describe_count, printable

_WORST = {"nan": "NaN", "infinity": "infinity"}


def describe_finding(finding: NanFinding) -> list[str]:
    """Lines: what makes it, out of what, and what was not looked at."""
    tensors = describe_count(finding.looked_at, "tensor")
    if finding.made is None:
        lines = [f"No NaN and no infinity in {tensors}."]
    else:
        lines = [
            *([] if finding.kind == "nan" else [f"No NaN in {tensors}."]),
            f"First {_WORST[finding.kind]}: {describe_made(finding.made)}",
            *(f"  from {describe_input(one)}" for one in finding.made.inputs),
        ]
        if finding.infinity is not None:
            lines.append(f"  The infinity comes from {describe_made(finding.infinity)}")
    return [*lines, *describe_reach(finding)]


def describe_reach(finding: NanFinding) -> list[str]:
    """Lines: in how many tensors there is one, and what was not looked at."""
    tensors = describe_count(finding.looked_at, "tensor")
    counted = (
        f"Of {tensors} {finding.with_nan:,} have a NaN, {finding.with_infinity:,} an infinity."
    )
    unseen = (
        f"Not looked at: {describe_count(one.nodes, 'node')} {one.reason}."
        for one in finding.unseen
    )
    return [*([] if finding.made is None else [counted]), *unseen]


def describe_made(made: Made) -> str:
    """What makes it; an input, a variable or a constant has it from elsewhere."""
    text = f"{_describe_tensor(made.tensor)}: {_describe_counts(made.tensor.counts)}"
    if made.argument:
        return f'the input "{printable(made.argument)}" has it; {text}'
    if made.variable:
        return f'the variable "{printable(made.variable)}" has it; {text}'
    if made.tensor.op == "Const":
        return f"a constant of the graph; {text}"
    return text


def _describe_tensor(tensor: Counted) -> str:
    path = printable("/".join((*tensor.calls, tensor.node)))
    kinds = ", ".join(one for one in (printable(tensor.op), tensor.dtype) if one)
    turns = " and ".join(f"{turn + 1:,}" for turn in tensor.turns)
    when = f", time {turns} around" if turns else ""
    return f"{path}:{tensor.output}" + (f" ({kinds}{when})" if kinds else " (carried by a loop)")


def describe_input(tensor: Counted) -> str:
    """A tensor that it is made of; how many are what only if it can have a NaN."""
    counts = "" if tensor.counts is None else f": {_describe_counts(tensor.counts)}"
    return _describe_tensor(tensor) + counts


def _describe_counts(counts: Counts | None) -> str:
    """`2 NaN, 1 negative, 3 positive of 6`."""
    if counts is None:
        return ""
    words = {
        "NaN": counts.nan,
        "-infinity": counts.low,
        "infinity": counts.high,
        "negative": counts.negative,
        "zero": counts.zero,
        "positive": counts.positive,
    }
    parts = [f"{count:,} {word}" for word, count in words.items() if count]
    return f"{', '.join(parts) or 'none'} of {counts.size:,}"
