"""Archives that are odd, though right; what is wrong is in tests/hostile/attacks_keras.py."""

from __future__ import annotations

import io
import json
import zipfile

import numpy as np
import pytest

from tensorboard_plugin_modelinspect.errors import FormatError, Unsupported
from tensorboard_plugin_modelinspect.formats.keras import archive as archive_module
from tensorboard_plugin_modelinspect.formats.keras.archive import Archive
from tensorboard_plugin_modelinspect.model.artifact import Artifact
from tensorboard_plugin_modelinspect.opening import open_candidate
from tensorboard_plugin_modelinspect.sources.counting import CountingFolder
from tensorboard_plugin_modelinspect.sources.memory import MemoryFile, MemoryFolder
from tests.support.artifacts import candidates_in_memory
from tests.support.keras_writer import (
    CONFIG,
    WEIGHTS,
    archive,
    dense_config,
    members,
    model_config,
    weights,
)


def open_bytes(data: bytes, name: str = "model.keras") -> Artifact:
    """An artifact of one file."""
    files = {name: data}
    [candidate] = candidates_in_memory(files)
    return open_candidate(MemoryFolder(files, "folder"), candidate)


def assert_is_sound(artifact: Artifact) -> None:
    kernel = artifact.tensors["layers/dense/vars/0"]
    assert (kernel.name, kernel.role) == ("head/kernel", "weight")
    assert kernel.read().tolist() == [[0, 1], [2, 3], [4, 5]]
    assert not artifact.notes


def test_stored_members_are_read_in_place() -> None:
    """Values of a stored member are read by position; a compressed one is unpacked in memory."""
    assert_is_sound(open_bytes(archive()))
    assert_is_sound(open_bytes(archive(compression=zipfile.ZIP_DEFLATED)))


def test_archives_may_be_large_and_begin_late() -> None:
    """Zip64, and bytes in front of the archive, as zip programs allow."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as opened:
        for name, data in members().items():
            with opened.open(name, "w", force_zip64=True) as member:
                member.write(data)
    assert_is_sound(open_bytes(buffer.getvalue()))
    buffer = io.BytesIO(b"#!/usr/bin/env python\n")
    with zipfile.ZipFile(buffer, "a") as opened:
        for name, data in members().items():
            opened.writestr(zipfile.ZipInfo(name), data)
    assert_is_sound(open_bytes(buffer.getvalue()))


def test_opening_reads_no_values() -> None:
    """A model of 4 MB costs a few kilobytes to open."""
    files = members()
    files[WEIGHTS] = weights(dense__0=np.zeros((1000, 1000), np.float32))
    counted = CountingFolder(MemoryFolder({"model.keras": archive(files)}))
    [candidate] = candidates_in_memory({"model.keras": archive(files)})
    open_candidate(counted, candidate)
    assert counted.nbytes < 150_000


def test_members_become_documents() -> None:
    """Config, metadata and vocabularies, as stored; a large asset is left out."""
    files = members() | {"assets/lookup/vocabulary.txt": b"a\n\xff\n", "assets/big": bytes(2 << 20)}
    documents = {one.name: one.text for one in open_bytes(archive(files)).documents}
    assert json.loads(documents[CONFIG]) == model_config(dense_config("head"))
    assert documents["assets/lookup/vocabulary.txt"] == "a\n\udcff\n"
    assert "assets/big" not in documents


def test_without_weights() -> None:
    """A model that was never built, and weights in numpy's form, are said in a note."""
    files = members()
    del files[WEIGHTS]
    assert "there are no weights" in open_bytes(archive(files)).notes[0]
    numpy = open_bytes(archive({**files, "model.weights.npz": b"PK"}))
    assert "model.weights.npz: weights in this form are not read" in numpy.notes[0]


def test_an_archive_may_have_another_name() -> None:
    """What is in a file counts: an archive that is called `.h5` is one."""
    artifact = open_bytes(archive(), "model.h5")
    assert (artifact.kind, artifact.format) == ("h5", "Keras archive")
    assert_is_sound(artifact)


def test_large_compressed_members_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """They would have to be unpacked in memory to be read anywhere."""
    monkeypatch.setattr(archive_module, "_LARGEST_UNPACKED", 100)
    with pytest.raises(Unsupported, match=r"^folder/model\.keras/model\.weights\.h5: .* Unzip"):
        open_bytes(archive(compression=zipfile.ZIP_DEFLATED))


def test_missing_members() -> None:
    """Asking for what is not there names the archive and the member."""
    opened = Archive(MemoryFile(archive(), "model.keras"))
    with pytest.raises(FormatError, match=r"^model\.keras: expected nothing in it, found none"):
        opened.read_text("nothing")
