"""What lies in and beside the files of a model, as findings."""

from __future__ import annotations

from collections.abc import Iterator

from tensorboard_plugin_modelinspect.analyses.scan.pickles import PickleReading, read_pickle
from tensorboard_plugin_modelinspect.analyses.scan.result import (
    Finding,
    Origin,
    Place,
    Severity,
)
from tensorboard_plugin_modelinspect.analyses.scan.rules import RULES
from tensorboard_plugin_modelinspect.analyses.scan.texts import read_meaning
from tensorboard_plugin_modelinspect.errors import ModelInspectError
from tensorboard_plugin_modelinspect.model.artifact import MetaGraph
from tensorboard_plugin_modelinspect.model.surroundings import Beside, Lead, Surroundings, Trick

_MOST_PICKLED = 4 << 20
"""Bytes of a pickle that are read; what it imports stands at its beginning as a rule."""
_NUMPY_HEADER = 10
_LONGEST = 300
_LOADING = (Origin("loading"),)


def scan_surroundings(around: Surroundings) -> Iterator[Finding]:
    """What lies beside a model. Cost: goes through the first 4 MB of each pickle."""
    for trick in around.tricks:
        yield _tell_trick(trick)
    for lead in around.leads:
        yield _tell_lead(lead)
    for beside in around.beside:
        yield _tell_beside(beside)


def scan_assets(meta_graphs: tuple[MetaGraph, ...]) -> Iterator[Finding]:
    """Assets whose names lead out of the model (tensorflow/python/saved_model/loader_impl.py)."""
    names = dict.fromkeys(name for graph in meta_graphs for name, _ in graph.assets)
    for name in names:
        meaning = read_meaning([name])
        if meaning.is_outside:
            severity: Severity = "critical" if meaning.is_sensitive else "high"
            evidence = "the graph names an asset that is no file below the model's own folder"
            place = Place(inside=f"asset {name[:_LONGEST]}")
            yield _finding("asset-escape", severity, "asset", place, name[:_LONGEST], evidence)


def _tell_trick(trick: Trick) -> Finding:
    place = Place(file=trick.file, inside=trick.member)
    return _finding("zip-trick", "high", trick.member or trick.file, place, None, trick.fact)


def _tell_lead(lead: Lead) -> Finding:
    place = Place(file=lead.file, inside=lead.inside)
    is_file_system = lead.how == "symbolic link"
    rule = "asset-escape" if is_file_system else "hdf5-link"
    meaning = read_meaning([lead.target])
    severity: Severity = "high" if meaning.is_outside or not is_file_system else "medium"
    if meaning.is_sensitive:
        severity = "critical"
    evidence = f"the {lead.how} leads to another file, which was not opened"
    return _finding(rule, severity, lead.how, place, lead.target[:_LONGEST] or None, evidence)


def _tell_beside(beside: Beside) -> Finding:
    place = Place(file=beside.name)
    what = beside.name.rpartition("/")[2]
    if beside.kind == "native":
        evidence = "machine code, which runs when it is loaded as a library of ops"
        return _finding("native-file", "medium", what, place, None, evidence)
    if beside.kind == "script":
        evidence = "a program that does not run unless somebody runs it"
        return _finding("native-file", "low", what, place, None, evidence)
    if beside.kind == "torch":
        evidence = "an archive of torch's, which holds a pickle that was not looked into"
        return _finding("pickle", "high", what, place, None, evidence)
    return _tell_pickle(beside, place, what)


def _tell_pickle(beside: Beside, place: Place, what: str) -> Finding:
    try:
        data = beside.read(_MOST_PICKLED)
    except ModelInspectError as error:
        return _finding("pickle", "high", what, place, None, f"it cannot be read: {error.message}")
    if beside.kind == "objects" and len(data) > _NUMPY_HEADER:
        data = data[_NUMPY_HEADER + int.from_bytes(data[8:10], "little") :]
    reading = read_pickle(data)
    severity, evidence = _judge(reading)
    if not reading.is_whole:
        evidence += "; it was not read to its end"
    names = reading.dangerous or reading.unknown
    argument = ", ".join(names)[:_LONGEST] or None
    return _finding("pickle", severity, what, place, argument, evidence, reading.listing)


def _judge(reading: PickleReading) -> tuple[Severity, str]:
    if reading.dangerous:
        return (
            "critical",
            f"unpickling imports {reading.dangerous[0]} and makes {reading.calls} calls",
        )
    if reading.unknown:
        return "high", f"unpickling imports {len(reading.unknown)} names that are not known"
    if not reading.is_whole:
        return "high", "its opcodes are not those of a pickle"
    return "low", "it holds plain data; loading it means to trust its maker all the same"


def _finding(
    rule: str,
    severity: Severity,
    what: str,
    place: Place,
    argument: str | None,
    evidence: str,
    listing: tuple[str, ...] = (),
) -> Finding:
    advice = RULES[rule].advice
    return Finding(rule, severity, what, place, _LOADING, argument, evidence, advice, listing)
