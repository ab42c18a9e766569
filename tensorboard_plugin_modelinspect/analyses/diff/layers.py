"""Keys that mean another layer than before, as they count: a layer was inserted, or numbers moved.

`layer_with_weights-3`, `variables/12` and `dense_2` are the third, the twelfth, the second of
something. Pairs by such keys are let go where names, contents or shapes say otherwise.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from difflib import SequenceMatcher

from tensorboard_plugin_modelinspect.analyses.diff.matching import (
    Match,
    Matching,
    compare_contents,
    has_like_type,
    stored_content,
)
from tensorboard_plugin_modelinspect.analyses.diff.names import (
    family_of,
    is_bookkeeping,
    layer_of_key,
    natural,
)
from tensorboard_plugin_modelinspect.model.tensor import Tensor

_MOST_LAYERS = 300
"""Of a family that is aligned: it takes the square of their number in the worst case."""
_FEW = 8
"""Elements below which equal contents are a matter of chance."""

Layers = dict[str, dict[str, Tensor]]
"""Tensors by the layer they belong to and by what they are called there."""


def release_shifted(matching: Matching) -> None:
    """Undo pairs by key that are not the same layer, and pair what takes their place.

    Cost: a step for each pair that is not known to be equal.
    """
    doubtful = [key for key in matching.matches if _is_doubtful(matching, key)]
    if not doubtful:
        return
    _release_other_names(matching, doubtful)
    _pair_moved(matching, [key for key in doubtful if key in matching.matches])
    _pair_aligned(matching, [key for key in doubtful if key in matching.matches])


def _is_doubtful(matching: Matching, key: str) -> bool:
    before, after = matching.before[key], matching.after[key]
    return not is_bookkeeping(before) and compare_contents(before, after) != "equal"


def _release_other_names(matching: Matching, doubtful: Iterable[str]) -> None:
    """Let go of pairs whose readable names belong to others, where names are the better guide.

    They are where they fit more shapes, or where one side has no name that the other has not: a
    layer was inserted. Where shapes fit and some names are new on both sides, Keras counted its
    layers anew, and keys are better.
    """
    old, new = _unique_names(matching.before), _unique_names(matching.after)
    crossed = []
    for key in doubtful:
        names = matching.before[key].name, matching.after[key].name
        if names[0] != names[1] and (names[0] in new or names[1] in old):
            crossed.append(key)
    if not crossed:
        return
    by_key = sum(matching.before[key].shape == matching.after[key].shape for key in crossed)
    named = [(matching.before[key], new.get(matching.before[key].name)) for key in crossed]
    by_name = sum(other is not None and one.shape == other.shape for one, other in named)
    is_subset = old.keys() <= new.keys() or new.keys() <= old.keys()
    if by_name > by_key or (by_name == by_key and is_subset):
        matching.release(crossed)


def _unique_names(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Tensors by readable name, of those that are called like no other."""
    named = [one for one in tensors.values() if one.alias_of is None and not is_bookkeeping(one)]
    counts = Counter(tensor.name for tensor in named)
    return {tensor.name: tensor for tensor in named if counts[tensor.name] == 1}


def _pair_moved(matching: Matching, doubtful: Iterable[str]) -> None:
    """Pair layers whose largest tensors are found, unchanged, in another layer."""
    moves = _find_moves(matching, doubtful)
    if not moves:
        return
    old, new = _layers(matching.before.values()), _layers(matching.after.values())
    for layer in {*moves, *moves.values()}:
        released = [one.key for one in old.get(layer, {}).values()]
        matching.release(key for key in released if _is_by_key(matching, key))
    for layer, target in moves.items():
        reason = f"the largest tensors of {layer} have the checksums of those of {target}"
        _pair_layers(matching, old[layer], new[target], reason)


def _find_moves(matching: Matching, doubtful: Iterable[str]) -> dict[str, str]:
    """Layers before, and the ones after that hold their largest tensors now."""
    keys = {key for key in doubtful if matching.before[key].size >= _FEW}
    places = defaultdict(list)
    for key, tensor in matching.after.items():
        if key in keys or key not in matching.taken:
            places[stored_content(tensor)].append(key)
    contents = {key: stored_content(matching.before[key]) for key in keys}
    suspects = {layer_of_key(key)[0] for key in keys if contents[key] in places}
    if not suspects:
        return {}
    found = Counter(map(stored_content, matching.before.values()))
    moves: dict[str, str] = {}
    layers = _layers(
        one for one in matching.before.values() if layer_of_key(one.key)[0] in suspects
    )
    for layer, tensors in layers.items():
        most = max(tensor.nbytes for tensor in tensors.values())
        targets = set()
        for tensor in (one for one in tensors.values() if one.nbytes == most):
            content = stored_content(tensor)
            there = places.get(content, []) if content is not None else []
            is_unique = found[content] == len(there) == 1
            targets.add(layer_of_key(there[0])[0] if is_unique else layer)
        if len(targets) == 1 and layer not in targets:
            moves[layer] = targets.pop()
    return moves if len(set(moves.values())) == len(moves) else {}


def _is_by_key(matching: Matching, key: str) -> bool:
    return key in matching.matches and matching.matches[key].by == "key"


def _layers(tensors: Iterable[Tensor]) -> Layers:
    layers: Layers = {}
    for tensor in tensors:
        if not is_bookkeeping(tensor):
            layer, name = layer_of_key(tensor.key)
            layers.setdefault(layer, {})[name] = tensor
    return layers


def _pair_layers(
    matching: Matching, old: Mapping[str, Tensor], new: Mapping[str, Tensor], reason: str
) -> None:
    for name, tensor in old.items():
        other = new.get(name)
        if other is not None and tensor.shape == other.shape and has_like_type(tensor, other):
            if compare_contents(tensor, other) == "equal":
                match = Match(other.key, "content", 0.99, "the same checksum")
            else:
                match = Match(other.key, "guess", 0.9, reason)
            matching.join(tensor.key, match)


def _pair_aligned(matching: Matching, doubtful: Iterable[str]) -> None:
    """Where shapes differ: pair layers that only count otherwise, in their order, by shapes."""
    misfits = [key for key in doubtful if matching.before[key].shape != matching.after[key].shape]
    families = {family_of(layer_of_key(key)[0]) for key in misfits}
    families = {family for family in families if "#" in family}
    if not families:
        return
    old, new = _families(matching.before, families), _families(matching.after, families)
    for family in sorted(families):
        if max(len(old[family]), len(new[family])) <= _MOST_LAYERS:
            _align(matching, old[family], new[family])


def _families(tensors: Mapping[str, Tensor], wanted: Iterable[str]) -> dict[str, Layers]:
    families: dict[str, Layers] = {family: {} for family in wanted}
    for layer, members in _layers(tensors.values()).items():
        if (family := family_of(layer)) in families:
            families[family][layer] = members
    return families


def _align(matching: Matching, old: Layers, new: Layers) -> None:
    """Pair the longest run of layers that fit, if more of them do than by their keys."""
    names = sorted(old, key=_order), sorted(new, key=_order)
    shapes = [_shapes(old[name]) for name in names[0]], [_shapes(new[name]) for name in names[1]]
    blocks = SequenceMatcher(None, *shapes, autojunk=False).get_matching_blocks()
    aligned = [(names[0][a + i], names[1][b + i]) for a, b, size in blocks for i in range(size)]
    fitting = sum(name in new and _shapes(old[name]) == _shapes(new[name]) for name in old)
    if len(aligned) <= fitting:
        return
    matching.release(one.key for name in old for one in old[name].values())
    for name, other in aligned:
        reason = f"shapes of the layers of {family_of(name)} fit in this order"
        _pair_layers(matching, old[name], new[other], reason)


def _order(layer: str) -> tuple[tuple[tuple[int, str], ...], ...]:
    return natural(tuple(layer.split("/")))


def _shapes(layer: Mapping[str, Tensor]) -> tuple[tuple[str, tuple[int, ...]], ...]:
    return tuple(sorted((name, tensor.shape) for name, tensor in layer.items()))
