"""What the documentation names exists: files, headings, commands, flags, targets, messages."""

from __future__ import annotations

import argparse
import ast
import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path, PurePosixPath

import click
import pytest

from tensorboard_plugin_modelinspect.views.cli.main import cli
from tensorboard_plugin_modelinspect.views.http.loader import ModelInspectLoader

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "tensorboard_plugin_modelinspect"
DOCS = ROOT / "docs"
CHANGES = ROOT / "changes"
DOCUMENTS = sorted([*ROOT.glob("*.md"), *DOCS.glob("*.md"), *CHANGES.glob("*.md")])

GENERATED = frozenset({"build", "dist"})
FOREIGN = frozenset(
    {"google", "git-lfs", "keras", "tensorboard", "tensorflow", "tf_keras", "third_party"}
)
"""First parts of the paths of other projects."""
SOURCE_SUFFIXES = frozenset({".css", ".md", ".py", ".toml", ".ts", ".tsx"})

_FENCE = re.compile(r"^```[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
_INDENTED = re.compile(r"(?:^ {4}\S[^\n]*\n?)+", re.MULTILINE)
_SPAN = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_PATH = re.compile(r"[\w.<>*-]+(?:/[\w.<>*-]*)+")
_PLACEHOLDER = re.compile(r".*[<*].*|x(?:\.\w+)?")
_COMMAND = re.compile(r"(?:^|\s)(?:modelinspect|-m tensorboard_plugin_modelinspect) (.+)")
_FLAG = re.compile(r"--modelinspect_\w+")
_MAKE = re.compile(r"\bmake ([a-z]+(?:-[a-z]+)*)\b")
_ROW = re.compile(r"^\|(.*)\|$")


def parametrize_documents() -> pytest.MarkDecorator:
    return pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)


def code_of(text: str) -> list[str]:
    """Pieces of code: lines of blocks, and spans in the text."""
    blocks = [block for pattern in (_FENCE, _INDENTED) for block in pattern.findall(text)]
    lines = [line.strip() for block in blocks for line in block.splitlines()]
    return [*lines, *_SPAN.findall(_FENCE.sub("", text))]


def broken_links(text: str, folder: Path) -> list[str]:
    """Relative links whose file or heading does not exist."""
    prose = _SPAN.sub("", _FENCE.sub("", text))
    broken = []
    for link in _LINK.findall(prose):
        if "://" in link:
            continue
        name, _, anchor = link.partition("#")
        target = folder / name
        is_there = target.exists() if name else anchor in anchors_of(text)
        if is_there and name and anchor:
            is_there = anchor in anchors_of(target.read_text(encoding="utf-8"))
        if not is_there:
            broken.append(link)
    return broken


def anchors_of(text: str) -> set[str]:
    """What a link can name in a document: its headings, as web pages of it spell them."""
    headings = _HEADING.findall(_FENCE.sub("", text))
    return {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}


def missing_paths(text: str, folder: Path) -> list[str]:
    """Paths of this project in code spans that do not exist."""
    spans = [span for span in _SPAN.findall(_FENCE.sub("", text)) if _PATH.fullmatch(span)]
    bases = (ROOT, PACKAGE, folder)
    return [
        span
        for span in spans
        if is_ours(span) and not any((base / known_part(span)).exists() for base in bases)
    ]


def is_ours(path: str) -> bool:
    """Whether a path begins with one of our folders, or is a source file of nobody else."""
    first = path.split("/")[0]
    if first in FOREIGN:
        return False
    return first in our_folders() or PurePosixPath(path).suffix in SOURCE_SUFFIXES


@cache
def our_folders() -> frozenset[str]:
    folders = (entry.name for base in (ROOT, PACKAGE) for entry in base.iterdir() if entry.is_dir())
    return frozenset(name for name in folders if name[0] != ".") - GENERATED


def known_part(path: str) -> str:
    """A path up to the first part that stands for something else: `x.py`, `<case>`, `*`."""
    parts = []
    for part in path.split("/"):
        if _PLACEHOLDER.fullmatch(part):
            break
        parts.append(part)
    return "/".join(parts)


def unknown_commands(text: str) -> list[str]:
    """Calls of `modelinspect` with a sub-command or an option that it does not have."""
    calls = [match[1] for code in code_of(text) for match in _COMMAND.finditer(code)]
    return [call for call in calls if not is_known_call(call)]


def is_known_call(call: str) -> bool:
    words = shlex.split(call, comments=True)
    context = click.Context(cli)
    command: click.Command | None = cli
    if not words or words[0] == "…":
        return True
    if not words[0].startswith("-"):
        command = cli.get_command(context, words.pop(0))
    if command is None:
        return False
    known = {name for parameter in command.get_params(context) for name in parameter.opts}
    known |= {"-h", "--help"}
    return all(word.partition("=")[0] in known for word in words if word.startswith("--"))


@cache
def our_flags() -> frozenset[str]:
    """The flags we add to TensorBoard's."""
    parser = argparse.ArgumentParser(add_help=False)
    ModelInspectLoader().define_flags(parser)
    return frozenset(name for action in parser._actions for name in action.option_strings)


@cache
def make_targets() -> frozenset[str]:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    return frozenset(re.findall(r"^([a-z-]+):", text, re.MULTILINE))


def quoted_messages(text: str) -> Iterator[str]:
    """Code spans in the first column of tables that are headed `message`."""
    in_table = False
    for line in text.splitlines():
        row = _ROW.match(line)
        first = row[1].split("|")[0] if row else ""
        in_table = row is not None and (in_table or first.strip() == "message")
        if in_table:
            yield from _SPAN.findall(first)


@cache
def said_texts() -> str:
    """Every text the program can say: strings of the package, and the sources of the tab."""
    texts = []
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                texts.append("".join(map(literal_of, node.values)))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                texts.append(node.value)
    for pattern in ("*.ts", "*.tsx"):
        for path in (ROOT / "frontend" / "src").rglob(pattern):
            texts.append(" ".join(path.read_text(encoding="utf-8").split()))
    return "\n".join(texts)


def literal_of(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else "\0"


@parametrize_documents()
def test_links_resolve(document):
    """A reader who follows a link arrives."""
    assert broken_links(document.read_text(encoding="utf-8"), document.parent) == []


@parametrize_documents()
def test_paths_exist(document):
    """A file that is named is there: whoever moves one corrects the pages that name it."""
    assert missing_paths(document.read_text(encoding="utf-8"), document.parent) == []


@parametrize_documents()
def test_commands_exist(document):
    """Every command of the pages works as it stands there."""
    text = document.read_text(encoding="utf-8")
    assert unknown_commands(text) == []
    assert {name for code in code_of(text) for name in _MAKE.findall(code)} <= make_targets()


def test_flags_are_documented():
    """The pages name all our flags of TensorBoard, and no others."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in DOCUMENTS)
    assert set(_FLAG.findall(text)) == our_flags()


def test_the_index_lists_every_page():
    """No page of docs/ is known only to those who list the folder."""
    links = set(_LINK.findall((DOCS / "README.md").read_text(encoding="utf-8")))
    pages = {path.name for path in DOCS.glob("*.md")} - {"README.md"}
    assert pages <= links


def test_quoted_messages_are_said():
    """Who searches the page for a message finds it: the program says it in these words."""
    messages = list(quoted_messages((DOCS / "troubleshooting.md").read_text(encoding="utf-8")))
    assert len(messages) > 30
    assert [message for message in messages if message not in said_texts()] == []


@pytest.mark.parametrize("change", sorted(CHANGES.glob("*.*.md")), ids=lambda path: path.name)
def test_changes_are_named_by_number_and_type(change):
    """A release sorts entries by their names, and users read sentences."""
    assert re.fullmatch(r"\d+\.(feature|fix|docs)\.md", change.name)
    assert change.read_text(encoding="utf-8").endswith(".\n")


@pytest.mark.parametrize(
    ("find", "text"),
    [
        (lambda text: broken_links(text, DOCS), "See [the page](missing.md)."),
        (lambda text: broken_links(text, DOCS), "See [a part](formats.md#no-such-part)."),
        (lambda text: missing_paths(text, DOCS), "It is in `formats/missing.py`."),
        (lambda text: missing_paths(text, DOCS), "It is in `tests/corpus/missing/`."),
        (lambda text: missing_paths(text, DOCS), "It is in `runner_of_old/client.py`."),
        (unknown_commands, "Try `modelinspect missing`."),
        (unknown_commands, "Try:\n\n    modelinspect ls logs --missing\n"),
        (unknown_commands, "```\nmodelinspect --missing\n```\n"),
    ],
)
def test_what_is_missing_is_found(find, text):
    """The rules above see what they are made for."""
    assert len(find(text)) == 1


def test_what_stands_for_something_else_is_left_alone():
    """Placeholders, files of other projects and calls that are cut short are no mistakes."""
    text = (
        "A format is `formats/x.py`, a case `tests/corpus/<case>/`, TensorFlow has "
        "`tensorflow/core/x.proto`, you have `logs/ckpt-100`. Run `modelinspect …`, or "
        "`modelinspect tensor PATH KEY --slice 0:10,:`; see [the code](https://example.org/a.md)."
    )
    assert missing_paths(text, DOCS) == []
    assert unknown_commands(text) == []
    assert broken_links(text, DOCS) == []
