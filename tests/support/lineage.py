"""Artifacts in memory, for tests of what lineage says of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from tensorboard_plugin_modelinspect.analyses.lineage.contents import (
    Contents,
    Sketch,
    choose_weights,
    make_sketch,
)
from tensorboard_plugin_modelinspect.analyses.lineage.lineage import Lineage, Looked
from tensorboard_plugin_modelinspect.analyses.lineage.result import Relation, Subject
from tensorboard_plugin_modelinspect.formats.checkpoint import open_checkpoint
from tensorboard_plugin_modelinspect.formats.content_checksums import constant_checksums
from tensorboard_plugin_modelinspect.sources.memory import MemoryFolder
from tests.support.series import bundle_files

Arrays = Mapping[str, np.ndarray]


def sketch_of(arrays: Arrays, contents: Contents) -> Sketch:
    """A checkpoint of these tensors, as lineage sees it."""
    tensors = open_checkpoint(MemoryFolder(bundle_files(arrays)), "ckpt").tensors
    return make_sketch(tensors, choose_weights(tensors), contents)


def lineage_of(series: Mapping[str, Sequence[Arrays | None]]) -> Lineage:
    """Artifacts by name of their series, in order; those of a series of one are single.

    None stands for one that cannot be opened. Steps count from 0.
    """
    contents = Contents(constant_checksums)
    looked = []
    for name, members in series.items():
        for step, arrays in enumerate(members):
            is_single = len(members) == 1
            subject = Subject(
                id=f"{name}-{step}",
                path=name if is_single else f"{name}-{step}",
                kind="saved_model" if is_single else "checkpoint",
                state="complete",
                step=None if is_single else step,
                series=None if is_single else name,
                mtime_s=0.0,
            )
            sketch = None if arrays is None else sketch_of(arrays, contents)
            looked.append(Looked(subject, name, sketch, "" if sketch else "It is broken."))
    return Lineage(looked, contents)


def paths(lineage: Lineage, relation: Relation) -> list[str]:
    """The artifacts of a relation, by path."""
    return [lineage.looked[other].subject.path for other in relation.others]


def relations(lineage: Lineage, path: str) -> list[tuple[str, list[str]]]:
    """What an artifact is related to: extents and paths."""
    place = next(i for i, one in enumerate(lineage.looked) if one.subject.path == path)
    return [(one.extent, paths(lineage, one)) for one in lineage.entry(place).relations]
