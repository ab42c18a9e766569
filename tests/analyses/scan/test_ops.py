"""Every op of TensorFlow is decided, and the page of the documentation shows how."""

from pathlib import Path

from tensorboard_plugin_modelinspect.analyses.scan.ops import (
    decided_ops,
    families,
    reported_ops,
    table_version,
)
from tensorboard_plugin_modelinspect.analyses.scan.rules import RULES
from tensorboard_plugin_modelinspect.model import op_definitions
from tensorboard_plugin_modelinspect.model.ops import inputs_of, outputs_of
from tools import scan_tables

REGISTERED = {
    name
    for line in op_definitions.OUTPUTS.replace("\n ", " ").splitlines()
    for name in line.partition(" | ")[2].split(" ")
    if name
}


def test_every_op_is_decided() -> None:
    """An op that a new TensorFlow brings has to be put into a family before this passes."""
    assert sorted(REGISTERED - decided_ops()) == []
    assert f"TensorFlow {table_version()}:" in (op_definitions.__doc__ or "")


def test_each_op_is_decided_once() -> None:
    """No two families have the same op, and all of them exist."""
    names = [op for family in families() for op in family.ops]
    assert len(names) == len(set(names))
    assert sorted(set(names) - REGISTERED) == []


def test_what_is_reported_has_a_rule_and_a_place() -> None:
    """The family is the rule; the argument is an input that the op has."""
    assert {family.name for family in families() if family.decision == "report"} <= set(RULES)
    for op, reported in reported_ops().items():
        assert reported.slot < len(inputs_of(op) or ()), op
        assert outputs_of(op) is not None


def test_what_stateful_ops_with_files_do_is_not_called_harmless() -> None:
    """Ops whose inputs or names speak of files are reported, or known to be harmless."""
    known = {"ShardedFilename", "ShardedFilespec", "DatasetToGraph", "ParseExampleDataset"}
    words = ("filename", "filenames", "file_pattern", "patterns", "path", "logdir", "directory")
    for op in REGISTERED - set(reported_ops()) - known:
        assert not {one.name for one in inputs_of(op) or ()}.intersection(words), op


def test_the_page_has_these_tables() -> None:
    """docs/scan.md is written anew with `python -m tools.scan_tables`."""
    text = scan_tables.TARGET.read_text(encoding="utf-8")
    assert scan_tables.generate(text) == text
    assert Path(scan_tables.TARGET).name == "scan.md"
