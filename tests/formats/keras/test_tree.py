"""Names and roles in weight files of Keras 3, where config and path say more or less."""

from __future__ import annotations

from typing import Any

import pytest

from tensorboard_plugin_modelinspect.formats.hdf5.file import Dataset
from tensorboard_plugin_modelinspect.formats.keras.config import LayerConfig
from tensorboard_plugin_modelinspect.formats.keras.tree import is_keras_tree, name_tree
from tensorboard_plugin_modelinspect.formats.keras.variables import VARIABLES, name_variables
from tensorboard_plugin_modelinspect.model.dtype import DTYPES, DType
from tests.support.keras_writer import dense_config, layer_config, model_config

BY_NAME = {dtype.name: dtype for dtype in DTYPES.values()}


def dataset(key: str, shape: tuple[int, ...] = (2,), dtype: str = "float32") -> Dataset:
    """A dataset of that name."""
    return Dataset(key, BY_NAME[dtype], False, shape, 8, 0, "contiguous", None)


def names(
    datasets: list[Dataset],
    model: dict[str, Any] | None = None,
    stored_names: dict[str, str] | None = None,
    optimizer: dict[str, Any] | None = None,
) -> dict[str, tuple[str, str]]:
    """Name and role by key; `stored_names` are attributes by the object's path."""
    groups: dict[str, dict[str, Any]] = {}
    for one in datasets:
        groups[one.key.rpartition("/")[0]] = {}
    for path, name in (stored_names or {}).items():
        groups[f"{path}/vars" if path else "vars"] = {"name": name}
    config = LayerConfig(model) if model else None
    tree = name_tree(
        {one.key: one for one in datasets},
        groups,
        config,
        LayerConfig(optimizer) if optimizer else None,
    )
    return tree.namings


def test_a_config_tells_classes_and_options() -> None:
    """The layer is found by its stored name, else by its place among those of its class."""
    datasets = [dataset(f"layers/dense{n}/vars/0") for n in ("", "_1")]
    model = model_config(dense_config("a"), dense_config("b", trainable=False))
    assert names(datasets, model) == {
        "layers/dense/vars/0": ("a/kernel", "weight"),
        "layers/dense_1/vars/0": ("b/kernel", "state"),
    }
    swapped = {"layers/dense": "b", "layers/dense_1": "a"}
    assert names(datasets, model, swapped) == {
        "layers/dense/vars/0": ("b/kernel", "state"),
        "layers/dense_1/vars/0": ("a/kernel", "weight"),
    }


@pytest.mark.parametrize(
    ("scale", "center", "wanted"),
    [(True, False, ["gamma"]), (False, True, ["beta"]), (True, True, ["gamma", "beta"])],
)
def test_options_decide_which_variables_there_are(
    scale: bool, center: bool, wanted: list[str]
) -> None:
    """What a number means depends on the options of the layer."""
    model = model_config(layer_config("LayerNormalization", "n", scale=scale, center=center))
    datasets = [dataset(f"layers/layer_normalization/vars/{i}") for i in range(len(wanted))]
    found = names(datasets, model)
    assert [name for name, _ in found.values()] == [f"n/{one}" for one in wanted]


def test_without_a_config_the_path_tells() -> None:
    """A list holds objects by class; what could be either of two keeps its number."""
    datasets = [dataset(f"layers/batch_normalization/vars/{i}") for i in range(3)]
    datasets += [dataset("layers/lstm/cell/vars/0"), dataset("mine/vars/0")]
    assert names(datasets, None, {"layers/lstm": "memory"}) == {
        "layers/batch_normalization/vars/0": ("batch_normalization/0", "weight"),
        "layers/batch_normalization/vars/1": ("batch_normalization/moving_mean", "state"),
        "layers/batch_normalization/vars/2": ("batch_normalization/moving_variance", "state"),
        "layers/lstm/cell/vars/0": ("memory/cell/0", "weight"),
        "mine/vars/0": ("mine/0", "weight"),
    }


def test_classes_of_others_are_not_guessed() -> None:
    """A class of the user's own may be called Dense and be something else."""
    foreign = {"module": "mine", "class_name": "Dense", "config": {"name": "a"}}
    found = names([dataset("layers/dense/vars/0")], model_config(foreign))
    assert found == {"layers/dense/vars/0": ("a/0", "weight")}


def test_frozen_models() -> None:
    """A frozen model froze its layers; a layer that was thawed again says so itself."""
    inner = {
        "module": "keras",
        "class_name": "Functional",
        "config": {
            "name": "inner",
            "trainable": False,
            "layers": [dense_config("thawed"), layer_config("Dense", "frozen", trainable=False)],
        },
    }
    keys = [f"layers/functional/layers/dense{n}/vars/0" for n in ("", "_1")]
    model = model_config(inner)
    found = names([dataset(key) for key in keys], model, {"layers/functional": "inner"})
    assert [found[key] for key in keys] == [
        ("inner/thawed/kernel", "weight"),
        ("inner/frozen/kernel", "state"),
    ]


def test_layers_inside_layers() -> None:
    """A wrapped layer has a config of its own; what it makes itself follows its options."""
    wrapped = layer_config("TimeDistributed", "each", layer=dense_config("inside"))
    both = layer_config("Bidirectional", "both", layer=layer_config("LSTM", "l", use_bias=False))
    attention = layer_config("MultiHeadAttention", "attention", use_bias=False)
    keys = [
        "layers/time_distributed/layer/vars/0",
        "layers/bidirectional/backward_layer/cell/vars/0",
        "layers/bidirectional/backward_layer/cell/vars/1",
        "layers/multi_head_attention/query_dense/vars/0",
    ]
    paths = ["layers/time_distributed", "layers/bidirectional", "layers/multi_head_attention"]
    stored = dict(zip(paths, ("each", "both", "attention"), strict=True))
    stored["layers/bidirectional/backward_layer"] = "backward_l"
    found = names([dataset(key) for key in keys], model_config(wrapped, both, attention), stored)
    assert [found[key][0] for key in keys] == [
        "each/inside/kernel",
        "both/backward_l/cell/kernel",
        "both/backward_l/cell/recurrent_kernel",
        "attention/query_dense/kernel",
    ]


def test_states_of_random_generators() -> None:
    """They are variables of the model, though no parameters."""
    key = "layers/dropout/seed_generator/vars/0"
    stored = {"layers/dropout": "drop", "layers/dropout/seed_generator": "seed_generator"}
    found = names([dataset(key, dtype="uint32")], None, stored)
    assert found[key] == ("drop/seed_generator/seed_generator_state", "state")


def test_optimizers_are_named_by_what_they_trained() -> None:
    """Slots are named where their shapes are those of the trained weights, in their order."""
    shapes = {"layers/dense/vars/0": (3, 2), "layers/dense/vars/1": (2,)}
    datasets = [dataset(key, shape) for key, shape in shapes.items()]
    scalars = [dataset("optimizer/vars/0", (), "int64"), dataset("optimizer/vars/1", ())]
    slots = [dataset(f"optimizer/vars/{i + 2}", shape) for i, shape in enumerate(shapes.values())]
    stored = {"layers/dense": "a", "optimizer": "sgd"}
    sgd = {"class_name": "SGD", "config": {"momentum": 0.9}}
    found = names([*datasets, *scalars, *slots], model_config(dense_config("a")), stored, sgd)
    assert [found[one.key] for one in [*scalars, *slots]] == [
        ("sgd/iteration", "optimizer"),
        ("sgd/learning_rate", "optimizer"),
        ("sgd/a_kernel_momentum", "optimizer"),
        ("sgd/a_bias_momentum", "optimizer"),
    ]
    moved = [one._replace(shape=other.shape) for one, other in zip(slots, slots[::-1], strict=True)]
    found = names([*datasets, *scalars, *moved], model_config(dense_config("a")), stored, sgd)
    assert [found[one.key][0] for one in moved] == ["sgd/2", "sgd/3"]


def test_metrics_are_no_parameters() -> None:
    """Keras 2 saves what its metrics counted."""
    found = names([dataset("metrics/mean/vars/0", ())], None, {"metrics/mean": "loss"})
    assert found == {"metrics/mean/vars/0": ("loss/0", "metadata")}


def test_other_datasets_keep_their_names() -> None:
    """What is no variable of an object is called by its key."""
    found = names([dataset("layers/a/vars/0"), dataset("extra", dtype="string")])
    assert found["extra"] == ("extra", "table")
    assert is_keras_tree({"layers/a/vars": {}})
    assert not is_keras_tree({"layers/a": {}})


@pytest.mark.parametrize("kind", VARIABLES)
def test_all_or_the_least_variables_have_names(kind: str) -> None:
    """Without a config: with every option on, and with every option off, nothing is in doubt."""
    every = VARIABLES[kind]
    least = [one for one in every if not one.option]
    for wanted in (list(every), least):
        if wanted:
            found = name_variables(kind, None, ["float32"] * len(wanted))
            assert found == [one._replace(option="") for one in wanted] or found == wanted
    assert name_variables(kind, None, ["float32"] * (len(every) + 1)) is None


def test_unknown_types_are_no_weights() -> None:
    """A dataset without numbers is neither trained nor counted."""
    key = "layers/dense/vars/0"
    one = dataset(key)._replace(dtype=DType(0, "compound", 0, ""))
    assert names([one])[key][1] == "table"
