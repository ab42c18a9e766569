"""Restores, by objects, by names and by Keras, and what became of each variable.

README.md of the corpus describes the answers. As in every case, with `--check` nothing is written:
the checkpoints as they are, are restored again.
"""

import argparse
import json
import os
import posixpath
import shutil
import sys
import warnings
from pathlib import Path

import keras
import tensorflow as tf

import keras2
import keras_files
import keras_objects
import modules
import names
import record
import scenario
import slots

CASES = [
    *modules.CASES,
    *keras_objects.CASES,
    *names.CASES,
    *slots.CASES,
    *keras_files.CASES,
    *keras2.CASES,
]


def answer(case: scenario.Scenario, recorded: scenario.Answers | None = None) -> scenario.Answers:
    """Its answer, from files made now or, if there is a recorded one, from those it names."""
    Path(case.name).mkdir(exist_ok=True)
    os.chdir(case.name)
    try:
        if recorded:
            paths = (recorded["checkpoint"], recorded["target"])
            return scenario.answer_of(case, *(posixpath.relpath(path, case.name) for path in paths))
        return scenario.answer_of(case, case.save(), case.describe())
    finally:
        os.chdir("..")


def remake() -> None:
    """Replace all scenarios in the working directory."""
    for path in Path().iterdir():
        if path.is_dir():
            shutil.rmtree(path)
    answers = {
        "tensorflow": tf.__version__,
        "keras": keras.__version__,
        "tf_keras": keras2.VERSION,
        "latest_checkpoint": {},
        "artifacts": {},
        "scenarios": {case.name: answer(case) for case in CASES},
    }
    Path("answers.json").write_text(record.text_of(answers) + "\n", encoding="utf-8")


def check() -> int:
    """Restore the files as they are; 1 and a list of the scenarios whose answers differ."""
    recorded = json.loads(Path("answers.json").read_text(encoding="utf-8"))["scenarios"]
    different = [
        case.name
        for case in CASES
        if json.loads(record.text_of(answer(case, recorded[case.name]))) != recorded[case.name]
    ]
    for name in different:
        print(f"  differs: {name}")
    return int(bool(different))


def main() -> int:
    """The command line, as in `record.py`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--check", action="store_true", help="write nothing; compare with answers.json"
    )
    options = parser.parse_args()
    warnings.simplefilter("ignore", UserWarning)
    os.chdir(Path(__file__).resolve().parent)
    if options.check:
        return check()
    remake()
    nbytes = sum(path.stat().st_size for path in Path().rglob("*") if path.is_file())
    print(f"restore: {len(CASES)} scenarios, {nbytes} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
