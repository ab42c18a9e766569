"""Protobuf messages: TensorFlow's field numbers, our package, errors of ours."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tensorboard_plugin_modelinspect.codecs import protos
from tensorboard_plugin_modelinspect.codecs.protos import (
    message_class,
    parse_message,
    parse_text_message,
    trackable_object_graph_class,
)
from tensorboard_plugin_modelinspect.errors import FormatError, LimitExceeded
from tests.support.bundle_writer import encode_entry, encode_header, encode_shape, encode_slice

NAMES = [*protos._BUNDLE, *protos._STATE, *protos._SAVED_MODEL]


@pytest.mark.parametrize("name", NAMES)
def test_messages_stand_in_a_package_of_their_own(name: str) -> None:
    """A `tensorflow.*` symbol declared twice would break a process that imports TensorFlow too."""
    descriptor = message_class(name).DESCRIPTOR
    assert descriptor.full_name == f"modelinspect.{name}"
    assert message_class(name)().SerializeToString() == b""


def test_bundle_messages_read_what_is_written() -> None:
    """Field numbers are those of tensor_bundle.proto, as the writer of the tests has them."""
    header = message_class("BundleHeaderProto").FromString(
        encode_header(3, is_big_endian=True, producer=2, min_consumer=1, bad_consumers=[7])
    )
    assert (header.num_shards, header.endianness) == (3, 1)
    version = header.version
    assert (version.producer, version.min_consumer, [*version.bad_consumers]) == (2, 1, [7])
    entry = message_class("BundleEntryProto").FromString(
        encode_entry(14, (2, 3), shard=4, offset=5, nbytes=6, slices=[encode_slice([(1, -1)])])
    )
    assert (entry.dtype, entry.shard_id, entry.offset, entry.size) == (14, 4, 5, 6)
    shape = message_class("TensorShapeProto").FromString(entry.shape)
    assert entry.shape == encode_shape((2, 3))
    assert [dim.size for dim in shape.dim] == [2, 3]
    [axis] = message_class("TensorSliceProto").FromString(entry.slices[0]).extent
    assert (axis.start, axis.HasField("length")) == (1, False)


def test_messages_of_tensorboard_are_used_where_it_has_them() -> None:
    """The object graph is TensorBoard's; a SavedModel holds its MetaGraphs."""
    assert trackable_object_graph_class().DESCRIPTOR.full_name.startswith("tensorboard.")
    graphs = message_class("SavedModel").DESCRIPTOR.fields_by_name["meta_graphs"]
    assert graphs.message_type.full_name == "tensorboard.MetaGraphDef"


@pytest.mark.parametrize("data", [b"\xff", b"\x0a\x05abc", b"\x0a\x02\xff\xfe", b"\x08" * 3])
def test_broken_bytes_are_a_format_error(data: bytes) -> None:
    """Wrong tags, lengths, and text that is no UTF-8; the message is named."""
    with pytest.raises(FormatError, match=r"x\.pb, graph: expected a CheckpointState protobuf"):
        parse_message(message_class("CheckpointState"), data, path="x.pb", field="graph")


def test_more_than_protobuf_can_hold_is_not_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Protobuf's limit is checked first."""
    monkeypatch.setattr(protos, "LARGEST_MESSAGE", 3)
    with pytest.raises(LimitExceeded):
        parse_message(message_class("CheckpointState"), bytes(4), path="x")


def test_text_skips_what_is_new_and_names_the_line() -> None:
    """Unknown fields are skipped; what is no text says where."""
    state_class = message_class("CheckpointState")
    text = b'new_field { a: 1 }\nmodel_checkpoint_path: "x"\n'
    assert parse_text_message(state_class, text, path="f").model_checkpoint_path == "x"
    with pytest.raises(FormatError, match=r"^f, line 2: expected .* in text form, found"):
        parse_text_message(state_class, b'model_checkpoint_path: "x"\n}', path="f")


def test_parsing_needs_no_tensorflow() -> None:
    """Reading a bundle's messages imports neither TensorFlow nor the rest of TensorBoard."""
    code = """
import sys
from tensorboard_plugin_modelinspect.codecs.protos import message_class
message_class("BundleEntryProto"), message_class("CheckpointState")
print(*(name for name in ("tensorflow", "tensorboard") if name in sys.modules))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout.strip()) == (0, ""), done.stderr
