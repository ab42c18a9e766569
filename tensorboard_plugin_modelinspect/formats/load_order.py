"""Names that TensorFlow gives the functions of a SavedModel when it loads them.

`saved_model_cli` sorts the traces of a function by these names. A name ends in a number that the
process counts up, and is compared as text: traces stand in the order of loading, with jumps at 10,
100 and so on. tensorflow/python/saved_model/function_deserialization.py loads callees first and
takes a number for every graph, every tensor in it and every function.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from tensorboard_plugin_modelinspect.formats.op_outputs import FIXED, VARYING

_NAME_OF_A_TRACE = re.compile(r"__inference_(.*)_[0-9]+")
_CALLS = frozenset({"StatefulPartitionedCall", "PartitionedCall"})
_GRADIENT = "_gradient_op_type"


def loaded_names(library: Any) -> dict[str, str]:
    """The name that each function of a `FunctionDefLibrary` is loaded under, by its stored name.

    Cost: one pass over the nodes of all functions and their attributes.
    """
    functions = {function.signature.name: function for function in library.function}
    gradients = {
        gradient.registered_op_type: gradient.gradient_func
        for gradient in library.registered_gradients
        if gradient.registered_op_type
    }
    count_outputs = _OutputCounter(functions)
    number = 1 + len(gradients)
    names = {}
    for name in _callees_first(functions, gradients):
        function = functions[name]
        number += 2 + len(function.signature.input_arg)
        for node in function.node_def:
            number += count_outputs(node) + _is_unshared_table(node)
        names[name] = f"__inference_{_without_number(name)}_{number}"
    return names


def _without_number(name: str) -> str:
    match = _NAME_OF_A_TRACE.fullmatch(name)
    return match[1] if match else name


def _is_unshared_table(node: Any) -> bool:
    """Whether it is a table as early versions wrote it: loading gives it a unique shared name."""
    return node.op == "HashTableV2" and not (
        "use_node_name_sharing" in node.attr and node.attr["use_node_name_sharing"].b
    )


class _OutputCounter:
    """Counts the tensors that a node gives; an op that TensorFlow does not know gives one."""

    def __init__(self, functions: Mapping[str, Any]) -> None:
        rows = (row.split() for row in VARYING.replace("\n  ", " ").splitlines() if row)
        self._varying = {row[0]: row[1:] for row in rows}
        self._fixed = {name: count for count, names in FIXED.items() for name in names.split()}
        for name, function in functions.items():
            self._fixed[name] = len(function.signature.output_arg)

    def __call__(self, node: Any) -> int:
        outputs = self._varying.get(node.op)
        if outputs is None:
            return self._fixed.get(node.op, 1)
        return sum(1 if output == "1" else _counted(node, output) for output in outputs)


def _counted(node: Any, attribute: str) -> int:
    """What an attribute counts or lists; one that is left out is 0 or empty."""
    if attribute not in node.attr:
        return 0
    value = node.attr[attribute]
    return value.i if value.HasField("i") else len(value.list.type)


def _callees_first(functions: Mapping[str, Any], gradients: Mapping[str, str]) -> Iterator[str]:
    """Names in the order of loading; functions that call each other in a circle come last."""
    callers = defaultdict(list)
    callees_left = {}
    for name, function in functions.items():
        callees = _callees(function, functions, gradients)
        callees_left[name] = len(callees)
        for callee in callees:
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


def _callees(function: Any, functions: Mapping[str, Any], gradients: Mapping[str, str]) -> set[str]:
    """Functions that a function needs; a name that is no function's is left out."""
    found = set()
    for node in function.node_def:
        gradient = "" if node.op in _CALLS else _gradient_of(node)
        if node.op in functions:
            found.add(node.op)
        elif gradient in gradients:
            found.add(gradients[gradient])
        else:
            for value in node.attr.values():
                if value.HasField("func"):
                    found.add(value.func.name)
                elif value.HasField("list"):
                    found.update(called.name for called in value.list.func)
    return found.intersection(functions)


def _gradient_of(node: Any) -> str:
    value = node.attr[_GRADIENT].s if _GRADIENT in node.attr else b""
    return bytes(value).decode("utf-8", "surrogateescape")
