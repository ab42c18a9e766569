"""Which lines of a program made a node, if the model has stored that.

tensorflow/core/framework/graph_debug_info.proto; tensorflow/python/saved_model/save.py writes it as
`debug/saved_model_debug_info.pb` if `SaveOptions(save_debug_info=True)` asks for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tensorboard_plugin_modelinspect.codecs.protos import debug_info_class, parse_message
from tensorboard_plugin_modelinspect.errors import LimitExceeded
from tensorboard_plugin_modelinspect.model.graph import SourceLine
from tensorboard_plugin_modelinspect.sources.base import ByteSource

_LARGEST = 256 << 20


class DebugInfo:
    """The stack traces of a model's nodes.

    Args:
        source: The file.

    Raises:
        FormatError: It is damaged.
    """

    def __init__(self, source: ByteSource) -> None:
        if source.nbytes > _LARGEST:
            expected, found = f"at most {_LARGEST:,} bytes", f"{source.nbytes:,}"
            raise LimitExceeded(path=source.name, expected=expected, found=found)
        data = source.read(0, source.nbytes)
        self._proto = parse_message(debug_info_class(), data, path=source.name)

    def lines(self, node: str, function: str) -> tuple[SourceLine, ...]:
        """Where a node was made, outermost first; a main graph has no name for a function."""
        key = f"{node}@{function}"
        proto = self._proto
        if key in proto.name_to_trace_id:
            trace = proto.traces_by_id[proto.name_to_trace_id[key]]
        elif key in proto.traces:
            trace = proto.traces[key]
        else:
            return ()
        return tuple(reversed([self._line(frame) for frame in self._frames(trace)]))

    def _frames(self, trace: Any) -> Iterator[Any]:
        yield from trace.file_line_cols
        for number in trace.frame_id:
            if number in self._proto.frames_by_id:
                yield self._proto.frames_by_id[number]

    def _line(self, frame: Any) -> SourceLine:
        files = self._proto.files
        file = files[frame.file_index] if 0 <= frame.file_index < len(files) else ""
        return SourceLine(file, frame.line, frame.func)
