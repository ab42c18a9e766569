"""The command line on real models, against what TensorFlow's own tools say of them.

`MODELINSPECT_CORPUS` names a folder with `data/<name>/…`, models as their authors left them, and
`truth/<name>/…` beside it: `variables.json` (of the SavedModel, or of the only checkpoint, in that
folder), `variables__<prefix>.json`, and `load.txt`, what `tf.saved_model.load` says.
"""

import json
import math
import os
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import jsonschema
import numpy as np
import pytest

import tensorboard_plugin_modelinspect as mi
from tensorboard_plugin_modelinspect.formats.v1_names import pattern_of
from tensorboard_plugin_modelinspect.views.cli.main import run

SCHEMAS = Path(__file__).parents[2] / "docs" / "schemas"
CORPUS = Path(os.environ.get("MODELINSPECT_CORPUS", "/nonexistent"))
DATA, TRUTH = CORPUS / "data", CORPUS / "truth"

FILES_DAMAGED = (
    "Cannot parse file",
    "Failed to find any matching files",
    "NotFoundError: Graph execution error",  # variables that cannot be restored
    "requires a `tags=` argument",  # no MetaGraph at all
)
"""What `tf.saved_model.load` says if the files are at fault, not the model or the installation."""

KERAS_ENDINGS = (".h5", ".hdf5", ".keras")

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not DATA.is_dir(), reason="MODELINSPECT_CORPUS names no folder with data/"),
]


class Truth(NamedTuple):
    """Recorded tensors of one bundle; `path` is what a user would name, `key` its path in ls."""

    path: Path
    key: str
    tensors: Any


def list_truths() -> list[Truth]:
    """Every checkpoint and every file of Keras of which variables were recorded."""
    truths = []
    for file in sorted(TRUTH.rglob("variables*.json")):
        folder = DATA / file.parent.relative_to(TRUTH)
        if file.stem != "variables":
            prefix = folder / file.stem.removeprefix("variables__")
        elif (folder / "saved_model.pb").exists() or (folder / "saved_model.pbtxt").exists():
            truths.append(Truth(folder, key_of(folder), json.loads(file.read_text())))
            continue
        else:
            (index,) = folder.glob("*.index")
            prefix = index.with_suffix("")
        is_bundle = prefix.with_name(f"{prefix.name}.index").exists()
        if is_bundle or prefix.suffix in KERAS_ENDINGS:
            truths.append(Truth(prefix, key_of(prefix), json.loads(file.read_text())))
    return truths + list_v1_truths()


def list_v1_truths() -> list[Truth]:
    """Checkpoints of format V1: `variables__v1.json` is of the only one in its folder."""
    truths = []
    for file in sorted(TRUTH.rglob("variables__*.json")):
        folder = DATA / file.parent.relative_to(TRUTH)
        name = file.stem.removeprefix("variables__")
        shards = sorted(folder.glob("*-00000-of-*")) if name == "v1" else []
        path = folder / name
        if shards:
            path = folder / (pattern_of(shards[0].name) or "")
        elif path.suffix in (".h5", ".keras") or not path.is_file():
            continue
        truths.append(Truth(path, key_of(path), json.loads(file.read_text())))
    return truths


def key_of(path: Path) -> str:
    """Path below the data folder, as `ls` gives it."""
    return path.relative_to(DATA).as_posix()


TRUTHS = list_truths()
FORMATS = ("saved_model", "checkpoint", "meta_graph", "keras", "h5")
"""Kinds whose artifacts in the data are all known: other files may be graphs, or weights."""
LISTED = [truth for truth in TRUTHS if isinstance(truth.tensors, list)]


def run_json(command: str, *args: str, capsys: pytest.CaptureFixture[str]) -> Any:
    """Run a command with `--json`, which must succeed, and check the document."""
    code = run([command, *args, "--json"])
    out, err = capsys.readouterr()
    assert code == 0, err
    document = json.loads(out)
    schema = json.loads((SCHEMAS / f"{command}.json").read_text())
    jsonschema.validate(document, schema, jsonschema.Draft202012Validator)
    return document


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    """`ls --json` over all models, by path."""
    capture = pytest.MonkeyPatch()
    with capture.context() as patch:
        import io

        out = io.StringIO()
        patch.setattr("sys.stdout", out)
        assert run(["ls", str(DATA), "--json"]) == 0
    document = json.loads(out.getvalue())
    schema = json.loads((SCHEMAS / "ls.json").read_text())
    jsonschema.validate(document, schema, jsonschema.Draft202012Validator)
    return {artifact["path"]: artifact for artifact in document["artifacts"]}


def test_everything_is_listed(found: dict[str, Any]) -> None:
    """Each SavedModel, checkpoint and file of Keras is listed, and nothing else of these kinds."""
    models = {key_of(path.parent) for path in DATA.rglob("saved_model.pb*")}
    prefixes = {key_of(path.with_suffix("")) for path in DATA.rglob("*.index")}
    own = {key for key in prefixes if key.rpartition("/variables/")[0] in models}
    keras = {key_of(path) for path in DATA.rglob("*") if path.suffix in KERAS_ENDINGS}
    known = models | (prefixes - own) | keras | {truth.key for truth in list_v1_truths()}
    assert {key for key, one in found.items() if one["kind"] in FORMATS} == known


def test_states_of_saved_models(found: dict[str, Any]) -> None:
    """A SavedModel is complete unless TensorFlow blames its files."""
    seen = 0
    for file in TRUTH.rglob("load.txt"):
        artifact = found[file.parent.relative_to(TRUTH).as_posix()]
        is_damaged = any(words in file.read_text() for words in FILES_DAMAGED)
        assert (artifact["state"] != "complete") == is_damaged, artifact
        assert (artifact["reason"] is None) == (artifact["state"] == "complete")
        seen += 1
    assert seen


@pytest.mark.parametrize("truth", TRUTHS, ids=lambda truth: truth.key)
def test_states_of_bundles(truth: Truth, found: dict[str, Any]) -> None:
    """What TensorFlow cannot list or read is partial or broken, with a reason."""
    is_readable = isinstance(truth.tensors, list) and not any("error" in t for t in truth.tensors)
    artifact = found[truth.key]
    assert (artifact["state"] == "complete") == is_readable, artifact
    if not is_readable:
        assert artifact["state"] in ("partial", "broken")
        assert artifact["reason"].endswith(".")


@pytest.mark.parametrize("truth", LISTED, ids=lambda truth: truth.key)
def test_tensors_are_those_of_tensorflow(truth: Truth, capsys: pytest.CaptureFixture[str]) -> None:
    """Names, dtypes and shapes of `vars --json`, exactly."""
    document = run_json("vars", str(truth.path), capsys=capsys)
    listed = [(t["key"], t["dtype"], t["shape"]) for t in document["tensors"]]
    assert sorted(listed) == sorted((t["name"], t["dtype"], t["shape"]) for t in truth.tensors)


@pytest.mark.parametrize("truth", LISTED, ids=lambda truth: truth.key)
def test_values_are_those_of_tensorflow(truth: Truth) -> None:
    """Statistics of the values agree; what TensorFlow cannot read we refuse with a reason."""
    tensors = mi.open(truth.path).tensors
    for expected in truth.tensors:
        tensor = tensors[expected["name"]]
        if "error" in expected:
            with pytest.raises(mi.errors.FormatError):
                tensor.read()
        elif "bytes" in expected:
            assert len(tensor.read()[()]) == expected["bytes"]
        elif "count" in expected:
            check_statistics(tensor.read(), expected)


def check_statistics(values: np.ndarray, expected: dict[str, Any]) -> None:
    """Compare with the recorded ones: population statistics in float64; NaN spoils some of them."""
    values = values.astype(np.float64).reshape(-1)
    finite = values[np.isfinite(values)]
    counts = {
        "count": values.size,
        "nan": np.isnan(values).sum(),
        "posinf": np.isposinf(values).sum(),
        "neginf": np.isneginf(values).sum(),
        "zeros": (values == 0).sum(),
    }
    assert {name: counts[name] for name in counts.keys() & expected.keys()} == {
        name: expected[name] for name in counts.keys() & expected.keys()
    }
    if not finite.size:
        return
    prefix = "finite_" if expected.get("nan") else ""
    source = finite if prefix else values
    for name in ("min", "max", "mean", "std"):
        wanted = expected.get(f"{prefix}{name}")
        if wanted is not None and math.isfinite(wanted):
            found = float(getattr(np, name)(source))
            assert math.isclose(found, wanted, rel_tol=1e-9, abs_tol=1e-12), (
                expected["name"],
                name,
            )


def list_graphs() -> list[tuple[Path, Any]]:
    """Each graph on its own, and the counts of its nodes."""
    return [
        (DATA / file.parent.relative_to(TRUTH) / name, counts)
        for file in sorted(TRUTH.rglob("summary.json"))
        for name, counts in json.loads(file.read_text())["graphs"].items()
    ]


GRAPHS = list_graphs()


def test_graphs_are_listed(found: dict[str, Any]) -> None:
    """Every file that holds a GraphDef is listed, and no other protobuf is."""
    graphs = {key for key, artifact in found.items() if artifact["kind"] == "graph_def"}
    assert graphs == {key_of(path) for path, _ in GRAPHS}


@pytest.mark.parametrize(("path", "counts"), GRAPHS, ids=[key_of(path) for path, _ in GRAPHS])
def test_graphs_have_the_counts_of_tensorflow(
    path: Path, counts: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """Nodes, functions, ops, version; and every constant can be read."""
    [graph] = run_json("show", str(path), capsys=capsys)["meta_graphs"]
    assert (graph["node_count"], graph["producer"]) == (counts["nodes"], counts["producer"])
    assert len(graph["functions"]) == counts["functions"]
    ops = {one["name"]: one["count"] for one in graph["ops"]}
    assert ops == Counter(counts["ops"]) + Counter(counts["function_ops"])
    tensors = mi.open(path).tensors
    assert len(tensors) == ops.get("Const", 0)
    for tensor in tensors.values():
        assert tensor.read().shape == tensor.shape


def test_all_of_it_can_be_shown(found: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    """`show` and `vars` work on whatever `ls` calls complete, and agree with it."""
    complete = [artifact for artifact in found.values() if artifact["state"] == "complete"]
    assert complete
    for artifact in complete:
        path = str(DATA / artifact["path"])
        shown = run_json("show", path, capsys=capsys)
        assert (shown["kind"], shown["state"], shown["step"]) == (
            artifact["kind"],
            "complete",
            artifact["step"],
        )
        totals = run_json("vars", path, capsys=capsys)["totals"]
        assert totals == shown["totals"]
        assert totals["model_parameters"] == artifact["parameters"]


def test_weights_of_graphs_beside_checkpoints() -> None:
    """A checkpoint whose `.meta` lists its variables has one graph, and weights for all trained."""
    seen = 0
    for meta in DATA.rglob("*.meta"):
        artifact = mi.open(meta)
        [graph] = artifact.meta_graphs
        assert graph.node_count > 0
        sizes = {one.name: one.size for one in graph.collections}
        if "trainable_variables" in sizes and artifact.tensors:
            roles = [tensor.role for tensor in artifact.tensors.values()]
            assert roles.count("weight") <= sizes["trainable_variables"]
            assert "weight" in roles
            seen += 1
    assert seen


def test_session_bundles_have_their_signatures() -> None:
    """An export from before SavedModel says what it is called with."""
    exports = [path.parent for path in DATA.rglob("export.meta")]
    assert exports
    for folder in exports:
        [graph] = mi.open(folder).meta_graphs
        assert [one.key for one in graph.signatures if one.inputs or one.outputs]
        assert graph.assets
