"""Python for people to paste: literals, attribute paths and `tf.train.Checkpoint(…)` calls."""

from __future__ import annotations

import keyword
from collections.abc import Iterable, Mapping

from tensorboard_plugin_modelinspect.analyses.restore.graph import COUNTER, Graph
from tensorboard_plugin_modelinspect.model.artifact import Artifact

_MOST_KEYWORDS = 8
_WIDTH = 88
CHECKPOINT = "tf.train.Checkpoint"
_OF_OPTIMIZERS = frozenset({"_iterations", "iter"})
_OF_MODELS = ("_", "layer", "keras_api", "signatures", "variables", "trainable_variables")


def quoted(text: str) -> str:
    """A string literal, with bytes that are no text as escapes."""
    return '"' + text.encode("unicode_escape", "surrogatepass").decode().replace('"', '\\"') + '"'


def is_name(text: str) -> bool:
    """Whether a text can be a keyword argument or an attribute."""
    return text.isidentifier() and not keyword.iskeyword(text)


def keywords(arguments: Mapping[str, str]) -> str:
    """Keyword arguments of a call; names that Python does not allow through `**`."""
    parts = [f"{name}={value}" for name, value in arguments.items() if is_name(name)]
    others = [f"{quoted(name)}: {value}" for name, value in arguments.items() if not is_name(name)]
    if others:
        parts.append(f"**{{{', '.join(others)}}}")
    return ", ".join(parts)


def make_checkpoint(arguments: Mapping[str, str]) -> str:
    """A `tf.train.Checkpoint` that holds objects under these names."""
    return f"{CHECKPOINT}({keywords(arguments)})"


def dictionary(entries: Iterable[tuple[str, str]]) -> str:
    """A dict literal of strings and expressions, an entry a line unless it is short."""
    items = [f"{quoted(key)}: {value}" for key, value in entries]
    short = f"{{{', '.join(items)}}}"
    if len(short) <= _WIDTH:
        return short
    return "{\n" + "".join(f"    {item},\n" for item in items) + "}"


class Expressions:
    """What the objects of a target are called in Python.

    Args:
        artifact: The target.
        graph: Its objects.

    The root of a checkpoint is most often a `tf.train.Checkpoint` that the program made of objects
    it has names for; the root of anything else is the model.
    """

    def __init__(self, artifact: Artifact, graph: Graph) -> None:
        self._graph = graph
        label = artifact.objects.nodes[0].label if artifact.objects and graph.nodes else ""
        names = graph.names(0) if graph.nodes else []
        self.is_wrapper = label == "Checkpoint" or (
            artifact.kind == "checkpoint"
            and all(is_name(name) and not name.startswith(_OF_MODELS) for name in names)
        )
        self.names = [name for name in names if name != COUNTER]
        self._called = "model" if _OF_OPTIMIZERS.isdisjoint(names) else "optimizer"

    def root(self) -> str:
        """The root as an expression: the call that makes it if the program has no name for it."""
        if not self.is_wrapper:
            return self._called
        if len(self.names) > _MOST_KEYWORDS:
            return "checkpoint"
        return make_checkpoint({name: name for name in self.names})

    def at(self, number: int) -> str:
        """An object below the root."""
        if number == 0:
            return self.root()
        first, *parts = self._graph.path(number).split(".")
        steps = [first, *parts] if not self.is_wrapper else parts
        start = first if self.is_wrapper else self._called
        return start + "".join(_step(part) for part in steps)

    def restore_root(self) -> str:
        """The call whose `restore` begins at the root."""
        root = self.root()
        return root if self.is_wrapper else f"{CHECKPOINT}({root})"


def _step(name: str) -> str:
    if is_name(name):
        return f".{name}"
    return f"[{name}]" if name.isdigit() else f"[{quoted(name)}]"
