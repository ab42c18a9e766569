"""From lineages to payloads. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from itertools import islice

from tensorboard_plugin_modelinspect.analyses.lineage.lineage import Lineage
from tensorboard_plugin_modelinspect.analyses.lineage.result import (
    Entry,
    Relation,
    SharedLayer,
    Subject,
)
from tensorboard_plugin_modelinspect.views.http.lineage_payloads import (
    LineageJobPayload,
    LineageMarksPayload,
    LineagePayload,
    RelationPayload,
    RelativePayload,
    SharedLayerPayload,
    SharedLayersPayload,
    SharedTensorPayload,
    WeightsPayload,
)
from tensorboard_plugin_modelinspect.views.http.lineages import Known, Standing

MOST_LAYERS = 500
"""Layers that are listed of two artifacts."""


def describe_entry(standing: Standing, known: Known, artifact_id: str) -> LineagePayload:
    """One artifact with its relations; nothing of one that was not looked at yet."""
    place = known.places.get(artifact_id)
    entry = None if place is None else known.lineage.entry(place)
    weights = None if entry is None else entry.weights
    return LineagePayload(
        job=describe_job(standing, known),
        weights=None if weights is None else WeightsPayload(**asdict(weights)),
        problem=None if entry is None else entry.problem or None,
        relations=[]
        if entry is None
        else [_describe_relation(known.lineage, one) for one in entry.relations],
        more=0 if entry is None else entry.more,
    )


def describe_job(standing: Standing, known: Known) -> LineageJobPayload:
    """How far the look is."""
    state, looked, artifacts = standing
    return LineageJobPayload(state, looked, artifacts, known.lineage.note or None)


def _describe_relation(lineage: Lineage, relation: Relation) -> RelationPayload:
    others = [lineage.looked[other].subject for other in relation.others]
    return RelationPayload(
        extent=relation.extent,
        others=list(map(_describe_relative, others)),
        ties=relation.ties,
        less=relation.less,
        tensors=relation.tensors,
        parameters=relation.parameters,
        other_tensors=relation.other_tensors,
        other_parameters=relation.other_parameters,
    )


def _describe_relative(subject: Subject) -> RelativePayload:
    return RelativePayload(subject.id, subject.path, subject.kind, subject.step)


def describe_shared(layers: Sequence[SharedLayer]) -> SharedLayersPayload:
    """Layers that two artifacts share."""
    shown = list(map(_describe_layer, islice(layers, MOST_LAYERS)))
    return SharedLayersPayload(shown, len(layers) - len(shown))


def _describe_layer(layer: SharedLayer) -> SharedLayerPayload:
    return SharedLayerPayload(
        name=layer.name,
        other_name=layer.other_name,
        of_tensors=layer.of_tensors,
        parameters=layer.parameters,
        tensors=[
            SharedTensorPayload(
                name=tensor.name,
                other_name=tensor.other_name,
                dtype=tensor.dtype,
                shape=list(tensor.shape),
                size=tensor.size,
                is_telling=tensor.is_telling,
            )
            for tensor in layer.tensors
        ],
    )


def describe_marks(standing: Standing, known: Known) -> LineageMarksPayload:
    """The closest relation of each artifact that has one, as far as they are worked out."""
    entries = tuple(known.marks)  # it grows meanwhile
    first = [entry.relations[0] for entry in entries]
    others = [known.lineage.looked[one.others[0]].subject for one in first]
    last = [known.lineage.looked[one.others[-1]].subject for one in first]
    return LineageMarksPayload(
        job=describe_job(standing, known),
        id=[entry.subject.id for entry in entries],
        extent=[one.extent for one in first],
        other=[subject.id for subject in others],
        path=[subject.path for subject in others],
        step=[subject.step for subject in others],
        last_step=[subject.step for subject in last],
        ties=[one.ties for one in first],
        parameters=[one.parameters for one in first],
        of_parameters=[_parameters(entry) for entry in entries],
    )


def _parameters(entry: Entry) -> int:
    return 0 if entry.weights is None else entry.weights.parameters
