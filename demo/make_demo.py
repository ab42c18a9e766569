"""Make a logdir to look at: `python demo/make_demo.py OUTDIR [--quick]`. Needs TensorFlow.

What is in it, and why, is in README.md beside this file.
"""

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

# Read when TensorFlow is imported: no log of its own, and sums in the same order each time.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")

import tensorflow as tf

from broken import cut_checkpoint, cut_model, write_lfs_pointer
from network import QUICK, Budget, train_run
from other_files import save_other_files
from special_runs import diverge, fine_tune
from text_module import save_text_module
from tf1_regression import V1, V2, save_regression

LEARNING_RATES = (0.001, 0.01)


def make_demo(logdir: Path, budget: Budget) -> Iterator[tuple[str, str]]:
    """Make everything below an empty folder.

    Yields:
        Of each thing its path below `logdir`, and what it is, as soon as it is there.
    """
    for rate in LEARNING_RATES:
        yield f"cnn-lr-{rate}", train_run(logdir / f"cnn-lr-{rate}", rate, budget)
    first = logdir / f"cnn-lr-{LEARNING_RATES[0]}"
    yield "cnn-fine-tuned", fine_tune(logdir / "cnn-fine-tuned", first / "model.keras", budget)
    yield "cnn-diverged", diverge(logdir / "cnn-diverged", budget)
    yield "text_module/1", save_text_module(logdir / "text_module/1")
    yield "tf1_regression", save_regression(logdir / "tf1_regression", V2)
    yield "tf1_old_format", save_regression(logdir / "tf1_old_format", V1)
    run = logdir / f"cnn-lr-{LEARNING_RATES[-1]}"
    yield "other_files", save_other_files(run / "model.keras", logdir / "other_files")
    last = run / f"checkpoints/ckpt-{budget.epochs}"
    yield "broken/checkpoints", cut_checkpoint(last, logdir / "broken/checkpoints")
    yield "broken/model.keras", cut_model(run / "model.keras", logdir / "broken/model.keras")
    yield "broken/export/1", write_lfs_pointer(logdir / "broken/export/1")


def is_demo(folder: Path) -> bool:
    """Whether a folder holds nothing but what an earlier run made, and so may be replaced."""
    made = {f"cnn-lr-{rate}" for rate in LEARNING_RATES}
    made |= {
        "cnn-fine-tuned",
        "cnn-diverged",
        "text_module",
        "tf1_regression",
        "tf1_old_format",
        "other_files",
        "broken",
    }
    return {path.name for path in folder.iterdir()} <= made


def replace_folder(old: Path, new: Path) -> None:
    """Put folder `new` in the place of `old`, which may be missing."""
    if old.exists():
        with tempfile.TemporaryDirectory(prefix=f".{old.name}-", dir=old.parent) as aside:
            old.rename(Path(aside, old.name))
            new.rename(old)
    else:
        new.rename(old)


def parse_options() -> argparse.Namespace:
    """The command line; leaves with a message if OUTDIR holds other things than a demo."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("outdir", type=Path, metavar="OUTDIR", help="a demo there is replaced")
    parser.add_argument("--quick", action="store_true", help="train for a moment only")
    options = parser.parse_args()
    options.outdir = options.outdir.resolve()
    if options.outdir.exists() and not (options.outdir.is_dir() and is_demo(options.outdir)):
        parser.error(f"{options.outdir} holds other things; name a new or an empty folder")
    return options


def main() -> int:
    """Make the demo beside OUTDIR and move it there when it is whole."""
    options = parse_options()
    tf.config.experimental.enable_op_determinism()
    outdir: Path = options.outdir
    outdir.parent.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix=f".{outdir.name}-", dir=outdir.parent))
    try:
        logdir = unfinished / "demo"
        logdir.mkdir()
        for path, what in make_demo(logdir, QUICK if options.quick else Budget()):
            print(f"{path}: {what}", flush=True)
        replace_folder(outdir, logdir)
    finally:
        shutil.rmtree(unfinished)
    return 0


if __name__ == "__main__":
    sys.exit(main())
