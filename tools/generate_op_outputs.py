"""Writes `formats/op_outputs.py`: how many tensors each op of TensorFlow gives, and which call.

    .venv-tf/bin/python -m tools.generate_op_outputs

Needs TensorFlow. A test compares the file with what this writes.
"""

from __future__ import annotations

import textwrap
from collections import defaultdict
from pathlib import Path
from typing import Any

TARGET = (
    Path(__file__).parent.parent / "tensorboard_plugin_modelinspect" / "formats" / "op_outputs.py"
)

_HEADER = '''\
"""How many tensors an op of TensorFlow {version} gives, where that is not one.

Generated with `.venv-tf/bin/python -m tools.generate_op_outputs`: do not edit. `FIXED` lists ops by
number of outputs; a line of `VARYING` is an op and its outputs: one, or the attribute that counts
or lists them. `CALLERS` have attributes that name functions. Ops that only the runtime makes (`_…`)
are left out.
"""
'''


def generate() -> str:
    """The content of the file."""
    import tensorflow as tf

    fixed: dict[int, list[str]] = defaultdict(list)
    varying, callers = [], []
    for op in _registered_ops():
        outputs = [out.number_attr or out.type_list_attr or "1" for out in op.output_arg]
        if any(attribute.type in ("func", "list(func)") for attribute in op.attr):
            callers.append(op.name)
        if outputs == ["1"]:
            continue
        if set(outputs) <= {"1"}:
            fixed[len(outputs)].append(op.name)
        else:
            varying.append(" ".join([op.name, *outputs]))
    return "\n".join(
        [
            _HEADER.format(version=tf.__version__),
            "FIXED = {",
            *(f'    {count}: """\n{_wrapped(fixed[count])}\n""",' for count in sorted(fixed)),
            "}",
            f'VARYING = """\n{_lines(varying)}\n"""',
            f'CALLERS = """\n{_wrapped(callers)}\n"""',
            "",
        ]
    )


def _registered_ops() -> list[Any]:
    from tensorflow.core.framework import op_def_pb2
    from tensorflow.python.client import pywrap_tf_session

    buffer = pywrap_tf_session.TF_GetAllOpList()
    parsed = op_def_pb2.OpList.FromString(pywrap_tf_session.TF_GetBuffer(buffer))
    ops = [op for op in parsed.op if not op.name.startswith("_")]
    return sorted(ops, key=lambda op: op.name)


def _wrapped(names: list[str]) -> str:
    return textwrap.fill(" ".join(names), 98, break_long_words=False, break_on_hyphens=False)


def _lines(rows: list[str]) -> str:
    """A row per line; one that is too long goes on in the next, which is indented."""
    return "\n".join(textwrap.fill(row, 98, subsequent_indent="  ") for row in rows)


def main() -> None:
    """Write the file."""
    TARGET.write_text(generate(), encoding="utf-8")


if __name__ == "__main__":
    main()
