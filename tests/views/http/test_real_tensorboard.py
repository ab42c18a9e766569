"""The plugin in a real TensorBoard, through its real entry point, in every way it is started."""

from __future__ import annotations

import http.client
import os
import shutil
import socket
from urllib.parse import urlencode

import pytest

from tests.support.bundle_writer import BundleWriter
from tests.views.http.real_tensorboard import Server, running_tensorboard, write_scalars
from tests.views.http.support import CORPUS

pytestmark = pytest.mark.tensorboard


@pytest.fixture(scope="module")
def logdir(tmp_path_factory):
    """A run with scalars, a SavedModel in it and a checkpoint beside it."""
    folder = tmp_path_factory.mktemp("logs")
    write_scalars(folder / "run1")
    shutil.copytree(CORPUS / "keras3_export" / "network", folder / "run1" / "export")
    for path in (CORPUS / "sharded").glob("four.*"):
        shutil.copy(path, folder)
    return folder


def check_tab(server: Server, *, prefix: str = "") -> None:
    """Our tab is listed and active, its entry comes from both addresses, and scalars still work."""
    listing = server.listing()
    assert listing["modelinspect"]["enabled"] is True
    assert listing["modelinspect"]["tab_name"] == "Model Inspect"
    assert listing["modelinspect"]["loading_mechanism"] == {
        "type": "IFRAME",
        "module_path": f"{prefix}/data/plugin/modelinspect/plugin/modelinspect/index.js",
    }
    for path in ("index.js", "plugin/modelinspect/index.js"):
        entry = server.tab(path)
        assert entry.status == 200
        assert entry.headers["Content-Type"] == "text/javascript; charset=utf-8"
        assert "could not start" not in entry.text
    page = server.ask("/data/plugin_entry.html", {"name": "modelinspect"})
    assert page.status == 200
    assert "./plugin/modelinspect/index.js" in page.text


def check_quiet(server: Server) -> None:
    """Nothing of ours on TensorBoard's terminal."""
    log = server.log()
    assert "Traceback" not in log
    assert "odel Inspect" not in log
    assert "In 3.0, this warning will become an error" not in log


def check_scalars(server: Server) -> None:
    """TensorBoard's own plugin reads its own data."""
    tags = server.ask("/data/plugin/scalars/tags")
    assert tags.status == 200
    assert "run1" in tags.json()


@pytest.mark.parametrize("mode", ["--load_fast=auto", "--load_fast=false"])
def test_both_ways_of_loading(logdir, mode):
    """TensorBoard's fast data server and its slow Python one: the same tab, values and runs."""
    with running_tensorboard(f"--logdir={logdir}", mode) as server:
        check_tab(server)
        rows = {row["path"]: row for row in server.artifacts()["artifacts"]}
        assert rows["run1/export"]["run"] == "run1"
        assert rows["four"]["run"] is None
        tensors = server.tab("api/tensors", {"id": rows["run1/export"]["id"]}).json()
        asked = {"id": rows["run1/export"]["id"], "key": tensors["key"][1]}
        values = server.tab("api/values", asked).json()
        assert len(values["text"]) > 0
        assert server.tab("api/npy", asked).data.startswith(b"\x93NUMPY")
        check_scalars(server)
        check_quiet(server)


def test_http_as_it_arrives(logdir):
    """What Werkzeug's server makes of us: 304, gzip, HEAD, 405, and Host as browsers send it."""
    with running_tensorboard(f"--logdir={logdir}") as server:
        check_tab(server)
        artifact_id = server.artifacts()["artifacts"][0]["id"]
        asked = ("api/artifact", {"id": artifact_id})
        plain = server.tab(*asked)
        packed = server.tab(*asked, headers={"Accept-Encoding": "gzip"})
        assert packed.headers["Content-Encoding"] == "gzip"
        known = server.tab(*asked, headers={"If-None-Match": plain.headers["ETag"]})
        assert (known.status, known.data) == (304, b"")
        head = server.tab(*asked, method="HEAD")
        assert (head.status, head.data) == (200, b"")
        assert head.headers["Content-Length"] == plain.headers["Content-Length"]
        for method in ("POST", "OPTIONS"):
            assert server.tab(*asked, method=method).status == 405
        hosts = {
            f"127.0.0.1:{server.port}": 200,
            f"[::1]:{server.port}": 200,
            f"attacker.example:{server.port}": 403,
            "attacker.example:80": 403,
            "hub.example.org": 200,
            "not valid": 400,
        }
        answers = {host: server.tab("api/artifacts", host=host) for host in hosts}
        assert {host: answer.status for host, answer in answers.items()} == hosts
        refused = server.tab("index.js", host=f"attacker.example:{server.port}")
        assert "--modelinspect_allowed_hosts=attacker.example" in refused.text
        traversal = server.tab("static/..%2f..%2fversion.py")
        assert traversal.status == 404
        check_quiet(server)


def test_allowed_hosts_by_flag_and_environment(logdir):
    """The flag reaches the rule from the command line, the variable from the environment."""
    flag = "--modelinspect_allowed_hosts=*.lab.example,tb.example"
    environment = {"TENSORBOARD_PROXY_URL": "https://proxy.example:8443/%PORT%/"}
    with running_tensorboard(f"--logdir={logdir}", flag, environment=environment) as server:
        for host in ("a.lab.example:7000", "tb.example:6006", "proxy.example:8443"):
            assert server.tab("api/status", host=host).status == 200
        assert server.tab("api/status", host="lab.example:7000").status == 403
        check_quiet(server)


@pytest.mark.parametrize("option", ["--bind_all", "--host=0.0.0.0"])
def test_open_to_the_network(logdir, option):
    """Bound to all interfaces: answered under an address and this machine's name, no other name."""
    with running_tensorboard(f"--logdir={logdir}", option) as server:
        check_tab(server)
        for host in (f"192.0.2.7:{server.port}", f"{socket.gethostname()}:{server.port}"):
            assert server.tab("api/status", host=host).status == 200
        assert server.tab("api/status", host=f"other.example:{server.port}").status == 403


def test_under_a_path_prefix(logdir):
    """`--path_prefix` moves the whole page, and our tab with it."""
    with running_tensorboard(f"--logdir={logdir}", "--path_prefix=/a/tb/") as server:
        assert server.prefix == "/a/tb"
        check_tab(server, prefix="/a/tb")
        assert server.artifacts()["artifacts"]
        check_scalars(server)
        check_quiet(server)


def test_a_logdir_spec(logdir):
    """Several named logdirs: their names are the runs' and the roots'."""
    spec = f"--logdir_spec=one:{logdir / 'run1'},two:{logdir}"
    with running_tensorboard(spec) as server:
        check_tab(server)
        answer = server.artifacts()
        assert [root["name"] for root in answer["roots"]] == ["one", "two"]
        runs = {(row["path"], row["run"]) for row in answer["artifacts"]}
        assert ("export", "one/.") in runs
        assert ("run1/export", "two/run1") in runs
        assert set(answer["runs"]) == set(server.ask("/data/runs").json())
        check_quiet(server)


def relative(logdir):
    return {"logdir": logdir.name, "cwd": logdir.parent}


def in_home(logdir):
    return {"logdir": f"~/{logdir.name}", "environment": {"HOME": str(logdir.parent)}}


def with_slash(logdir):
    return {"logdir": f"{logdir}/"}


@pytest.mark.parametrize("form", [relative, in_home, with_slash])
def test_every_way_to_write_a_logdir(logdir, form):
    """Relative, with `~`, with a slash at its end: the same folder."""
    given = form(logdir)
    with running_tensorboard(f"--logdir={given.pop('logdir')}", **given) as server:
        check_tab(server)
        answer = server.artifacts()
        assert [root["path"] for root in answer["roots"]] == [str(logdir)]
        assert {row["path"] for row in answer["artifacts"]} == {"four", "run1/export"}
        check_quiet(server)


def test_a_logdir_without_event_files(tmp_path):
    """Only models: TensorBoard has no data of its own, and our tab is active all the same."""
    shutil.copytree(CORPUS / "keras3_export" / "network", tmp_path / "model")
    with running_tensorboard(f"--logdir={tmp_path}") as server:
        listing = server.listing()
        assert [name for name, plugin in listing.items() if plugin["enabled"]] == ["modelinspect"]
        (row,) = server.artifacts()["artifacts"]
        assert (row["path"], row["run"]) == ("model", None)
        check_quiet(server)


@pytest.mark.parametrize("exists", [True, False])
def test_a_logdir_that_fills_later(tmp_path, exists):
    """Empty or missing at first: inactive but usable, active once a model is there."""
    logdir = tmp_path / "logs"
    if exists:
        logdir.mkdir()
    with running_tensorboard(f"--logdir={logdir}") as server:
        assert server.ask("/data/plugins_listing").json()["modelinspect"]["enabled"] is False
        answer = server.artifacts()
        assert answer["artifacts"] == []
        assert [root["exists"] for root in answer["roots"]] == [exists]
        assert server.tab("index.js").status == 200
        shutil.copytree(CORPUS / "keras3_export" / "network", logdir / "model")
        assert server.listing()["modelinspect"]["enabled"] is True
        check_quiet(server)


@pytest.mark.tensorflow
def test_with_tensorflow_installed(logdir):
    """TensorBoard then imports TensorFlow itself; our tab is the same."""
    python = os.environ.get("MODELINSPECT_TF_PYTHON")
    if not python:
        pytest.skip("MODELINSPECT_TF_PYTHON names no Python with TensorFlow")
    with running_tensorboard(f"--logdir={logdir}", python=python) as server:
        check_tab(server)
        rows = {row["path"]: row for row in server.artifacts()["artifacts"]}
        assert rows["run1/export"]["state"] == "complete"
        assert server.tab("api/tensors", {"id": rows["four"]["id"]}).status == 200
        check_scalars(server)
        assert "odel Inspect" not in server.log()


def test_a_csv_that_breaks_off_is_seen_to(tmp_path):
    """TensorBoard ends no body that is not whole, and keeps its terminal free of traces."""
    writer = BundleWriter()
    writer.add_hole("big", "float32", (400, 20_000))
    writer.write(tmp_path, "large")
    with running_tensorboard(f"--logdir={tmp_path}") as server:
        (row,) = server.artifacts()["artifacts"]
        asked = urlencode({"id": row["id"], "key": "big"})
        connection = http.client.HTTPConnection("localhost", server.port)
        connection.request("GET", f"/data/plugin/modelinspect/api/csv?{asked}")
        response = connection.getresponse()
        assert response.status == 200
        assert response.read(100).startswith(b"axis_0,axis_1,value")
        os.truncate(tmp_path / "large.data-00000-of-00001", 1000)
        with pytest.raises((http.client.IncompleteRead, ConnectionError)):
            response.read()
        assert "cut a download short" in server.log()
        assert "Traceback" not in server.log()
