"""Which features of examples a signature parses."""

from __future__ import annotations

from pathlib import Path

import pytest

from tensorboard_plugin_modelinspect.formats.exported_graph import read_exported_graphs
from tensorboard_plugin_modelinspect.formats.parsing_spec import read_features
from tensorboard_plugin_modelinspect.model.signature import Signature
from tensorboard_plugin_modelinspect.sources.local import LocalFolder
from tests.support.corpus import ROOT as CORPUS


def features(path: Path, key: str) -> dict[str, set[tuple[str, str, int | None]]]:
    """By input: name, type and size."""
    folder = LocalFolder(str(path))
    graph = read_exported_graphs(folder)[0]
    signature: Signature = next(item for item in graph.signatures if item.key == key)
    found = read_features(folder, graph.tags, signature)
    return {name: {(f.name, f.dtype.name, f.size) for f in each} for name, each in found.items()}


def test_features_behind_calls() -> None:
    """Through the functions of TensorFlow 2 to the op that parses."""
    assert features(CORPUS / "run" / "examples", "parse") == {
        "examples": {("id", "int64", 1), ("weights", "float32", 2), ("name", "string", 1)}
    }


@pytest.mark.parametrize(
    ("model", "key"),
    [("run/sum", "join"), ("tf1_saved_model/assets", "serving_default"), ("run/tf1", "sparse")],
)
def test_other_strings_are_no_examples(model: str, key: str) -> None:
    """Strings that nothing parses, and inputs that are no strings."""
    assert features(CORPUS / model, key) == {}
