"""`modelinspect diff`: the sentence, what differs, JSON, the report, and exit codes."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tensorboard_plugin_modelinspect.analyses.diff.result import PAIRED_BY, SECTIONS, STATES
from tests.support.bundle_writer import BundleWriter
from tests.support.corpus import ROOT as CORPUS
from tests.views.cli.suite import SCHEMAS, CommandTests, assert_safe_to_print, imported_by

MANAGED = CORPUS / "series" / "managed"
STEPS = str(MANAGED / "ckpt-4"), str(MANAGED / "ckpt-6")
EXPORT = str(CORPUS / "keras3_export" / "network")
SAVED = str(CORPUS / "keras3_saved_model" / "network")


def write(folder: Path, name: str, arrays: dict[str, np.ndarray]) -> str:
    """A checkpoint with these values."""
    writer = BundleWriter()
    for key, value in arrays.items():
        writer.add(key, value)
    return str(writer.write(folder, name))


class TestDiff(CommandTests):
    name = "diff"
    is_light = False

    def arguments(self, path: str) -> list[str]:
        """An artifact and itself."""
        return [path, path]

    def test_the_sentence_comes_first(self, run: Any) -> None:
        """Then both sides, then only what differs, most changed first."""
        result = run(*STEPS)
        assert (result.code, result.err) == (0, "")
        lines = result.out.splitlines()
        assert lines[0].startswith("same structure; 4 of 5 tensors changed, largest in Variable")
        assert lines[1].startswith(f"before  checkpoint {STEPS[0]}: step 4, 6 tensors")
        assert lines[2].startswith(f"after   checkpoint {STEPS[1]}: step 6")
        rows = [line.split() for line in lines[5:] if line.startswith("  ") and "changed" in line]
        assert len(rows) == 4
        assert rows[0][0].startswith("network/half")
        assert "      NaN only before: 0, only after: 1" in lines

    def test_nothing_differs(self, run: Any) -> None:
        """One sentence, and no table but with `--all`."""
        result = run(EXPORT, EXPORT)
        assert result.out.startswith("same structure; all 9 tensors equal\n")
        assert "tensors\n  tensor" not in result.out
        assert run(EXPORT, EXPORT, "--all").out.count(" equal ") == 18

    def test_equal_by_the_index_alone(self, run: Any, tmp_path: Path) -> None:
        """A shard that is cut short says nothing of values: the sentence says how it knows."""
        whole = write(tmp_path, "a", {"kernel": np.ones((3, 3), "float32")})
        cut = write(tmp_path, "b", {"kernel": np.ones((3, 3), "float32")})
        shard = Path(f"{cut}.data-00000-of-00001")
        shard.write_bytes(shard.read_bytes()[:10])
        assert run(whole, cut).out.startswith("same structure; its tensor is equal by checksum")

    def test_structure(self, run: Any) -> None:
        """Signatures, ops, objects and shapes, each in its section."""
        text = run(EXPORT, SAVED).out
        assert "\nsignatures of tag-set serve\n  - serve\n  ~ serving_default: input " in text
        assert "\nops of tag-set serve\n  ~ AddV2: 2 -> 4\n" in text
        assert (
            "\n  + optimizer: user_object generic_user_object, with 26 objects below it\n" in text
        )
        assert "\n      shape [32, 3] -> [8, 2]\n" in text

    def test_no_values(self, run: Any, tmp_path: Path) -> None:
        """Indexes alone, and without numpy."""
        result = run(*STEPS, "--no-values")
        assert result.out.startswith("same structure; 4 of 5 tensors changed\n")
        assert not {"numpy", "ml_dtypes"} & imported_by("diff", *STEPS, "--no-values")
        keras = (
            str(CORPUS / "keras3_files" / "words.keras"),
            str(CORPUS / "keras3_files" / "words.h5"),
        )
        assert "52 not compared" in run(*keras, "--no-values").out
        for options in (["--exact"], ["--tolerance", "1"]):
            result = run(*STEPS, "--no-values", *options)
            assert (result.code, result.out) == (2, "")
            assert options[0] in result.err

    def test_json_has_everything(self, run: Any) -> None:
        """Every kind of difference, as the schema allows."""
        for sides in (STEPS, (EXPORT, SAVED), (SAVED, STEPS[0])):
            self.check_json(run(*sides, "--json", "--all").out)
        document = self.check_json(run(*STEPS, "--json").out)
        assert document["values_changed"]
        assert not document["structure_changed"]
        assert document["counts"]["changed"] == 4
        assert len(document["tensors"]) == 4
        half = document["tensors"][0]
        assert (half["state"], half["by"], half["changes"]) == ("changed", "key", ["crc32c"])
        assert half["values"]["first"] == [0]
        assert sum(half["values"]["histogram"]["counts"]) == 5
        keras = [str(CORPUS / "keras3_files" / name) for name in ("pictures.keras", "custom.keras")]
        document = self.check_json(run(*keras, "--json").out)
        assert document["documents"][0]["changes"][0]["path"] == ["module"]

    def test_numbers_that_json_has_not(self, run: Any, tmp_path: Path) -> None:
        """A norm beyond float64 is a text."""
        paths = [write(tmp_path, n, {"w": np.full(2, v)}) for n, v in (("a", 1e200), ("b", -1e200))]
        [pair] = self.check_json(run(*paths, "--json").out)["tensors"]
        assert pair["values"]["l2"] == "Infinity"

    @pytest.mark.parametrize(
        ("sides", "fail_on", "code"),
        [
            ((EXPORT, EXPORT), ("structure", "changed", "signature"), 0),
            (STEPS, ("structure", "signature"), 0),
            (STEPS, ("changed",), 1),
            ((EXPORT, SAVED), ("structure",), 1),
            ((EXPORT, SAVED), ("signature",), 1),
            ((EXPORT, SAVED), (), 0),
        ],
    )
    def test_fail_on(
        self, run: Any, sides: tuple[str, str], fail_on: tuple[str, ...], code: int
    ) -> None:
        """Exit 1 where it differs, with the report all the same."""
        options = [part for name in fail_on for part in ("--fail-on", name)]
        result = run(*sides, *options)
        assert (result.code, result.err) == (code, "")
        assert result.out

    def test_what_is_not_read_may_have_changed(self, run: Any) -> None:
        """Without values it cannot be ruled out."""
        keras = [str(CORPUS / "keras3_files" / name) for name in ("words.keras", "words.h5")]
        assert run(*keras, "--fail-on", "changed").code == 0
        assert run(*keras, "--fail-on", "changed", "--no-values").code == 1

    def test_tolerance(self, run: Any, tmp_path: Path) -> None:
        """Differences within it are said, and fail nothing."""
        before = write(tmp_path, "a", {"w": np.full(3, 2.0)})
        after = write(tmp_path, "b", {"w": np.array([2.0, 2.0 + 1e-9, 2.0 + 1e-3])})
        assert run(before, after, "--fail-on", "changed", "--tolerance", "1e-6").code == 1
        for tolerance in ("1e-2", "0,1e-3", "1e-3,0"):
            result = run(before, after, "--fail-on", "changed", "--tolerance", tolerance)
            assert result.code == 0, tolerance
            assert "1 within the tolerance" in result.out.splitlines()[0]
        for tolerance in ("x", "-1", "1,2,3", "nan", ""):
            result = run(before, after, "--tolerance", tolerance)
            assert (result.code, result.out) == (2, "")
            assert "--tolerance" in result.err

    def test_what_cannot_be_read(self, run: Any, tmp_path: Path) -> None:
        """The reason stands below the tensor, the rest is there, and the exit code is 3."""
        for path in MANAGED.glob("ckpt-*"):
            shutil.copy(path, tmp_path / path.name)
        Path(tmp_path, "ckpt-6.data-00000-of-00001").unlink()
        result = run(str(tmp_path / "ckpt-4"), str(tmp_path / "ckpt-6"))
        assert (result.code, result.err) == (3, "")
        assert result.out.startswith("same structure; 4 of 5 tensors changed\n")
        lines = [line for line in result.out.splitlines() if line.startswith("      ")]
        reasons = [line for line in lines if "ckpt-6.data-00000-of-00001, tensor" in line]
        assert len(reasons) == 4
        assert "\nnote: After: ckpt-6.data-00000-of-00001 missing" in result.out
        document = self.check_json(
            run(str(tmp_path / "ckpt-4"), str(tmp_path / "ckpt-6"), "--json").out
        )
        assert all(pair["error"] for pair in document["tensors"])

    def test_a_broken_side(self, run: Any) -> None:
        """Exit 3 and one line that names it, whichever side it is."""
        broken = str(CORPUS / "broken" / "index_garbage")
        for sides in ((STEPS[0], broken), (broken, STEPS[0])):
            result = run(*sides)
            assert (result.code, result.out) == (3, "")
            assert broken in result.err
            assert result.err.count("\n") == 1

    def test_patterns(self, run: Any) -> None:
        """Only these tensors; what fits nothing is the user's error."""
        document = self.check_json(run(*STEPS, "--tensor", "save_*", "--json").out)
        assert [pair["after"]["key"].split("/")[0] for pair in document["tensors"]] == [
            "save_counter"
        ]
        result = run(*STEPS, "--tensor", "nothing")
        assert (result.code, result.out) == (2, "")

    def test_lists_are_cut(self, run: Any, tmp_path: Path) -> None:
        """So that the first lines stay in sight; `--all` and JSON have the rest."""
        paths = [
            write(tmp_path, name, {f"w{i}": np.full(2, i + step) for i in range(300)})
            for name, step in (("a", 0), ("b", 1))
        ]
        result = run(*paths)
        assert "… and 100 more; --all lists them" in result.out
        assert run(*paths, "--all").out.count("changed ") == 300
        assert len(self.check_json(run(*paths, "--json").out)["tensors"]) == 300

    def test_report(self, run: Any, tmp_path: Path) -> None:
        """One file, beside the text; it replaces none unasked."""
        path = tmp_path / "report.html"
        result = run(*STEPS, "--html", str(path))
        assert (result.code, result.err) == (0, "")
        assert result.out.startswith("same structure")
        assert "4 of 5 tensors changed" in path.read_text()
        assert run(*STEPS, "--html", str(path)).code == 2
        assert run(*STEPS, "--html", str(path), "--overwrite").code == 0

    @pytest.mark.parametrize("case", ["odd_names", "hostile_entries"])
    def test_names_from_files_are_safe_to_print(self, run: Any, case: str, tmp_path: Path) -> None:
        """Whatever a file calls its tensors, a terminal obeys none of it, nor does a browser."""
        for path in sorted(CORPUS.joinpath(case).glob("*.index")):
            html = tmp_path / f"{path.name}.html"
            for sides in ((str(path), STEPS[0]), (STEPS[0], str(path))):
                result = run(*sides, "--all", "--html", str(html), "--overwrite")
                assert_safe_to_print(result.out + result.err)
                if html.exists():
                    assert_safe_to_print(html.read_text())

    def test_words_of_the_schema_are_those_of_the_analysis(self) -> None:
        """States, sections and ways of pairing that can be said are those that it allows."""
        schema = json.loads((SCHEMAS / "diff.json").read_text())
        pair = schema["$defs"]["pair"]["properties"]
        assert pair["state"]["enum"] == list(STATES)
        assert pair["by"]["enum"] == [*PAIRED_BY, None]
        skipped = schema["properties"]["skipped"]["items"]["properties"]
        assert skipped["section"]["enum"] == list(SECTIONS)
