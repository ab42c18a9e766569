"""SavedModels that make a NaN, each in one known place, and two that make none."""

import numpy as np
import tensorflow as tf

import record

v1 = tf.compat.v1
ROW = tf.TensorSpec((None, 3), tf.float32, "x")


class Planted(tf.Module):
    """A signature for each way to a NaN; the scope `planted` holds the node that makes it."""

    def __init__(self) -> None:
        super().__init__()
        self.good = tf.Variable([1.0, 2.0, 4.0], name="good")
        self.layer = tf.Module(name="layer")
        self.layer.scale = tf.Variable([1.0, np.nan, 1.0], name="scale")

    @tf.function(input_signature=[ROW])
    def log(self, x: tf.Tensor) -> dict:
        """Of a negative number."""
        before = x * self.good
        with tf.name_scope("planted"):
            return {"y": tf.nn.relu(tf.math.log(before, name="log")) + 1.0}

    @tf.function(input_signature=[ROW])
    def zero_by_zero(self, x: tf.Tensor) -> dict:
        """0 / 0."""
        with tf.name_scope("planted"):
            return {"y": tf.divide(x - x, x - x, name="quotient") * 2.0}

    @tf.function(input_signature=[ROW])
    def root(self, x: tf.Tensor) -> dict:
        """Of a negative number."""
        with tf.name_scope("planted"):
            return {"y": tf.reduce_sum(tf.sqrt(x - 2.0, name="root"))}

    @tf.function(input_signature=[ROW])
    def softmax(self, x: tf.Tensor) -> dict:
        """Too large an exponent: infinity by infinity."""
        with tf.name_scope("planted"):
            powers = tf.exp(x * 1000.0, name="exp")
            return {"y": tf.divide(powers, tf.reduce_sum(powers, 1, keepdims=True), name="share")}

    @tf.function(input_signature=[ROW])
    def difference(self, x: tf.Tensor) -> dict:
        """Infinity less infinity, the one from a constant, which is no mistake by itself."""
        mask = tf.constant([0.0, -np.inf, 0.0])
        masked = x + mask
        with tf.name_scope("planted"):
            return {"y": tf.subtract(masked, tf.reduce_min(masked), name="difference")}

    @tf.function
    def divided(self, x: tf.Tensor, by: tf.Tensor) -> tf.Tensor:
        """Called twice: the second time it divides zero by zero."""
        with tf.name_scope("planted"):
            return tf.divide(x, by, name="quotient")

    @tf.function(input_signature=[ROW])
    def called(self, x: tf.Tensor) -> dict:
        """In a function that is called twice."""
        return {"y": self.divided(self.divided(x, self.good) * 0.0, self.good * 0.0)}

    @tf.function(input_signature=[ROW])
    def weight(self, x: tf.Tensor) -> dict:
        """From a variable that is NaN."""
        return {"y": tf.reduce_sum(x * self.good) + tf.reduce_sum(x * self.layer.scale)}

    @tf.function(input_signature=[ROW])
    def branch(self, x: tf.Tensor) -> dict:
        """In the branch that runs."""

        def good() -> tf.Tensor:
            return tf.nn.relu(x) + 1.0

        def bad() -> tf.Tensor:
            with tf.name_scope("planted"):
                return tf.math.log(x - 10.0, name="log") + 1.0

        return {"y": tf.cond(tf.reduce_sum(x) > -100.0, bad, good)}

    @tf.function(input_signature=[ROW])
    def loop(self, x: tf.Tensor) -> dict:
        """The third time around, by a node before which the loop's last node comes."""

        def body(i: tf.Tensor, value: tf.Tensor) -> tuple:
            with tf.name_scope("planted"):
                return i + 1, tf.sqrt(value, name="root") - 1.0

        start = tf.abs(x) + 2.0
        return {"y": tf.while_loop(lambda i, _: i < 6, body, [0, start])[1]}

    @tf.function(input_signature=[ROW])
    def carried(self, x: tf.Tensor) -> dict:
        """The third time around, out of what has it the fourth; the last time all is well again."""

        def body(i: tf.Tensor, value: tf.Tensor) -> tuple:
            with tf.name_scope("planted"):
                root = tf.sqrt(tf.subtract(value, 1.0, name="less"), name="root")
            return i + 1, tf.where(i < 4, root, tf.ones_like(root) * 5.0)

        start = tf.nn.relu(x) * 0.0 + 2.0
        return {"y": tf.while_loop(lambda i, _: i < 6, body, [0, start])[1]}

    @tf.function(input_signature=[ROW])
    def given(self, x: tf.Tensor) -> dict:
        """Of its own it makes none."""
        return {"y": tf.nn.softmax(x * self.good)}

    @tf.function(input_signature=[ROW])
    def overflow(self, x: tf.Tensor) -> dict:
        """No NaN, but an infinite value."""
        with tf.name_scope("planted"):
            return {"y": tf.exp(x * 1000.0, name="exp")}

    @tf.function(input_signature=[ROW])
    def other_branch(self, x: tf.Tensor) -> dict:
        """In the branch that does not run: nothing is wrong."""
        bad = tf.cond(tf.reduce_sum(x) > 1e6, lambda: tf.math.log(x - 1e9), lambda: x + 1.0)
        which = tf.cast(tf.size(x) > 0, tf.int32)
        return {"y": tf.switch_case(which, [lambda: tf.math.log(bad - 1e9), lambda: bad])}


def keras_model() -> tf.keras.Model:
    """A network whose normalisation takes the root of a negative variance."""
    inputs = tf.keras.Input((3,), name="x")
    hidden = tf.keras.layers.Dense(4, kernel_initializer="ones", name="hidden")(inputs)
    normed = tf.keras.layers.BatchNormalization(name="normed")(hidden)
    model = tf.keras.Model(inputs, tf.keras.layers.Dense(2, name="last")(normed))
    model.get_layer("normed").moving_variance.assign([-1.0, 1.0, 1.0, 1.0])
    return model


def save_tf1(path: str) -> None:
    """TensorFlow 1: a variable that is NaN, its own loop and condition, an input in the middle."""
    with v1.Session(graph=tf.Graph()) as session:
        v1.disable_control_flow_v2()
        x = v1.placeholder(tf.float32, (None,), "x")
        start = v1.constant_initializer([float("nan")])
        bias = v1.get_variable("net/bias", (1,), initializer=start, use_resource=False)
        loop = tf.while_loop(lambda i, v: i < 3, lambda i, v: (i + 1, v * 2.0), [0, x])[1]
        late = tf.identity(v1.cond(tf.reduce_sum(x) > 0, lambda: loop + 1.0, lambda: loop), "late")
        y = tf.add(late, bias, "y")
        inputs = {"x": v1.saved_model.build_tensor_info(x)}
        outputs = {"y": v1.saved_model.build_tensor_info(y)}
        build = v1.saved_model.signature_def_utils.build_signature_def
        session.run(v1.global_variables_initializer())
        builder = v1.saved_model.Builder(path)
        given = {"late": v1.saved_model.build_tensor_info(late)}
        signatures = {
            "serving_default": build(inputs, outputs, "predict"),
            "late": build(given, outputs, "predict"),
        }
        builder.add_meta_graph_and_variables(session, ["serve"], signatures)
        builder.save()


def make() -> dict[str, record.Facts]:
    """Three SavedModels."""
    model = Planted()
    names = (
        *("log", "zero_by_zero", "root", "softmax", "difference", "called", "weight", "branch"),
        *("loop", "carried", "given", "overflow", "other_branch"),
    )
    tf.saved_model.save(model, "planted", {name: getattr(model, name) for name in names})
    keras_model().export("keras", verbose=False)
    save_tf1("tf1")
    return {path: record.saved_model() for path in ("planted", "keras", "tf1")}


if __name__ == "__main__":
    record.main(__file__, make)
