"""`modelinspect tensor --stats`: one tensor at length."""

from __future__ import annotations

import time

from tensorboard_plugin_modelinspect.analyses.health import find_in_tensor
from tensorboard_plugin_modelinspect.measuring import measure_artifact
from tensorboard_plugin_modelinspect.model.artifact import Artifact
from tensorboard_plugin_modelinspect.model.tensor import Tensor
from tensorboard_plugin_modelinspect.views.cli.output import write_json, write_lines
from tensorboard_plugin_modelinspect.views.cli.progress import Progress, describe_progress
from tensorboard_plugin_modelinspect.views.cli.stats_records import stats_record
from tensorboard_plugin_modelinspect.views.cli.stats_text import format_findings, format_stats
from tensorboard_plugin_modelinspect.views.cli.tensor import describe_tensor, tensor_facts


def write_stats(artifact: Artifact, tensor: Tensor, *, as_json: bool) -> None:
    """Print the statistics of a tensor, known ones from the cache, and what they tell.

    Raises:
        ModelInspectError: It cannot be read.
    """
    began = time.monotonic()
    with Progress() as progress:

        def advance(done_nbytes: int, nbytes: int) -> None:
            progress.show(describe_progress(done_nbytes, nbytes, time.monotonic() - began))

        stats = measure_artifact(artifact, [tensor.key], advance)[tensor.key]
    if as_json:
        write_json({**tensor_facts(tensor), "stats": stats_record(tensor, stats)})
        return
    lines = [describe_tensor(tensor), *format_stats(tensor, stats)]
    findings = [("", finding) for finding in find_in_tensor(tensor, stats)]
    if findings:
        lines += ["", *format_findings(findings)]
    write_lines(lines)
