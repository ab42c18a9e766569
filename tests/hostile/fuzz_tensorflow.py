"""Gives the mutants of `fuzz` to TensorFlow's own readers and counts what becomes of them.

    .venv-tf/bin/python -m tests.hostile.fuzz_tensorflow --first 0 --count 20000 --out FILE

TensorFlow is loaded once. Children are forked from there: where one dies or hangs, that is the
outcome of the mutant, and a new one goes on behind it.
"""

from __future__ import annotations

import argparse
import os
import select
import shutil
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import tensorflow as tf
from google.protobuf import text_format
from tensorflow.python.saved_model import loader_impl

from tests.hostile.fuzz import HANG_S, SLICE
from tests.hostile.peak import limit_memory
from tests.hostile.targets import TARGETS, Files, Target, digest, mutant, target_named
from tests.support.artifacts import candidates_in_memory

MEMORY = 8 << 30
"""Address space beyond that of TensorFlow itself."""


def read_checkpoint(prefix: str) -> None:
    """Every tensor of a checkpoint."""
    reader = tf.train.load_checkpoint(prefix)
    for key, dtype in reader.get_variable_to_dtype_map().items():
        if dtype == tf.variant:
            continue  # which TensorFlow restores, and never returns
        with suppress(tf.errors.UnimplementedError):  # of some types in format V1
            reader.get_tensor(key)


def read_checkpoints(folder: str, files: Files) -> None:
    """Checkpoints of a folder, of either format."""
    for candidate in candidates_in_memory(files):
        if candidate.kind == "checkpoint":
            read_checkpoint(os.path.join(folder, candidate.name))


def read_saved_model(folder: str, _: Files) -> None:
    """A SavedModel's protobuf as `saved_model_cli` parses it, its graph, and its variables."""
    for meta_graph in loader_impl.parse_saved_model(folder).meta_graphs:
        with tf.Graph().as_default():
            tf.import_graph_def(meta_graph.graph_def, name="")
    variables = os.path.join(folder, "variables", "variables")
    if os.path.exists(f"{variables}.index"):
        read_checkpoint(variables)


def read_meta_graph(folder: str, files: Files) -> None:
    """The graph of a TF1 checkpoint."""
    for name in files:
        with tf.Graph().as_default():
            tf.compat.v1.train.import_meta_graph(os.path.join(folder, name), clear_devices=True)


def read_graph(folder: str, files: Files) -> None:
    """A graph, and its constants."""
    for name in files:
        proto = tf.compat.v1.GraphDef()
        content = Path(folder, name).read_bytes()
        if name.endswith((".pbtxt", ".txt")):
            text_format.Parse(content, proto)
        else:
            proto.ParseFromString(content)
        with tf.Graph().as_default():
            tf.import_graph_def(proto, name="")
        for node in proto.node:
            tensor = node.attr["value"].tensor
            if node.op == "Const" and tensor.dtype != tf.string:  # it wants these in one form only
                tf.make_ndarray(tensor)


def read_fingerprint(folder: str, _: Files) -> None:
    """A SavedModel's fingerprint."""
    tf.saved_model.experimental.read_fingerprint(folder)


def read_state(folder: str, _: Files) -> None:
    """The newest checkpoint that a state file names."""
    if tf.train.latest_checkpoint(folder) is None:
        raise ValueError("TensorFlow finds none")


HOW: dict[str, Callable[[str, Files], Any]] = {
    "checkpoint_v2": read_checkpoints,
    "checkpoint_v1": read_checkpoints,
    "meta_graph": read_meta_graph,
    "graph_def": read_graph,
    "graph_def_text": read_graph,
    "saved_model": read_saved_model,
    "saved_model_text": read_saved_model,
    "fingerprint": read_fingerprint,
    "state_file": read_state,
}
"""What TensorFlow has for each target; others are passed over."""


def read_files(target: Target, files: Files, folder: str) -> str:
    """Write a mutant and let TensorFlow read it; `accepted` or the name of its exception."""
    for name, data in files.items():
        path = Path(folder, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    try:
        HOW[target.name](folder, files)
    except Exception as error:  # noqa: BLE001 - its class is the outcome
        return type(error).__name__
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return "accepted"


def run_child(target: Target, first: int, stop: int, pipe: int, folder: str) -> None:
    """Write the outcome of one mutant after the other to a pipe."""
    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, 1)
    os.dup2(silent, 2)
    limit_memory(MEMORY)
    for number in range(first, stop):
        files = mutant(target, number)
        word = read_files(target, files, folder)
        os.write(pipe, f"{number} {digest(files)} {word}\n".encode())


Row = tuple[int, int, str]
"""Number, digest (0 if the child did not live to tell) and outcome of a mutant."""


def run_some(target: Target, first: int, stop: int) -> Iterator[Row]:
    """Outcomes of mutants from `first` on, up to the one that ends the child or to the last."""
    reading, writing = os.pipe()
    folder = tempfile.mkdtemp(prefix="modelinspect-fuzz-")
    child = os.fork()
    if not child:
        try:
            run_child(target, first, stop, writing, os.path.join(folder, "m"))
        finally:
            os._exit(1)  # without what would run at the parent's own end
    os.close(writing)
    is_ready: list[Any] = []
    with open(reading, "rb", buffering=0) as pipe:
        while first < stop:
            is_ready, _, _ = select.select([pipe], [], [], HANG_S)
            line = pipe.readline().split() if is_ready else b""
            if not line:
                break
            first = int(line[0]) + 1
            yield first - 1, int(line[1]), line[2].decode()
    if first < stop and not is_ready:
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    shutil.rmtree(folder, ignore_errors=True)
    if first < stop:
        yield first, 0, describe_end(status) if is_ready else "hang"


def describe_end(status: int) -> str:
    """The signal that ended a process, or its exit code."""
    if os.WIFSIGNALED(status):
        return signal.Signals(os.WTERMSIG(status)).name
    return f"exit {os.waitstatus_to_exitcode(status)}"


def run(target: Target, first: int, stop: int) -> Iterator[Row]:
    """The outcome of every mutant."""
    while first < stop:
        for row in run_some(target, first, min(stop, first + SLICE)):
            yield row
            first = row[0] + 1


def main() -> None:
    """Print the counts; with `--out` write every outcome to a file."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--target", action="append", choices=list(HOW), help="default: all")
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--count", type=int, default=1000, help="mutants of each target")
    parser.add_argument("--out", type=Path, help="file of `target number digest outcome` lines")
    options = parser.parse_args()
    names = options.target or [target.name for target in TARGETS if target.name in HOW]
    with open(options.out or os.devnull, "w", encoding="utf-8") as out:
        for name in names:
            words = Counter[str]()
            for row in run(target_named(name), options.first, options.first + options.count):
                words[row[-1]] += 1
                print(name, *row, file=out, flush=True)
            print(name, words.total(), dict(words.most_common()), flush=True)


if __name__ == "__main__":
    sys.exit(main())
