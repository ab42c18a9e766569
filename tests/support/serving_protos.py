"""`tensorflow_serving.apis` for a TensorFlow without it: the messages and fields that calls need.

From tensorflow_serving/apis: model.proto, input.proto, predict.proto, classification.proto,
regression.proto; without oneofs, which a request does not show.
"""

from __future__ import annotations

import sys
import types

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, text_format

_FILE = """
name: "modelinspect_test/serving.proto" package: "tensorflow.serving" syntax: "proto3"
dependency: ["google/protobuf/wrappers.proto", "tensorflow/core/framework/tensor.proto",
             "tensorflow/core/example/example.proto"]
message_type { name: "ModelSpec"
  field { name: "name" number: 1 type: TYPE_STRING label: LABEL_OPTIONAL }
  field { name: "version" number: 2 type: TYPE_MESSAGE label: LABEL_OPTIONAL
          type_name: ".google.protobuf.Int64Value" }
  field { name: "signature_name" number: 3 type: TYPE_STRING label: LABEL_OPTIONAL } }
message_type { name: "ExampleList"
  field { name: "examples" number: 1 type: TYPE_MESSAGE label: LABEL_REPEATED
          type_name: ".tensorflow.Example" } }
message_type { name: "Input"
  field { name: "example_list" number: 1 type: TYPE_MESSAGE label: LABEL_OPTIONAL
          type_name: ".tensorflow.serving.ExampleList" } }
message_type { name: "ClassificationRequest" %(request)s }
message_type { name: "RegressionRequest" %(request)s }
message_type { name: "PredictRequest" %(model)s
  field { name: "inputs" number: 2 type: TYPE_MESSAGE label: LABEL_REPEATED
          type_name: ".tensorflow.serving.PredictRequest.InputsEntry" }
  nested_type { name: "InputsEntry" options { map_entry: true }
    field { name: "key" number: 1 type: TYPE_STRING label: LABEL_OPTIONAL }
    field { name: "value" number: 2 type: TYPE_MESSAGE label: LABEL_OPTIONAL
            type_name: ".tensorflow.TensorProto" } } }
"""
_MODEL = """
  field { name: "model_spec" number: 1 type: TYPE_MESSAGE label: LABEL_OPTIONAL
          type_name: ".tensorflow.serving.ModelSpec" }"""
_REQUEST = (
    _MODEL
    + """
  field { name: "input" number: 2 type: TYPE_MESSAGE label: LABEL_OPTIONAL
          type_name: ".tensorflow.serving.Input" }"""
)


def install() -> None:
    """Make the modules importable, unless the real ones are. Call it after TensorFlow's import."""
    try:
        import tensorflow_serving.apis.predict_pb2  # noqa: F401
    except ImportError:
        pass
    else:
        return
    import google.protobuf.wrappers_pb2  # noqa: F401  # its file must be in the pool

    text = _FILE % {"model": _MODEL, "request": _REQUEST}
    pool = descriptor_pool.Default()
    pool.Add(text_format.Parse(text, descriptor_pb2.FileDescriptorProto()))
    modules = {
        "predict_pb2": "PredictRequest",
        "classification_pb2": "ClassificationRequest",
        "regression_pb2": "RegressionRequest",
        "prediction_service_pb2_grpc": None,
    }
    package = types.ModuleType("tensorflow_serving.apis")
    sys.modules["tensorflow_serving"] = types.ModuleType("tensorflow_serving")
    sys.modules["tensorflow_serving.apis"] = package
    for name, message in modules.items():
        module = types.ModuleType(f"tensorflow_serving.apis.{name}")
        if message:
            descriptor = pool.FindMessageTypeByName(f"tensorflow.serving.{message}")
            setattr(module, message, message_factory.GetMessageClass(descriptor))
        setattr(package, name, module)
        sys.modules[module.__name__] = module
