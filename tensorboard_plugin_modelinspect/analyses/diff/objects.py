"""Where the objects of two artifacts differ, each known by its path from the root."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Mapping

from tensorboard_plugin_modelinspect.analyses.diff.result import ObjectDiff, ObjectFacts
from tensorboard_plugin_modelinspect.model.objects import ObjectTree

_COUNTED = re.compile(r"_\d+$")
MOST_PATHS = 200_000
"""Paths that are listed of an artifact; of more the nearest to the root."""
_MOST_CHARACTERS = 1 << 25
"""Of all paths: a chain of long names above many objects would make them quadratic."""


def list_objects(tree: ObjectTree | None) -> dict[str, ObjectFacts]:
    """Facts of each object by path, nearest to the root first.

    An object that several paths lead to is told at the first of them, by length and then by name;
    the others say which it is, and nothing is told below them. So cycles end.

    Cost: a step for each edge; at most `MOST_PATHS` entries.
    """
    found: dict[str, ObjectFacts] = {}
    if tree is None or not tree.nodes:
        return found
    paths = {0: ""}
    found[""] = _facts(tree, 0)
    waiting = deque([0])
    left = _MOST_CHARACTERS
    while waiting:
        node = waiting.popleft()
        for name, child in sorted(tree.nodes[node].children):
            path = f"{paths[node]}/{escape_name(name)}" if node else escape_name(name)
            left -= len(path)
            if len(found) >= MOST_PATHS or left < 0:
                return found
            if child in paths:
                found[path] = ObjectFacts("", "", "", same_as=paths[child])
            else:
                paths[child], found[path] = path, _facts(tree, child)
                waiting.append(child)
    return found


def escape_name(name: str) -> str:
    """A local name as part of a path, as in tensorflow/python/trackable/trackable_utils.py."""
    return name.replace(".", "..").replace("/", ".S")


def diff_objects(before: ObjectTree | None, after: ObjectTree | None) -> tuple[ObjectDiff, ...]:
    """Objects that differ, sorted by path."""
    old, new = list_objects(before), list_objects(after)
    paths = sorted(path for path in {**old, **new} if old.get(path) != new.get(path))
    lone = {path for path in paths if path not in old or path not in new}
    below = _count_below(paths, lone, old)
    return tuple(
        ObjectDiff(path, old.get(path), new.get(path), path in below, below.get(path, 0))
        for path in paths
    )


def _count_below(
    paths: list[str], lone: set[str], old: Mapping[str, ObjectFacts]
) -> dict[str, int]:
    """For each path that did not come or go with the one above it, how many did with it."""
    tops: dict[str, str] = {}
    counts: dict[str, int] = {}
    for path in paths:
        above = path.rpartition("/")[0]
        goes_along = path and {path, above} <= lone and (path in old) == (above in old)
        if goes_along and above in tops:
            tops[path] = tops[above]
            counts[tops[path]] += 1
        else:
            tops[path], counts[path] = path, 0
    return counts


def _facts(tree: ObjectTree, node: int) -> ObjectFacts:
    kind, label, _, _, detail = tree.nodes[node]
    # The number behind a function's name is another one in each save.
    name = _COUNTED.sub("", label) if label.startswith("__inference_") else label
    return ObjectFacts(kind, name, detail)
