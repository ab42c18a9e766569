"""What `modelinspect run --against` does: finds out what it is given, and calls both."""

from __future__ import annotations

import dataclasses
import os

from tensorboard_plugin_modelinspect.answering import Answers, Side, compare_calls, is_model
from tensorboard_plugin_modelinspect.errors import BadRequest
from tensorboard_plugin_modelinspect.formats.exported_graph import read_exported_graphs
from tensorboard_plugin_modelinspect.opening import open_artifact
from tensorboard_plugin_modelinspect.runner.messages import Call, Limits, Load, Watch
from tensorboard_plugin_modelinspect.views.cli.show_dir import open_folder

EVERYTHING = (Watch(""),)


def run_against(path: str, call: Call, side: Side, limits: Limits, tolerance: float) -> Answers:
    """Call a model, and then another one, or the same with the values of a checkpoint.

    Args:
        path: A SavedModel, or a checkpoint.
        call: What is asked; if it watches nothing, all inner tensors are compared.
        side: The one model.
        limits: What each may take.
        tolerance: As of `compare_answers`.
    """
    wide = call if call.watch else dataclasses.replace(call, watch=EVERYTHING)
    if is_model(open_artifact(path)):
        other = Side(_other(path, call, side.model))
    else:
        other = Side(side.model, path)
    return compare_calls(wide, side, other, limits=limits, tolerance=tolerance)


def _other(path: str, call: Call, model: Load) -> Load:
    """The other model, in which the same signature is looked for."""
    folder = open_folder(path if os.path.isdir(path) else os.path.dirname(path) or ".")
    graphs = read_exported_graphs(folder)
    chosen = [graph for graph in graphs if set(graph.tags) == set(model.tags or ())]
    for graph in chosen or graphs[:1]:
        if any(signature.key == call.signature for signature in graph.signatures):
            return dataclasses.replace(model, path=folder.path, tags=graph.tags)
    raise BadRequest(
        f'{path}: has no signature "{call.signature}". Both models are called by the same one.'
    )
