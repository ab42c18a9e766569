"""Bytecode of any Python is taken apart as that Python does it, and no bytes do harm."""

from __future__ import annotations

import base64
import dis
import json
import marshal
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tensorboard_plugin_modelinspect.analyses.scan.disassembly import known_opcodes, list_code
from tensorboard_plugin_modelinspect.analyses.scan.lambdas import read_lambda
from tensorboard_plugin_modelinspect.analyses.scan.marshalled import parse_code, walk_code

SAID = json.loads((Path(__file__).parent / "bytecode.json").read_text(encoding="utf-8"))
"""By version and name: what each Python marshalled, and the instructions that its `dis` lists.
`make_bytecode.py` asked them."""
CASES = [(version, name) for version, functions in SAID.items() for name in functions]


@pytest.mark.parametrize(("version", "name"), CASES)
def test_as_its_own_python_says(version: str, name: str) -> None:
    """Names, constants and instructions, in order, of a function and of those in it."""
    said = SAID[version][name]
    code = parse_code(base64.b64decode(said["code"]))
    assert code is not None
    assert [one.name for one in walk_code(code)] == said["functions"]
    assert list(code.names) == said["names"]
    lines = list(list_code(code, 10_000))
    assert version in lines[0].partition("# Python ")[2].split(" or ")
    is_newest = lines[0].endswith(version)
    listed = [line.split()[1] for line in lines if line.startswith("   ")]
    if is_newest:
        assert listed == said["instructions"]
    else:  # of Pythons that cannot be told apart the newest lists
        assert len(listed) == len(said["instructions"])


@pytest.mark.parametrize(("version", "name"), CASES)
def test_what_it_names_decides(version: str, name: str) -> None:
    """What calls the system is critical, arithmetic is code all the same."""
    reading = read_lambda(SAID[version][name]["code"])
    assert reading.severity == ("critical" if name == "runs" else "medium")
    assert reading.listing


def test_this_python_too() -> None:
    """Whatever Python runs the tests, if it is known."""
    if sys.version_info[:2] not in [one.version for one in known_opcodes()]:
        pytest.skip("this Python is newer than the table")
    function = json.JSONEncoder.iterencode
    code = parse_code(marshal.dumps(function.__code__))
    assert code is not None
    listed = [line.split()[1] for line in list_code(code, 10_000) if line.startswith("   ")]
    expected = [
        one.opname
        for one in dis.get_instructions(function)
        if one.opname not in ("EXTENDED_ARG", "CACHE")
    ]
    assert listed[: len(expected)] == expected


@given(st.data())
def test_damage_is_no_crash(data: st.DataObject) -> None:
    """Cut or changed bytes give a reading, never an exception, and never too much."""
    version, name = data.draw(st.sampled_from(CASES))
    octets = bytearray(base64.b64decode(SAID[version][name]["code"]))
    for _ in range(data.draw(st.integers(1, 4))):
        octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
    octets = octets[: data.draw(st.integers(0, len(octets)))]
    reading = read_lambda(base64.b64encode(bytes(octets)).decode())
    assert len(reading.listing) <= 401


@given(st.binary(max_size=200))
def test_any_bytes(octets: bytes) -> None:
    """The same for bytes that never were code."""
    parse_code(octets)
    read_lambda(octets.decode("latin-1"))


def test_deep_and_endless_objects_are_refused() -> None:
    """Tuples in tuples, sizes that are not there, references to what is still being read."""
    assert parse_code(b"\x29\x01" * 5_000 + b"N") is None
    assert parse_code(b"(\xff\xff\xff\x7f" + b"N" * 20) is None
    assert parse_code(b"\xa9\x01r\x00\x00\x00\x00") is None
