"""Keys that mean another layer than before, as they count: a layer was inserted, or numbers moved.

`layer_with_weights-3`, `variables/12` and `dense_2` are the third, the twelfth, the second of
something. Pairs by such keys are let go where names, contents or shapes say otherwise.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Mapping
from difflib import SequenceMatcher

from tensorboard_plugin_modelinspect.analyses.diff.matching import (
    Match,
    Matching,
    compare_contents,
    has_like_type,
    stored_content,
)
from tensorboard_plugin_modelinspect.analyses.diff.names import (
    is_bookkeeping,
    layer_of_key,
    strip_numbers,
)
from tensorboard_plugin_modelinspect.model.tensor import Tensor

_MOST_LAYERS = 300
"""Of a family that is aligned: it takes the square of their number in the worst case."""
_MOST_LOOKED_AT = 1_000_000
"""Keys that are looked through for layers of families, in all."""
_FEW = 8
"""Elements below which equal contents are a matter of chance."""

Layers = dict[str, dict[str, Tensor]]
"""Tensors by the layer that they are below, and by the rest of their keys."""
Family = tuple[str, str]
_LAST_NUMBER = re.compile(r"(\D*)(\d+)")


def release_shifted(matching: Matching) -> None:
    """Undo pairs by key that are not the same layer, and pair what takes their place.

    Cost: a step for each pair that is not known to be equal.
    """
    doubtful = [key for key in matching.matches if _is_doubtful(matching, key)]
    if not doubtful:
        return
    _release_other_names(matching, doubtful)
    _release_unlike(matching, _still_by_key(matching, doubtful))
    _pair_moved(matching, _still_by_key(matching, doubtful))
    _pair_aligned(matching, _still_by_key(matching, doubtful))


def _still_by_key(matching: Matching, keys: Iterable[str]) -> list[str]:
    return [key for key in keys if matching.taken.get(key) == key]


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


def _release_unlike(matching: Matching, doubtful: Iterable[str]) -> None:
    """Let go of pairs that share neither shape nor name: another layer stands in that place.

    Numbers in names do not count: Keras counts its layers anew in each process.
    """
    for key in doubtful:
        old, new = matching.before[key], matching.after[key]
        if old.shape != new.shape and _are_unlike(old.name, new.name):
            matching.release([key])


def _are_unlike(one: str, other: str) -> bool:
    """Whether names differ in more than numbers; one that ends in a number says but whose it is."""
    pairs = one.rpartition("/")[::2], other.rpartition("/")[::2]
    if any(last.isdecimal() for _, last in pairs):
        one, other = pairs[0][0], pairs[1][0]
    return strip_numbers(one) != strip_numbers(other)


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
    places = {*moves, *moves.values()}
    matching.release([key for key in matching.matches if _layer_among(key, places)])
    for key in matching.before:
        layer = _layer_among(key, moves)
        if layer:
            target = moves[layer]
            reason = f"the largest tensors of {layer} have the checksums of those of {target}"
            _pair_keys(matching, key, target + key[len(layer) :], reason)


def _layer_among(key: str, layers: Container[str]) -> str:
    """The nearest of some layers that a key is below; empty if it is below none."""
    layer = key.rpartition("/")[0]
    while layer and layer not in layers:
        layer = layer.rpartition("/")[0]
    return layer


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
    for layer, tensors in _members(matching.before.values(), suspects).items():
        most = max(tensor.nbytes for tensor in tensors)
        targets = set()
        for tensor in (one for one in tensors if one.nbytes == most):
            content = stored_content(tensor)
            there = places.get(content, []) if content is not None else []
            is_unique = found[content] == len(there) == 1
            targets.add(layer_of_key(there[0])[0] if is_unique else layer)
        if len(targets) == 1 and layer not in targets:
            moves[layer] = targets.pop()
    return moves if len(set(moves.values())) == len(moves) else {}


def _members(tensors: Iterable[Tensor], layers: Container[str]) -> dict[str, list[Tensor]]:
    members: dict[str, list[Tensor]] = defaultdict(list)
    for tensor in tensors:
        layer = layer_of_key(tensor.key)[0]
        if layer in layers and not is_bookkeeping(tensor):
            members[layer].append(tensor)
    return members


def _pair_keys(matching: Matching, before: str, after: str, reason: str) -> None:
    """Pair two tensors if they fit."""
    old, new = matching.before[before], matching.after.get(after)
    if new is None or old.shape != new.shape or not has_like_type(old, new):
        return
    if before == after:
        match = Match(after, "key", 1.0, "")
    elif compare_contents(old, new) == "equal":
        match = Match(after, "content", 0.99, "the same checksum")
    else:
        match = Match(after, "guess", 0.9, reason)
    matching.join(before, match)


def _pair_aligned(matching: Matching, doubtful: Iterable[str]) -> None:
    """Where shapes differ: pair layers that only count otherwise, in their order, by shapes."""
    misfits = [key for key in doubtful if matching.before[key].shape != matching.after[key].shape]
    waiting = {family for key in misfits if (family := _family(key, ""))}
    left = _MOST_LOOKED_AT
    while waiting and left > 0:
        family = waiting.pop()
        left -= len(matching.before) + len(matching.after)
        old, new = _layers(matching.before, family), _layers(matching.after, family)
        if max(len(old), len(new)) > _MOST_LAYERS or _align(matching, family, old, new):
            continue
        # No layer of the family moved as a whole: perhaps one did inside of them.
        below = ((key, _outer(key, family)) for key in misfits)
        waiting |= {inner for key, outer in below if outer and (inner := _family(key, outer))}


def _family(key: str, outer: str) -> Family | None:
    """The outermost layers below `outer` that are counted: what their names begin and end with."""
    *layers, _ = key[len(outer) :].split("/")
    before = outer
    for layer in layers:
        counted = _split_count(layer)
        if counted is not None:
            return before + counted[0], f"{counted[2]}/"
        before += f"{layer}/"
    return None


def _split_count(layer: str) -> tuple[str, str, str] | None:
    """A name around its last number; from behind, so that it takes one pass whatever it is."""
    match = _LAST_NUMBER.match(layer[::-1])
    if match is None:
        return None
    after, number = match[1][::-1], match[2][::-1]
    return layer[: len(layer) - match.end()], number, after


def _outer(key: str, family: Family) -> str:
    """The layer of a family that a key is below, and all that is before it; else empty."""
    match = _pattern(family).match(key)
    return "" if match is None else match[0]


def _pattern(family: Family) -> re.Pattern[str]:
    """Of its layers; Keras calls the first of them `dense`, without a number."""
    before, after = map(re.escape, family)
    stem = before.removesuffix("_")
    return re.compile(f"{before}\\d+{after}" if stem == before else f"{stem}(?:_\\d+)?{after}")


def _layers(tensors: Mapping[str, Tensor], family: Family) -> Layers:
    """Tensors below layers of a family, by layer and by the rest of their keys."""
    pattern = _pattern(family)
    layers: Layers = defaultdict(dict)
    for key, tensor in tensors.items():
        match = pattern.match(key)
        if match is not None:
            layers[match[0]][key[match.end() :]] = tensor
    return layers


def _align(matching: Matching, family: Family, old: Layers, new: Layers) -> bool:
    """Pair the longest run of layers that fit, if more of them do than by their keys."""
    names = sorted(old, key=_number), sorted(new, key=_number)
    shapes = [_shapes(old[name]) for name in names[0]], [_shapes(new[name]) for name in names[1]]
    blocks = SequenceMatcher(None, *shapes, autojunk=False).get_matching_blocks()
    aligned = [(names[0][a + i], names[1][b + i]) for a, b, size in blocks for i in range(size)]
    fitting = sum(name in new and _shapes(old[name]) == _shapes(new[name]) for name in old)
    if len(aligned) <= fitting:
        return False
    matching.release(tensor.key for layer in old.values() for tensor in layer.values())
    reason = f"shapes of the layers {''.join(family)} fit in this order"
    for name, other in aligned:
        for rest, tensor in old[name].items():
            _pair_keys(matching, tensor.key, other + rest, reason)
    return True


def _number(layer: str) -> int:
    counted = _split_count(layer.rstrip("/").rpartition("/")[2])
    return -1 if counted is None else int(counted[1][:18])


def _shapes(layer: Mapping[str, Tensor]) -> tuple[tuple[str, tuple[int, ...]], ...]:
    return tuple(sorted((name, tensor.shape) for name, tensor in layer.items()))
