"""The code of signatures that the tab writes: executed by TensorFlow, read as its tools read it."""

from __future__ import annotations

import dataclasses
import functools
import json
import os
import re
import shlex
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tensorboard_plugin_modelinspect.analyses.examples import find_features
from tensorboard_plugin_modelinspect.analyses.graph.analysis import GraphAnalysis
from tensorboard_plugin_modelinspect.model.signature import Signature
from tensorboard_plugin_modelinspect.opening import open_artifact
from tensorboard_plugin_modelinspect.runner.inputs.feeding import expand_specs
from tensorboard_plugin_modelinspect.runner.inputs.given import Given, read_inputs
from tensorboard_plugin_modelinspect.views.cli.run import command
from tensorboard_plugin_modelinspect.views.http.describe import describe_meta_graph
from tensorboard_plugin_modelinspect.views.http.describe_run import describe_feature
from tests.support.corpus import recorded
from tools.frontend import SOURCES, find_node

PYTHON = os.environ.get("MODELINSPECT_TF_PYTHON", "")
BASH = shutil.which("bash") or ""
ROOT = Path(__file__).resolve().parents[3]
ENDLESS = ("hang", "wait", "abort", "leave")
NOT_LOADED = "module_signatures/structures"
"""TensorFlow does not: its checkpoint has a key with a dot that the object tree has not."""
DEPENDENT = "module_signatures/unknown_shapes"
"""Its values depend on each other: parts of a ragged and of a sparse tensor, not told as such."""

VALUE = {"$ref": "#/$defs/value"}
SCHEMA = {
    "$defs": {
        "value": {
            "anyOf": [
                {"type": ["number", "string", "boolean"]},
                {"type": "array", "items": VALUE},
                {"$ref": "#/$defs/binary"},
            ]
        },
        "binary": {
            "type": "object",
            "properties": {"b64": {"type": "string", "pattern": "^[A-Za-z0-9+/]*={0,2}$"}},
            "required": ["b64"],
            "additionalProperties": False,
        },
        "feature": {
            "anyOf": [
                {"$ref": "#/$defs/one"},
                {"type": "array", "items": {"$ref": "#/$defs/one"}},
            ]
        },
        "one": {"anyOf": [{"type": ["number", "string"]}, {"$ref": "#/$defs/binary"}]},
        "features": {"type": "object", "additionalProperties": {"$ref": "#/$defs/feature"}},
    },
    "type": "object",
    "properties": {
        "signature_name": {"type": "string"},
        "instances": {"type": "array", "items": VALUE},
        "inputs": {"anyOf": [{"type": "object", "additionalProperties": VALUE}, VALUE]},
        "context": {"$ref": "#/$defs/features"},
        "examples": {"type": "array", "items": {"$ref": "#/$defs/features"}},
    },
    "additionalProperties": False,
}
"""Requests as https://www.tensorflow.org/tfx/serving/api_rest documents them."""
PREDICT = {**SCHEMA, "not": {"required": ["examples"]}, "required": ["inputs"]}
EXAMPLES = {**SCHEMA, "not": {"required": ["inputs"]}, "required": ["examples"]}
ADDRESS = re.compile(
    r"http://localhost:8501/v1/models/[\w.-]+(?:/versions/\d+)?:(predict|classify|regress)"
)


@functools.cache
def find_callees() -> list[tuple[Signature, dict[str, Any]]]:
    """All signatures of the corpus, with what the tab knows of them."""
    found = []
    for artifact in recorded(kind="saved_model", state="complete"):
        opened = open_artifact(artifact.path)
        analysis = GraphAnalysis(opened)
        for graph in opened.meta_graphs:
            signatures = describe_meta_graph(graph, {}).signatures
            for signature, payload in zip(graph.signatures, signatures, strict=True):
                if signature.is_internal or signature.key in ENDLESS:
                    continue
                features = find_features(analysis, graph.tags, signature.key)
                callee = {
                    "location": str(artifact.path),
                    "tags": graph.tags,
                    "hasOthers": len(opened.meta_graphs) > 1,
                    "signature": dataclasses.asdict(payload),
                    "features": {
                        key: [dataclasses.asdict(describe_feature(one)) for one in parsed]
                        for key, parsed in features.items()
                    },
                }
                found.append((signature, callee))
    return found


def write(callees: list[dict[str, Any]]) -> list[dict[str, str | None]]:
    """What the tab writes for each: code or None, by way."""
    try:
        node, _ = find_node()
    except SystemExit as missing:
        pytest.skip(str(missing))
    done = subprocess.run(
        [str(node), "scripts/call-code.mjs"],
        cwd=SOURCES,
        input=json.dumps(callees).encode(),
        stdout=subprocess.PIPE,
        check=True,
    )
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def written() -> list[tuple[Signature, dict[str, Any], dict[str, str | None]]]:
    """Signature, what the tab knows of it, and the code it writes."""
    found = find_callees()
    codes = write([callee for _, callee in found])
    return [(*one, code) for one, code in zip(found, codes, strict=True)]


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Runs a REST call up to `curl`, and gives its address and what it would send."""
    if not BASH:
        pytest.skip("there is no bash")
    folder = tmp_path_factory.mktemp("commands")
    for name, line in {
        "curl": 'echo "$3"; cat',
        "python3": f'exec {shlex.quote(PYTHON or sys.executable)} "$@"',
    }.items():
        path = folder / name
        path.write_text(f"#!{BASH}\n{line}\n", encoding="utf-8")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)

    def run(code: str) -> tuple[str, str]:
        search = f"{folder}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            [BASH, "-c", code],
            env={**os.environ, "PATH": search, "TF_CPP_MIN_LOG_LEVEL": "3"},
            stdout=subprocess.PIPE,
            check=True,
            text=True,
        )
        address, _, body = done.stdout.partition("\n")
        return address, body

    return run


def check_body(body: str, address: str, signature: Signature) -> None:
    """A request is as documented, and its values have the types and shapes of the inputs."""
    request = json.loads(body)
    verb = ADDRESS.fullmatch(address)
    assert verb
    jsonschema.validate(request, PREDICT if verb[1] == "predict" else EXAMPLES)
    assert request["signature_name"] == signature.key
    assert verb[1] == "predict" or signature.method_name == f"tensorflow/serving/{verb[1]}"
    if verb[1] != "predict":
        return
    assert request["inputs"].keys() == {spec.key for spec in signature.inputs}
    for spec in signature.inputs:
        check_value(
            request["inputs"][spec.key], spec.dtype.name, (1,) if spec.shape is None else spec.shape
        )


def check_value(value: Any, dtype: str, shape: tuple[int | None, ...]) -> None:
    """JSON of a tensor, by the table "JSON mapping"."""
    if shape:
        assert isinstance(value, list)
        assert shape[0] in (None, len(value))
        for inner in value[:1]:
            check_value(inner, dtype, shape[1:])
        return
    types: dict[str, tuple[type, ...]] = {"bool": (bool,), "string": (str, dict)}
    wanted = types.get(dtype, (float,) if "float" in dtype else (int,))
    assert type(value) in wanted


def test_rest_requests_are_as_documented(written: Any, shell: Any) -> None:
    """Each body that the command sends; those with an example need TensorFlow to be made."""
    count = 0
    for signature, _, codes in written:
        code = codes["rest"]
        if code and "import tensorflow" not in code:
            address, body = shell(code)
            check_body(body, address, signature)
            count += 1
    assert count > 30


def test_types_that_json_has_not_are_refused(written: Any) -> None:
    """Those that the table leaves out, and tensors of several parts."""
    listed = {"bool", "string", "float32", "float64", "int16"}
    listed |= {f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 32, 64)}
    refused = set()
    for signature, callee, codes in written:
        if callee["signature"]["method_name"].endswith(("classify", "regress")):
            continue
        specs = [*signature.inputs, *signature.outputs]
        is_dense = all(spec.encoding == "dense" for spec in specs)
        dtypes = {spec.dtype.name for spec in signature.inputs}
        assert (codes["rest"] is not None) == (is_dense and dtypes <= listed)
        refused |= dtypes - listed
    assert {"float16", "bfloat16", "complex64", "uint16"} <= refused


def test_commands_are_those_of_modelinspect_run(written: Any) -> None:
    """The options exist, and what they give is every input of the signature."""
    for signature, callee, codes in written:
        assert codes["command"]
        words = shlex.split(codes["command"].replace("\\\n", ""))
        assert words[:2] == ["modelinspect", "run"]
        given = command.make_context("run", words[2:]).params
        assert given["folder"] == callee["location"]
        assert given["signature_def"] == signature.key
        inputs = read_inputs(
            signature, Given("", given["input_exprs"], given["input_examples"]), pytest.fail
        )
        assert given["is_random"] or inputs.keys() == expand_specs(signature).keys()


def make_callee(key: str, **more: Any) -> dict[str, Any]:
    """A signature under a name, with an input and an output of that name."""
    spec = {"key": key, "dtype": "string", "shape": [None], "name": "x:0"}
    spec |= {"encoding": "dense", "has_default": False}
    signature = {"key": key, "method_name": "", "inputs": [spec], "outputs": [spec]}
    callee = {"location": f"/logs/{key}/7", "tags": [key], "hasOthers": True, "features": {}}
    return {**callee, "signature": {**signature, "internal": False}, **more}


@pytest.mark.parametrize(
    "name", ['"); evil(', "'$(evil)`evil`", "a\nEOF\nevil", "line\u2028\U0001f600é", "class", "\\"]
)
def test_names_from_files_stay_names(name: str, shell: Any) -> None:
    """Whatever a path, a tag, a key or a feature is called, it arrives so and runs nothing."""
    feature = [{"name": name, "dtype": "string", "shape": [], "default": None}]
    plain, parsed = write([make_callee(name), make_callee(name, features={name: feature})])
    for codes in (plain, parsed):
        for way in ("python", "grpc"):
            tree = compile(codes[way] or "", way, "exec", dont_inherit=True)
            constants = {
                *tree.co_consts,
                *(one for c in tree.co_consts if isinstance(c, tuple) for one in c),
            }
            assert name in constants
            assert "evil" not in tree.co_names
    address, body = shell(plain["rest"])
    assert json.loads(body)["inputs"].keys() == {name}
    assert ADDRESS.fullmatch(address)
    assert "/versions/7:" in address
    echo = f"modelinspect() {{ printf '%s\\0' \"$@\"; }}\n{plain['command']}"
    words = subprocess.run([BASH, "-c", echo], stdout=subprocess.PIPE, check=True).stdout
    given = words.decode().split("\0")
    assert {f"/logs/{name}/7", name} <= set(given)


@pytest.mark.tensorflow
@pytest.mark.timeout(600)
@pytest.mark.skipif(not PYTHON, reason="MODELINSPECT_TF_PYTHON names no Python with TensorFlow")
def test_tensorflow_executes_it(written: Any, shell: Any) -> None:
    """Each way gives what TensorFlow answers to the first: Python, TFSMLayer, gRPC, REST."""
    chosen = [one for one in written if not one[1]["location"].endswith(DEPENDENT)]
    asked = []
    for signature, callee, codes in chosen:
        address, body = shell(codes["rest"]) if codes["rest"] else ("", None)
        if body is not None:
            check_body(body, address, signature)
        ways = {way: codes[way] for way in ("python", "keras", "grpc")}
        place = {"location": callee["location"], "tags": callee["tags"]}
        asked.append({**place, "signature": signature.key, **ways, "body": body})
    done = subprocess.run(
        [PYTHON, "-m", "tests.support.call_code"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"},
        input=json.dumps(asked).encode(),
        stdout=subprocess.PIPE,
        check=True,
    )
    for (signature, callee, _), answer in zip(chosen, json.loads(done.stdout), strict=True):
        if callee["location"].endswith(NOT_LOADED):
            assert "load" in answer
            continue
        where = f"{callee['location']} {signature.key}: {answer}"
        wanted = answer["python"]
        assert wanted.keys() == {spec.key for spec in signature.outputs}, where
        is_example = not signature.method_name.endswith(("classify", "regress"))
        for way in answer.keys() - {"python"}:
            assert "error" not in answer[way] or "error" in wanted, f"{way} {where}"
            if way == "keras" and answer[way].keys() == {""}:
                assert [*answer[way].values()] == [*wanted.values()], where
            elif way == "keras" or is_example:
                assert without_state(answer[way]) == without_state(wanted), f"{way} {where}"


def without_state(outputs: dict[str, str]) -> dict[str, str]:
    """Without what counts calls."""
    return {key: value for key, value in outputs.items() if key != "calls"}
