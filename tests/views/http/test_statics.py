"""The front end's files are served, and no other file of the machine."""

from __future__ import annotations

import os

import pytest

from tensorboard_plugin_modelinspect.errors import NotFound
from tensorboard_plugin_modelinspect.views.http.statics import StaticFiles
from tests.views.http.support import Tab

SECRET = b"secret\n"


@pytest.fixture
def folder(tmp_path):
    """A built front end, with a secret beside it and ways there."""
    (tmp_path / "secret.js").write_bytes(SECRET)
    built = tmp_path / "static"
    (built / "sub").mkdir(parents=True)
    (built / "index.js").write_bytes(b"export function render() {}")
    (built / "app-a1B2_-d4.js").write_bytes(b"app")
    (built / "plain.css").write_bytes(b"a {}")
    (built / "sub" / "deep.svg").write_bytes(b"<svg/>")
    (built / ".stamp").write_bytes(SECRET)
    (built / "notes.txt").write_bytes(SECRET)
    (built / "no-type").write_bytes(SECRET)
    (built / "out.js").symlink_to(tmp_path / "secret.js")
    (built / "up").symlink_to(tmp_path)
    (built / "folder.js").mkdir()
    return built


@pytest.mark.parametrize(
    ("name", "content_type"),
    [
        ("index.js", "text/javascript; charset=utf-8"),
        ("app-a1B2_-d4.js", "text/javascript; charset=utf-8"),
        ("plain.css", "text/css; charset=utf-8"),
        ("sub/deep.svg", "image/svg+xml"),
    ],
)
def test_types_are_our_own(folder, name, content_type):
    """The type follows from the name by our table: the machine's may say `text/plain`."""
    body = StaticFiles(str(folder)).get(name)
    assert body.content_type == content_type
    assert body.data == (folder / name).read_bytes()


def test_only_hashed_names_are_kept_for_good(folder):
    """A name with a hash never changes its content; any other is asked for each time."""
    files = StaticFiles(str(folder))
    assert files.get("app-a1B2_-d4.js").cache_control == "public, max-age=31536000, immutable"
    for name in ("index.js", "plain.css"):
        assert files.get(name).cache_control == "no-cache"


WAYS_OUT = [
    "../secret.js",
    "sub/../../secret.js",
    "sub/../index.js",
    "./index.js",
    "/etc/passwd",
    "//etc/passwd",
    "sub//deep.svg",
    "out.js",
    "up/secret.js",
    ".stamp",
    "notes.txt",
    "no-type",
    "folder.js",
    "sub",
    "",
    "missing.js",
    "index.js\0",
    "index.js\0.css",
    "..\\secret.js",
    "index.js/",
    "index.js\n",
    "a" * 5000 + ".js",
]


@pytest.mark.parametrize("name", WAYS_OUT)
def test_no_way_out(folder, name):
    """Ways up, absolute paths, links that lead out, hidden and foreign files: not found."""
    with pytest.raises(NotFound):
        StaticFiles(str(folder)).get(name)


def test_a_changed_file_is_read_again(folder):
    """Whoever builds the front end anew sees it without a restart."""
    files = StaticFiles(str(folder))
    first = files.get("plain.css")
    assert files.get("plain.css") is first
    (folder / "plain.css").write_bytes(b"b {}")
    os.utime(folder / "plain.css", ns=(1, 1))
    assert files.get("plain.css").data == b"b {}"


@pytest.mark.parametrize(
    "path",
    [
        "static/../plugin.py",
        "static/..%2fplugin.py",
        "static/%2e%2e/plugin.py",
        "static/%2e%2e%2f%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "static//etc/passwd",
        "static/%00",
        "static/.stamp",
        "static/index.js%00.css",
        "static/%5c..%5cplugin.py",
        "static/",
    ],
)
def test_no_way_out_over_http(tmp_path, path):
    """The same through TensorBoard's router, as a browser may write it."""
    response = Tab(tmp_path).get(path)
    assert response.status_code == 404
    assert b"root:" not in response.data
    assert b"import" not in response.data
