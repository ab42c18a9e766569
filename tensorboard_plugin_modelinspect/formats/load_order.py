"""Names that TensorFlow gives the functions of a SavedModel when it loads them.

`saved_model_cli` sorts the traces of a function by these names. A name ends in a number that the
process counts up, and is compared as text: traces stand in the order of loading, with jumps at 10,
100 and so on. tensorflow/python/saved_model/function_deserialization.py loads callees first and
takes a number for every graph, every tensor in it and every function.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from tensorboard_plugin_modelinspect.model.ops import calls_functions, outputs_of

_NAME_OF_A_TRACE = re.compile(r"__inference_(.*)_[0-9]+")
_CALLS = frozenset({"StatefulPartitionedCall", "PartitionedCall"})
_GRADIENT = "_gradient_op_type"
_OLD_TABLE = "HashTableV2"


def loaded_names(library: Any) -> dict[str, str]:
    """The name that each function of a `FunctionDefLibrary` is loaded under, by its stored name.

    Cost: one pass over the nodes of all functions, a second one over those of functions with ops
    that call others or give as many tensors as an attribute says.
    """
    scanner = _Scanner(library)
    bodies = {name: scanner.scan(function) for name, function in scanner.functions.items()}
    number = 1 + len(scanner.gradients)
    names = {}
    for name in _callees_first(bodies):
        number += 2 + bodies[name].tensors
        names[name] = f"__inference_{_without_number(name)}_{number}"
    return names


def _without_number(name: str) -> str:
    match = _NAME_OF_A_TRACE.fullmatch(name)
    return match[1] if match else name


class _Body(NamedTuple):
    """What loading a function takes: how many tensors it has, and which functions it needs."""

    tensors: int
    callees: set[str]


class _Scanner:
    """Looks through functions; an op that TensorFlow does not know gives one tensor."""

    def __init__(self, library: Any) -> None:
        self.functions = {function.signature.name: function for function in library.function}
        self.gradients = {
            gradient.registered_op_type: gradient.gradient_func
            for gradient in library.registered_gradients
            if gradient.registered_op_type
        }

    def scan(self, function: Any) -> _Body:
        """What loading this function takes."""
        ops = Counter(node.op for node in function.node_def)
        tensors = len(function.signature.input_arg)
        tensors += sum(self._outputs(op) * count for op, count in ops.items())
        callees = {op for op in ops if op in self.functions}
        looked_into = {op for op in ops if self._is_looked_into(op)}
        if looked_into or self.gradients:
            for node in function.node_def:
                if node.op in looked_into:
                    tensors += self._more_tensors(node)
                    callees.update(self._called_by(node))
                elif self.gradients and node.op not in self.functions:
                    callees.update(self._gradient_of(node))
        return _Body(tensors, callees.intersection(self.functions))

    def _outputs(self, op: str) -> int:
        """Tensors that every node of an op gives; 0 if its attributes tell of them."""
        function = self.functions.get(op)
        if function is not None:
            return len(function.signature.output_arg)
        outputs = outputs_of(op)
        if outputs is None:
            return 1
        return 0 if any(output.counted_by for output in outputs) else len(outputs)

    @staticmethod
    def _is_looked_into(op: str) -> bool:
        outputs = outputs_of(op) or ()
        return op == _OLD_TABLE or calls_functions(op) or any(one.counted_by for one in outputs)

    def _more_tensors(self, node: Any) -> int:
        """Those that attributes tell of; a table of early versions takes a number for its name."""
        if node.op == _OLD_TABLE:
            is_shared = "use_node_name_sharing" in node.attr
            return not (is_shared and node.attr["use_node_name_sharing"].b)
        outputs = outputs_of(node.op) or ()
        if not any(output.counted_by for output in outputs):
            return 0
        return sum(_counted(node, one.counted_by) if one.counted_by else 1 for one in outputs)

    def _called_by(self, node: Any) -> Iterator[str]:
        gradient = () if node.op in _CALLS else tuple(self._gradient_of(node))
        yield from gradient
        if gradient or not calls_functions(node.op):
            return
        for value in node.attr.values():
            if value.HasField("func"):
                yield value.func.name
            elif value.HasField("list"):
                yield from (called.name for called in value.list.func)

    def _gradient_of(self, node: Any) -> Iterator[str]:
        """The function that computes the gradient of an op, if it is stored."""
        if self.gradients and _GRADIENT in node.attr:
            name = bytes(node.attr[_GRADIENT].s).decode("utf-8", "surrogateescape")
            if name in self.gradients:
                yield self.gradients[name]


def _counted(node: Any, attribute: str) -> int:
    """What an attribute counts or lists; one that is left out is 0 or empty."""
    if attribute not in node.attr:
        return 0
    value = node.attr[attribute]
    return int(value.i) if value.HasField("i") else len(value.list.type)


def _callees_first(bodies: Mapping[str, _Body]) -> Iterator[str]:
    """Names in the order of loading; functions that call each other in a circle come last."""
    callers = defaultdict(list)
    callees_left = {name: len(body.callees) for name, body in bodies.items()}
    for name, body in bodies.items():
        for callee in body.callees:
            callers[callee].append(name)
    ready = [name for name, count in callees_left.items() if not count]
    while ready:
        name = ready.pop()
        yield name
        for caller in callers[name]:
            callees_left[caller] -= 1
            if not callees_left[caller]:
                ready.append(caller)
    yield from (name for name, count in callees_left.items() if count)
