"""Relations: what is told, what is not, and that it costs no more than it should."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tensorboard_plugin_modelinspect.analyses.lineage import index
from tensorboard_plugin_modelinspect.analyses.lineage.result import MOST_RELATIONS, MOST_TIES
from tests.support.lineage import Arrays, lineage_of, paths, relations

RANDOM = np.random.default_rng(0)


def normal(*shape: int) -> np.ndarray:
    """Random weights."""
    return RANDOM.normal(size=shape).astype(np.float32)


def network(**given: np.ndarray) -> dict[str, np.ndarray]:
    """A small network; what is not given is random, or zero for biases."""
    fresh = {
        "conv/kernel": normal(3, 3, 4),
        "conv/bias": np.zeros(4, np.float32),
        "head/kernel": normal(4, 10),
        "head/bias": np.zeros(10, np.float32),
    }
    return {**fresh, **{name.replace("_", "/"): value for name, value in given.items()}}


def flipped(arrays: Arrays, name: str) -> dict[str, np.ndarray]:
    """The same with one bit of one tensor changed."""
    changed = {key: value.copy() for key, value in arrays.items()}
    changed[name].reshape(-1).view("u4")[-1] ^= 1
    return changed


STEPS = [network() for _ in range(4)]


def test_the_step_of_an_export() -> None:
    """Found among all steps, and nothing else is."""
    lineage = lineage_of({"run/ckpt": STEPS, "export": [STEPS[2]]})
    assert relations(lineage, "export") == [("same", ["run/ckpt-2"])]
    assert relations(lineage, "run/ckpt-2") == [("same", ["export"])]
    assert relations(lineage, "run/ckpt-1") == []


@pytest.mark.parametrize("name", ["conv/kernel", "head/kernel", "head/bias"])
def test_one_bit(name: str) -> None:
    """It is not the same any more, whichever weight has the bit; the rest is equal in part."""
    for changed in (
        {"run/ckpt": STEPS, "export": [flipped(STEPS[2], name)]},
        {"run/ckpt": [*STEPS[:2], flipped(STEPS[2], name), STEPS[3]], "export": [STEPS[2]]},
    ):
        lineage = lineage_of(changed)
        assert relations(lineage, "export") == [("part", ["run/ckpt-2"])]
        [relation] = lineage.entry(4).relations
        assert (relation.tensors, relation.other_tensors) == (3, 3)


def test_a_bit_of_every_weight() -> None:
    """Then nothing is left that could be told."""
    changed: Arrays = STEPS[2]
    for name in changed:
        changed = flipped(changed, name)
    lineage = lineage_of({"run/ckpt": STEPS, "export": [changed]})
    assert relations(lineage, "export") == []


def test_constants_are_no_kinship() -> None:
    """Fresh networks of one shape have the same zeros, ones and scalars, and nothing in common."""
    common = {
        "norm/gamma": np.ones(64, np.float32),
        "norm/beta": np.zeros(64, np.float32),
        "scale": np.float32(0.07),
        "lstm/bias": np.repeat(np.float32([0, 1, 0, 0]), 16),
        "dead": np.full((8, 8), np.nan, np.float32),
    }
    lineage = lineage_of({"a": [{**network(), **common}], "b": [{**network(), **common}]})
    assert relations(lineage, "a") == []
    lineage = lineage_of({"a": [common], "b": [common]})
    assert relations(lineage, "a") == []


def test_small_models_are_the_same_or_nothing() -> None:
    """Two numbers of a fitted line are evidence if both are equal and there is nothing else."""
    line = {"weight": np.float32(1.37), "bias": np.float32(-0.21)}
    lineage = lineage_of({"a": [line], "b": [line], "c": [{**line, "weight": np.float32(1.38)}]})
    assert relations(lineage, "a") == [("same", ["b"])]
    assert relations(lineage, "c") == []
    lineage = lineage_of({"a": [{"w": normal(2, 2)}], "b": [{"w": normal(2, 2)}]})
    assert relations(lineage, "a") == []
    half_plus = {"a": np.float32(0.5), "b": np.float32(2), "c": np.float32(3)}
    assert relations(lineage_of({"a": [half_plus], "b": [half_plus]}), "a") == []


def test_part_of_an_artifact() -> None:
    """An average beside the weights is more; a model without its head is less."""
    averaged = network()
    both = {**network(), **{f"{name}/average": value for name, value in averaged.items()}}
    backbone = {name: both[name] for name in ("conv/kernel", "conv/bias")}
    lineage = lineage_of({"both": [both], "export": [averaged], "backbone": [backbone]})
    assert relations(lineage, "export") == [("within", ["both"])]
    assert relations(lineage, "backbone") == [("within", ["both"])]
    assert relations(lineage, "both") == [("holds", ["export"]), ("holds", ["backbone"])]


def test_fine_tuning() -> None:
    """The layers that two models share, by name, and how much of each model that is."""
    tuned = [network(conv_kernel=STEPS[3]["conv/kernel"]) for _ in range(3)]
    lineage = lineage_of({"base/ckpt": STEPS, "tuned/ckpt": tuned})
    entry = lineage.entry(5)
    [relation] = entry.relations
    assert (relation.extent, paths(lineage, relation)) == ("part", ["base/ckpt-3"])
    assert entry.weights is not None
    assert relation.tensors == 3  # two of them zeros, which both have as well
    [conv, head] = lineage.shared_layers(5, relation.others[0])
    assert [(one.name, one.is_telling) for one in conv.tensors] == [
        ("conv/bias", False),
        ("conv/kernel", True),
    ]
    assert (conv.name, conv.of_tensors, conv.parameters) == ("conv", 2, 40)
    assert (head.of_tensors, len(head.tensors)) == (2, 1)
    assert relations(lineage, "base/ckpt-3") == [
        ("part", ["tuned/ckpt-0", "tuned/ckpt-1", "tuned/ckpt-2"])
    ]


def test_layers_go_by_their_own_names() -> None:
    """Equal contents of several names pair by name where they can; a constant goes with one."""
    value = normal(20)
    one = {"a/w": value, "b/w": value, "a/zero": np.zeros(30, np.float32)}
    two = {"b/w": value, "a/w": value, "x/zero": np.zeros(30, np.float32)}
    layers = lineage_of({"one": [one], "two": [two]}).shared_layers(0, 1)
    pairs = [(t.name, t.other_name) for layer in layers for t in layer.tensors]
    assert pairs == [("a/w", "a/w"), ("a/zero", "x/zero"), ("b/w", "b/w")]
    one = {"a/w": value, "b/w": value, "a/zero": np.zeros(30, "f4"), "b/zero": np.zeros(30, "f4")}
    two = {"x/w": value, "y/w": value, "x/zero": np.zeros(30, "f4")}
    layers = lineage_of({"one": [one], "two": [two]}).shared_layers(0, 1)
    pairs = [(t.name, t.other_name) for layer in layers for t in layer.tensors]
    assert pairs == [("a/w", "x/w"), ("a/zero", "x/zero"), ("b/w", "y/w")]


def test_ties_and_less() -> None:
    """Frozen layers make many steps fit equally: all are named, the best match before them."""
    frozen = {"conv/kernel": normal(30)}
    steps: list[Arrays | None] = [{**frozen, "head/kernel": normal(40)} for _ in range(5)]
    lineage = lineage_of({"run/ckpt": steps, "backbone": [frozen], "export": [steps[1] or {}]})
    [relation] = lineage.entry(5).relations[:1]
    assert (relation.extent, relation.ties, relation.less) == ("within", 5, 0)
    assert paths(lineage, relation) == [f"run/ckpt-{step}" for step in range(5)]
    [relation] = lineage.entry(6).relations[:1]
    assert (relation.extent, relation.ties, relation.less) == ("same", 1, 4)


def test_many_ties_are_counted() -> None:
    """Named up to a limit, the first and the last; counted all."""
    frozen = {"conv/kernel": normal(30)}
    steps = [{**frozen, "head/kernel": normal(16)} for _ in range(3 * MOST_TIES)]
    lineage = lineage_of({"run/ckpt": steps, "backbone": [frozen]})
    [relation] = lineage.entry(len(steps)).relations
    assert relation.ties == 3 * MOST_TIES
    assert len(relation.others) == MOST_TIES
    assert (relation.others[0], relation.others[-1]) == (0, 3 * MOST_TIES - 1)


def test_the_smallest_weights_decide() -> None:
    """A bias too small to be evidence still tells which of several steps it is."""
    kernel = normal(64)
    steps = [{"kernel": kernel, "bias": normal(2)} for _ in range(500)]
    lineage = lineage_of({"run/ckpt": steps, "export": [steps[311]]})
    assert relations(lineage, "export") == [("same", ["run/ckpt-311"])]


def test_own_series() -> None:
    """A step that has the very same weights as another is told; frozen layers are not."""
    steps = [STEPS[0], STEPS[1], STEPS[1], network(conv_kernel=STEPS[1]["conv/kernel"])]
    lineage = lineage_of({"run/ckpt": steps})
    assert relations(lineage, "run/ckpt-1") == [("same", ["run/ckpt-2"])]
    assert relations(lineage, "run/ckpt-3") == []


def test_a_content_of_many_forms_no_kinship_alone() -> None:
    """Among very many contents of one form two agree by chance: one equal tensor is not enough."""
    shared = normal(16)
    crowd = {"crowd": [{"w": normal(16)} for _ in range(index.MOST_ALONE)] + [{"w": shared}]}
    for lone in ({"w": shared, "v": normal(99)}, {"w": shared}):
        assert relations(lineage_of({**crowd, "a": [lone]}), "a") == []
    other = normal(99)
    crowd["crowd"][-1]["v"] = other
    lineage = lineage_of({**crowd, "a": [{"w": shared, "v": other, "u": normal(50)}]})
    assert relations(lineage, "a") == [("holds", [f"crowd-{index.MOST_ALONE}"])]


def test_copies_stored_twice_are_the_same() -> None:
    """A content may be stored under two names; a constant must be there as often."""
    plain = network()
    twice = {**plain, "copy/kernel": plain["conv/kernel"]}
    assert relations(lineage_of({"a": [plain], "b": [twice]}), "a") == [("same", ["b"])]
    more = {**plain, "extra/bias": np.zeros(10, np.float32)}
    assert relations(lineage_of({"a": [plain], "b": [more]}), "a") == [("within", ["b"])]


def test_broken_ones_are_stepped_over() -> None:
    """What cannot be opened has no relations, and the rest goes on."""
    lineage = lineage_of({"run/ckpt": [STEPS[0], None, STEPS[1]], "export": [STEPS[1]]})
    assert relations(lineage, "export") == [("same", ["run/ckpt-2"])]
    assert lineage.entry(1).problem
    assert lineage.entry(1).relations == ()
    assert lineage.shared_layers(0, 1) == ()


def test_nothing_at_all() -> None:
    """No artifacts, or none that is known."""
    assert lineage_of({}).entries == ()
    assert lineage_of({"a": [None]}).entry(0).relations == ()
    assert lineage_of({"a": [{}], "b": [{}]}).entry(0).relations == ()


def test_a_backbone_comes_before_what_was_made_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of more holders than are looked at, those with the fewest other weights are."""
    monkeypatch.setattr(index, "MOST_HOLDERS", 10)
    backbone = {"conv/kernel": normal(30), "conv/scale": normal(20)}
    tuned = {f"m{i:03}": [{**backbone, "head/kernel": normal(40)}] for i in range(40)}
    lineage = lineage_of({**tuned, "zoo": [backbone]})
    assert relations(lineage, "m007")[0] == ("holds", ["zoo"])
    assert len(relations(lineage, "m007")) <= 10


def test_rare_contents_find_what_common_ones_hide(monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy is found among many models that share its backbone, some of which are looked at."""
    monkeypatch.setattr(index, "MOST_HOLDERS", 40)
    backbone = {"conv/kernel": normal(500)}
    tuned = {f"m{i:03}": [{**backbone, "head/kernel": normal(40)}] for i in range(90)}
    [copied] = tuned["m072"]
    grown = {**copied, "extra/kernel": normal(30)}
    lineage = lineage_of({**tuned, "grown": [grown]})
    assert relations(lineage, "grown")[0] == ("holds", ["m072"])


def test_of_steps_that_hold_all_the_one_that_holds_no_more() -> None:
    """An export is the step that has nothing else, not a later one that has it as well."""
    grown = {**STEPS[0], "extra/kernel": normal(30)}
    lineage = lineage_of({"run/ckpt": [grown, STEPS[0], grown], "export": [STEPS[0]]})
    assert relations(lineage, "export") == [("same", ["run/ckpt-1"])]
    more = {**grown, "other/kernel": normal(9)}
    lineage = lineage_of({"run/ckpt": [more, grown, more], "export": [STEPS[0]]})
    assert relations(lineage, "export") == [("within", ["run/ckpt-1"])]


def test_many_copies(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same weights in more places than are listed: the rest is counted."""
    monkeypatch.setattr(index, "MOST_HOLDERS", 5)
    lineage = lineage_of({f"m{i}": [STEPS[0]] for i in range(MOST_RELATIONS + 30)})
    entry = lineage.entry(3)
    assert {one.extent for one in entry.relations} == {"same"}
    assert len(entry.relations) == MOST_RELATIONS
    assert entry.more > 0


def test_work_does_not_grow_with_a_series(monkeypatch: pytest.MonkeyPatch) -> None:
    """A frozen layer is one run of places, and so is looked at once, however long a series is."""
    compared: list[int] = []
    match = index._match
    monkeypatch.setattr(index, "_match", lambda a, b: compared.append(1) or match(a, b))
    counts = []
    for length in (100, 800):
        frozen = {"conv/kernel": normal(30)}
        steps = [{**frozen, "head/kernel": normal(16)} for _ in range(length)]
        lineage = lineage_of({"run/ckpt": steps, "export": [steps[7]]})
        runs = lineage._index._runs
        assert len(runs._found) == 2 * length - (length - 1) + 2 + 1 - 1
        compared.clear()
        lineage.entry(length)
        counts.append(len(compared))
    assert counts[0] == counts[1]


def test_series_of_several_units_are_sorted() -> None:
    """Checkpoints of two series that alternate in the list are told by series, in their order."""
    lineage = lineage_of({"a/ckpt": STEPS, "b/ckpt": STEPS})
    mixed = [
        one for pair in zip(lineage.looked[:4], lineage.looked[4:], strict=True) for one in pair
    ]
    again = type(lineage)(mixed, lineage.contents)
    for place, one in enumerate(mixed):
        [relation] = again.entry(place).relations
        assert relation.extent == "same"
        assert paths(again, relation) == [
            one.subject.path.replace("a/", "?/").replace("b/", "a/").replace("?/", "b/")
        ]


def test_parameters_are_added_up() -> None:
    """Elements of what is equal, in both."""
    lineage = lineage_of({"a": [network(conv_kernel=STEPS[0]["conv/kernel"])], "b": [STEPS[0]]})
    [relation] = lineage.entry(0).relations
    equal = math.prod((3, 3, 4)) + 4 + 10
    assert (relation.parameters, relation.other_parameters) == (equal, equal)
