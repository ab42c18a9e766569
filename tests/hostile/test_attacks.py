"""Each attack is stopped where it should be, with the error that says what it is."""

from __future__ import annotations

import pytest

from tensorboard_plugin_modelinspect.errors import FormatError
from tests.hostile import attacks_bundle, attacks_graph, attacks_keras, attacks_model, attacks_v1
from tests.hostile.attacks import Attack, find_answer

ATTACKS = [
    pytest.param(attack, id=f"{name}: {attack.label}")
    for name, attacks in (
        ("checkpoint V2", attacks_bundle.ATTACKS),
        ("checkpoint V1", attacks_v1.ATTACKS),
        ("SavedModel", attacks_model.ATTACKS),
        ("GraphDef", attacks_graph.ATTACKS),
        ("Keras", attacks_keras.ATTACKS),
    )
    for attack in attacks
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_gets_its_answer(attack: Attack) -> None:
    """The stage, the class of the error and the words of its message are the expected ones; that
    of a damaged file names the file."""
    found = find_answer(attack.make())
    assert (found.stage, found.error) == attack.answer[:2], found.words
    assert attack.answer.words in found.words
    if found.error is not None and issubclass(found.error, FormatError):
        assert found.words.startswith("folder/")
