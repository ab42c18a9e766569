"""Which tensor after is which tensor before: by key, by name, by content, by guess."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from tensorboard_plugin_modelinspect.analyses.diff.layers import release_shifted
from tensorboard_plugin_modelinspect.analyses.diff.matching import (
    Match,
    Matching,
    Stored,
    compare_contents,
    has_like_type,
    stored_content,
)
from tensorboard_plugin_modelinspect.analyses.diff.names import likeness, split_name, words_of
from tensorboard_plugin_modelinspect.analyses.diff.renames import guess_renames
from tensorboard_plugin_modelinspect.analyses.diff.result import TensorPair
from tensorboard_plugin_modelinspect.model.tensor import Tensor

_FEW = 8
"""Elements below which equal contents are a matter of chance."""
_LIKELY = 0.34
"""Likeness of names that makes up for that."""


def pair_tensors(
    before: Mapping[str, Tensor], after: Mapping[str, Tensor]
) -> tuple[TensorPair, ...]:
    """Pair tensors one to one, with the reason.

    Tensors of the same key belong together, unless layers were inserted or their numbers moved
    (`layers.py`); then those of the same readable name; then those of the same content; what is
    left is guessed from names and shapes (`renames.py`).

    Returns:
        All of both sides, in the order of `after`, those without an equal there last.

    Cost: some steps for each tensor; nothing is read.
    """
    matching = Matching(before, after)
    for key, tensor in before.items():
        if key in after and has_like_type(tensor, after[key]):
            matching.join(key, Match(key, "key", 1.0, ""))
    release_shifted(matching)
    if len(matching.matches) < min(len(before), len(after)):
        _pair_by_name(matching)
        _pair_by_content(matching)
        guess_renames(matching)
    return _finish(matching)


def _finish(matching: Matching) -> tuple[TensorPair, ...]:
    pairs = []
    for key, tensor in matching.after.items():
        old_key = matching.taken.get(key)
        if old_key is None:
            pairs.append(TensorPair(None, tensor, None, 1.0, "", "incomparable"))
            continue
        old, match = matching.before[old_key], matching.matches[old_key]
        content = compare_contents(old, tensor)
        pairs.append(TensorPair(old, tensor, *match[1:], content))
    pairs.extend(
        TensorPair(tensor, None, None, 1.0, "", "incomparable") for tensor in matching.free_before()
    )
    return tuple(pairs)


def _pair_by_name(matching: Matching) -> None:
    """Those whose name nobody else on their side has; aliases have that of their original."""
    old, new = _by_name(matching.free_before()), _by_name(matching.free_after())
    for name, tensors in old.items():
        others = new.get(name, ())
        if len(tensors) == len(others) == 1 and has_like_type(tensors[0], others[0]):
            is_same_shape = tensors[0].shape == others[0].shape
            reason = "the same name" + ("" if is_same_shape else ", though another shape")
            confidence = 1.0 if is_same_shape else 0.9
            matching.join(tensors[0].key, Match(others[0].key, "name", confidence, reason))


def _by_name(tensors: Iterable[Tensor]) -> dict[str, list[Tensor]]:
    found: dict[str, list[Tensor]] = defaultdict(list)
    for tensor in tensors:
        if tensor.alias_of is None:
            found[tensor.name.removesuffix(":0")].append(tensor)
    return found


def _pair_by_content(matching: Matching) -> None:
    """Those of a content that nobody else on their side has."""
    old, new = _by_content(matching.free_before()), _by_content(matching.free_after())
    for content, tensors in old.items():
        others = new.get(content, [])
        if len(tensors) == len(others) == 1:
            like = _name_likeness(tensors[0], others[0])
            if tensors[0].size >= _FEW or like >= _LIKELY:
                confidence = 0.99 if tensors[0].size >= _FEW else 0.8
                match = Match(others[0].key, "content", confidence, "the same checksum")
                matching.join(tensors[0].key, match)


def _by_content(tensors: Iterable[Tensor]) -> dict[Stored, list[Tensor]]:
    found: dict[Stored, list[Tensor]] = defaultdict(list)
    for tensor in tensors:
        content = stored_content(tensor)
        if content is not None and tensor.alias_of is None:
            found[content].append(tensor)
    return found


def _name_likeness(one: Tensor, other: Tensor) -> float:
    return likeness(words_of(split_name(one.name)), words_of(split_name(other.name)))
