"""Record what TensorFlow's `inspect_checkpoint` prints, into `inspect_checkpoint.json` beside this.

    python tests/corpus/inspect_checkpoint.py

The tool itself is run, option parsing and all, on the corpus' checkpoints as they are; in one
process, since importing TensorFlow takes seconds.
"""

import contextlib
import io
import json
import os
import runpy
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import numpy as np
import tensorflow as tf

CORPUS = Path(__file__).resolve().parent
ANSWERS = Path(__file__).with_suffix(".json")
TOOL = "tensorflow.python.tools.inspect_checkpoint"
EVERYTHING = ([], ["--all_tensors"], ["--all_tensor_names"])

PREFIXES = (
    "big_endian/big",
    "dtypes/all",
    "keras3_checkpoint/tied-1",
    "keras3_export/equal_names/variables/variables",
    "odd_names/text",
    "partitioned/one_shard",
    "partitioned/three_shards",
    "sharded/four",
    "tables_and_iterators/all-1",
    "tf1_saved_model/binary/variables/variables",
    "tf1_saver/sharded/model.ckpt-200",
    "v1_format/dealt/part-?????-of-00003",
    "v1_format/dtypes.ckpt",
    "v1_format/saver/model.ckpt-7",
    "v1_format/snappy.ckpt",
)
MORE = (
    ("many/snappy", []),
    ("odd_names/not_text", []),
    ("sharded/four", ["--tensor_name", "h"]),
    ("sharded/four", ["--all_tensors=false", "--all_tensor_names", "TRUE"]),
    ("sharded/four", ["--all_tensors", "yes", "--tensor_name=h"]),
    ("tf1_saver/sharded/model.ckpt-200", ["--count_exclude_pattern", "Adam|_power"]),
    ("big_endian/big", ["--all_tensor_names", "--count_exclude_pattern=^(q?u?int|float)"]),
    ("dtypes/all", ["--all_tensors", "--printoptions", "precision=2", "suppress=True"]),
    (
        "dtypes/all",
        ["--printoptions", "floatmode=fixed", "sign=+", "--tensor_name", "float32/rank4"],
    ),
    (
        "dtypes/all",
        ["--printoptions=nanstr=?", "--printoptions", "infstr=oo", "--tensor_name=float32/vector"],
    ),
    (
        "partitioned/one_shard",
        ["--all_tensors", "--printoptions", "threshold=20", "edgeitems=2", "linewidth=40"],
    ),
)
"""Prefix and further options."""


def run_tool(prefix: str, options: list[str]) -> str:
    """Its stdout; numpy's print options are put back as they were."""
    out = io.StringIO()
    arguments = ["inspect_checkpoint", "--file_name", prefix, *options]
    with np.printoptions(), contextlib.redirect_stdout(out), contextlib.suppress(SystemExit):
        sys.argv = arguments
        runpy.run_module(TOOL, run_name="__main__")
    return out.getvalue()


def runs() -> Iterator[dict[str, object]]:
    """Every run: prefix, options, and what was printed."""
    everything = [(prefix, options) for prefix in PREFIXES for options in EVERYTHING]
    for prefix, options in [*everything, *MORE]:
        yield {"prefix": prefix, "options": options, "stdout": run_tool(prefix, options)}


def main() -> None:
    """Replace the recorded answers."""
    os.chdir(CORPUS)
    warnings.simplefilter("ignore")
    versions = {"tensorflow": tf.__version__, "numpy": np.__version__}
    answers = [json.dumps(run) for run in runs()]
    text = f'{{"versions": {json.dumps(versions)}, "runs": [\n' + ",\n".join(answers) + "\n]}\n"
    ANSWERS.write_text(text, encoding="utf-8")
    print(f"{ANSWERS.name}: {len(answers)} runs, {len(text)} bytes")


if __name__ == "__main__":
    main()
