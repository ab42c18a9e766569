"""Files of Keras, compared with what Keras and h5py say of them."""

from __future__ import annotations

from typing import Any

import pytest

from tensorboard_plugin_modelinspect.analyses.totals import compute_totals
from tensorboard_plugin_modelinspect.opening import open_artifact
from tests.support.corpus import Recorded, params, recorded

KERAS = [*recorded(kind="keras", state="complete"), *recorded(kind="h5", state="complete")]
NUMBERED = {
    "pictures-7.weights.h5": {"unscaled/beta", "group/gamma"},  # or gamma, or beta
    "words-7.weights.h5": {"steps/each/kernel", "steps/each/bias"},  # of a layer of any class
    "custom.keras": {"custom/scale/factor", "custom/scale/seen", "custom/shift"},
}
"""Variables of which the file does not tell the names, by Keras' path."""


def with_field(field: str) -> list[Any]:
    """Keras' files that have a recorded field, as parameters."""
    return params([artifact for artifact in KERAS if field in artifact.answers])


@pytest.mark.parametrize("artifact", with_field("saved"))
def test_names_and_roles(artifact: Recorded) -> None:
    """What Keras saved under a key has the variable's own name, and is trained or not as there."""
    tensors = open_artifact(artifact.path).tensors
    for key, saved in artifact.answers["saved"].items():
        tensor, path = tensors[key], saved["path"]
        assert tensor.role == ("weight" if saved["trained"] else "state"), key
        if path in NUMBERED.get(artifact.path.name, ()):
            assert tensor.name.rpartition("/")[2].isdecimal()
        else:
            assert tensor.name.split("/")[-1] == path.split("/")[-1], key


@pytest.mark.parametrize("artifact", with_field("count_params"))
def test_count_params(artifact: Recorded) -> None:
    """Parameters of the model are `model.count_params()`, those of the optimizer its own."""
    totals = compute_totals(open_artifact(artifact.path).tensors.values())
    assert totals.model_parameters == artifact.answers["count_params"]
    optimizer = totals.by_role.get("optimizer")
    assert (optimizer.parameters if optimizer else 0) == artifact.answers["optimizer_params"]


@pytest.mark.parametrize("artifact", with_field("texts"))
def test_texts_are_documents(artifact: Recorded) -> None:
    """Texts at the root of the HDF5 file are documents, whole."""
    documents = {one.name: len(one.text) for one in open_artifact(artifact.path).documents}
    assert {name: documents.get(name) for name in artifact.answers["texts"]} == artifact.answers[
        "texts"
    ]


@pytest.mark.parametrize("artifact", with_field("format"))
def test_format(artifact: Recorded) -> None:
    """What is said of the form is what Keras was asked to write, whatever the file is called."""
    assert open_artifact(artifact.path).format == artifact.answers["format"]
