"""Writes `frontend/src/api/types.ts`: the payloads of the HTTP routes, as TypeScript.

    python -m tools.generate_types

One interface per dataclass of `MODULES`, in their order and with its docstring. A test compares
the file with what this writes.
"""

from __future__ import annotations

import dataclasses
import inspect
import types
import typing
from pathlib import Path
from typing import Any

from tensorboard_plugin_modelinspect.views.http import (
    diff_payloads,
    graph_payloads,
    lineage_payloads,
    payloads,
    picture_payloads,
    portability_payloads,
    restore_payloads,
    run_payloads,
    scan_payloads,
    stats_payloads,
    tensor_payloads,
    timeline_payloads,
)
from tensorboard_plugin_modelinspect.views.http.numbers import Numbers

TARGET = Path(__file__).parent.parent / "frontend" / "src" / "api" / "types.ts"

MODULES = (
    payloads,
    lineage_payloads,
    picture_payloads,
    stats_payloads,
    tensor_payloads,
    timeline_payloads,
    restore_payloads,
    diff_payloads,
    graph_payloads,
    scan_payloads,
    portability_payloads,
    run_payloads,
)
"""Where the payloads are; every class in them is one."""

_HEADER = """\
// Generated from the payloads of tensorboard_plugin_modelinspect/views/http: do not edit, but write
// it anew with `python -m tools.generate_types`.
// long because: it is generated, and one place to look.
"""
_PLAIN = {
    str: "string",
    int: "number",
    float: "number",
    bool: "boolean",
    type(None): "null",
    Numbers: "number[]",
}


def generate() -> str:
    """The content of the file."""
    return "\n".join([_HEADER, *map(_interface, payload_classes())])


def payload_classes() -> list[type[Any]]:
    """All payloads, in the order of their modules."""
    return [
        one
        for module in MODULES
        for one in vars(module).values()
        if isinstance(one, type) and one.__module__ == module.__name__
    ]


def _interface(payload: type[Any]) -> str:
    hints = typing.get_type_hints(payload)
    fields = [
        f"  {field.name}: {typescript(hints[field.name])};" for field in dataclasses.fields(payload)
    ]
    lines = [_comment(payload), f"export interface {payload.__name__} {{", *fields, "}", ""]
    return "\n".join(lines)


def _comment(payload: type[Any]) -> str:
    lines = (inspect.getdoc(payload) or "").splitlines()
    if len(lines) == 1:
        return f"/** {lines[0]} */"
    return "\n".join(["/**", *(f" * {line}".rstrip() for line in lines), " */"])


def typescript(hint: Any) -> str:
    """A type of a payload's field, in TypeScript.

    Raises:
        TypeError: JSON has no such thing.
    """
    if hint in _PLAIN:
        return _PLAIN[hint]
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return hint.__name__
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        return " | ".join(map(typescript, arguments))
    if origin is tuple and Ellipsis not in arguments:
        return f"[{', '.join(map(typescript, arguments))}]"
    if origin in (list, tuple):
        element = typescript(arguments[0])
        is_union = " | " in element and not element.endswith("[]")
        return f"({element})[]" if is_union else f"{element}[]"
    if origin is dict and arguments[0] is str:
        return f"{{ [name: string]: {typescript(arguments[1])} }}"
    raise TypeError(f"{hint} has no TypeScript here; add a rule or choose a plainer type.")


def main() -> None:
    """Write the file."""
    TARGET.write_text(generate(), encoding="utf-8")
    print(f"Wrote {TARGET}")


if __name__ == "__main__":
    main()
