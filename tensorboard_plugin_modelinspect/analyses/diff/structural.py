"""Compares the structure of two artifacts; reads no values."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator, Sequence
from dataclasses import replace

from tensorboard_plugin_modelinspect.analyses.diff.documents import diff_documents
from tensorboard_plugin_modelinspect.analyses.diff.graphs import diff_graphs, list_graphs
from tensorboard_plugin_modelinspect.analyses.diff.objects import MOST_PATHS, diff_objects
from tensorboard_plugin_modelinspect.analyses.diff.pairing import pair_tensors
from tensorboard_plugin_modelinspect.analyses.diff.result import (
    ArtifactDiff,
    Skipped,
    TensorPair,
)
from tensorboard_plugin_modelinspect.errors import NotFound
from tensorboard_plugin_modelinspect.model.artifact import Artifact
from tensorboard_plugin_modelinspect.model.collector import paused_collector


def diff_artifacts(before: Artifact, after: Artifact) -> ArtifactDiff:
    """Where two artifacts of any formats differ, as far as it is known without reading values.

    Args:
        before: Opened.
        after: Opened.

    Returns:
        The diff; `iter_values` tells of pairs whose content is `changed` or `unknown`.

    Cost: some steps for each tensor, object, op and value of a document.
    """
    with paused_collector():
        return ArtifactDiff(
            before,
            after,
            pair_tensors(before.tensors, after.tensors),
            diff_graphs(before, after),
            diff_objects(before.objects, after.objects),
            diff_documents(before.documents, after.documents),
            tuple(_iter_skipped(before, after)),
            tuple(_iter_notes(before, after)),
        )


def select_tensors(diff: ArtifactDiff, globs: Sequence[str]) -> ArtifactDiff:
    """The same with only those tensors whose key or name, on either side, fits a pattern.

    Raises:
        NotFound: A pattern fits none.
    """
    places: set[int] = set()
    for glob in globs:
        found = {place for place, pair in enumerate(diff.pairs) if _fits(pair, glob)}
        if not found:
            raise NotFound(f'No tensor on either side is called "{glob[:200]}".')
        places |= found
    return replace(diff, pairs=tuple(diff.pairs[place] for place in sorted(places)))


def _fits(pair: TensorPair, glob: str) -> bool:
    tensors = (one for one in (pair.before, pair.after) if one is not None)
    names = (name for one in tensors for name in (one.key, one.name))
    return any(name == glob or fnmatch.fnmatchcase(name, glob) for name in names)


def _iter_skipped(before: Artifact, after: Artifact) -> Iterator[Skipped]:
    """Sections that one side cannot have, or in which different kinds have nothing in common."""
    if before.kind != after.kind and not list_graphs(before).keys() & list_graphs(after).keys():
        yield Skipped("graphs", _lone("graph", before.meta_graphs, after.meta_graphs))
    is_lone = (before.objects is None) != (after.objects is None)
    if is_lone or before.kind != after.kind:
        yield Skipped("objects", _lone("object graph", before.objects, after.objects))
    if (before.kind, before.format) != (after.kind, after.format):
        yield Skipped("documents", _lone("document", before.documents, after.documents))


def _lone(noun: str, before: object, after: object) -> str:
    if before and after:
        return f"the {noun}s of different kinds of artifacts have little in common"
    return f"no {noun} {'after' if before else 'before' if after else 'on either side'}"


def _iter_notes(before: Artifact, after: Artifact) -> Iterator[str]:
    for side, artifact in (("Before", before), ("After", after)):
        yield from (f"{side}: {note}" for note in artifact.notes)
        missing = [file.name for file in artifact.files if file.nbytes is None]
        if missing:
            yield f"{side}: {', '.join(missing[:3])} missing: what is in it cannot be read."
        if artifact.objects is not None and len(artifact.objects.nodes) > MOST_PATHS:
            yield f"{side}: only {MOST_PATHS:,} objects are compared."
