"""A tensor, or a slice of it, as a `.npy` download that never lies in memory as a whole."""

from __future__ import annotations

import itertools
import logging
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

from tensorboard_plugin_modelinspect.errors import ModelInspectError
from tensorboard_plugin_modelinspect.model.tensor import Region, Tensor, region_shape
from tensorboard_plugin_modelinspect.views.http.responses import REVALIDATE, Response
from tensorboard_plugin_modelinspect.views.text.npy import iter_npy_values, npy_dtype, npy_header

_VALUE_SUFFIX = "/.ATTRIBUTES/VARIABLE_VALUE"
_LONGEST_NAME = 120
_SENT_AT_A_TIME = 1 << 20

_logger = logging.getLogger("tensorboard")


@dataclass(frozen=True, slots=True)
class NpyFile:
    """What to download."""

    tensor: Tensor
    region: Region

    def respond(self, method: str) -> Response:
        """The response; its first piece is read before it begins, so that errors have words.

        An error after that ends the body early: the length that was promised tells the browser
        that the file is not whole.

        Raises:
            Unsupported: The dtype has no `.npy` form.
            ModelInspectError: The first piece cannot be read.
        """
        header = npy_header(self.tensor, self.region)
        dtype = npy_dtype(self.tensor.dtype)
        response = Response(content_type="application/octet-stream")
        if method != "HEAD":
            pieces = iter_npy_values(self.tensor, self.region)
            first = list(itertools.islice(pieces, 1))
            response.response = self._stream(header, first, pieces)
        nbytes = len(header) + math.prod(region_shape(self.region)) * dtype.itemsize
        response.headers["Content-Length"] = str(nbytes)
        response.headers["Content-Disposition"] = disposition(file_name(self.tensor.key))
        response.headers["Cache-Control"] = REVALIDATE
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    def _stream(
        self, header: bytes, first: list[memoryview], pieces: Iterator[memoryview]
    ) -> Iterator[bytes]:
        yield header
        try:
            while first:
                piece = first.pop()
                for start in range(0, piece.nbytes, _SENT_AT_A_TIME):
                    yield bytes(piece[start : start + _SENT_AT_A_TIME])
                first.extend(itertools.islice(pieces, 1))
        except ModelInspectError as error:
            _logger.error("Model Inspect cut a download short: %s", error.message)


def file_name(key: str) -> str:
    """What to call the file of a tensor: its key, with `.` for `/` and `_` for what is unusual."""
    plain = key.removesuffix(_VALUE_SUFFIX).replace("/", ".")
    safe = "".join(char if char.isalnum() or char in "._-" else "_" for char in plain)
    return f"{safe.lstrip('.')[:_LONGEST_NAME] or 'tensor'}.npy"


def disposition(name: str) -> str:
    """The `Content-Disposition` of a download: ASCII for all, and RFC 5987 for the exact name."""
    ascii_name = re.sub(r"[^A-Za-z0-9._-]", "_", name)
    return f"attachment; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(name, safe='')}"
