"""A lineage as plain JSON values, with the names of docs/cli.md."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict

from tensorboard_plugin_modelinspect.analyses.lineage.lineage import Lineage
from tensorboard_plugin_modelinspect.analyses.lineage.result import Relation, SharedLayer, Subject
from tensorboard_plugin_modelinspect.views.cli.records import Record


def lineage_record(lineage: Lineage, places: Iterable[int], *, has_layers: bool) -> Record:
    """The document that `--json` prints, of the artifacts at these places."""
    return {
        "artifacts": [_entry_record(lineage, place, has_layers=has_layers) for place in places],
        "note": lineage.note or None,
    }


def _entry_record(lineage: Lineage, place: int, *, has_layers: bool) -> Record:
    entry = lineage.entry(place)
    return {
        **_subject_record(entry.subject),
        "problem": entry.problem or None,
        "weights": None if entry.weights is None else asdict(entry.weights),
        "relations": [
            _relation_record(lineage, place, relation, has_layers=has_layers)
            for relation in entry.relations
        ],
        "more": entry.more,
    }


def _subject_record(subject: Subject) -> Record:
    return {**subject._asdict(), "path": subject.path or "."}


def _relation_record(
    lineage: Lineage, place: int, relation: Relation, *, has_layers: bool
) -> Record:
    others = [lineage.looked[other].subject for other in relation.others]
    layers = lineage.shared_layers(place, relation.others[0]) if has_layers else None
    return {
        "extent": relation.extent,
        "others": [{"id": one.id, "path": one.path or ".", "step": one.step} for one in others],
        "ties": relation.ties,
        "less": relation.less,
        "tensors": relation.tensors,
        "parameters": relation.parameters,
        "other_tensors": relation.other_tensors,
        "other_parameters": relation.other_parameters,
        "layers": None if layers is None else list(map(_layer_record, layers)),
    }


def _layer_record(layer: SharedLayer) -> Record:
    return {
        "name": layer.name,
        "other_name": layer.other_name,
        "of_tensors": layer.of_tensors,
        "tensors": [{**tensor._asdict(), "shape": list(tensor.shape)} for tensor in layer.tensors],
    }
