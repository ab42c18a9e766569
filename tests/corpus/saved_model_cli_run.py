"""Record what `saved_model_cli run` prints and writes, in saved_model_cli_run.json.

python tests/corpus/saved_model_cli_run.py, where there is TensorFlow and its `saved_model_cli`.
"""

import io
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

CORPUS = Path(__file__).resolve().parent
TARGET = CORPUS / "saved_model_cli_run.json"
SMALL = np.array([[1.5, -2.25, 1e-8], [3e10, 0.1, np.nan]], np.float32)
KINDS = (
    *("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
    *("float16", "bfloat16", "float32", "float64", "complex64", "complex128", "float8_e5m2"),
    *("float8_e4m3fn", "int4", "uint4", "qint8", "quint8", "qint32"),
)


class Case(NamedTuple):
    """A run: a model of the corpus, a signature, options, and files that they name."""

    model: str
    signature: str
    options: tuple[str, ...]
    files: Mapping[str, Any] = MappingProxyType({})
    has_outdir: bool = True


def cases() -> list[Case]:
    """All of them."""
    ones, words = np.ones((2, 3), np.float32), np.array([b"red", "grün".encode(), b""], object)
    text = words.astype("S")
    return [
        Case(
            "run/sum",
            "add",
            ("--inputs", "x1=a.npy;x2=b.npy"),
            {"a.npy": SMALL, "b.npy": ones},
        ),
        Case(
            "run/sum",
            "add",
            ("--inputs", "x1=both.npz[x];x2=both.npz[y]"),
            {"both.npz": {"x": SMALL, "y": ones}},
        ),
        Case(
            "run/sum",
            "add",
            ("--inputs", "x1=one.npz;x2=a.npy"),
            {"one.npz": {"x": ones}, "a.npy": ones},
        ),
        Case(
            "run/sum",
            "add",
            ("--inputs", "x1=a.npy", "--input_exprs", "x2=[[1.5]]"),
            {"a.npy": SMALL},
        ),
        Case("run/sum", "add", ("--input_exprs", "x1=3;x2=0.5")),
        Case("run/sum", "add", ("--input_exprs", "x1=[[1, 2], [3, 4]];x2=-1e3")),
        Case("run/sum", "add", ("--input_exprs", "x1=();x2=1")),
        Case(
            "run/sum", "add", ("--inputs", "x1=f.npy;x2=f.npy"), {"f.npy": np.asfortranarray(SMALL)}
        ),
        Case("run/sum", "add", ("--inputs", "x1=d.npy;x2=d.npy"), {"d.npy": np.arange(6.0)}),
        Case("run/sum", "join", ("--inputs", "s=s.npy"), {"s.npy": text}),
        Case("run/sum", "join", ("--input_exprs", "s=['a', 'grün', b'\\xff\\x00z']")),
        Case("run/sum", "join", ("--input_exprs", "s=[]"), {}, False),
        Case("run/sum", "shift", ("--input_exprs", "n=[[1, 2], [3, 4]]")),
        Case(
            "run/sum", "shift", ("--inputs", "n=n.npy"), {"n.npy": np.array([[1.9, -2.9]])}, False
        ),
        Case(
            "run/examples",
            "parse",
            (
                "--input_examples",
                'examples=[{"id": [7], "weights": [1.5, 2.0]}, {"id": [8], "name": ["grün"]}]',
            ),
        ),
        Case("run/tf1", "serving_default", ("--input_exprs", "x1=[1.0, 2.0]")),
        Case("run/tf1", "serving_default", ("--input_exprs", "x1=[-1.0];x2=[0.5]")),
        Case("run/inner", "run", ("--input_exprs", "x=[[1, 2, 3], [-1, -2, 0.5]]")),
        Case("tf1_saved_model/binary", "serving_default", ("--input_exprs", "x=[1, 2, 3]")),
        Case("tf1_saved_model/assets", "serving_default", ("--input_exprs", "examples=['a']")),
        Case(
            "keras3_export/network",
            "serving_default",
            ("--inputs", "picture=x.npy"),
            {"x.npy": np.linspace(0, 1, 72, dtype=np.float32).reshape(2, 6, 6, 1)},
        ),
        Case(
            "keras3_saved_model/network",
            "serving_default",
            ("--inputs", "inputs=x.npy"),
            {"x.npy": np.ones((1, 4, 4, 1), np.float32)},
        ),
        *(
            Case(
                "run/kinds",
                name,
                ("--input_exprs", f"x={[1, 0, 1] if name == 'bool' else [1, 0, 3]}"),
            )
            for name in KINDS
        ),
        Case("run/kinds", "string", ("--input_exprs", "x=b'one'")),
    ]


def to_file(value: Any) -> bytes:
    """A `.npy`, or of a dict a `.npz`."""
    buffer = io.BytesIO()
    if isinstance(value, dict):
        np.savez(buffer, **value)
    else:
        np.save(buffer, value)
    return buffer.getvalue()


def run(case: Case) -> dict[str, Any]:
    """What a run gives; of one that fails only that it does, since what it says is a traceback."""
    with tempfile.TemporaryDirectory() as folder:
        for name, value in case.files.items():
            Path(folder, name).write_bytes(to_file(value))
        tool = Path(sys.executable).with_name("saved_model_cli")
        model = ["--dir", str(CORPUS / case.model), "--tag_set", "serve"]
        options = [*case.options, *(["--outdir", "out"] if case.has_outdir else [])]
        done = subprocess.run(
            [tool, "run", *model, "--signature_def", case.signature, *options],
            cwd=folder,
            env={**os.environ, "CUDA_VISIBLE_DEVICES": "-1", "PYTHONIOENCODING": "utf-8"},
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        saved = {path.name: path.read_bytes().hex() for path in sorted(Path(folder).glob("out/*"))}
    print(case.model, case.signature, *options, "->", done.returncode, flush=True)
    answer = {
        "model": case.model,
        "signature": case.signature,
        "options": options,
        "files": {name: to_file(value).hex() for name, value in case.files.items()},
        "works": done.returncode == 0,
    }
    if done.returncode:
        print(done.stderr.strip().splitlines()[-1])
        return answer
    return {**answer, "stdout": done.stdout, "saved": saved}


def main() -> None:
    """Run all and write the file."""
    import tensorflow as tf

    with ThreadPoolExecutor(2) as pool:
        runs = list(pool.map(run, cases()))
    versions = {"tensorflow": tf.__version__, "numpy": np.__version__}
    TARGET.write_text(json.dumps({"versions": versions, "runs": runs}, indent=1) + "\n")


if __name__ == "__main__":
    main()
