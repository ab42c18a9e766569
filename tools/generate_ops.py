"""Writes `model/op_definitions.py`: what the ops of TensorFlow take, give and call.

    .venv-tf/bin/python -m tools.generate_ops

Needs TensorFlow. A test compares the file with what this writes.
"""

from __future__ import annotations

import textwrap
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

TARGET = (
    Path(__file__).parent.parent / "tensorboard_plugin_modelinspect" / "model" / "op_definitions.py"
)

_HEADER = '''\
"""The ops of TensorFlow {version}: what they take and give, and which of them call functions.

Generated with `.venv-tf/bin/python -m tools.generate_ops`: do not edit. `ops.py` reads it. A line
of `OUTPUTS` is what some ops give (`-`: nothing) and, behind `|`, these ops; one that goes on is
indented. An output is `name:type`; the name is left out of a single one. The type is that of an
element (`float32`) or the attribute that tells it (`T`, or `T=float32` where that may be left
out). Behind `*` stands the one that counts the tensors; `name:*Tout` is a list of tensors of the
types that `Tout` lists. `INPUTS` has names alone, and counts.
"""

# long because: it is generated, and one place to look.
'''


def generate() -> str:
    """The content of the file."""
    import tensorflow as tf

    ops = _registered_ops()
    return "\n".join(
        [
            _HEADER.format(version=tf.__version__),
            f'OUTPUTS = """\n{_grouped((op.name, _outputs(op)) for op in ops)}\n"""',
            f'INPUTS = """\n{_grouped((op.name, _inputs(op)) for op in ops)}\n"""',
            f'STATEFUL = """\n{_wrapped(op.name for op in ops if op.is_stateful)}\n"""',
            f'CALLERS = """\n{_wrapped(op.name for op in ops if _calls(op))}\n"""',
            "",
        ]
    )


def registered_names() -> list[str]:
    """Names of all ops that the TensorFlow which is installed has."""
    return [op.name for op in _registered_ops()]


def _registered_ops() -> list[Any]:
    from tensorflow.core.framework import op_def_pb2
    from tensorflow.python.client import pywrap_tf_session

    buffer = pywrap_tf_session.TF_GetAllOpList()
    parsed = op_def_pb2.OpList.FromString(pywrap_tf_session.TF_GetBuffer(buffer))
    # Rewrites for one kind of processor; no file holds them.
    ops = [op for op in parsed.op if not op.name.startswith(("_Mkl", "__Mkl"))]
    return sorted(ops, key=lambda op: op.name)


def _outputs(op: Any) -> str:
    import tensorflow as tf

    defaults = {
        attribute.name: f"={tf.dtypes.as_dtype(attribute.default_value.type).name}"
        for attribute in op.attr
        if attribute.type == "type" and attribute.HasField("default_value")
    }
    told = []
    for output in op.output_arg:
        kind = f"{output.type_attr}{defaults.get(output.type_attr, '')}"
        if output.type:
            kind = tf.dtypes.as_dtype(output.type).name
        count = output.number_attr or output.type_list_attr
        name = output.name if len(op.output_arg) > 1 else ""
        told.append(f"{name}:{kind}" + (f"*{count}" if count else ""))
    return " ".join(told)


def _inputs(op: Any) -> str:
    counts = [(one.name, one.number_attr or one.type_list_attr) for one in op.input_arg]
    return " ".join(f"{name}*{count}" if count else name for name, count in counts)


def _calls(op: Any) -> bool:
    return any(attribute.type in ("func", "list(func)") for attribute in op.attr)


def _grouped(rows: Iterable[tuple[str, str]]) -> str:
    """Names of ops by what is said of them, one line for each; a long one goes on in the next."""
    groups: dict[str, list[str]] = defaultdict(list)
    for name, said in rows:
        groups[said].append(name)
    lines = (f"{said or '-'} | {' '.join(groups[said])}" for said in sorted(groups))
    return "\n".join(_fill(line, " ") for line in lines)


def _wrapped(names: Iterable[str]) -> str:
    return _fill(" ".join(names), "")


def _fill(text: str, indent: str) -> str:
    return textwrap.fill(
        text, 98, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )


def main() -> None:
    """Write the file."""
    TARGET.write_text(generate(), encoding="utf-8")


if __name__ == "__main__":
    main()
