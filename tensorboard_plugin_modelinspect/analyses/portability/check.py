"""Where an artifact runs: puts together what is said of each target."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

from tensorboard_plugin_modelinspect.analyses.graph.analysis import GraphAnalysis
from tensorboard_plugin_modelinspect.analyses.portability import converters, serving
from tensorboard_plugin_modelinspect.analyses.portability.addons import find_package
from tensorboard_plugin_modelinspect.analyses.portability.history import load_history
from tensorboard_plugin_modelinspect.analyses.portability.keras3 import (
    FIRST_WITH_KERAS_3,
    check_bundled_keras,
    check_keras3,
)
from tensorboard_plugin_modelinspect.analyses.portability.keras_legacy import check_slots
from tensorboard_plugin_modelinspect.analyses.portability.keras_objects import keras_version
from tensorboard_plugin_modelinspect.analyses.portability.placement import check_placement
from tensorboard_plugin_modelinspect.analyses.portability.releases import (
    Need,
    check_release,
    find_needs,
    oldest_release,
)
from tensorboard_plugin_modelinspect.analyses.portability.result import (
    TARGETS,
    VERDICTS,
    Device,
    Evidence,
    OpSupport,
    Package,
    Portability,
    TargetReport,
    TypeUse,
    Verdict,
    Writer,
    worst,
)
from tensorboard_plugin_modelinspect.analyses.portability.usage import (
    KindUse,
    Usage,
    collect_usage,
)
from tensorboard_plugin_modelinspect.errors import BadRequest
from tensorboard_plugin_modelinspect.model.artifact import Artifact

_TITLES = {
    "tf": "TensorFlow",
    "tflite": "TensorFlow Lite",
    "tfjs": "TensorFlow.js",
    "serving": "TensorFlow Serving",
    "keras3": "Keras 3",
}
_WITH_VERSION = ("tf", "serving")
_GRAPH_KINDS = ("saved_model", "graph_def", "meta_graph")
_NO_USAGE = Usage((), {}, {}, False)


class Target(NamedTuple):
    """A target, and the place of its version in the table of releases."""

    text: str
    name: str
    place: int


def parse_target(text: str) -> Target:
    """A target as a person names it: `tflite`, `tf==2.12`, `serving==2.15`, `tf`.

    Raises:
        BadRequest: There is no such target, or the tables do not have the version.
    """
    name, _, version = text.partition("==")
    history = load_history()
    if name not in TARGETS:
        raise BadRequest(f'No target "{text[:40]}". There are tf==VERSION, {", ".join(TARGETS)}.')
    if not version:
        return Target(text, name, len(history.releases) - 1)
    if name not in _WITH_VERSION:
        raise BadRequest(f"{name} has no versions here: give {name} alone.")
    place = history.place(version)
    if place is None:
        known = f"{history.releases[0]} to {history.releases[-1]}"
        raise BadRequest(f"{text[:40]}: the tables have releases {known}, such as {name}==2.12.")
    return Target(text, name, place)


def check_portability(
    artifact: Artifact, targets: Sequence[str] = TARGETS, analysis: GraphAnalysis | None = None
) -> Portability:
    """Say where an artifact runs.

    Args:
        artifact: Any.
        targets: As for `parse_target`.
        analysis: Of its graphs, if that is known already.

    Raises:
        BadRequest: No such target.
        ModelInspectError: Its graphs cannot be read.

    Cost: reads the graphs; about 2 s for a hundred thousand nodes.
    """
    parsed = [parse_target(text) for text in targets]
    if analysis is None and artifact.graphs is not None:
        analysis = GraphAnalysis(artifact)
    return _Check(artifact, analysis).run(parsed)


class _Check:
    def __init__(self, artifact: Artifact, analysis: GraphAnalysis | None) -> None:
        self._artifact = artifact
        self._has_graph = analysis is not None and bool(analysis.graphs.mains)
        self._usage = _NO_USAGE if analysis is None else collect_usage(analysis)
        self._notes = () if analysis is None else analysis.graphs.notes
        self._history = load_history()

    def run(self, targets: Sequence[Target]) -> Portability:
        """Everything."""
        oldest: int | None = None
        because: list[Evidence] = []
        if self._has_graph:
            oldest, because = oldest_release(
                self._artifact, self._usage, self._history, self._needs
            )
        return Portability(
            path=self._artifact.path,
            kind=self._artifact.kind,
            writers=tuple(self._writers()),
            oldest="" if oldest is None else self._history.releases[oldest],
            oldest_because=tuple(_sorted(because)),
            targets=tuple(self._report(target) for target in targets),
            ops=tuple(self._ops()),
            packages=tuple(self._packages()),
            devices=tuple(Device(*one) for one in sorted(self._usage.devices.items())),
            dtypes=tuple(TypeUse(*one) for one in sorted(self._dtypes().items())),
            notes=self._notes,
        )

    @cached_property
    def _needs(self) -> list[Need]:
        return find_needs(self._artifact, self._usage, self._history)

    def _report(self, target: Target) -> TargetReport:
        title = _TITLES[target.name]
        if target.name in _WITH_VERSION:
            title = f"{title} {self._history.releases[target.place]}"
        return TargetReport(target.text, title, tuple(_sorted(self._evidence(target))))

    def _evidence(self, target: Target) -> Iterator[Evidence]:
        if target.name == "keras3":
            yield from check_keras3(self._artifact)
        elif target.name == "tf":
            yield from self._tensorflow(target.place)
        elif target.name == "serving":
            yield from self._serving(target.place)
        else:
            yield from self._converted(target.name)

    def _tensorflow(self, place: int) -> Iterator[Evidence]:
        artifact = self._artifact
        is_keras3 = place >= self._history.releases.index(FIRST_WITH_KERAS_3)
        if artifact.kind in ("keras", "h5"):
            version = self._history.releases[place]
            yield from check_bundled_keras(artifact, version, is_keras3=is_keras3)
            return
        yield from check_release(artifact, self._usage, self._history, self._needs, place)
        yield from serving.check_python_ops(self._usage)
        yield from check_placement(self._usage)
        if is_keras3:
            yield from check_slots(artifact)

    def _serving(self, place: int) -> Iterator[Evidence]:
        yield from serving.check_format(self._artifact)
        if self._artifact.kind == "saved_model":
            found = self._tensorflow(place)
            yield from serving.check_serving(self._usage, found)

    def _converted(self, name: str) -> Iterator[Evidence]:
        artifact = self._artifact
        if artifact.kind in _GRAPH_KINDS and self._has_graph:
            check = converters.check_lite if name == "tflite" else converters.check_js
            yield from check(artifact, self._usage)
        elif artifact.kind in ("keras", "h5"):
            fact = "A Keras file names layers; which ops they become shows when it is exported."
            advice = "Export it (model.export), and ask again of the SavedModel."
            yield Evidence("no-graph", "unknown", artifact.kind, fact, advice)
        else:
            fact = "A checkpoint holds variables and no graph to convert."
            yield Evidence("no-graph", "fails", artifact.kind, fact, "Export a SavedModel.")

    def _writers(self) -> Iterator[Writer]:
        keras = keras_version(self._artifact)
        for meta in self._artifact.meta_graphs:
            released = self._history.written_by(meta.producer)
            said = (meta.tensorflow_version, released, keras, meta.producer, meta.min_consumer)
            yield Writer(meta.tags, *said)
        if not self._artifact.meta_graphs and keras:
            yield Writer((), "", ("", ""), keras, 0, 0)

    def _dtypes(self) -> Counter[str]:
        counts = Counter(self._usage.dtypes)
        counts.update(tensor.dtype.name for tensor in self._artifact.tensors.values())
        return counts

    def _packages(self) -> Iterator[Package]:
        ops: dict[tuple[str, str], list[str]] = {}
        for op in sorted({use.kind.op for use in self._usage.kinds}):
            package = None if self._history.knows(op) else find_package(op)
            if package is not None:
                ops.setdefault((package.name, package.command), []).append(op)
        for (name, command), names in sorted(ops.items()):
            yield Package(name, command, tuple(names))

    def _ops(self) -> Iterator[OpSupport]:
        by_op: dict[str, list[KindUse]] = {}
        for use in self._usage.kinds:
            by_op.setdefault(use.kind.op, []).append(use)
        since: dict[str, int] = {}
        for need in self._needs:
            since[need.op] = max(since.get(need.op, 0), need.bound.since)
        for op, uses in sorted(by_op.items()):
            yield self._op_support(op, uses, since.get(op))

    def _op_support(self, op: str, uses: Sequence[KindUse], since: int | None) -> OpSupport:
        history = self._history
        is_own = since is not None
        package = None if is_own else find_package(op)
        known = since is not None and since < len(history.releases)
        first = history.releases[since] if since is not None and known else ""
        newest: Verdict = "needs"
        if is_own:
            newest = "works" if first and not self._is_gone(op) else "fails"
        served = newest if package is None or not package.serving else "works"
        is_python = op in serving.PYTHON_OPS
        return OpSupport(
            op=op,
            count=sum(use.count for use in uses),
            package="tensorflow" if is_own else "" if package is None else package.name,
            since=first,
            support={
                "tf": "fails" if is_python else newest,
                "tflite": worst(converters.judge_lite(use.kind).verdict for use in uses),
                "tfjs": worst(converters.judge_js(use.kind).verdict for use in uses),
                "serving": "fails" if is_python else served,
                "keras3": "fails" if is_python else newest,
            },
            is_plumbing=all(use.is_plumbing for use in uses),
        )

    def _is_gone(self, op: str) -> bool:
        needs = [need.bound.until for need in self._needs if need.op == op]
        return any(until is not None for until in needs)


def _sorted(evidence: Iterable[Evidence]) -> list[Evidence]:
    """The worst first, and of these what concerns most nodes."""
    return sorted(evidence, key=lambda one: (-VERDICTS.index(one.verdict), -one.count, one.what))
