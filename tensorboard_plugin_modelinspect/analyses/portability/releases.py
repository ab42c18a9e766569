"""TensorFlow of some version as a target: what it does not know of a model's ops."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from tensorboard_plugin_modelinspect.analyses.portability.addons import find_package
from tensorboard_plugin_modelinspect.analyses.portability.history import Bound, History
from tensorboard_plugin_modelinspect.analyses.portability.result import Evidence, Verdict
from tensorboard_plugin_modelinspect.analyses.portability.usage import (
    MOST_PLACES,
    KindUse,
    Usage,
)
from tensorboard_plugin_modelinspect.model.artifact import Artifact

_STRIPPED = ("saved_model", "meta_graph", "checkpoint")
"""Kinds whose files list the writer's ops: importing takes away attributes with their default
(tensorflow/python/framework/importer.py, `_RemoveDefaultAttrs`)."""
IGNORES_ATTRIBUTES = "2.5"
"""First release that logs unknown attributes and goes on, where older ones refuse the graph
(tensorflow/core/framework/node_def_util.cc, `ValidateNodeDef`)."""
_ADVICE_NEWER = "Load it with a newer TensorFlow, or save it again with the older one."


@dataclass(slots=True)
class Need:
    """A bound on releases and the nodes that impose it."""

    bound: Bound
    op: str
    uses: list[KindUse]


def find_needs(artifact: Artifact, usage: Usage, history: History) -> list[Need]:
    """What the uses of ops need of a release, each bound once."""
    needs: dict[Bound, Need] = {}
    are_stripped = artifact.kind in _STRIPPED
    for use in usage.kinds:
        op, attributes = use.kind
        for bound in history.bounds(op, attributes, are_stripped=are_stripped):
            needs.setdefault(bound, Need(bound, op, [])).uses.append(use)
    return list(needs.values())


def about(uses: Sequence[KindUse], evidence: Evidence) -> Evidence:
    """Evidence with the nodes that it is about."""
    places = [place for use in uses for place in use.places]
    signatures = {key for use in uses for key in use.signatures}
    return replace(
        evidence,
        count=sum(use.count for use in uses),
        places=tuple(places[:MOST_PLACES]),
        signatures=tuple(sorted(signatures)),
    )


def oldest_release(
    artifact: Artifact, usage: Usage, history: History, needs: Sequence[Need]
) -> tuple[int | None, list[Evidence]]:
    """The first release that takes everything, and what the one before it lacks.

    None where none of the table does. Ops that no release knows are left out: they are of add-ons.
    """
    before: list[Evidence] = []
    for place in range(len(history.releases)):
        found = _misfits(artifact, history, needs, place)
        failing = [one for one in found if one.verdict == "fails"]
        if not failing:
            return place, before
        before = failing
    return None, before


def check_release(
    artifact: Artifact, usage: Usage, history: History, needs: Sequence[Need], place: int
) -> Iterator[Evidence]:
    """What stands against loading the graphs with a release of the table."""
    yield from _misfits(artifact, history, needs, place)
    yield from check_types(artifact, usage, history, place)
    yield from check_missing(usage, history)
    yield from check_foreign_ops(artifact, usage, history)


def _misfits(
    artifact: Artifact, history: History, needs: Sequence[Need], place: int
) -> Iterator[Evidence]:
    version = history.releases[place]
    for meta in artifact.meta_graphs:
        if meta.min_consumer > history.producers[place]:
            yield Evidence(
                "graph-version",
                "fails",
                f"min_consumer {meta.min_consumer}",
                f"The graph may be read from GraphDef version {meta.min_consumer:,} on;"
                f" TensorFlow {version} reads {history.producers[place]:,}.",
                _ADVICE_NEWER,
            )
            break
    for need in needs:
        evidence = _misfit(history, need.bound, place)
        if evidence is not None:
            yield about(need.uses, evidence)
    yield from _forbidden(artifact, history, needs, place)


def _misfit(history: History, bound: Bound, place: int) -> Evidence | None:
    version = history.releases[place]
    is_attribute = bound.lacks == "attribute"
    if is_attribute and place >= history.releases.index(IGNORES_ATTRIBUTES):
        return _ignored(version, bound, place)
    if place < bound.since:
        rule = f"{bound.lacks}-too-new"
        if bound.since == len(history.releases):
            newest = history.releases[-1]
            fact = f"{_has_no(version, bound)}; up to {newest} no release has."
            return Evidence(rule, "fails", bound.what, fact, _ADVICE_NEWER)
        since = history.releases[bound.since]
        fact = f"{_has_no(version, bound)}; {since} is the first that has."
        return Evidence(rule, "fails", bound.what, fact, _ADVICE_NEWER)
    if bound.until is not None and place >= bound.until:
        last = history.releases[bound.until - 1]
        fact = f"{_has_no(version, bound)}; {last} is the last that has."
        advice = f"Load it with TensorFlow {last}."
        return Evidence(f"{bound.lacks}-removed", "fails", bound.what, fact, advice)
    return None


def _ignored(version: str, bound: Bound, place: int) -> Evidence | None:
    if bound.since <= place and (bound.until is None or place < bound.until):
        return None
    fact = f"{_has_no(version, bound)}, and ignores it."
    return Evidence("attribute-ignored", "works", bound.what, fact)


def _has_no(version: str, bound: Bound) -> str:
    if bound.lacks == "op":
        return f"TensorFlow {version} has no op {bound.what}"
    owner, _, rest = bound.what.partition(".")
    if bound.lacks == "attribute":
        return f"TensorFlow {version} knows no attribute {rest} of {owner}"
    name, _, value = rest.partition("=")
    return f"TensorFlow {version} takes no {value} as {name} of {owner}"


def _forbidden(
    artifact: Artifact, history: History, needs: Sequence[Need], place: int
) -> Iterator[Evidence]:
    """Ops that are kept for old graphs only (tensorflow/core/framework/op_def_util.cc)."""
    producer = max((meta.producer for meta in artifact.meta_graphs), default=0)
    for need in needs:
        version = history.forbidden_from(need.op) if need.bound.lacks == "op" else None
        if version is not None and version <= min(producer, history.producers[place]):
            fact = (
                f"TensorFlow takes {need.op} only from graphs before GraphDef version {version:,};"
                f" this one is of version {producer:,}."
            )
            yield about(need.uses, Evidence("op-forbidden", "fails", need.op, fact))


def check_types(
    artifact: Artifact, usage: Usage, history: History, place: int
) -> Iterator[Evidence]:
    """Element types that a release does not have at all."""
    names = {tensor.dtype.name.removesuffix("_ref") for tensor in artifact.tensors.values()}
    for name in sorted(names | usage.dtypes.keys()):
        since = history.types.get(name, 0)
        if since > place:
            fact = (
                f"TensorFlow {history.releases[place]} has no type {name};"
                f" {history.releases[since]} is the first that has."
            )
            count = usage.dtypes.get(name, 0)
            yield Evidence("type-too-new", "fails", name, fact, _ADVICE_NEWER, count=count)


def check_missing(usage: Usage, history: History) -> Iterator[Evidence]:
    """Attributes that ops must have: without them the graph is broken."""
    found: dict[str, list[KindUse]] = {}
    for use in usage.kinds:
        for name in history.missing(*use.kind):
            found.setdefault(f"{use.kind.op}.{name}", []).append(use)
    for what, uses in found.items():
        fact = f"{what} is missing, which has no default: TensorFlow takes no such node."
        yield about(uses, Evidence("attribute-missing", "fails", what, fact, "Save it again."))


def check_foreign_ops(artifact: Artifact, usage: Usage, history: History) -> Iterator[Evidence]:
    """Ops that no release of TensorFlow has: an add-on's, or unknown ones."""
    by_op: dict[str, list[KindUse]] = {}
    for use in usage.kinds:
        if not history.knows(use.kind.op):
            by_op.setdefault(use.kind.op, []).append(use)
    for op, uses in by_op.items():
        yield about(uses, _foreign(op, history, artifact))


def _foreign(op: str, history: History, artifact: Artifact) -> Evidence:
    package = find_package(op)
    if package is not None:
        fact = f"{op} is an op of {package.title}."
        return Evidence("addon-op", "needs", op, fact, package.advice, package.command)
    newest = history.releases[-1]
    newer = [one for one in artifact.meta_graphs if one.producer > history.producers[-1]]
    verdict: Verdict = "unknown" if newer else "needs"
    fact = f"No TensorFlow up to {newest} and no add-on that is known here has an op {op}."
    advice = "Load the library that registers it first: tf.load_op_library(…)."
    return Evidence("custom-op", verdict, op, fact, advice)
