"""What `modelinspect run` does: inputs, the call, its outputs as text, files or JSON.

The text is that of `run_saved_model_with_feed_dict` in tensorflow/python/tools/saved_model_cli.py.
"""

from __future__ import annotations

import dataclasses
import io
import os
import sys
from collections.abc import Sequence
from typing import Any, NamedTuple

import click
import numpy as np

from tensorboard_plugin_modelinspect.analyses.examples import find_features
from tensorboard_plugin_modelinspect.analyses.graph.analysis import GraphAnalysis
from tensorboard_plugin_modelinspect.answering import Answers, Side, call_side
from tensorboard_plugin_modelinspect.errors import BadRequest
from tensorboard_plugin_modelinspect.formats.exported_graph import read_exported_graphs
from tensorboard_plugin_modelinspect.model.function import ExportedGraph
from tensorboard_plugin_modelinspect.model.signature import Signature
from tensorboard_plugin_modelinspect.opening import open_artifact
from tensorboard_plugin_modelinspect.runner.inputs.feeding import find_missing
from tensorboard_plugin_modelinspect.runner.inputs.given import Given, read_inputs
from tensorboard_plugin_modelinspect.runner.inputs.made_up import make_inputs
from tensorboard_plugin_modelinspect.runner.messages import (
    Answer,
    Call,
    Limits,
    Load,
    Value,
    Watch,
    WatchedValue,
)
from tensorboard_plugin_modelinspect.sources.local import LocalFolder
from tensorboard_plugin_modelinspect.views.cli.files import write_file
from tensorboard_plugin_modelinspect.views.cli.output import write_json
from tensorboard_plugin_modelinspect.views.cli.run_against import run_against
from tensorboard_plugin_modelinspect.views.cli.run_records import answer_record, comparison_record
from tensorboard_plugin_modelinspect.views.cli.show_dir import (
    find_graph,
    find_signature,
    open_folder,
)
from tensorboard_plugin_modelinspect.views.text.answers import describe_answers, describe_restored
from tensorboard_plugin_modelinspect.views.text.nan import describe_finding
from tensorboard_plugin_modelinspect.views.text.words import describe_shape, printable

_DEFAULT = "serving_default"


class Asked(NamedTuple):
    """The options."""

    folder: str
    tag_set: str | None
    signature_def: str | None
    inputs: str
    input_exprs: str
    input_examples: str
    is_random: bool
    batch: int
    seed: int
    outdir: str | None
    overwrite: bool
    watches: tuple[str, ...]
    first_nan: bool
    restore: str | None
    against: str | None
    tolerance: float
    timeout_s: float | None
    memory_gib: float | None
    gpu: bool
    python: str


def run_signature(asked: Asked, *, as_json: bool) -> None:
    """Call a signature and print what it answers.

    Raises:
        UserError: There is no such model, signature or input, or a file is in the way.
        RunnerError: TensorFlow is missing, or failed.
    """
    if asked.first_nan and (asked.watches or asked.against):
        raise BadRequest("--first-nan counts tensors, --watch and --against take them: use one.")
    folder = open_folder(asked.folder)
    graph = _choose_graph(read_exported_graphs(folder), asked.tag_set)
    signature = _choose_signature(graph, asked.signature_def)
    inputs = _read_inputs(folder, graph, signature, asked)
    paths = _plan_files(signature, asked)
    model = Load(folder.path, graph.tags, gpu=asked.gpu, python=asked.python)
    watches = tuple(_parse_watch(text) for text in asked.watches)
    call = Call(signature.key, inputs, watches, find_nan=asked.first_nan)
    side = Side(model, asked.restore or "")
    found: Answers | None = None
    if asked.against is None:
        answer, restored = call_side(call, side, _limits(asked))
    else:
        found = run_against(asked.against, call, side, _limits(asked), asked.tolerance)
        answer, restored = found.left
        answer = answer if watches else dataclasses.replace(answer, watched=())
    _print_log(answer.log)
    if as_json:
        saved = {value.key: _save(value, paths, asked) for value in answer.outputs}
        record = answer_record(asked.folder, graph.tags, signature, answer, saved)
        further = comparison_record(restored, asked.against, found)
        write_json({**record, **further})
        return
    _print_answer(answer, paths, asked)
    lines = [] if restored is None else describe_restored(restored)
    if found is not None:
        lines += describe_answers(found, asked.against or "")
    sys.stdout.writelines(f"{line}\n" for line in lines)


def _limits(asked: Asked) -> Limits:
    """Someone at a terminal can end it: nothing is limited unasked but what is answered."""
    nbytes = None if asked.memory_gib is None else int(asked.memory_gib * (1 << 30))
    return Limits(
        load_s=None,
        call_s=asked.timeout_s,
        cpu_s=None,
        memory_nbytes=nbytes,
        answer_nbytes=16 << 30,
    )


def _choose_graph(graphs: Sequence[ExportedGraph], tag_set: str | None) -> ExportedGraph:
    if tag_set is not None:
        return find_graph(graphs, tag_set, needs_tags=True)
    if len(graphs) != 1:
        known = [",".join(graph.tags) for graph in graphs]
        raise BadRequest(f"There are several MetaGraphs: choose one by --tag_set of {known}.")
    return graphs[0]


def _choose_signature(graph: ExportedGraph, key: str | None) -> Signature:
    if key is not None:
        return find_signature(graph, key)
    callable_ = [signature for signature in graph.signatures if not signature.is_internal]
    for signature in callable_:
        if signature.key == _DEFAULT or len(callable_) == 1:
            return signature
    known = ", ".join(signature.key for signature in callable_)
    raise BadRequest(f"Choose a signature by --signature_def: {known or 'the model has none'}.")


def _read_inputs(
    folder: LocalFolder, graph: ExportedGraph, signature: Signature, asked: Asked
) -> dict[str, np.ndarray]:
    given = Given(asked.inputs, asked.input_exprs, asked.input_examples)
    inputs = read_inputs(signature, given, lambda text: click.echo(f"note: {text}", err=True))
    if asked.is_random:
        features = find_features(_analyse(folder), graph.tags, signature.key)
        made = make_inputs(signature, batch=asked.batch, seed=asked.seed, features=features)
        return made | inputs
    if not inputs and find_missing(signature, inputs):
        raise BadRequest(
            "At least one of --inputs, --input_exprs or --input_examples must be required;"
            " --random makes up what is missing."
        )
    return inputs


def _analyse(folder: LocalFolder) -> GraphAnalysis:
    return GraphAnalysis(open_artifact(folder.path))


def _parse_watch(text: str) -> Watch:
    """`NAME`, or `FUNCTION:NAME`; the number behind a colon is an output."""
    graph, colon, name = text.partition(":")
    if colon and not name.isdigit():
        return Watch(name, graph)
    return Watch(text)


def _plan_files(signature: Signature, asked: Asked) -> dict[str, str]:
    """Where outputs go, by key; looked at before the model is run."""
    if asked.outdir is None:
        return {}
    outdir = os.path.expanduser(asked.outdir)
    paths = {}
    for spec in signature.outputs:
        if spec.key in ("", ".", "..") or any(char in spec.key for char in "/\\\0"):
            raise BadRequest(f'The output "{spec.key}" has no name for a file: leave out --outdir.')
        paths[spec.key] = os.path.join(outdir, f"{spec.key}.npy")
        if os.path.lexists(paths[spec.key]) and not asked.overwrite:
            raise BadRequest(
                f"Output file {paths[spec.key]} already exists. Add --overwrite to overwrite the"
                " existing output files."
            )
    return paths


def _print_log(log: str) -> None:
    """What the model printed, on stderr and without control over the terminal."""
    for line in log.splitlines():
        if line.strip():
            click.echo(f"model: {printable(line)}", err=True)


def _print_answer(answer: Answer, paths: dict[str, str], asked: Asked) -> None:
    # A file must not talk to a terminal, but a pipe gets names as they are, like that tool's.
    escape = printable if sys.stdout.isatty() else str
    for value in answer.outputs:
        shown = _as_session(value)
        what = f"a {value.dtype}, which has no values" if shown is None else str(shown)
        sys.stdout.write(f"Result for output key {escape(value.key)}:\n{what}\n")
        path = _save(value, paths, asked)
        if path is not None:
            sys.stdout.write(f"Output {escape(value.key)} is saved to {path}\n")
    for inner in answer.watched:
        sys.stdout.write(_describe_watched(inner))
    if answer.nan is not None:
        sys.stdout.writelines(f"{line}\n" for line in describe_finding(answer.nan))


def _as_session(value: Value | WatchedValue) -> Any:
    """A value as a session gives it: that of a scalar alone, without an array around it."""
    array = value.values
    return None if array is None else array[()] if array.ndim == 0 else array


def _save(value: Value, paths: dict[str, str], asked: Asked) -> str | None:
    """Write an output; its path, None if it is not to be written."""
    path = paths.get(value.key)
    shown = _as_session(value)
    if path is None or shown is None:
        return None
    try:
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    except OSError as error:
        raise BadRequest(f"{asked.outdir}: {error.strerror}. Name another --outdir.") from None
    buffer = io.BytesIO()
    np.save(buffer, shown)
    write_file(path, [buffer.getbuffer()], overwrite=asked.overwrite)
    return path


def _describe_watched(inner: WatchedValue) -> str:
    """An inner tensor: where it is, what it is, its values."""
    path = printable("/".join((*inner.calls, inner.node)))
    shape = "" if inner.shape is None else f" {describe_shape(inner.shape)}"
    lost = ""
    if inner.finite is not None and inner.finite < inner.size:
        lost = f", {inner.size - inner.finite} of {inner.size} not finite"
    text = inner.reason if inner.values is None else str(_as_session(inner))
    head = f"Inner tensor {path}:{inner.output} ({printable(inner.op)}, {inner.dtype}{shape}{lost})"
    return f"{head}:\n{text}\n"
