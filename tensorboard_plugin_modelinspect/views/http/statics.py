"""The front end's files, and nothing else of this machine."""

from __future__ import annotations

import os
import re
import stat
import threading

from tensorboard_plugin_modelinspect.errors import NotFound
from tensorboard_plugin_modelinspect.views.http.responses import FOREVER, REVALIDATE, Body

ENTRY = "index.js"

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(?:/[A-Za-z0-9_][A-Za-z0-9_.-]*)*")
"""No leading dot in any part: neither a way up nor the stamp of the build."""
_HASHED = re.compile(r".*-[A-Za-z0-9_-]{8}\.[a-z0-9]+")
_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".woff2": "font/woff2",
    ".wasm": "application/wasm",
}
"""Said here, because the machine's table may be wrong, and a `text/plain` script is dead."""


class StaticFiles:
    """Files below one folder, kept in memory as long as they are unchanged.

    Args:
        folder: Where the built front end lies.
    """

    def __init__(self, folder: str) -> None:
        self._folder = os.path.realpath(folder)
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[tuple[int, int], Body]] = {}

    def get(self, name: str) -> Body:
        """A file by its name below the folder.

        Raises:
            NotFound: No such file; also for a name that leads out of the folder, and for types
                that a front end does not have.
        """
        content_type = _TYPES.get(os.path.splitext(name)[1])
        path = self._locate(name)
        if content_type is None or path is None:
            raise NotFound(f'No file "{name}" belongs to the tab. Reload the page.')
        try:
            return self._read(name, path, content_type)
        except OSError:
            raise NotFound(
                f'The tab\'s file "{name}" is not there. Install the plugin again; in a checkout, '
                "run `make frontend`."
            ) from None

    def _locate(self, name: str) -> str | None:
        """Its real path, None if it is not below the folder."""
        if not _NAME.fullmatch(name):
            return None
        path = os.path.realpath(os.path.join(self._folder, *name.split("/")))
        return path if path.startswith(self._folder + os.sep) else None

    def _read(self, name: str, path: str, content_type: str) -> Body:
        info = os.stat(path)
        if not stat.S_ISREG(info.st_mode):
            raise FileNotFoundError(name)
        identity = (info.st_mtime_ns, info.st_size)
        with self._lock:
            known = self._kept.get(name)
            if known is None or known[0] != identity:
                with open(path, "rb") as file:
                    data = file.read()
                cache = FOREVER if name != ENTRY and _HASHED.fullmatch(name) else REVALIDATE
                known = (identity, Body(data, content_type=content_type, cache_control=cache))
                self._kept[name] = known
        return known[1]
