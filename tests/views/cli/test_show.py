"""`modelinspect show` against what TensorFlow's own tools say."""

import dataclasses
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from tensorboard_plugin_modelinspect.model.artifact import Artifact, Document
from tensorboard_plugin_modelinspect.opening import Candidate, open_candidate
from tensorboard_plugin_modelinspect.sources.base import Folder
from tensorboard_plugin_modelinspect.views.cli import summary
from tests.support.artifacts import lone_graph
from tests.support.corpus import Recorded, params
from tests.views.cli.suite import ArtifactCommandTests, assert_safe_to_print, get_artifact, readable

COMPLETE = readable(state="complete")
SAVED_MODELS = [artifact for artifact in COMPLETE if "signatures" in artifact.answers]


class TestShow(ArtifactCommandTests):
    name = "show"

    @pytest.mark.parametrize("artifact", params(COMPLETE))
    def test_document_of_every_artifact(self, run: Any, artifact: Recorded) -> None:
        """Kind, state, step and number of tensors are right, and the text is safe to print."""
        result = run(str(artifact.path), "--json")
        assert result.code == 0, result.err
        document = self.check_json(result.out)
        assert (document["kind"], document["state"]) == (artifact.answers["kind"], "complete")
        assert document["reason"] is None
        assert document["step"] == artifact.answers.get("step")
        assert_safe_to_print(run(str(artifact.path)).out)

    @pytest.mark.parametrize("artifact", params(SAVED_MODELS))
    def test_signatures_are_those_of_tensorflow(self, run: Any, artifact: Recorded) -> None:
        """Tag-sets, signatures, inputs and outputs, with dtype, shape and tensor name."""
        document = self.check_json(run(str(artifact.path), "--json").out)
        found = {
            ",".join(graph["tags"]): {
                signature["key"]: {
                    "method_name": signature["method_name"],
                    "inputs": {spec["key"]: spec_facts(spec) for spec in signature["inputs"]},
                    "outputs": {spec["key"]: spec_facts(spec) for spec in signature["outputs"]},
                }
                for signature in graph["signatures"]
                if not signature["internal"]
            }
            for graph in document["meta_graphs"]
        }
        for tags, signatures in artifact.answers["signatures"].items():
            expected = {
                key: {
                    "method_name": signature["method_name"],
                    "inputs": {k: spec_facts(spec) for k, spec in signature["inputs"].items()},
                    "outputs": {k: spec_facts(spec) for k, spec in signature["outputs"].items()},
                }
                for key, signature in signatures.items()
                if not key.startswith("__saved_model_")
            }
            assert found[tags] == expected

    @pytest.mark.parametrize("artifact", params(readable(state="partial")))
    def test_partial_artifact_shows_what_is_left(self, run: Any, artifact: Recorded) -> None:
        """A missing shard is a state with its reason, once; names and shapes are still shown."""
        result = run(str(artifact.path), "--json")
        assert result.code == 0, result.err
        document = self.check_json(result.out)
        assert document["state"] == "partial"
        assert document["reason"]
        text = run(str(artifact.path)).out
        assert text.count(document["reason"]) == 1
        assert "state       partial" in text or "state        partial" in text

    def test_folder_with_a_state_file_is_its_newest_checkpoint(self, run: Any) -> None:
        """A training folder can be named as it is."""
        folder = str(get_artifact("keras3_checkpoint/series/ckpt-1").path.parent)
        assert self.check_json(run(folder, "--json").out)["path"].endswith("series/ckpt-3")

    def test_folder_of_something_else_lists_what_to_do(self, run: Any, tmp_path: Path) -> None:
        """A folder without any artifact: exit 2, and the command that looks below it."""
        result = run(str(tmp_path))
        assert result.code == 2
        assert "modelinspect ls" in result.err

    def test_relative_paths_are_shown_as_named(
        self, run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A path is shown as the person typed it, in the reason too, which comes once."""
        source = get_artifact("broken/shard_missing/ckpt").path
        shutil.copytree(source.parent, tmp_path / "logs")
        monkeypatch.chdir(tmp_path)
        document = self.check_json(run("logs/ckpt.index", "--json").out)
        assert (document["path"], document["state"]) == ("logs/ckpt", "partial")
        assert document["reason"].startswith("logs/ckpt.data-")
        assert run("logs/ckpt").out.count(document["reason"]) == 1

    @pytest.fixture
    def opened_as(self, monkeypatch: pytest.MonkeyPatch) -> Any:
        """Let `show` open something else than what lies there: `opened_as(kind="keras", …)`."""

        def change(**changes: Any) -> None:
            def open_changed(folder: Folder, candidate: Candidate) -> Artifact:
                return dataclasses.replace(open_candidate(folder, candidate), **changes)

            monkeypatch.setattr(summary, "open_candidate", open_changed)

        return change

    def test_documents_are_listed_and_printed(self, run: Any, opened_as: Any) -> None:
        """Names and sizes in text and JSON, never the text itself; `--document` prints one."""
        documents = (Document("config.json", '{"a": [1]}'), Document("b\x1b", "no JSON"))
        opened_as(kind="keras", format="HDF5", documents=documents)
        path = self.good_path()
        document = self.check_json(run(path, "--json").out)
        assert document["format"] == "HDF5"
        assert document["documents"] == [
            {"name": "config.json", "nbytes": 10},
            {"name": "b\x1b", "nbytes": 7},
        ]
        text = run(path).out
        assert re.search(r"^documents +bytes\nconfig\.json +10\n", text, re.MULTILINE)
        assert re.search(r"^format +HDF5$", text, re.MULTILINE)
        assert_safe_to_print(text)
        assert run(path, "--document", "config.json").out == '{\n  "a": [\n    1\n  ]\n}\n'
        assert run(path, "--document", r"b\x1b").out == "no JSON\n"

    def test_document_that_is_not_there(self, run: Any, opened_as: Any) -> None:
        """Exit 2 with the names there are; with `--json` too, which has no place here."""
        opened_as(documents=(Document("config.json", "{}"),))
        result = run(self.good_path(), "--document", "x")
        assert (result.code, result.out) == (2, "")
        assert "config.json" in result.err
        result = run(self.good_path(), "--document", "config.json", "--json")
        assert (result.code, result.out) == (2, "")
        assert "--json" in result.err

    def test_lone_graph_is_no_tag_set(self, run: Any, opened_as: Any) -> None:
        """Of a graph without tags, writer, signatures and objects none of these is made up."""
        opened_as(kind="graph_def", meta_graphs=(lone_graph(),))
        lines = run(self.good_path()).out.splitlines()
        start = lines.index("graph")
        assert lines[start + 1 : start + 6] == [
            "  GraphDef version 1395, readable from version 12",
            "  3 nodes in the graph, 0 functions",
            "  ops: Const 2, MatMul 1",
            "  collections: variables 2",
            "",
        ]
        (graph,) = self.check_json(run(self.good_path(), "--json").out)["meta_graphs"]
        assert graph["collections"] == [{"name": "variables", "kind": "bytes_list", "count": 2}]

    def test_artifact_that_vanishes_meanwhile(
        self, run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What was read is still shown, with the state of now and its reason."""
        shutil.copytree(get_artifact("sharded/four").path.parent, tmp_path / "logs")

        def open_and_delete(folder: Folder, candidate: Candidate) -> Artifact:
            artifact = open_candidate(folder, candidate)
            shutil.rmtree(tmp_path / "logs")
            return artifact

        monkeypatch.setattr(summary, "open_candidate", open_and_delete)
        result = run(str(tmp_path / "logs" / "four"))
        assert result.code == 0
        assert "state       deleted" in result.out
        assert result.out.count("It was deleted") == 1


def spec_facts(spec: dict[str, Any]) -> tuple[Any, ...]:
    """What both sides say of an input or output; an unknown size is -1 to TensorFlow."""
    shape = spec["shape"]
    if shape is not None:
        shape = [-1 if size is None else size for size in shape]
    parts = spec.get("sparse")
    joined = parts and ", ".join((parts["values"], parts["indices"], parts["dense_shape"]))
    return spec["dtype"], shape, joined or spec["name"]
