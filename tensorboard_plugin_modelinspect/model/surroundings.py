"""What lies in and beside the files of an artifact without being part of the model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

BesideKind = Literal["pickle", "objects", "torch", "native", "script"]
"""A pickle; an array of numpy's that holds pickled objects; an archive of torch's, which holds a
pickle; machine code; a program as text."""


class Beside(NamedTuple):
    """A file beside the model, or a member of its archive.

    Attributes:
        name: Below the artifact's folder.
        kind: What it is.
        nbytes: Its size.
        read: Gives its first bytes, as many as asked for or all; raises our errors.
    """

    name: str
    kind: BesideKind
    nbytes: int
    read: Callable[[int], bytes]


class Trick(NamedTuple):
    """Something in an archive that no honest writer makes: file, member, and what is so."""

    file: str
    member: str
    fact: str


class Lead(NamedTuple):
    """Something that leads to another file.

    Attributes:
        file: That leads there.
        inside: Where in it.
        how: `external link`, `symbolic link` …
        target: The other file.
    """

    file: str
    inside: str
    how: str
    target: str


class Surroundings(NamedTuple):
    """All of this.

    Attributes:
        beside: Files that are code, or hold some.
        tricks: Of archives.
        leads: To other files, by HDF5 or by links of the file system.
        file_count: Files that were looked at.
        gaps: Sentences: what could not be looked at.
    """

    beside: tuple[Beside, ...] = ()
    tricks: tuple[Trick, ...] = ()
    leads: tuple[Lead, ...] = ()
    file_count: int = 0
    gaps: tuple[str, ...] = ()
