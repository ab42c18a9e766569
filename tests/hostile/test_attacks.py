"""Each attack is stopped where it should be, with the error that says what it is."""

from __future__ import annotations

import pytest

from tests.hostile import attacks_bundle, attacks_model
from tests.hostile.attacks import Attack, find_answer

ATTACKS = [
    pytest.param(attack, id=f"{name}: {attack.label}")
    for name, attacks in (
        ("checkpoint V2", attacks_bundle.ATTACKS),
        ("SavedModel", attacks_model.ATTACKS),
    )
    for attack in attacks
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_gets_its_answer(attack: Attack) -> None:
    """The stage, the class of the error and the words of its message are the expected ones; a
    message names the file."""
    found = find_answer(attack.make())
    assert (found.stage, found.error) == attack.answer[:2], found.words
    assert attack.answer.words in found.words
    assert found.stage == "none" or "folder/" in found.words
