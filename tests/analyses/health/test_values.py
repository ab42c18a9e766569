"""Findings from statistics: what is wrong is found, what is normal is not."""

from __future__ import annotations

import numpy as np
import pytest

from tensorboard_plugin_modelinspect.analyses.health import HealthFinding, find_in_stats
from tensorboard_plugin_modelinspect.analyses.stats import compute_stats
from tensorboard_plugin_modelinspect.model.tensor import Role
from tests.support.tensors import tensor_of

ZEROS = np.zeros((4, 8), np.float32)
MASK = np.triu(np.full((4, 4), -np.inf, np.float32), 1)


def find(name: str, values: np.ndarray, role: Role = "weight") -> list[HealthFinding]:
    tensor = tensor_of(name, values, role=role)
    return find_in_stats(tensor, compute_stats(tensor))


def one(name: str, values: np.ndarray, role: Role = "weight") -> tuple[str, str, str]:
    """Kind, severity and evidence of the only finding."""
    (found,) = find(name, values, role)
    assert found.key == name
    assert found.advice.endswith(".")
    return found.kind, found.severity, found.evidence


def test_values_that_are_no_numbers() -> None:
    """NaN and infinity are counted apart, each with the place of its first one."""
    values = np.ones((4, 8), np.float32)
    values[1, 2] = np.nan
    values[3, 7] = -np.inf
    nan, inf = find("dense/kernel", values)
    assert (nan.kind, nan.severity) == ("nan", "problem")
    assert nan.evidence == "1 of 32 (3.12 %) are NaN, the first at [1, 2]"
    assert (inf.kind, inf.severity) == ("inf", "problem")
    assert inf.evidence == "1 of 32 (3.12 %) are infinite, the first at [3, 7]"
    assert one("norm/gamma", np.full(8, np.nan))[2] == "all 8 values are NaN"


@pytest.mark.parametrize("role", ["weight", "state", "optimizer", "counter"])
def test_a_scalar_that_is_nan(role: Role) -> None:
    """A scalar has no place; a learning rate or a moving average is as lost as a weight."""
    kind, severity, evidence = one("learning_rate", np.array(np.nan), role)
    assert (kind, evidence) == ("nan", "its value is NaN")
    assert severity == ("note" if role == "counter" else "problem")


def test_infinity_that_is_meant() -> None:
    """Masks and the best loss so far are notes, an infinite learning rate is a problem."""
    assert one("attention/mask", MASK, "state")[:2] == ("inf", "note")
    assert one("best_loss", np.array(np.inf))[:2] == ("inf", "note")
    assert one("adam/learning_rate", np.array(np.inf), "optimizer")[:2] == ("inf", "problem")
    assert one("lookup", np.array([1.0, np.inf]), "table")[:2] == ("inf", "note")


def test_a_layer_of_zeros() -> None:
    """Kernels and embeddings of zeros are problems; so are those of frozen and quantized layers."""
    wanted = ("all_zero", "problem", "all 32 values are zero")
    assert one("dense/kernel", ZEROS) == wanted
    assert one("embedding/embeddings", ZEROS) == wanted
    assert one("frozen/kernel", ZEROS, "state") == wanted
    assert one("dense/kernel", ZEROS.astype(np.int8), "state") == wanted
    assert one("dense/kernel:0", -ZEROS) == wanted
    assert one("head/kernel", np.zeros((8, 1), np.float32))[:2] == ("all_zero", "problem")
    assert one("fft/kernel", ZEROS.astype(np.complex64))[:2] == ("all_zero", "problem")


def test_zeros_that_may_be_a_beginning() -> None:
    """A matrix of unknown purpose may start at zero, and a LoRA factor does."""
    assert one("vit/position", ZEROS)[:2] == ("all_zero", "warning")
    assert one("dense/lora_kernel_b", ZEROS)[:2] == ("all_zero", "note")


def test_a_layer_of_one_value() -> None:
    """Its units are all alike."""
    assert one("dense/kernel", ZEROS + 0.1) == ("constant", "warning", "all 32 values are 0.1")
    assert one("Variable", ZEROS + 2)[:2] == ("constant", "note")


@pytest.mark.parametrize(
    ("name", "values", "role"),
    [
        ("dense/bias", np.zeros(8), "weight"),
        ("dense/bias", np.full(8, 0.1), "weight"),
        ("attention/key/bias", np.zeros((4, 8)), "weight"),
        ("gru_cell/bias", np.zeros((2, 24)), "weight"),
        ("p_re_lu/alpha", np.zeros((4, 4, 8)), "weight"),
        ("norm/gamma", np.ones(8), "weight"),
        ("norm/gamma", np.ones((1, 1, 1, 8)), "weight"),
        ("norm/beta", np.zeros(8), "weight"),
        ("norm/moving_mean", np.zeros(8), "state"),
        ("norm/moving_variance", np.ones(8), "state"),
        ("vit/class_token", np.zeros((1, 1, 8)), "weight"),
        ("dense/kernel/Adam", ZEROS, "optimizer"),
        ("optimizer/dense_kernel_momentum", ZEROS, "optimizer"),
        ("attention/mask", np.ones((4, 4), bool), "state"),
        ("global_step", np.array(0), "counter"),
        ("temperature", np.array(0.0), "weight"),
        ("linear/kernel", np.array([[0.0]]), "weight"),
        ("empty/kernel", np.zeros((0, 8)), "weight"),
        ("table-values", np.zeros((4, 8)), "table"),
        ("names", np.array([b"", b""], object), "table"),
        ("dense/kernel", np.eye(4), "weight"),
        ("fft/kernel", np.array([[1, 1j], [-1, -1j]]), "weight"),
    ],
)
def test_what_is_normal(name: str, values: np.ndarray, role: Role) -> None:
    """Nothing is said of what libraries start with, nor of what is no part of a layer."""
    assert find(name, values, role) == []
