"""Inner tensors of a signature: its graph with further outputs, all the way through the calls.

A tensor inside of a function cannot be fetched from outside. So each function on the way to it is
copied, and the copy gives the tensor as one more output, which the node that calls it passes on.
Nothing is inlined or frozen; every other node stays as it is. What TensorFlow would have merged
into one kernel (a product with the addition that follows) it computes apart where the product is
watched, which may change the last bit.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import tensorflow as tf
from tensorflow.core.framework import types_pb2
from tensorflow.python.framework import op_def_registry

CALLS = frozenset({"PartitionedCall", "StatefulPartitionedCall"})
MOST_TENSORS = 20_000
MOST_NODES = 1_000_000
DEEPEST = 200
_NOT_HELD = (types_pb2.DT_RESOURCE, types_pb2.DT_VARIANT)
_FRAMES = frozenset({"Enter", "RefEnter"})
_FRAME_ENDS = frozenset({"Exit", "RefExit"})
_BRANCHES = frozenset({"Switch", "RefSwitch", "_SwitchN"})
_BRANCH_ENDS = frozenset({"Merge", "RefMerge"})
_CHANGES = (
    "Apply",
    "Assign",
    "LookupTableImport",
    "LookupTableInsert",
    "LookupTableRemove",
    "ResourceApply",
    "ResourceScatter",
    "ResourceSparseApply",
    "ResourceStridedSliceAssign",
    "Rng",
    "Scatter",
    "SparseApply",
    "StatefulRandom",
    "StatefulStandard",
    "StatefulTruncated",
    "StatefulUniform",
    "StridedSliceAssign",
)
"""Beginnings of ops that change what they are given a handle or a reference of; `Rng…` and
`Stateful…` the variable that random numbers are drawn from."""
_NUMBERS = itertools.count()
"""Copies of functions of all calls must differ in name: TensorFlow keeps them for good."""
IN_LOOP = "in a loop, where it has a value for each time around"
IN_BRANCH = "in a branch, which may not run"
NOT_CALLED = "in a function that is no plain call: it runs any number of times, or not at all"
NO_VALUES = "a resource or a variant has no values outside of TensorFlow"


class Port(NamedTuple):
    """An output of a node, as both kinds of graph name it.

    Attributes:
        dtype: Number of its type.
        name: Of the op's output; empty where the op is unknown.
        place: Within the output of that name, which may be a list.
    """

    dtype: int
    name: str
    place: int


class Site(NamedTuple):
    """A tensor that is asked for.

    Attributes:
        calls: Nodes that lead there from the signature.
        graph: The function, as the file names it; "" for the main graph.
        node: Its node.
        output: Which of the node's outputs.
        port: The same, for the graph.
        reason: Why it cannot be had; empty if it can.
    """

    calls: tuple[str, ...]
    graph: str
    node: Any
    output: int
    port: Port
    reason: str


class Watched:
    """A signature that gives inner tensors too.

    Args:
        function: The signature, as loaded.
        file: Names of functions in the file.
        root: What the file calls the function of the signature; "" for the main graph.
        watches: Name and graph of what is asked for.

    Raises:
        ValueError: Nothing has that name, or too much.
    """

    def __init__(self, function: Any, file: FileNames, root: str, watches: list[Any]) -> None:
        graph_def = function.graph.as_graph_def()
        self._library = {item.signature.name: item for item in graph_def.library.function}
        self._file = file
        self._visited = 0
        self._fed = fed_outputs(function)
        self.sites = self._find(find_needed(function, graph_def.node), root, watches)
        self._call = self._build(function, graph_def)

    def __call__(self, arguments: list[Any], captures: list[Any]) -> tuple[list[Any], list[Any]]:
        """Run it: the outputs in their flat order, and the tensors of those sites that have any."""
        results = self._call(*arguments, *captures)
        count = sum(not site.reason for site in self.sites)
        split = len(results) - count
        return results[:split], results[split:]

    def _find(self, nodes: list[Any], root: str, watches: list[Any]) -> list[Site]:
        sites: list[Site] = []
        found = [False] * len(watches)
        for site in self._iter_sites(nodes, (), root, ""):
            if not site.calls and site.output not in self._fed.get(site.node.name, {site.output}):
                continue
            hits = [_is_meant(site, name, graph) for name, graph in watches]
            found = [hit or before for hit, before in zip(hits, found, strict=True)]
            if any(hits):
                sites.append(site)
            if len(sites) > MOST_TENSORS:
                raise ValueError(f"More than {MOST_TENSORS} tensors have that name: ask for fewer.")
        for (name, graph), hit in zip(watches, found, strict=True):
            if not hit:
                place = f' in the function "{graph}"' if graph else ""
                raise ValueError(f'The signature runs no node or scope "{name}"{place}.')
        return sites

    def _iter_sites(
        self, nodes: Iterable[Any], calls: tuple[str, ...], graph: str, reason: str
    ) -> Iterator[Site]:
        """Tensors of a graph and of what it calls, each after those it is computed from."""
        nodes = list(nodes)
        self._visited += len(nodes)
        if self._visited > MOST_NODES or len(calls) > DEEPEST:
            raise ValueError(
                f"The signature runs more than {MOST_NODES:,} nodes: too many to watch."
            )
        controlled = find_control_flow(nodes)
        for node in in_order(nodes):
            why = reason or controlled.get(node.name, "")
            for place, name in enumerate(functions_of(node, self._library)):
                inner = self._library[name]
                is_plain = node.op in CALLS or node.op == name
                yield from self._iter_sites(
                    inner.node_def,
                    (*calls, node.name),
                    self._file.name_of(graph, node.name, place, name),
                    why or ("" if is_plain else NOT_CALLED),
                )
            for output, port in enumerate(ports_of(node, self._library)):
                held = NO_VALUES if port.dtype in _NOT_HELD else ""
                yield Site(calls, graph, node, output, port, why or held)

    def _build(self, function: Any, graph_def: Any) -> Any:
        """The function with all further outputs, fed by its inputs and captures."""
        wanted = [site for site in self.sites if not site.reason]
        names = _Grown(self._library, graph_def.library).grow_main(graph_def, wanted)
        wrapped = tf.compat.v1.wrap_function(
            lambda: tf.graph_util.import_graph_def(graph_def, name=""), []
        )
        get = wrapped.graph.get_tensor_by_name
        feeds = [get(tensor.name) for tensor in function.inputs]
        fetches = [get(tensor.name) for tensor in function.outputs] + [get(name) for name in names]
        # What it does beside its outputs, such as an assignment, is done here too.
        effects = [
            wrapped.graph.get_operation_by_name(op.name) for op in function.graph.control_outputs
        ]
        # A tensor that is fetched twice comes once: an identity makes each its own.
        with wrapped.graph.as_default():
            own = [tf.identity(tensor) for tensor in fetches]
        pruned = wrapped.prune(feeds, [own, effects])
        return lambda *values: pruned(*values)[0]


class FileNames:
    """What the file calls functions, which get new names when they are loaded.

    Nodes keep their names, so a function is known by the node that calls it.
    """

    def __init__(self, graph_def: Any) -> None:
        self._nodes = {"": {node.name: node for node in graph_def.node}}
        for item in graph_def.library.function:
            self._nodes[item.signature.name] = {node.name: node for node in item.node_def}

    def entry(self, signature: Any) -> str:
        """The function that a signature of TensorFlow 2 runs; "" if there is none."""
        for output in signature.outputs.values():
            node = self._nodes[""].get(source_of(output.name))
            names = functions_of(node, self._nodes) if node is not None else []
            if names:
                return names[0]
        return ""

    def name_of(self, graph: str, node: str, place: int, loaded: str) -> str:
        """The function that a node in a function of the file calls.

        Args:
            graph: The function with the node.
            node: Its name.
            place: Which of the functions that the node calls.
            loaded: What that is called once it is loaded.
        """
        called = self._nodes.get(graph, {}).get(node)
        names = [] if called is None else functions_of(called, self._nodes)
        return names[place] if place < len(names) else loaded


class _Grown:
    """Copies of functions that give more than they did.

    Args:
        functions: By name.
        library: Where copies are added.
    """

    def __init__(self, functions: dict[str, Any], library: Any) -> None:
        self._functions = functions
        self._library = library

    def grow_main(self, graph_def: Any, sites: list[Site]) -> list[str]:
        """Make a graph compute the sites; names of their tensors, in order."""
        nodes = {node.name: node for node in graph_def.node}
        refs = self._grow(nodes, sites, 0)
        return [f"{node}:{flat}" for node, flat, _, _ in refs]

    def _grow(self, nodes: dict[str, Any], sites: list[Site], depth: int) -> list[Any]:
        """Where each site can be had in a graph: node, flat output, output's name, index in it."""
        refs: list[Any] = [None] * len(sites)
        inner: dict[str, list[int]] = {}
        for number, site in enumerate(sites):
            if len(site.calls) == depth:
                refs[number] = (site.node.name, site.output, site.port.name, site.port.place)
            else:
                inner.setdefault(site.calls[depth], []).append(number)
        for name, numbers in inner.items():
            node = nodes[name]
            first = len(list(ports_of(node, self._functions)))
            added = self._grow_call(node, [sites[number] for number in numbers], depth)
            for place, number in enumerate(numbers):
                output, index = (added[place], 0) if added else ("output", first + place)
                refs[number] = (name, first + place, output, index)
        return refs

    def _grow_call(self, node: Any, sites: list[Site], depth: int) -> list[str]:
        """Let a node call a copy; names of the new outputs if the node's op is the function."""
        (name,) = functions_of(node, self._functions)
        copy = self._library.function.add()
        copy.CopyFrom(self._functions[name])
        copy.signature.name = f"{name}_watched_{next(_NUMBERS)}"
        # Such a function may be swapped for another one that gives what it used to.
        for attribute in ("api_implements", "api_preferred_device", "_implements"):
            copy.attr.pop(attribute, None)
        nodes = {inner.name: inner for inner in copy.node_def}
        outputs = []
        for number, ref in enumerate(self._grow(nodes, sites, depth + 1)):
            inner_name, _, output, index = ref
            outputs.append(f"watched_{number}")
            copy.signature.output_arg.add(name=outputs[-1], type=sites[number].port.dtype)
            copy.ret[outputs[-1]] = f"{inner_name}:{output}:{index}"
        node.attr.pop("_output_shapes", None)
        if node.op in CALLS:
            node.attr["f"].func.name = copy.signature.name
            node.attr["Tout"].list.type.extend(site.port.dtype for site in sites)
            return []
        node.op = copy.signature.name
        return outputs


def _is_meant(site: Site, name: str, graph: str | None) -> bool:
    if graph is not None and site.graph != graph:
        return False
    path = "/".join((*site.calls, site.node.name))
    return any(
        not name or own == name or own.startswith(f"{name}/") or f"{own}:{site.output}" == name
        for own in (site.node.name, path)
    )


def fed_outputs(function: Any) -> dict[str, set[int]]:
    """What a signature is fed: numbers of outputs by node, of which TensorFlow 1 may feed any."""
    fed: dict[str, set[int]] = {}
    for tensor in function.inputs:
        fed.setdefault(tensor.op.name, set()).add(tensor.value_index)
    return fed


def find_needed(function: Any, nodes: Iterable[Any]) -> list[Any]:
    """The nodes that a signature runs: what its outputs and effects take from, up to its inputs.

    A graph of TensorFlow 1 has other signatures too, with inputs that nothing feeds.
    """
    by_name = {node.name: node for node in nodes}
    fed = fed_outputs(function)
    inputs = [tensor.name for tensor in function.inputs]
    ends = [tensor.name for tensor in function.outputs]
    ends += [f"^{op.name}" for op in function.graph.control_outputs]
    needed = {source_of(name) for name in inputs}
    waiting = ends
    while waiting:
        name = waiting.pop()
        node, _, output = name.partition(":")
        if int(output or 0) in fed.get(node, ()) or source_of(name) in needed:
            continue
        needed.add(source_of(name))
        waiting.extend(by_name[source_of(name)].input)
    return [node for name, node in by_name.items() if name in needed]


def changes_variables(function: Any) -> bool:
    """Whether a signature runs an op that gives a variable, or a table, another value."""
    graph_def = function.graph.as_graph_def()
    library = {item.signature.name: item for item in graph_def.library.function}
    waiting = find_needed(function, graph_def.node)
    seen: set[str] = set()
    while waiting:
        node = waiting.pop()
        if node.op.startswith(_CHANGES):
            return True
        for name in functions_of(node, library):
            if name not in seen:
                seen.add(name)
                waiting.extend(library[name].node_def)
    return False


def functions_of(node: Any, library: Any) -> list[str]:
    """Functions of the library that a node may run."""
    names = [node.op] if node.op in library else []
    for key in sorted(node.attr):
        value = node.attr[key]
        if value.HasField("func"):
            names.append(value.func.name)
        elif value.HasField("list"):
            names += [item.name for item in value.list.func]
    return [name for name in dict.fromkeys(names) if name in library]


def ports_of(node: Any, library: dict[str, Any]) -> Iterator[Port]:
    """The outputs of a node."""
    known = library.get(node.op)
    signature = op_def_registry.get(node.op) if known is None else known.signature
    for argument in signature.output_arg if signature is not None else ():
        for index, dtype in enumerate(_types_of(argument, node)):
            yield Port(dtype, argument.name, index)


def _types_of(argument: Any, node: Any) -> list[int]:
    """Types of the tensors that one output of an op stands for."""
    if argument.type_list_attr:
        return list(node.attr[argument.type_list_attr].list.type)
    dtype = argument.type or node.attr[argument.type_attr].type
    count = node.attr[argument.number_attr].i if argument.number_attr else 1
    return [dtype] * count


def in_order(nodes: list[Any]) -> list[Any]:
    """Nodes after those that they take from, as far as there are no loops."""
    by_name = {node.name: node for node in nodes}
    done: set[str] = set()
    ordered = []
    for first in nodes:
        stack = [(first, iter(first.input))]
        if first.name in done:
            continue
        done.add(first.name)
        while stack:
            node, inputs = stack[-1]
            for name in inputs:
                source = by_name.get(source_of(name))
                if source is not None and source.name not in done:
                    done.add(source.name)
                    stack.append((source, iter(source.input)))
                    break
            else:
                ordered.append(node)
                stack.pop()
    return ordered


def find_control_flow(nodes: list[Any]) -> dict[str, str]:
    """Nodes that TensorFlow 1's own loops and conditions contain, with the reason."""
    ops = {node.op for node in nodes}
    found: dict[str, str] = {}
    if not ops & (_FRAMES | _BRANCHES):
        return found
    users: dict[str, list[Any]] = {}
    for node in nodes:
        for name in node.input:
            users.setdefault(source_of(name), []).append(node)
    for starts, ends, reason in (
        (_FRAMES, _FRAME_ENDS, IN_LOOP),
        (_BRANCHES, _BRANCH_ENDS | _FRAME_ENDS, IN_BRANCH),
    ):
        stack = [node for node in nodes if node.op in starts]
        while stack:
            node = stack.pop()
            if node.name in found or node.op in ends:
                continue
            found[node.name] = reason
            stack.extend(users.get(node.name, ()))
    return found


def source_of(name: str) -> str:
    """The node that an input comes from, in a graph (`a:1`, `^a`) or a function (`a:output:0`)."""
    return name.removeprefix("^").split(":", 1)[0]
