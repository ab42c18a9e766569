"""The corpus: small files that TensorFlow wrote, and what it says about them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[1] / "corpus"


class Recorded(NamedTuple):
    """One artifact and its recorded answers; `tests/corpus/README.md` describes them."""

    path: Path
    answers: dict[str, Any]

    @property
    def id(self) -> str:
        """Its path in the corpus."""
        return str(self.path.relative_to(ROOT))


def recorded(**wanted: str) -> list[Recorded]:
    """Artifacts whose answers have these values, e.g. `state="complete"`; all without any."""
    return [
        artifact
        for artifact in _all()
        if all(artifact.answers.get(field) == value for field, value in wanted.items())
    ]


def params(artifacts: list[Recorded]) -> list[Any]:
    """As parameters of a test, one per artifact, each under its path."""
    import pytest  # not at the top: TensorFlow's environment has none and reads the corpus too

    return [pytest.param(artifact, id=artifact.id) for artifact in artifacts]


def latest_checkpoints() -> list[tuple[Path, Any]]:
    """Folders with a state file, and what TensorFlow takes for their newest checkpoint."""
    found = []
    for path in sorted(ROOT.glob("*/answers.json")):
        answers = json.loads(path.read_text(encoding="utf-8"))
        for folder, prefix in answers["latest_checkpoint"].items():
            found.append((path.parent / folder, prefix))
    return found


def _all() -> Iterator[Recorded]:
    for path in sorted(ROOT.glob("*/answers.json")):
        artifacts = json.loads(path.read_text(encoding="utf-8"))["artifacts"]
        for name, answers in artifacts.items():
            yield Recorded(path.parent / name, answers)
