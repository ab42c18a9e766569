"""`modelinspect show --dir` against what TensorFlow's `saved_model_cli show` printed."""

import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.corpus import Recorded, params, recorded
from tests.support.saved_model_cli import without_order
from tests.views.cli.suite import (
    DAMAGED,
    CommandTests,
    assert_safe_to_print,
    get_artifact,
    imported_by,
)

SHOWN = [one for one in recorded() if "saved_model_cli_show_all" in one.answers]
UNREADABLE = [one for one in DAMAGED if one.answers["kind"] == "saved_model"]
GAVE_UP = "\nConcrete Functions: N/A"
NOT_NEEDED = {
    "tensorboard_plugin_modelinspect.opening",
    "tensorboard_plugin_modelinspect.model.artifact",
    "tensorboard_plugin_modelinspect.model.tensor",
    "tensorboard_plugin_modelinspect.codecs.sstable",
    "tensorboard_plugin_modelinspect.model.op_definitions",
    "json",
}
"""What would make the drop-in start later, though it looks at one protobuf only."""


class TestShowDir(CommandTests):
    name = "show"
    schema = "show_dir"

    def arguments(self, path: str) -> list[str]:
        return ["--dir", path, "--all"]

    def good_path(self) -> str:
        return str(get_artifact("tf1_saved_model/two_graphs").path)

    @pytest.mark.parametrize("artifact", params(UNREADABLE))
    def test_broken_file_says_what_is_wrong(self, run: Any, artifact: Recorded) -> None:
        """Exit 3 and one line that names the file; that tool fails, or prints nothing."""
        result = run(*self.arguments(str(artifact.path)))
        assert (result.code, result.out) == (3, "")
        assert result.err.startswith(f"error: {artifact.path}/saved_model.pb")

    @pytest.mark.parametrize("artifact", params(SHOWN))
    def test_prints_what_that_tool_prints(self, run: Any, artifact: Recorded) -> None:
        """Byte for byte, but for the order of sets and maps, which is random there."""
        result = run("--dir", str(artifact.path), "--all")
        assert (result.code, result.err) == (0, "")
        wanted, gave_up, _ = artifact.answers["saved_model_cli_show_all"].partition(GAVE_UP)
        found = result.out
        if gave_up:
            found, _, functions = found.partition("\nConcrete Functions:")
            assert "Function Name: " in functions
        assert without_order(found) == without_order(wanted)

    @pytest.mark.parametrize("artifact", params(SHOWN))
    def test_same_text_every_time(self, run: Any, artifact: Recorded) -> None:
        """Sets and maps are sorted, so that two models can be compared by their texts."""
        text = run("--dir", str(artifact.path), "--all").out
        (ops,) = [line for line in text.split("\n") if "contains the following ops" in line][:1]
        names = ops.partition(": {")[2].rstrip("}").split(", ")
        assert names == sorted(names)
        assert run("--dir", str(artifact.path), "--all", "--tag_set=no").out == text

    def test_functions_that_tool_cannot_list(self, run: Any) -> None:
        """A type that nobody registered is printed like one that is known."""
        artifact = get_artifact("concrete_functions/unregistered")
        assert GAVE_UP in artifact.answers["saved_model_cli_show_all"]
        assert run("--dir", str(artifact.path), "--all").out.endswith(
            "\n"
            "Concrete Functions:\n"
            "  Function Name: 'boxed'\n"
            "    Option #1\n"
            "      Callable with:\n"
            "        Argument #1\n"
            "          DType: BoxSpec\n"
            "          Value: BoxSpec(TensorShape([2]), tf.float32)\n"
        )

    def test_tag_sets(self, run: Any) -> None:
        """Without a further option; `--list_ops` alone only says what it lacks."""
        listed = "The given SavedModel contains the following tag-sets:\n'serve'\n'gpu, train'\n"
        assert run("--dir", self.good_path()).out == listed
        assert run("--dir", self.good_path(), "--noall", "--signature_def=no").out == listed
        assert run("--dir", self.good_path(), "--list_ops").out == (
            f"--list_ops must be paired with a tag-set or with --all.\n{listed}"
        )

    @pytest.mark.parametrize("tags", ["train,gpu", "gpu,train", " gpu , train,"])
    def test_one_meta_graph(self, run: Any, tags: str) -> None:
        """Keys of its signatures, after its ops if asked for; the order of tags does not matter."""
        keys = "The given SavedModel MetaGraphDef contains SignatureDefs with the following keys:\n"
        assert run("--dir", self.good_path(), "--tag_set", tags).out == keys
        with_ops = run("--dir", self.good_path(), "--tag_set", tags, "--list_ops").out
        ops, rest = with_ops.split("\n", 1)
        assert rest == keys
        assert ops in run(*self.arguments(self.good_path())).out

    def test_one_signature(self, run: Any) -> None:
        """The same lines as with `--all`, not indented."""
        lines = run(
            "--dir", self.good_path(), "--tag_set=serve", "--signature_def=serving_default"
        ).out
        indented = "".join(f"  {line}\n" for line in lines.splitlines())
        assert f"signature_def['serving_default']:\n{indented}" in (
            run(*self.arguments(self.good_path())).out
        )

    def test_meta_graph_without_tags(self, run: Any, tmp_path: Path) -> None:
        """An empty tag-set is its, but that tool takes it for a mistake where more is asked for."""
        write_model(tmp_path, [])
        assert run("--dir", str(tmp_path)).out.endswith("tag-sets:\n''\n")
        assert run("--dir", str(tmp_path), "--tag_set=").code == 0
        for option in ("--list_ops", "--signature_def=serving_default"):
            result = run("--dir", str(tmp_path), "--tag_set", " , ", option)
            assert (result.code, result.out) == (2, "")
            assert "non-empty" in result.err
        assert "\nThe MetaGraph with tag set [] contains the following ops: set()\n" in (
            run("--dir", str(tmp_path), "--all").out
        )

    @pytest.mark.parametrize(
        ("options", "words"),
        [
            (["--tag_set=no"], "Please use one of the following tag-sets: ['train,gpu', 'serve']"),
            (["--tag_set=serve", "--signature_def=no"], 'signature "no". Please choose from: serv'),
            (["--tag_set=serve", "--list_ops", "--signature_def=no"], "Please choose from"),
        ],
    )
    @pytest.mark.parametrize("json_option", [(), ("--json",)])
    def test_unknown_names_are_the_users_error(
        self, run: Any, options: list[str], words: str, json_option: tuple[str, ...]
    ) -> None:
        """Exit 2, and the sentence of that tool, which ends in a traceback; nothing on stdout."""
        result = run("--dir", self.good_path(), *options, *json_option)
        assert (result.code, result.out) == (2, "")
        assert words in result.err

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            ([], "PATH"),
            (["--all"], "need --dir"),
            (["--tag_set=serve", "somewhere"], "need --dir"),
            (["--dir=x", "somewhere"], "leave out PATH"),
            (["--dir=x", "--document=config.json"], "leave out PATH and --document"),
        ],
    )
    def test_the_two_forms_do_not_mix(self, run: Any, arguments: list[str], words: str) -> None:
        """A PATH, or `--dir` with its options."""
        result = run(*arguments)
        assert (result.code, result.out) == (2, "")
        assert words in result.err

    def test_folders_elsewhere_are_not_supported(self, run: Any) -> None:
        """That tool reads buckets; exit 4 says that this one does not."""
        result = run("--dir", "gs://bucket/model")
        assert (result.code, result.out) == (4, "")
        assert "local" in result.err

    def test_terminal_gets_escapes(self, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        """A pipe gets names as they are, line ends in them too; a terminal would obey them."""
        path = str(get_artifact("concrete_functions/literals").path)
        assert "it's\n\"é\u3000\t\n" in run("--dir", path, "--all").out
        monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
        result = run("--dir", path, "--all")
        assert_safe_to_print(result.out)
        assert r"it's\n" in result.out

    @pytest.mark.parametrize("artifact", params(SHOWN))
    def test_json_has_the_same_facts(self, run: Any, artifact: Recorded) -> None:
        """As many tag-sets, signatures, ops, functions and traces as the text names."""
        path = str(artifact.path)
        document = self.check_json(run("--dir", path, "--all", "--json").out)
        text = run("--dir", path, "--all").out
        graphs = document["meta_graphs"]
        functions = [function for graph in graphs for function in graph["functions"] or ()]
        assert [repr(", ".join(tags)) for tags in document["tag_sets"]] == (
            run("--dir", path).out.splitlines()[1:]
        )
        assert text.count("\nsignature_def['") == sum(len(graph["signatures"]) for graph in graphs)
        assert all(f"{{{', '.join(map(repr, graph['ops']))}}}" in text for graph in graphs)
        assert text.count("  Function Name: '") == len(functions)
        assert text.count("    Option #") == sum(
            1 for function in functions for trace in function["traces"] if trace["arguments"]
        )

    def test_json_has_what_is_asked_for(self, run: Any) -> None:
        """What was not asked for is left out; functions are null without an object graph."""
        arguments = ["--dir", self.good_path(), "--json"]
        assert self.check_json(run(*arguments).out)["meta_graphs"] == []
        (graph,) = self.check_json(run(*arguments, "--tag_set=serve").out)["meta_graphs"]
        assert graph == {"tags": ["serve"], "signature_keys": ["serving_default"]}
        (graph,) = self.check_json(
            run(*arguments, "--tag_set=serve", "--signature_def=serving_default", "--list_ops").out
        )["meta_graphs"]
        assert [signature["key"] for signature in graph["signatures"]] == ["serving_default"]
        assert "Add" in "".join(graph["ops"])
        every = self.check_json(run(*arguments, "--all").out)["meta_graphs"]
        assert [graph["functions"] for graph in every] == [None] * 2

    def test_json_of_floats_that_are_no_numbers(self, run: Any) -> None:
        """JSON has no infinity: it is text there."""
        path = str(get_artifact("concrete_functions/literals").path)
        assert '"value": "Infinity"' in run("--dir", path, "--all", "--json").out

    def test_starts_with_little(self) -> None:
        """Readers of other files are not imported, nor what only some models need."""
        path = str(get_artifact("keras3_export/network").path)
        assert not NOT_NEEDED & imported_by("show", "--dir", path, "--all")


def write_model(folder: Path, tags: list[str]) -> None:
    """A SavedModel that holds an empty MetaGraph."""
    from tensorboard_plugin_modelinspect.codecs.protos import message_class

    model = message_class("SavedModel")()
    model.meta_graphs.add().meta_info_def.tags.extend(tags)
    (folder / "saved_model.pb").write_bytes(model.SerializeToString())
