"""TensorFlow Lite and TensorFlow.js as targets: what their converters make of the ops.

Both freeze the variables and inline the functions that signatures run, so that what only saves or
initialises does not count (tensorflow/lite/python/lite.py, `from_saved_model`; tensorflowjs,
`converters/tf_saved_model_conversion_v2.py`). Which ops they take is in `target_ops.json`, made by
`tools/portability/target_ops.py`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import NamedTuple

from tensorboard_plugin_modelinspect.analyses.portability.history import load_table
from tensorboard_plugin_modelinspect.analyses.portability.keras_legacy import check_slots
from tensorboard_plugin_modelinspect.analyses.portability.releases import about
from tensorboard_plugin_modelinspect.analyses.portability.result import Evidence, Verdict
from tensorboard_plugin_modelinspect.analyses.portability.usage import (
    KindUse,
    Usage,
    types_of,
)
from tensorboard_plugin_modelinspect.model.artifact import Artifact
from tensorboard_plugin_modelinspect.model.graph import Kind

_GONE = frozenset(
    {
        *("Const", "Identity", "IdentityN", "NoOp", "Placeholder", "PlaceholderWithDefault"),
        *("PartitionedCall", "StatefulPartitionedCall", "StopGradient", "PreventGradient"),
        *("VarHandleOp", "ReadVariableOp", "Variable", "VariableV2", "DisableCopyOnRead"),
    }
)
"""Ops that freezing and inlining leave nothing of, or that every target has."""
_CONTROL_V1 = frozenset(
    {
        *("Switch", "Merge", "Enter", "Exit", "NextIteration", "LoopCond"),
        *("RefSwitch", "RefMerge", "RefEnter", "RefExit", "RefNextIteration"),
    }
)
"""Control flow of TF1; the converter of TFLite makes functional control flow of it."""
_LITE_TYPES = frozenset(
    {
        *("float32", "int8", "uint8", "int16", "int32", "int64", "bool", "string", "complex64"),
        *("qint8", "quint8", "qint32", "resource", "variant"),
    }
)
"""Element types that kernels of TFLite compute with (tensorflow/compiler/mlir/lite/ir/tfl_ops.td);
few take others."""
_ANY_TYPE = frozenset({"Cast", "If", "While", "StatelessIf", "StatelessWhile", "Shape", "Rank"})

SELECT_OPS = "converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS," + (
    " tf.lite.OpsSet.SELECT_TF_OPS]"
)


class Answer(NamedTuple):
    """What a target makes of a use of an op; the rule is empty where it just takes it."""

    verdict: Verdict
    rule: str
    fact: str
    advice: str = ""
    command: str = ""


_TAKEN = Answer("works", "", "")


@functools.cache
def _ops(target: str, sort: str) -> frozenset[str]:
    return frozenset(load_table("target_ops.json")[target][sort])


def table_version(target: str) -> str:
    """Release of the converter that the table was made from."""
    return str(load_table("target_ops.json")[target]["version"])


def judge_lite(kind: Kind) -> Answer:
    """What the converter of TFLite makes of a node."""
    op = kind.op
    if op in _GONE or op in _CONTROL_V1:
        return _TAKEN
    odd = sorted(types_of(kind) - _LITE_TYPES) if op not in _ANY_TYPE else []
    is_builtin = op in _ops("tflite", "builtin")
    if is_builtin and not odd:
        return _TAKEN
    what = f"{op} of {odd[0]}" if is_builtin else op
    if op in _ops("tflite", "flex"):
        fact = f"TFLite has no {what} of its own, but may run TensorFlow's."
        advice = "Allow Select TF ops; the app needs the flex library then."
        return Answer("needs", "flex-op", fact, advice, SELECT_OPS)
    fact = f"TFLite has no {what}, and its Select TF ops do not include it."
    advice = "Replace it, or allow custom ops and write a kernel for it."
    return Answer("fails", "unsupported-op", fact, advice)


def judge_js(kind: Kind) -> Answer:
    """What the converter of TF.js makes of a node."""
    op = kind.op
    if op in _GONE or op in _ops("tfjs", "ops"):
        return _TAKEN
    if op in _ops("tfjs", "debug"):
        fact = f"TF.js has no {op}, but its converter can leave it out."
        command = "tensorflowjs_converter --strip_debug_ops=True …"
        return Answer("needs", "debug-op", fact, "Convert with --strip_debug_ops.", command)
    fact = f"TF.js {table_version('tfjs')} has no op {op}."
    advice = "Replace it, or register it with tf.registerOp and convert with --skip_op_check."
    return Answer("fails", "unsupported-op", fact, advice)


def check_lite(artifact: Artifact, usage: Usage) -> Iterator[Evidence]:
    """What stands against TFLite; its converter loads the model first."""
    yield from _check(artifact, usage, judge_lite)
    yield from check_slots(artifact)
    if artifact.kind != "saved_model":
        return
    if not any(meta.tags == ("serve",) for meta in artifact.meta_graphs):
        fact = "The converter looks for the tag serve alone, which no MetaGraph has."
        yield Evidence(
            "no-serve-tag", "needs", "", fact, "Give it the tags: from_saved_model(…, tags=…)."
        )
    for meta in artifact.meta_graphs:
        for signature in meta.signatures:
            if any("," in spec.name for spec in (*signature.inputs, *signature.outputs)):
                fact = (
                    f"The signature {signature.key} has sparse or ragged tensors; TFLite has none."
                )
                yield Evidence("sparse-signature", "fails", signature.key, fact)


def check_js(artifact: Artifact, usage: Usage) -> Iterator[Evidence]:
    """What stands against TF.js."""
    yield from _check(artifact, usage, judge_js)


def _check(artifact: Artifact, usage: Usage, judge: Callable[[Kind], Answer]) -> Iterator[Evidence]:
    if artifact.kind == "saved_model" and not usage.has_signatures:
        fact = "It has no signature, and the converter converts signatures."
        advice = "Save it with signatures=… , or convert the model object."
        yield Evidence("no-signature", "fails", "", fact, advice)
        return
    found: dict[tuple[str, Answer], list[KindUse]] = {}
    for use in usage.reached():
        answer = judge(use.kind)
        if answer.rule:
            found.setdefault((use.kind.op, answer), []).append(use)
    for (op, answer), uses in found.items():
        evidence = Evidence(
            answer.rule, answer.verdict, op, answer.fact, answer.advice, answer.command
        )
        yield about(uses, evidence)
