"""Optimizer state and its variables, as each library names them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from tensorboard_plugin_modelinspect.analyses.health import HealthFinding, find_orphans
from tensorboard_plugin_modelinspect.model.artifact import Artifact
from tensorboard_plugin_modelinspect.model.tensor import Role
from tensorboard_plugin_modelinspect.opening import open_artifact
from tests.support.tensors import tensor_of

CORPUS = Path(__file__).parents[2] / "corpus"
SHAPES: dict[str, tuple[int, ...]] = {"kernel": (4, 3), "bias": (3,), "loss": ()}
WEIGHTS = ("one/kernel", "one/bias", "two/kernel", "two/bias")
ATTRIBUTE = "/.ATTRIBUTES/VARIABLE_VALUE"

NAMED = {
    "tf1": (WEIGHTS, ["{0}/Adam", "{0}/Adam_1"], "beta1_power"),
    "tf1, in a scope": (WEIGHTS, ["train/{0}/Adam", "train/{0}/Adam_1"], "train/beta1_power"),
    "bert": (WEIGHTS, ["{0}/adam_m", "{0}/adam_v"], "global_step"),
    "keras 2": (WEIGHTS, ["Adam/{0}/m", "Adam/{0}/v"], "Adam/iter"),
    "keras 2.11": (WEIGHTS, ["Adam/m/{0}", "Adam/v/{0}"], "iteration"),
    "keras 3": (WEIGHTS, ["adam/{1}_momentum", "adam/{1}_velocity"], "adam/iteration"),
    "slots by key": (
        tuple(f"{name}{ATTRIBUTE}" for name in WEIGHTS),
        [f"{{0}}/.OPTIMIZER_SLOT/opt/{slot}{ATTRIBUTE}" for slot in ("m", "v")],
        f"opt/iter{ATTRIBUTE}",
    ),
}


def build(weights: Sequence[str], slots: Sequence[str], scalar: str = "iter") -> Artifact:
    """An artifact of these names; a tensor's shape is that of its kernel or bias."""
    roles: list[tuple[str, Role]] = [(name, "weight") for name in weights]
    roles += [(name, "optimizer") for name in slots]
    tensors = {}
    for name, role in roles:
        shape = next(shape for part, shape in SHAPES.items() if part in name)
        tensors[name] = tensor_of(name, np.zeros(shape, np.float32), role=role)
    tensors[scalar] = tensor_of(scalar, np.zeros((), np.float32), role="optimizer")
    return Artifact("ckpt", "checkpoint", (), tensors)


def named(way: str) -> tuple[list[str], list[str], str]:
    weights, patterns, scalar = NAMED[way]
    names = [name.removesuffix(ATTRIBUTE) for name in weights]
    slots = [one.format(name, name.replace("/", "_")) for name in names for one in patterns]
    return list(weights), slots, scalar


def short(found: Sequence[HealthFinding]) -> list[tuple[str, str, str | None]]:
    return [(one.kind, one.severity, one.key) for one in found]


@pytest.mark.parametrize("way", NAMED)
def test_a_complete_checkpoint_is_silent(way: str) -> None:
    """Every slot finds its variable, every weight its slots."""
    assert find_orphans(build(*named(way))) == []


@pytest.mark.parametrize("way", NAMED)
def test_slots_whose_variable_is_gone(way: str) -> None:
    """Both slots of the weight that is not stored are named."""
    weights, slots, scalar = named(way)
    found = find_orphans(build(weights[:2] + weights[3:], slots, scalar))
    assert short(found) == [("orphan_slot", "warning", slot) for slot in slots[4:6]]
    assert "which is not stored" in found[0].evidence


@pytest.mark.parametrize("way", NAMED)
def test_a_weight_whose_slots_are_gone(way: str) -> None:
    """It may be frozen: a note."""
    weights, slots, scalar = named(way)
    found = find_orphans(build(weights, slots[:4] + slots[6:], scalar))
    assert short(found) == [("missing_slot", "note", weights[2])]
    assert found[0].evidence == "no optimizer state, which 3 of 4 weights have"


@pytest.mark.parametrize("way", NAMED)
def test_a_weight_with_one_slot_of_two(way: str) -> None:
    """No optimizer makes half of its state: a warning."""
    weights, slots, scalar = named(way)
    found = find_orphans(build(weights, slots[:5] + slots[6:], scalar))
    assert short(found) == [("missing_slot", "warning", weights[2])]
    assert found[0].evidence.endswith(", which 3 others have")


def test_optimizers_numbered_by_keras_are_one() -> None:
    """Each slot of a wrapped optimizer is made below a name of its own: `sgd`, `sgd_1`, …"""
    weights = ["one/kernel", "two/kernel", "three/kernel"]
    slots = [f"scale/sgd_{n}/{name.replace('/', '_')}_momentum" for n, name in enumerate(weights)]
    slots += ["scale/sgd_3/one_kernel_average", "scale/sgd_4/two_kernel_average"]
    found = find_orphans(build(weights, slots))
    assert short(found) == [("missing_slot", "warning", "three/kernel")]
    assert found[0].evidence == 'no optimizer state "scale/sgd/average", which 2 others have'


def test_most_weights_without_slots_are_one_finding() -> None:
    """Fine-tuning trains the last layer."""
    weights, slots, scalar = named("keras 3")
    (found,) = find_orphans(build(weights, slots[:2], scalar))
    assert (found.kind, found.severity, found.key) == ("missing_slot", "note", None)
    assert found.evidence == "1 of 4 weights have optimizer state"


def test_a_slot_in_tf1_needs_no_other() -> None:
    """`w/Adam` is nothing else, even where it passes for a weight since there is no `w`."""
    artifact = build(["w/kernel/Adam"], [])
    assert short(find_orphans(artifact)) == [("orphan_slot", "warning", "w/kernel/Adam")]


@pytest.mark.parametrize(
    ("weights", "slots"),
    [
        (WEIGHTS, []),
        (["one/bias", "average_loss"], ["one/bias/Adam"]),
        (WEIGHTS, ["adam/2/kernel", "adam/3/kernel"]),  # numbered
        (["one/kernel", "two/bias"], ["adam/one_kernel_momentum", "adam/3bias"]),  # so is one
        (["model/kernel"], ["sgd/model_stem_kernel_momentum"]),  # a name that is not the path
        (["net/kernel", "net/kernel_1", "net/bias"], ["sgd/net_a_kernel_momentum",
                                                      "sgd/net_b_kernel_momentum",
                                                      "sgd/net_bias_momentum"]),
        (["layer/kernel"], ["adam/other_kernel_momentum"]),  # nothing was understood
        (["inner/two/kernel"], ["sgd/two_kernel_momentum"]),  # part of a path
        (["two/kernel"], ["sgd/inner_two_kernel_momentum"]),
        (["generator/kernel", "critic/kernel"], ["sgd/generator_kernel_momentum",
                                                 "adam/critic_kernel_momentum",
                                                 "adam/critic_kernel_velocity"]),
    ],
)  # fmt: skip
def test_names_that_leave_it_open(weights: Sequence[str], slots: Sequence[str]) -> None:
    """Where the names and not the checkpoint may be to blame, nothing is said."""
    assert find_orphans(build(weights, slots)) == []


@pytest.mark.parametrize(
    "path",
    [
        "keras3_checkpoint/branches-1",
        "keras3_checkpoint/model_is_root",
        "keras3_checkpoint/series/ckpt-3",
        "keras3_files/adapted.keras",
        "keras3_files/halves.keras",
        "keras3_files/nested.h5",
        "keras2_files/network.h5",
        "keras2_files/network.keras",
        "keras2_files/sequence.h5",
        "keras2_files/new.weights.h5",
        "tf1_saver/sharded/model.ckpt-200",
    ],
)
def test_what_the_libraries_saved_is_silent(path: str) -> None:
    """Whole models with whole optimizers."""
    artifact = open_artifact(CORPUS / path)
    assert any(tensor.role == "optimizer" for tensor in artifact.tensors.values())
    assert find_orphans(artifact) == []


def test_layers_that_were_not_trained() -> None:
    """Keras 2 saved a model two weights of which its optimizer was not given."""
    found = find_orphans(open_artifact(CORPUS / "keras2_files" / "saved"))
    assert [(one.kind, one.severity) for one in found] == [("missing_slot", "note")] * 2


def test_a_very_long_name_costs_little() -> None:
    """Only so many parts of a name are tried."""
    name = "a_" * 50_000 + "kernel"
    found = find_orphans(build(["one/kernel", "two/bias"], [f"adam/{name}_momentum",
                                                            "adam/two_bias_momentum"]))  # fmt: skip
    assert found == []
