"""The line of progress on a terminal."""

import io
import os

import pytest

from tensorboard_plugin_modelinspect.views.cli import progress as progress_module
from tensorboard_plugin_modelinspect.views.cli.progress import Progress, describe_progress


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """It is."""
        return True


def make_terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Make stderr a terminal; inside a test, since pytest sets stderr between fixture and test."""
    stream = Terminal()
    monkeypatch.setattr("sys.stderr", stream)
    return stream


def shown_at_end(text: str) -> str:
    """What a terminal line shows after writing `text`."""
    line: list[str] = []
    column = 0
    for char in text:
        if char == "\r":
            column = 0
        else:
            line[column:] = [char, *line[column + 1 :]]
            column += 1
    return "".join(line)


def test_line_is_replaced_and_wiped(monkeypatch: pytest.MonkeyPatch) -> None:
    """A shorter message leaves nothing of a longer one; at the end the line is empty."""
    terminal = make_terminal(monkeypatch)
    monkeypatch.setattr(progress_module, "_FIRST_S", 0)
    monkeypatch.setattr(progress_module, "_EVERY_S", 0)
    with Progress() as progress:
        progress.show("12,345 folders")
        progress.show("done")
        assert shown_at_end(terminal.getvalue()).rstrip() == "done"
    assert shown_at_end(terminal.getvalue()).strip() == ""
    assert terminal.getvalue().endswith("\r")


def test_quick_work_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is over in a moment leaves no flicker."""
    terminal = make_terminal(monkeypatch)
    with Progress() as progress:
        progress.show("1 folder")
    assert terminal.getvalue() == ""


def test_rate_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many calls are few writes: a search calls for every folder."""
    terminal = make_terminal(monkeypatch)
    monkeypatch.setattr(progress_module, "_FIRST_S", 0)
    monkeypatch.setattr(progress_module, "_EVERY_S", 3600)
    with Progress() as progress:
        for count in range(1000):
            progress.show(f"{count} folders")
    assert "0 folders" in terminal.getvalue()
    assert "1 folders" not in terminal.getvalue()


def test_files_get_no_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    """A log of stderr holds errors only."""
    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    monkeypatch.setattr(progress_module, "_FIRST_S", 0)
    with Progress() as progress:
        progress.show("12 folders")
    assert stream.getvalue() == ""


@pytest.mark.parametrize(
    ("done", "total", "elapsed_s", "words"),
    [
        (0, 0, 0.0, ["0%", "0 B of 0 B"]),
        (2_000_000_000, 8_000_000_000, 1.0, ["[######....", "25%", "2.0 GB/s", "3 s left"]),
        (1_000_000, 100_000_000_000, 1.0, ["0%", "1.0 MB of 100 GB", "1,667 min left"]),
        (9, 8, 1.0, ["[########################]", "100%"]),
    ],
)
def test_progress_says_how_long(done: int, total: int, elapsed_s: float, words: list[str]) -> None:
    """Amounts, speed and what is left, also before anything is read."""
    text = describe_progress(done, total, elapsed_s)
    for word in words:
        assert word in text
    assert os.linesep not in text
