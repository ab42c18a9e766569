"""A tensor, or a slice of it, as a file to download that never lies in memory as a whole."""

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
from tensorboard_plugin_modelinspect.views.text.table import csv_header, iter_csv_lines

_VALUE_SUFFIX = "/.ATTRIBUTES/VARIABLE_VALUE"
_LONGEST_NAME = 120
_SENT_AT_A_TIME = 1 << 20

_logger = logging.getLogger("tensorboard")


@dataclass(frozen=True, slots=True)
class Download:
    """A file that is made while it is sent.

    Attributes:
        name: What a browser calls it.
        content_type: With its charset, for text.
        head: What stands before the pieces.
        pieces: The rest; nothing is read before the first is asked for.
        nbytes: Of all; None where only making it tells.
    """

    name: str
    content_type: str
    head: bytes
    pieces: Iterator[memoryview | bytes]
    nbytes: int | None

    def respond(self, method: str) -> Response:
        """The response; its first piece is read before it begins, so that errors have words.

        An error after that ends the body early. The browser sees that the file is not whole: it has
        fewer bytes than were promised, or the last chunk is missing.

        Raises:
            ModelInspectError: The first piece cannot be read.
        """
        first = [] if method == "HEAD" else list(itertools.islice(self.pieces, 1))
        body = iter(()) if method == "HEAD" else self._stream(first)
        response = Response(body, content_type=self.content_type)
        if self.nbytes is not None:
            response.headers["Content-Length"] = str(self.nbytes)
        response.headers["Content-Disposition"] = disposition(self.name)
        response.headers["Cache-Control"] = REVALIDATE
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    def _stream(self, first: list[memoryview | bytes]) -> Iterator[bytes]:
        yield self.head
        try:
            for piece in itertools.chain(first, self.pieces):
                for start in range(0, len(piece), _SENT_AT_A_TIME):
                    yield bytes(piece[start : start + _SENT_AT_A_TIME])
                first.clear()
        except ModelInspectError as error:
            _logger.error("Model Inspect cut a download short: %s", error.message)
            if self.nbytes is None:
                # The server closes the connection without the chunk that would end the body.
                raise ConnectionAbortedError from None


def npy_download(tensor: Tensor, region: Region) -> Download:
    """A slice as a `.npy` file.

    Raises:
        Unsupported: The dtype has no `.npy` form.
    """
    header = npy_header(tensor, region)
    return Download(
        name=file_name(tensor.key, "npy"),
        content_type="application/octet-stream",
        head=header,
        pieces=iter_npy_values(tensor, region),
        nbytes=len(header) + math.prod(region_shape(region)) * npy_dtype(tensor.dtype).itemsize,
    )


def csv_download(tensor: Tensor, region: Region) -> Download:
    """A slice as comma-separated values.

    Raises:
        Unsupported: The dtype has no values.
    """
    return Download(
        name=file_name(tensor.key, "csv"),
        content_type="text/csv; charset=utf-8",
        head=csv_header(tensor, region).encode(),
        pieces=(lines.encode() for lines in iter_csv_lines(tensor, region)),
        nbytes=None,
    )


def file_name(key: str, suffix: str) -> str:
    """What to call the file of a tensor: its key, with `.` for `/` and `_` for what is unusual."""
    plain = key.removesuffix(_VALUE_SUFFIX).replace("/", ".")
    safe = "".join(char if char.isalnum() or char in "._-" else "_" for char in plain)
    return f"{safe.lstrip('.')[:_LONGEST_NAME] or 'tensor'}.{suffix}"


def disposition(name: str) -> str:
    """The `Content-Disposition` of a download: ASCII for all, and RFC 5987 for the exact name."""
    ascii_name = re.sub(r"[^A-Za-z0-9._-]", "_", name)
    return f"attachment; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(name, safe='')}"
