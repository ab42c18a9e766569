"""What the graphs of an artifact could do: its ops by the table, custom ones, odd structures."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from tensorboard_plugin_modelinspect.analyses.graph.analysis import GraphAnalysis
from tensorboard_plugin_modelinspect.analyses.graph.distinct import list_distinct
from tensorboard_plugin_modelinspect.analyses.portability.addons import find_package
from tensorboard_plugin_modelinspect.analyses.scan.grading import grade_op
from tensorboard_plugin_modelinspect.analyses.scan.ops import (
    ReportedOp,
    decided_ops,
    reported_ops,
)
from tensorboard_plugin_modelinspect.analyses.scan.reaching import Reaching, order_origins
from tensorboard_plugin_modelinspect.analyses.scan.result import (
    Finding,
    LookedAt,
    Origin,
    Place,
    sort_findings,
)
from tensorboard_plugin_modelinspect.analyses.scan.rules import RULES
from tensorboard_plugin_modelinspect.analyses.scan.structures import (
    OddNode,
    find_odd_structures,
)
from tensorboard_plugin_modelinspect.analyses.scan.texts import (
    TextMeaning,
    describe_meaning,
    read_meaning,
)
from tensorboard_plugin_modelinspect.analyses.scan.tracing import UNKNOWN, Traced, Tracer
from tensorboard_plugin_modelinspect.errors import FormatError
from tensorboard_plugin_modelinspect.model.artifact import Artifact
from tensorboard_plugin_modelinspect.model.graph import INPUT, OUTPUT, Graph, Kind

_MOST_TRACED = 20_000
"""Nodes whose arguments are followed; of more, only that they are there is told."""
_SAVER_RULES = frozenset({"checkpoint-read", "checkpoint-write"})
_SAVER_ORIGINS = frozenset({"saver", "graph"})
_CONTENTS = {"WriteFile": 1}
"""Input that holds what is written."""
_FILE_STREAM = "file://"
_PRINTERS = frozenset({"PrintV2"})
_NO_FILE = frozenset({"local://", "stdout", "stderr", "log(info)", "log(warning)", "log(error)"})
_BYTES = "bytes://"
"""Before a description that stands in the attribute itself."""
_PSEUDO = {INPUT, OUTPUT}
_UNSEEN = "the origins of some findings were not all followed: there are too many"


class GraphFindings(NamedTuple):
    """What was found in graphs, how much was looked at, and what was not."""

    findings: list[Finding]
    looked_at: LookedAt
    gaps: list[str]


def scan_graphs(artifact: Artifact) -> GraphFindings:
    """Look at all graphs of an artifact.

    Raises:
        ModelInspectError: They cannot be read.

    Cost: reads the graphs; then by kinds of nodes, and only findings are followed.
    """
    if artifact.graphs is None or not artifact.meta_graphs:
        return GraphFindings([], LookedAt(), [])
    return _GraphScan(GraphAnalysis(artifact)).run()


class _Seen(NamedTuple):
    """What makes findings the same: a model has its functions several times as a rule."""

    rule: str
    what: str
    node: str
    argument: str | None
    evidence: str


class _GraphScan:
    def __init__(self, analysis: GraphAnalysis) -> None:
        self._analysis = analysis
        self._graphs = [graph for graph in analysis.all_graphs if graph.kind != "layers"]
        self._tracer = Tracer(analysis)
        self._traced = 0
        self._found: dict[_Seen, Finding] = {}

    def run(self) -> GraphFindings:
        """Find what there is."""
        odd = find_odd_structures(self._analysis)
        wanted = self._find_wanted()
        for one in odd:
            wanted[one.graph.id].append(one.node)
        reaching = Reaching(self._analysis, wanted)
        for graph in self._graphs:
            for node in wanted.get(graph.id, ()):
                self._look_at(graph, node, reaching.origins(graph, node))
        for one in odd:
            self._add_odd(one, reaching.origins(one.graph, one.node))
        findings = list(self._found.values())
        gaps = [] if reaching.is_whole else [_UNSEEN]
        return GraphFindings(findings, self._count(), gaps)

    def _find_wanted(self) -> defaultdict[str, list[int]]:
        """Nodes whose op is reported, or is none of TensorFlow's; by graph."""
        functions, reported, decided = (
            self._analysis.graphs.functions,
            reported_ops(),
            decided_ops(),
        )
        kinds = [
            number
            for number, kind in enumerate(self._analysis.graphs.kinds)
            if kind.op in reported
            or (kind.op not in decided and kind.op not in functions and kind.op not in _PSEUDO)
        ]
        wanted: defaultdict[str, list[int]] = defaultdict(list)
        for graph in self._graphs if kinds else ():
            nodes = np.flatnonzero(np.isin(graph.kinds, kinds)).tolist()
            if nodes:
                wanted[graph.id] = nodes
        return wanted

    def _look_at(self, graph: Graph, node: int, origins: tuple[Origin, ...]) -> None:
        kind = self._analysis.graphs.kinds[int(graph.kinds[node])]
        reported = reported_ops().get(kind.op)
        if reported is not None:
            self._add_reported(graph, node, kind, reported, origins)
        elif kind.op not in decided_ops() and kind.op not in self._analysis.graphs.functions:
            addon = find_package(kind.op)
            rule = "custom-op" if addon is None else "addon-op"
            evidence = (
                "TensorFlow has no such op: a library that is loaded beside it must have it"
                if addon is None
                else f"an op of that name is in {addon.name}"
            )
            self._add(graph, node, rule, kind.op, origins, UNKNOWN, evidence)

    def _add_reported(
        self, graph: Graph, node: int, kind: Kind, reported: ReportedOp, origins: tuple[Origin, ...]
    ) -> None:
        traced = self._trace(graph, node, kind, reported)
        rule, reason = reported.rule, reported.reason
        names = [one for one in traced.texts if one and one not in _NO_FILE and one[:8] != _BYTES]
        if reported.if_named and not names and (traced.is_constant or reported.attribute):
            return
        if kind.op in _PRINTERS and any(name.startswith(_FILE_STREAM) for name in names):
            rule, reason = "file-write", "prints into a file"
            traced = traced._replace(texts=tuple(name.removeprefix(_FILE_STREAM) for name in names))
        if traced.is_asset and not names:
            return  # reads a file that comes with the model
        if rule == "vocabulary-read" and not origins and not names:
            return  # what is left of a table that was replaced
        if rule in _SAVER_RULES and _is_plumbing(origins, traced):
            return
        contents = self._contents(graph, node, kind)
        self._add(graph, node, rule, kind.op, origins, traced, reason, contents)

    def _trace(self, graph: Graph, node: int, kind: Kind, reported: ReportedOp) -> Traced:
        if reported.attribute:
            return _read_attribute(kind, reported.attribute)
        self._traced += 1
        if self._traced > _MOST_TRACED:
            return UNKNOWN
        if reported.is_reader:
            return self._tracer.trace_queue(graph, node)
        return self._tracer.trace(graph, node, reported.slot) if reported.slot >= 0 else UNKNOWN

    def _contents(self, graph: Graph, node: int, kind: Kind) -> Traced:
        slot = _CONTENTS.get(kind.op)
        return UNKNOWN if slot is None else self._tracer.trace(graph, node, slot)

    def _add(
        self,
        graph: Graph,
        node: int,
        rule: str,
        what: str,
        origins: tuple[Origin, ...],
        traced: Traced,
        reason: str,
        contents: Traced = UNKNOWN,
    ) -> None:
        meaning = read_meaning([*traced.texts, *contents.texts])
        evidence = _describe(reason, traced, read_meaning(traced.texts), contents)
        place = Place(graph=graph.id, node=graph.name(node), number=node)
        severity = grade_op(rule, origins, meaning)
        finding = Finding(
            rule, severity, what, place, origins, traced.shown, evidence, RULES[rule].advice
        )
        name = (
            "" if rule in ("addon-op", "custom-op") else place.node
        )  # a model may have thousands of one
        argument = None if rule == "python-call" else finding.argument  # each trace has its own
        seen = _Seen(rule, what, name, argument, evidence)
        known = self._found.get(seen)
        self._found[seen] = finding if known is None else _merge(known, finding)

    def _add_odd(self, odd: OddNode, origins: tuple[Origin, ...]) -> None:
        self._add(odd.graph, odd.node, odd.rule, odd.what, origins, UNKNOWN, odd.evidence)

    def _count(self) -> LookedAt:
        used = {kind for graph in self._graphs for kind in list_distinct(graph.kinds)}
        ops = {self._analysis.graphs.kinds[kind].op for kind in used} - _PSEUDO
        return LookedAt(
            nodes=sum(graph.stored_count for graph in self._graphs),
            ops=len(ops),
            functions=len(self._analysis.graphs.functions),
        )


def _is_plumbing(origins: Iterable[Origin], traced: Traced) -> bool:
    """Whether this is the saver at work.

    Only savers lead to it, and the name of its file is given to it: no path of its own.
    """
    is_saver = all(origin.kind in _SAVER_ORIGINS for origin in origins)
    return is_saver and not read_meaning(traced.texts).is_outside


def _read_attribute(kind: Kind, name: str) -> Traced:
    """The texts of an attribute."""
    try:
        value = kind.attributes.get(name)
    except FormatError:
        return UNKNOWN
    values = value if isinstance(value, tuple) else (value,)
    texts = tuple(one for one in values if isinstance(one, str) and one)
    return Traced(texts[:8], is_constant=True)


def _describe(reason: str, traced: Traced, meaning: TextMeaning, contents: Traced) -> str:
    """What the op does, and with which argument."""
    parts = [reason]
    odd = describe_meaning(meaning)
    if odd:
        parts.append(f"the argument is {odd}")
    if traced.is_asset:
        parts.append("the argument may be one of the model's own files")
    elif traced.texts and not traced.is_constant:
        parts.append("the argument may be something else too")
    written = describe_meaning(read_meaning(contents.texts))
    if written:
        parts.append(f"what is written has {written}: {contents.texts[0][:80]}")
    return "; ".join(parts)


def _merge(known: Finding, other: Finding) -> Finding:
    """The same in two places: the worse of them, and all that reach either."""
    worst, _ = sort_findings([known, other])
    origins = order_origins([*known.reached_from, *other.reached_from])
    return replace(worst, reached_from=origins, count=known.count + other.count)
