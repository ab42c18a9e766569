"""Where the documents of two artifacts differ; of JSON, such as Keras configs, place by place."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice, zip_longest
from typing import cast

from tensorboard_plugin_modelinspect.analyses.diff.names import strip_numbers
from tensorboard_plugin_modelinspect.analyses.diff.result import DocumentDiff, Json, JsonChange
from tensorboard_plugin_modelinspect.model.artifact import Document

MOST_CHANGES = 1000
"""Changes of a document that are listed."""
_DEEPEST = 64
"""Levels of a document; below, two values are compared as one."""
_MISSING = object()
_VOLATILE = frozenset({"date_saved", "keras_version", "shared_object_id"})
"""What Keras writes anew with each save: in `metadata.json`, attributes of HDF5, and configs."""

Path = tuple[str | int, ...]
Name = tuple[str, int]


def diff_documents(
    before: Sequence[Document], after: Sequence[Document]
) -> tuple[DocumentDiff, ...]:
    """Documents that differ, those of `before` first.

    Cost: a step for each value of those that differ; at most `MOST_CHANGES` are listed of each.
    """
    old, new = list_documents(before), list_documents(after)
    diffs = (_diff(old.get(one), new.get(one)) for one in {**old, **new})
    repeats = (repeat for _, repeat in {**old, **new})
    return tuple(
        diff._replace(repeat=repeat)
        for diff, repeat in zip(diffs, repeats, strict=True)
        if diff is not None
    )


def list_documents(documents: Sequence[Document]) -> dict[tuple[str, int], Document]:
    """Documents by name, and by how many before them have the same."""
    found: dict[tuple[str, int], Document] = {}
    seen: Counter[str] = Counter()
    for document in documents:
        found[document.name, seen[document.name]] = document
        seen[document.name] += 1
    return found


def _diff(before: Document | None, after: Document | None) -> DocumentDiff | None:
    if before is None or after is None:
        return DocumentDiff((before or after or Document("", "")).name, before, after)
    if before.text == after.text:
        return None
    old, new = _parse(before), _parse(after)
    if old is _MISSING or new is _MISSING:
        # A version is not JSON, but its document's whole text.
        return DocumentDiff(after.name, before, after, is_volatile=after.name in _VOLATILE)
    found = tuple(islice(iter_changes(cast(Json, old), cast(Json, new)), MOST_CHANGES + 1))
    is_volatile = all(change.path[-1:] and change.path[-1] in _VOLATILE for change in found)
    is_cut = len(found) > MOST_CHANGES
    return DocumentDiff(after.name, before, after, found[:MOST_CHANGES], is_cut, is_volatile)


def _parse(document: Document) -> object:
    try:
        return json.loads(document.text, parse_constant=str)  # NaN is no JSON, but some write it
    except (ValueError, RecursionError):
        return _MISSING


def iter_changes(before: Json, after: Json, path: Path = ()) -> Iterator[JsonChange]:
    """Places where two values differ, from the outermost in.

    Items of lists that say their `name`, as layers do, are compared with those of the same name,
    others with those of the same place, counted from the end behind what is equal at both ends.
    """
    if is_same(before, after):
        return
    if len(path) < _DEEPEST:
        if isinstance(before, dict) and isinstance(after, dict):
            yield from _diff_dicts(before, after, path)
            return
        if isinstance(before, list) and isinstance(after, list):
            yield from _diff_lists(before, after, path)
            return
    yield JsonChange(path, "changed", before, after)


def is_same(before: Json, after: Json) -> bool:
    """Whether two values are the same JSON, in whatever order their names are."""
    try:
        return json.dumps(before, sort_keys=True) == json.dumps(after, sort_keys=True)
    except RecursionError:
        return False


def _diff_dicts(
    before: dict[str, Json], after: dict[str, Json], path: Path
) -> Iterator[JsonChange]:
    for name in {**before, **after}:
        yield from _diff_items(before.get(name, _MISSING), after.get(name, _MISSING), (*path, name))


def _diff_items(before: object, after: object, path: Path) -> Iterator[JsonChange]:
    if before is _MISSING:
        yield JsonChange(path, "added", None, cast(Json, after))
    elif after is _MISSING:
        yield JsonChange(path, "removed", cast(Json, before), None)
    else:
        yield from iter_changes(cast(Json, before), cast(Json, after), path)


def _diff_lists(before: list[Json], after: list[Json], path: Path) -> Iterator[JsonChange]:
    places = _places_by_name(before, after)
    if places is not None:
        old, new = places
        for name in {**old, **new}:
            place = old.get(name, new.get(name, 0))
            items = (
                before[old[name]] if name in old else _MISSING,
                after[new[name]] if name in new else _MISSING,
            )
            yield from _diff_items(*items, (*path, place))
        return
    start, stop = _equal_ends(before, after)
    middles = before[start : len(before) - stop], after[start : len(after) - stop]
    for place, items in enumerate(zip_longest(*middles, fillvalue=_MISSING), start):
        yield from _diff_items(*items, (*path, place))


def _places_by_name(
    before: list[Json], after: list[Json]
) -> tuple[dict[Name, int], dict[Name, int]] | None:
    """Places of the items of two lists by name, if all have one and stand in the same order.

    Keras counts layers anew in each process: where more of them agree so, `dense_15` and `dense_9`
    are the first of their name.
    """
    names = _names(before), _names(after)
    if not all(names):
        return None
    exact = [{(name, 0): place for place, name in enumerate(side)} for side in names]
    ranked = [_rank(side) for side in names]
    old, new = max(exact, ranked, key=lambda sides: len(sides[0].keys() & sides[1].keys()))
    is_unique = (len(old), len(new)) == (len(before), len(after))
    in_order = [one for one in old if one in new] == [one for one in new if one in old]
    return (old, new) if is_unique and in_order else None


def _rank(names: list[str]) -> dict[Name, int]:
    """Places by name without its numbers, and by how many before it have the same."""
    seen: Counter[str] = Counter()
    places = {}
    for place, name in enumerate(map(strip_numbers, names)):
        places[name, seen[name]] = place
        seen[name] += 1
    return places


def _names(items: list[Json]) -> list[str]:
    """What the items are called; nothing unless each has a name."""
    names = [_name(item) for item in items]
    return [name for name in names if name is not None] if None not in names else []


def _name(item: Json) -> str | None:
    if not isinstance(item, dict):
        return None
    config = item.get("config")
    name = item.get("name", config.get("name") if isinstance(config, dict) else None)
    return name if isinstance(name, str) else None


def _equal_ends(before: list[Json], after: list[Json]) -> tuple[int, int]:
    """How many items are equal at the start, and how many of the others at the end."""
    most = min(len(before), len(after))
    start = 0
    while start < most and is_same(before[start], after[start]):
        start += 1
    stop = 0
    while stop < most - start and is_same(before[-1 - stop], after[-1 - stop]):
        stop += 1
    return start, stop
