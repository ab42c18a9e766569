"""One small network, trained further, converted, and its checkpoints: what it answers then."""

import json

import numpy as np
import tensorflow as tf

import record

v1 = tf.compat.v1
X = np.linspace(-1.0, 1.0, 12, dtype=np.float32).reshape(4, 3)


class Network(tf.Module):
    """Two layers; the second is what a retraining changes."""

    def __init__(self, width: int = 4) -> None:
        super().__init__()
        start = np.linspace(-0.9, 0.8, 3 * width, dtype=np.float32).reshape(3, width)
        self.first = tf.Module(name="first")
        self.first.kernel = tf.Variable(start, name="kernel")
        self.last = tf.Module(name="last")
        self.last.kernel = tf.Variable(start.T[:, :2] * 0.5, name="kernel")
        self.last.bias = tf.Variable([0.25, -0.5], name="bias")

    @tf.function(input_signature=[tf.TensorSpec((None, 3), tf.float32, "x")])
    def serve(self, x: tf.Tensor) -> dict:
        """Scores, and the best of them."""
        with tf.name_scope("first"):
            hidden = tf.tanh(tf.matmul(x, self.first.kernel, name="product"), name="tanh")
        with tf.name_scope("last"):
            scores = tf.matmul(hidden, self.last.kernel, name="product") + self.last.bias
        return {"scores": scores, "best": tf.argmax(scores, 1)}


def save(model: Network, path: str) -> None:
    """As a SavedModel with one signature."""
    tf.saved_model.save(model, path, {"serve": model.serve})


def save_tf1(path: str) -> None:
    """A graph of TensorFlow 1 with a variable, and a checkpoint with another value of it."""
    with v1.Session(graph=tf.Graph()) as session:
        x = v1.placeholder(tf.float32, (None,), "x")
        scale = v1.get_variable("net/scale", (), initializer=v1.ones_initializer())
        y = tf.multiply(x, scale, "y")
        inputs = {"x": v1.saved_model.build_tensor_info(x)}
        outputs = {"y": v1.saved_model.build_tensor_info(y)}
        build = v1.saved_model.signature_def_utils.build_signature_def
        session.run(v1.global_variables_initializer())
        builder = v1.saved_model.Builder(path)
        signatures = {"serve": build(inputs, outputs, "predict")}
        builder.add_meta_graph_and_variables(session, ["serve"], signatures)
        builder.save()
        session.run(scale.assign(3.0))
        v1.train.Saver().save(session, "tf1-3", write_meta_graph=False, write_state=False)


def make() -> dict[str, record.Facts]:
    """Four SavedModels, three checkpoints; `says.json` is what TensorFlow answers."""
    model = Network()
    save(model, "model")
    said = {"model": model.serve(X)["scores"].numpy().tolist()}
    model.last.bias.assign([0.75, -0.5])
    model.last.kernel.assign(model.last.kernel * 2.0)
    save(model, "retrained")
    said["retrained"] = model.serve(X)["scores"].numpy().tolist()
    tf.train.Checkpoint(model=model).write("training-1")
    tf.train.Checkpoint(last=model.last).write("last-1")
    wider = Network(5)
    save(wider, "wider")
    save_tf1("tf1")
    with open("says.json", "w", encoding="utf-8") as file:
        json.dump({"x": X.tolist(), **said}, file, indent=1)
    steps = {"training-1": 1, "last-1": 1, "tf1-3": 3}
    checkpoints = {path: record.checkpoint(step) for path, step in steps.items()}
    models = ("model", "retrained", "wider", "tf1")
    return {path: record.saved_model() for path in models} | checkpoints


if __name__ == "__main__":
    record.main(__file__, make)
