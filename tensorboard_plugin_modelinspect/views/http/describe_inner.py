"""From what is inside of a call (the first NaN, inner tensors) to payloads. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tensorboard_plugin_modelinspect.model.arrays import dtype_named
from tensorboard_plugin_modelinspect.views.http.run_payloads import (
    RunNanPayload,
    RunPlacePayload,
    RunWatchedPayload,
)
from tensorboard_plugin_modelinspect.views.text.nan import (
    describe_input,
    describe_made,
    describe_reach,
)
from tensorboard_plugin_modelinspect.views.text.values import format_elements
from tensorboard_plugin_modelinspect.views.text.words import printable

if TYPE_CHECKING:
    import numpy as np

    from tensorboard_plugin_modelinspect.runner.findings import Counted, Made, NanFinding
    from tensorboard_plugin_modelinspect.runner.messages import WatchedValue

MOST_WATCHED = 1000
"""Inner tensors that come with a call."""
WATCHED_ELEMENTS = 16
"""Of an inner tensor."""


def describe_nan(finding: NanFinding) -> RunNanPayload:
    """Where the first NaN is made, in the words of the command line."""
    made = finding.made
    return RunNanPayload(
        kind=finding.kind,
        made=_made(made),
        inputs=[] if made is None else [_place(describe_input(one), one) for one in made.inputs],
        infinity=_made(finding.infinity),
        looked_at=finding.looked_at,
        reach=describe_reach(finding),
    )


def _made(made: Made | None) -> RunPlacePayload | None:
    return None if made is None else _place(describe_made(made), made.tensor)


def _place(text: str, tensor: Counted) -> RunPlacePayload:
    return RunPlacePayload(text, tensor.graph, tensor.node if tensor.op else "")


def describe_watched(inner: WatchedValue) -> RunWatchedPayload:
    """An inner tensor, with its first values."""
    values = inner.values
    low, high, mean = (None, None, None) if values is None else _summarise(values)
    readable = values is not None and dtype_named(inner.dtype).numpy_name
    return RunWatchedPayload(
        node=inner.node,
        output=inner.output,
        op=inner.op,
        calls=printable("/".join(inner.calls)),
        dtype=inner.dtype,
        shape=None if inner.shape is None else list(inner.shape),
        size=inner.size,
        nbytes=0 if values is None else values.nbytes,
        finite=inner.finite,
        min=low,
        max=high,
        mean=mean,
        text=format_elements(values.reshape(-1)[:WATCHED_ELEMENTS])
        if values is not None and readable
        else [],
        reason=inner.reason,
    )


def _summarise(values: np.ndarray) -> tuple[str | None, str | None, str | None]:
    """Smallest, largest and mean of the finite values; nothing of what has no order."""
    import numpy as np

    if values.dtype.kind in "Obc":
        return None, None, None
    numbers = values.reshape(-1)
    if values.dtype.kind not in "iu":
        numbers = numbers[np.isfinite(numbers)]
    if not numbers.size:
        return None, None, None
    ends = format_elements(np.stack([numbers.min(), numbers.max()]))
    return ends[0], ends[1], f"{numbers.mean(dtype=np.float64):.6g}"
