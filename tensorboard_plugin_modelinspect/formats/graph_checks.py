"""What can be verified of a graph on its own: that nothing in it contradicts itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tensorboard_plugin_modelinspect.errors import ModelInspectError
from tensorboard_plugin_modelinspect.formats.graph_def import open_graph
from tensorboard_plugin_modelinspect.formats.reader import Candidate
from tensorboard_plugin_modelinspect.model.integrity import Finding, Step, problem
from tensorboard_plugin_modelinspect.model.tensor import Tensor
from tensorboard_plugin_modelinspect.sources.base import Folder


def plan_graph(folder: Folder, candidate: Candidate) -> list[Step]:
    """The steps for a graph. Cost: opens it, which reads no large values."""
    error: ModelInspectError | None = None
    tensors: list[Tensor] = []
    try:
        tensors = list(open_graph(folder, candidate.name).tensors.values())
    except ModelInspectError as raised:
        error = raised
    nbytes = candidate.files[candidate.name].nbytes

    def run() -> Iterator[int | Finding]:
        if error is not None:
            raise error
        yield nbytes

    steps = [Step("graph", "Graph parses", 1, "file", nbytes, run)]
    readable = [tensor for tensor in tensors if tensor.dtype.numpy_name]
    if readable:
        count = len(readable)
        steps.append(
            Step("constants", "Values fit", count, "constant", 0, lambda: _iter_fit(readable))
        )
    return steps


def _iter_fit(tensors: Iterable[Tensor]) -> Iterator[int | Finding]:
    """Whether a constant stores as many values as its shape asks for."""
    for tensor in tensors:
        yield 0
        try:
            tensor.read([slice(0, 0)] * min(1, len(tensor.shape)))
        except ModelInspectError as error:
            yield problem(error, tensor=tensor.key)
