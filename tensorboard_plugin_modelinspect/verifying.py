"""Verifying anything: which steps each format supplies; beside `opening`, alone in knowing them.

A format without a row is opened, which parses it, and no more.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping

from tensorboard_plugin_modelinspect.analyses.verify import Progress, Verification, verify
from tensorboard_plugin_modelinspect.formats.checkpoint_checks import plan_checkpoint
from tensorboard_plugin_modelinspect.formats.graph_checks import plan_graph
from tensorboard_plugin_modelinspect.formats.saved_model_checks import plan_saved_model
from tensorboard_plugin_modelinspect.formats.v1_checks import plan_checkpoint_v1
from tensorboard_plugin_modelinspect.model.integrity import Finding, Step
from tensorboard_plugin_modelinspect.opening import Candidate, locate_artifact, open_candidate
from tensorboard_plugin_modelinspect.sources.base import Folder

Plan = Callable[[Folder, Candidate], list[Step]]

PLANS: Mapping[str, Plan] = {
    "saved_model": plan_saved_model,
    "checkpoint_v1": plan_checkpoint_v1,
    "checkpoint_v2": plan_checkpoint,
    "graph_def": plan_graph,
}
"""By `Reader.format`."""


def plan_steps(folder: Folder, candidate: Candidate) -> list[Step]:
    """What can be verified of a candidate, broken ones too. Cost: index and protobuf."""
    return PLANS.get(candidate.format, _plan_opening)(folder, candidate)


def verify_artifact(path: str | os.PathLike[str], progress: Progress | None = None) -> Verification:
    """Verify every checksum of an artifact, and all else that can be told without TensorFlow.

    Args:
        path: As for `open_artifact`.
        progress: Called often with what is known so far; what it raises ends it.

    Raises:
        NotFound: Nothing of that name.
        UnknownFormat: No reader recognises it.

    Cost: reads all its bytes once, in bounded memory. Damage is no error: see `verdict`.
    """
    return verify(plan_steps(*locate_artifact(path)), progress)


def _plan_opening(folder: Folder, candidate: Candidate) -> list[Step]:
    def run() -> Iterator[int | Finding]:
        open_candidate(folder, candidate)
        return iter(())

    return [Step("opens", "Can be opened", 1, "artifact", 0, run)]
