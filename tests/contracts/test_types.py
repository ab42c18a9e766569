"""`frontend/src/api/types.ts` is what the payloads say."""

from __future__ import annotations

import dataclasses

import pytest

from tensorboard_plugin_modelinspect.views.http import payloads
from tools.generate_types import TARGET, generate, payload_classes, typescript


def test_the_file_is_fresh():
    """A payload and its TypeScript change together: `python -m tools.generate_types`."""
    assert TARGET.read_text(encoding="utf-8") == generate()


def test_every_payload_is_there():
    """Each dataclass is an interface, with every field and its sentence."""
    text = generate()
    classes = payload_classes()
    assert len(classes) > 30
    for payload in classes:
        body = text.partition(f"export interface {payload.__name__} {{\n")[2].partition("\n}")[0]
        names = [line.strip().partition(":")[0] for line in body.splitlines()]
        assert names == [field.name for field in dataclasses.fields(payload)]
        assert payload.__doc__.strip().splitlines()[0] in text


@pytest.mark.parametrize(
    ("hint", "expected"),
    [
        (int, "number"),
        (float | None, "number | null"),
        (list[int | None] | None, "(number | null)[] | null"),
        (list[list[int]], "number[][]"),
        (list[tuple[str, int]], "[string, number][]"),
        (list[tuple[int, ...]], "number[][]"),
        (dict[str, str] | None, "{ [name: string]: string } | null"),
        (list[payloads.ArtifactRow], "ArtifactRow[]"),
    ],
)
def test_types_by_rule(hint, expected):
    """Python's types have one TypeScript each."""
    assert typescript(hint) == expected


@pytest.mark.parametrize("hint", [bytes, set[int], dict[int, str], object])
def test_what_json_has_not_is_refused(hint):
    """A field of a type that JSON cannot carry stops the generator."""
    with pytest.raises(TypeError, match="has no TypeScript"):
        typescript(hint)
