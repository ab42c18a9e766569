"""The file that makes a folder a SavedModel: `saved_model.pb`, or as text `.pbtxt`.

tensorflow/core/protobuf/saved_model.proto.
"""

from __future__ import annotations

from typing import Any

from tensorboard_plugin_modelinspect.codecs.protos import (
    LARGEST_MESSAGE,
    message_class,
    parse_message,
    parse_text_message,
)
from tensorboard_plugin_modelinspect.errors import (
    FormatError,
    LimitExceeded,
    NotFound,
    Unsupported,
)
from tensorboard_plugin_modelinspect.formats.lfs import refuse_lfs_pointer
from tensorboard_plugin_modelinspect.sources.base import Folder

BINARY, TEXT, CHUNKED = "saved_model.pb", "saved_model.pbtxt", "saved_model.cpb"
GRAPHS = (BINARY, TEXT, CHUNKED)
_MOST_META_GRAPHS = 1000
"""Real models have one to ten; one takes a hundred times the two bytes it can be stored in."""


def read_saved_model(folder: Folder) -> Any:
    """Parse the folder's `SavedModel` message; binary is preferred, as TensorFlow does.

    Raises:
        NotFound: There is none.
        FormatError: It is empty, damaged, larger than a protobuf can be, or holds no MetaGraph.
        Unsupported: Only a chunked `saved_model.cpb` is there.
    """
    name = graph_name(folder)
    if name is None:
        if folder.stat(CHUNKED) is not None:
            raise Unsupported(
                f"{folder.name}/{CHUNKED}: the chunked form is not read, nor does any released"
                " TensorFlow load it. Export the model without `experimental_image_format`."
            )
        raise NotFound(
            f"{folder.name}: no {BINARY} or {TEXT} in this folder. `modelinspect ls` lists what is"
            " below it."
        )
    source = folder.open(name)
    try:
        refuse_lfs_pointer(source)
        if source.nbytes == 0:
            advice = "The export was interrupted, or the copy: export or copy it again."
            raise FormatError(
                path=source.name, expected="a SavedModel", found="an empty file", next_step=advice
            )
        if source.nbytes > LARGEST_MESSAGE:
            found = f"{source.nbytes:,} bytes"
            raise LimitExceeded(path=source.name, expected="under 2 GiB", found=found)
        data = source.read(0, source.nbytes)
    finally:
        source.close()
    saved_model_class = message_class("SavedModel")
    if name == BINARY:
        proto = parse_message(saved_model_class, data, path=source.name)
    else:
        proto = parse_text_message(saved_model_class, data, path=source.name)
    _check_count(len(proto.meta_graphs), source.name, len(data))
    return proto


def _check_count(count: int, path: str, nbytes: int) -> None:
    """Raise a FormatError for a file of that many MetaGraphs that no export leaves."""
    if not count:
        raise FormatError(
            path=path,
            expected="at least one MetaGraph",
            found=f"none in {nbytes} bytes",
            next_step="The export was not finished, or the file is no SavedModel: export it again.",
        )
    if count > _MOST_META_GRAPHS:
        expected = f"at most {_MOST_META_GRAPHS:,} MetaGraphs"
        raise LimitExceeded(path=path, expected=expected, found=f"{count:,}")


def graph_name(folder: Folder) -> str | None:
    """The file that is read; None if there is none."""
    return next((name for name in (BINARY, TEXT) if folder.stat(name) is not None), None)
