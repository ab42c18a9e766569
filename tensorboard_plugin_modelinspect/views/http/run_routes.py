"""The routes that run models; all refuse unless whoever started TensorBoard allowed it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from tensorboard_plugin_modelinspect.errors import BadRequest, ModelInspectError, NotFound
from tensorboard_plugin_modelinspect.model.tensor import Tensor
from tensorboard_plugin_modelinspect.views.http.downloads import Download, npy_download
from tensorboard_plugin_modelinspect.views.http.parameters import Parameters
from tensorboard_plugin_modelinspect.views.http.pictures import answer_picture
from tensorboard_plugin_modelinspect.views.http.responses import Body, encode
from tensorboard_plugin_modelinspect.views.http.route import Action, Route
from tensorboard_plugin_modelinspect.views.http.run_payloads import RunPayload
from tensorboard_plugin_modelinspect.views.http.runs import Ran, find_signature
from tensorboard_plugin_modelinspect.views.http.slices import answer_slice
from tensorboard_plugin_modelinspect.views.http.stats_payloads import TensorStatsPayload
from tensorboard_plugin_modelinspect.views.text.values import (
    parse_region,
)

if TYPE_CHECKING:
    from tensorboard_plugin_modelinspect.discovery import Found
    from tensorboard_plugin_modelinspect.model.artifact import Artifact
    from tensorboard_plugin_modelinspect.runner.messages import Watch
    from tensorboard_plugin_modelinspect.views.http.routes import Desk

LARGEST_CALL = 64 << 20
"""Bytes of a request to run a model: as JSON, with arrays in Base64."""
LABELS_NBYTES = 4 << 20
"""Of an asset that may hold labels."""


def answer_run(desk: Desk, parameters: Parameters) -> Body:
    """`run`: the calls of a model."""
    from tensorboard_plugin_modelinspect.views.http.describe_run import describe_call

    calls = desk.runs.calls_of(desk.catalog.get(parameters["id"]))
    return Body(encode(RunPayload([describe_call(ran) for ran in calls])))


def act_run(desk: Desk, fields: Parameters) -> Body:
    """`POST` to `run`: begins a call."""
    from tensorboard_plugin_modelinspect.views.http.run_inputs import parse_inputs

    desk.runs.require_allowed()
    found = desk.catalog.get(fields["id"])
    artifact = desk.catalog.open(found.id)
    graph, signature = find_signature(artifact, fields["tags"], fields["signature"])
    inputs = parse_inputs(signature, fields["inputs"])
    return _describe(desk.runs.start(found, graph, signature, inputs))


def answer_call(desk: Desk, parameters: Parameters) -> Body:
    """`run_call`: how a call stands, and what came of it."""
    return _describe(desk.runs.get(parameters["call"]))


def act_on_call(desk: Desk, fields: Parameters) -> Body:
    """`POST` to `run_call`: ends a call, or makes it again to look inside or to compare."""
    ran = desk.runs.get(fields["call"])
    action = fields["action"]
    if action == "cancel":
        ran.job.cancel()
        return _describe(ran)
    if action == "find_nan":
        return _describe(desk.runs.find_nan(desk.catalog.get(ran.found.id), ran))
    if action == "watch":
        found = desk.catalog.get(ran.found.id)
        return _describe(desk.runs.watch(found, ran, _read_watch(desk, ran, fields)))
    if action == "compare":
        from tensorboard_plugin_modelinspect.views.http.versus import read_versus

        return _describe(desk.runs.compare(ran, read_versus(desk.catalog, ran, fields)))
    raise BadRequest(
        f'The action "{action[:40]}" is none: there are cancel, find_nan, watch and compare.'
    )


def _read_watch(desk: Desk, ran: Ran, fields: Parameters) -> Watch:
    """What is to be watched; the graph as `api/graphs` calls it."""
    from tensorboard_plugin_modelinspect.runner.messages import Watch

    if not fields.get("node"):
        raise BadRequest("Name the node or scope to be watched.")
    graph = fields.get("graph", "")
    if graph and not graph.startswith("main:"):
        return Watch(fields["node"], graph)
    first = desk.catalog.open(ran.found.id).meta_graphs[0].tags
    if ran.tags != (tuple(graph.removeprefix("main:").split(",")) if graph else first):
        raise BadRequest(
            f"The call ran the MetaGraph of the tags {', '.join(ran.tags)[:200]}, not this one."
        )
    return Watch(fields["node"], "")


def _describe(ran: Ran) -> Body:
    from tensorboard_plugin_modelinspect.views.http.describe_run import describe_answer

    return Body(encode(describe_answer(ran)))


def answer_values(desk: Desk, parameters: Parameters) -> Body:
    """`run_values`: a slice of an input, output or inner tensor as text."""
    tensor = _find_tensor(desk, parameters)
    return answer_slice(tensor, parameters.get("slice", ""))


def answer_stats(desk: Desk, parameters: Parameters) -> Body:
    """`run_stats`: statistics of an input, output or inner tensor."""
    from tensorboard_plugin_modelinspect.analyses.stats import compute_stats
    from tensorboard_plugin_modelinspect.views.http.describe_stats import describe_numbers

    tensor = _find_tensor(desk, parameters)
    numbers = describe_numbers(tensor, compute_stats(tensor))
    return Body(encode(TensorStatsPayload(tensor.key, tensor.name, 0, numbers, [], None)))


def answer_npy(desk: Desk, parameters: Parameters) -> Download:
    """`run_npy`: an input, output or inner tensor, or a slice of it, as a file."""
    tensor = _find_tensor(desk, parameters)
    return npy_download(tensor, parse_region(parameters.get("slice", ""), tensor.shape))


def answer_run_picture(desk: Desk, parameters: Parameters) -> Body:
    """`run_picture`: a slice of an input, output or inner tensor as cells."""
    return Body(encode(answer_picture(_find_tensor(desk, parameters), parameters)))


def _find_tensor(desk: Desk, parameters: Parameters) -> Tensor:
    ran = desk.runs.get(parameters["call"])
    side = parameters["side"]
    if side == "other":
        return ran.output_tensor(parameters["key"], 1)
    find = {
        "input": ran.input_tensor,
        "output": ran.output_tensor,
        "watched": ran.watched_tensor,
    }.get(side)
    if find is None:
        raise BadRequest(f"side={side[:40]}: give input, output, watched or other.")
    return find(parameters["key"])


def answer_top(desk: Desk, parameters: Parameters) -> Body:
    """`run_top`: the likeliest classes, with names where the model brings some."""
    from tensorboard_plugin_modelinspect.views.http.describe_run import describe_top

    ran = desk.runs.get(parameters["call"])
    tensor = ran.output_tensor(parameters["key"])
    scores = tensor.read()
    if not scores.ndim or not scores.shape[-1] or "float" not in tensor.dtype.name:
        raise BadRequest(f"{tensor.key}: no class scores, which are floats of rank 1 or more.")
    labels = _read_labels(desk, ran.found, scores.shape[-1])
    wanted = parameters.get("asset", next(iter(labels), ""))
    if wanted and wanted not in labels:
        raise NotFound(
            f'No asset "{wanted[:200]}" has a line for each of {scores.shape[-1]} classes.'
        )
    payload = describe_top(scores, labels.get(wanted), list(labels), wanted)
    return Body(encode(payload))


def _read_labels(desk: Desk, found: Found, classes: int) -> dict[str, list[str]]:
    """Assets that are text with a line for each class, by name; what cannot be read is left out."""
    artifact = desk.catalog.open(found.id)
    labels = {}
    for name in _asset_names(artifact):
        try:
            folder = found.open_folder()
            stat = folder.stat(name)
            if stat is None or stat.nbytes > LABELS_NBYTES:
                continue
            source = folder.open(name)
            try:
                lines = source.read(0, source.nbytes).decode("utf-8").splitlines()
            finally:
                source.close()
        except (ModelInspectError, UnicodeDecodeError):
            continue
        if len(lines) == classes:
            labels[name.removeprefix("assets/")] = lines
    return labels


def _asset_names(artifact: Artifact) -> list[str]:
    names = [name for graph in artifact.meta_graphs for name, _ in graph.assets]
    return [f"assets/{name}" for name in dict.fromkeys(names)]


def answer_form(desk: Desk, parameters: Parameters) -> Body:
    """`run_form`: what a signature is to be called with."""
    from tensorboard_plugin_modelinspect.analyses.examples import find_features
    from tensorboard_plugin_modelinspect.views.http.describe_run import describe_form

    desk.runs.require_allowed()
    artifact = desk.catalog.open(parameters["id"])
    tags = parameters.get("tags", "")
    graph, signature = find_signature(artifact, tags, parameters["signature"])
    features = {}
    if artifact.graphs is not None and any(one.dtype.name == "string" for one in signature.inputs):
        features = find_features(desk.graphs.look(artifact), graph.tags, signature.key)
    return Body(encode(describe_form(signature, features)))


ROUTES: Mapping[str, Route] = {
    "run": Route(
        answer_run,
        required=("id",),
        action=Action(
            act_run,
            fields=("id", "tags", "signature", "inputs"),
            most_nbytes=LARGEST_CALL,
        ),
    ),
    "run_call": Route(
        answer_call,
        required=("call",),
        action=Action(
            act_on_call,
            fields=("call", "action"),
            optional=("node", "graph", "other", "restore", "tolerance"),
        ),
    ),
    "run_values": Route(answer_values, required=("call", "side", "key"), optional=("slice",)),
    "run_stats": Route(answer_stats, required=("call", "side", "key")),
    "run_picture": Route(
        answer_run_picture,
        required=("call", "side", "key"),
        optional=("slice", "axes", "height", "width", "method"),
    ),
    "run_top": Route(answer_top, required=("call", "key"), optional=("asset",)),
    "run_npy": Route(answer_npy, required=("call", "side", "key"), optional=("slice",)),
    "run_form": Route(answer_form, required=("id", "signature"), optional=("tags",)),
}
