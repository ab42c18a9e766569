"""Singular values for the tab: one matrix at a time."""

from __future__ import annotations

import threading

from tensorboard_plugin_modelinspect.model.artifact import Artifact
from tensorboard_plugin_modelinspect.model.tensor import Tensor
from tensorboard_plugin_modelinspect.views.http.responses import Body, BodyCache, encode
from tensorboard_plugin_modelinspect.views.http.tensor_payloads import SpectrumPayload

_TURN = threading.Lock()
"""LAPACK takes every core and a few times the matrix: others wait, and who asked for the same finds
it made, such as a page that asks again when TensorBoard reloads."""


def answer_spectrum(
    bodies: BodyCache, artifact_id: str, artifact: Artifact, tensor: Tensor
) -> Body:
    """The answer of `spectrum`, kept in `bodies`; cost and errors as `compute_spectrum`."""
    name = ("spectrum", f"{artifact_id} {tensor.key}")
    with _TURN:
        return bodies.get_or_make(name, artifact, lambda: _encode(tensor))


def _encode(tensor: Tensor) -> bytes:
    from tensorboard_plugin_modelinspect.analyses.spectral import compute_spectrum

    spectrum = compute_spectrum(tensor)
    return encode(
        SpectrumPayload(
            key=tensor.key,
            rows=spectrum.rows,
            columns=spectrum.columns,
            frobenius_norm=spectrum.frobenius_norm,
            stable_rank=spectrum.stable_rank,
            effective_rank=spectrum.effective_rank,
            condition=spectrum.condition,
            singular_values=list(spectrum.singular_values),
        )
    )
