"""SessionBundles: signatures and assets in collections, types and shapes from the graph."""

from __future__ import annotations

from typing import Any

import pytest

from tensorboard_plugin_modelinspect.codecs.protos import message_class, meta_graph_class
from tensorboard_plugin_modelinspect.errors import FormatError
from tensorboard_plugin_modelinspect.formats.meta_file import read_beside
from tensorboard_plugin_modelinspect.formats.session_bundle import bundle_assets, bundle_signatures
from tensorboard_plugin_modelinspect.model.signature import TensorSpec
from tensorboard_plugin_modelinspect.sources.memory import MemoryFolder


def graph_with(signatures: Any) -> Any:
    graph = meta_graph_class()()
    packed = graph.collection_def["serving_signatures"].any_list.value.add()
    packed.value = signatures.SerializeToString()
    return graph


def signatures_of(**tensors: str) -> Any:
    """A default signature of no kind that is known, and a generic one."""
    proto = message_class("Signatures")()
    proto.default_signature.SetInParent()
    named = proto.named_signatures.add(key="g")
    named.value.generic_signature.SetInParent()
    for key, tensor in tensors.items():
        named.value.generic_signature.map.add(key=key).value.tensor_name = tensor
    return proto


def add_op(graph: Any, name: str, *outputs: dict[str, Any]) -> None:
    op = graph.meta_info_def.stripped_op_list.op.add(name=name)
    for output in outputs:
        op.output_arg.add(**output)


def outputs_of(graph: Any) -> dict[str, TensorSpec]:
    [_, generic] = bundle_signatures(graph, "export.meta")
    return {spec.key: spec for spec in (*generic.inputs, *generic.outputs)}


def test_types_of_outputs() -> None:
    """An output's type is fixed by its op, an attribute, or one of a list; counted through."""
    graph = graph_with(signatures_of(**{f"o{number}": f"n:{number}" for number in range(7)}))
    add_op(
        graph,
        "Op",
        {"type": 9},
        {"type_attr": "T", "number_attr": "N"},
        {"type_list_attr": "L"},
    )
    node = graph.graph_def.node.add(name="n", op="Op")
    node.attr["T"].type = 1
    node.attr["N"].i = 2
    node.attr["L"].list.type.extend((3, 7))
    found = [outputs_of(graph)[f"o{number}"].dtype.name for number in range(7)]
    assert found == ["int64", "float32", "float32", "int32", "string", "invalid", "invalid"]


def test_shapes_of_outputs() -> None:
    """Shapes are those the exporter inferred; without them, or without the node, unknown."""
    graph = graph_with(signatures_of(a="n", b="n:1", c="gone:0", d="n:x", e="n:99999999999"))
    node = graph.graph_def.node.add(name="n", op="Op")
    node.attr["_output_shapes"].list.shape.add().dim.add(size=-1)
    found = outputs_of(graph)
    assert {key: spec.shape for key, spec in found.items()} == {
        "a": (None,), "b": None, "c": None, "d": (None,), "e": (None,),
    }  # fmt: skip


def test_a_kind_that_is_not_known_lists_nothing() -> None:
    """A signature without a kind is there, empty."""
    [default, _] = bundle_signatures(graph_with(signatures_of()), "export.meta")
    assert (default.key, default.method_name) == ("default_signature", "")
    assert (default.inputs, default.outputs) == ((), ())
    assert bundle_signatures(meta_graph_class()(), "export.meta") == []
    assert bundle_assets(meta_graph_class()(), "export.meta") == []


def test_declared_outputs_are_bounded() -> None:
    """Outputs by the billion, of ops that declare them, cost nothing."""
    graph = graph_with(signatures_of(a="n:999999999"))
    add_op(graph, "Op", *[{"type": 1, "number_attr": "N"}] * 1000)
    graph.graph_def.node.add(name="n", op="Op").attr["N"].i = -5
    assert outputs_of(graph)["a"].dtype.name == "invalid"
    graph.graph_def.node[0].attr["N"].i = 1 << 62
    assert outputs_of(graph)["a"].dtype.name == "float32"


def test_an_output_of_less_than_none_counts_nothing() -> None:
    """A negative count, as damage may leave, does not shift the outputs behind it."""
    graph = graph_with(signatures_of(a="n:0"))
    add_op(graph, "Op", {"type": 1, "number_attr": "N"}, {"type": 9})
    graph.graph_def.node.add(name="n", op="Op").attr["N"].i = -5
    assert outputs_of(graph)["a"].dtype.name == "int64"


def test_broken_entries_are_told() -> None:
    """An entry that is no such message names file and collection."""
    graph = meta_graph_class()()
    graph.collection_def["serving_signatures"].any_list.value.add().value = b"\xff"
    graph.collection_def["serving_assets"].any_list.value.add().value = b"\xff"
    with pytest.raises(FormatError, match=r"export\.meta, collection serving_signatures"):
        bundle_signatures(graph, "export.meta")
    with pytest.raises(FormatError, match=r"export\.meta, collection serving_assets"):
        bundle_assets(graph, "export.meta")


def test_assets_outside_are_not_files_of_it() -> None:
    """Named assets are files beside the export, missing ones too; a way out is followed nowhere."""
    graph = meta_graph_class()()
    for name in ("a.txt", "gone.txt", "../secret", "", "/etc/passwd"):
        asset = message_class("AssetFile")(filename=name)
        packed = graph.collection_def["serving_assets"].any_list.value.add()
        packed.value = asset.SerializeToString()
    files = {"v/export.meta": graph.SerializeToString(), "v/assets/a.txt": b"abc", "secret": b""}
    found = read_beside(MemoryFolder(files, "run"), "v/export")
    assert found.assets == (("v/assets/a.txt", 3), ("v/assets/gone.txt", None))
    assert len(found.meta_graphs[0].assets) == 5
