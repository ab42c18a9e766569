"""What counts as weights, what is evidence, and the content hash."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

import google_crc32c
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tensorboard_plugin_modelinspect.analyses.lineage.contents import (
    LEAST_NBYTES,
    UNKNOWN,
    Contents,
    choose_weights,
    counts_as_weight,
    make_sketch,
)
from tensorboard_plugin_modelinspect.formats.content_checksums import constant_checksums
from tensorboard_plugin_modelinspect.model.dtype import dtype_of
from tensorboard_plugin_modelinspect.model.tensor import Role
from tensorboard_plugin_modelinspect.opening import open_artifact
from tests.support.array_tensor import array_tensor
from tests.support.corpus import ROOT as CORPUS
from tests.support.lineage import sketch_of

DOCS = Path(__file__).resolve().parents[3] / "docs"
RANDOM = np.random.default_rng(0)


def fresh() -> Contents:
    """Numbers for contents that nobody has seen."""
    return Contents(constant_checksums)


def normal(*shape: int) -> np.ndarray:
    """Random weights."""
    return RANDOM.normal(size=shape).astype(np.float32)


def documented_hash(weights: list[np.ndarray]) -> str:
    """What the code in docs/lineage.md makes of weights."""
    [code] = re.findall(r"```python\n(.*?)```", (DOCS / "lineage.md").read_text(), re.DOTALL)
    names: dict[str, Any] = {}
    exec(code, names)
    answer: str = names["content_hash"](weights)
    return answer


def test_hash_is_as_documented() -> None:
    """The code in the documentation gives the same hash from values."""
    arrays = {
        "b": normal(3, 4),
        "a": normal(7),
        "scalar": np.float32(0.5),
        "zero": np.zeros(9, "f4"),
    }
    weights = sketch_of(arrays, fresh()).weights
    assert weights.hash == documented_hash(list(map(np.asarray, arrays.values())))
    assert weights.tensors == 4


def test_hash_is_of_lines() -> None:
    """The very text that is hashed."""
    value = np.arange(6, dtype=np.float32).reshape(2, 3)
    line = f"float32 [2,3] 24 {google_crc32c.value(value.tobytes()):08x}\n"
    expected = "mi1:" + hashlib.sha256(line.encode()).hexdigest()[:32]
    assert sketch_of({"w": value}, fresh()).weights.hash == expected


@given(st.permutations(range(5)), st.lists(st.text("abc/", min_size=1), unique=True, min_size=5))
def test_hash_is_independent_of_names_and_order(order: list[int], names: list[str]) -> None:
    """Keys sort tensors in a file; they do not matter."""
    values = [np.arange(i + 3, dtype=np.float32) for i in range(5)]
    plain = {f"w{i}": value for i, value in enumerate(values)}
    other = {name: values[i] for name, i in zip(names, order, strict=False)}
    assert sketch_of(plain, fresh()).weights.hash == sketch_of(other, fresh()).weights.hash


@pytest.mark.parametrize("change", ["bit", "shape", "type", "twice", "less"])
def test_hash_tells_changes(change: str) -> None:
    """One bit, another shape of the same bytes, another type of them, one tensor more or less."""
    arrays = {"a": normal(4, 6), "b": np.zeros(8, np.float32)}
    before = sketch_of(arrays, fresh()).weights.hash
    if change == "bit":
        arrays["a"].view("u4")[1, 2] ^= 1
    elif change == "shape":
        arrays["a"] = arrays["a"].reshape(6, 4)
    elif change == "type":
        arrays["a"] = arrays["a"].view(np.float16)
    elif change == "twice":
        arrays["c"] = arrays["b"]
    else:
        del arrays["b"]
    assert sketch_of(arrays, fresh()).weights.hash != before


def test_all_forms_of_a_model_have_one_hash() -> None:
    """Without what a checkpoint, an export or a file of Keras has beside the weights."""
    weights = {"dense/kernel": normal(4, 4), "dense/bias": normal(4)}
    beside = {
        "dense/kernel/Adam": normal(4, 4),
        "global_step": np.int64(7),
        "save_counter": np.int64(7),
        "beta1_power": np.float32(0.9),
        "seed_generator/seed_generator_state": np.array([1, 2]),
        "keras_api/metrics/0/total/.ATTRIBUTES/VARIABLE_VALUE": np.float32(3),
        "table": np.array([True, False]),
    }
    sketch = sketch_of({**weights, **beside}, fresh())
    assert sketch.weights.hash == sketch_of(weights, fresh()).weights.hash
    assert sketch.weights.left_out == len(beside)
    assert sketch.names == ("dense/bias", "dense/kernel")


@pytest.mark.parametrize(
    ("dtype", "role", "counts"),
    [
        ("float32", "weight", True),
        ("bfloat16", "state", True),
        ("complex64", "weight", True),
        ("int8", "weight", True),
        ("int32", "weight", False),
        ("uint32", "state", False),
        ("bool", "state", False),
        ("string", "weight", False),
        ("float32", "optimizer", False),
        ("float32", "metadata", False),
    ],
)
def test_what_counts(dtype: str, role: Role, counts: bool) -> None:
    """By role and type."""
    tensor, _ = array_tensor(np.zeros(3), dtype)
    assert counts_as_weight(tensor._replace(role=role)) is counts


def test_references_are_plain_types() -> None:
    """`float32_ref` is how old graphs call a variable's type; the values are the same."""
    contents = fresh()
    tensor, _ = array_tensor(normal(40))
    reference = tensor._replace(dtype=dtype_of(100 + tensor.dtype.number))
    assert reference.dtype.name == "float32_ref"
    assert contents.number(tensor, 5) == contents.number(reference, 5)


def test_aliases_count_once() -> None:
    """Keras 3 stores every weight of an export twice; that is told apart from the weights."""
    artifact = open_artifact(CORPUS / "keras3_export" / "network")
    layout = choose_weights(artifact.tensors)
    weights = make_sketch(artifact.tensors, layout, fresh()).weights
    assert layout.aliases
    assert weights.repeated >= len(layout.aliases)
    assert weights.repeated_nbytes >= sum(artifact.tensors[key].nbytes for key in layout.aliases)
    assert not {*layout.keys} & {*layout.aliases}


def test_copies_that_are_no_aliases_are_counted() -> None:
    """A content that is stored under two keys is stored twice; zeros are not worth telling."""
    value, zeros = normal(40), np.zeros(40, np.float32)
    weights = sketch_of({"a": value, "b": value, "c": zeros, "d": zeros}, fresh()).weights
    assert (weights.repeated, weights.repeated_nbytes) == (1, 160)


def test_evidence() -> None:
    """Large enough, and no constant."""
    least = LEAST_NBYTES // 4
    arrays = {
        "telling": normal(least),
        "small": normal(least - 1),
        "zeros": np.zeros(999, np.float32),
        "ones": np.ones(999, np.float32),
        "nan": np.full(999, np.nan, np.float32),
        "lstm": np.repeat(np.float32([0, 1, 0, 0]), 30),
    }
    contents = fresh()
    sketch = sketch_of(arrays, contents)
    telling = [
        name
        for name, one in zip(sketch.names, sketch.contents, strict=True)
        if contents.is_telling(one)
    ]
    assert telling == ["telling"]
    assert sketch.weights.telling == 1
    assert sketch.own == 2


def test_unknown_is_counted_and_hashes_nothing() -> None:
    """One weight without a checksum, and there is no hash; read, there is."""
    known, _ = array_tensor(normal(40))
    tensors = {"a": known._replace(key="a"), "b": known._replace(key="b", name="b")}
    layout = choose_weights(tensors)
    partly = make_sketch(tensors, layout, fresh(), {"a": 7})
    assert (partly.weights.hash, partly.weights.unknown) == (None, 1)
    assert list(partly.contents)[1] == UNKNOWN
    whole = make_sketch(tensors, layout, fresh(), {"a": 7, "b": 8})
    assert whole.weights.hash is not None


def test_no_weights_have_no_hash() -> None:
    """An artifact without variables is not the same as every other one."""
    assert sketch_of({"global_step": np.int64(3)}, fresh()).weights.hash is None


def test_names_that_several_have_are_keys() -> None:
    """TensorFlow calls every variable `Variable` that was not named."""
    tensor, _ = array_tensor(normal(40))
    tensors = {key: tensor._replace(key=key, name="Variable") for key in "ab"}
    tensors["c"] = tensor._replace(key="c", name="kernel")
    assert choose_weights(tensors).names == ("a", "b", "kernel")
