"""Models that people know, to look at on the Graph page: made with TensorFlow, without training.

    .venv-tf/bin/python -m benchmarks.known_models build/known-models
    .venv/bin/python -m tensorboard.main --logdir build/known-models

A picture is right if somebody who knows the model sees at once what it is: its stem, its stages or
layers, its head. Weights are random; only the smallest sizes that keep the structure are chosen.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any


def write_resnet50(folder: Path) -> None:
    """Four stages of three to six bottleneck blocks; exported for serving."""
    import keras

    keras.applications.ResNet50(weights=None).export(str(folder), verbose=False)


def write_efficientnet(folder: Path) -> None:
    """EfficientNetB4: seven stages of inverted bottlenecks with squeeze and excitation."""
    import keras

    keras.applications.EfficientNetB4(weights=None).export(str(folder), verbose=False)


def write_bert(folder: Path) -> None:
    """Twelve encoder layers of attention and feed-forward, as BERT has them, saved by Keras."""
    import keras

    tokens = keras.Input([None], dtype="int32", name="token_ids")
    width = 64
    value = keras.layers.Embedding(1000, width, name="token_embedding")(tokens)
    value = keras.layers.LayerNormalization(name="embedding_norm")(value)
    for number in range(12):
        value = _encoder_layer(keras, value, width, f"layer_{number}")
    pooled = keras.layers.Dense(width, activation="tanh", name="pooler")(value[:, 0])
    model = keras.Model(tokens, keras.layers.Dense(2, name="classifier")(pooled), name="bert")
    model.export(str(folder), verbose=False)


def _encoder_layer(keras: Any, value: Any, width: int, name: str) -> Any:
    layers = keras.layers
    attention = layers.MultiHeadAttention(4, width // 4, name=f"{name}_attention")
    value = layers.LayerNormalization(name=f"{name}_attention_norm")(
        layers.Add(name=f"{name}_attention_residual")([value, attention(value, value)])
    )
    inner = layers.Dense(4 * width, activation="gelu", name=f"{name}_intermediate")(value)
    outer = layers.Dense(width, name=f"{name}_output")(inner)
    residual = layers.Add(name=f"{name}_output_residual")([value, outer])
    return layers.LayerNormalization(name=f"{name}_output_norm")(residual)


def write_bert_module(folder: Path) -> None:
    """The same by hand, with the name scopes of the original `bert/encoder/layer_0/attention`."""
    import tensorflow as tf

    module = tf.Module()
    width = 32
    module.table = tf.Variable(tf.random.normal([1000, width]), name="bert/embeddings/word")
    module.kept = {}

    def dense(value: Any, size: int, name: str) -> Any:
        with tf.name_scope(name) as scope:
            if scope not in module.kept:
                start = tf.random.normal([value.shape[-1], size])
                kernel = tf.Variable(start, name="kernel")
                module.kept[scope] = (kernel, tf.Variable(tf.zeros([size]), name="bias"))
            kernel, bias = module.kept[scope]
            return tf.nn.bias_add(tf.tensordot(value, kernel, 1), bias)

    def norm(value: Any) -> Any:
        with tf.name_scope("LayerNorm"):
            mean, variance = tf.nn.moments(value, -1, keepdims=True)
            return (value - mean) * tf.math.rsqrt(variance + 1e-6)

    def layer(value: Any) -> Any:
        with tf.name_scope("attention"):
            with tf.name_scope("self"):
                query, key, given = (dense(value, width, one) for one in ("query", "key", "value"))
                weights = tf.nn.softmax(tf.matmul(query, key, transpose_b=True))
                context = tf.matmul(weights, given)
            with tf.name_scope("output"):
                value = norm(dense(context, width, "dense") + value)
        with tf.name_scope("intermediate"):
            inner = tf.nn.gelu(dense(value, 4 * width, "dense"))
        with tf.name_scope("output"):
            return norm(dense(inner, width, "dense") + value)

    def apply(input_ids: Any) -> dict[str, Any]:
        with tf.name_scope("bert"):
            with tf.name_scope("embeddings"):
                value = norm(tf.gather(module.table, input_ids))
            with tf.name_scope("encoder"):
                for number in range(12):
                    with tf.name_scope(f"layer_{number}"):
                        value = layer(value)
            with tf.name_scope("pooler"):
                return {"pooled": tf.tanh(dense(value[:, 0], width, "dense"))}

    spec = tf.TensorSpec([None, 16], tf.int32, name="input_ids")
    module.apply = tf.function(apply, input_signature=[spec], autograph=False)
    tf.saved_model.save(module, str(folder), signatures=module.apply.get_concrete_function())


def write_lstm(folder: Path) -> None:
    """Two recurrent layers, each a `While` loop over a function of its own."""
    import keras

    text = keras.Input([None], dtype="int32", name="words")
    value = keras.layers.Embedding(500, 16)(text)
    value = keras.layers.LSTM(16, return_sequences=True, name="lower")(value)
    value = keras.layers.LSTM(16, name="upper")(value)
    keras.Model(text, keras.layers.Dense(1, name="score")(value)).export(str(folder), verbose=False)


def write_tf1_export(folder: Path) -> None:
    """What an Estimator exported: examples are parsed, then a classifier; a graph of TF1."""
    import tensorflow.compat.v1 as tf1

    with tf1.Graph().as_default(), tf1.Session() as session:
        serialized = tf1.placeholder(tf1.string, [None], name="input_example_tensor")
        features = {name: tf1.FixedLenFeature([4], tf1.float32) for name in ("petal", "sepal")}
        parsed = tf1.parse_example(serialized, features)
        global_step = tf1.train.create_global_step()
        value = tf1.concat([parsed["petal"], parsed["sepal"]], 1, name="concat")
        with tf1.variable_scope("dnn"):
            for number in range(2):
                with tf1.variable_scope(f"hiddenlayer_{number}"):
                    value = tf1.nn.relu(_tf1_dense(tf1, value, 10))
            with tf1.variable_scope("logits"):
                logits = _tf1_dense(tf1, value, 3)
        with tf1.name_scope("head/predictions"):
            scores = tf1.nn.softmax(logits, name="probabilities")
            classes = tf1.as_string(tf1.argmax(logits, 1), name="str_classes")
        session.run([tf1.global_variables_initializer(), global_step.initializer])
        utils = tf1.saved_model.signature_def_utils
        signature = utils.classification_signature_def(serialized, classes, scores)
        builder = tf1.saved_model.Builder(str(folder))
        builder.add_meta_graph_and_variables(session, ["serve"], {"serving_default": signature})
        builder.save()


def _tf1_dense(tf1: Any, value: Any, size: int) -> Any:
    kernel = tf1.get_variable("kernel", [value.shape[1], size])
    bias = tf1.get_variable("bias", [size], initializer=tf1.zeros_initializer())
    return tf1.nn.bias_add(tf1.matmul(value, kernel), bias)


WRITERS: dict[str, Callable[[Path], None]] = {
    "resnet50": write_resnet50,
    "efficientnet-b4": write_efficientnet,
    "bert-keras": write_bert,
    "bert-module": write_bert_module,
    "lstm": write_lstm,
    "tf1-export": write_tf1_export,
}


def main() -> None:
    """Write the models that are not there into the folder named on the command line."""
    root = Path(sys.argv[1])
    for name, write in WRITERS.items():
        if not (root / name).is_dir():
            print(name, flush=True)
            write(root / name)


if __name__ == "__main__":
    main()
