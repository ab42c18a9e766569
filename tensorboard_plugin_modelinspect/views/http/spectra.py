"""Singular values for the tab: one matrix at a time."""

from __future__ import annotations

import threading

from tensorboard_plugin_modelinspect.model.tensor import Tensor
from tensorboard_plugin_modelinspect.views.http.responses import encode
from tensorboard_plugin_modelinspect.views.http.tensor_payloads import SpectrumPayload

_TURN = threading.Lock()
"""LAPACK takes every core and a few times the matrix: a second one waits for the first."""


def spectrum_body(tensor: Tensor) -> bytes:
    """The answer of `spectrum`; cost and errors as `compute_spectrum`."""
    from tensorboard_plugin_modelinspect.analyses.spectral import compute_spectrum

    with _TURN:
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
