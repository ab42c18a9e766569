"""Executes code that the tab writes; a process with TensorFlow runs it as a script.

It reads a JSON list of objects from stdin: `location`, `tags` and `signature` with `python`,
`keras`, `grpc` (code or null) and `body` (a REST request or null). It writes for each what came of
each: outputs as text by key, or `{"error": …}`.
"""

from __future__ import annotations

import base64
import contextlib
import io
import json
import os
import sys
from types import SimpleNamespace
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import numpy as np
import tensorflow as tf

from tests.support import serving_protos


def main() -> None:
    """Execute all."""
    serving_protos.install()
    answers = json.dumps([_execute(asked) for asked in json.load(sys.stdin)])
    sys.stdout.write(answers)


def _execute(asked: dict[str, Any]) -> dict[str, Any]:
    try:
        loaded = tf.saved_model.load(asked["location"], tags=asked["tags"])
    except Exception as error:  # noqa: BLE001  # one that TensorFlow does not load
        return {"load": {"error": str(error)}}
    call = loaded.signatures[asked["signature"]]
    ways = {
        "python": lambda: _run(asked["python"]),
        "keras": lambda: _run(asked["keras"]),
        "grpc": lambda: _run_grpc(asked["grpc"], call),
        "body": lambda: _call_rest(asked["body"], call),
    }
    return {way: _tell(run) for way, run in ways.items() if asked[way] is not None}


def _tell(run: Any) -> Any:
    try:
        outputs = run()
        if not isinstance(outputs, dict):
            outputs = {"": outputs}
        return {key: _text(value) for key, value in outputs.items()}
    except Exception as error:  # noqa: BLE001  # the test shows it
        return {"error": f"{type(error).__name__}: {error}"}


def _text(value: Any) -> str:
    parts = [value]
    if isinstance(value, tf.SparseTensor):
        parts = [value.indices, value.values, value.dense_shape]
    arrays = [np.asarray(part) for part in parts]
    return " ".join(f"{one.dtype} {one.shape} {one.tolist()}" for one in arrays)


def _run(code: str) -> Any:
    names: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()):
        exec(compile(code, "snippet", "exec"), names)
    return names["outputs"]


class _Stub:
    """Answers as a server with the one model would, and keeps what it answered."""

    def __init__(self, call: Any) -> None:
        self.call = call
        self.outputs: Any = None

    def Predict(self, request: Any, timeout: float) -> Any:
        inputs = {
            key: tf.constant(tf.make_ndarray(proto), tf.as_dtype(proto.dtype))
            for key, proto in request.inputs.items()
        }
        self.outputs = self.call(**inputs)
        protos = {key: tf.make_tensor_proto(value) for key, value in self.outputs.items()}
        return SimpleNamespace(outputs=protos)

    def Classify(self, request: Any, timeout: float) -> Any:
        examples = [one.SerializeToString() for one in request.input.example_list.examples]
        self.outputs = _call_with(self.call, examples)
        return SimpleNamespace(result=self.outputs)

    Regress = Classify


def _run_grpc(code: str, call: Any) -> Any:
    from tensorflow_serving.apis import prediction_service_pb2_grpc

    stub = _Stub(call)
    prediction_service_pb2_grpc.PredictionServiceStub = lambda channel: stub
    with contextlib.redirect_stdout(io.StringIO()):
        exec(compile(code, "snippet", "exec"), {})
    return stub.outputs


def _call_rest(body: str, call: Any) -> Any:
    request = json.loads(body, object_hook=_decode)
    if "examples" in request:
        return _call_with(call, [_make_example(one) for one in request["examples"]])
    specs = call.structured_input_signature[1]
    return call(
        **{key: tf.constant(value, specs[key].dtype) for key, value in request["inputs"].items()}
    )


def _decode(value: dict[str, Any]) -> Any:
    return base64.b64decode(value["b64"]) if set(value) == {"b64"} else value


def _make_example(features: dict[str, Any]) -> bytes:
    """As TensorFlow Serving makes them: tensorflow_serving/util/json_tensor.cc."""
    example = tf.train.Example()
    for name, value in features.items():
        values = value if isinstance(value, list) else [value]
        feature = example.features.feature[name]
        if isinstance(values[0], str | bytes):
            feature.bytes_list.value.extend(
                one.encode() if isinstance(one, str) else one for one in values
            )
        elif isinstance(values[0], float):
            feature.float_list.value.extend(values)
        else:
            feature.int64_list.value.extend(values)
    return example.SerializeToString()


def _call_with(call: Any, examples: list[bytes]) -> Any:
    (name,) = call.structured_input_signature[1]
    return call(**{name: tf.constant(examples, tf.string)})


if __name__ == "__main__":
    main()
