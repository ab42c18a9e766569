"""The file behind the cache of statistics: a table of SQLite, of bounded size.

It is written in the plain journal mode. The faster one, WAL, needs memory that all its processes
share (https://sqlite.org/wal.html), and homes on clusters are often network folders.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

try:
    import sqlite3
except ImportError:  # Python can be built without it
    sqlite3 = None  # type: ignore[assignment]

_WAIT_S = 1.0
"""For a process that is writing at this moment; it takes milliseconds."""
_DAY_S = 86_400
_TABLE = """
create table if not exists content (
  key text primary key,
  used_s integer not null,
  row blob not null
) without rowid
"""
_PUT = "insert or replace into content (key, used_s, row) values (?, ?, ?)"
_USE = "update content set used_s = ? where key = ? and used_s < ?"
_OLDEST = "delete from content where key in (select key from content order by used_s limit ?)"


class CacheFileError(Exception):
    """The file cannot be used. Stays in the cache."""


class CacheFile:
    """Rows by key. One thread at a time; other processes may use the same file.

    Args:
        path: Made, with its folder, when first needed.
        most_nbytes: Beyond this a fourth of the rows goes, those not used for longest first.

    Every method raises `CacheFileError` and nothing else. A file that is damaged is removed first.
    """

    def __init__(self, path: Path, most_nbytes: int) -> None:
        self._path = path
        self._most_nbytes = most_nbytes
        self._connection: sqlite3.Connection | None = None

    def read(self, key: str) -> bytes | None:
        """The row of that key. Cost: a look-up in two or three pages."""
        with self._connected() as connection:
            found = connection.execute("select row from content where key = ?", (key,)).fetchone()
        return found[0] if found is not None and isinstance(found[0], bytes) else None

    def write(self, rows: Mapping[str, bytes], used: Iterable[str]) -> None:
        """Keep rows, and note once a day that others are of use; in one transaction."""
        now_s = int(time.time())
        with self._connected() as connection, connection:
            connection.executemany(_PUT, ((key, now_s, row) for key, row in rows.items()))
            connection.executemany(_USE, ((now_s, key, now_s - _DAY_S) for key in used))
            if _used_nbytes(connection) > self._most_nbytes:
                (count,) = connection.execute("select count(*) from content").fetchone()
                connection.execute(_OLDEST, (count // 4 + 1,))

    def close(self) -> None:
        """Close it; the next use opens it again."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(sqlite3.Error):
                connection.close()

    @contextlib.contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        if sqlite3 is None:
            raise CacheFileError
        try:
            if self._connection is None:
                self._connection = self._connect()
            yield self._connection
        except (sqlite3.Error, OSError) as error:
            self.close()
            # This very class says "malformed", "not a database"; a lock or a full disk has another.
            if type(error) is sqlite3.DatabaseError:
                with contextlib.suppress(OSError):
                    os.remove(self._path)
            raise CacheFileError from error

    def _connect(self) -> sqlite3.Connection:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        connection = sqlite3.connect(self._path, timeout=_WAIT_S, check_same_thread=False)
        try:
            connection.execute(_TABLE)
        except sqlite3.Error:
            connection.close()
            raise
        return connection


def _used_nbytes(connection: sqlite3.Connection) -> int:
    """Bytes of pages that hold something; free ones are filled again before the file grows."""
    pages, free, size = (
        connection.execute(f"pragma {name}").fetchone()[0]
        for name in ("page_count", "freelist_count", "page_size")
    )
    nbytes: int = (pages - free) * size
    return nbytes
