"""Spectral measures of a weight matrix: singular values, norms, ranks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tensorboard_plugin_modelinspect.errors import BadRequest
from tensorboard_plugin_modelinspect.model.tensor import Tensor, region_shape, resolve_region

MOST_NBYTES = 256 << 20
"""Of the matrix in float64 (complex ones in complex128), which is held twice."""
MOST_SIDE = 2048
"""Of its shorter side."""
MOST_WORK = 20_000_000_000
"""Rows times columns times the shorter side: what the time goes with."""


@dataclass(frozen=True, slots=True)
class Spectrum:
    """Singular values of a matrix, and what follows from them.

    Attributes:
        rows, columns: Of the matrix; a kernel of higher rank has its outputs, the last axis, as
            columns, and all its other axes as rows.
        singular_values: All of them, the largest first. Those below what float64 can tell from
            zero in a matrix of that size are 0.
        frobenius_norm: Root of the sum of their squares.
        stable_rank: Squared Frobenius norm by squared spectral norm; None of a matrix of zeros.
        effective_rank: Exponential of the entropy of the singular values as shares of their sum
            (Roy and Vetterli 2007); None in the same case.
        condition: Largest by smallest; None if the smallest is 0.
    """

    rows: int
    columns: int
    singular_values: tuple[float, ...]
    frobenius_norm: float
    stable_rank: float | None
    effective_rank: float | None
    condition: float | None

    @property
    def spectral_norm(self) -> float:
        """The largest singular value: how much longer the matrix can make a vector."""
        return self.singular_values[0]

    @property
    def rank(self) -> int:
        """How many singular values are not 0."""
        return sum(value > 0 for value in self.singular_values)


def compute_spectrum(tensor: Tensor, region: Sequence[slice] = ()) -> Spectrum:
    """Singular values of a tensor, or of a region of it, by LAPACK in float64.

    Raises:
        BadRequest: It is no matrix of numbers, larger than the limits above, or has a value that
            is not finite; the message says why.
        FormatError: The file does not hold what it declares.

    Cost: reads the region; up to half a minute of two cores at the limits.
    """
    whole = resolve_region(region, tensor.shape)
    shape = region_shape(whole)
    _check(tensor, shape)
    is_complex = tensor.dtype.name.startswith("complex")
    values = tensor.read(whole)
    if values.dtype.itemsize <= 2:  # ml_dtypes may have no direct way from a type of few bits
        values = values.astype(np.float32)
    matrix = values.astype(np.complex128 if is_complex else np.float64).reshape(-1, shape[-1])
    if not np.isfinite(matrix).all():
        count = int(matrix.size - np.isfinite(matrix).sum())
        raise BadRequest(
            f'Tensor "{tensor.key}": {count:,} of {matrix.size:,} values are not finite, so that it'
            " has no singular values. Take a slice without them, or an earlier checkpoint."
        )
    try:
        return _measure(matrix)
    except np.linalg.LinAlgError:
        raise BadRequest(
            f'Tensor "{tensor.key}": LAPACK found no singular values. Take a slice of it.'
        ) from None


def _check(tensor: Tensor, shape: tuple[int, ...]) -> None:
    """Refuse what is no matrix, or too much work, before anything is read."""
    if not tensor.dtype.is_fixed or not tensor.dtype.numpy_name:
        raise BadRequest(
            f'Tensor "{tensor.key}" is of type {tensor.dtype.name}: only numbers have singular'
            " values."
        )
    if len(shape) < 2 or 0 in shape:
        raise BadRequest(
            f'Tensor "{tensor.key}": singular values are those of a matrix. Choose a tensor of two'
            f" axes or more with elements, not of shape {list(shape)}."
        )
    columns, rows = shape[-1], math.prod(shape[:-1])
    itemsize = 16 if tensor.dtype.name.startswith("complex") else 8
    side = min(rows, columns)
    if (
        rows * columns * itemsize > MOST_NBYTES
        or side > MOST_SIDE
        or rows * columns * side > MOST_WORK
    ):
        raise BadRequest(
            f'Tensor "{tensor.key}" as a matrix has {rows:,} by {columns:,} elements, too many for'
            f" all singular values: up to {MOST_SIDE:,} on the shorter side,"
            f" {MOST_NBYTES >> 20} MiB in float64, and {MOST_WORK:,} as the product of rows,"
            " columns and shorter side. Take a slice: modelinspect tensor PATH KEY --spectral"
            " --slice 0:1000"
        )


def _measure(matrix: np.ndarray) -> Spectrum:
    scale = float(np.abs(matrix).max()) or 1.0  # squares of 1e300 would overflow
    values = np.linalg.svd(matrix / scale, compute_uv=False)
    values[values <= values[0] * max(matrix.shape) * np.finfo(np.float64).eps] = 0.0
    norm = float(np.sqrt((values * values).sum()))
    stable = effective = condition = None
    if values[0] > 0:
        stable = (norm / float(values[0])) ** 2
        shares = values[values > 0] / values.sum()
        effective = float(np.exp(-(shares * np.log(shares)).sum()))
        condition = float(values[0] / values[-1]) if values[-1] > 0 else None
    rows, columns = matrix.shape
    scaled = tuple((values * scale).tolist())
    return Spectrum(rows, columns, scaled, norm * scale, stable, effective, condition)
