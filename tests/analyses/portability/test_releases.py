"""Which release of TensorFlow takes which op, attribute, value and type."""

from __future__ import annotations

from typing import Any

import pytest

from tensorboard_plugin_modelinspect.analyses.portability.check import check_portability
from tensorboard_plugin_modelinspect.analyses.portability.history import load_history
from tensorboard_plugin_modelinspect.analyses.portability.result import Portability
from tensorboard_plugin_modelinspect.errors import BadRequest
from tests.support.graph_writer import GraphWriter
from tests.support.graphs import add_typed, analyse

FLOAT, HALF = {"type": 1}, {"type": 19}


def check(writer: GraphWriter, *targets: str) -> Portability:
    """What is said of a lone graph."""
    analysis = analyse(writer)
    return check_portability(analysis.artifact, targets, analysis)


def add_input(writer: GraphWriter) -> None:
    """What every graph may hold; a file with less is not known for one."""
    del add_typed(writer, "input", "Placeholder", dtype=FLOAT).attr["T"]


def check_node(op: str, *targets: str, **attributes: Any) -> Portability:
    """What is said of a graph of one node, beside what every graph may hold."""
    writer = GraphWriter()
    add_input(writer)
    node = add_typed(writer, "node", op, **attributes)
    if "T" not in attributes:
        del node.attr["T"]
    return check(writer, *targets)


def reasons(found: Portability, target: str) -> list[tuple[str, str, str]]:
    """Rule, verdict and thing of each reason."""
    (report,) = [one for one in found.targets if one.target == target]
    return [(one.rule, one.verdict, one.what) for one in report.evidence]


@pytest.mark.parametrize(
    ("op", "since"),
    [("NoOp", "1.5"), ("DisableCopyOnRead", "2.10"), ("GlobalIterId", "2.16")],
)
def test_an_op_that_came_later(op: str, since: str) -> None:
    """The release before does not have it, that one and all after do; `oldest` is that one."""
    releases = load_history().releases
    place = releases.index(since)
    found = check_node(op, *(f"tf=={version}" for version in releases))
    assert found.oldest == since
    verdicts = [one.verdict for one in found.targets]
    assert verdicts == ["fails"] * place + ["works"] * (len(releases) - place)
    if place:
        assert reasons(found, f"tf=={releases[place - 1]}") == [("op-too-new", "fails", op)]
        assert [one.what for one in found.oldest_because] == [op]


def test_an_op_that_is_gone() -> None:
    """After its last release it fails, and the advice names that release."""
    found = check_node("Rpc", "tf==2.4", "tf==2.5")
    assert found.targets[0].verdict == "works"
    (evidence,) = found.targets[1].evidence
    assert (evidence.rule, evidence.advice) == ("op-removed", "Load it with TensorFlow 2.4.")
    assert found.oldest == "1.8"
    assert {one.op: one.support["tf"] for one in found.ops}["Rpc"] == "fails"


def test_an_attribute_that_must_be_there() -> None:
    """Every release refuses a node without an attribute that has no default."""
    assert reasons(check_node("MatMul", "tf"), "tf") == [("attribute-missing", "fails", "MatMul.T")]


def test_an_unknown_attribute_is_refused_before_25_and_ignored_from_there() -> None:
    """As `ValidateNodeDef` does; names that begin with an underscore are nobody's business."""
    found = check_node("NoOp", "tf==2.4", "tf==2.5", later=1, _own=1)
    assert reasons(found, "tf==2.4") == [("attribute-too-new", "fails", "NoOp.later")]
    assert reasons(found, "tf==2.5") == [("attribute-ignored", "works", "NoOp.later")]
    assert found.oldest == "2.5"


def test_an_attribute_of_a_later_release() -> None:
    """`explicit_paddings` of Conv2D came with 1.14; a lone graph is not stripped of defaults."""
    found = check_node("Conv2D", "tf==1.13", "tf==1.14", T=FLOAT, explicit_paddings=[1, 1])
    expected = ("attribute-too-new", "fails", "Conv2D.explicit_paddings")
    assert expected in reasons(found, "tf==1.13")
    assert expected not in reasons(found, "tf==1.14")
    assert found.oldest == "1.14"


def test_a_value_of_a_later_release() -> None:
    """Types and words that an attribute allows count, too."""
    found = check_node("Conv2D", "tf==1.13", T=FLOAT, padding="EXPLICIT")
    assert ("value-too-new", "fails", "Conv2D.padding=EXPLICIT") in reasons(found, "tf==1.13")
    assert check_node("AddV2", T={"type": 22}).oldest == "2.4"  # uint32


def test_a_type_that_a_release_lacks() -> None:
    """Even where an attribute allows any type."""
    found = check_node("Placeholder", "tf==2.4", "tf==2.21", dtype={"type": 24})  # float8_e5m2
    assert ("type-too-new", "fails", "float8_e5m2") in reasons(found, "tf==2.4")
    assert reasons(found, "tf==2.21") == []


def test_min_consumer() -> None:
    """A graph may say that older readers must not read it."""
    writer = GraphWriter()
    add_input(writer)
    writer.proto.versions.min_consumer = 1000
    found = check(writer, "tf==2.8", "tf==2.9")
    assert [rule for rule, _, _ in reasons(found, "tf==2.8")] == ["graph-version"]
    assert found.targets[1].verdict == "works"
    assert found.oldest == "2.9"


def test_an_op_for_old_graphs_only() -> None:
    """`BatchNormWithGlobalNormalization` is refused in graphs of GraphDef version 9 and newer."""
    writer = GraphWriter()
    op = "BatchNormWithGlobalNormalization"
    add_typed(writer, "n", op, T=FLOAT, variance_epsilon=0.1, scale_after_normalization=True)
    assert reasons(check(writer, "tf"), "tf") == [("op-forbidden", "fails", op)]
    writer.proto.versions.producer = 8
    assert check(writer, "tf").targets[0].verdict == "works"


@pytest.mark.parametrize(
    ("producer", "released"),
    [(2474, ("2.21", "2.21")), (26, ("1.6", "1.10")), (2000, ("2.19", "2.19")), (9999, ("", ""))],
)
def test_who_wrote_it(producer: int, released: tuple[str, str]) -> None:
    """From the GraphDef version: several releases share one, builds between belong to the next."""
    writer = GraphWriter()
    add_input(writer)
    writer.proto.versions.producer = producer
    (told,) = check(writer).writers
    assert (told.producer, told.released) == (producer, released)


def test_ops_of_addons_and_of_nobody() -> None:
    """An add-on's op comes with the line that installs it; unknown ones say so."""
    found = check_node("RegexSplitWithOffsets", "tf", "serving")
    (evidence,) = found.targets[0].evidence
    assert (evidence.rule, evidence.verdict) == ("addon-op", "needs")
    assert evidence.command == "pip install tensorflow-text"
    assert [(one.name, one.ops) for one in found.packages] == [
        ("tensorflow-text", ("RegexSplitWithOffsets",))
    ]
    found = check_node("NobodysOp", "tf")
    assert reasons(found, "tf") == [("custom-op", "needs", "NobodysOp")]
    (op, _) = found.ops
    assert (op.op, op.package, op.since, op.support["tf"]) == ("NobodysOp", "", "", "needs")


def test_an_unknown_op_of_a_newer_writer_may_be_tensorflows() -> None:
    """The tables end somewhere: then nobody knows."""
    writer = GraphWriter()
    writer.proto.versions.producer = 99_999
    writer.add("node", "OpOfNextYear")
    assert reasons(check(writer, "tf"), "tf") == [("custom-op", "unknown", "OpOfNextYear")]


@pytest.mark.parametrize(
    "text", ["tf==3.0", "tf==", "tf==1.4", "tflite==2", "torch", "", "tf=2.12"]
)
def test_a_target_that_is_not_known(text: str) -> None:
    """Is the user's error, and lists what there is."""
    if text == "tf==":
        assert check_node("NoOp", text).targets[0].verdict == "works"
        return
    with pytest.raises(BadRequest, match=r"target|tables|alone"):
        check_node("NoOp", text)


def test_devices_and_compilers() -> None:
    """Pins to another process need something, to a GPU they are told, to the CPU they are not."""
    writer = GraphWriter()
    for name, device in (("a", "/job:ps/task:1"), ("b", "/device:GPU:0"), ("c", "/device:CPU:0")):
        writer.add(name, "NoOp").device = device
    writer.add("tpu", "TPUReplicateMetadata")
    writer.add("xla", "XlaCallModule").attr["platforms"].list.s.append(b"TPU")
    for node in writer.proto.node:
        del node.attr["T"]
    found = check(writer, "tf")
    assert [one for one in sorted(reasons(found, "tf")) if one[0] == "device"] == [
        ("device", "needs", "/job:ps/task:1"),
        ("device", "works", "/device:GPU:0"),
    ]
    assert ("tpu", "needs", "TPUReplicateMetadata") in reasons(found, "tf")
    assert ("xla-platform", "needs", "XlaCallModule for TPU") in reasons(found, "tf")
    assert [(one.name, one.nodes) for one in found.devices] == [
        ("/device:CPU:0", 1),
        ("/device:GPU:0", 1),
        ("/job:ps/task:1", 1),
    ]


def test_python_functions_do_not_travel() -> None:
    """They are in no file."""
    found = check_node("PyFunc", "tf", "serving")
    assert ("python-function", "fails", "PyFunc") in reasons(found, "tf")
    assert {one.op: one.support["serving"] for one in found.ops}["PyFunc"] == "fails"


def test_the_table_is_sound() -> None:
    """Releases in order, GraphDef versions nearly so, every place within the table."""
    history = load_history()
    minors = [tuple(map(int, version.split("."))) for version in history.releases]
    assert minors == sorted(minors)
    assert history.releases[0] == "1.5"
    assert history.releases[-1] == "2.21"
    assert len(history.producers) == len(minors)
    assert history.types["float4_e2m1fn"] > history.types["float8_e5m2"] > 0
    assert history.types["float32"] == 0
