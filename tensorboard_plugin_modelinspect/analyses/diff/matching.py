"""Tensors of two artifacts while they are being paired: who belongs to whom, and who is free."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from tensorboard_plugin_modelinspect.analyses.diff.result import Content, PairedBy
from tensorboard_plugin_modelinspect.model.dtype import DType
from tensorboard_plugin_modelinspect.model.tensor import Tensor

Stored = tuple[DType, tuple[int, ...], int, int]


class Match(NamedTuple):
    """What a tensor before was paired with: key of the one after, by what, how sure, and why."""

    key: str
    by: PairedBy
    confidence: float
    reason: str


class Matching:
    """Pairs of tensors, one to one.

    Attributes:
        before, after: All tensors by key.
        matches: By key of the one before.
        taken: Keys of those after that are paired, with the key before.
    """

    def __init__(self, before: Mapping[str, Tensor], after: Mapping[str, Tensor]) -> None:
        self.before, self.after = before, after
        self.matches: dict[str, Match] = {}
        self.taken: dict[str, str] = {}

    def join(self, before: str, match: Match) -> bool:
        """Pair two tensors if both are free; whether they were."""
        if before in self.matches or match.key in self.taken:
            return False
        self.matches[before] = match
        self.taken[match.key] = before
        return True

    def release(self, keys: Iterable[str]) -> None:
        """Let go of pairs, by the keys before."""
        for key in keys:
            match = self.matches.pop(key, None)
            if match is not None:
                del self.taken[match.key]

    def free_before(self) -> list[Tensor]:
        """Those before that are not paired, in stored order."""
        return [tensor for key, tensor in self.before.items() if key not in self.matches]

    def free_after(self) -> list[Tensor]:
        """Those after that are not paired, in stored order."""
        return [tensor for key, tensor in self.after.items() if key not in self.taken]


def stored_content(tensor: Tensor) -> Stored | None:
    """What tells a tensor's content from others; None if only its values could."""
    if tensor.crc32c is None:
        return None
    return tensor.dtype, tensor.shape, tensor.nbytes, tensor.crc32c


def compare_contents(before: Tensor, after: Tensor) -> Content:
    """What checksums tell of two tensors. Cost: nothing is read."""
    if before.shape != after.shape:
        return "incomparable"
    if before.dtype == after.dtype:
        if before.crc32c is not None and after.crc32c is not None:
            is_equal = before.nbytes == after.nbytes and before.crc32c == after.crc32c
            return "equal" if is_equal else "changed"
        return "unknown" if before.dtype.numpy_name else "incomparable"
    return "unknown" if _sort(before.dtype) == _sort(after.dtype) == "number" else "incomparable"


def has_like_type(before: Tensor, after: Tensor) -> bool:
    """Whether one could be the other, perhaps in another precision."""
    return before.dtype == after.dtype or _sort(before.dtype) == _sort(after.dtype)


def _sort(dtype: DType) -> str:
    if not dtype.is_fixed or not dtype.numpy_name:
        return dtype.name
    return "bool" if dtype.name == "bool" else "number"
