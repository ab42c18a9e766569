"""Readable names and roles without an object graph, and the aliases of Keras exports."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tensorboard_plugin_modelinspect.formats.naming import (
    KeyNaming,
    find_aliases,
    path_of_key,
    step_in_name,
)
from tensorboard_plugin_modelinspect.model.dtype import DTYPES
from tensorboard_plugin_modelinspect.model.tensor import ROLES, Tensor

FLOAT, STRING, INT64, VARIANT = DTYPES[1], DTYPES[7], DTYPES[9], DTYPES[21]


@pytest.mark.parametrize(
    ("key", "path"),
    [
        ("a/b/.ATTRIBUTES/VARIABLE_VALUE", "a/b"),
        ("a/..b/.ATTRIBUTES/VARIABLE_VALUE", "a/.b"),
        ("a/x.Sy/.ATTRIBUTES/VARIABLE_VALUE", "a/x/y"),
        ("a/x..Sy/.ATTRIBUTES/VARIABLE_VALUE", "a/x.Sy"),
        ("a/....S/.ATTRIBUTES/VARIABLE_VALUE", "a/..S"),
        ("a/.....S/.ATTRIBUTES/VARIABLE_VALUE", "a/../"),
        ("w/.OPTIMIZER_SLOT/optimizer/m/.ATTRIBUTES/VARIABLE_VALUE", "w/optimizer/m"),
        ("table/.ATTRIBUTES/table-keys", "table/table-keys"),
        ("layer/.ATTRIBUTES/OBJECT_CONFIG_JSON", "layer/OBJECT_CONFIG_JSON"),
        ("plain/name", "plain/name"),
        ("", ""),
    ],
)
def test_keys_become_paths(key: str, path: str) -> None:
    """TensorFlow's own parts go, its escapes of local names are undone, in one pass."""
    assert path_of_key(key) == path


@given(st.lists(st.text("ab./S", min_size=1, max_size=5), min_size=1, max_size=4))
def test_escapes_are_undone_exactly(names: list[str]) -> None:
    """Local names of any dots and slashes come back as tracking escapes them."""
    escaped = "/".join(name.replace(".", "..").replace("/", ".S") for name in names)
    assert path_of_key(f"{escaped}/.ATTRIBUTES/VARIABLE_VALUE") == "/".join(names)


@pytest.mark.parametrize(
    ("key", "dtype", "role"),
    [
        ("dense/kernel", FLOAT, "weight"),
        ("w", FLOAT, "weight"),
        ("table/ids", INT64, "state"),
        ("vocabulary", STRING, "table"),
        ("_CHECKPOINTABLE_OBJECT_GRAPH", STRING, "metadata"),
        ("blob", VARIANT, "metadata"),
        ("global_step", INT64, "counter"),
        ("scope/global_step", INT64, "counter"),
        ("beta1_power", FLOAT, "optimizer"),
        ("scope/beta2_power_1", FLOAT, "optimizer"),
        ("w/Adam", FLOAT, "optimizer"),
        ("w/Adam_1", FLOAT, "optimizer"),
        ("w/adam_m", FLOAT, "optimizer"),
        ("other/Adam", FLOAT, "weight"),  # no slot: there is no variable `other`
        ("norm/moving_mean", FLOAT, "state"),
        ("norm/moving_variance", FLOAT, "state"),
        ("w/ExponentialMovingAverage", FLOAT, "state"),
        ("norm/moving_mean/biased", FLOAT, "state"),
        ("moving_mean_field/kernel", FLOAT, "weight"),
        ("x/.OPTIMIZER_SLOT/opt/m/.ATTRIBUTES/VARIABLE_VALUE", FLOAT, "optimizer"),
        ("optimizer/_iterations/.ATTRIBUTES/VARIABLE_VALUE", INT64, "optimizer"),
        ("optimizer/_trainable_variables/0/.ATTRIBUTES/VARIABLE_VALUE", FLOAT, "weight"),
        ("save_counter/.ATTRIBUTES/VARIABLE_VALUE", INT64, "counter"),
        ("t/.ATTRIBUTES/table-keys", STRING, "table"),
        ("t/.ATTRIBUTES/table-values", INT64, "table"),
        ("layer/.ATTRIBUTES/OBJECT_CONFIG_JSON", STRING, "metadata"),
        ("VARIABLE_VALUE", FLOAT, "weight"),
        ("scope/table-keys", FLOAT, "weight"),
    ],
)
def test_roles_by_name(key: str, dtype: object, role: str) -> None:
    """Conventions of TF1's optimizers and layers, and of object-based keys."""
    naming = KeyNaming({key, "w", "dense/kernel"}, None)
    assert naming(key, dtype)[1] == role  # type: ignore[arg-type]


def test_the_graph_knows_better() -> None:
    """Where a graph lists trainable variables, they are weights and all others are state."""
    naming = KeyNaming({"a", "b", "moving_mean", "a/Adam"}, {"a", "moving_mean"})
    assert naming("a", FLOAT)[1] == "weight"
    assert naming("moving_mean", FLOAT)[1] == "weight"
    assert naming("b", FLOAT)[1] == "state"
    assert naming("a/Adam", FLOAT)[1] == "optimizer"


@given(
    st.lists(
        st.sampled_from(
            ["VARIABLE_VALUE", ".ATTRIBUTES", "table-keys", "", ".OPTIMIZER_SLOT", "m", "optimizer"]
        ),
        max_size=6,
    ).map("/".join),
    st.sampled_from(sorted(DTYPES)),
)
def test_any_key_has_a_name_and_a_role(key: str, number: int) -> None:
    """Also keys that only look like those of objects."""
    name, role = KeyNaming({key}, None)(key, DTYPES[number])
    assert role in ROLES
    assert isinstance(name, str)


def tensor(key: str, name: str = "w", crc: int = 1) -> Tensor:
    return Tensor(key, name, FLOAT, (2,), 8, "weight", None, crc, None)  # type: ignore[arg-type]


def by_key(*tensors: Tensor) -> dict[str, Tensor]:
    return {one.key: one for one in tensors}


def test_keras_exports_list_weights_twice() -> None:
    """`_all_variables/N` repeats the `variables/M` of the same name and content."""
    tensors = by_key(
        tensor("_all_variables/0"),
        tensor("_all_variables/1", "b", 2),
        tensor("variables/0", "b", 2),
        tensor("variables/1"),
    )
    assert find_aliases(tensors) == {
        "_all_variables/0": "variables/1",
        "_all_variables/1": "variables/0",
    }


def test_equal_content_alone_is_no_alias() -> None:
    """Two fresh biases are equal and two variables: another name, another list, or no partner."""
    assert find_aliases(by_key(tensor("variables/0"), tensor("variables/1"))) == {}
    assert find_aliases(by_key(tensor("_all_variables/0"), tensor("other/0"))) == {}
    different = by_key(tensor("_all_variables/0", crc=2), tensor("variables/0"))
    assert find_aliases(different) == {}


def test_each_original_has_one_alias() -> None:
    """Layers of the same name and content pair off; none is used twice."""
    twice = by_key(tensor("_all_variables/0"), tensor("_all_variables/1"), tensor("variables/0"))
    assert list(find_aliases(twice).values()) == ["variables/0"]


@pytest.mark.parametrize(
    ("prefix", "step"),
    [
        ("ckpt-3", 3),
        ("model.ckpt-0", 0),
        ("a/b-7/model-00012", 12),
        ("weights.05", 5),
        ("weights_10.ckpt", 10),
        ("model.ckpt", None),
        ("model", None),
        ("v2", None),
        ("run-7/model.ckpt", None),
        ("ckpt-" + "9" * 18, 10**18 - 1),
        ("ckpt-" + "9" * 400, None),
        ("ckpt-٣", None),
        ("model.ckpt-7-?????-of-00002", 7),
        ("export-?????-of-00001", None),
    ],
)
def test_steps_in_names(prefix: str, step: int | None) -> None:
    """The number a prefix ends in, if it stands by itself and is one a counter can hold."""
    assert step_in_name(prefix) == step
