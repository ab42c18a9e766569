"""How many NaNs each tensor of a signature has, without the tensors: its graph with counters.

Beside each floating-point tensor stands an op that counts its values (`DebugNumericSummaryV2`, of
TensorFlow's own debugger), and each function gives the counts of all its tensors as one matrix
more, which whoever calls it passes on:

    a plain call   its rows
    If, Case       the rows of all branches; of those that did not run zeros
    While          the rows of its body, of the first time around that was worst

So the model runs once, and nothing large is kept or sent. What the rows mean, `worker_nan.py` says.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import tensorflow as tf
from tensorflow.core.framework import types_pb2

from tensorboard_plugin_modelinspect.runner.worker_watch import (
    CALLS,
    DEEPEST,
    MOST_NODES,
    FileNames,
    fed_outputs,
    find_control_flow,
    find_needed,
    functions_of,
    in_order,
    ports_of,
)

IFS = frozenset({"If", "StatelessIf"})
CASES = frozenset({"Case", "StatelessCase"})
WHILES = frozenset({"While", "StatelessWhile"})
MOST_TENSORS = 100_000
DEEPEST_LOOP = 3
"""Loops in loops beyond that are not looked into: each level is a column."""
COLUMNS = 11
"""Of FULL_HEALTH: id, device, dtype, rank, size, -inf, +inf, NaN, negative, zero, positive."""
EVER_NAN, EVER_INFINITE = COLUMNS + DEEPEST_LOOP, COLUMNS + DEEPEST_LOOP + 1
"""In a loop: whether it was so any time around."""
WIDTH = EVER_INFINITE + 1
FULL_HEALTH = 4
NAME = "modelinspect_probe"
_NUMBERS = itertools.count()
"""Copies of functions of all calls must differ in name: TensorFlow keeps them for good."""
_REAL = frozenset(
    {types_pb2.DT_HALF, types_pb2.DT_BFLOAT16, types_pb2.DT_FLOAT, types_pb2.DT_DOUBLE}
)
_COMPLEX = {
    types_pb2.DT_COMPLEX64: types_pb2.DT_FLOAT,
    types_pb2.DT_COMPLEX128: types_pb2.DT_DOUBLE,
}
_REFERENCE = 100
"""What the number of a reference type (TensorFlow 1) is greater by than that of its type."""
_EIGHT_BITS = "an 8-bit floating-point type, whose values TensorFlow cannot count"
_TOO_DEEP = f"in a loop that is deeper than {DEEPEST_LOOP} loops"
_IN_CONDITION = "in the condition of a loop, which gives nothing but its answer"
_NO_CALL = "in a function that is no plain call: it runs any number of times, or not at all"


@dataclass(eq=False)
class Level:
    """A graph that runs, in one place: a function that is called twice is two.

    Attributes:
        calls: Nodes that lead there.
        graph: The function, as the file names it.
        nodes: By name, as they were.
        arguments: Names of what the function takes.
        results: What it gives: references into it.
        caller: The level with the node that calls it.
        skipped: How many inputs of that node are not passed on: which branch to run.
        loops: Of each loop around it, outermost first, the place of its node.
        inner: By node, what it calls.
    """

    calls: tuple[str, ...]
    graph: str
    nodes: dict[str, Any]
    arguments: list[str] = field(default_factory=list)
    results: list[str] = field(default_factory=list)
    caller: Level | None = None
    skipped: int = 0
    loops: tuple[int, ...] = ()
    inner: dict[str, list[Level]] = field(default_factory=dict)


class Row(NamedTuple):
    """A tensor whose values are counted.

    Attributes:
        level: Where it is.
        node: Its node.
        output: Which of its outputs.
        dtype: Number of its type.
        place: After those of all it is computed from, but for loops.
    """

    level: Level
    node: str
    output: int
    dtype: int
    place: int


class Probed:
    """A signature that counts.

    Args:
        function: The signature, as loaded.
        file: Names of functions in the file.
        root: What the file calls the function of the signature; "" for the main graph.

    Attributes:
        rows: Those of the matrix, in order.
        library: Functions by name.
        unseen: How many nodes are not looked at, by reason.

    Raises:
        ValueError: It is too large.
    """

    def __init__(self, function: Any, file: FileNames, root: str) -> None:
        graph_def = function.graph.as_graph_def()
        self.library = {item.signature.name: item for item in graph_def.library.function}
        self.unseen: dict[str, int] = {}
        self._file = file
        self._visited = self._place = 0
        self._added = graph_def.library
        self._update = ""
        self._fed = fed_outputs(function)
        kept = find_needed(function, graph_def.node)
        self.main = Level((), root, {node.name: _copy(node) for node in kept})
        for name in self._fed:
            del self.main.nodes[name].input[:]
        self.rows, matrix = self._grow(_Body(graph_def.node, is_main=True), self.main, kept)
        self._call = _build(function, graph_def, matrix)

    def __call__(self, arguments: list[Any], captures: list[Any]) -> tuple[list[Any], Any]:
        """Run it: the outputs in their flat order, and the matrix."""
        *outputs, matrix = self._call(*arguments, *captures)
        return outputs, matrix.numpy()

    def _grow(self, body: _Body, level: Level, nodes: list[Any]) -> tuple[list[Row], str]:
        """Make a graph count its tensors and those of what it calls; rows, and the matrix of them.

        The matrix is "" if there are no rows.
        """
        self._visited += len(nodes)
        if self._visited > MOST_NODES or len(level.calls) > DEEPEST:
            raise ValueError(f"The signature runs more than {MOST_NODES:,} nodes: too many.")
        controlled = find_control_flow(nodes)
        own: list[Row] = []
        counts: list[str] = []
        inner: list[Row] = []
        parts: list[str] = []
        for node in in_order(nodes):
            self._place += 1
            if node.name in controlled:
                self._skip(controlled[node.name])
                continue
            ports = list(ports_of(node, self.library))
            rows, part = self._grow_inner(body, level, node, len(ports))
            inner += rows
            parts += [part] if rows else []
            self._place += 1
            for output, port in enumerate(ports):
                if not level.calls and output not in self._fed.get(node.name, {output}):
                    continue
                dtype = port.dtype % _REFERENCE
                real = self._real(body, body.reference(node.name, output, port), dtype)
                if real is not None:
                    own.append(Row(level, node.name, output, dtype, self._place))
                    counts.append(body.count(*real))
        if len(own) + len(inner) > MOST_TENSORS:
            raise ValueError(f"The signature has more than {MOST_TENSORS:,} tensors: too many.")
        if own:
            parts.insert(0, body.widen(body.pack(counts), len(own)))
        return own + inner, body.join(parts)

    def _real(self, body: _Body, source: str, dtype: int) -> tuple[str, int] | None:
        """A tensor of which TensorFlow can count; None if its type has no NaN."""
        if dtype in _COMPLEX:
            real = _COMPLEX[dtype]
            return body.add("ComplexAbs", [source], "y", T=dtype, Tout=real), real
        if dtype not in _REAL and types_pb2.DataType.Name(dtype).startswith("DT_FLOAT"):
            self._skip(_EIGHT_BITS)
        return (source, dtype) if dtype in _REAL else None

    def _skip(self, reason: str) -> None:
        self.unseen[reason] = self.unseen.get(reason, 0) + 1

    def _grow_inner(
        self, body: _Body, level: Level, node: Any, outputs: int
    ) -> tuple[list[Row], str]:
        """Rows of what a node calls; it is changed so that it gives them."""
        names = functions_of(node, self.library)
        if not names:
            return [], ""
        if node.op in CALLS or node.op == names[0]:
            return self._grow_branches(body, level, node, names[:1], outputs, 0)
        if node.op in IFS:
            names = [node.attr[key].func.name for key in ("then_branch", "else_branch")]
            return self._grow_branches(body, level, node, names, outputs, 1)
        if node.op in CASES:
            names = [one.name for one in node.attr["branches"].list.func]
            return self._grow_branches(body, level, node, names, outputs, 1)
        if node.op in WHILES:
            self._skip(_IN_CONDITION)
            if len(level.loops) < DEEPEST_LOOP:
                return self._grow_loop(body, level, node, outputs)
        self._skip(_TOO_DEEP if node.op in WHILES else _NO_CALL)
        return [], ""

    def _enter(self, level: Level, node: Any, name: str, skipped: int) -> tuple[Level, Any]:
        """The level of a function that a node calls, and a copy of the function."""
        copy = self._added.function.add()
        copy.CopyFrom(self.library[name])
        copy.signature.name = f"{name}_probed_{next(_NUMBERS)}"
        # Such a function may be swapped for another one that gives what it used to.
        for attribute in ("api_implements", "api_preferred_device", "_implements"):
            copy.attr.pop(attribute, None)
        place = functions_of(node, self.library).index(name)
        inner = Level(
            (*level.calls, node.name),
            self._file.name_of(level.graph, node.name, place, name),
            {one.name: _copy(one) for one in copy.node_def},
            [argument.name for argument in copy.signature.input_arg],
            [copy.ret[argument.name] for argument in copy.signature.output_arg],
            level,
            skipped,
            level.loops,
        )
        level.inner.setdefault(node.name, []).append(inner)
        return inner, copy

    def _grow_branches(
        self, body: _Body, level: Level, node: Any, names: list[str], outputs: int, skipped: int
    ) -> tuple[list[Row], str]:
        """A call, or one of several: the rows of all, in order."""
        grown = []
        for name in names:
            inner, copy = self._enter(level, node, name, skipped)
            inside = _Body(copy.node_def, is_main=False)
            grown.append((copy, inside, *self._grow(inside, inner, list(copy.node_def))))
        total = [row for *_, rows, _ in grown for row in rows]
        if not total:
            return [], ""
        before = 0
        for copy, inside, rows, part in grown:
            after = len(total) - before - len(rows)
            around = [inside.zeros(before), part, inside.zeros(after)]
            copy.ret[NAME] = inside.join([one for one in around if one])
            copy.signature.output_arg.add(name=NAME, type=types_pb2.DT_DOUBLE)
            before += len(rows)
        self._call_copies(node, [copy.signature.name for copy, *_ in grown], len(total))
        is_function = node.op == grown[0][0].signature.name
        return total, body.output(node.name, NAME if is_function else "output", outputs)

    def _call_copies(self, node: Any, names: list[str], count: int) -> None:
        """Let a node call other functions, which give one matrix more."""
        node.attr.pop("_output_shapes", None)
        if node.op in IFS:
            for key, name in zip(("then_branch", "else_branch"), names, strict=True):
                node.attr[key].func.name = name
        elif node.op in CASES:
            for one, name in zip(node.attr["branches"].list.func, names, strict=True):
                one.name = name
        elif node.op in CALLS:
            node.attr["f"].func.name = names[0]
        else:
            node.op = names[0]
            return
        node.attr["Tout"].list.type.append(types_pb2.DT_DOUBLE)
        _add_shapes(node, [count, WIDTH])

    def _grow_loop(
        self, body: _Body, level: Level, node: Any, outputs: int
    ) -> tuple[list[Row], str]:
        """A loop carries a counter, and the rows of its body of the first time that was worst."""
        inner, copy = self._enter(level, node, node.attr["body"].func.name, 0)
        inner.loops = (*level.loops, self._place)
        inside = _Body(copy.node_def, is_main=False)
        rows, matrix = self._grow(inside, inner, list(copy.node_def))
        if not rows:
            return [], ""
        test = self._added.function.add()
        test.CopyFrom(self.library[node.attr["cond"].func.name])
        test.signature.name += f"_probed_{next(_NUMBERS)}"
        state = (f"{NAME}_count", f"{NAME}_rows")
        for function in (copy, test):
            for name in state:
                function.signature.input_arg.add(name=name, type=types_pb2.DT_DOUBLE)
        column = inside.constant(COLUMNS + len(level.loops), [])
        changed = inside.call(self._update_name(), [*state, matrix, column], 2)
        for name, reference in zip(state, changed, strict=True):
            copy.signature.output_arg.add(name=name, type=types_pb2.DT_DOUBLE)
            copy.ret[name] = reference
        node.attr["body"].func.name = copy.signature.name
        node.attr["cond"].func.name = test.signature.name
        node.attr.pop("_output_shapes", None)
        node.attr["T"].list.type.extend([types_pb2.DT_DOUBLE] * 2)
        _add_shapes(node, [], [len(rows), WIDTH])
        added = [body.constant(0, []), body.zeros(len(rows))]
        first_control = sum(not name.startswith("^") for name in node.input)
        node.input[first_control:first_control] = added
        return rows, body.output(node.name, "output", outputs + 1)

    def _update_name(self) -> str:
        """The function that a loop's body calls, added when there is a loop."""
        if not self._update:
            definition = _make_update().function_def
            self._added.function.add().CopyFrom(definition)
            self._update = definition.signature.name
        return self._update


def _make_update() -> Any:
    """A concrete function: the counter and the rows after one more time around."""
    rows = tf.TensorSpec((None, WIDTH), tf.float64)
    scalar = tf.TensorSpec((), tf.float64)

    def worst(ever: Any) -> Any:
        """2 with a NaN, 1 with an infinity, else 0."""
        return tf.reduce_max(ever * (2.0, 1.0))

    def update(count: Any, old: Any, new: Any, column: Any) -> tuple[Any, Any]:
        turn = tf.one_hot(tf.cast(column, tf.int32), WIDTH, dtype=tf.float64) * count
        bad = tf.stack([new[:, 7] > 0, new[:, 5] + new[:, 6] > 0], 1)
        before = old[:, EVER_NAN:]
        ever = tf.maximum(tf.maximum(before, new[:, EVER_NAN:]), tf.cast(bad, tf.float64))
        # All rows are of the same time around, so that a node fits its inputs; only what did not
        # run then is of another.
        stays = (worst(before) > 0) & (worst(before) >= worst(ever)) & (old[:, 2:3] > 0)
        rows = tf.where(stays | (new[:, 2:3] == 0), old, new + turn)
        return count + 1.0, tf.concat([rows[:, :EVER_NAN], ever], 1)

    return tf.function(update, autograph=False).get_concrete_function(scalar, rows, rows, scalar)


class _Body:
    """The nodes of a graph or a function, where more are added.

    Args:
        nodes: Of a GraphDef, or of a FunctionDef.
        is_main: Which of the two: they write references to tensors in different ways.
    """

    def __init__(self, nodes: Any, *, is_main: bool) -> None:
        self._nodes = nodes
        self._is_main = is_main
        self._taken = {node.name for node in nodes}
        self._count = 0

    def output(self, node: str, output: str, flat: int) -> str:
        """Reference to an output of a node; that of a function has a number of its own."""
        if self._is_main:
            return f"{node}:{flat}"
        return f"{node}:{output}:{0 if output == NAME else flat}"

    def reference(self, node: str, flat: int, port: Any) -> str:
        """Reference to an output by its port."""
        return f"{node}:{flat}" if self._is_main else f"{node}:{port.name}:{port.place}"

    def add(self, op: str, inputs: Iterable[str], output: str, **types: int) -> str:
        """Add a node with one output; its reference."""
        node = self._new(op, inputs)
        for key, dtype in types.items():
            node.attr[key].type = dtype
        return self.output(node.name, output, 0)

    def count(self, source: str, dtype: int) -> str:
        """Counts of a tensor's values."""
        node = self._new("DebugNumericSummaryV2", [source])
        node.attr["T"].type = dtype
        node.attr["output_dtype"].type = types_pb2.DT_DOUBLE
        node.attr["tensor_debug_mode"].i = FULL_HEALTH
        return self.output(node.name, "output", 0)

    def pack(self, vectors: list[str]) -> str:
        """A matrix of vectors."""
        node = self._new("Pack", vectors)
        node.attr["T"].type = types_pb2.DT_DOUBLE
        node.attr["N"].i = len(vectors)
        return self.output(node.name, "output", 0)

    def widen(self, matrix: str, count: int) -> str:
        """A matrix with the columns that loops fill."""
        blank = self._constant(tf.zeros((count, WIDTH - COLUMNS), tf.float64))
        return self._concat([matrix, blank], 1)

    def join(self, matrices: list[str]) -> str:
        """One matrix of several, below each other."""
        return self._concat(matrices, 0) if len(matrices) > 1 else "".join(matrices)

    def zeros(self, count: int) -> str:
        """Rows of what did not run; "" for none."""
        return self._constant(tf.zeros((count, WIDTH), tf.float64)) if count else ""

    def constant(self, value: float, shape: list[int]) -> str:
        """A constant."""
        return self._constant(tf.fill(shape, tf.constant(value, tf.float64)))

    def call(self, function: str, inputs: list[str], outputs: int) -> list[str]:
        """Call a function of doubles."""
        node = self._new("PartitionedCall", inputs)
        node.attr["f"].func.name = function
        node.attr["Tin"].list.type.extend([types_pb2.DT_DOUBLE] * len(inputs))
        node.attr["Tout"].list.type.extend([types_pb2.DT_DOUBLE] * outputs)
        return [self.output(node.name, "output", number) for number in range(outputs)]

    def _concat(self, parts: list[str], axis: int) -> str:
        node = self._new("ConcatV2", [*parts, self._constant(tf.constant(axis))])
        node.attr["T"].type = types_pb2.DT_DOUBLE
        node.attr["Tidx"].type = types_pb2.DT_INT32
        node.attr["N"].i = len(parts)
        return self.output(node.name, "output", 0)

    def _constant(self, tensor: Any) -> str:
        node = self._new("Const", [])
        node.attr["dtype"].type = tensor.dtype.as_datatype_enum
        node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(tensor.numpy()))
        return self.output(node.name, "output", 0)

    def _new(self, op: str, inputs: Iterable[str]) -> Any:
        while (name := f"{NAME}_{self._count}") in self._taken:
            self._count += 1
        self._count += 1
        return self._nodes.add(name=name, op=op, input=inputs)


def _copy(node: Any) -> Any:
    copy = type(node)()
    copy.CopyFrom(node)
    return copy


def _add_shapes(node: Any, *shapes: list[int]) -> None:
    """Say the shapes of further outputs, where a node says any."""
    if "output_shapes" not in node.attr or not node.attr["output_shapes"].list.shape:
        return
    for shape in shapes:
        added = node.attr["output_shapes"].list.shape.add()
        for size in shape:
            added.dim.add(size=size)


def _build(function: Any, graph_def: Any, matrix: str) -> Any:
    """The function with the matrix as its last output, fed by its inputs and captures."""
    wrapped = tf.compat.v1.wrap_function(
        lambda: tf.graph_util.import_graph_def(graph_def, name=""), []
    )
    get = wrapped.graph.get_tensor_by_name
    feeds = [get(tensor.name) for tensor in function.inputs]
    effects = [
        wrapped.graph.get_operation_by_name(op.name) for op in function.graph.control_outputs
    ]
    # A tensor that is fetched twice comes once: an identity makes each its own.
    with wrapped.graph.as_default():
        own = [tf.identity(get(tensor.name)) for tensor in function.outputs]
        rows = get(matrix) if matrix else tf.zeros((0, WIDTH), tf.float64)
    pruned = wrapped.prune(feeds, [own, rows, effects])

    def call(*values: Any) -> list[Any]:
        outputs, counted, _ = pruned(*values)
        return [*outputs, counted]

    return call
