"""What is in a file of Keras beside the model: members that are code, and leads to other files."""

from __future__ import annotations

from tensorboard_plugin_modelinspect.errors import ModelInspectError, NotFound
from tensorboard_plugin_modelinspect.formats.hdf5.file import RECENT
from tensorboard_plugin_modelinspect.formats.keras.archive import Archive, looks_like_archive
from tensorboard_plugin_modelinspect.formats.keras.archive_tricks import find_tricks
from tensorboard_plugin_modelinspect.formats.keras.recognising import SHARDED, WEIGHTS
from tensorboard_plugin_modelinspect.formats.reader import Candidate
from tensorboard_plugin_modelinspect.formats.surroundings import HEAD_NBYTES, kind_of
from tensorboard_plugin_modelinspect.model.surroundings import Beside, Lead, Surroundings, Trick
from tensorboard_plugin_modelinspect.sources.base import ByteSource, Folder

_MOST_MEMBERS = 500


def look_into(folder: Folder, candidate: Candidate) -> Surroundings:
    """Look into a candidate of a format of Keras. Cost: as opening it; no weights."""
    looking = _Looking(folder, candidate)
    main = candidate.name or WEIGHTS
    try:
        looking.look_into(folder.open(main), main)
    except NotFound:
        pass  # the opener says so
    except ModelInspectError as error:
        looking.gaps.append(error.message)
    return Surroundings(
        tuple(looking.beside), looking.tricks, tuple(looking.leads), gaps=tuple(looking.gaps)
    )


class _Looking:
    def __init__(self, folder: Folder, candidate: Candidate) -> None:
        self._folder = folder
        self._candidate = candidate
        self.beside: list[Beside] = []
        self.tricks: tuple[Trick, ...] = ()
        self.leads: list[Lead] = []
        self.gaps: list[str] = []

    def look_into(self, source: ByteSource, name: str) -> None:
        """Look into a file by what it is; raises if it cannot be read."""
        if name.endswith(SHARDED):
            for shard in self._candidate.files:
                if shard != name:
                    self._add_leads(self._folder.open(shard), shard)
        elif looks_like_archive(source):
            self.tricks = find_tricks(source, name)
            self._look_into_archive(Archive(source), name)
        else:
            self._add_leads(source, name)

    def _look_into_archive(self, archive: Archive, name: str) -> None:
        for member in list(archive.members)[:_MOST_MEMBERS]:
            self._look_at_member(archive, name, member)
        if WEIGHTS in archive.members:
            self._add_leads(archive.open(WEIGHTS), name)

    def _look_at_member(self, archive: Archive, name: str, member: str) -> None:
        try:
            source = archive.open(member)
            kind = kind_of(member, source.read(0, min(HEAD_NBYTES, source.nbytes)))
        except ModelInspectError as error:
            self.gaps.append(error.message)
            return
        if kind is not None:
            self.beside.append(
                Beside(
                    f"{name}/{member}",
                    kind,
                    source.nbytes,
                    lambda most: source.read(0, min(most, source.nbytes)),
                )
            )

    def _add_leads(self, source: ByteSource, name: str) -> None:
        stat = self._folder.stat(name)
        for key, how, file, target in RECENT.read(source, stat).elsewhere:
            meant = f"{file}:{target}" if target else file
            self.leads.append(Lead(name, key, "external link" if how == "link" else how, meant))
