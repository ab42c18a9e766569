"""Documents of an artifact, such as a Keras config, as text for people. Nothing in them is run."""

from __future__ import annotations

import json

from tensorboard_plugin_modelinspect.errors import NotFound
from tensorboard_plugin_modelinspect.model.artifact import Artifact, Document
from tensorboard_plugin_modelinspect.views.text.words import printable


def find_document(artifact: Artifact, name: str) -> Document:
    """The document of that name, as stored or as `show` prints it.

    Raises:
        NotFound: There is none; the message lists those there are.
    """
    for document in artifact.documents:
        if name in (document.name, printable(document.name)):
            return document
    names = ", ".join(printable(document.name) for document in artifact.documents[:10])
    has = f"It has {names}." if names else "It carries none."
    raise NotFound(f'{artifact.path}: no document "{name[:200]}". {has}')


def format_document(text: str) -> list[str]:
    """Lines of a document: JSON indented, any other text as stored; safe to print.

    Cost: a few copies of the text.
    """
    try:
        indented = json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):  # no JSON, or nested too deeply to be a config
        return [_printable_line(line) for line in text.removesuffix("\n").split("\n")]
    return [line if line.isprintable() else _escape_json(line) for line in indented.split("\n")]


def _printable_line(line: str) -> str:
    return "\t".join(map(printable, line.removesuffix("\r").split("\t")))


def _escape_json(line: str) -> str:
    r"""The same JSON with `\uXXXX` for what a terminal might obey."""
    return "".join(char if char.isprintable() else json.dumps(char)[1:-1] for char in line)
