"""`modelinspect stats`: numbers, findings, forms of output, and what happens to what is broken."""

import csv
import io
import itertools
import json
import math
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tensorboard_plugin_modelinspect.analyses.health import KINDS, SEVERITIES
from tensorboard_plugin_modelinspect.analyses.stats.result import QUANTILES
from tensorboard_plugin_modelinspect.model.tensor import ROLES
from tensorboard_plugin_modelinspect.stats_cache import VARIABLE
from tensorboard_plugin_modelinspect.views.cli import progress as progress_module
from tensorboard_plugin_modelinspect.views.cli.stats import SORT_COLUMNS
from tensorboard_plugin_modelinspect.views.cli.stats_records import FLAT_COLUMNS
from tests.support.bundle_writer import BundleWriter
from tests.support.corpus import ROOT as CORPUS
from tests.views.cli.suite import (
    SCHEMAS,
    ArtifactCommandTests,
    assert_safe_to_print,
    get_artifact,
    run_fresh,
)

VARIANTS = str(CORPUS / "tables_and_iterators" / "variants")
FLIPPED = str(CORPUS / "broken" / "shard_flipped" / "ckpt")
DTYPES = str(CORPUS / "dtypes" / "all")
NUMBERS = ("min", "max", "mean", "std", "l1", "l2")


@pytest.fixture
def prefix(tmp_path: Path) -> str:
    """A checkpoint with all that statistics tell apart."""
    writer = BundleWriter()
    writer.add("dense/kernel", np.linspace(-1, 1, 12, dtype=np.float32).reshape(3, 4))
    writer.add("dense/bias", np.array([np.nan, 0, np.inf, -np.inf], np.float32))
    writer.add("dead/kernel", np.zeros((2, 3), np.float64))
    writer.add("empty", np.zeros((0, 3), np.float32))
    writer.add("nothing_finite", np.full(3, np.nan, np.float32))
    writer.add("save_counter", np.array(3, np.int64))
    writer.add("large", np.array([2**64 - 1, 0], np.uint64))
    writer.add_strings("words", [b"a", b"bcd"])
    return writer.write(tmp_path, "ckpt-3")


class TestStats(ArtifactCommandTests):
    name = "stats"
    is_light = False

    def rows(self, run: Any, path: str, *options: str, code: int = 0) -> dict[str, Any]:
        """Tensors of the document, by key."""
        result = run(path, "--json", *options)
        assert (result.code, result.err) == (code, "")
        return {row["key"]: row for row in self.check_json(result.out)["tensors"]}

    def test_numbers_are_those_of_the_values(self, run: Any, prefix: str) -> None:
        """Counts, and of the finite values the rest; what there is none of is null."""
        rows = self.rows(run, prefix)
        kernel = np.linspace(-1, 1, 12, dtype=np.float32).astype(np.float64)
        assert rows["dense/kernel"]["shape"] == [3, 4]
        for name, expected in (
            ("min", -1),
            ("max", 1),
            ("mean", kernel.mean()),
            ("std", kernel.std()),
            ("l1", np.abs(kernel).sum()),
            ("l2", np.sqrt((kernel**2).sum())),
        ):
            found = rows["dense/kernel"][name]
            assert math.isclose(found, expected, rel_tol=1e-12, abs_tol=1e-12)
        counts = {name: rows["dense/bias"][name] for name in ("count", "nan", "posinf", "neginf")}
        assert counts == {"count": 4, "nan": 1, "posinf": 1, "neginf": 1}
        assert (rows["dense/bias"]["first_nan"], rows["dense/bias"]["first_inf"]) == ([0], [2])
        nothing = rows["nothing_finite"]
        assert (nothing["nan"], nothing["first_nan"]) == (3, [0])
        assert [nothing[name] for name in ("min", "max", "mean", "std")] == [None] * 4
        assert (nothing["histogram"], nothing["quantiles"]) == ({"edges": [], "counts": []}, None)
        assert rows["empty"]["count"] == 0
        assert (rows["large"]["max"], type(rows["large"]["max"])) == (2**64 - 1, int)
        assert (rows["words"]["of"], rows["words"]["max"]) == ("length", 3)
        assert list(rows["dense/kernel"]["quantiles"]) == list(map(str, QUANTILES))
        assert sum(rows["dense/kernel"]["histogram"]["counts"]) == 12

    def test_findings_stand_at_their_tensor(self, run: Any, prefix: str) -> None:
        """With kind, evidence and advice in both forms."""
        rows = self.rows(run, prefix)
        kinds = {key: [one["kind"] for one in row["findings"]] for key, row in rows.items()}
        assert kinds["dense/bias"] == ["nan", "inf"]
        assert kinds["dead/kernel"] == ["all_zero"]
        assert kinds["dense/kernel"] == []
        out = run(prefix).out
        assert "\nproblem: dense/bias: 1 of 4 (25 %) are NaN, the first at [0].\n    " in out
        assert out.splitlines()[-1].endswith("findings")

    def test_channels(self, run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Dead ones are found by another pass, which the cache spares as well."""
        monkeypatch.setenv(VARIABLE, str(tmp_path / "cache"))
        kernel = np.random.default_rng(0).normal(0, 1, (8, 5)).astype(np.float32)
        kernel[:, 2] = 0
        writer = BundleWriter()
        writer.add("dense/kernel", kernel)
        path = writer.write(tmp_path / "run", "ckpt-1")
        reads = []
        for options in ((), (), ("--no-channels",), ("--no-cache",)):
            document = self.check_json(run(path, "--json", *options).out)
            [row] = document["tensors"]
            kinds = [one["kind"] for one in row["findings"]]
            assert kinds == ([] if "--no-channels" in options else ["dead_channels"])
            assert row["name"] == "dense/kernel"
            reads.append(document["totals"]["read_nbytes"])
        assert reads == [2 * kernel.nbytes, 0, 0, 2 * kernel.nbytes]
        assert "1 of 5 (20 %) output channels are dead" in run(path).out

    def test_checkpoints_before(self, run: Any, tmp_path: Path) -> None:
        """Against the one before some explode, against the first some were never trained."""
        paths = []
        for step, factor in enumerate((1, 2, 1000)):
            writer = BundleWriter()
            kernel = np.random.default_rng(0).normal(0, 1, (3, 4)).astype(np.float32)
            for name in ("a", "b"):
                writer.add(f"{name}/kernel", kernel * np.float32(factor))
            writer.add("frozen/kernel", kernel + 1)
            paths.append(writer.write(tmp_path, f"ckpt-{step}"))

        def kinds(*options: str) -> dict[str, list[str]]:
            rows = self.rows(run, paths[2], *options)
            return {key: [one["kind"] for one in row["findings"]] for key, row in rows.items()}

        assert not any(kinds().values())
        assert kinds("--previous", paths[1])["a/kernel"] == ["exploding"]
        assert kinds("--initial", paths[0])["frozen/kernel"] == ["untrained"]
        assert run(paths[2], "--previous", f"{paths[1]}x").code == 2

    def test_findings_about_the_whole(self, run: Any, tmp_path: Path) -> None:
        """Where all of it is looked at they stand beside the tensors; else nobody asked."""
        writer = BundleWriter()
        for name in ("a", "b", "c"):
            writer.add(f"{name}/kernel", np.arange(12, dtype=np.float32).reshape(3, 4))
        for slot in ("Adam", "Adam_1"):
            writer.add(f"a/kernel/{slot}", np.ones((3, 4), np.float32))
            writer.add(f"gone/kernel/{slot}", np.ones((5, 5), np.float32))
        path = writer.write(tmp_path, "ckpt-1")
        document = self.check_json(run(path, "--json").out)
        [bare] = document["findings"]
        assert bare["kind"] == "missing_slot"
        rows = {row["key"]: [one["kind"] for one in row["findings"]] for row in document["tensors"]}
        assert "orphan_slot" in rows["gone/kernel/Adam"]
        text = run(path).out
        assert f"\n{bare['severity']}: {bare['evidence'].removesuffix('.')}." in text
        assert run(path, "--fail-on", "any-finding").code == 1
        assert self.check_json(run(path, "--json", "--tensor", "a/*").out)["findings"] == []

    @pytest.mark.parametrize(
        ("fail_on", "tensor", "code"),
        [
            ("nan", "dense/bias", 1),
            ("inf", "dense/bias", 1),
            ("any-finding", "dead/kernel", 1),
            ("nan", "dead/kernel", 0),
            ("inf", "nothing_finite", 0),
            ("any-finding", "dense/kernel", 0),
        ],
    )
    def test_fail_on(self, run: Any, prefix: str, fail_on: str, tensor: str, code: int) -> None:
        """Exit 1 if what is looked for is in the tensors asked for, and stdout as ever."""
        result = run(prefix, "--fail-on", fail_on, "--tensor", tensor)
        assert (result.code, result.err) == (code, "")
        assert tensor in result.out

    def test_fail_on_several(self, run: Any, prefix: str) -> None:
        """Any of them is enough."""
        options = ("--fail-on", "nan", "--fail-on", "any-finding", "--tensor", "dead/kernel")
        assert run(prefix, *options).code == 1

    def test_what_cannot_be_read_is_said_in_place(self, run: Any) -> None:
        """The other tensors are measured; exit 3, even where something is to fail on."""
        rows = self.rows(run, FLIPPED, code=3)
        assert rows["numbers"]["error"]["type"] == "BadChecksum"
        assert 'tensor "numbers"' in rows["numbers"]["error"]["message"]
        assert {rows["numbers"][name] for name in ("nan", "histogram", *NUMBERS)} == {None}
        assert (rows["first"]["error"], rows["first"]["mean"]) == (None, 2)
        result = run(FLIPPED, "--fail-on", "any-finding")
        assert (result.code, result.err) == (3, "")
        lines = result.out.splitlines()
        place = next(place for place, line in enumerate(lines) if line.startswith("numbers "))
        assert lines[place + 1].startswith(f"    {FLIPPED}.data-00001-of-00002 at byte 0, tensor")
        assert "1 without statistics" in lines[-1]

    def test_what_has_no_values_is_no_failure(self, run: Any) -> None:
        """Objects of TensorFlow's own are said to have none, and nothing is wrong with the file."""
        rows = self.rows(run, VARIANTS)
        assert rows["optional"]["error"]["type"] == "Unsupported"
        assert rows["numbers"]["error"] is None

    def test_every_type_has_statistics(self, run: Any) -> None:
        """Of all that TensorFlow saves, empty and scalar ones too."""
        rows = self.rows(run, DTYPES)
        assert len(rows) == len(get_artifact("dtypes/all").answers["tensors"])
        assert all(row["error"] is None for row in rows.values())
        assert_safe_to_print(run(DTYPES).out)

    @pytest.mark.parametrize("artifact_id", ["odd_names/text", "odd_names/not_text"])
    @pytest.mark.parametrize("option", [(), ("--csv",)])
    def test_names_from_files_are_safe_to_print(
        self, run: Any, artifact_id: str, option: tuple[str, ...]
    ) -> None:
        """Whatever a file calls its tensors, as text or as CSV."""
        artifact = get_artifact(artifact_id)
        result = run(str(artifact.path), *option)
        assert result.code == 0
        assert_safe_to_print(result.out)
        assert result.out.count("\n") > len(artifact.answers["tensors"])

    def test_selection(self, run: Any, prefix: str) -> None:
        """By key, readable name, pattern, role and type; all that are given must hold."""

        def keys(*options: str) -> list[str]:
            return list(self.rows(run, prefix, *options))

        assert keys("--tensor", "dense/bias") == ["dense/bias"]
        assert keys("--tensor", "*/kernel") == ["dead/kernel", "dense/kernel"]
        assert keys("--tensor", "large", "--tensor", "dense/*") == [
            "dense/bias",
            "dense/kernel",
            "large",
        ]
        assert keys("--tensor", "*/kernel", "--dtype", "float64") == ["dead/kernel"]
        assert keys("--role", "counter") == ["save_counter"]
        assert keys("--role", "counter", "--dtype", "float32") == []
        assert run(prefix, "--role", "metadata").out.startswith("no tensors")

    def test_a_key_that_is_a_pattern(self, run: Any, tmp_path: Path) -> None:
        """A tensor of exactly that name is meant, not what it matches as a pattern."""
        writer = BundleWriter()
        for key in ("w[0]", "w0", "w*"):
            writer.add(key, np.zeros(2, np.float32))
        path = writer.write(tmp_path, "ckpt-1")
        assert list(self.rows(run, path, "--tensor", "w[0]")) == ["w[0]"]
        assert list(self.rows(run, path, "--tensor", "w*")) == ["w*"]
        assert list(self.rows(run, path, "--tensor", "w?")) == ["w*", "w0"]

    @pytest.mark.parametrize("name", ["dense/kernl", "nowhere*"])
    def test_a_name_of_nothing_is_the_users_error(self, run: Any, prefix: str, name: str) -> None:
        """An empty answer would look like a healthy one."""
        result = run(prefix, "--tensor", name)
        assert (result.code, result.out) == (2, "")
        assert name in result.err

    @pytest.mark.parametrize("column", SORT_COLUMNS)
    def test_order(self, run: Any, prefix: str, column: str) -> None:
        """Names ascend, numbers descend, what has none comes last."""
        rows = list(self.rows(run, prefix, "--sort", column).values())
        assert len(rows) == 8
        for row in rows:
            row["inf"] = row["posinf"] + row["neginf"]
        for one, next_one in itertools.pairwise(row[column] for row in rows):
            if column in ("key", "name"):
                assert one <= next_one
            elif next_one is not None:
                assert one is not None
                assert one >= next_one

    def test_csv(self, run: Any, prefix: str) -> None:
        """A line of flat columns for each tensor, the numbers of the JSON, on stdout."""
        rows = self.rows(run, prefix)
        result = run(prefix, "--csv")
        assert (result.code, result.err) == (0, "")
        lines = list(csv.DictReader(io.StringIO(result.out)))
        assert tuple(lines[0]) == FLAT_COLUMNS
        assert [line["key"] for line in lines] == list(rows)
        for line in lines:
            row = rows[line["key"]]
            for name in ("count", "nan", *NUMBERS):
                assert line[name] == ("" if row[name] is None else str(row[name]))
        bias = next(line for line in lines if line["key"] == "dense/bias")
        assert (bias["shape"], bias["first_inf"], bias["findings"]) == ("[4]", "[2]", "nan inf")

    def test_files_are_not_replaced_unasked(self, run: Any, prefix: str, tmp_path: Path) -> None:
        """Nor left half written; the same as `tensor` has it."""
        pytest.importorskip("pyarrow")
        for option in ("--csv", "--parquet"):
            path = tmp_path / option
            assert run(prefix, option, str(path)).code == 0
            before = path.read_bytes()
            result = run(prefix, option, str(path), "--tensor", "large")
            assert (result.code, path.read_bytes()) == (2, before)
            assert "--overwrite" in result.err
            assert run(prefix, option, str(path), "--tensor", "large", "--overwrite").code == 0
            assert path.read_bytes() != before

    def test_parquet(self, run: Any, prefix: str, tmp_path: Path) -> None:
        """The columns of CSV with their types, and histograms."""
        parquet = pytest.importorskip("pyarrow.parquet")
        path = tmp_path / "stats.parquet"
        result = run(prefix, "--parquet", str(path))
        assert (result.code, result.out) == (0, f"{path}: 8 tensors\n")
        table = parquet.read_table(path)
        assert tuple(table.column_names) == (*FLAT_COLUMNS, "histogram_edges", "histogram_counts")
        rows = self.rows(run, prefix)
        for found in table.to_pylist():
            row = rows[found["key"]]
            assert found["shape"] == row["shape"]
            assert found["histogram_counts"] == row["histogram"]["counts"]
            assert [found[name] for name in ("nan", "zeros")] == [row["nan"], row["zeros"]]
            assert found["mean"] == pytest.approx(row["mean"])
        assert run(FLIPPED, "--parquet", str(tmp_path / "with_error.parquet")).code == 3

    def test_parquet_needs_pyarrow(
        self, run: Any, prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It is an extra: who lacks it is told the command, before anything is read."""
        monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
        monkeypatch.setitem(sys.modules, "pyarrow", None)
        result = run(prefix, "--parquet", str(tmp_path / "stats.parquet"))
        assert (result.code, result.out) == (2, "")
        assert "pip install 'tensorboard-plugin-modelinspect[parquet]'" in result.err
        assert result.err.count("\n") == 1

    def test_one_output_at_a_time(self, run: Any, prefix: str) -> None:
        """Of two, one would have to be left out unsaid."""
        result = run(prefix, "--json", "--csv")
        assert (result.code, result.out) == (2, "")

    def test_the_cache(
        self, run: Any, prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What was measured before is not read again, and says so; --no-cache reads everything."""
        folder = tmp_path.parent / f"{tmp_path.name}-cache"
        monkeypatch.setenv(VARIABLE, str(folder))
        first = self.check_json(run(prefix, "--json").out)
        again = self.check_json(run(prefix, "--json").out)
        kernel_nbytes = 48  # read once more for its channels
        assert first["totals"]["read_nbytes"] == first["totals"]["nbytes"] + kernel_nbytes
        assert again["totals"]["read_nbytes"] == 0
        assert again["totals"]["cached_tensors"] == again["totals"]["tensors"] == 8
        assert again["tensors"] == first["tensors"]
        assert "8 tensors (158 B) known from the cache" in run(prefix).out
        without = self.check_json(run(prefix, "--json", "--no-cache").out)
        assert (without["totals"]["cached_tensors"], without["tensors"]) == (0, first["tensors"])
        assert list(folder.iterdir())

    def test_nothing_is_written_where_models_are(
        self, run: Any, prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Though the cache's folder is below theirs."""
        before = sorted(tmp_path.iterdir())
        monkeypatch.setenv(VARIABLE, str(tmp_path / "cache"))
        assert run(prefix).code == 0
        assert sorted(tmp_path.iterdir()) == before

    def test_threads(self, run: Any, prefix: str) -> None:
        """However many work, the document is the same."""
        documents = [self.rows(run, prefix, "--threads", number) for number in ("1", "2", "8")]
        assert documents[0] == documents[1] == documents[2]

    def test_progress(self, run: Any, prefix: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """On a terminal one sees how far it is; the results are as without."""
        stream = io.StringIO()
        stream.isatty = lambda: True  # type: ignore[method-assign]
        monkeypatch.setattr(progress_module, "_FIRST_S", 0)
        monkeypatch.setattr(progress_module, "_EVERY_S", 0)
        monkeypatch.setattr("sys.stderr", stream)
        assert run(prefix).out.startswith("name ")
        assert "[########################] 100%  158 B of 158 B" in stream.getvalue()

    def test_a_plain_terminal(self, prefix: str) -> None:
        """Without the characters for it, histograms are made of others."""
        assert run_fresh("stats", prefix, PYTHONIOENCODING="ascii").out.isascii()
        assert "█" in run_fresh("stats", prefix).out

    def test_words_of_the_schema_are_those_of_the_analysis(self) -> None:
        """Roles, kinds and severities that can be said are those that the schema allows."""
        definitions = json.loads((SCHEMAS / "stats.json").read_text())["$defs"]
        finding = definitions["finding"]["properties"]
        assert finding["kind"]["enum"] == list(KINDS)
        assert finding["severity"]["enum"] == list(SEVERITIES)
        assert definitions["tensor"]["properties"]["role"]["enum"] == list(ROLES)

    def test_numbers_of_tensor_are_these(self) -> None:
        """`tensor --stats` has the words of `stats`, with the same meaning."""
        rows = json.loads((SCHEMAS / "stats.json").read_text())["$defs"]["tensor"]["properties"]
        one = json.loads((SCHEMAS / "tensor.json").read_text())["$defs"]["stats"]["properties"]
        assert one == {name: rows[name] for name in one}
