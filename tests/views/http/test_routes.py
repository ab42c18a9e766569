"""Each route: what it owes like all others, and what it answers."""

from __future__ import annotations

import dataclasses
import io
import json
import os
import shutil

import numpy as np
import pytest

from tensorboard_plugin_modelinspect.discovery import Catalog
from tensorboard_plugin_modelinspect.model.artifact import Document
from tensorboard_plugin_modelinspect.opening import open_artifact
from tensorboard_plugin_modelinspect.version import __version__
from tensorboard_plugin_modelinspect.views.http.routes import DOCUMENT_LIMIT
from tests.support.bundle_writer import BundleWriter
from tests.views.http.route_tests import JsonRouteTests, RouteTests
from tests.views.http.support import CORPUS, Tab, copy_case

SERIES = "keras3_checkpoint/series/ckpt-3"
EXPORT = "keras3_export/network"


class TestStatus(JsonRouteTests):
    """`api/status`."""

    route = "status"

    def test_gives_the_version_and_no_problem(self, tab):
        """A plugin that works says so."""
        answer = tab.get("api/status").get_json()
        told = {"version": __version__, "problem": None, "allow_run": False}
        assert answer == {"ok": True, **told}


class TestArtifacts(JsonRouteTests):
    """`api/artifacts`."""

    route = "artifacts"

    def test_lists_what_is_below_the_logdir(self, tab, model_logdir):
        """Rows are sorted, have state, size and step, and fill up with counts."""
        answer = tab.settle()
        assert answer["roots"] == [{"name": "", "path": str(model_logdir), "exists": True}]
        rows = {row["path"]: row for row in answer["artifacts"]}
        assert {SERIES, EXPORT} <= rows.keys()
        assert {row["state"] for row in rows.values()} == {"complete"}
        checkpoint = rows[SERIES]
        assert (checkpoint["kind"], checkpoint["step"], checkpoint["reason"]) == (
            "checkpoint",
            3,
            None,
        )
        artifact = open_artifact(model_logdir / SERIES)
        assert checkpoint["nbytes"] == artifact.nbytes
        assert checkpoint["tensors"] == len(artifact.tensors)
        assert checkpoint["parameters"] > 0

    def test_the_first_request_begins_the_first_search(self, model_logdir):
        """Nothing is searched before somebody asks; asking without `rescan` is enough."""
        tab = Tab(model_logdir)
        assert tab.settle()["scan"]["generation"] == 1
        assert tab.settle()["scan"]["generation"] == 1

    def test_rescan_finds_what_is_new_changed_and_gone(self, tmp_path):
        """`rescan=1` searches again; `rescan=0` and no parameter show what is known."""
        tab = Tab(tmp_path)
        assert tab.settle()["artifacts"] == []
        copy_case("sharded", tmp_path)
        assert tab.settle()["artifacts"] == []
        found = tab.settle(rescan=True)
        assert [row["path"] for row in found["artifacts"]] == ["sharded/four", "sharded/nothing"]
        assert found["scan"]["generation"] == 2
        shutil.rmtree(tmp_path / "sharded")
        gone = tab.settle(rescan=True)["artifacts"]
        assert {row["state"] for row in gone} == {"deleted"}
        assert all(row["reason"] for row in gone)

    def test_rescan_is_0_or_1(self, tab):
        """Another value is 400."""
        response = tab.get("api/artifacts", {"rescan": "yes"})
        assert response.status_code == 400
        assert "rescan=yes" in response.get_json()["error"]["message"]

    def test_broken_ones_are_listed_with_the_reason(self, tmp_path):
        """A state other than complete comes with a sentence, and without counts if unreadable."""
        rows = Tab(copy_case("broken", tmp_path)).settle()["artifacts"]
        assert {"broken", "complete"} <= {row["state"] for row in rows}
        for row in rows:
            assert (row["reason"] is None) == (row["state"] == "complete")

    def test_a_missing_logdir_is_no_error(self, tmp_path):
        """A logdir that may still come: an empty list, and a root that does not exist."""
        answer = Tab(tmp_path / "later").settle()
        assert answer["artifacts"] == []
        assert [root["exists"] for root in answer["roots"]] == [False]

    def test_named_roots(self, tmp_path):
        """`--logdir_spec` gives several roots with names."""
        for name in ("a", "b"):
            copy_case("sharded", tmp_path / name)
        answer = Tab("", logdir_spec=f"x:{tmp_path / 'a'},y:{tmp_path / 'b'}").settle()
        assert [root["name"] for root in answer["roots"]] == ["x", "y"]
        assert len(answer["artifacts"]) == 4
        assert len({row["id"] for row in answer["artifacts"]}) == 4


class TestArtifact(JsonRouteTests):
    """`api/artifact`."""

    route = "artifact"

    def parameters(self, tab):
        """A SavedModel."""
        return {"id": tab.id_of(EXPORT)}

    def test_describes_a_saved_model(self, tab, model_logdir):
        """Everything the Model page shows, in the engine's own words."""
        answer = tab.get("api/artifact", self.parameters(tab)).get_json()
        artifact = open_artifact(model_logdir / EXPORT)
        (graph,) = answer["meta_graphs"]
        (expected,) = artifact.meta_graphs
        assert graph["tags"] == ["serve"]
        assert [signature["key"] for signature in graph["signatures"]] == [
            signature.key for signature in expected.signatures
        ]
        assert graph["ops"] == sorted(graph["ops"], key=lambda op: (-op["count"], op["name"]))
        assert sum(op["count"] for op in graph["ops"]) == sum(expected.ops.values())
        assert answer["object_count"] == len(artifact.objects.nodes)
        assert {file["name"]: file["nbytes"] for file in answer["files"]} == {
            file.name: file.nbytes for file in artifact.files
        }
        assert answer["fingerprint"]["uuid"] == artifact.fingerprint.uuid
        assert all(isinstance(value, str) for value in answer["fingerprint"].values())
        assert answer["location"] == str(model_logdir / EXPORT)
        assert answer["error"] is None
        assert answer["totals"]["model_parameters"] == answer["artifact"]["parameters"]

    def test_a_broken_one_gives_its_row_files_and_error(self, tmp_path):
        """What cannot be opened is still a page: 200 with the error beside the files."""
        tab = Tab(copy_case("broken", tmp_path))
        rows = [row for row in tab.settle()["artifacts"] if row["path"].endswith("pb_garbage")]
        answer = tab.get("api/artifact", {"id": rows[0]["id"]}).get_json()
        assert answer["ok"] is True
        assert answer["error"]["message"]
        assert answer["error"]["id"] is None
        assert answer["files"]
        assert (answer["meta_graphs"], answer["totals"]) == ([], None)

    def test_assets_know_their_size(self, tmp_path):
        """An asset is joined with its file; null bytes mean that it is missing."""
        logdir = copy_case("module_signatures", tmp_path)
        tab = Tab(logdir)
        assets = {}
        for row in tab.settle()["artifacts"]:
            answer = tab.get("api/artifact", {"id": row["id"]}).get_json()
            for graph in answer["meta_graphs"]:
                for asset in graph["assets"]:
                    path = logdir / row["path"] / "assets" / asset["name"]
                    assets[path] = asset["nbytes"]
        assert assets
        assert assets == {path: path.stat().st_size for path in assets}

    def test_a_saved_model_that_is_the_logdir(self, tmp_path):
        """The root itself: its location is the logdir, without a dot at the end."""
        shutil.copytree(CORPUS / EXPORT, tmp_path / "model")
        tab = Tab(tmp_path / "model")
        (row,) = tab.settle()["artifacts"]
        answer = tab.get("api/artifact", {"id": row["id"]}).get_json()
        assert answer["location"] == str(tmp_path / "model")


class TestDocument(RouteTests):
    """`api/document`."""

    route = "document"
    TEXT = '{"name": "<script>größe</script>\udcff"}'

    @pytest.fixture(autouse=True)
    def _carrying(self, monkeypatch):
        """Every artifact carries two documents."""
        documents = (
            Document("config.json", self.TEXT),
            Document("long", "x" * (DOCUMENT_LIMIT + 1)),
        )
        open_plain = Catalog.open

        def open_carrying(catalog, artifact_id):
            artifact = open_plain(catalog, artifact_id)
            return dataclasses.replace(artifact, format="V1", documents=documents)

        monkeypatch.setattr(Catalog, "open", open_carrying)

    def parameters(self, tab):
        """A config."""
        return {"id": tab.id_of(EXPORT), "name": "config.json"}

    def test_is_text_and_nothing_else(self, tab):
        """As stored, as plain text that no browser takes for a page or a script."""
        response = tab.get("api/document", self.parameters(tab))
        assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
        assert response.data.decode() == '{"name": "<script>größe</script>\\xff"}'

    def test_known_text_is_not_sent_again(self, tab):
        """The ETag of one answer makes the next a 304 without a body."""
        asked = ("api/document", self.parameters(tab))
        etag = tab.get(*asked).headers["ETag"]
        again = tab.get(*asked, headers={"If-None-Match": etag})
        assert (again.status_code, again.data) == (304, b"")

    def test_is_bounded(self, tab):
        """One that no browser should show is 400, with the command that prints it."""
        response = tab.get("api/document", {**self.parameters(tab), "name": "long"})
        assert response.status_code == 400
        self.assert_error(response, "BadRequest", "--document long")

    def test_an_unknown_name(self, tab):
        """404, and a name from a page stays text."""
        response = tab.get("api/document", {**self.parameters(tab), "name": "</script>"})
        assert response.status_code == 404
        self.assert_error(response, "NotFound", "</script>")

    def test_the_artifact_lists_them(self, tab):
        """Names and sizes come with the artifact, beside its format; the texts do not."""
        response = tab.get("api/artifact", {"id": self.parameters(tab)["id"]})
        answer = response.get_json()
        assert answer["format"] == "V1"
        assert [document["name"] for document in answer["documents"]] == ["config.json", "long"]
        assert answer["documents"][0]["nbytes"] == len(self.TEXT.encode(errors="replace"))
        assert "größe" not in response.data.decode()


class TestObjects(JsonRouteTests):
    """`api/objects`."""

    route = "objects"

    def parameters(self, tab):
        """The root of a SavedModel's object tree."""
        return {"id": tab.id_of(EXPORT), "nodes": "0"}

    def test_gives_nodes_and_their_children(self, tab, model_logdir):
        """Enough to draw one more level: each node once, those asked for first."""
        tree = open_artifact(model_logdir / EXPORT).objects
        answer = tab.get("api/objects", {**self.parameters(tab), "nodes": "0,1"}).get_json()
        assert answer["count"] == len(tree.nodes)
        ids = [node["id"] for node in answer["nodes"]]
        children = [child for node in (0, 1) for _, child in tree.nodes[node].children]
        assert ids == list(dict.fromkeys([0, 1, *children]))
        assert answer["nodes"][0]["children"] == [list(pair) for pair in tree.nodes[0].children]

    @pytest.mark.parametrize(
        ("nodes", "status", "words"),
        [
            ("99999", 404, "No object 99999"),
            ("-1", 400, "joined by commas"),
            ("", 400, "joined by commas"),
            ("0,,1", 400, "joined by commas"),
            ("1e3", 400, "joined by commas"),
            ("1" * 30, 400, "joined by commas"),
            (",".join(["0"] * 501), 400, "501 nodes"),
        ],
    )
    def test_ids_that_are_none(self, tab, nodes, status, words):
        """A node outside the tree is 404, a text that is no list of ids 400."""
        response = tab.get("api/objects", {**self.parameters(tab), "nodes": nodes})
        assert response.status_code == status
        assert words in response.get_json()["error"]["message"]

    def test_without_a_tree(self, tmp_path):
        """A name-based checkpoint has no objects: an empty answer."""
        tab = Tab(copy_case("sharded", tmp_path))
        answer = tab.get("api/objects", {"id": tab.id_of("sharded/four"), "nodes": "0"}).get_json()
        assert answer == {"ok": True, "count": 0, "nodes": []}


class TestTensors(JsonRouteTests):
    """`api/tensors`."""

    route = "tensors"

    def parameters(self, tab):
        """A SavedModel that stores each weight twice."""
        return {"id": tab.id_of(EXPORT)}

    def test_gives_columns_of_one_length(self, tab, model_logdir):
        """Each row is a tensor of the engine; an alias points to the row it repeats."""
        answer = tab.get("api/tensors", self.parameters(tab)).get_json()
        artifact = open_artifact(model_logdir / EXPORT)
        assert answer["key"] == list(artifact.tensors)
        for row, tensor in enumerate(artifact.tensors.values()):
            columns = ("name", "nbytes", "role")
            assert [answer[name][row] for name in columns] == [getattr(tensor, n) for n in columns]
            assert answer["dtype"][row] == tensor.dtype.name
            assert tuple(answer["shape"][row]) == tensor.shape
            alias = answer["alias_of"][row]
            assert (answer["key"][alias] if alias >= 0 else None) == tensor.alias_of
        assert any(alias >= 0 for alias in answer["alias_of"])

    def test_a_broken_artifact_is_an_error(self, tmp_path):
        """Without an artifact there are no tensors: 422 with the file, the place, the next step."""
        tab = Tab(copy_case("broken", tmp_path))
        (row,) = [row for row in tab.settle()["artifacts"] if "index_garbage" in row["path"]]
        response = tab.get("api/tensors", {"id": row["id"]})
        assert response.status_code == 422
        assert row["path"].rpartition("/")[2] in response.get_json()["error"]["message"]

    def test_made_once_while_the_files_are_the_same(self, tmp_path):
        """The second answer is the kept one; after a change of the files it is a new one."""
        tab = Tab(copy_case("sharded", tmp_path))
        asked = {"id": tab.id_of("sharded/four")}
        first = tab.get("api/tensors", asked)
        assert tab.get("api/tensors", asked).data == first.data
        shutil.copy(tmp_path / "sharded" / "nothing.index", tmp_path / "sharded" / "four.index")
        assert tab.get("api/tensors", asked).data != first.data


class TestValues(JsonRouteTests):
    """`api/values`."""

    route = "values"

    def parameters(self, tab):
        """A slice of a kernel."""
        artifact_id = tab.id_of(EXPORT)
        answer = tab.get("api/tensors", {"id": artifact_id}).get_json()
        row = next(i for i, shape in enumerate(answer["shape"]) if len(shape) == 2)
        return {"id": artifact_id, "key": answer["key"][row], "slice": "0:2,-1"}

    def test_gives_the_elements_of_a_slice(self, tab, model_logdir):
        """Text, region and shapes belong together, row-major."""
        parameters = self.parameters(tab)
        answer = tab.get("api/values", parameters).get_json()
        tensor = open_artifact(model_logdir / EXPORT).tensors[parameters["key"]]
        last = tensor.shape[1] - 1
        assert answer["region"] == [[0, 2, 1], [last, last + 1, 1]]
        assert answer["result_shape"] == [2, 1]
        assert answer["shape"] == list(tensor.shape)
        assert [np.float32(text) for text in answer["text"]] == list(tensor.read()[:2, -1])

    def test_no_slice_is_everything(self, tab):
        """Without `slice`, and with an empty one, the whole tensor comes."""
        parameters = {**self.parameters(tab), "slice": ""}
        whole = tab.get("api/values", parameters)
        del parameters["slice"]
        assert tab.get("api/values", parameters).data == whole.data
        answer = whole.get_json()
        assert answer["result_shape"] == answer["shape"]

    def test_a_slice_that_is_none(self, tab):
        """400 in the words of the parser."""
        response = tab.get("api/values", {**self.parameters(tab), "slice": "a:b"})
        assert response.status_code == 400
        assert "is no slice" in response.get_json()["error"]["message"]

    def test_an_unknown_key(self, tab):
        """404, and a key from a page stays text."""
        response = tab.get("api/values", {**self.parameters(tab), "key": "</script>"})
        assert response.status_code == 404
        assert "</script>" in response.get_json()["error"]["message"]

    def test_more_than_10_000_elements_are_refused_with_a_slice_that_works(self, tmp_path):
        """400; the slice in the sentence is accepted."""
        tab = Tab(tmp_path)
        writer = BundleWriter()
        writer.add("x", np.zeros((300, 70), np.float32))
        writer.write(tmp_path, "big")
        asked = {"id": tab.id_of("big"), "key": "x"}
        response = tab.get("api/values", asked)
        assert response.status_code == 400
        suggested = response.get_json()["error"]["message"].rpartition("e.g. ")[2]
        answer = tab.get("api/values", {**asked, "slice": suggested}).get_json()
        assert answer["result_shape"] == [142, 70]

    def test_every_dtype_has_text(self, tmp_path):
        """All dtypes that TensorFlow saves give one text per element, or a reasoned error."""
        tab = Tab(copy_case("dtypes", tmp_path))
        artifact_id = tab.id_of("dtypes/all")
        tensors = tab.get("api/tensors", {"id": artifact_id}).get_json()
        for key, shape in zip(tensors["key"], tensors["shape"], strict=True):
            response = tab.get("api/values", {"id": artifact_id, "key": key})
            assert response.status_code == 200
            assert len(response.get_json()["text"]) == np.prod(shape, dtype=int)


class TestSpectrum(JsonRouteTests):
    """`api/spectrum`."""

    route = "spectrum"

    def parameters(self, tab):
        """A kernel of a checkpoint."""
        artifact = open_artifact(CORPUS / SERIES)
        key = next(key for key, one in artifact.tensors.items() if one.name == "net/head/kernel")
        return {"id": tab.id_of(SERIES), "key": key}

    def test_gives_the_singular_values(self, tab, asked):
        """Those that numpy finds, with what follows from them."""
        answer = tab.get(*asked).get_json()
        values = open_artifact(CORPUS / SERIES).tensors[asked[1]["key"]].read()
        expected = np.linalg.svd(values.astype(np.float64), compute_uv=False)
        assert answer["singular_values"] == pytest.approx(expected)
        assert (answer["rows"], answer["columns"]) == values.shape
        assert answer["stable_rank"] == pytest.approx((expected**2).sum() / expected[0] ** 2)

    def test_is_computed_once(self, tab, asked, monkeypatch):
        """While the artifact is open, the answer is kept."""
        first = tab.get(*asked)
        monkeypatch.setattr(np.linalg, "svd", None)
        assert tab.get(*asked).data == first.data

    def test_a_vector_has_none(self, tab, asked):
        """400 with the reason."""
        artifact = open_artifact(CORPUS / SERIES)
        key = next(key for key, one in artifact.tensors.items() if one.name == "net/head/bias")
        response = tab.get(asked[0], {**asked[1], "key": key})
        assert response.status_code == 400
        assert "matrix" in response.get_json()["error"]["message"]


class TestNpy(RouteTests):
    """`api/npy`."""

    route = "npy"

    def parameters(self, tab):
        """A kernel."""
        return TestValues().parameters(tab)

    def test_numpy_reads_the_slice(self, tab, model_logdir):
        """The download is a `.npy` of exactly the slice, with its length and a name."""
        parameters = self.parameters(tab)
        response = tab.get("api/npy", parameters)
        assert response.headers["Content-Type"] == "application/octet-stream"
        assert int(response.headers["Content-Length"]) == len(response.data)
        name = parameters["key"].removesuffix("/.ATTRIBUTES/VARIABLE_VALUE").replace("/", ".")
        assert f'filename="{name}.npy"' in response.headers["Content-Disposition"]
        tensor = open_artifact(model_logdir / EXPORT).tensors[parameters["key"]]
        got = np.load(io.BytesIO(response.data), allow_pickle=False)
        assert np.array_equal(got, tensor.read()[:2, -1:])

    def test_every_dtype_can_be_loaded_or_is_refused(self, tmp_path):
        """numpy reads each download without pickle, with equal values; strings are 501."""
        logdir = copy_case("dtypes", tmp_path)
        tab = Tab(logdir)
        artifact_id = tab.id_of("dtypes/all")
        for key, tensor in open_artifact(logdir / "dtypes" / "all").tensors.items():
            response = tab.get("api/npy", {"id": artifact_id, "key": key})
            if tensor.dtype.name == "string":
                assert response.status_code == 501
                assert "modelinspect tensor" in response.get_json()["error"]["message"]
                continue
            assert int(response.headers["Content-Length"]) == len(response.data)
            got = np.load(io.BytesIO(response.data), allow_pickle=False)
            expected = tensor.read()
            assert got.shape == expected.shape
            assert np.array_equal(got, expected.astype(got.dtype), equal_nan=got.dtype.kind in "fc")
            assert np.can_cast(expected.dtype, got.dtype, "safe")


def test_names_of_any_bytes_reach_the_browser_and_back(tmp_path):
    """A folder's name with markup, a line end and bytes that are no text: valid JSON, a good id."""
    folder = os.fsencode(tmp_path) + b"/</script>\xff\n"
    shutil.copytree(os.fsencode(CORPUS / EXPORT), folder)
    tab = Tab(tmp_path)
    (row,) = tab.settle()["artifacts"]
    assert row["path"] == "</script>\\xff\n"
    response = tab.get("api/artifact", {"id": row["id"]})
    assert json.loads(response.data.decode())["error"] is None


def test_keys_of_any_bytes_reach_the_browser_and_back(tmp_path):
    """A key that is not UTF-8 comes as xNN, and under that text its values can be asked for."""
    writer = BundleWriter()
    writer.add(b"a\xff", np.array([1.5], np.float32))
    writer.write(tmp_path, "odd")
    tab = Tab(tmp_path)
    artifact_id = tab.id_of("odd")
    tensors = tab.get("api/tensors", {"id": artifact_id}).get_json()
    if not tensors["key"]:
        pytest.skip("the reader refuses such keys")
    (key,) = tensors["key"]
    answer = tab.get("api/values", {"id": artifact_id, "key": key}).get_json()
    assert answer["text"] == ["1.5"]
