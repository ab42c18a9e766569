"""Encodings below any format: protobuf messages, SSTables, checksums, ordered keys."""
