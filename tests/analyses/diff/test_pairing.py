"""Which tensors belong together: keys, unless layers count anew; names; contents; guesses."""

import zlib
from collections.abc import Mapping

import pytest

from benchmarks.renames import DOCUMENT, START, STOP, iter_cases, make_table, score_case
from tensorboard_plugin_modelinspect.model.dtype import DTYPES
from tensorboard_plugin_modelinspect.model.tensor import Role, Tensor
from tests.support.array_tensor import ArrayValues
from tests.support.diffs import found_pairs

_SUFFIX = "/.ATTRIBUTES/VARIABLE_VALUE"
_NO_VALUES = ArrayValues(None)  # type: ignore[arg-type]


def tensor(
    key: str,
    shape: tuple[int, ...] = (4, 4),
    content: str | None = "",
    *,
    name: str = "",
    dtype: int = 1,
    role: Role = "weight",
) -> Tensor:
    """A tensor; its content is its key unless given, None for one without a checksum."""
    crc = None if content is None else zlib.crc32((content or key).encode())
    nbytes = 4
    for size in shape:
        nbytes *= size
    return Tensor(key, name or key, DTYPES[dtype], shape, nbytes, role, None, crc, _NO_VALUES)


def side(*tensors: Tensor) -> dict[str, Tensor]:
    """Tensors by key."""
    return {one.key: one for one in tensors}


def pairs(before: Mapping[str, Tensor], after: Mapping[str, Tensor]) -> dict[str, str]:
    """Key after by key before; those added are left out, an empty text says removed."""
    found = found_pairs(before, after)
    return {
        key: "" if pair.after is None else pair.after.key
        for key, pair in found.items()
        if key is not None
    }


def test_by_key() -> None:
    """The same key is the same tensor, whatever became of its values, shape and type."""
    before = side(tensor("a"), tensor("b"), tensor("c", (2,)), tensor("d"))
    after = side(tensor("a"), tensor("b", content="new"), tensor("c", (3,)), tensor("d", dtype=2))
    found = found_pairs(before, after)
    contents = [found[key].content for key in "abcd"]
    assert contents == ["equal", "changed", "incomparable", "unknown"]
    assert {pair.by for pair in found.values()} == {"key"}
    assert found["c"].is_reshaped
    assert found["d"].is_retyped
    assert not any(pair.is_renamed for pair in found.values())


def test_no_checksum_is_unknown() -> None:
    """Of HDF5 and slices only reading can tell; strings against numbers never are compared."""
    before = side(tensor("a", content=None), tensor("b"))
    after = side(tensor("a"), tensor("b", dtype=7))
    found = found_pairs(before, after)
    assert found["a"].content == "unknown"
    assert found["b"].after is None


def test_by_name() -> None:
    """Formats have different keys but the same names; a name that two have says nothing."""
    before = side(tensor("v/0", name="dense/kernel", content="x"), tensor("v/1", name="b"))
    after = side(
        tensor("layers/0", name="dense/kernel", content="y"),
        tensor("layers/1", (9,), name="b"),
        tensor("layers/2", (9,), name="b"),
    )
    found = found_pairs(before, after)
    assert (found["v/0"].by, found["v/0"].confidence) == ("name", 1.0)
    assert not found["v/0"].is_renamed
    assert found["v/1"].after is None


def test_by_content() -> None:
    """One content that nobody else has; of several equal ones, such as fresh biases, rules tell."""
    before = side(
        tensor("enc/one/kernel", content="k1"),
        tensor("enc/one/bias", (64,), "zeros"),
        tensor("enc/two/kernel", content="k2"),
        tensor("enc/two/bias", (64,), "zeros"),
    )
    after = side(
        tensor("net/two/kernel", content="k2"),
        tensor("net/two/bias", (64,), "zeros"),
        tensor("net/one/kernel", content="k1"),
        tensor("net/one/bias", (64,), "zeros"),
    )
    found = found_pairs(before, after)
    assert {key: pair.tensor.key for key, pair in found.items()} == {
        key: key.replace("enc", "net") for key in before
    }
    assert found["enc/one/kernel"].by == "content"
    assert found["enc/one/bias"].by == "guess"
    assert "enc became net" in found["enc/one/bias"].reason


def test_a_few_equal_elements_are_chance() -> None:
    """Two counters of zero are not one tensor, unless they are called alike."""
    before = side(tensor("step", (), "0"), tensor("opt/iteration", (), "1"))
    after = side(tensor("seen", (), "0"), tensor("adam/iteration", (), "1"))
    assert pairs(before, after) == {"step": "", "opt/iteration": "adam/iteration"}


@pytest.mark.parametrize("is_trained", [False, True])
def test_inserted_layer_of_other_shape(*, is_trained: bool) -> None:
    """Keys that count layers: those behind the new one moved, with their optimizer's slots."""

    def layer(number: int, size: int, content: str, name: str) -> list[Tensor]:
        stem = f"layer_with_weights-{number}/kernel"
        slot = f"{stem}/.OPTIMIZER_SLOT/optimizer/m"
        return [
            tensor(f"{stem}{_SUFFIX}", (size, 8), content, name=f"{name}/kernel"),
            tensor(f"{slot}{_SUFFIX}", (size, 8), f"{content} m", name=f"adam/{name}/kernel/m"),
        ]

    new = "!" if is_trained else ""
    before = side(*layer(0, 20, "a", "dense"), *layer(1, 16, "b", "dense_1"))
    after = side(
        *layer(0, 20, f"a{new}", "dense"),
        *layer(1, 32, "c", "dense_1"),
        *layer(2, 16, f"b{new}", "dense_2"),
    )
    found = pairs(before, after)
    assert all(found[key] == key.replace("-1/", "-2/") for key in before)


def test_inserted_layer_of_the_same_shape_is_told_by_content() -> None:
    """All blocks are alike: only what they hold says that they moved."""
    before = side(*(tensor(f"block_{i}/w", (8, 8), f"w{i}") for i in range(4)))
    after = side(
        tensor("block_0/w", (8, 8), "w0"),
        tensor("block_1/w", (8, 8), "new"),
        *(tensor(f"block_{i + 1}/w", (8, 8), f"w{i}") for i in range(1, 4)),
    )
    assert pairs(before, after) == {
        "block_0/w": "block_0/w",
        **{f"block_{i}/w": f"block_{i + 1}/w" for i in range(1, 4)},
    }


def test_a_bias_that_is_zero_again_has_not_moved() -> None:
    """An equal small tensor says nothing where the largest one of its layer stays."""
    before = side(
        tensor("one/kernel", (64, 64), "k1"), tensor("one/bias", (64,), "zeros"),
        tensor("two/kernel", (64, 64), "k2"), tensor("two/bias", (64,), "b2"),
    )  # fmt: skip
    after = side(
        tensor("one/kernel", (64, 64), "k1+"), tensor("one/bias", (64,), "b1+"),
        tensor("two/kernel", (64, 64), "k2+"), tensor("two/bias", (64,), "zeros"),
    )  # fmt: skip
    assert pairs(before, after) == {key: key for key in before}


def exported(content: str, *names: str) -> dict[str, Tensor]:
    """Variables of a list, as Keras exports them, with names and contents of their own."""
    return side(
        *(
            tensor(f"variables/{place}{_SUFFIX}", (8, 8), f"{name} {content}", name=name)
            for place, name in enumerate(names)
        )
    )


def test_names_are_the_better_guide_where_one_was_inserted() -> None:
    """Every old name is still there: `variables/1` is another one now."""
    found = pairs(
        exported("old", "a/w", "b/w", "c/w"), exported("new", "a/w", "new/w", "b/w", "c/w")
    )
    assert list(found.values()) == [f"variables/{place}{_SUFFIX}" for place in (0, 2, 3)]


def test_keys_are_the_better_guide_where_keras_counted_on() -> None:
    """`dense_1` is the first layer now, and was the second: keys and shapes fit."""
    before = exported("old", "dense/w", "dense_1/w", "dense_2/w")
    after = exported("new", "dense_1/w", "dense_2/w", "dense_3/w")
    assert pairs(before, after) == {key: key for key in before}


def test_another_layer_in_the_same_place() -> None:
    """Neither shape nor name is the same: one was removed, the other added."""
    before = side(tensor("layers/dense/vars/0", (8, 2), name="head/kernel"))
    after = side(tensor("layers/dense/vars/0", (2, 3), name="stem/kernel"))
    assert pairs(before, after) == {"layers/dense/vars/0": ""}
    after = side(tensor("layers/dense/vars/0", (8, 3), name="head/kernel"))
    assert pairs(before, after) == {key: key for key in before}


def test_guesses_are_those_of_the_docs() -> None:
    """The table in docs/diff.md is that of the script, and no guess of a plain rename is wrong."""
    assert DOCUMENT.read_text().split(START)[1].split(STOP)[0].strip() == make_table()
    for case in iter_cases():
        score = score_case(case, is_trained=False)
        assert score.precision == score.recall == 1.0, case.name


def test_pairs_are_one_to_one() -> None:
    """Whatever the rename, every tensor of both sides is in one pair."""
    for case in iter_cases():
        before = side(*(tensor(key, shape) for key, shape in case.before.items()))
        after = side(*(tensor(key, shape, f"{key}+") for key, shape in case.after.items()))
        from tensorboard_plugin_modelinspect.analyses.diff.pairing import pair_tensors

        found = pair_tensors(before, after)
        assert sorted(pair.before.key for pair in found if pair.before) == sorted(before)
        assert sorted(pair.after.key for pair in found if pair.after) == sorted(after)


@pytest.mark.parametrize("name", ["1" * 20_000, "a1" * 10_000, "a" * 20_000, "1a" * 9000 + "/1"])
def test_names_made_to_take_long(name: str) -> None:
    """A name of many numbers is gone through once, not once for each of them."""
    before = side(tensor(name, (2,)), tensor(f"{name}/w", (2,)))
    after = side(tensor(name, (3,)), tensor(f"{name}/w", (3,)))
    assert pairs(before, after) == {key: key for key in before}


def test_many_alike_are_not_compared_with_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of thousands of the same shape and end a bounded number of candidates is looked at."""
    from tensorboard_plugin_modelinspect.analyses.diff import renames

    looked_at = []
    rule = renames._rule

    def spy(before: renames.Parts, after: renames.Parts) -> renames.Rule:
        looked_at.append(1)
        return rule(before, after)

    monkeypatch.setattr(renames, "_rule", spy)
    before = side(*(tensor(f"a{i}/kernel", (4,)) for i in range(3000)))
    after = side(*(tensor(f"b{i}/kernel", (4,), "x") for i in range(2990)))
    found = pairs(before, after)
    assert len(looked_at) <= 4 * 3000
    assert sum(map(bool, found.values())) == 2990
