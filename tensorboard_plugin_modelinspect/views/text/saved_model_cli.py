"""What TensorFlow's `saved_model_cli show` prints, line by line.

tensorflow/python/tools/saved_model_cli.py; where this differs is in docs/compatibility.md. Names
from the file pass through `escape`, which leaves them alone unless a terminal is to be protected.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from tensorboard_plugin_modelinspect.model.function import (
    Argument,
    ExportedGraph,
    Function,
    Trace,
)
from tensorboard_plugin_modelinspect.model.signature import Signature, TensorSpec
from tensorboard_plugin_modelinspect.views.text.python_values import (
    describe_class,
    describe_repr,
    describe_str,
)

Escape = Callable[[str], str]


def iter_all(graphs: Sequence[ExportedGraph], escape: Escape) -> Iterator[str]:
    """Lines of `--all`, to be joined; the last one is empty unless a TF2 model has no function."""
    for graph in sorted(graphs, key=lambda graph: graph.tags):
        yield ""
        yield (
            f"MetaGraphDef with tag-set: '{escape(', '.join(graph.tags))}'"
            " contains the following SignatureDefs:"
        )
        for signature in graph.signatures:
            yield ""
            yield f"signature_def['{escape(signature.key)}']:"
            yield from iter_signature(signature, escape, indent="  ")
        yield describe_ops(graph)
    functions = [found for graph in graphs if (found := graph.read_functions()) is not None]
    yield ""
    if functions:
        yield "Concrete Functions:"
        for found in functions:
            yield from _iter_functions(found, escape)


def iter_tag_sets(graphs: Iterable[ExportedGraph]) -> Iterator[str]:
    """Lines that list the tag-sets."""
    yield "The given SavedModel contains the following tag-sets:"
    for tags in sorted(graph.tags for graph in graphs):
        yield repr(", ".join(sorted(tags)))


def iter_signature_keys(graph: ExportedGraph, escape: Escape) -> Iterator[str]:
    """Lines that list the signatures of a MetaGraph."""
    yield "The given SavedModel MetaGraphDef contains SignatureDefs with the following keys:"
    for signature in graph.signatures:
        yield f'SignatureDef key: "{escape(signature.key)}"'


def describe_ops(graph: ExportedGraph) -> str:
    """One line with all ops, as Python prints a set, but sorted."""
    ops = ", ".join(map(repr, graph.read_ops()))
    return (
        f"The MetaGraph with tag set {list(graph.tags)} contains the following ops:"
        f" {f'{{{ops}}}' if ops else 'set()'}"
    )


def iter_signature(signature: Signature, escape: Escape, *, indent: str = "") -> Iterator[str]:
    """Lines with the inputs and outputs of a signature."""
    for title, name, specs in (
        ("input(s)", "inputs", signature.inputs),
        ("output(s)", "outputs", signature.outputs),
    ):
        yield f"{indent}The given SavedModel SignatureDef contains the following {title}:"
        for spec in specs:
            yield f"{indent}  {name}['{escape(spec.key)}'] tensor_info:"
            yield from _iter_spec(spec, escape, indent=f"{indent}      ")
    yield f"{indent}Method name is: {escape(signature.method_name)}"


def _iter_spec(spec: TensorSpec, escape: Escape, *, indent: str) -> Iterator[str]:
    """Type, shape and name; that of a value which several tensors carry is not shown."""
    shape = "unknown_rank"
    if spec.shape is not None:
        sizes = ", ".join("-1" if size is None else str(size) for size in spec.shape)
        shape = f"({sizes})"
    yield f"{indent}dtype: {spec.dtype.enum_name}"
    yield f"{indent}shape: {shape}"
    yield f"{indent}name: {escape(spec.name) if spec.encoding == 'dense' else ''}"


def _iter_functions(functions: Iterable[Function], escape: Escape) -> Iterator[str]:
    for function in functions:
        yield f"  Function Name: '{escape(function.name)}'"
        for number, trace in enumerate(function.traces, 1):
            yield from _iter_trace(trace, number, escape)
        yield ""


def _iter_trace(trace: Trace, number: int, escape: Escape) -> Iterator[str]:
    if trace.arguments:
        yield f"    Option #{number}"
        yield "      Callable with:"
    for position, argument in enumerate(trace.arguments, 1):
        yield f"        Argument #{position}"
        yield from (f"          {line}" for line in _argument_lines(argument, escape))
    for position, (name, _) in enumerate(trace.keywords, 1):
        yield f"        Named Argument #{position}"
        yield f"          {escape(name)}"


def _argument_lines(argument: Argument, escape: Escape) -> Iterable[str]:
    if argument.kind == "tensor":
        return [f"{escape(argument.name) or None}: {escape(describe_repr(argument))}"]
    if isinstance(argument.literal, str):
        return [escape(argument.literal)]
    return [f"DType: {escape(describe_class(argument))}", f"Value: {_value(argument, escape)}"]


def _value(argument: Argument, escape: Escape) -> str:
    r"""The value; of what holds others, each of them. `\b\b` takes back a comma on a terminal."""
    if argument.kind == "dict":
        items = [f"'{escape(key)}': {_item(item, escape)}, " for key, item in argument.items]
        return f"{{{''.join(items)}\b\b}}"
    if argument.kind in ("list", "tuple", "named_tuple"):
        return f"[{''.join(f'{_item(item, escape)}, ' for _, item in argument.items)}\b\b]"
    if argument.kind == "shape" and argument.shape is not None:
        return f"[{''.join(f'{size}, ' for size in argument.shape)}\b\b]"
    return escape(describe_str(argument))


def _item(argument: Argument, escape: Escape) -> str:
    text = escape(describe_str(argument))
    return f"'{text}'" if isinstance(argument.literal, str) else text
