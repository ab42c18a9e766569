"""Verifying graphs: they have no checksums, so what can be said is that nothing contradicts."""

from __future__ import annotations

from tensorboard_plugin_modelinspect.analyses.verify import Verification, verify
from tensorboard_plugin_modelinspect.sources.memory import MemoryFolder
from tensorboard_plugin_modelinspect.verifying import plan_steps
from tests.support.artifacts import candidates_in_memory
from tests.support.graph_writer import full_graph


def look(data: bytes, name: str = "frozen.pb") -> Verification:
    [candidate] = candidates_in_memory({name: data})
    return verify(plan_steps(MemoryFolder({name: data}, "run"), candidate))


def test_what_is_whole_passes() -> None:
    """Every constant is looked at, in either form."""
    graph = full_graph()
    for data in (graph.binary(), graph.text()):
        found = look(data)
        assert found.verdict == "passed"
        assert [report.name for report in found.steps] == ["graph", "constants"]
        assert found.steps[1].count == 9
        assert found.done_nbytes == len(data)


def test_constants_that_do_not_fit_are_found() -> None:
    """Each is named, and the others are looked at all the same; types without values are not."""
    graph = full_graph()
    constants = [node for node in graph.proto.node if node.op == "Const"]
    constants[0].attr["value"].tensor.tensor_content = b"123"
    constants[2].attr["value"].tensor.string_val.extend([b""] * 9)
    constants[1].attr["value"].tensor.dtype = 21
    found = look(graph.binary())
    assert found.verdict == "failed"
    assert [problem.tensor for problem in found.problems] == ["w", "c7"]
    assert found.steps[1].count == 8


def test_a_graph_that_does_not_parse() -> None:
    """The error that opening gives is what is found."""
    data = full_graph().binary()
    found = look(data[:-3])
    assert [report.outcome for report in found.steps] == ["failed"]
    [problem] = found.problems
    assert problem.path == "run/frozen.pb"
    assert problem.start is not None
