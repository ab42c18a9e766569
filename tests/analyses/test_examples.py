"""Features that models take out of `tf.Example` messages, as their makers wrote them."""

from __future__ import annotations

import pytest

from tensorboard_plugin_modelinspect.analyses.examples import find_features
from tensorboard_plugin_modelinspect.analyses.graph.analysis import GraphAnalysis
from tensorboard_plugin_modelinspect.model.feature import Feature
from tensorboard_plugin_modelinspect.opening import open_artifact
from tests.support.corpus import ROOT as CORPUS

AGE = ("float32", (1,), None)
WORDS = ("string", None, [])


def features(model: str, signature: str) -> dict[str, dict[str, tuple]]:
    """What is found: type, shape and default by name, for each input."""
    analysis = GraphAnalysis(open_artifact(CORPUS / model))
    found = find_features(analysis, ("serve",), signature)
    return {key: {one.name: told(one) for one in rows} for key, rows in found.items()}


def told(feature: Feature) -> tuple:
    """A feature as plain values."""
    default = None if feature.default is None else feature.default.tolist()
    return (feature.dtype.name, feature.shape, default)


def test_parse_example_v2():
    """Through two calls and an identity; defaults behind the reshape that TensorFlow adds."""
    assert features("callable/parser", "parse") == {
        "examples": {
            "age": AGE,
            "clicks": ("int64", (3,), [1, 2, 3]),
            "name": ("string", (), [b"nobody"]),
            "days": ("int64", (None, 2), []),
            "words": WORDS,
            "parts": ("float32", None, []),
        }
    }


def test_parse_single_example():
    """Keys are attributes there; an input that is not parsed has none."""
    assert features("callable/parser", "parse_one") == {"example": {"age": AGE, "words": WORDS}}


def test_parse_example_of_tensorflow_1():
    """An input for each key, in a main graph."""
    assert features("callable/parser_v1", "serving_default") == {
        "inputs": {
            "age": ("float32", (2,), None),
            "name": ("string", (1,), [b"nobody"]),
            "words": WORDS,
        }
    }


@pytest.mark.parametrize("signature", ["serving_default", "nothing"])
def test_none(signature):
    """Inputs that are no strings, and signatures that are none."""
    assert features("callable/shop", signature) == {}


def test_sizes_are_those_of_shapes():
    """Behind the functions of TensorFlow 2; a scalar is one value, an open shape any number."""
    analysis = GraphAnalysis(open_artifact(CORPUS / "run" / "examples"))
    [found] = find_features(analysis, ("serve",), "parse").values()
    assert {one.name: one.size for one in found} == {"id": 1, "weights": 2, "name": 1}
    [found] = find_features(
        GraphAnalysis(open_artifact(CORPUS / "callable" / "parser")), ("serve",), "parse"
    ).values()
    sizes = {one.name: one.size for one in found}
    assert (sizes["days"], sizes["words"], sizes["clicks"]) == (None, None, 3)


@pytest.mark.parametrize(
    ("model", "key"),
    [("run/sum", "join"), ("tf1_saved_model/assets", "serving_default"), ("run/tf1", "sparse")],
)
def test_other_strings_are_no_examples(model: str, key: str):
    """Strings that nothing parses, and inputs that are no strings."""
    assert features(model, key) == {}
