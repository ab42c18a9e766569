"""FarmHash against what TensorFlow computes."""

from __future__ import annotations

import json

import pytest

from tensorboard_plugin_modelinspect.codecs.farmhash import fingerprint64
from tests.support.corpus import ROOT, Recorded, params, recorded

HASHES = json.loads((ROOT / "fingerprints" / "hashes.json").read_text(encoding="utf-8"))
FINGERPRINTED = [one for one in recorded() if one.answers.get("fingerprint")]


def sample(length: int) -> bytes:
    """The bytes that TensorFlow was asked about, as `tests/corpus/fingerprints/make.py` has it."""
    return bytes((7 * number * number + number // 3) % 251 for number in range(length))


def test_every_length_is_hashed_as_by_tensorflow() -> None:
    """Each branch of the algorithm, at each of its borders, gives TensorFlow's number."""
    assert len(HASHES) > 200
    for length, expected in HASHES.items():
        assert fingerprint64(sample(int(length))) == int(expected), length


@pytest.mark.parametrize("artifact", params(FINGERPRINTED))
def test_an_index_has_the_hash_of_its_fingerprint(artifact: Recorded) -> None:
    """`checkpoint_hash` is the hash of the bytes of `variables.index`."""
    index = artifact.path / "variables" / "variables.index"
    expected = artifact.answers["fingerprint"].get("checkpoint_hash")
    assert str(fingerprint64(index.read_bytes())) == expected


def test_nothing_has_a_hash_too() -> None:
    """No bytes give the constant that the algorithm starts from, as `farmhash.cc` says."""
    assert fingerprint64(b"") == 0x9AE16A3B2F90404F
