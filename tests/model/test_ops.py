"""What is known of TensorFlow's ops."""

from __future__ import annotations

from tensorboard_plugin_modelinspect.model.ops import (
    Input,
    Output,
    calls_functions,
    inputs_of,
    is_stateful,
    outputs_of,
)


def test_outputs_have_names_types_and_counts() -> None:
    """One tensor, several of one type, a list of types, and none."""
    assert outputs_of("MatMul") == (Output("", "", "T", ""),)
    assert outputs_of("Split") == (Output("", "", "T", "num_split"),)
    assert outputs_of("While") == (Output("", "", "", "T"),)
    assert outputs_of("TopKV2") == (
        Output("values", "", "T", ""),
        Output("indices", "int32", "index_type", ""),
    )
    assert outputs_of("VarHandleOp") == (Output("", "resource", "", ""),)
    assert outputs_of("NoOp") == ()


def test_inputs_have_names_and_counts() -> None:
    """In the order in which a node lists them."""
    assert inputs_of("ConcatV2") == (Input("values", "N"), Input("axis", ""))
    assert inputs_of("NoOp") == ()


def test_ops_that_are_not_tensorflows() -> None:
    """Nothing is said of them."""
    assert outputs_of("SimpleMLLoadModelFromPath") is None
    assert inputs_of("SimpleMLLoadModelFromPath") is None
    assert not is_stateful("SimpleMLLoadModelFromPath")


def test_state_and_calls() -> None:
    """Variables are stateful, a map over a data set calls a function."""
    assert is_stateful("VarHandleOp")
    assert not is_stateful("MatMul")
    assert calls_functions("MapDataset")
    assert not calls_functions("MatMul")
