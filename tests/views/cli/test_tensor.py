"""`modelinspect tensor` against the values that TensorFlow reads."""

import csv
import io
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tensorboard_plugin_modelinspect.views.cli import tensor as tensor_module
from tests.support.bundle_writer import BundleWriter
from tests.views.cli.suite import ArtifactCommandTests, assert_safe_to_print, get_artifact

ANSWERS = get_artifact("dtypes/all").answers["tensors"]
DTYPES = str(get_artifact("dtypes/all").path)
NUMBERS = [answer for answer in ANSWERS if "hex" in answer]
STRINGS = [answer for answer in ANSWERS if "strings" in answer]
LITTLE = {
    "float16": "<f2",
    "float32": "<f4",
    "float64": "<f8",
    "complex64": "<c8",
    "complex128": "<c16",
    "bool": "?",
    **{f"{u}int{bits}": f"<{u or 'i'}{bits // 8}" for u in ("", "u") for bits in (8, 16, 32, 64)},
}


def expected_array(answer: dict[str, Any]) -> np.ndarray:
    """A recorded value as numpy has it."""
    import ml_dtypes

    name, raw = answer["dtype"], bytes.fromhex(answer["hex"])
    plain = name[1:] if name.startswith(("qint", "quint")) else name
    if name in ("int4", "int2", "uint4", "uint2"):
        dtype = np.dtype("i1" if name.startswith("i") else "u1")
    elif plain in LITTLE:
        dtype = np.dtype(LITTLE[plain])
    else:
        dtype = np.dtype(getattr(ml_dtypes, name))
    return np.frombuffer(raw, dtype).reshape(answer["shape"])


def from_json(value: Any) -> Any:
    """Elements of the document as Python numbers."""
    if isinstance(value, list):
        return [from_json(element) for element in value]
    return float(value.replace("Infinity", "inf")) if isinstance(value, str) else value


class TestTensor(ArtifactCommandTests):
    name = "tensor"
    is_light = False

    def arguments(self, path: str) -> list[str]:
        return [path, "a"]

    @pytest.mark.parametrize("answer", NUMBERS, ids=lambda answer: answer["key"])
    def test_values_are_exact(self, run: Any, answer: dict[str, Any], tmp_path: Path) -> None:
        """Every type and shape comes back exactly, as JSON, as a `.npy` file, and as safe text."""
        result = run(DTYPES, answer["key"], "--json")
        assert result.code == 0, result.err
        document = self.check_json(result.out)
        expected = expected_array(answer)
        wide = expected if expected.dtype.isbuiltin == 1 else expected.astype(np.float32)
        # Complex numbers are pairs in the document, and in memory.
        is_complex = wide.dtype.kind == "c"
        parts = wide.reshape(-1).view(f"f{wide.itemsize // 2}" if is_complex else wide.dtype)
        values = np.array(from_json(document["values"]), dtype=parts.dtype)
        assert (
            values.reshape(-1).tobytes()
            == np.where(parts != parts, values.reshape(-1), parts).tobytes()
        )
        assert ((values.reshape(-1) != values.reshape(-1)) == (parts != parts)).all()
        if wide.size:
            assert values.shape[: wide.ndim] == wide.shape

        file = tmp_path / "values.npy"
        assert run(DTYPES, answer["key"], "--npy", str(file)).code == 0
        np.testing.assert_array_equal(np.load(file), wide)
        assert [path.name for path in tmp_path.iterdir()] == ["values.npy"]

        text = run(DTYPES, answer["key"])
        assert text.code == 0
        assert_safe_to_print(text.out)

    @pytest.mark.parametrize("answer", STRINGS, ids=lambda answer: answer["key"])
    def test_strings_are_exact(self, run: Any, answer: dict[str, Any]) -> None:
        """Text as text, other bytes as base64; nothing of either reaches a terminal raw."""
        import base64

        def to_hex(value: Any) -> str:
            raw = base64.b64decode(value["base64"]) if isinstance(value, dict) else value.encode()
            return raw.hex()

        document = self.check_json(run(DTYPES, answer["key"], "--json").out)
        flat = np.array(document["values"], dtype=object).reshape(-1)
        assert [to_hex(value) for value in flat] == answer["strings"]
        assert_safe_to_print(run(DTYPES, answer["key"]).out)

    def test_strings_have_no_npy_form(self, run: Any, tmp_path: Path) -> None:
        """Exit 4, and no file is left behind."""
        result = run(DTYPES, "string/vector", "--npy", str(tmp_path / "x.npy"))
        assert result.code == 4
        assert "string" in result.err
        assert not list(tmp_path.iterdir())

    def test_slices_are_numpys(self, run: Any) -> None:
        """A slice gives what numpy would; an index keeps its axis; the region says what came."""
        answer = next(t for t in NUMBERS if t["key"] == "int32/rank4")
        document = self.check_json(run(DTYPES, "int32/rank4", "--slice", "1,...,::2", "--json").out)
        expected = expected_array(answer)[1:2, ..., ::2]
        assert document["values"] == expected.tolist()
        assert document["shape"] == answer["shape"]
        assert document["region"] == [[1, 2, 1], [0, 1, 1], [0, 3, 1], [0, 2, 2]]

    @pytest.mark.parametrize("bad", ["0:2,0:2,0", "x", "9", "::-1"])
    def test_bad_slices_are_the_users_error(self, run: Any, bad: str) -> None:
        """Exit 2 with words about the slice."""
        result = run(DTYPES, "int32/matrix", "--slice", bad)
        assert (result.code, result.out) == (2, "")

    def test_singular_values(self, run: Any) -> None:
        """Text and JSON say what numpy says of the same slice, taken as a matrix."""
        values = expected_array(next(t for t in NUMBERS if t["key"] == "int32/rank4"))
        expected = np.linalg.svd(values[..., 1:].reshape(-1, 1).astype(float), compute_uv=False)
        asked = (DTYPES, "int32/rank4", "--spectral", "--slice", "...,1:")
        document = self.check_json(run(*asked, "--json").out)
        spectrum = document["spectrum"]
        assert spectrum["singular_values"] == pytest.approx(expected)
        assert (spectrum["rows"], spectrum["columns"]) == (6, 1)
        assert document["region"][3] == [1, 2, 1]
        lines = run(*asked).out.splitlines()
        assert lines[0].startswith("int32/rank4  int32  [2, 1, 3, 2]")
        assert lines[1:3] == ["[0:2,0:1,0:3,1:2]", "matrix          6 by 1"]
        assert lines[3] == f"spectral norm   {expected[0]:.6g}"

    def test_many_singular_values(self, run: Any, tmp_path: Path) -> None:
        """The text has the first twenty and the last; a rank of nothing is called none."""
        writer = BundleWriter()
        writer.add("diagonal", np.diag(np.arange(30.0)))
        writer.add("zeros", np.zeros((3, 2)))
        writer.write(tmp_path, "ckpt")
        lines = run(str(tmp_path / "ckpt"), "diagonal", "--spectral").out.splitlines()
        assert lines[-2] == "condition       infinite: the smallest singular value is 0"
        assert lines[-1].startswith("values          29 28 27 ")
        assert lines[-1].endswith(" 11 10 … and 10 more, down to 0")
        lines = run(str(tmp_path / "ckpt"), "zeros", "--spectral").out.splitlines()
        assert lines[4:6] == ["stable rank     none of 2", "effective rank  none of 2"]
        document = self.check_json(run(str(tmp_path / "ckpt"), "zeros", "--spectral", "--json").out)
        assert document["spectrum"]["stable_rank"] is None

    @pytest.mark.parametrize(
        ("key", "options"),
        [
            ("int32/vector", ["--spectral"]),
            ("float32/matrix", ["--spectral"]),  # holds a NaN
            ("string/matrix", ["--spectral"]),
            ("int32/matrix", ["--spectral", "--npy", "x.npy"]),
            ("int32/matrix", ["--spectral", "--limit", "3"]),
        ],
    )
    def test_no_singular_values(self, run: Any, key: str, options: list[str]) -> None:
        """Exit 2, and why."""
        result = run(DTYPES, key, *options)
        assert (result.code, result.out) == (2, "")
        assert result.err

    def test_text_stops_at_the_limit_and_says_so(self, run: Any) -> None:
        """No silent cut: the part that is shown and how much is left out."""
        out = run(DTYPES, "int64/matrix", "--limit", "7").out
        values = expected_array(next(t for t in NUMBERS if t["key"] == "int64/matrix"))
        assert "[0:1,0:5]" in out
        assert "10 more elements" in out
        assert all(str(value) in out for value in values[0])
        assert str(values[1, 1]) not in out.replace(str(values[0, 1]), "")

    def test_json_is_refused_beyond_the_limit(self, run: Any) -> None:
        """A document is never cut: it is refused, with a slice that would do."""
        result = run(DTYPES, "int64/matrix", "--limit", "7", "--json")
        assert (result.code, result.out) == (2, "")
        assert "0:1,0:5" in result.err

    def test_files_are_never_replaced_unasked(self, run: Any, tmp_path: Path) -> None:
        """An existing file stays as it is without `--overwrite`, and after a failed write."""
        file = tmp_path / "mine.npy"
        file.write_text("precious")
        refused = run(DTYPES, "int8/vector", "--npy", str(file))
        assert refused.code == 2
        assert "--overwrite" in refused.err
        assert (
            run(
                str(get_artifact("broken/shard_half/ckpt").path),
                "numbers",
                "--npy",
                str(file),
                "--overwrite",
            ).code
            == 3
        )
        assert file.read_text() == "precious"
        assert run(DTYPES, "int8/vector", "--npy", str(file), "--overwrite").code == 0
        assert np.load(file).dtype == np.int8
        assert [path.name for path in tmp_path.iterdir()] == ["mine.npy"]

    def test_unwritable_file_is_the_users_error(self, run: Any, tmp_path: Path) -> None:
        """A folder that does not exist: exit 2 with the file's name."""
        result = run(DTYPES, "int8/vector", "--npy", str(tmp_path / "no" / "x.npy"))
        assert result.code == 2
        assert "x.npy" in result.err

    def test_npy_is_not_combined_with_json(self, run: Any, tmp_path: Path) -> None:
        """Two answers at once are refused rather than one of them ignored."""
        file = str(tmp_path / "x.npy")
        assert run(DTYPES, "int8/vector", "--npy", file, "--json").code == 2

    @pytest.mark.parametrize("answer", NUMBERS + STRINGS, ids=lambda answer: answer["key"])
    def test_csv_has_every_element(self, run: Any, answer: dict[str, Any], tmp_path: Path) -> None:
        """The same text in a file and on stdout, an element for each that there is."""
        file = tmp_path / "values.csv"
        assert run(DTYPES, answer["key"], "--csv", str(file)).code == 0
        result = run(DTYPES, answer["key"], "--csv", "-")
        assert result.code == 0
        assert result.out == file.read_text()
        assert_safe_to_print(result.out)
        header, *lines = csv.reader(io.StringIO(result.out))
        axes = sum(name.startswith("axis_") for name in header)
        assert sum(len(line) - axes for line in lines) == math.prod(answer["shape"])

    def test_csv_holds_the_numbers(self, run: Any) -> None:
        """A matrix as a table under its indices."""
        out = run(DTYPES, "int64/matrix", "--csv", "-", "--slice", ":,1:3").out
        values = expected_array(next(t for t in NUMBERS if t["key"] == "int64/matrix"))
        lines = [f"{row},{a},{b}\n" for row, (a, b) in enumerate(values[:, 1:3])]
        assert out == "axis_0,1,2\n" + "".join(lines)

    def test_csv_replaces_nothing_unasked(self, run: Any, tmp_path: Path) -> None:
        """As `--npy`; and neither goes with the other, with `--json` or with `--limit`."""
        file = tmp_path / "mine.csv"
        file.write_text("precious")
        assert run(DTYPES, "int8/vector", "--csv", str(file)).code == 2
        for more in (["--json"], ["--limit", "3"], ["--npy", str(tmp_path / "x.npy")]):
            assert run(DTYPES, "int8/vector", "--csv", str(file), "--overwrite", *more).code == 2
        assert file.read_text() == "precious"
        assert run(DTYPES, "int8/vector", "--csv", str(file), "--overwrite").code == 0
        assert file.read_text().startswith("axis_0,value")

    def test_readable_name_finds_the_original(self, run: Any) -> None:
        """A name that an alias shares means one tensor: the one that is no alias."""
        artifact = get_artifact("keras3_export/network")
        name = next(name for name in artifact.answers["names"].values() if name.endswith("/kernel"))
        document = self.check_json(run(str(artifact.path), name, "--json").out)
        assert document["name"] == name

    def test_ambiguous_name_lists_keys(self, run: Any) -> None:
        """A name of several different tensors is refused with their keys."""
        artifact = get_artifact("keras3_export/equal_names")
        names = list(artifact.answers["names"].values())
        name = next(name for name in names if names.count(name) > 1)
        result = run(str(artifact.path), name)
        assert result.code == 2
        assert "variables/" in result.err

    def test_near_names_are_suggested(self, run: Any) -> None:
        """A misspelt or partial key: exit 2 with at most five near ones."""
        misspelt = run(DTYPES, "flaot32/matrix")
        assert misspelt.code == 2
        assert "float32/matrix" in misspelt.err
        partial = run(DTYPES, "MATRIX")
        assert partial.err.count("/matrix") == 5

    @pytest.mark.parametrize("artifact_id", ["odd_names/text", "odd_names/not_text"])
    def test_any_key_can_be_named(self, run: Any, artifact_id: str) -> None:
        """A key can be given as stored, or as `vars` prints it, whatever is in it."""
        artifact = get_artifact(artifact_id)
        for answer in artifact.answers["tensors"]:
            raw = (
                bytes.fromhex(answer["key_hex"]) if "key_hex" in answer else answer["key"].encode()
            )
            key = raw.decode("utf-8", "surrogateescape")
            result = run(str(artifact.path), "--json", "--", key)
            assert result.code == 0, result.err
            assert self.check_json(result.out)["key"] == key
            assert_safe_to_print(run(str(artifact.path), "--", key).out)

    def test_statistics(self, run: Any) -> None:
        """Numbers, quantiles and a bar for each range, as text; those of `stats` as JSON."""
        values = expected_array(next(t for t in NUMBERS if t["key"] == "float32/matrix"))
        finite = values[np.isfinite(values)].astype(np.float64)
        result = run(DTYPES, "float32/matrix", "--stats")
        assert (result.code, result.err) == (0, "")
        rows = dict(line.split(maxsplit=1) for line in result.out.splitlines()[1:12])
        assert float(rows["min"]) == values[np.isfinite(values)].min()
        assert rows["NaN"] == "1  first at [2, 0]"
        assert rows["-Inf"] == "1"
        assert "█" in result.out
        document = self.check_json(run(DTYPES, "float32/matrix", "--stats", "--json").out)
        assert (document["shape"], "values" in document) == ([3, 5], False)
        # The largest numbers of the type, of both signs: what is left of the others is rounding.
        rounding = 1e-15 * float(np.abs(finite).max())
        assert document["stats"]["mean"] == pytest.approx(finite.mean(), abs=rounding)
        assert sum(document["stats"]["histogram"]["counts"]) == finite.size

    @pytest.mark.parametrize("shape", ["matrix", "empty", "scalar"])
    def test_statistics_of_every_type(self, run: Any, shape: str) -> None:
        """Whatever the type: text that is safe, and a document that its schema allows."""
        for name in {answer["dtype"] for answer in ANSWERS}:
            result = run(DTYPES, f"{name}/{shape}", "--stats")
            assert result.code == 0, result.err
            assert_safe_to_print(result.out)
            self.check_json(run(DTYPES, f"{name}/{shape}", "--stats", "--json").out)

    def test_statistics_of_what_is_damaged(self, run: Any) -> None:
        """There are none: exit 3 and the reason."""
        path = str(get_artifact("broken/shard_flipped/ckpt").path)
        result = run(path, "numbers", "--stats")
        assert (result.code, result.out) == (3, "")
        assert 'tensor "numbers": expected checksum' in result.err

    @pytest.mark.parametrize("option", [("--slice", "0:1"), ("--limit", "3"), ("--npy", "x.npy")])
    def test_statistics_are_of_the_whole(self, run: Any, option: tuple[str, str]) -> None:
        """What asks for a part of it is refused rather than left out."""
        result = run(DTYPES, "float32/matrix", "--stats", *option)
        assert (result.code, result.out) == (2, "")
        assert not Path("x.npy").exists()


@pytest.mark.parametrize(
    ("shape", "limit", "shown"),
    [
        ((4, 5), 100, (4, 5)),
        ((4, 5), 12, (2, 5)),
        ((4, 5), 3, (1, 3)),
        ((2, 3, 4), 5, (1, 1, 4)),
        ((), 1, ()),
        ((3, 0), 1, (1, 0)),
    ],
)
def test_first_part_is_a_prefix_within_the_limit(
    shape: tuple[int, ...], limit: int, shown: tuple[int, ...]
) -> None:
    """What is shown is the beginning, last axes whole, and never more than the limit."""
    region = tuple(slice(0, size) if size else slice(0, 0, 1) for size in shape)
    region = tuple(slice(axis.start, axis.stop, 1) for axis in region)
    part = tensor_module.first_part(region, limit)
    assert tuple(axis.stop - axis.start for axis in part) == shown
    assert math.prod(shown) <= limit
