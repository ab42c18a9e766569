"""Show what is inside SavedModels and checkpoints, without loading TensorFlow.

    import tensorboard_plugin_modelinspect as mi

    model = mi.open("export/1")
    model.tensors["dense/kernel"].read_rows(0, 10)
    mi.verify("export/1").verdict
    mi.stats("export/1")["dense/kernel"].mean
    mi.diff("logs/ckpt-100", "export/1").summary
    mi.scan("export/1").findings

TensorBoard imports this package when it starts, so the reader is imported when first asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tensorboard_plugin_modelinspect import errors as errors
from tensorboard_plugin_modelinspect.version import __version__

__all__ = [
    "__version__",
    "describe",
    "diff",
    "errors",
    "lineage",
    "open",
    "open_artifact",
    "portability",
    "restore_check",
    "scan",
    "stats",
    "timeline",
    "verify",
]

if TYPE_CHECKING:
    from tensorboard_plugin_modelinspect.describing import describe_model as describe
    from tensorboard_plugin_modelinspect.discovery.lineage import compute_lineage as lineage
    from tensorboard_plugin_modelinspect.discovery.series_reader import compute_timeline as timeline
    from tensorboard_plugin_modelinspect.measuring import measure_artifact as stats
    from tensorboard_plugin_modelinspect.porting import portability as portability
    from tensorboard_plugin_modelinspect.restoring import restore_check as restore_check
    from tensorboard_plugin_modelinspect.scanning import scan_path as scan
    from tensorboard_plugin_modelinspect.verifying import verify_artifact as verify
    from tensorboard_plugin_modelinspect.views.notebook import open_artifact as open
    from tensorboard_plugin_modelinspect.views.notebook import open_artifact as open_artifact
    from tensorboard_plugin_modelinspect.views.notebook_diff import diff as diff
else:  # hidden from type checkers, which would take any misspelt name for a lazy one

    def __getattr__(name: str) -> object:
        if name == "verify":
            from tensorboard_plugin_modelinspect.verifying import verify_artifact

            return verify_artifact
        if name == "stats":
            from tensorboard_plugin_modelinspect.measuring import measure_artifact

            return measure_artifact
        if name == "scan":
            from tensorboard_plugin_modelinspect.scanning import scan_path

            return scan_path
        if name == "lineage":
            from tensorboard_plugin_modelinspect.discovery.lineage import compute_lineage

            return compute_lineage
        if name == "timeline":
            from tensorboard_plugin_modelinspect.discovery.series_reader import compute_timeline

            return compute_timeline
        if name == "diff":
            from tensorboard_plugin_modelinspect.views.notebook_diff import diff

            return diff
        if name == "describe":
            from tensorboard_plugin_modelinspect.describing import describe_model

            return describe_model
        if name == "portability":
            from tensorboard_plugin_modelinspect.porting import portability

            return portability
        if name == "restore_check":
            from tensorboard_plugin_modelinspect.restoring import restore_check

            return restore_check
        if name not in ("open", "open_artifact"):
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from tensorboard_plugin_modelinspect.views.notebook import open_artifact

        return open_artifact

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
