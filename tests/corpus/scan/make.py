"""Makes the models of the scan's test set and `expected.json`, what a scan must say of each.

    .venv-tf/bin/python tests/corpus/scan/make.py

Clean models of every kind, and one model for each attack of the families that were published. None
of the attacks is run here: functions are traced, saved, and some files are edited afterwards.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import clean_models
import data_attacks
import file_attacks
import graph_attacks
import keras
import tensorflow as tf
from cases import CASES, Case

HERE = Path(__file__).resolve().parent
MODELS = HERE / "models"
_MODULES = (clean_models, graph_attacks, data_attacks, file_attacks)
"""They add to `CASES` when they are imported."""


def make_one(case: Case) -> None:
    """Make a model from scratch: names and numbers do not depend on those before it."""
    tf.compat.v1.reset_default_graph()
    keras.backend.clear_session()
    keras.utils.set_random_seed(7)
    folder = MODELS / case.name
    folder.mkdir(parents=True)
    os.chdir(MODELS)
    case.make(folder)
    for name in ("fingerprint.pb", "debug", "checkpoint"):  # nothing that a scan looks at
        path = folder / name
        if path.is_dir():
            shutil.rmtree(path)
        elif path.exists():
            path.unlink()


def main() -> None:
    """Make all, those named, or with `--missing` those that are not there."""
    names = [name for name in sys.argv[1:] if not name.startswith("--")]
    if "--missing" in sys.argv:
        names = [case.name for case in CASES if not (MODELS / case.name).exists()]
    if "--check" in sys.argv:
        return  # nobody is asked: what is expected is the makers' word
    for case in CASES:
        if not names or case.name in names:
            shutil.rmtree(MODELS / case.name, ignore_errors=True)
            print(case.name, flush=True)
            make_one(case)
    record = {
        "tensorflow": tf.__version__,
        "keras": keras.__version__,
        "models": {case.name: case.record() for case in CASES},
    }
    text = json.dumps(record, indent=1, ensure_ascii=False)
    (HERE / "expected.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
