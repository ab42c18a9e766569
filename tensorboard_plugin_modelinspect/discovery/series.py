"""Series: the checkpoints of one folder and base name, in order, and which of them are kept.

What `tf.train.CheckpointManager` and `tf.compat.v1.train.Saver` keep, they list in the file
`checkpoint`; what they delete they drop from it, and also what `keep_checkpoint_every_n_hours`
preserves (tensorflow/python/checkpoint/checkpoint_management.py, `_sweep`).
"""

from __future__ import annotations

import os
import posixpath
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from tensorboard_plugin_modelinspect.analyses.timeline import Checkpoint, Mark
from tensorboard_plugin_modelinspect.discovery.catalog import Catalog
from tensorboard_plugin_modelinspect.discovery.found import Found
from tensorboard_plugin_modelinspect.discovery.names import join_path, natural_key, series_of
from tensorboard_plugin_modelinspect.discovery.roots import Root
from tensorboard_plugin_modelinspect.errors import FormatError, NotFound, UnknownFormat
from tensorboard_plugin_modelinspect.formats.checkpoint_state import (
    CheckpointState,
    read_checkpoint_state,
)
from tensorboard_plugin_modelinspect.formats.naming import step_in_name
from tensorboard_plugin_modelinspect.opening import locate_artifact
from tensorboard_plugin_modelinspect.sources.walk import WalkLimits

_MOST_NAMED = 5


class Member(NamedTuple):
    """A checkpoint of a series; `found` is None where only the state file still names it."""

    checkpoint: Checkpoint
    found: Found | None


@dataclass(frozen=True, slots=True)
class Series:
    """A series.

    Attributes:
        id: Tells it from others of the same roots.
        name: Base name of its checkpoints.
        folder: Below the root; `.` for the root itself.
        run: TensorBoard's run it belongs to.
        members: In order of step.
        note: What is wrong with the state file; empty if nothing is.
    """

    id: str
    name: str
    folder: str
    run: str | None
    members: tuple[Member, ...]
    note: str


def series_around(found: Found, artifacts: Iterable[Found]) -> Series:
    """The series that an artifact belongs to; it alone if it is none of several.

    Args:
        found: The artifact.
        artifacts: All there are, in the order of a snapshot.

    Cost: reads the state file.
    """
    members = [one for one in artifacts if one.id == found.id or _is_beside(one, found)]
    name = posixpath.basename(found.series or found.path)
    state, note = _read_state(found)
    listed = () if state is None else _listed(state, name)
    marked = [_mark(one, listed) for one in members]
    gone = _gone(listed, members, posixpath.dirname(found.path))
    return Series(
        id=found.series or found.id,
        name=name,
        folder=posixpath.dirname(found.path) or ".",
        run=found.run,
        members=_in_order([*gone, *marked]),
        note=note,
    )


def predecessors(found: Found, artifacts: Iterable[Found]) -> tuple[Found | None, Found | None]:
    """The checkpoint before this one in its series, and the first one of the series.

    None where there is none: it is the first itself, or in no series. Checkpoints that are not
    there, or cannot be opened as far as the last search knows, are passed over. Arguments and cost
    as `series_around`.
    """
    if found.series is None:
        return None, None
    before: list[Found] = []
    for member in series_around(found, artifacts).members:
        if member.found is not None and member.found.id == found.id:
            break
        if member.found is not None and _is_told(member):
            before.append(member.found)
    return (before[-1], before[0]) if before else (None, None)


def _is_beside(one: Found, found: Found) -> bool:
    return one.series is not None and one.series == found.series and one.root == found.root


def _in_order(members: Sequence[Member]) -> tuple[Member, ...]:
    """Members by step; those that cannot be asked for theirs stand where their names belong.

    A name may count saves while a checkpoint stores its training step: then the number in a name
    says where it stands, but is no step.
    """
    by_name = sorted(members, key=lambda one: natural_key(one.checkpoint.path))
    steps = [one.checkpoint.step for one in by_name if _is_told(one)]
    known = [-1 if step is None else step for step in steps]
    if known != sorted(known):
        return tuple(sorted(by_name, key=_step))
    if all(_is_told(one) for one in by_name) or all(map(_is_in_name, filter(_is_told, by_name))):
        return tuple(by_name)
    return tuple(one if _is_told(one) else _without_step(one) for one in by_name)


def _is_told(member: Member) -> bool:
    """Whether its step is its own word."""
    return member.found is not None and member.checkpoint.state in ("complete", "partial")


def _is_in_name(member: Member) -> bool:
    found = member.found
    return found is not None and step_in_name(_plain(found.candidate.name)) == found.step


def _without_step(member: Member) -> Member:
    return member._replace(checkpoint=member.checkpoint._replace(step=None))


def _step(member: Member) -> int:
    step = member.checkpoint.step
    return -1 if step is None else step


def _read_state(found: Found) -> tuple[CheckpointState | None, str]:
    """The state file beside an artifact, None if there is none; and what is wrong with it."""
    if found.kind != "checkpoint":
        return None, ""
    try:
        return read_checkpoint_state(found.open_folder()), ""
    except NotFound:
        return None, ""
    except FormatError as error:
        return None, f"Which checkpoints are kept is not known: {error.message}"


def _listed(state: CheckpointState, series: str) -> tuple[str, ...]:
    """Names of the checkpoints of a series that a state file lists."""
    paths = dict.fromkeys((*state.all, state.newest))
    names = (posixpath.basename(path) for path in paths)
    return tuple(name for name in names if name and series_of(name) == series)


def _mark(found: Found, listed: Sequence[str]) -> Member:
    name = _plain(found.candidate.name)
    mark: Mark = "kept"
    if found.state == "deleted":
        mark = "deleted"
    elif listed and name not in listed:
        steps = [step for one in listed if (step := step_in_name(one)) is not None]
        number = step_in_name(name)
        is_older = number is not None and steps and number < max(steps)
        mark = "preserved" if is_older else "unlisted"
    checkpoint = Checkpoint(
        path=found.path,
        step=found.step,
        state=found.state,
        mark=mark,
        nbytes=found.nbytes,
        mtime_s=found.mtime_s,
        problem=found.reason,
    )
    return Member(checkpoint, found)


def _plain(name: str) -> str:
    """A checkpoint's name without the pattern of the shards of a V1 checkpoint."""
    return name.partition("-?????-of-")[0]


def _gone(listed: Iterable[str], members: Iterable[Found], folder: str) -> list[Member]:
    """Checkpoints that the state file lists and that are not there."""
    there = {_plain(found.candidate.name) for found in members}
    problem = "Deleted: the file `checkpoint` still names it."
    return [
        Member(
            Checkpoint(
                path=join_path(folder, name),
                step=step_in_name(name),
                state="deleted",
                mark="deleted",
                nbytes=0,
                mtime_s=0.0,
                problem=problem,
            ),
            None,
        )
        for name in listed
        if name not in there
    ]


def find_series(path: str | os.PathLike[str]) -> Series:
    """The series that a person names.

    Args:
        path: A folder that holds one, a checkpoint of it, or its base name.

    Raises:
        NotFound: Nothing of that name.
        UnknownFormat: No checkpoint, or the folder holds several series.

    Cost: reads the index of every checkpoint of the folder.
    """
    shown = os.fspath(path)
    named = os.path.expanduser(shown)
    if os.path.isdir(named):
        artifacts = _list_folder(named, shown.rstrip("/") or shown)
        found = _choose(artifacts, shown)
    else:
        folder, name = os.path.split(named)
        artifacts = _list_folder(folder or ".", os.path.dirname(shown))
        found = _choose_named(artifacts, name, shown)
    return series_around(found, artifacts)


def _list_folder(path: str, shown: str) -> tuple[Found, ...]:
    """What is in a folder itself, in order."""
    root = Root(shown, os.path.abspath(path))
    return Catalog(lambda: (root,), WalkLimits(depth=0)).scan().artifacts


def _choose(artifacts: Sequence[Found], shown: str) -> Found:
    """The series of a folder, by one of its checkpoints."""
    counts = Counter(one.series for one in artifacts if one.series is not None)
    several = [series for series, count in counts.items() if count > 1]
    names = several or list(counts)
    if len(names) == 1:
        return next(one for one in artifacts if one.series == names[0])
    if len(artifacts) == 1:
        return artifacts[0]
    if not artifacts:
        raise UnknownFormat(
            f"{shown}: no checkpoint in this folder itself. `modelinspect ls` lists what is below"
            " it."
        )
    bases = sorted({posixpath.basename(one.series or one.path) for one in artifacts})
    more = f" and {len(bases) - _MOST_NAMED} more" if len(bases) > _MOST_NAMED else ""
    raise UnknownFormat(
        f"{shown}: holds {len(bases)} series or single artifacts ({', '.join(bases[:_MOST_NAMED])}"
        f"{more}). Name one of them, as {os.path.join(shown, bases[0])}."
    )


def _choose_named(artifacts: Sequence[Found], name: str, shown: str) -> Found:
    """The artifact of a name, or one of the series of that base name."""
    for found in artifacts:
        series = posixpath.basename(found.series or "")
        if name in (found.candidate.name, series, *found.candidate.files):
            return found
    located = locate_artifact(shown)  # says what may have been meant
    raise UnknownFormat(f"{shown}: {located.candidate.name} belongs to no series of checkpoints.")
