"""Output channels: dead and equal ones are found, however the values are cut."""

from __future__ import annotations

from collections.abc import Iterator

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tensorboard_plugin_modelinspect.analyses.health import (
    Channels,
    HealthFinding,
    has_channels,
    judge_channels,
    read_channels,
)
from tensorboard_plugin_modelinspect.analyses.health.channels import MOST_LISTED
from tensorboard_plugin_modelinspect.model.pieces import Piece
from tensorboard_plugin_modelinspect.model.tensor import Region, Role, Tensor
from tests.support.tensors import tensor_of


def random_values(*shape: int, dtype: str = "float32") -> np.ndarray:
    return np.random.default_rng(1).normal(0, 1, shape).astype(np.dtype(dtype))


def expected(values: np.ndarray) -> Channels:
    """By comparing each channel, the last axis, with each."""
    columns = values.reshape(-1, values.shape[-1]).astype(np.float64).T
    dead = [bool((column == column[0]).all()) for column in columns]
    zero = sum(not column.any() for column in columns)
    pairs = []
    for later in range(len(columns)):
        same = (np.array_equal(columns[first], columns[later]) for first in range(later))
        first = next((number for number, is_same in enumerate(same) if is_same), None)
        if first is not None and not dead[later]:
            pairs.append((later, first))
    listed = tuple(np.flatnonzero(dead).tolist()[:MOST_LISTED])
    return Channels(
        len(columns), zero, sum(dead) - zero, len(pairs), listed, tuple(pairs[:MOST_LISTED])
    )


def to_axis(values: np.ndarray, name: str) -> np.ndarray:
    """The same channels where a layer of that name has them, in memory of its own."""
    if "embeddings" in name:
        return np.ascontiguousarray(values.reshape(-1, values.shape[-1]).T)
    if "transpose" in name:
        return np.ascontiguousarray(np.moveaxis(values, -1, -2))
    return values


@pytest.mark.parametrize(
    ("name", "dtype"),
    [
        ("dense/kernel", "float32"),
        ("dense/kernel", "float64"),
        ("dense/kernel", "float16"),
        ("dense/kernel", "bfloat16"),
        ("dense/kernel", "int8"),
        ("table/embeddings", "float32"),
        ("table/embeddings", "float64"),
        ("conv2d_transpose/kernel", "float32"),
        ("block/depthwise_kernel", "float32"),
    ],
)
def test_channels_are_those_that_comparing_finds(name: str, dtype: str) -> None:
    """Of layers of few values, many channels of which are equal, in pieces of any size."""

    @settings(max_examples=60, deadline=None)
    @given(
        st.lists(
            st.lists(st.sampled_from([-0.0, 0.0, 1.0, -1.0, 2.0]), min_size=8, max_size=8),
            min_size=2,
            max_size=9,
        ),
        st.integers(1, 80),
    )
    def check(channels: list[list[float]], piece_size: int) -> None:
        plain = np.array(channels).T.reshape(2, 4, -1).astype(np.dtype(dtype))
        values = to_axis(plain, name)
        tensor = tensor_of(name, values, piece_nbytes=piece_size * values.itemsize)
        found = read_channels(tensor)
        if "depthwise" in name:  # two rows of eight values, four inputs times a multiplier
            plain, found = values.reshape(2, -1), found or expected(values.reshape(2, -1))
        assert found == expected(plain)

    check()


@given(st.integers(1, 700), st.permutations(range(6)))
@settings(max_examples=30, deadline=None)
def test_pieces_of_any_size_in_any_order(piece_size: int, order: list[int]) -> None:
    """A tensor stored in slices says what it says in one piece."""
    values = random_values(12, 7, 10)
    values[:, :, 3], values[:, :, 8], values[:, :, 6] = values[:, :, 1], 0.5, 0
    bounds = [(2 * number, 2 * number + 2) for number in order]

    class InSlices:
        def read_region(self, tensor: Tensor, region: Region) -> np.ndarray:
            return values[region]

        def iter_pieces(self, tensor: Tensor, most_nbytes: int) -> Iterator[Piece]:
            for start, stop in bounds:
                part = values[start:stop].reshape(-1)
                for first in range(0, part.size, piece_size):
                    box = ((start, stop), (0, 7), (0, 10))
                    yield Piece(part[first : first + piece_size], box, first)

    tensor = tensor_of("conv/kernel", values)._replace(values=InSlices())
    assert read_channels(tensor) == expected(values)
    rows = np.ascontiguousarray(values.reshape(-1, 10))
    rows[70] = rows[3]
    found = read_channels(tensor_of("embeddings", rows, piece_nbytes=4 * piece_size))
    assert found == Channels(84, 0, 0, 1, (), ((70, 3),))


@pytest.mark.parametrize("axis", [0, 1])
def test_slices_of_the_channels(axis: int) -> None:
    """A partitioned layer may be cut along its channels, or across them."""
    values = random_values(40, 30)
    values[:, 7], values[:, 21], values[:, 28] = 0.5, 0, values[:, 2]

    class InTwo:
        def read_region(self, tensor: Tensor, region: Region) -> np.ndarray:
            return values[region]

        def iter_pieces(self, tensor: Tensor, most_nbytes: int) -> Iterator[Piece]:
            for start, stop in ((11, tensor.shape[axis]), (0, 11)):
                box = [(0, size) for size in tensor.shape]
                box[axis] = (start, stop)
                part = stored[tuple(slice(*bounds) for bounds in box)]
                yield Piece(part.reshape(-1), tuple(box), 0)

    for name, stored in (("dense/kernel", values), ("words/embeddings", values.T.copy())):
        tensor = tensor_of(name, stored)._replace(values=InTwo())
        assert read_channels(tensor) == Channels(30, 1, 1, 1, (7, 21), ((28, 2),))


def test_what_differs_in_signs_only() -> None:
    """Hashes by sums would lose two signs that change together: their words are mixed before."""
    values = np.abs(random_values(64, 300))
    values[:] = values[:, :1]
    for channel in range(1, 300):
        rows = np.random.default_rng(channel).choice(64, 2, replace=False)
        values[rows, channel] *= -1
    distinct = len(np.unique(values, axis=1).T)
    found = read_channels(tensor_of("dense/kernel", values))
    assert found.repeated == 300 - distinct


def test_more_values_than_a_block() -> None:
    """Blocks of rows add up, whether a row is shorter or longer than one."""
    for shape in ((2, 70_000), (70_000, 2), (300, 300)):
        values = random_values(*shape)
        values[:, 1] = values[:, 0]
        found = read_channels(tensor_of("dense/kernel", values))
        assert (found.dead, found.repeated, found.first_repeated) == (0, 1, ((1, 0),))


def find(
    values: np.ndarray, name: str = "dense/kernel", role: Role = "weight"
) -> list[HealthFinding]:
    tensor = tensor_of(name, values, role=role)
    return judge_channels(tensor, read_channels(tensor)) if has_channels(tensor) else []


def test_findings_say_which() -> None:
    """Dead and equal channels are named, the first of many."""
    values = random_values(16, 64)
    values[:, 5], values[:, 9], values[:, 60] = 0, 0.25, values[:, 2]
    dead, same = find(values)
    assert (dead.kind, dead.severity) == ("dead_channels", "warning")
    assert dead.evidence == (
        "2 of 64 (3.12 %) output channels are dead, 1 all zero, 1 of one value: 5, 9"
    )
    assert (same.kind, same.severity) == ("duplicate_channels", "warning")
    assert same.evidence == "1 of 64 (1.56 %) output channels repeat another: 60 = 2"
    values[:, :40] = 0
    assert find(values)[0].evidence.endswith(" 18, 19, …")


def test_embeddings_and_frozen_layers_are_notes() -> None:
    """Padding and words that do not occur are rows of zeros, and nobody's fault."""
    values = random_values(16, 64)
    values[3] = 0
    (found,) = find(values, "words/embeddings")
    assert (found.severity, found.evidence) == (
        "note", "1 of 16 (6.25 %) rows are dead, 1 all zero: 3"
    )  # fmt: skip
    assert [one.severity for one in find(values.T.copy(), role="state")] == ["note"]


@pytest.mark.parametrize(
    ("name", "values", "role"),
    [
        ("dense/kernel", random_values(16, 64), "weight"),
        ("dense/kernel", random_values(16, 64).astype(ml_dtypes.bfloat16), "weight"),
        ("dense/kernel", np.zeros((16, 64), np.float32), "weight"),
        ("dense/kernel", np.ones((1, 64), np.float32), "weight"),
        ("dense/kernel", np.zeros((16, 1), np.float32), "weight"),
        ("dense/kernel", np.zeros((0, 64), np.float32), "weight"),
        ("dense/bias", np.eye(8, dtype=np.float32)[:, :7], "weight"),
        ("Variable", np.zeros((16, 64), np.float32), "weight"),
        ("dense/kernel", np.zeros((16, 64), np.complex64), "weight"),
        ("dense/kernel", np.full((2, 2), b"a", object), "state"),
        ("adam/dense_kernel", np.repeat(random_values(16, 1), 4, 1), "optimizer"),
    ],
)
def test_what_says_nothing(name: str, values: np.ndarray, role: Role) -> None:
    """Random weights, tensors that are dead as a whole, channels of one value, no layers."""
    assert find(values, name, role) == []
