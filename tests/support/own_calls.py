"""TensorFlow's own calls of SavedModels, to compare with: run by a Python that has TensorFlow.

python own_calls.py FILE: the file lists models and inputs of their signatures as JSON; the answer
on stdout has, of each, the error of loading, or of each signature its outputs or error.
"""

import base64
import json
import sys
from pathlib import Path


def to_json(array):
    """An array of numbers or of bytes."""
    import numpy as np

    array = np.asarray(array)
    if array.dtype.kind == "O":
        flat = [base64.b64encode(item).decode() for item in array.reshape(-1).tolist()]
        return {"dtype": "string", "shape": array.shape, "strings": flat}
    data = base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()
    return {"dtype": array.dtype.name, "shape": array.shape, "data": data}


def from_json(value):
    """The array again."""
    import ml_dtypes
    import numpy as np

    if value["dtype"] == "string":
        flat = np.empty(len(value["strings"]), object)
        for number, item in enumerate(value["strings"]):
            flat[number] = base64.b64decode(item)
        return flat.reshape(value["shape"])
    name = value["dtype"]
    dtype = np.dtype(getattr(ml_dtypes, name) if hasattr(ml_dtypes, name) else name)
    return np.frombuffer(base64.b64decode(value["data"]), dtype).reshape(value["shape"])


def call(loaded, key, inputs):
    """The outputs of a signature, or what TensorFlow says."""
    import tensorflow as tf

    try:
        function = loaded.signatures[key]
        specs = function.structured_input_signature[1]
        tensors = {
            name: tf.constant(from_json(value), specs[name].dtype) for name, value in inputs.items()
        }
        outputs = function(**tensors)
        flat = {}
        for name, value in outputs.items():
            if isinstance(value, tf.SparseTensor):
                parts = ("indices", "values", "dense_shape")
                flat |= {f"{name}/{part}": getattr(value, part) for part in parts}
            else:
                flat[name] = value
        return {"outputs": {name: to_json(value.numpy()) for name, value in flat.items()}}
    except Exception as error:  # noqa: BLE001
        return {"error": f"{type(error).__name__}: {error}"}


def main():
    """Answer."""
    import tensorflow as tf

    answers = {}
    for path, signatures in json.loads(Path(sys.argv[1]).read_text()).items():
        try:
            loaded = tf.saved_model.load(path)
        except Exception as error:  # noqa: BLE001
            answers[path] = {"error": f"{type(error).__name__}: {error}"}
            continue
        answers[path] = {key: call(loaded, key, inputs) for key, inputs in signatures.items()}
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
