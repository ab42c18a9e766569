"""What a graph asks of the machine: devices, TPUs, XLA."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tensorboard_plugin_modelinspect.analyses.portability.releases import about
from tensorboard_plugin_modelinspect.analyses.portability.result import Evidence
from tensorboard_plugin_modelinspect.analyses.portability.usage import KindUse, Usage
from tensorboard_plugin_modelinspect.model.graph import Kind

_PART = re.compile(r"/(?:device:)?(cpu|gpu|tpu|xla_cpu|xla_gpu|[a-z_]+):[0-9*]+", re.IGNORECASE)
_LOCAL_JOBS = ("", "localhost")
_TPU_OPS = re.compile(r"_?TPU(?!EmbeddingActivations$)|.*OnTPU|ConfigureDistributedTPU")
_XLA_CALL = "XlaCallModule"
_MUST_COMPILE = "_XlaMustCompile"


def check_placement(usage: Usage) -> Iterator[Evidence]:
    """What the nodes are pinned to, and what must compile them."""
    yield from _check_devices(usage)
    yield from _check_ops(usage)


def _check_devices(usage: Usage) -> Iterator[Evidence]:
    for device, count in sorted(usage.devices.items()):
        job = re.search(r"/job:([^/]+)", device)
        kinds = {part[1].lower() for part in _PART.finditer(device)} - {"job", "task", "replica"}
        kinds -= {"cpu"}
        if job is not None and job[1] not in _LOCAL_JOBS:
            fact = f"Nodes are pinned to {device}, a process of a cluster."
            advice = "Load it with clear_devices=True, or save it again without devices."
            yield Evidence("device", "needs", device, fact, advice, count=count)
        elif kinds:
            fact = f"Nodes are pinned to {device}; without one TensorFlow places them elsewhere"
            advice = "Soft placement does that (it is on for tf.function, off in tf.Session)."
            yield Evidence("device", "works", device, f"{fact}.", advice, count=count)


def _check_ops(usage: Usage) -> Iterator[Evidence]:
    found: dict[tuple[str, str], list[KindUse]] = {}
    for use in usage.reached():
        if _TPU_OPS.match(use.kind.op):
            found.setdefault(("tpu", use.kind.op), []).append(use)
        elif use.kind.op == _XLA_CALL:
            found.setdefault(("xla", f"{_XLA_CALL} for {_platforms(use.kind)}"), []).append(use)
        elif use.kind.attributes.get(_MUST_COMPILE) is True:
            found.setdefault(("xla", _MUST_COMPILE), []).append(use)
    for (rule, what), uses in sorted(found.items()):
        yield about(uses, _evidence(rule, what))


def _platforms(kind: Kind) -> str:
    platforms = kind.attributes.get("platforms")
    texts = platforms if isinstance(platforms, tuple) else ()
    return ", ".join(str(one) for one in texts) or "any platform"


def _evidence(rule: str, what: str) -> Evidence:
    if rule == "tpu":
        fact = f"{what} runs on TPUs alone."
        return Evidence("tpu", "needs", what, fact, "Run it on a TPU, or export the model for CPU.")
    platforms = what.partition(" for ")[2]
    if platforms and platforms != "any platform" and "CPU" not in platforms.upper():
        fact = f"The program that JAX lowered is for {platforms} alone."
        advice = "Convert it with native_serialization_platforms=('cpu', …)."
        return Evidence("xla-platform", "needs", what, fact, advice)
    fact = f"XLA compiles it when it is called ({what}); TensorFlow's own builds have XLA."
    return Evidence("xla", "works", what, fact)
