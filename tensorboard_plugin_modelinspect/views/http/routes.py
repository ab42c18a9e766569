"""The routes below `api/`: what each takes and answers. `docs/http.md` documents them."""

from __future__ import annotations

import copy
import posixpath
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tensorboard_plugin_modelinspect.analyses.totals import compute_totals
from tensorboard_plugin_modelinspect.discovery import Found
from tensorboard_plugin_modelinspect.errors import BadRequest, ModelInspectError, NotFound
from tensorboard_plugin_modelinspect.model.artifact import Artifact, Document, FileInfo
from tensorboard_plugin_modelinspect.model.tensor import Tensor
from tensorboard_plugin_modelinspect.version import __version__
from tensorboard_plugin_modelinspect.views.http import (
    describe,
    describe_stats,
    diff_routes,
    lineage_routes,
    run_routes,
    scans,
)
from tensorboard_plugin_modelinspect.views.http import graphs as graph_routes
from tensorboard_plugin_modelinspect.views.http.actions import no_such_action
from tensorboard_plugin_modelinspect.views.http.comparisons import Comparisons
from tensorboard_plugin_modelinspect.views.http.describe_timeline import (
    describe_job,
    describe_timeline,
    describe_values,
)
from tensorboard_plugin_modelinspect.views.http.downloads import (
    Download,
    csv_download,
    npy_download,
)
from tensorboard_plugin_modelinspect.views.http.features import answer_features
from tensorboard_plugin_modelinspect.views.http.findings import describe_health
from tensorboard_plugin_modelinspect.views.http.lineages import Lineages
from tensorboard_plugin_modelinspect.views.http.parameters import (
    Parameters,
    parse_flag,
    parse_numbers,
)
from tensorboard_plugin_modelinspect.views.http.payloads import (
    ArtifactPayload,
    ArtifactRow,
    ArtifactsPayload,
    ErrorBody,
    RootInfo,
    ScanInfo,
    StatusPayload,
    TotalsPayload,
)
from tensorboard_plugin_modelinspect.views.http.pictures import answer_picture, answer_strings
from tensorboard_plugin_modelinspect.views.http.portabilities import answer_portability
from tensorboard_plugin_modelinspect.views.http.responses import (
    Body,
    BodyCache,
    encode,
    plain_text,
)
from tensorboard_plugin_modelinspect.views.http.restores import Restores
from tensorboard_plugin_modelinspect.views.http.route import Action, Route
from tensorboard_plugin_modelinspect.views.http.runs import Runs
from tensorboard_plugin_modelinspect.views.http.scalars import Scalars
from tensorboard_plugin_modelinspect.views.http.search import Search
from tensorboard_plugin_modelinspect.views.http.slices import answer_slice
from tensorboard_plugin_modelinspect.views.http.spectra import answer_spectrum
from tensorboard_plugin_modelinspect.views.http.statistics import Job as StatsJob
from tensorboard_plugin_modelinspect.views.http.statistics import Statistics
from tensorboard_plugin_modelinspect.views.http.timelines import Job as TimelineJob
from tensorboard_plugin_modelinspect.views.http.timelines import Timelines, View
from tensorboard_plugin_modelinspect.views.http.user_cache import UserCache
from tensorboard_plugin_modelinspect.views.http.verifications import Job, Verifications
from tensorboard_plugin_modelinspect.views.text.values import (
    parse_region,
    require_at_most,
)

CSV_LIMIT = 10_000_000
"""Elements of the longest `csv`: 200 MB of text, which take 10 s to make."""
DOCUMENT_LIMIT = 16 << 20
"""Bytes of the longest document that `document` gives."""
_CACHE_NBYTES = 64 << 20
_NUMBER = re.compile("[0-9]{1,9}")
_ROWS_LIMIT = 500
"""Rows that a client asks to be read first: more than a screen has."""


class Desk:
    """What the routes work with.

    Args:
        search: Finds artifacts; its catalog opens them.
        data_provider: TensorBoard's, or None.
        runs: Calls of models; if not given they are not allowed.

    Attributes:
        scalars: TensorBoard's, as the request that is served may see them.
    """

    def __init__(
        self, search: Search, data_provider: object = None, runs: Runs | None = None
    ) -> None:
        self.search = search
        self.catalog = search.catalog
        self.bodies = BodyCache(_CACHE_NBYTES)
        self.verifications = Verifications()
        self.statistics = Statistics(
            search.catalog.open,
            lambda: search.catalog.snapshot.artifacts,
            UserCache(self._root_paths),
        )
        self.timelines = Timelines()
        self.restores = Restores(search.catalog)
        self.lineages = Lineages(search)
        self.comparisons = Comparisons(search.catalog.open)
        self.graphs = graph_routes.GraphDesk()
        self.scans = scans.Scans(search)
        self.runs = runs or Runs()
        self.scalars = Scalars(data_provider, {})
        self._data_provider = data_provider

    def _root_paths(self) -> list[str]:
        return [root.path for root, _ in self.catalog.snapshot.roots]

    def serving(self, environ: Mapping[str, Any]) -> Desk:
        """The same desk for one request."""
        desk = copy.copy(self)
        desk.scalars = Scalars(self._data_provider, environ)
        return desk


def _status(desk: Desk, _parameters: Parameters) -> Body:
    payload = StatusPayload(version=__version__, problem=None, allow_run=desk.runs.allowed)
    return Body(encode(payload))


def _artifacts(desk: Desk, parameters: Parameters) -> Body:
    if parse_flag(parameters, "rescan"):
        desk.search.start()
    else:
        desk.search.start_first()
    # Asked before the snapshot is taken: a search that ends in between is asked about once more.
    running, counting = desk.search.running, desk.search.counting
    snapshot = desk.catalog.snapshot
    scan = ScanInfo(
        running=running,
        counting=counting,
        generation=snapshot.generation,
        folders=snapshot.folders,
        elapsed_s=round(snapshot.elapsed_s, 3),
        note=snapshot.note or None,
    )
    rows = [_row(desk, found) for found in snapshot.artifacts]
    roots = [RootInfo(root.name, root.path, exists) for root, exists in snapshot.roots]
    return Body(encode(ArtifactsPayload(scan, roots, list(snapshot.runs), rows)))


def _row(desk: Desk, found: Found) -> ArtifactRow:
    return describe.describe_row(found, desk.search.counts(found), desk.statistics.kinds(found))


def _artifact(desk: Desk, parameters: Parameters) -> Body:
    found = desk.catalog.get(parameters["id"])
    artifact: Artifact | None = None
    error = None
    try:
        artifact = desk.catalog.open(found.id)
    except ModelInspectError as problem:
        error = ErrorBody(type(problem).__name__, problem.message)
    named = (FileInfo(name, stat.nbytes) for name, stat in sorted(found.candidate.files.items()))
    files = artifact.files if artifact is not None else tuple(named)
    sizes = {file.name: file.nbytes for file in files}
    graphs = artifact.meta_graphs if artifact is not None else ()
    tree = artifact.objects if artifact is not None else None
    payload = ArtifactPayload(
        artifact=_row(desk, found),
        format="" if artifact is None else artifact.format,
        error=error,
        files=describe.describe_files(files),
        meta_graphs=[describe.describe_meta_graph(graph, sizes) for graph in graphs],
        totals=None if artifact is None else _totals(artifact),
        object_count=0 if tree is None else len(tree.nodes),
        fingerprint=None if artifact is None else describe.describe_fingerprint(artifact),
        documents=[] if artifact is None else describe.describe_documents(artifact.documents),
        notes=[] if artifact is None else list(artifact.notes),
        location=posixpath.normpath(posixpath.join(found.root.path, found.path)),
    )
    return Body(encode(payload))


def _totals(artifact: Artifact) -> TotalsPayload:
    return describe.describe_totals(compute_totals(artifact.tensors.values()))


def _health(desk: Desk, parameters: Parameters) -> Body:
    artifact = desk.catalog.open(parameters["id"])
    return desk.bodies.get_or_make(
        ("health", parameters["id"]), artifact, lambda: encode(describe_health(artifact))
    )


def _document(desk: Desk, parameters: Parameters) -> Body:
    document = _find_document(desk.catalog.open(parameters["id"]), parameters["name"])
    text = plain_text(document.text).encode()
    if len(text) > DOCUMENT_LIMIT:
        raise BadRequest(
            f"{document.name} has {len(text):,} bytes; up to {DOCUMENT_LIMIT:,} are shown here. "
            f"Print it with: modelinspect show PATH --document {document.name}"
        )
    return Body(text, content_type="text/plain; charset=utf-8")


def _objects(desk: Desk, parameters: Parameters) -> Body:
    tree = desk.catalog.open(parameters["id"]).objects
    count = 0 if tree is None else len(tree.nodes)
    nodes = _parse_nodes(parameters["nodes"], count)
    return Body(encode(describe.describe_objects(tree, nodes)))


def _tensors(desk: Desk, parameters: Parameters) -> Body:
    artifact = desk.catalog.open(parameters["id"])
    return desk.bodies.get_or_make(
        ("tensors", parameters["id"]), artifact, lambda: encode(describe.describe_tensors(artifact))
    )


def _values(desk: Desk, parameters: Parameters) -> Body:
    tensor = _find_tensor(desk.catalog.open(parameters["id"]), parameters["key"])
    return answer_slice(tensor, parameters.get("slice", ""))


def _picture(desk: Desk, parameters: Parameters) -> Body:
    tensor = _find_tensor(desk.catalog.open(parameters["id"]), parameters["key"])
    return Body(encode(answer_picture(tensor, parameters)))


def _strings(desk: Desk, parameters: Parameters) -> Body:
    tensor = _find_tensor(desk.catalog.open(parameters["id"]), parameters["key"])
    return Body(encode(answer_strings(tensor, parameters)))


def _spectrum(desk: Desk, parameters: Parameters) -> Body:
    artifact = desk.catalog.open(parameters["id"])
    tensor = _find_tensor(artifact, parameters["key"])
    return answer_spectrum(desk.bodies, parameters["id"], artifact, tensor)


def _npy(desk: Desk, parameters: Parameters) -> Download:
    tensor = _find_tensor(desk.catalog.open(parameters["id"]), parameters["key"])
    return npy_download(tensor, parse_region(parameters.get("slice", ""), tensor.shape))


def _csv(desk: Desk, parameters: Parameters) -> Download:
    tensor = _find_tensor(desk.catalog.open(parameters["id"]), parameters["key"])
    region = parse_region(parameters.get("slice", ""), tensor.shape)
    require_at_most(region, CSV_LIMIT)
    return csv_download(tensor, region)


def _verification(desk: Desk, parameters: Parameters) -> Body:
    job = desk.verifications.look(desk.catalog.get(parameters["id"]))
    return Body(encode(describe.describe_verification(job)))


def _verify(desk: Desk, fields: Parameters) -> Body:
    found, action = desk.catalog.get(fields["id"]), fields["action"]
    if action == "start":
        job: Job | None = desk.verifications.start(found)
    elif action == "cancel":
        job = desk.verifications.cancel(found)
    else:
        raise no_such_action(action)
    return Body(encode(describe.describe_verification(job)))


def _stats(desk: Desk, parameters: Parameters) -> Body:
    job = desk.statistics.look(desk.catalog.get(parameters["id"]))
    return Body(encode(describe_stats.describe_stats(job, parameters.get("since", ""))))


def _act_on_stats(desk: Desk, fields: Parameters) -> Body:
    found, action = desk.catalog.get(fields["id"]), fields["action"]
    rows = parse_numbers("rows", fields["rows"], _ROWS_LIMIT) if fields["rows"] else []
    if action == "start":
        job: StatsJob | None = desk.statistics.start(found, rows)
    elif action == "glance":
        job = desk.statistics.glance(found)
    elif action == "first":
        job = desk.statistics.put_first(found, rows)
    elif action == "cancel":
        job = desk.statistics.cancel(found)
    else:
        raise BadRequest(
            f'The action "{action[:40]}" is none: there are start, glance, first and cancel.'
        )
    return Body(encode(describe_stats.describe_job(job)))


def _histograms(desk: Desk, parameters: Parameters) -> Body:
    rows = parse_numbers("rows", parameters["rows"], describe_stats.HISTOGRAMS_LIMIT)
    job = desk.statistics.look(desk.catalog.get(parameters["id"]))
    return Body(encode(describe_stats.describe_histograms(job, rows)))


def _tensor_stats(desk: Desk, parameters: Parameters) -> Body:
    found = desk.catalog.get(parameters["id"])
    tensor = _find_tensor(desk.catalog.open(found.id), parameters["key"])
    told = desk.statistics.tensor(found, tensor)
    return Body(encode(describe_stats.describe_tensor_stats(tensor, told)))


def _timeline(desk: Desk, parameters: Parameters) -> Body:
    return Body(encode(describe_timeline(*_look(desk, parameters, desk.timelines.look))))


def _read_timeline(desk: Desk, fields: Parameters) -> Body:
    actions = {"start": desk.timelines.start, "cancel": desk.timelines.cancel}
    action = actions.get(fields["action"])
    if action is None:
        raise no_such_action(fields["action"])
    return Body(encode(describe_job(*_look(desk, fields, action))))


def _timeline_values(desk: Desk, parameters: Parameters) -> Body:
    since = parameters.get("since", "0")
    if not _NUMBER.fullmatch(since):
        raise BadRequest(f"since={since[:40]}: give the generation of an earlier answer.")
    view, job = _look(desk, parameters, desk.timelines.look_again)
    return Body(encode(describe_values(view, job, int(since))))


def _scalar_tags(desk: Desk, parameters: Parameters) -> Body:
    view, _ = _look(desk, parameters, desk.timelines.look_again)
    return Body(encode(desk.scalars.list_tags(view)))


def _scalars(desk: Desk, parameters: Parameters) -> Body:
    view, _ = _look(desk, parameters, desk.timelines.look_again)
    return Body(encode(desk.scalars.read(view, parameters["run"], parameters["tag"])))


def _restore(desk: Desk, parameters: Parameters) -> Body:
    return Body(encode(desk.restores.answer(parameters)))


def _look(
    desk: Desk,
    parameters: Parameters,
    look: Callable[[Found, Sequence[Found]], tuple[View, TimelineJob]],
) -> tuple[View, TimelineJob]:
    return look(desk.catalog.get(parameters["id"]), desk.catalog.snapshot.artifacts)


def _parse_nodes(text: str, count: int) -> list[int]:
    nodes = parse_numbers("nodes", text, describe.OBJECTS_LIMIT)
    if count and max(nodes) >= count:
        raise NotFound(f"No object {max(nodes)}: the object tree has {count} nodes.")
    return nodes


def _find_tensor(artifact: Artifact, key: str) -> Tensor:
    """A tensor by its key, as stored or (where that is not UTF-8) as JSON carries it."""
    tensor = artifact.tensors.get(key)
    if tensor is not None:
        return tensor
    for stored, candidate in artifact.tensors.items():
        if plain_text(stored) == key:
            return candidate
    raise NotFound(f'{artifact.path}: no tensor "{key[:200]}". Reload to see what it holds now.')


def _find_document(artifact: Artifact, name: str) -> Document:
    """A document by its name, as JSON carries it."""
    for document in artifact.documents:
        if plain_text(document.name) == name:
            return document
    raise NotFound(f'{artifact.path}: no document "{name[:200]}". Reload to see what it has now.')


ROUTES: Mapping[str, Route] = {
    "status": Route(_status),
    "artifacts": Route(_artifacts, optional=("rescan",)),
    "artifact": Route(_artifact, required=("id",)),
    "health": Route(_health, required=("id",)),
    "features": Route(answer_features, required=("id", "signature"), optional=("tags",)),
    "document": Route(_document, required=("id", "name")),
    "objects": Route(_objects, required=("id", "nodes")),
    "tensors": Route(_tensors, required=("id",)),
    "values": Route(_values, required=("id", "key"), optional=("slice",)),
    "picture": Route(
        _picture,
        required=("id", "key"),
        optional=("slice", "axes", "height", "width", "method"),
    ),
    "strings": Route(_strings, required=("id", "key"), optional=("q", "start")),
    "csv": Route(_csv, required=("id", "key"), optional=("slice",)),
    "spectrum": Route(_spectrum, required=("id", "key")),
    "npy": Route(_npy, required=("id", "key"), optional=("slice",)),
    "verify": Route(
        _verification, required=("id",), action=Action(_verify, fields=("id", "action"))
    ),
    "stats": Route(
        _stats,
        required=("id",),
        optional=("since",),
        action=Action(_act_on_stats, fields=("id", "action", "rows")),
    ),
    "histograms": Route(_histograms, required=("id", "rows")),
    "tensor_stats": Route(_tensor_stats, required=("id", "key")),
    "timeline": Route(
        _timeline, required=("id",), action=Action(_read_timeline, fields=("id", "action"))
    ),
    "timeline_values": Route(_timeline_values, required=("id",), optional=("since",)),
    "lineage": Route(lineage_routes.answer_lineage, required=("id",)),
    "lineage_marks": Route(lineage_routes.answer_marks),
    "shared_layers": Route(lineage_routes.answer_shared, required=("id", "other")),
    "scalar_tags": Route(_scalar_tags, required=("id",)),
    "scalars": Route(_scalars, required=("id", "run", "tag")),
    "restore": Route(
        _restore,
        required=("checkpoint", "target"),
        optional=("method", "by_name", "skip_mismatch", "attach", "status"),
    ),
    "diff": Route(
        diff_routes.answer_diff,
        required=("before", "after"),
        optional=("all",),
        action=Action(diff_routes.act_on_diff, fields=("before", "after", "action", "pairs")),
    ),
    "diff_values": Route(
        diff_routes.answer_values, required=("before", "after"), optional=("since",)
    ),
    "diff_pair": Route(diff_routes.answer_pair, required=("before", "after", "pair")),
    "diff_picture": Route(
        diff_routes.answer_picture,
        required=("before", "after", "pair"),
        optional=("slice", "axes", "height", "width", "method"),
    ),
    "graphs": Route(graph_routes.answer_graphs, required=("id",)),
    "graph": Route(graph_routes.answer_graph, required=("id", "graph"), optional=("scope",)),
    "graph_attributes": Route(graph_routes.answer_attributes, required=("id", "graph")),
    "graph_node": Route(graph_routes.answer_node, required=("id", "graph", "node")),
    "scan": Route(scans.answer_scan, required=("id",)),
    "scan_marks": Route(scans.answer_marks),
    "portability": Route(answer_portability, required=("id",), optional=("target",)),
    **run_routes.ROUTES,
}
"""By name: the path is `api/` and the name."""
