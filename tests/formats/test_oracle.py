"""Every artifact of the corpus, compared with what TensorFlow said about it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tensorboard_plugin_modelinspect.analyses.totals import compute_totals
from tensorboard_plugin_modelinspect.errors import FormatError, ModelInspectError, Unsupported
from tensorboard_plugin_modelinspect.formats.checkpoint_state import (
    locate_prefix,
    read_checkpoint_state,
)
from tensorboard_plugin_modelinspect.formats.naming import OBJECT_GRAPH_KEY
from tensorboard_plugin_modelinspect.model.artifact import Artifact
from tensorboard_plugin_modelinspect.model.signature import TensorSpec
from tensorboard_plugin_modelinspect.opening import Check, check_artifact, open_artifact
from tensorboard_plugin_modelinspect.sources.local import LocalFolder
from tests.support.artifacts import LATER_S, candidates_in, stored_form
from tests.support.corpus import ROOT, Recorded, latest_checkpoints, params, recorded

ALL = recorded()
COMPLETE = [one for one in ALL if one.answers["state"] == "complete"]
WITH_MORE_OR_LESS = {
    "keras3_checkpoint/branches-1": "Keras saves no layers that stand in a dict",
    "keras3_checkpoint/tied-1": "it holds variables beside the model's",
}
"""Checkpoints whose tensors are not exactly the model's variables and the optimizer's."""


def with_field(field: str) -> list[Any]:
    """Complete artifacts that have a recorded field, as parameters."""
    return params([artifact for artifact in COMPLETE if field in artifact.answers])


def check(artifact: Recorded) -> Check | None:
    """State of an artifact, found in its folder as a search finds it, with old files."""
    is_folder = artifact.path.is_dir()
    folder = artifact.path if is_folder else artifact.path.parent
    name = "" if is_folder else artifact.path.name
    candidate = next(
        one
        for one in candidates_in(folder)
        if (one.kind, one.name) == (artifact.answers["kind"], name)
    )
    newest = max(stat.mtime_ns for stat in candidate.files.values()) / 1e9
    local = LocalFolder(str(folder), name=folder.name)
    return check_artifact(local, candidate, now_s=newest + LATER_S)


def tensors_of(artifact: Recorded) -> dict[str, dict[str, Any]]:
    """Recorded tensors by key; a key that is not UTF-8 is recorded in hex."""
    return {
        bytes.fromhex(tensor["key_hex"]).decode("utf-8", "surrogateescape")
        if "key_hex" in tensor
        else tensor["key"]: tensor
        for tensor in artifact.answers["tensors"]
    }


LIES = [
    one
    for one in ALL
    if one.path.parent.name == "hostile_entries" and one.answers["state"] != "complete"
]
"""Damage that may show when the index is read, or not before the tensor `bad` is."""


@pytest.mark.parametrize("artifact", params([one for one in ALL if one not in LIES]))
def test_state(artifact: Recorded) -> None:
    """The state is the recorded one; a reason stands there if and only if it is not complete."""
    found = check(artifact)
    assert found is not None
    assert found.state == artifact.answers["state"]
    assert (found.reason == "") == (found.state == "complete")
    if found.state != "complete":
        for word in artifact.answers["reason_contains"]:
            assert word in found.reason


@pytest.mark.parametrize(
    "artifact",
    params([one for one in ALL if one.answers.get("reason_contains") and one not in LIES]),
)
def test_damage_is_said_on_opening(artifact: Recorded) -> None:
    """What is broken does not open, what is partial opens with a note; both name the file."""
    try:
        message = " ".join(open_artifact(artifact.path).notes)
        assert artifact.answers["state"] != "broken"
    except ModelInspectError as error:
        message = error.message
        assert artifact.answers["state"] == "broken"
    for word in artifact.answers["reason_contains"]:
        assert word in message


@pytest.mark.parametrize("artifact", params(LIES))
def test_lies_are_found(artifact: Recorded) -> None:
    """An entry that lies is found by the state, or by reading its tensor; others can be read."""
    found = check(artifact)
    assert found is not None
    try:
        tensors = open_artifact(artifact.path).tensors
    except ModelInspectError as error:
        assert found.state == "broken"
        message = error.message
    else:
        assert tensors["good"].read().tolist() == [0, 1, 2, 3]
        with pytest.raises(ModelInspectError) as caught:
            tensors["bad"].read()
        message = caught.value.message
    for word in artifact.answers["reason_contains"]:
        assert word in message


@pytest.mark.parametrize("artifact", with_field("step"))
def test_step(artifact: Recorded) -> None:
    """The stored counter, else the number in the name, else none; the same by both ways."""
    found = check(artifact)
    assert found is not None
    assert found.step == artifact.answers["step"]
    assert open_artifact(artifact.path).step == artifact.answers["step"]


@pytest.mark.parametrize("artifact", with_field("tensors"))
def test_tensors(artifact: Recorded) -> None:
    """Exactly TensorFlow's keys, in its order, each with its dtype, shape and every byte."""
    found = open_artifact(artifact.path)
    wanted = tensors_of(artifact)
    assert list(found.tensors) == list(wanted)
    for key, tensor in found.tensors.items():
        answer = wanted[key]
        assert (tensor.dtype.name, list(tensor.shape)) == (answer["dtype"], answer["shape"])
        if "hex" in answer:
            assert stored_form(tensor) == bytes.fromhex(answer["hex"]), key
        elif "strings" in answer:
            assert stored_form(tensor) == [bytes.fromhex(one) for one in answer["strings"]], key


@pytest.mark.parametrize("name", ["all-1", "variants"])
def test_variants_are_listed_and_refused(name: str) -> None:
    """Objects of TensorFlow's own have a type, a shape and bytes, but no values; they hide none."""
    tensors = open_artifact(ROOT / "tables_and_iterators" / name).tensors.values()
    variants = [tensor for tensor in tensors if tensor.dtype.name == "variant"]
    assert variants
    for tensor in variants:
        assert (tensor.role, tensor.nbytes > 0) == ("metadata", True)
        with pytest.raises(Unsupported, match="of type variant: values cannot be shown"):
            tensor.read()


@pytest.mark.parametrize("artifact", with_field("names"))
def test_names(artifact: Recorded) -> None:
    """Readable names are the `full_name`s of the object graph."""
    tensors = open_artifact(artifact.path).tensors
    for key, name in artifact.answers["names"].items():
        if key in tensors:
            assert tensors[key].name == name
        else:
            assert any(other.startswith(key) for other in tensors)


@pytest.mark.parametrize("artifact", with_field("object_graph_nodes"))
def test_object_tree(artifact: Recorded) -> None:
    """There is a tree if there is an object graph; it holds each node, and each tensor once."""
    found = open_artifact(artifact.path)
    count = artifact.answers["object_graph_nodes"]
    assert (found.objects is not None) == bool(count)
    if found.objects is None:
        return
    nodes = list(found.objects.nodes)
    assert len(nodes) >= count
    keys = Counter(key for node in nodes for key in node.keys)
    assert set(keys.values()) <= {1}
    assert set(keys) == set(found.tensors) - {OBJECT_GRAPH_KEY}
    assert all(0 <= child < len(nodes) for node in nodes for _, child in node.children)


@pytest.mark.parametrize("artifact", with_field("variables"))
def test_variable_nodes(artifact: Recorded) -> None:
    """Variable nodes of a SavedModel have their number, name, dtype, shape and trainability."""
    objects = open_artifact(artifact.path).objects
    found = [] if objects is None else enumerate(objects.nodes)
    assert [
        (number, node.label, node.detail) for number, node in found if node.kind == "variable"
    ] == [
        (
            one["node"],
            one["name"],
            f"{one['dtype']} ({', '.join(map(str, one['shape']))})"
            + ("" if one["trainable"] else ", not trainable"),
        )
        for one in artifact.answers["variables"]
    ]


@pytest.mark.parametrize("artifact", with_field("roles"))
def test_roles(artifact: Recorded) -> None:
    """Roles are those Keras gives the variable of that path."""
    if "saved" in artifact.answers:
        pytest.skip("compared by key in keras/test_oracle_files.py")
    wanted = artifact.answers["roles"]
    found = open_artifact(artifact.path).tensors.values()
    compared = [tensor for tensor in found if tensor.name in wanted]
    assert {tensor.key: tensor.role for tensor in compared} == {
        tensor.key: wanted[tensor.name] for tensor in compared
    }
    # Keras paths of layers inside a layer are longer than the stored names.
    assert compared or artifact.path.name in ("equal_biases", "equal_names")


@pytest.mark.parametrize("artifact", with_field("trainable_params"))
def test_totals(artifact: Recorded) -> None:
    """Parameters by role are Keras' own counts; aliases and generator states count nothing."""
    answers = artifact.answers
    tensors = open_artifact(artifact.path).tensors.values()
    totals = compute_totals(tensors)
    found = {role: total.parameters for role, total in totals.by_role.items()}
    assert found.get("optimizer", 0) == answers["optimizer_params"]
    if artifact.id in WITH_MORE_OR_LESS:
        return
    assert found.get("weight", 0) == answers["trainable_params"]
    assert found.get("state", 0) == answers["non_trainable_params"]
    assert totals.model_parameters == (
        answers["trainable_params"] + answers["non_trainable_params"]
    )
    if answers["kind"] == "saved_model":  # a checkpoint has no state of random generators
        variables = [one for one in tensors if one.role in ("weight", "state") and not one.alias_of]
        assert len(variables) == answers["model_variables"]


def spec_answer(spec: TensorSpec) -> dict[str, Any]:
    """A signature's input or output in the form of the recorded one."""
    shape = None if spec.shape is None else [-1 if size is None else size for size in spec.shape]
    return {"dtype": spec.dtype.name, "shape": shape, "name": spec.name}


def wanted_spec(answer: dict[str, Any]) -> dict[str, Any]:
    """The recorded one, with names of components joined as we show them."""
    if "sparse" in answer:
        sparse = answer["sparse"]
        name = ", ".join((sparse["values"], sparse["indices"], sparse["dense_shape"]))
    elif "components" in answer:
        name = ", ".join(component["name"] for component in answer["components"])
    else:
        name = answer["name"]
    return {"dtype": answer["dtype"], "shape": answer["shape"], "name": name}


@pytest.mark.parametrize("artifact", with_field("signatures"))
def test_signatures(artifact: Recorded) -> None:
    """Tag sets, signatures, their methods, and each input and output to the tensor's name."""
    found = {
        ",".join(graph.tags): {
            signature.key: {
                "method_name": signature.method_name,
                "inputs": {spec.key: spec_answer(spec) for spec in signature.inputs},
                "outputs": {spec.key: spec_answer(spec) for spec in signature.outputs},
            }
            for signature in graph.signatures
        }
        for graph in open_artifact(artifact.path).meta_graphs
    }
    wanted = {
        ",".join(sorted(tags.split(","))): {
            key: {
                "method_name": signature["method_name"],
                "inputs": {k: wanted_spec(spec) for k, spec in signature["inputs"].items()},
                "outputs": {k: wanted_spec(spec) for k, spec in signature["outputs"].items()},
            }
            for key, signature in signatures.items()
        }
        for tags, signatures in artifact.answers["signatures"].items()
    }
    assert found == wanted


def ops_of(found: Artifact) -> list[str]:
    """Ops of all MetaGraphs, calls of functions by name left out."""
    names = {
        name
        for graph in found.meta_graphs
        for name in set(graph.ops) - {function.name for function in graph.functions}
    }
    return sorted(names)


@pytest.mark.parametrize("artifact", with_field("ops"))
def test_graph(artifact: Recorded) -> None:
    """Ops, nodes, functions, assets, version: as many and as named in the protobuf."""
    answers = artifact.answers
    found = open_artifact(artifact.path)
    graphs = found.meta_graphs
    assert ops_of(found) == answers["ops"]
    assert sum(graph.node_count for graph in graphs) == answers["graph_nodes"]
    assert sum(len(graph.functions) for graph in graphs) == answers["functions"]
    assert sorted(name for graph in graphs for name, _ in graph.assets) == answers["assets"]
    assert graphs[0].tensorflow_version == answers["tensorflow_version"]


@pytest.mark.parametrize("artifact", with_field("meta_graph"))
def test_meta_graph(artifact: Recorded) -> None:
    """A `.meta`, beside its checkpoint or alone, tells its graph; what its variables add up to that
    are trained is the sum of all weights."""
    answers = artifact.answers["meta_graph"]
    found = open_artifact(artifact.path)
    [graph] = found.meta_graphs
    assert graph.tensorflow_version == answers["tensorflow_version"]
    assert (graph.node_count, len(graph.functions)) == (answers["nodes"], answers["functions"])
    assert ops_of(found) == answers["ops"]
    assert {one.name: one.size for one in graph.collections} == answers["collections"]
    weights = compute_totals(found.tensors.values()).by_role["weight"]
    assert weights.parameters == answers["trainable_params"]


@pytest.mark.parametrize("artifact", with_field("renamed"))
def test_keys_that_are_no_names(artifact: Recorded) -> None:
    """What a `Saver` stored under a key of its own is called as the variable is."""
    tensors = open_artifact(artifact.path).tensors
    assert {key: tensor.name for key, tensor in tensors.items()} == artifact.answers["renamed"]


@pytest.mark.parametrize("artifact", with_field("bundle_signatures"))
def test_session_bundles(artifact: Recorded) -> None:
    """Signatures and assets of an export from before SavedModel."""
    [graph] = open_artifact(artifact.path).meta_graphs
    assert {
        signature.key: {
            "method_name": signature.method_name,
            "inputs": {one.key: spec_answer(one) for one in signature.inputs},
            "outputs": {one.key: spec_answer(one) for one in signature.outputs},
        }
        for signature in graph.signatures
    } == artifact.answers["bundle_signatures"]
    assert [name for name, _ in graph.assets] == artifact.answers["bundle_assets"]


@pytest.mark.parametrize("artifact", with_field("fingerprint"))
def test_fingerprint(artifact: Recorded) -> None:
    """Each field of the fingerprint, all 64 bits of it; None where there is no file."""
    answers = artifact.answers["fingerprint"]
    found = open_artifact(artifact.path).fingerprint
    if answers is None:
        assert found is None
        return
    assert found is not None
    for field in (
        "saved_model_checksum",
        "graph_def_program_hash",
        "signature_def_hash",
        "saved_object_graph_hash",
        "checkpoint_hash",
        "uuid",
    ):
        assert str(getattr(found, field)) == answers.get(field, "0")


@pytest.mark.parametrize(
    ("folder", "prefix"),
    [
        pytest.param(folder, prefix, id=str(folder.relative_to(ROOT)))
        for folder, prefix in latest_checkpoints()
    ],
)
def test_newest_checkpoint(folder: Path, prefix: Any) -> None:
    """The newest checkpoint of a folder is TensorFlow's, unless that leads out of the folder.

    Where TensorFlow finds none, since the folder was moved, the one beside the file is taken.
    """
    local = LocalFolder(str(folder))
    try:
        found = locate_prefix(local, read_checkpoint_state(local).newest)
    except FormatError:
        assert not isinstance(prefix, str) or prefix.startswith("/")
        return
    assert open_artifact(folder).path == f"{folder}/{found}"
    assert prefix is None or found == prefix.rsplit("/", 1)[-1]


def test_damaged_bytes_of_a_tensor_are_told_when_read() -> None:
    """A flipped byte in a shard shows in no listing: reading the tensor finds it."""
    flipped = next(one for one in ALL if one.id == "broken/shard_flipped/ckpt")
    tensors = open_artifact(flipped.path).tensors
    bad = flipped.answers["tensorflow_says"]["key"]
    for key, tensor in tensors.items():
        if key == bad:
            with pytest.raises(FormatError, match="checksum"):
                tensor.read()
        else:
            tensor.read()
