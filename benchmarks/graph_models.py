"""Models of 10,000 and 105,000 nodes that every graph viewer is given, written with TensorFlow.

TensorFlow traces ten blocks; tracing thousands takes it minutes. Their nodes are copied in the
stored function, each block fed by the one before. `tf.saved_model.load` runs what comes out.
The same nodes without a function, as `tf.summary.trace_export` writes them, go to an event file:
TensorBoard's Graphs tab cannot open a SavedModel.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

BLOCKS = {"10k": 480, "105k": 5_000}
NODES_PER_BLOCK = 21
_TRACED = 10
_MOST_CHECKED = 1_000
"""Blocks of a model that TensorFlow loads in seconds."""
_WIDTH = 8
_FIRST, _LAST = "features", "sum"
_BLOCK = "stack/block_"


def write_models(folder: Path) -> None:
    """Write `<size>/models/stack` and `<size>/events` of each size in `BLOCKS`, once.

    Raises:
        RuntimeError: TensorFlow computes something else from the copies than from what it traced.
    """
    import tensorflow as tf

    missing = {size: n for size, n in BLOCKS.items() if not (folder / size / "events").is_dir()}
    for size, count in missing.items():
        module, traced = _trace(tf)
        model = folder / size / "models" / "stack"
        tf.saved_model.save(module, str(model), signatures=traced)
        function = _repeat_blocks(model / "saved_model.pb", count)
        if count < _MOST_CHECKED:
            _check(tf, traced, model, count)
        _write_events(function, folder / size / "events")


def _trace(tf: Any) -> tuple[Any, Any]:
    """A module with ten blocks' variables, and the function that runs the blocks."""
    module = tf.Module()
    shapes = ([_WIDTH, _WIDTH], [_WIDTH], [_WIDTH, _WIDTH])
    module.kept = [
        [tf.Variable(tf.random.stateless_normal(one, [n, i])) for i, one in enumerate(shapes)]
        for n in range(_TRACED)
    ]

    def apply(features: Any) -> dict[str, Any]:
        with tf.name_scope("stack"):
            for number, variables in enumerate(module.kept):
                with tf.name_scope(f"block_{number}"):
                    features = tf.add(features, _block(tf, features, *variables), name=_LAST)
        return {"scores": features}

    spec = tf.TensorSpec([None, _WIDTH], name=_FIRST)
    module.apply = tf.function(apply, input_signature=[spec], autograph=False)
    return module, module.apply.get_concrete_function()


def _block(tf: Any, taken: Any, kernel: Any, bias: Any, last: Any) -> Any:
    """A normalisation and two dense layers: with the sum around them `NODES_PER_BLOCK` nodes."""
    with tf.name_scope("norm"):
        centred = taken - tf.reduce_mean(taken, -1, keepdims=True)
        variance = tf.reduce_mean(tf.square(centred), -1, keepdims=True)
        value = centred * tf.math.rsqrt(variance + 1e-5)
    with tf.name_scope("inner"):
        value = tf.nn.relu(tf.nn.bias_add(tf.matmul(value, kernel), bias))
    with tf.name_scope("outer"):
        value = tf.matmul(value, last) * 0.01
    return tf.identity(value, name="dropout")


def _repeat_blocks(path: Path, count: int) -> Any:
    """Store `count` blocks in the function that a SavedModel's signature calls; gives that one."""
    from tensorflow.core.protobuf import saved_model_pb2

    saved = saved_model_pb2.SavedModel.FromString(path.read_bytes())
    function = _drop_copy(saved.meta_graphs[0])
    traced = [node for node in function.node_def if node.name.startswith(_BLOCK)]
    if len(traced) != NODES_PER_BLOCK * _TRACED:
        raise RuntimeError(f"a block has {len(traced) / _TRACED} nodes, not {NODES_PER_BLOCK}")
    copies = [_moved(node, by) for by in range(0, count, _TRACED) for node in traced]
    others = [node for node in function.node_def if not node.name.startswith(_BLOCK)]
    _join_end(others, copies, count)
    del function.node_def[:]
    function.node_def.extend([*copies, *others])
    path.write_bytes(saved.SerializeToString())
    return function


def _drop_copy(meta_graph: Any) -> Any:
    """The function with the blocks, which is stored twice: the signature calls a copy."""
    library = meta_graph.graph_def.library.function
    copies = [one for one in library if len(one.node_def) > NODES_PER_BLOCK * _TRACED]
    named = {
        name
        for node in meta_graph.object_graph_def.nodes
        for name in node.function.concrete_functions
    }
    [kept] = [one for one in copies if one.signature.name in named]
    for function in library:
        for node in function.node_def:
            if node.op.endswith("PartitionedCall"):
                node.attr["f"].func.name = kept.signature.name
    for copy in copies:
        if copy is not kept:
            library.remove(copy)
    return next(one for one in library if one.signature.name in named)


def _moved(node: Any, by: int) -> Any:
    """A copy of a node of the traced blocks for those that are `by` blocks further on."""
    moved = type(node)()
    moved.CopyFrom(node)
    if by:
        before = f"{_BLOCK}{by - 1}/{_LAST}:z:0"
        moved.name = _later(node.name, by)
        moved.input[:] = [before if text == _FIRST else _later(text, by) for text in node.input]
        # Where a node was made is told by names, and these were not traced.
        moved.ClearField("experimental_debug_info")
    return moved


def _later(text: str, by: int) -> str:
    return re.sub(rf"^{_BLOCK}(\d+)", lambda match: f"{_BLOCK}{int(match[1]) + by}", text)


def _join_end(others: list[Any], copies: list[Any], count: int) -> None:
    """Let the result come from the last block, and wait for all that read variables."""
    traced, last = (f"{_BLOCK}{number}/{_LAST}:z:0" for number in (_TRACED - 1, count - 1))
    reads = [f"^{node.name}" for node in copies if node.op == "ReadVariableOp"]
    for node in others:
        node.input[:] = [last if text == traced else text for text in node.input]
        if node.op == "NoOp":
            node.input[:] = reads


def _check(tf: Any, traced: Any, model: Path, count: int) -> None:
    """Running the copies is the same as running the traced blocks again and again."""
    given = tf.random.stateless_normal([2, _WIDTH], [1, 2])
    [signature] = tf.saved_model.load(str(model)).signatures.values()
    expected = given
    for _ in range(count // _TRACED):
        expected = traced(expected)["scores"]
    found = signature(features=given)["scores"]
    if not tf.reduce_all(tf.abs(found - expected) < 1e-3):
        raise RuntimeError(f"{model}: computes something else than what was traced")


def _write_events(function: Any, folder: Path) -> None:
    """Write the nodes of a function as a graph, its arguments as placeholders."""
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.summary.writer.event_file_writer import EventFileWriter
    from tensorflow.core.framework import graph_pb2

    graph = graph_pb2.GraphDef()
    graph.versions.producer = 1395
    for argument in function.signature.input_arg:
        node = graph.node.add(name=argument.name, op="Placeholder")
        node.attr["dtype"].type = argument.type
    for stored in function.node_def:
        node = graph.node.add()
        node.CopyFrom(stored)
        # All ops here have one output, which a function calls `name:z:0` and a graph `name`.
        node.input[:] = [text.partition(":")[0] for text in stored.input]
    writer = EventFileWriter(str(folder))
    writer.add_event(Event(graph_def=graph.SerializeToString()))
    writer.close()


if __name__ == "__main__":
    write_models(Path(sys.argv[1]))
