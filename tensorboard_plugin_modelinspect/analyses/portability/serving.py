"""TensorFlow Serving as a target.

Its binaries have the ops of the TensorFlow of the same version, those of TensorFlow Text, and those
that run decision forests (tensorflow_serving/model_servers/BUILD, `SUPPORTED_TENSORFLOW_OPS`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from tensorboard_plugin_modelinspect.analyses.portability.addons import find_package
from tensorboard_plugin_modelinspect.analyses.portability.releases import about
from tensorboard_plugin_modelinspect.analyses.portability.result import Evidence
from tensorboard_plugin_modelinspect.analyses.portability.usage import KindUse, Usage
from tensorboard_plugin_modelinspect.model.artifact import Artifact

PYTHON_OPS = frozenset({"PyFunc", "PyFuncStateless", "EagerPyFunc"})
_VERSION = re.compile("[0-9]+")
_BUILD = "Build a model server with the library that registers it linked in."


def check_format(artifact: Artifact) -> Iterator[Evidence]:
    """What stands against it before its graphs are looked at."""
    if artifact.kind != "saved_model":
        fact = "TensorFlow Serving loads SavedModels, and this is none."
        yield Evidence("not-a-saved-model", "fails", artifact.kind, fact, "Export a SavedModel.")
        return
    if not any("serve" in meta.tags for meta in artifact.meta_graphs):
        tags = "; ".join(", ".join(meta.tags) for meta in artifact.meta_graphs)
        fact = f"TensorFlow Serving looks for the tag serve; the MetaGraphs have {tags or 'none'}."
        advice = "Start it with --saved_model_tags, or export with the tag serve."
        yield Evidence("no-serve-tag", "needs", tags, fact, advice)
    name = artifact.path.rstrip("/").rpartition("/")[2]
    if not _VERSION.fullmatch(name):
        fact = f"TensorFlow Serving loads from folders named by a number; this one is {name}."
        yield Evidence("version-folder", "works", name, fact, "Put it into a folder such as 1.")


def check_python_ops(usage: Usage) -> Iterator[Evidence]:
    """Ops that call Python functions of the process that saved the model."""
    by_op: dict[str, list[KindUse]] = {}
    for use in usage.reached():
        if use.kind.op in PYTHON_OPS:
            by_op.setdefault(use.kind.op, []).append(use)
    for op, uses in by_op.items():
        fact = f"{op} calls a Python function of the process that saved the model."
        advice = "Rewrite the function with TensorFlow's ops, and save the model again."
        yield about(uses, Evidence("python-function", "fails", op, fact, advice))


def check_serving(usage: Usage, found: Iterable[Evidence]) -> Iterator[Evidence]:
    """What is found about a release, as it is for the model server of that release."""
    if not usage.has_signatures:
        fact = "It has no signature, so no request can call it."
        yield Evidence("no-signature", "fails", "", fact, "Save it with signatures=… .")
    for evidence in found:
        if evidence.rule == "keras2-optimizer":
            continue  # the model server restores variables by name, not the objects
        if evidence.rule == "addon-op":
            package = find_package(evidence.what)
            if package is not None and package.serving:
                continue
        if evidence.rule in ("addon-op", "custom-op"):
            evidence = replace(evidence, advice=_BUILD, command="")
        yield evidence
