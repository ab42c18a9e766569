"""The text check: what it complains about, and what it leaves alone."""

from __future__ import annotations

import pytest

from tools import check_text


def complaints(text: str, *, is_source: bool = True) -> list[tuple[int, str]]:
    return list(check_text.check_text(text, is_source=is_source))


@pytest.mark.parametrize("parts", [("work", "main"), ("root", ".cache"), ("home", "ada", "x")])
@pytest.mark.parametrize("before", ["", " ", '"', "=", "file://"])
def test_private_path(before: str, parts: tuple[str, ...]) -> None:
    """A path of one machine is wrong on every other."""
    ((line, complaint),) = complaints("fine\n" + before + "/" + "/".join(parts))
    assert line == 2
    assert "path of one machine" in complaint


@pytest.mark.parametrize(
    "text", ["a/work/b", "./root/x", "/homework/x", "/home/<you>/logs", "/home/me/logs", "/tmp/x"]
)
def test_other_paths(text: str) -> None:
    """Relative paths and placeholders are fine."""
    assert complaints(text) == []


@pytest.mark.parametrize("prefix", ["", "https://", "files.", "REGISTRY."])
def test_registry_host(prefix: str) -> None:
    """Hosts of registries are found whatever stands before them; here they are put together."""
    for parts in (("py", "pi", ".org"), ("npm", "js", ".org"), ("python", "hosted", ".org")):
        ((_, complaint),) = complaints(f"see {prefix}{''.join(parts)}/simple")
        assert "package registry" in complaint


def test_other_hosts() -> None:
    """Specifications and projects are linked freely."""
    assert complaints("https://www.tensorflow.org https://github.com/google/snappy") == []


def test_long_file_needs_a_reason() -> None:
    """501 lines of source need a reason; other files do not."""
    text = "pass\n" * 501
    assert [line for line, _ in complaints(text)] == [501]
    assert complaints(text, is_source=False) == []
    assert complaints("# long because: it is a table\n" + text) == []
    assert complaints("// long because: it is generated\n" + text) == []
    assert len(complaints("# long because:\n" + text)) == 1
