"""A diff of structure is complete: applied to one side it gives the other."""

import copy
import json
from collections import defaultdict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tensorboard_plugin_modelinspect.analyses.diff.documents import (
    MOST_CHANGES,
    diff_documents,
    iter_changes,
)
from tensorboard_plugin_modelinspect.analyses.diff.graphs import diff_graphs
from tensorboard_plugin_modelinspect.analyses.diff.objects import (
    diff_objects,
    escape_name,
    list_objects,
)
from tensorboard_plugin_modelinspect.analyses.diff.result import Json, JsonChange, ObjectFacts
from tensorboard_plugin_modelinspect.analyses.diff.structural import diff_artifacts
from tensorboard_plugin_modelinspect.analyses.diff.structure import apply_diff, structure_of
from tensorboard_plugin_modelinspect.model.artifact import (
    Artifact,
    Collection,
    Document,
    FileInfo,
    FunctionSummary,
    MetaGraph,
)
from tensorboard_plugin_modelinspect.model.dtype import DTYPES
from tensorboard_plugin_modelinspect.model.objects import ObjectNode, ObjectTree
from tensorboard_plugin_modelinspect.model.signature import Signature, TensorSpec
from tensorboard_plugin_modelinspect.model.tensor import ROLES, Tensor
from tensorboard_plugin_modelinspect.opening import open_artifact
from tests.support.array_tensor import ArrayValues
from tests.support.corpus import Recorded, params, recorded

_NO_VALUES = ArrayValues(None)  # type: ignore[arg-type]
_NAMES = st.sampled_from(["a", "b", "a/b", "b_1", "b_2", "x.y"])
_DTYPES = st.sampled_from([DTYPES[1], DTYPES[2], DTYPES[7], DTYPES[21]])
_SHAPES = st.lists(st.integers(0, 3), max_size=2).map(tuple)
_SPECS = st.builds(
    TensorSpec, key=_NAMES, dtype=_DTYPES, shape=st.none() | _SHAPES, name=_NAMES,
    has_default=st.booleans(),
)  # fmt: skip


def by(attribute: str, values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Some values, sorted by an attribute that tells them apart."""
    lists = st.lists(values, max_size=3, unique_by=lambda one: getattr(one, attribute))
    return lists.map(lambda found: tuple(sorted(found, key=lambda one: getattr(one, attribute))))


_SIGNATURES = st.builds(
    Signature, key=_NAMES, method_name=_NAMES, inputs=by("key", _SPECS), outputs=by("key", _SPECS)
)
_GRAPHS = st.builds(
    MetaGraph,
    tags=st.sampled_from([("serve",), (), ("gpu", "serve")]),
    tensorflow_version=_NAMES,
    producer=st.integers(0, 2),
    min_consumer=st.just(0),
    signatures=by("key", _SIGNATURES),
    node_count=st.integers(0, 3),
    functions=st.lists(st.builds(FunctionSummary, _NAMES, st.integers(1, 2)), max_size=3).map(
        tuple
    ),
    ops=st.dictionaries(_NAMES, st.integers(1, 3), max_size=3),
    collections=by("name", st.builds(Collection, _NAMES, st.just("node_list"), st.integers(1, 2))),
    assets=st.dictionaries(_NAMES, _NAMES, max_size=2).map(lambda one: tuple(one.items())),
    has_object_graph=st.booleans(),
)


@st.composite
def trees(draw: st.DrawFn) -> ObjectTree | None:
    """Objects that share children and form cycles."""
    count = draw(st.integers(0, 5))
    if not count:
        return None
    edges = st.dictionaries(_NAMES, st.integers(0, count - 1), max_size=3)
    nodes = [
        ObjectNode("user_object", draw(_NAMES), tuple(draw(edges).items()), (), "")
        for _ in range(count)
    ]
    return ObjectTree(nodes)


@st.composite
def artifacts(draw: st.DrawFn) -> Artifact:
    """Anything that a format might give."""
    tensors = {}
    for key in draw(st.lists(_NAMES, max_size=5, unique=True)):
        crc = draw(st.none() | st.integers(0, 2))
        facts = draw(_DTYPES), draw(_SHAPES), draw(st.integers(0, 9)), draw(st.sampled_from(ROLES))
        alias = draw(st.none() | _NAMES)
        tensors[key] = Tensor(key, draw(_NAMES), *facts, alias, crc, _NO_VALUES)
    texts = st.sampled_from(['{"a": 1}', '{"a": 2}', "no JSON", "1"])
    documents = draw(st.lists(st.builds(Document, _NAMES, texts), max_size=3))
    files = draw(st.dictionaries(_NAMES.map("assets/{}".format), st.none() | st.integers(0, 2)))
    return Artifact(
        "x",
        draw(st.sampled_from(["saved_model", "checkpoint"])),
        tuple(FileInfo(*item) for item in files.items()),
        tensors,
        meta_graphs=tuple(draw(st.lists(_GRAPHS, max_size=3))),
        objects=draw(trees()),
        documents=tuple(documents),
    )


@given(artifacts(), artifacts())
def test_applying_a_diff_gives_the_other_side(before: Artifact, after: Artifact) -> None:
    """Nothing that differs is left out, whatever it is."""
    diff = diff_artifacts(before, after)
    assert apply_diff(structure_of(before), diff) == structure_of(after)


@given(artifacts())
def test_nothing_differs_from_itself(artifact: Artifact) -> None:
    """And of two readings of the same file nothing is listed."""
    diff = diff_artifacts(artifact, copy.copy(artifact))
    assert (diff.graphs, diff.objects, diff.documents) == ((), (), ())
    assert not diff.has_changed_structure
    assert all(pair.by == "key" and not pair.changes for pair in diff.pairs)


@pytest.mark.parametrize("artifact", params(recorded(state="complete")))
def test_real_files_obey_the_law(artifact: Recorded) -> None:
    """Every file of the corpus against a Keras 3 export, both ways round."""
    sides = open_artifact(artifact.path), open_artifact(recorded()[0].path.parent.parent / EXPORT)
    for before, after in (sides, sides[::-1]):
        assert apply_diff(structure_of(before), diff_artifacts(before, after)) == structure_of(
            after
        )


EXPORT = "keras3_export/network"
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from(["", "x", "NaN"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["name", "a", "config"]), inner, max_size=3)
        | st.lists(st.fixed_dictionaries({"name": st.sampled_from("uvw"), "a": inner}), max_size=3)
    ),
    max_leaves=12,
)


def patch(value: Json, changes: list[JsonChange]) -> Json:
    """A document with changes made; in lists what is added comes last, by its place after."""
    if not changes:
        return value
    if not changes[0].path:
        return changes[0].after
    inner: dict[str | int, list[JsonChange]] = defaultdict(list)
    added = {change.path[0]: change.after for change in changes if is_new(change)}
    for change in changes:
        if not is_new(change):
            inner[change.path[0]].append(change._replace(path=change.path[1:]))
    items = enumerate(value) if isinstance(value, list) else value.items()  # type: ignore[union-attr]
    kept = {
        place: patch(item, inner[place])
        for place, item in items
        if not any(one.kind == "removed" and not one.path for one in inner[place])
    }
    if isinstance(value, dict):
        return {**kept, **added}  # type: ignore[dict-item]
    found = list(kept.values())
    for place in sorted(added):  # type: ignore[type-var]
        found.insert(int(place), added[place])
    return found


def is_new(change: JsonChange) -> bool:
    """Whether it adds to the value itself, and not to one inside."""
    return change.kind == "added" and len(change.path) == 1


@given(_JSON, _JSON)
def test_changes_of_json_are_complete(before: Json, after: Json) -> None:
    """Made to one document they give the other; of equal ones there are none."""
    changes = list(iter_changes(before, after))
    assert json.dumps(patch(before, changes), sort_keys=True) == json.dumps(after, sort_keys=True)
    assert not list(iter_changes(before, copy.deepcopy(before)))


def layers(*items: dict[str, Any]) -> dict[str, Any]:
    """A Keras config with these layers."""
    return {"config": {"layers": list(items)}}


def test_layers_are_compared_by_name() -> None:
    """One that was inserted moves none of the others."""
    one, two = {"name": "one", "units": 4}, {"config": {"name": "two", "rate": 0.5}}
    new = {"name": "new", "units": 1}
    [added] = iter_changes(layers(one, two), layers(one, new, two))
    assert (added.kind, added.path, added.after) == ("added", ("config", "layers", 1), new)
    [changed] = iter_changes(layers(one, two), layers({**one, "units": 5}, two))
    assert changed.path == ("config", "layers", 0, "units")
    assert (changed.before, changed.after) == (4, 5)
    assert list(iter_changes(layers(one, two), layers(two, one)))
    counted = [
        layers({"name": f"dense_{i}", "units": i}, {"name": f"dense_{i + 1}"}) for i in (1, 7)
    ]
    changes = [change.path[2:] for change in iter_changes(*counted)]
    assert changes == [(0, "name"), (0, "units"), (1, "name")]


def test_lists_keep_what_is_equal_at_both_ends() -> None:
    """An item that was put into a list is one change."""
    [added] = iter_changes([1, 2, 3], [1, 9, 2, 3])
    assert (added.kind, added.path, added.after) == ("added", (1,), 9)


def test_documents_are_bounded_and_never_trusted() -> None:
    """Many changes are cut; what is no JSON or too deep is a text; dates do not count."""
    many = [{"a": list(range(size, size + 3000))} for size in (0, 1)]
    texts = [json.dumps([{"k": i} for i in one["a"]]) for one in many]
    [diff] = diff_documents([Document("c", texts[0])], [Document("c", texts[1])])
    assert diff.is_cut
    assert len(diff.changes) == MOST_CHANGES
    deep = ["[" * 100_000 + end + "]" * 100_000 for end in "12"]
    [diff] = diff_documents([Document("c", deep[0])], [Document("c", deep[1])])
    assert not diff.changes
    metadata = [
        '{"date_saved": "1", "keras_version": "3"}',
        '{"date_saved": "2", "keras_version": "4"}',
    ]
    [diff] = diff_documents(*([Document("metadata.json", text)] for text in metadata))
    assert diff.is_volatile
    assert len(diff.changes) == 2


def tree(*nodes: dict[str, int]) -> ObjectTree:
    """Objects by their children."""
    return ObjectTree(
        [
            ObjectNode("user_object", f"c{i}", tuple(one.items()), (), "")
            for i, one in enumerate(nodes)
        ]
    )


def test_objects_are_met_once() -> None:
    """Shared ones and cycles are told at the nearest path; what comes along is counted."""
    found = list_objects(tree({"b": 1, "a": 2}, {"c": 2, "up": 0}, {}))
    assert found["a"] == ObjectFacts("user_object", "c2", "")
    assert found["b/c"].same_as == "a"
    assert found["b/up"].same_as == ""
    assert list(found) == ["", "a", "b", "b/c", "b/up"]
    diffs = diff_objects(tree({}), tree({"x": 1}, {"y": 2, "z": 3}, {}, {}))
    assert [(one.path, one.is_top, one.below) for one in diffs] == [
        ("x", True, 2),
        ("x/y", False, 0),
        ("x/z", False, 0),
    ]
    assert escape_name("a/b.c") == "a.Sb..c"


def test_paths_are_bounded() -> None:
    """A long name above many objects does not multiply: what is farther is left out."""
    count = 3000
    children = {f"{i}": i + 2 for i in range(count)}
    nodes = [{"x" * 20_000: 1}, children, *({} for _ in range(count))]
    found = list_objects(tree(*nodes))
    assert 1000 < len(found) < count
    assert sum(map(len, found)) <= 1 << 25


def test_numbers_of_functions_do_not_count() -> None:
    """Every save gives traced functions another number."""
    nodes = [ObjectNode("function", f"__inference_call_{i}", (), (), "") for i in (12, 345)]
    assert not diff_objects(ObjectTree(nodes[:1]), ObjectTree(nodes[1:]))


def graph(**fields: Any) -> Artifact:
    """A SavedModel with a graph."""
    values: dict[str, Any] = {
        "tags": ("serve",), "tensorflow_version": "2.21", "producer": 1, "min_consumer": 0,
        "signatures": (), "node_count": 1, "functions": (), "ops": {}, "collections": (),
        "assets": (), "has_object_graph": True,
    }  # fmt: skip
    return Artifact("m", "saved_model", (), {}, meta_graphs=(MetaGraph(**{**values, **fields}),))


def signature(key: str, shape: tuple[int | None, ...] = (None, 2), name: str = "x:0") -> Signature:
    """A signature with one input."""
    return Signature(key, "predict", (TensorSpec("x", DTYPES[1], shape, name),), ())


def test_signatures() -> None:
    """What callers notice is told from what they do not."""
    before = graph(signatures=(signature("a"), signature("b")))
    after = graph(signatures=(signature("a", (None, 3)), signature("b", name="y:0")))
    [found] = diff_graphs(before, after)
    assert [(one.key, one.is_visible) for one in found.signatures] == [("a", True), ("b", False)]
    assert found.signatures[0].specs[0].changes == ("shape",)
    assert diff_artifacts(before, after).has_changed_signatures
    renamed = graph(signatures=(signature("a"), signature("b", name="y:0")))
    diff = diff_artifacts(before, renamed)
    assert diff.graphs
    assert not diff.has_changed_signatures
    assert not diff.has_changed_structure


def test_versions_are_no_structure() -> None:
    """The same model saved by another TensorFlow has the same structure."""
    diff = diff_artifacts(graph(), graph(tensorflow_version="2.22", producer=2))
    assert len(diff.graphs[0].facts) == 2
    assert not diff.has_changed_structure
    assert diff_artifacts(graph(), graph(ops={"Add": 1})).has_changed_structure


def test_other_kinds_have_other_sections() -> None:
    """A checkpoint has no signatures: that is no difference of structure, but it is said."""
    model = graph(signatures=(signature("a"),))
    diff = diff_artifacts(model, Artifact("c", "checkpoint", (), {}))
    assert diff.is_skipped("graphs")
    assert not diff.has_changed_structure
    assert not diff.has_changed_signatures
