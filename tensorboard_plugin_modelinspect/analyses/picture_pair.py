"""Pictures of two tensors and of their difference: the same slice of both, cell beside cell."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tensorboard_plugin_modelinspect.analyses.picture import PictureRequest, plan_picture
from tensorboard_plugin_modelinspect.analyses.picture_cells import PIECE_SIZE, Cells, Picture
from tensorboard_plugin_modelinspect.errors import BadRequest, Unsupported
from tensorboard_plugin_modelinspect.model.tensor import Tensor, split_region

if TYPE_CHECKING:
    import numpy as np


class PairPictures(NamedTuple):
    """Pictures with the same cells: of both, and of after minus before, element by element."""

    before: Picture
    after: Picture
    difference: Picture


def compute_pair_pictures(before: Tensor, after: Tensor, request: PictureRequest) -> PairPictures:
    """Read a slice of two tensors of the same shape and make its cells.

    A cell of the difference shows what is asked for of the differences of its elements, not the
    difference of two cells.

    Raises:
        BadRequest: Their shapes differ, or as `plan_picture`.
        Unsupported: One of them holds no numbers.
        ModelInspectError: As `Tensor.read`.

    Cost: reads the slice of both, each as `compute_picture` does of one; holds 24 MiB.
    """
    for tensor in (before, after):
        if not tensor.dtype.is_fixed:
            raise Unsupported(
                f'Tensor "{tensor.key}" is of type {tensor.dtype.name}: there is no picture of it.'
            )
    if before.shape != after.shape:
        raise BadRequest(
            f"The shape was {list(before.shape)} and is {list(after.shape)}: there is no difference"
            " to picture. Look at either tensor by itself."
        )
    plan = plan_picture(max(before, after, key=lambda one: one.dtype.itemsize), request)
    names = before.dtype.name, after.dtype.name
    is_wide = any(name in ("float64", "complex128") for name in names)
    old, new, changes = (Cells(plan, request.method, is_wide=is_wide) for _ in range(3))
    for part in split_region(plan.region, PIECE_SIZE // 2):
        values = before.read(part), after.read(part)
        old.add(values[0], part)
        new.add(values[1], part)
        changes.add(subtract(values[1], values[0]), part)
    return PairPictures(old.picture(), new.picture(), changes.picture())


def subtract(after: np.ndarray, before: np.ndarray) -> np.ndarray:
    """After minus before in float64 (complex: complex128); 0 where both are the same.

    That includes NaN and infinities at the same place, so that only what differs shows.
    """
    import numpy as np

    with np.errstate(all="ignore"):
        if after.dtype == before.dtype and after.dtype.kind in "iu" and after.dtype.itemsize == 8:
            # Exact, where float64 is not: modulo 2^64, right for differences below 2^63.
            return np.asarray((after - before).view(np.int64).astype(np.float64))
        is_complex = "c" in (after.dtype.kind, before.dtype.kind)
        wide = np.complex128 if is_complex else np.float64
        new, old = after.astype(wide), before.astype(wide)
        is_same = (new == old) | (np.isnan(new) & np.isnan(old))
        return np.where(is_same, 0, new - old)
