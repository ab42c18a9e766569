"""Write `analyses/portability/target_ops.json`: what TFLite, TF.js and Keras 3 take.

    .venv-tf/bin/python -m tools.portability.target_ops CONVERTER [ALONE.json]

TFLite's own ops are those that the converter's rewrite rules name: CONVERTER is the folder
`tflite/converter/transforms` of a checkout of LiteRT (Apache-2.0). Those that convert alone, as
`lite_alone` finds by trying, are in ALONE.json; without it all are tried, which takes hours. Which
ops run through the flex delegate TensorFlow's library says itself. The ops of TF.js are the lists
in the package tensorflowjs (Apache-2.0), Keras' objects those of the installed one.
"""

from __future__ import annotations

import ctypes
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from tools.portability.wheels import Release, unpacked

TARGET = (
    Path(__file__).parents[2]
    / "tensorboard_plugin_modelinspect/analyses/portability/target_ops.json"
)
_TFJS = Release("tensorflowjs", "4.22.0", "3.11")
_RULES = {
    "legalize_patterns.td": r"\bTF_(\w+)Op\b",
    "prepare_patterns.td": r"\bTF_(\w+)Op\b",
    "legalize_variables.td": r"\bTF_(\w+)Op\b",
    "legalize_tf.cc": r"\bDECL_CONVERT_OP\((\w+)\)",
    "prepare_tf.cc": r"\bTF::(\w+)Op\b",
    "legalize_hashtables.cc": r"\bTF::(\w+)Op\b",
    "legalize_tf_while.cc": r"\bTF::(\w+)Op\b",
    "lower_static_tensor_list.cc": r"\bTF::(\w+)Op\b",
}
_LOWERED = {"Selu"}
"""Seen to convert in a model: TensorFlow makes other ops of it before the rules are asked."""
_FUNCTIONAL = {"If", "StatelessIf", "StatelessWhile"}
"""Control flow: a rule for the regions that the importer makes of it."""
_FLEX = (
    "_ZN6tflite4flex19IsAllowlistedFlexOpERKNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE"
)
"""`tflite::flex::IsAllowlistedFlexOp(const std::string&)`."""
_TFJS_DEBUG = ["Assert", "CheckNumerics", "Print"]
"""`--strip_debug_ops` leaves these out (tf_saved_model_conversion_v2.py, `validate`)."""
_KERAS_MODULES = (
    *("activations", "constraints", "initializers", "layers", "losses", "metrics", "models"),
    *("optimizers", "quantizers", "random", "regularizers", "dtype_policies"),
)
_KERAS_GONE = [
    *("ConvLSTM2DCell", "CuDNNGRU", "CuDNNLSTM", "DenseFeatures", "LocallyConnected1D"),
    *("LocallyConnected2D", "SequenceFeatures", "SlicingOpLambda", "TFOpLambda"),
    *("ClassMethod", "InstanceMethod", "InstanceProperty", "TensorFlowOpLayer", "AddLoss"),
    *(
        "AddMetric",
        "RandomBinomial",
        "PeepholeLSTMCell",
        "AbstractRNNCell",
        "SyncBatchNormalization",
    ),
]
"""Layers of Keras 1 and 2; those that Keras 3 has are taken away."""


class _String(ctypes.Structure):
    """`std::string` of libstdc++."""

    _fields_ = [("data", ctypes.c_void_p), ("size", ctypes.c_size_t), ("rest", ctypes.c_char * 16)]


def main() -> None:
    """Write the file."""
    rules = Path(sys.argv[1])
    ops = [op.name for op in registered_ops()]
    flex = flex_ops(ops)
    ruled = ruled_ops(rules) & set(ops)
    alone = read_alone(sys.argv[2:3], sorted(ruled | set(flex)))
    lite = {
        "version": _version("tensorflow"),
        "builtin": sorted(decide_builtin(ruled, alone)),
        "flex": flex,
    }
    said = {"tflite": lite, "tfjs": _tfjs(), "keras3": _keras3()}
    TARGET.write_text(_format(said), encoding="utf-8")
    counts = {
        target: {sort: len(one) for sort, one in sorts.items() if sort != "version"}
        for target, sorts in said.items()
    }
    print(f"{TARGET.name}: {counts}; {TARGET.stat().st_size:,} bytes")
    print_agreement(ruled, alone)


def registered_ops() -> Sequence[Any]:
    """The ops of the installed TensorFlow."""
    from tensorflow.core.framework import op_def_pb2
    from tensorflow.python.client import pywrap_tf_session as session

    buffer = session.TF_GetBuffer(session.TF_GetAllOpList())
    return list(op_def_pb2.OpList.FromString(buffer).op)


def flex_ops(ops: Iterable[str]) -> list[str]:
    """Which ops the flex delegate may run, as TensorFlow's library says."""
    import tensorflow as tf

    library = ctypes.CDLL(str(Path(tf.__file__).parent / "libtensorflow_cc.so.2"))
    is_allowed = getattr(library, _FLEX)
    is_allowed.restype, is_allowed.argtypes = ctypes.c_bool, [ctypes.c_void_p]
    found = []
    for op in ops:
        text = ctypes.create_string_buffer(op.encode())
        said = _String(ctypes.addressof(text), len(op), b"")
        if is_allowed(ctypes.addressof(said)):
            found.append(op)
    return sorted(found)


def ruled_ops(folder: Path) -> set[str]:
    """Ops that the rules of the converter name."""
    found = _FUNCTIONAL | _LOWERED
    for name, pattern in _RULES.items():
        found.update(re.findall(pattern, (folder / name).read_text(encoding="utf-8")))
    return found


def read_alone(given: Sequence[str], ops: Sequence[str]) -> dict[str, str]:
    """What the converter makes of each op alone; asked if it is not given."""
    if given:
        return dict(json.loads(Path(given[0]).read_text()))
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "alone.json")
        out.write_text("{}")
        while left := [op for op in ops if op not in json.loads(out.read_text())]:
            subprocess.run(
                [sys.executable, "-m", "tools.portability.lite_alone", str(out), *left[:40]],
                stderr=subprocess.DEVNULL,
                check=False,
            )
        return dict(json.loads(out.read_text()))


def decide_builtin(ruled: set[str], alone: dict[str, str]) -> set[str]:
    """Ops that TFLite has of its own: by a rule, or because one converted.

    A form that does not convert says little: rules look at attributes and at constant inputs.
    """
    return ruled | {op for op, answer in alone.items() if answer == "builtin"}


def print_agreement(ruled: set[str], alone: dict[str, str]) -> None:
    """How far rules and trying agree, and where they do not."""
    tried = {op: answer for op, answer in alone.items() if answer in ("builtin", "flex", "refused")}
    both = sum((op in ruled) == (answer == "builtin") for op, answer in tried.items())
    print(f"tried {len(tried)} ops: rules agree on {both}")
    print(
        "  by trying only:",
        *sorted(op for op, one in tried.items() if one == "builtin" and op not in ruled),
    )
    print(
        "  by rules only:",
        *sorted(op for op, one in tried.items() if one != "builtin" and op in ruled),
    )


def _tfjs() -> dict[str, Any]:
    with unpacked(_TFJS) as content:
        files = sorted(content.glob("tensorflowjs/op_list/*.json"))
        said = [one for path in files for one in json.loads(path.read_text(encoding="utf-8"))]
    ops = sorted({one["tfOpName"] for one in said})
    debug = [op for op in _TFJS_DEBUG if op not in ops]
    return {"version": _TFJS.version, "ops": ops, "debug": debug}


def _keras3() -> dict[str, Any]:
    import keras
    from keras.src.api_export import REGISTERED_NAMES_TO_OBJS

    wanted = tuple(f"keras.{module}." for module in _KERAS_MODULES)
    names = {
        name.rpartition(".")[2] for name in REGISTERED_NAMES_TO_OBJS if name.startswith(wanted)
    }
    names |= {"Functional", "Model", "Sequential", "Variable", "DTypePolicy"}
    gone = sorted(name for name in _KERAS_GONE if name not in names)
    return {"version": keras.__version__, "names": sorted(names), "gone": gone}


def _version(module: str) -> str:
    from importlib.metadata import version

    return version(module)


def _format(said: dict[str, Any]) -> str:
    """JSON with a list on each line."""
    parts = []
    for target, sorts in said.items():
        lines = ",\n".join(
            f"  {json.dumps(sort)}: {json.dumps(one)}" for sort, one in sorts.items()
        )
        parts.append(f"{json.dumps(target)}: {{\n{lines}\n}}")
    return "{" + ",\n".join(parts) + "}\n"


if __name__ == "__main__":
    main()
