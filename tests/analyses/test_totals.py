"""Totals: parts add up, aliases count once."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tensorboard_plugin_modelinspect.analyses.totals import Sum, compute_totals
from tensorboard_plugin_modelinspect.model.dtype import DTYPES
from tensorboard_plugin_modelinspect.model.tensor import ROLES, Role, Tensor

SHAPES = st.sampled_from([(), (0,), (1,), (5,), (2, 3), (4, 0, 2), (3, 1, 2)])
NAMES = st.sampled_from(["kernel", "dropout/seed_generator_state", "seed_generator_state_copy"])


def tensor_of(
    name: str, number: int, shape: tuple[int, ...], nbytes: int, role: Role, alias_of: str | None
) -> Tensor:
    return Tensor("key", name, DTYPES[number], shape, nbytes, role, alias_of, None, None)  # type: ignore[arg-type]


TENSORS = st.lists(
    st.builds(
        tensor_of,
        NAMES,
        st.sampled_from([1, 7, 9, 14, 21]),
        SHAPES,
        st.integers(0, 1000),
        st.sampled_from(ROLES),
        st.sampled_from([None, None, "other"]),
    ),
    max_size=12,
)


def add(sums: list[Sum]) -> Sum:
    return Sum(
        sum(one.tensors for one in sums),
        sum(one.parameters for one in sums),
        sum(one.nbytes for one in sums),
    )


@given(TENSORS)
def test_parts_add_up(some: list[Tensor]) -> None:
    """Sums by role and sums by dtype both give the sum of all; with the aliases, everything."""
    totals = compute_totals(some)
    assert add(list(totals.by_role.values())) == totals.all
    assert add(list(totals.by_dtype.values())) == totals.all
    assert totals.all.tensors + totals.aliases.tensors == len(some)
    assert totals.all.nbytes + totals.aliases.nbytes == sum(one.nbytes for one in some)


@given(TENSORS, TENSORS)
def test_totals_of_parts_merge_into_those_of_the_whole(
    some: list[Tensor], others: list[Tensor]
) -> None:
    """Summing two lists and adding gives what summing both at once gives."""
    one, other, both = compute_totals(some), compute_totals(others), compute_totals(some + others)
    assert add([one.all, other.all]) == both.all
    assert add([one.aliases, other.aliases]) == both.aliases
    for role in ROLES:
        parts = [part.by_role[role] for part in (one, other) if role in part.by_role]
        assert add(parts) == both.by_role.get(role, Sum())


@given(TENSORS)
def test_only_what_occurs_is_listed(some: list[Tensor]) -> None:
    """Roles come in their fixed order, types by bytes; none of either without a tensor."""
    totals = compute_totals(some)
    assert [role for role in ROLES if role in totals.by_role] == list(totals.by_role)
    nbytes = [one.nbytes for one in totals.by_dtype.values()]
    assert nbytes == sorted(nbytes, reverse=True)
    assert all(one.tensors for one in [*totals.by_role.values(), *totals.by_dtype.values()])


def test_an_alias_counts_once() -> None:
    """A tensor that repeats another one is in no sum but its own."""
    weight = Tensor("a", "w", DTYPES[1], (2, 3), 24, "weight", None, None, None)  # type: ignore[arg-type]
    totals = compute_totals([weight, weight._replace(key="b", alias_of="a")])
    assert totals.all == Sum(1, 6, 24)
    assert totals.aliases == Sum(1, 6, 24)
    assert totals.model_parameters == 6


def test_what_counts_as_a_parameter() -> None:
    """Keras' own rule: strings and the states of random generators are no parameters."""
    base = Tensor("a", "w", DTYPES[1], (10,), 40, "state", None, None, None)  # type: ignore[arg-type]
    parts = [
        base,
        base._replace(dtype=DTYPES[7]),
        base._replace(dtype=DTYPES[21]),
        base._replace(name="dropout/seed_generator/seed_generator_state"),
        base._replace(role="optimizer"),
    ]
    totals = compute_totals(parts)
    assert totals.by_role["state"].parameters == 10
    assert totals.model_parameters == 10
    assert totals.all.parameters == 20
