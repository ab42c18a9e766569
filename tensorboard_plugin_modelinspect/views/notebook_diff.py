"""The Python door to differences: a diff that shows itself in consoles and notebooks."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, fields

from tensorboard_plugin_modelinspect.analyses.diff.result import EXACT, ArtifactDiff, Tolerance
from tensorboard_plugin_modelinspect.analyses.diff.summarise import summarise
from tensorboard_plugin_modelinspect.diffing import Progress, diff_paths
from tensorboard_plugin_modelinspect.model.artifact import Artifact
from tensorboard_plugin_modelinspect.views.text.diff_html import make_body, make_page
from tensorboard_plugin_modelinspect.views.text.notebook_style import STYLE
from tensorboard_plugin_modelinspect.views.text.words import printable

_TENSORS_SHOWN = 30


@dataclass(frozen=True, repr=False)
class OpenDiff(ArtifactDiff):
    """A diff with a short `repr` and an HTML one for notebooks; else just that."""

    def __repr__(self) -> str:
        """One line: what `summary` says."""
        return f"<Diff: {printable(self.summary)}>"

    def _repr_html_(self) -> str:
        """What differs, of tensors the first; nothing is loaded from elsewhere."""
        return f'{STYLE}<div class="modelinspect">{make_body(self, _TENSORS_SHOWN)}</div>'

    @property
    def summary(self) -> str:
        """All of it in one sentence."""
        return summarise(self)

    def to_html(self) -> str:
        """The report as one page, with up to 5,000 tensors."""
        return make_page(self)


def diff(
    before: str | os.PathLike[str] | Artifact,
    after: str | os.PathLike[str] | Artifact,
    progress: Progress | None = None,
    *,
    values: bool = True,
    exact: bool = False,
    tolerance: Tolerance | tuple[float, float] = EXACT,
    tensors: Sequence[str] = (),
    threads: int | None = None,
) -> OpenDiff:
    """Compare two artifacts of any formats: structure, then the values that may differ.

    Args:
        before: An opened one, or a path as for `mi.open`.
        after: Likewise.
        progress: Called often with the bytes that are done and all there are, by one thread at a
            time. An exception that it raises ends the work and is passed on.
        values: Whether values are read of the tensors that are not known to be equal.
        exact: Whether bytes are compared, and read of tensors with equal checksums too.
        tolerance: `(atol, rtol)`: elements may be `atol + rtol * |before|` apart.
        tensors: Keys, names or patterns of the tensors that are compared; all without any.
        threads: At most; as many as there are processors, up to four, if None.

    Raises:
        NotFound: Nothing of a name, or no tensor that a pattern fits.
        UnknownFormat: No reader recognises one of them.
        FormatError: One cannot be opened. What is wrong with single tensors is in `pairs`.

    Cost: reads both indexes, and each content once that is not known to be equal, in bounded
    memory.
    """
    found = diff_paths(
        before,
        after,
        progress,
        values=values,
        exact=exact,
        tolerance=Tolerance(*tolerance),
        tensors=tensors,
        threads=threads,
    )
    return OpenDiff(**{one.name: getattr(found, one.name) for one in fields(ArtifactDiff)})
