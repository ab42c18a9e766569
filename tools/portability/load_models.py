"""Load models with the TensorFlow of this Python, and write what became of each.

    pythonX.Y load_models.py OUT.json KIND=PATH …

Runs by itself, with TensorFlow 1.15 and newer. OUT gets for each path an empty text if it was
loaded, else the exception; `crashed` stands there while it is tried.
"""

import json
import os
import sys


def main() -> None:
    """Load all that are not in OUT yet."""
    out = sys.argv[1]
    for argument in sys.argv[2:]:
        kind, _, path = argument.partition("=")
        known = read(out)
        if path in known:
            continue
        known[path] = "crashed"
        write(out, known)
        known[path] = attempt(kind, path)
        write(out, known)


def read(out: str) -> "dict[str, str]":
    """What is known."""
    if not os.path.exists(out):
        return {}
    with open(out, encoding="utf-8") as file:
        return dict(json.load(file))


def write(out: str, known: "dict[str, str]") -> None:
    """Keep it."""
    with open(out, "w", encoding="utf-8") as file:
        json.dump(known, file)


def attempt(kind: str, path: str) -> str:
    """Load one; the exception, or nothing."""
    try:
        LOADERS[kind](path)
    except Exception as error:  # noqa: BLE001  whatever it is
        return f"{type(error).__name__}: {error}"[:2000]
    return ""


def load_saved_model(path: str) -> None:
    """As users of TensorFlow 2 do."""
    import tensorflow as tf

    load = getattr(tf.saved_model, "load_v2", tf.saved_model.load)
    load(path)


def load_graph(path: str) -> None:
    """A binary GraphDef."""
    import tensorflow as tf

    graph = tf.compat.v1.GraphDef()
    with open(path, "rb") as file:
        graph.ParseFromString(file.read())
    with tf.Graph().as_default():
        tf.import_graph_def(graph, name="")


def load_keras(path: str) -> None:
    """With the Keras that TensorFlow brings."""
    import tensorflow as tf

    tf.keras.models.load_model(path)


def convert(path: str, *, select: bool) -> None:
    """To TFLite, with and without Select TF ops."""
    import tensorflow as tf

    converter = tf.lite.TFLiteConverter.from_saved_model(path)
    if select:
        lite = tf.lite.OpsSet
        converter.target_spec.supported_ops = [lite.TFLITE_BUILTINS, lite.SELECT_TF_OPS]
    converter.convert()


def load_layer(path: str) -> None:
    """As a layer of Keras 3; KEY:PATH names the signature."""
    import keras

    key, _, folder = path.partition(":")
    keras.layers.TFSMLayer(folder, call_endpoint=key)


LOADERS = {
    "saved_model": load_saved_model,
    "graph_def": load_graph,
    "keras": load_keras,
    "h5": load_keras,
    "tflite": lambda path: convert(path, select=False),
    "select": lambda path: convert(path, select=True),
    "tfsm": load_layer,
}

if __name__ == "__main__":
    main()
