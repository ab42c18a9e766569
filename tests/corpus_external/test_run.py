"""Real models are run: on made-up inputs, with TensorFlow's own call beside.

`MODELINSPECT_CORPUS` names a folder with `data/`, models as their authors left them. What
TensorFlow loads is loaded, and gives the same bits; what it does not is refused with its reason in
one line.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tensorboard_plugin_modelinspect.analyses.examples import find_features
from tensorboard_plugin_modelinspect.analyses.graph.analysis import GraphAnalysis
from tensorboard_plugin_modelinspect.errors import (
    CallFailed,
    FormatError,
    LoadFailed,
    ModelInspectError,
)
from tensorboard_plugin_modelinspect.formats.exported_graph import read_exported_graphs
from tensorboard_plugin_modelinspect.opening import open_artifact
from tensorboard_plugin_modelinspect.runner.client import Runner
from tensorboard_plugin_modelinspect.runner.inputs.made_up import make_inputs
from tensorboard_plugin_modelinspect.runner.messages import Call, Load
from tensorboard_plugin_modelinspect.sources.local import LocalFolder
from tests.support import own_calls

PYTHON = os.environ.get("MODELINSPECT_TF_PYTHON", "")
DATA = Path(os.environ.get("MODELINSPECT_CORPUS", "/nonexistent"), "data")
BATCH = 2
TRIES = 5
"""An estimator's evaluation reads its metrics while it counts them up: which is first, TensorFlow
leaves to its threads, and mostly it is the reading."""
PARTS = 3
"""Of the models, for as many processors: each model imports TensorFlow, which takes seconds."""

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.tensorflow,
    pytest.mark.slow,
    pytest.mark.timeout(3600),
    pytest.mark.skipif(not DATA.is_dir(), reason="MODELINSPECT_CORPUS names no folder with data/"),
    pytest.mark.skipif(not PYTHON, reason="MODELINSPECT_TF_PYTHON names no Python with TensorFlow"),
]

Inputs = dict[str, dict[str, np.ndarray]]


def inputs_of(folder: Path) -> Inputs:
    """Made-up inputs of every signature; none of a model whose file cannot be read."""
    try:
        graphs = read_exported_graphs(LocalFolder(str(folder)))
    except FormatError:
        return {}
    inputs = {}
    analysis = GraphAnalysis(open_artifact(folder))
    for signature in graphs[0].signatures:
        if not signature.is_internal:
            features = find_features(analysis, graphs[0].tags, signature.key)
            inputs[signature.key] = make_inputs(signature, batch=BATCH, features=features)
    return inputs


def ask_tensorflow(models: dict[str, Inputs], folder: Path) -> dict[str, Any]:
    """What its own calls give."""
    asked = {
        path: {
            key: {name: own_calls.to_json(array) for name, array in inputs.items()}
            for key, inputs in signatures.items()
        }
        for path, signatures in models.items()
    }
    question = folder / "asked.json"
    question.write_text(json.dumps(asked))
    done = subprocess.run(
        [PYTHON, str(Path(own_calls.__file__)), str(question)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "CUDA_VISIBLE_DEVICES": "-1"},
        check=True,
    )
    answers: dict[str, Any] = json.loads(done.stdout)
    return answers


def is_one_line(error: ModelInspectError) -> bool:
    """A sentence, without stack traces."""
    return (
        "\n" not in error.message and "Traceback" not in error.message and len(error.message) > 20
    )


def outcomes(path: str, signatures: Inputs, own: dict[str, Any]) -> Iterator[str]:
    """What became of a model and of each of its signatures; `wrong: …` if it should not have."""
    with Runner(Load(path, python=PYTHON)) as runner:
        try:
            runner.load()
        except LoadFailed as error:
            alike = isinstance(own.get("error"), str) and is_one_line(error)
            yield "refused" if alike else f"wrong: {path}: {error}"
            return
        yield f"wrong: {path} is loaded" if isinstance(own.get("error"), str) else "loaded"
        for key, inputs in signatures.items():
            try:
                is_equal = any(
                    call_once(runner, key, inputs) == own[key].get("outputs") for _ in range(TRIES)
                )
            except CallFailed as error:
                alike = "error" in own[key] and is_one_line(error)
                yield "call refused" if alike else f"wrong: {path} {key}: {error}"
                continue
            yield "call equal" if is_equal else f"wrong: {path} {key}: other values"


def call_once(runner: Runner, key: str, inputs: dict[str, np.ndarray]) -> dict[str, Any]:
    """The outputs as `own_calls` has them, with variables as they were loaded."""
    answer = runner.call(Call(key, inputs, fresh=True))
    given = {value.key: own_calls.to_json(value.values) for value in answer.outputs}
    outputs: dict[str, Any] = json.loads(json.dumps(given))
    return outputs


@pytest.mark.parametrize("part", range(PARTS))
def test_models_run_as_tensorflow_runs_them(part: int, tmp_path: Path) -> None:
    """Bit for bit, every signature of every model that it loads; the others are refused."""
    folders = sorted({file.parent for file in DATA.rglob("saved_model.pb*")})
    models = {str(folder): inputs_of(folder) for folder in folders[part::PARTS]}
    own = ask_tensorflow(models, tmp_path)
    found = Counter(
        outcome
        for path, signatures in models.items()
        for outcome in outcomes(path, signatures, own[path])
    )
    print(dict(found))
    assert not [outcome for outcome in found if outcome.startswith("wrong")], found
    assert found["loaded"] >= len(models) // 2
    assert found["call equal"] > found["call refused"]
