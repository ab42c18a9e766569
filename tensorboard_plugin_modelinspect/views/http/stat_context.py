"""What an artifact's tensors are judged by: the other checkpoints of its series.

No value of another checkpoint is ever read for it: their indexes say which contents they hold, and
the cache knows some of these.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from tensorboard_plugin_modelinspect.discovery import Found
from tensorboard_plugin_modelinspect.discovery.series import predecessors
from tensorboard_plugin_modelinspect.errors import ModelInspectError
from tensorboard_plugin_modelinspect.model.artifact import Artifact
from tensorboard_plugin_modelinspect.model.tensor import Tensor

if TYPE_CHECKING:
    from tensorboard_plugin_modelinspect.analyses.stats import TensorStats
    from tensorboard_plugin_modelinspect.examining import Contents, Context

Opener = Callable[[str], Artifact]


class Surroundings(NamedTuple):
    """What there is to compare an artifact with; of what cannot be opened there is nothing."""

    artifact: Artifact | None
    previous: Artifact | None
    initial: Artifact | None
    previous_id: str = ""

    def make_context(self, cache: Contents | None) -> Context:
        """The context, as far as `cache` knows. Cost: as `find_in_artifact`."""
        from tensorboard_plugin_modelinspect.examining import Context, make_context

        if self.artifact is None:
            return Context()
        if self.previous is None or cache is None:
            return make_context(self.artifact, self.initial)
        return make_context(self.artifact, self.initial, _look_up(self.previous, cache))


def find_surroundings(found: Found, artifacts: Sequence[Found], opener: Opener) -> Surroundings:
    """The checkpoints around an artifact.

    Args:
        found: The artifact.
        artifacts: All there are.
        opener: Opens an artifact by its id.

    Cost: reads the indexes of up to three checkpoints that are not open, and the state file.
    """
    previous, initial = predecessors(found, artifacts)
    return Surroundings(
        _open(found, opener),
        _open(previous, opener),
        _open(initial, opener),
        "" if previous is None else previous.id,
    )


def _open(found: Found | None, opener: Opener) -> Artifact | None:
    try:
        return None if found is None else opener(found.id)
    except ModelInspectError:  # changed a moment ago
        return None


def _look_up(previous: Artifact, cache: Contents) -> Callable[[Tensor], TensorStats | None]:
    unknown: set[str] = set()  # a tensor is judged once for each pass over it

    def look_up(tensor: Tensor) -> TensorStats | None:
        before = previous.tensors.get(tensor.key)
        if before is None or before.crc32c in (None, tensor.crc32c):  # not known, or not changed
            return None
        stats = None if tensor.key in unknown else cache.get(before)
        if stats is None:
            unknown.add(tensor.key)
        return stats

    return look_up
