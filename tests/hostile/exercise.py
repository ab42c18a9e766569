"""Uses every part of whatever a folder of files holds, as views do, and lets nothing escape.

An error of ours is an answer. Any other exception is a finding.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, fields, is_dataclass
from typing import Any

from tensorboard_plugin_modelinspect.analyses.graph.analysis import GraphAnalysis
from tensorboard_plugin_modelinspect.analyses.graph.node import look_at_node
from tensorboard_plugin_modelinspect.analyses.graph.summary import count_unknown, summarise
from tensorboard_plugin_modelinspect.analyses.restore.check import check_restore
from tensorboard_plugin_modelinspect.analyses.restore.result import METHODS, Options
from tensorboard_plugin_modelinspect.analyses.totals import compute_totals
from tensorboard_plugin_modelinspect.analyses.verify import Verdict, verify
from tensorboard_plugin_modelinspect.errors import (
    BadRequest,
    FormatError,
    ModelInspectError,
    Unsupported,
)
from tensorboard_plugin_modelinspect.formats.checkpoint_state import (
    STATE_FILE,
    locate_prefix,
    read_checkpoint_state,
)
from tensorboard_plugin_modelinspect.model.artifact import STATES, Artifact
from tensorboard_plugin_modelinspect.model.tensor import ROLES, Tensor
from tensorboard_plugin_modelinspect.opening import Candidate, check_artifact, open_candidate
from tensorboard_plugin_modelinspect.sources.memory import MemoryFolder
from tensorboard_plugin_modelinspect.verifying import plan_steps
from tensorboard_plugin_modelinspect.views.http.describe import (
    describe_documents,
    describe_files,
    describe_fingerprint,
    describe_meta_graph,
    describe_objects,
    describe_tensors,
)
from tensorboard_plugin_modelinspect.views.http.describe_graph import (
    describe_graph,
    describe_graphs,
)
from tensorboard_plugin_modelinspect.views.http.describe_node import describe_node
from tensorboard_plugin_modelinspect.views.http.responses import encode
from tensorboard_plugin_modelinspect.views.notebook import OpenArtifact
from tensorboard_plugin_modelinspect.views.text.documents import format_document
from tests.support.artifacts import candidates_in_memory, describe

LARGEST_READ = 1 << 20
"""Elements of tensors that are read whole; of larger ones a corner is."""
MOST_PLAYED = 200
"""Tensors of an artifact whose restore is played through."""
MOST_GRAPHS = 8
"""Graphs that are shown."""
MOST_NODES = 8
"""Nodes of a graph that are looked at, about."""
LONGEST_MESSAGE = 4000
"""Characters of a message that a person can be asked to read."""


def exercise(files: Mapping[str, bytes], *, unchanged: object = None) -> str:
    """Find, check, open and read everything; returns a word for what came of it.

    `whole` if nothing was said against it, `partial` if the state, a note or a tensor's values say
    that something is wrong, the name of the error if it did not open, `nothing` if it was not
    recognised; of several artifacts that of the last one which is one by more than its name.

    Args:
        files: A folder's files by name.
        unchanged: What `describe` says of the undamaged artifact, if the damage is one that a
            checksum covers: then whatever opens must be just that.
    """
    folder = MemoryFolder(files, "folder")
    if STATE_FILE in files:
        with suppress(ModelInspectError):
            locate_prefix(folder, read_checkpoint_state(folder).newest)
    outcome = "nothing"
    for candidate in candidates_in_memory(files):
        check = check_artifact(folder, candidate, now_s=1e10)
        if check is not None:
            assert check.state in STATES
            assert (check.reason == "") == (check.state == "complete")
            assert len(check.reason) < LONGEST_MESSAGE
        verdict = verdict_of(folder, candidate)
        try:
            artifact = open_candidate(folder, candidate)
            is_whole = use(artifact) and not artifact.notes and check is not None
            assert unchanged is None or describe(artifact) == unchanged, "damage unseen"
            word = "whole" if is_whole and not check.reason else "partial"
        except ModelInspectError as error:
            check_refusal(error, verdict)
            word = type(error).__name__
        if check is not None or outcome == "nothing":
            outcome = word
    return outcome


def check_refusal(error: ModelInspectError, verdict: Verdict) -> None:
    """What does not open is no whole artifact either, and a message says so in a few words."""
    assert 0 < len(error.message) < LONGEST_MESSAGE
    assert verdict == "failed" or not isinstance(error, FormatError), "no problem found"


def verdict_of(folder: MemoryFolder, candidate: Candidate) -> Verdict:
    """Verify a candidate, whatever state it is in; what is said of it is short enough to read."""
    found = verify(plan_steps(folder, candidate))
    for finding in (*found.problems, *found.facts):
        assert 0 < len(finding.fact) + len(finding.next_step) + len(finding.path) < LONGEST_MESSAGE
        assert finding.start is None or finding.start >= 0
    return found.verdict


def use(artifact: Artifact) -> bool:
    """Look at all of an artifact; whether all of its values can be read."""
    compute_totals(artifact.tensors.values())
    assert artifact.nbytes >= 0
    assert all(len(note) < LONGEST_MESSAGE for note in artifact.notes)
    unread = 0
    for key, tensor in artifact.tensors.items():
        assert tensor.key == key
        assert tensor.role in ROLES
        assert tensor.size >= 0
        assert tensor.nbytes >= 0
        try:
            read(tensor)
        except Unsupported:
            continue
        except ModelInspectError:
            unread += artifact.kind != "meta_graph"  # a graph alone has its values elsewhere
    count = 0 if artifact.objects is None else len(artifact.objects.nodes)
    for number in range(count):
        assert artifact.objects is not None
        node = artifact.objects.nodes[number]
        assert all(0 <= child < count for _, child in node.children)
        assert all(key in artifact.tensors for key in node.keys)
        check_plain(node)
    show(artifact)
    play_restore(artifact)
    with suppress(ModelInspectError):
        look_at_graphs(artifact)
    return unread == 0


def play_restore(artifact: Artifact) -> None:
    """Restore it into itself, in each way that fits: a result or an error of ours."""
    if len(artifact.tensors) < MOST_PLAYED:
        for method in (None, *METHODS):
            with suppress(BadRequest):
                check_restore(artifact, artifact, Options(method))


def look_at_graphs(artifact: Artifact) -> None:
    """Work out all of an artifact's graphs, and look at some of their nodes, as the tab does."""
    if artifact.graphs is None:
        return
    analysis = GraphAnalysis(artifact)
    encode(describe_graphs(analysis))
    functions = frozenset(analysis.graphs.functions)
    for graph in analysis.all_graphs[:MOST_GRAPHS]:
        encode(describe_graph(analysis, graph.id, None))
        encode(describe_graph(analysis, graph.id, ""))
        summarise(analysis, graph, depth=3)
        count_unknown(analysis, graph)
        for node in range(0, len(graph), max(1, len(graph) // MOST_NODES)):
            with suppress(ModelInspectError):
                encode(describe_node(look_at_node(analysis, graph.id, node), functions))


def show(artifact: Artifact) -> None:
    """Tell all of it but values as the tab and a notebook do, in JSON without NaN and in HTML."""
    for one in fields(Artifact):
        if one.name not in ("tensors", "objects", "graphs"):
            check_plain(getattr(artifact, one.name))
    sizes = {file.name: file.nbytes for file in artifact.files}
    roots = [0] if artifact.objects is not None and artifact.objects.nodes else []
    payloads = [
        describe_files(artifact.files),
        describe_documents(artifact.documents),
        [describe_meta_graph(graph, sizes) for graph in artifact.meta_graphs],
        describe_tensors(artifact),
        describe_objects(artifact.objects, roots),
        describe_fingerprint(artifact),
    ]
    json.dumps(payloads, default=asdict, allow_nan=False)
    for document in artifact.documents:
        format_document(document.text)
    parts = {one.name: getattr(artifact, one.name) for one in fields(Artifact)}
    assert "<script" not in OpenArtifact(**parts)._repr_html_()


def check_plain(value: Any) -> None:
    """Views turn the model into JSON: it is made of text, numbers and None, whatever was read."""
    if is_dataclass(value):
        value = [getattr(value, field.name) for field in fields(value)]
    if isinstance(value, Mapping):
        value = [*value, *value.values()]
    if isinstance(value, list | tuple):
        for part in value:
            check_plain(part)
    else:
        assert value is None or isinstance(value, str | int | float), repr(value)


def read(tensor: Tensor) -> None:
    """Read a tensor whole and in parts; of a huge one a corner."""
    if tensor.size <= LARGEST_READ:
        whole = tensor.read()
        region = (slice(0, None, 2),) * len(tensor.shape)
        part, wanted = tensor.read(region), whole[(*region, ...)]
        assert part.shape == wanted.shape
        assert part.dtype == object or part.tobytes() == wanted.tobytes()
        assert part.dtype != object or part.tolist() == wanted.tolist()
    tensor.read((slice(0, 1),) * len(tensor.shape))
