"""Which tensor of the other side may be meant: the same content, the same shape, similar names.

No pair of all is compared: a tensor is looked up by content, by readable name, by shape with the
last parts of its name, and by its place among those of its shape. So it stays linear for 100,000 on
each side.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence

from tensorboard_plugin_modelinspect.analyses.restore.result import Nearest
from tensorboard_plugin_modelinspect.model.tensor import Tensor

MOST = 3
"""Candidates that are named."""
_MOST_COMPARED = 8
"""Tensors of one shape and one last part of a name that are compared with one."""
SAME_NAME_SCORE = 0.97
"""Of one that goes by the same readable name, such as `encoder/dense/kernel`, and has its shape."""
_LEAST = 0.35
"""A score below says nothing."""
_WORDS = re.compile(r"[A-Za-z]+|[0-9]+")


class NearestFinder:
    """Finds candidates among some tensors.

    Args:
        tensors: Of one side, those that are free first.
        free: Keys of those that nothing is paired with; others are worse candidates.

    Cost: a pass over the tensors.
    """

    def __init__(self, tensors: Iterable[Tensor], free: frozenset[str]) -> None:
        self._free = free
        self._by_content: dict[object, list[Tensor]] = defaultdict(list)
        self._by_name: dict[str, list[Tensor]] = defaultdict(list)
        self._by_ending: dict[object, list[Tensor]] = defaultdict(list)
        self._by_shape: dict[object, list[Tensor]] = defaultdict(list)
        self._words: dict[str, frozenset[str]] = {}
        for tensor in tensors:
            if tensor.crc32c is not None and tensor.nbytes:
                self._by_content[_content(tensor)].append(tensor)
            self._by_name[tensor.name].append(tensor)
            for ending in {_ending(label_of(tensor)), _ending(tensor.name)}:
                self._by_ending[tensor.shape, ending].append(tensor)
                self._by_ending[ending].append(tensor)
            self._by_shape[tensor.shape].append(tensor)

    def find(self, tensor: Tensor, name: str, exclude: str | None = None) -> tuple[Nearest, ...]:
        """The best candidates for a tensor of the other side; `name` is what it is called here."""
        found: dict[str, Nearest] = {}
        for one in self._candidates(tensor, name):
            if one.key not in found and one.key != exclude:
                score, reason = self._score(tensor, name, one)
                if score >= _LEAST:
                    found[one.key] = Nearest(one.key, label_of(one), round(score, 3), reason)
        best = sorted(found.values(), key=lambda one: (-one.score, one.key))
        return tuple(best[:MOST])

    def _candidates(self, tensor: Tensor, name: str) -> Sequence[Tensor]:
        endings = {_ending(name): None, _ending(tensor.name): None}
        lists = (
            self._by_content.get(_content(tensor), ()) if tensor.crc32c is not None else (),
            self._by_name.get(tensor.name, ()),
            *(self._by_ending.get((tensor.shape, ending), ()) for ending in endings),
            *(self._by_ending.get(ending, ()) for ending in endings),
            self._by_shape.get(tensor.shape, ()),
        )
        return [one for some in lists for one in some[:_MOST_COMPARED]]

    def _score(self, tensor: Tensor, name: str, one: Tensor) -> tuple[float, str]:
        if tensor.crc32c is not None and _content(tensor) == _content(one) and tensor.nbytes:
            return 1.0, "same content"
        if tensor.name == one.name and "/" in one.name and one.shape == tensor.shape:
            return SAME_NAME_SCORE, f"same shape, called {one.name} too"
        likeness = self._likeness(name, label_of(one))
        # A name of one part, such as `kernel`, is that of many.
        if "/" in tensor.name and "/" in one.name:
            likeness = max(likeness, self._likeness(tensor.name, one.name))
        reasons = []
        score = 0.45 * likeness
        if one.shape == tensor.shape:
            score += 0.35 if one.shape else 0.15
            reasons.append("same shape")
        if one.dtype == tensor.dtype:
            score += 0.05
        if likeness == 1:
            reasons.append("same name")
        elif likeness >= 0.5:
            is_told = one.name == label_of(one) or "/" not in one.name
            reasons.append("similar name" if is_told else f"similar name {one.name}")
        if one.key in self._free:
            score += 0.1
        else:
            reasons.append("but paired already")
        return min(score, 0.99), ", ".join(reasons) or "same last part of its name"

    def _likeness(self, name: str, other: str) -> float:
        """Share of words that both have, 0 to 1."""
        if name == other:
            return 1.0
        mine, others = self._words_of(name), self._words_of(other)
        both = len(mine & others)
        return 0.99 * 2 * both / max(len(mine) + len(others), 1)

    def _words_of(self, name: str) -> frozenset[str]:
        words = self._words.get(name)
        if words is None:
            words = self._words[name] = frozenset(word.lower() for word in _WORDS.findall(name))
        return words


def label_of(tensor: Tensor) -> str:
    """Its path in an object graph, which tells more than a name such as `kernel`; else its name."""
    path, mark, _ = tensor.key.partition("/.ATTRIBUTES/")
    return path if mark and "/.OPTIMIZER_SLOT/" not in path else tensor.name


def _content(tensor: Tensor) -> tuple[object, ...]:
    return tensor.dtype.number, tensor.shape, tensor.nbytes, tensor.crc32c


def _ending(name: str) -> str:
    return name.replace(".", "/").rpartition("/")[2].removesuffix(":0").lstrip("_")
