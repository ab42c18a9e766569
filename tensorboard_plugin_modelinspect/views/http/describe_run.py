"""From calls of models to payloads. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from tensorboard_plugin_modelinspect.model.arrays import dtype_named
from tensorboard_plugin_modelinspect.views.http.describe_inner import (
    MOST_WATCHED,
    describe_nan,
    describe_watched,
)
from tensorboard_plugin_modelinspect.views.http.payloads import ErrorBody
from tensorboard_plugin_modelinspect.views.http.run_payloads import (
    RunAnswerPayload,
    RunCallPayload,
    RunClassPayload,
    RunCostPayload,
    RunFeaturePayload,
    RunFormPayload,
    RunInputPayload,
    RunTopPayload,
    RunValuePayload,
)
from tensorboard_plugin_modelinspect.views.http.runs import Ran
from tensorboard_plugin_modelinspect.views.text.values import format_elements
from tensorboard_plugin_modelinspect.views.text.words import printable

if TYPE_CHECKING:
    import numpy as np

    from tensorboard_plugin_modelinspect.errors import ModelInspectError
    from tensorboard_plugin_modelinspect.model.feature import Feature
    from tensorboard_plugin_modelinspect.model.signature import Signature
    from tensorboard_plugin_modelinspect.runner.messages import Answer, Loaded, Value

INLINE_ELEMENTS = 256
"""Of a value that comes with its call."""
LOG_LENGTH = 20_000
"""Characters at the end of what a model printed."""
TOP_ROWS, TOP_CLASSES = 16, 5
_DEFAULT_VALUES = 16
"""Elements of a feature's default that are shown."""


def describe_form(
    signature: Signature, features: Mapping[str, Sequence[Feature]]
) -> RunFormPayload:
    """What a signature is to be called with."""
    from tensorboard_plugin_modelinspect.runner.inputs.feeding import expand_specs

    composite = [spec for spec in signature.inputs if spec.encoding == "composite"]
    inputs = [
        RunInputPayload(
            key=spec.key,
            dtype=spec.dtype.name,
            shape=None if spec.shape is None else list(spec.shape),
            has_default=spec.has_default,
            can_be_sent=bool(spec.dtype.numpy_name) and spec.encoding != "composite",
            features=[describe_feature(one) for one in features.get(spec.key, ())],
        )
        for spec in (*expand_specs(signature).values(), *composite)
    ]
    return RunFormPayload(inputs)


def describe_feature(feature: Feature) -> RunFeaturePayload:
    """A feature of an input that is parsed."""
    default = None
    if feature.default is not None:
        default = format_elements(feature.default[:_DEFAULT_VALUES])
    shape = None if feature.shape is None else list(feature.shape)
    return RunFeaturePayload(feature.name, feature.dtype.name, shape, default)


def describe_call(ran: Ran) -> RunCallPayload:
    """A call in a line."""
    job = ran.job
    return RunCallPayload(
        call=ran.id,
        state=job.state,
        ahead=job.position,
        tags=list(ran.tags),
        signature=ran.signature.key,
        asked_s=round(ran.asked_s, 3),
        elapsed_s=round(job.elapsed_s, 3),
        words=_words(ran),
    )


def _words(ran: Ran) -> str:
    """Inputs with their shapes, or why it failed."""
    if ran.job.error is not None:
        return _describe_error(ran, ran.job.error)
    given = ", ".join(f"{key} {list(array.shape)}" for key, array in ran.inputs.items())
    if ran.versus is not None:
        return f"{ran.versus.title}: {given}"
    return f"first NaN: {given}" if ran.finds_nan else given


def _describe_error(ran: Ran, error: ModelInspectError) -> str:
    """Its message; of a comparison with the side that failed."""
    if ran.versus is None or ran.job.state == "cancelled":
        return error.message
    return f"{printable(ran.versus.words(ran.job))}: {error.message}"


def describe_answer(ran: Ran) -> RunAnswerPayload:
    """A call and all that came of it."""
    call = describe_call(ran)
    answer = ran.job.result() if call.state == "done" else None
    error = ran.job.error
    return RunAnswerPayload(
        call=call,
        error=None
        if error is None
        else ErrorBody(type(error).__name__, _describe_error(ran, error)),
        inputs=[_value(key, ran.input_dtype(key).name, array) for key, array in ran.inputs.items()],
        outputs=[] if answer is None else [*map(describe_output, answer.outputs)],
        cost=None if answer is None or ran.versus else _cost(answer, ran.job.loaded),
        log="" if answer is None else answer.log[-LOG_LENGTH:],
        nan=None if answer is None or answer.nan is None else describe_nan(answer.nan),
        watched=[] if answer is None else [*map(describe_watched, answer.watched[:MOST_WATCHED])],
        watched_count=0 if answer is None else len(answer.watched),
        comparison=None if ran.versus is None else ran.versus.describe(ran.job),
    )


def describe_output(value: Value) -> RunValuePayload:
    """An output, with its elements if they are few."""
    if value.values is None:
        return RunValuePayload(value.key, value.dtype, list(value.shape), 0, False, None)
    return _value(value.key, value.dtype, value.values)


def _value(key: str, dtype: str, array: np.ndarray) -> RunValuePayload:
    is_short = array.size <= INLINE_ELEMENTS and dtype_named(dtype).numpy_name
    nbytes = array.nbytes if array.dtype.kind != "O" else sum(map(len, array.reshape(-1)))
    text = format_elements(array) if is_short else None
    return RunValuePayload(key, dtype, list(array.shape), nbytes, True, text)


def _cost(answer: Answer, loaded: Loaded | None) -> RunCostPayload:
    return RunCostPayload(
        start_s=None if loaded is None else round(loaded.start_s, 3),
        load_s=None if loaded is None else round(loaded.elapsed_s, 3),
        run_s=round(answer.elapsed_s, 6),
        overhead_s=round(max(answer.overhead_s, 0.0), 6),
        memory_nbytes=answer.memory_nbytes,
        peak_nbytes=answer.peak_nbytes,
        is_first=answer.is_first,
        tensorflow="" if loaded is None else loaded.tensorflow,
        limits=[] if loaded is None else [limit.text for limit in loaded.limits],
    )


def describe_top(
    scores: np.ndarray, labels: Sequence[str] | None, assets: Sequence[str], asset: str
) -> RunTopPayload:
    """The likeliest classes of each row of an output of rank 1 or more."""
    from tensorboard_plugin_modelinspect.analyses.top import find_top

    classes = scores.shape[-1]
    rows = scores.reshape(-1, classes)
    shown = rows[:TOP_ROWS]
    return RunTopPayload(
        classes=classes,
        rows=len(rows),
        assets=list(assets),
        asset=asset,
        top=[
            _classes(row, places, labels)
            for row, places in zip(shown, find_top(shown, TOP_CLASSES).tolist(), strict=True)
        ],
    )


def _classes(
    row: np.ndarray, places: Sequence[int], labels: Sequence[str] | None
) -> list[RunClassPayload]:
    picked = row[list(places)]
    texts = format_elements(picked)
    return [
        RunClassPayload(
            index=place,
            value=float(value) if math.isfinite(value) else None,
            text=text,
            label=None if labels is None else labels[place],
        )
        for place, value, text in zip(places, picked, texts, strict=True)
    ]
