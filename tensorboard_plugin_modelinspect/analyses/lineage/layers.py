"""Which layers two artifacts share, by name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from tensorboard_plugin_modelinspect.analyses.lineage.contents import UNKNOWN, Contents, Sketch
from tensorboard_plugin_modelinspect.analyses.lineage.result import SharedLayer, SharedTensor


def find_shared_layers(one: Sketch, two: Sketch, contents: Contents) -> tuple[SharedLayer, ...]:
    """Layers of the first artifact that are in the second, too, in stored order.

    Cost: a step for each weight of both.
    """
    totals = Counter(map(_layer, one.names))
    found: dict[str, list[SharedTensor]] = {}
    for tensor in _iter_shared(one, two, contents):
        found.setdefault(_layer(tensor.name), []).append(tensor)
    return tuple(
        SharedLayer(name, _layer(tensors[0].other_name), tuple(tensors), totals[name])
        for name, tensors in found.items()
    )


def _layer(name: str) -> str:
    """A name without its last part; all of one that has but one."""
    return name.rpartition("/")[0] or name


def _iter_shared(one: Sketch, two: Sketch, contents: Contents) -> Iterator[SharedTensor]:
    """Weights that are equal; a constant of one artifact stands for one of the other."""
    names: dict[int, dict[str, None]] = {}
    for name, content in zip(two.names, two.contents, strict=True):
        names.setdefault(content, {})[name] = None
    for name, content in zip(one.names, one.contents, strict=True):
        others = names.get(content)
        if content == UNKNOWN or not others:
            continue
        other = name if name in others else next(iter(others))
        if len(others) > 1 or not contents.is_own(content):
            del others[other]
        form = contents.form(content)
        yield SharedTensor(
            name=name,
            other_name=other,
            dtype=form.dtype.name,
            shape=form.shape,
            size=form.size,
            is_telling=contents.is_telling(content),
        )
