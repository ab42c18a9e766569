"""Words for two answers to one call."""

from __future__ import annotations

from tensorboard_plugin_modelinspect.answering import Answers, Restored
from tensorboard_plugin_modelinspect.runner.comparison import (
    Comparison,
    Difference,
    InnerPair,
)
from tensorboard_plugin_modelinspect.views.text.words import describe_count, printable

_MOST_NAMED = 20
_FEW = 3


def describe_answers(answers: Answers, path: str) -> list[str]:
    """Lines: what was restored, each output, where inner tensors start to differ."""
    lines = [f"Against {printable(path)}:"]
    if answers.right.restored is not None:
        lines += describe_restored(answers.right.restored)
    for pair in answers.comparison.outputs:
        lines.append(f"Output {printable(pair.key)}: {describe_difference(pair.difference)}")
    return lines + _describe_inner(answers.comparison)


def describe_restored(restored: Restored) -> list[str]:
    """Lines: how many variables have a checkpoint's values, and which have not."""
    how = "" if restored.call else ", paired by their names: no restore fits"
    lines = [f"Restored: {describe_count(len(restored.variables), 'variable')}{how}."]
    if restored.failure:
        lines.append(f"The restore itself would fail: {printable(restored.failure)}")
    lines += [
        f"Keeps its value: {printable(row.name)}: {printable(row.reason)}"
        for row in restored.kept[:_MOST_NAMED]
    ]
    lines += _describe_more(len(restored.kept))
    if restored.unused:
        names = [printable(row.name) for row in restored.unused[:_FEW]]
        more = ", …" if len(restored.unused) > _FEW else ""
        lines.append(
            f"Only in the checkpoint: {describe_count(len(restored.unused), 'tensor')}"
            f" ({', '.join(names)}{more})."
        )
    return lines


def describe_difference(difference: Difference) -> str:
    """`equal`, or how many elements differ and by how much."""
    if difference.reason and not difference.size:
        return difference.reason
    if not difference.different:
        return f"{difference.reason}, equal" if difference.reason else "equal"
    text = f"{difference.different:,} of {difference.size:,} differ"
    if difference.largest is not None and difference.values is not None:
        left, right = difference.values
        place = f" at {list(difference.place)}" if difference.place else ""
        text += f", by at most {difference.largest:.6g}{place}: {left:.9g} and {right:.9g}"
    if not difference.differs:
        text += ", within the tolerance"
    return f"{difference.reason}, {text}" if difference.reason else text


def _describe_inner(comparison: Comparison) -> list[str]:
    differing = comparison.differing
    pairs = describe_count(comparison.compared, "inner tensor")
    if not comparison.compared:
        lines = ["No inner tensors were compared."]
    elif not differing:
        lines = [f"{pairs} compared: all are equal."]
    else:
        lines = [f"{pairs} compared: {len(differing):,} differ."]
        if comparison.first is not None:
            lines.append(f"The first that is computed: {_describe_pair(comparison.first)}")
        lines += [f"Read: {_describe_pair(pair)}" for pair in comparison.reads[:_MOST_NAMED]]
        lines += _describe_more(len(comparison.reads))
    left, right = comparison.unpaired
    if left or right:
        lines.append(f"Not in both: {left:,} of the first, {right:,} of the second.")
    if comparison.not_compared:
        lines.append(f"Without values: {comparison.not_compared:,}.")
    return lines


def _describe_pair(pair: InnerPair) -> str:
    left = pair.left
    path = printable("/".join((*left.calls, left.node)))
    head = f"{path}:{left.output} ({printable(left.op)}, {left.dtype})"
    return f"{head}: {describe_difference(pair.difference)}"


def _describe_more(count: int) -> list[str]:
    more = count - _MOST_NAMED
    return [f"  and {more:,} more; --json has all."] if more > 0 else []
