"""From two answers to one call to payloads. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from tensorboard_plugin_modelinspect.answering import Answers, Restored
from tensorboard_plugin_modelinspect.runner.comparison import Difference, InnerPair, OutputPair
from tensorboard_plugin_modelinspect.runner.jobs import Done
from tensorboard_plugin_modelinspect.views.http.describe_run import (
    LOG_LENGTH,
    describe_output,
)
from tensorboard_plugin_modelinspect.views.http.run_payloads import (
    RunComparedPayload,
    RunDifferencePayload,
    RunInnerPairPayload,
    RunNotRestoredPayload,
    RunOutputPairPayload,
    RunRestoredPayload,
    RunSidePayload,
    RunValuesOfPayload,
)
from tensorboard_plugin_modelinspect.views.text.answers import describe_difference
from tensorboard_plugin_modelinspect.views.text.words import printable

MOST_PAIRS = 100
"""Inner tensors that differ and come with a comparison, of each kind."""
MOST_NAMED = 20

Place = tuple[str, str, str]
"""Of an artifact: id, path below the logdir, path on this machine."""


def describe_answers(answers: Answers) -> RunComparedPayload:
    """What a comparison found, without the values of inner tensors."""
    comparison = answers.comparison
    computed = [pair for pair in comparison.differing if not pair.is_read]
    whys = (answers.left.answer.unwatched, answers.right.answer.unwatched)
    return RunComparedPayload(
        differs=comparison.differs,
        outputs=[_output_pair(pair) for pair in comparison.outputs],
        first=_inner_pair(computed[0]) if computed else None,
        computed=_inner_pairs(computed),
        computed_count=len(computed),
        reads=_inner_pairs(comparison.reads),
        reads_count=len(comparison.reads),
        compared=comparison.compared,
        not_compared=comparison.not_compared,
        unpaired=[] if any(whys) else list(comparison.unpaired),
        unwatched=next(filter(None, whys), ""),
    )


def describe_side(model: Place, values: Place | None, done: Done | None) -> RunSidePayload:
    """A side; what it gave once that is done."""
    restored = None if done is None else done.prepared
    return RunSidePayload(
        *model,
        values=None if values is None else RunValuesOfPayload(*values),
        restored=None if restored is None else _restored(restored),
        log="" if done is None else done.answer.log[-LOG_LENGTH:],
    )


def _output_pair(pair: OutputPair) -> RunOutputPairPayload:
    return RunOutputPairPayload(
        pair.key,
        None if pair.left is None else describe_output(pair.left),
        None if pair.right is None else describe_output(pair.right),
        _difference(pair.difference),
    )


def _inner_pairs(pairs: Sequence[InnerPair]) -> list[RunInnerPairPayload]:
    return [_inner_pair(pair) for pair in pairs[:MOST_PAIRS]]


def _inner_pair(pair: InnerPair) -> RunInnerPairPayload:
    left = pair.left
    return RunInnerPairPayload(
        node=left.node,
        output=left.output,
        op=left.op,
        graph=left.graph,
        calls=printable("/".join(left.calls)),
        dtype=left.dtype,
        shape=list(left.shape or ()),
        difference=_difference(pair.difference),
    )


def _difference(difference: Difference) -> RunDifferencePayload:
    return RunDifferencePayload(
        differs=difference.differs,
        words=describe_difference(difference),
        size=difference.size,
        different=difference.different,
        largest=difference.largest,
        place=list(difference.place),
        reason=difference.reason,
    )


def _restored(restored: Restored) -> RunRestoredPayload:
    return RunRestoredPayload(
        call=restored.call,
        variables=len(restored.variables),
        kept=[RunNotRestoredPayload(*one) for one in restored.kept[:MOST_NAMED]],
        kept_count=len(restored.kept),
        unused=[one.name for one in restored.unused[:MOST_NAMED]],
        unused_count=len(restored.unused),
        failure=restored.failure,
    )
