"""The first NaN: which node makes one, from what, and what no counter could see."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import tensorflow as tf

from tensorboard_plugin_modelinspect.runner.worker_probe import (
    COLUMNS,
    EVER_INFINITE,
    EVER_NAN,
    WHILES,
    Level,
    Probed,
)
from tensorboard_plugin_modelinspect.runner.worker_variables import Variables
from tensorboard_plugin_modelinspect.runner.worker_watch import ports_of

_SIZE, _LOW, _HIGH, _NAN, _NEGATIVE, _ZERO, _POSITIVE = range(4, COLUMNS)
_DTYPE = 2
_PASSING = frozenset({"Identity", "IdentityN", "ReadVariableOp", "Enter", "RefEnter", "Merge"})
Place = tuple[Level, str, int]
"""A tensor: the graph it is in, its node, which of its outputs."""


class Finding:
    """What the counts of one call say.

    Args:
        probed: The signature.
        counts: A row for each of `probed.rows`.
        function: The signature, as loaded.
        variables: Of the model.
    """

    def __init__(self, probed: Probed, counts: Any, function: Any, variables: Variables) -> None:
        self._library = probed.library
        self._unseen = probed.unseen
        self._main = probed.main
        self._function = function
        self._variables = variables
        self._counts = {
            (row.level, row.node, row.output): (row, one)
            for row, one in zip(probed.rows, counts.tolist(), strict=True)
            if one[_DTYPE]
        }

    def describe(self) -> dict[str, Any]:
        """As a message: `findings.NanFinding`."""
        bad = [key for key in self._counts if self._has(key, _NAN)]
        infinite = [key for key in self._counts if self._is_infinite(key)]
        made = min(bad or infinite, key=self._when, default=None)
        source = self._origin(made) if bad and made is not None else None
        return {
            "kind": "nan" if bad else "infinity" if infinite else "none",
            "made": None if made is None else self._tell(made),
            "infinity": None if source is None else self._tell(source),
            "looked_at": len(self._counts),
            "with_nan": len({*bad, *self._ever(EVER_NAN)}),
            "with_infinity": len({*infinite, *self._ever(EVER_INFINITE)}),
            "unseen": [{"reason": reason, "nodes": n} for reason, n in self._unseen.items()],
        }

    def _has(self, key: Place, column: int) -> float:
        found = self._counts.get(key)
        return found[1][column] if found else 0.0

    def _ever(self, column: int) -> list[Place]:
        """Tensors of loops that had one any time around."""
        return [key for key, (_, counts) in self._counts.items() if counts[column]]

    def _is_infinite(self, key: Place) -> bool:
        return self._has(key, _LOW) + self._has(key, _HIGH) > 0

    def _when(self, key: Place) -> tuple[float, ...]:
        """When it was computed: its place, behind those of the loops around it and their turns."""
        row, counts = self._counts[key]
        around = [
            number
            for depth, place in enumerate(row.level.loops)
            for number in (place, counts[COLUMNS + depth])
        ]
        return (*around, row.place, row.output)

    def _origin(self, made: Place) -> Place | None:
        """Where the infinity comes from that a NaN was made of; None if it was made of none."""
        before: Place | None = None
        here = made
        while True:
            follow = [
                key
                for key in self._inputs(here)
                if self._is_infinite(key) and self._when(key) < self._when(here)
            ]
            if not follow:
                return before
            before = here = min(follow, key=self._when)

    def _tell(self, key: Place) -> dict[str, Any]:
        """A tensor with its inputs, and what it stands for."""
        level, node, _ = key
        definition = level.nodes[node]
        sources = [self._resolve(level, name) for name in _data_inputs(definition)]
        return {
            **self._tell_tensor(key),
            "inputs": [self._tell_tensor(self._deepest(place)) for place in sources],
            "argument": self._argument(level, node),
            "variable": self._variable(level, definition),
        }

    def _tell_tensor(self, key: Place) -> dict[str, Any]:
        level, node, output = key
        definition = level.nodes.get(node)
        found = self._counts.get(key)
        told = {
            "node": node,
            "output": output,
            "op": definition.op if definition is not None else "",
            "graph": level.graph,
            "calls": level.calls,
        }
        if found is None:
            return {**told, "dtype": "", "turns": [], "counts": None}
        row, counts = found
        whole = [int(number) for number in counts]
        turns = whole[COLUMNS : COLUMNS + len(level.loops)]
        names = ("size", "nan", "low", "high", "negative", "zero", "positive")
        columns = (_SIZE, _NAN, _LOW, _HIGH, _NEGATIVE, _ZERO, _POSITIVE)
        return {
            **told,
            "dtype": tf.as_dtype(row.dtype).name,
            "turns": turns,
            "counts": {name: whole[column] for name, column in zip(names, columns, strict=True)},
        }

    def _argument(self, level: Level, node: str) -> str:
        """Which input of the signature a node is; "" if none."""
        number = self._number(level, node)
        keys = self._function._arg_keywords
        return keys[number] if 0 <= number < len(keys) else ""

    def _number(self, level: Level, node: str) -> int:
        """Which input of its graph a node is; -1 if none."""
        names = [tensor.op.name for tensor in self._function.inputs]
        return names.index(node) if level is self._main and node in names else -1

    def _variable(self, level: Level, definition: Any) -> str:
        """Which variable a node reads; "" if it reads none."""
        if definition.op in ("Variable", "VariableV2"):
            return str(definition.name)
        if definition.op not in ("ReadVariableOp", "ResourceGather", "ResourceGatherNd"):
            return ""
        level, node, _ = self._resolve(level, definition.input[0], past_loops=True)
        while level.nodes[node].op in _PASSING:
            passed = level.nodes[node].input[0]
            level, node, _ = self._resolve(level, passed, past_loops=True)
        if level.nodes[node].op == "VarHandleOp":
            return level.nodes[node].attr["shared_name"].s.decode("utf-8", "replace") or node
        captured = self._function.captured_inputs
        number = self._number(level, node) - (len(self._function.inputs) - len(captured))
        return self._variables.name_of(captured[number]) if number >= 0 else ""

    def _inputs(self, key: Place) -> Iterator[Place]:
        """What a tensor is computed from, inside of the calls that give it."""
        level, node, _ = key
        for name in _data_inputs(level.nodes[node]):
            yield self._deepest(self._resolve(level, name))

    def _resolve(self, level: Level, name: str, *, past_loops: bool = False) -> Place:
        """The tensor that an input is: of this graph, or of the one that passes it on.

        What a loop carries has another value each time around: of that the argument itself is
        given, unless it is known to be the same.
        """
        node, *rest = name.split(":")
        while node in level.arguments and level.caller is not None:
            number = level.arguments.index(node) + level.skipped
            caller = level.caller.nodes[level.calls[-1]]
            if caller.op in WHILES and not past_loops:
                return level, node, 0
            level = level.caller
            node, *rest = caller.input[number].split(":")
        if len(rest) < 2:
            return level, node, int(rest[0]) if rest else 0
        ports = list(ports_of(level.nodes[node], self._library))
        outputs = [(port.name, str(port.place)) for port in ports]
        wanted = (rest[0], rest[1])
        return level, node, outputs.index(wanted) if wanted in outputs else 0

    def _deepest(self, key: Place) -> Place:
        """The tensor inside of a call, or of the branch that ran, that its result is."""
        while True:
            level, node, output = key
            definition = level.nodes.get(node)
            if definition is None or definition.op in WHILES:
                return key
            branches = level.inner.get(node, [])
            ran = [one for one in branches if len(branches) == 1 or self._did_run(one)]
            if len(ran) != 1 or output >= len(ran[0].results):
                return key
            key = self._resolve(ran[0], ran[0].results[output])

    def _did_run(self, level: Level) -> bool:
        return any(key[0] is level for key in self._counts)


def _data_inputs(node: Any) -> list[str]:
    return [name for name in node.input if not name.startswith("^")]
