"""Finding a Chromium, and saying what to do where there is none."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tools import ensure_chromium as ensure


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "chromium"
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


@pytest.fixture(autouse=True)
def bare_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine whose PATH has no browser, and a user who cannot install one."""
    monkeypatch.delenv(ensure.VARIABLE, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    monkeypatch.setattr(ensure, "NAMES", ensure.NAMES[:-1])
    monkeypatch.setattr(ensure, "can_install", lambda: False)


def test_variable_wins(program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The browser that the user names is taken."""
    monkeypatch.setenv(ensure.VARIABLE, str(program))
    assert ensure.ensure_chromium() == str(program)


def test_wrong_variable_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong name is an error, and no other browser is taken in its place."""
    monkeypatch.setenv(ensure.VARIABLE, "no-such-browser")
    with pytest.raises(ensure.NoChromium, match="no-such-browser"):
        ensure.ensure_chromium()


def test_path_is_searched(program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A browser on PATH is found by its usual name."""
    monkeypatch.setenv("PATH", os.pathsep.join(["elsewhere", str(program.parent)]))
    assert ensure.ensure_chromium() == str(program)


def test_installs_where_it_may(program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a browser, and where it may, the package is installed and then found."""
    monkeypatch.setattr(ensure, "can_install", lambda: True)
    monkeypatch.setattr(
        ensure, "install_chromium", lambda: monkeypatch.setenv("PATH", str(program.parent))
    )
    assert ensure.ensure_chromium() == str(program)


def test_says_what_to_install() -> None:
    """Where nothing can be done, the message says what the user can do."""
    with pytest.raises(ensure.NoChromium, match="apt-get install chromium"):
        ensure.ensure_chromium()
