"""SavedModels that are called: in every type, with functions in functions, and with bad manners."""

import tensorflow as tf

import record

v1 = tf.compat.v1
SIGNATURES = v1.saved_model.signature_def_utils
SMALL = tf.dtypes.experimental


def spec(shape: tuple | None, dtype: tf.DType, name: str) -> tf.TensorSpec:
    """The type of an argument."""
    return tf.TensorSpec(shape, dtype, name)


class Sum(tf.Module):
    """The example of the guide to saved_model_cli, and what else its text can look like."""

    def __init__(self) -> None:
        super().__init__()
        self.half = tf.Variable(0.5, name="half")

    @tf.function(input_signature=[spec(None, tf.float32, "x1"), spec(None, tf.float32, "x2")])
    def add(self, x1: tf.Tensor, x2: tf.Tensor) -> dict:
        """Values whose last digits show."""
        return {"y": x1 + x2, "mean": tf.reduce_mean(x1 * self.half)}

    @tf.function(input_signature=[spec((None,), tf.string, "s")])
    def join(self, s: tf.Tensor) -> dict:
        """Strings, and one string."""
        return {"all": tf.strings.reduce_join(s), "each": tf.strings.upper(s)}

    @tf.function(input_signature=[spec((None, 2), tf.int32, "n")])
    def shift(self, n: tf.Tensor) -> dict:
        """Numbers of a column, which must be two."""
        return {"large": tf.tile(n, [600, 1]), "odd": n % 2 == 1}


class Kinds(tf.Module):
    """A signature for every type that a tensor of a signature may have."""

    def signatures(self) -> dict:
        """By name of the type."""
        found = {}
        for dtype in (
            *(tf.bool, tf.int8, tf.int16, tf.int32, tf.int64, tf.uint8, tf.uint16, tf.uint32),
            *(tf.uint64, tf.float16, tf.bfloat16, tf.float32, tf.float64, tf.complex64),
            *(tf.complex128, tf.string, SMALL.float8_e5m2, SMALL.float8_e4m3fn),
            *(SMALL.int4, SMALL.uint4),
            *(tf.qint8, tf.quint8, tf.qint32),
        ):
            echo = tf.function(lambda x: {"y": tf.identity(x)})
            found[dtype.name] = echo.get_concrete_function(spec(None, dtype, "x"))
        return found


class Examples(tf.Module):
    """A signature that takes serialised examples."""

    @tf.function(input_signature=[spec((None,), tf.string, "examples")])
    def parse(self, examples: tf.Tensor) -> dict:
        """Two features, one with a default."""
        found = tf.io.parse_example(
            examples,
            {
                "id": tf.io.FixedLenFeature((), tf.int64),
                "weights": tf.io.FixedLenFeature((2,), tf.float32, [0.5, 0.5]),
                "name": tf.io.FixedLenFeature((), tf.string, ""),
            },
        )
        return {"id": found["id"], "name": found["name"], "sum": tf.reduce_sum(found["weights"], 1)}


class Inner(tf.Module):
    """Functions in functions: one called twice, one in a loop, one in a condition."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = tf.Variable([1.0, 2.0, 4.0], name="scale")
        self.calls = tf.Variable(0, name="calls")

    @tf.function
    def scaled(self, x: tf.Tensor) -> tf.Tensor:
        """Called twice, with other values."""
        with tf.name_scope("layer"):
            return tf.multiply(x, self.scale, name="product") + 1.0

    @tf.function(input_signature=[spec((None, 3), tf.float32, "x")])
    def run(self, x: tf.Tensor) -> dict:
        """`scaled` of `scaled`, a loop, a condition, and the logarithm of what may be negative."""
        self.calls.assign_add(1)
        twice = self.scaled(self.scaled(x))
        split = tf.split(twice, 3, axis=1, name="parts")
        looped = tf.while_loop(lambda i, v: i < 3, lambda i, v: (i + 1, v * 2.0), [0, twice])[1]
        chosen = tf.cond(tf.reduce_sum(x) > 0, lambda: looped + 1.0, lambda: looped - 1.0)
        logs = tf.math.log(split[1], name="logs")
        return {"y": chosen, "logs": logs, "calls": self.calls.read_value()}


class Rude(tf.Module):
    """What a model may do to the process that runs it."""

    @tf.function(input_signature=[spec((), tf.float32, "x")])
    def hang(self, x: tf.Tensor) -> dict:
        """Never ends, and keeps the processor busy."""
        return {"y": tf.while_loop(lambda v: v >= v, lambda v: (v * 1.0,), [x])[0]}

    @tf.function(input_signature=[spec((), tf.float32, "x")])
    def wait(self, x: tf.Tensor) -> dict:
        """Never ends, and does nothing."""
        queue = tf.raw_ops.FIFOQueueV2(component_types=[tf.float32], shared_name="nothing")
        with tf.control_dependencies([x]):
            return {"y": tf.raw_ops.QueueDequeueV2(handle=queue, component_types=[tf.float32])[0]}

    @tf.function(input_signature=[spec((), tf.int32, "x")])
    def flood(self, x: tf.Tensor) -> dict:
        """Prints a line `x` times, to both streams."""

        def print_both(i: tf.Tensor) -> tuple:
            streams = ("file:///dev/stdout", "stderr")
            text = tf.strings.join(["line ", tf.strings.as_string(i), "#" * 200])
            prints = [
                tf.raw_ops.PrintV2(input=text, output_stream=stream) for stream in streams[1:]
            ]
            with tf.control_dependencies(
                [*prints, tf.print(text, output_stream="file:///dev/fd/1")]
            ):
                return (i + 1,)

        return {"y": tf.while_loop(lambda i: i < x, print_both, [0])[0]}

    @tf.function(input_signature=[spec((), tf.int64, "x")])
    def allocate(self, x: tf.Tensor) -> dict:
        """Makes a tensor of `x` bytes, with values that are not known before."""
        return {"y": tf.reduce_sum(tf.random.uniform([x // 4]))}

    @tf.function(input_signature=[spec((), tf.float32, "x")])
    def abort(self, x: tf.Tensor) -> dict:
        """Ends the process by a signal."""
        with tf.control_dependencies([tf.raw_ops.Abort(error_msg="as it likes")]):
            return {"y": tf.identity(x)}

    @tf.function(input_signature=[spec((), tf.float32, "x")])
    def leave(self, x: tf.Tensor) -> dict:
        """Ends the process as if all were well."""
        with tf.control_dependencies([tf.raw_ops.Abort(exit_without_error=True)]):
            return {"y": tf.identity(x)}

    @tf.function(input_signature=[spec((), tf.float32, "x")])
    def fine(self, x: tf.Tensor) -> dict:
        """One that is well-behaved, but for a word to each stream."""
        tf.print("a word to stderr")
        return {"y": x + 1.0}


def save(model: tf.Module, path: str, *names: str) -> None:
    """Save a module with some of its functions as signatures."""
    signatures = {name: getattr(model, name) for name in names}
    tf.saved_model.save(model, path, signatures)


def save_tf1(path: str) -> None:
    """TensorFlow 1: an input with a default, its own conditions and loops, a sparse output."""
    with v1.Session(graph=tf.Graph()) as session:
        v1.disable_control_flow_v2()
        x1 = v1.placeholder(tf.float32, (None,), "x1")
        x2 = v1.placeholder_with_default([10.0], (None,), "x2")
        bias = v1.get_variable("bias", (), initializer=v1.ones_initializer(), use_resource=False)
        total = tf.add(x1, x2, "total")
        loop = tf.while_loop(lambda i, v: i < 3, lambda i, v: (i + 1, v * 2.0), [0, total])[1]
        y = tf.add(v1.cond(tf.reduce_sum(x1) > 0, lambda: loop + bias, lambda: loop), 0.0, "y")
        sparse = tf.sparse.from_dense(tf.round(x1))
        outputs = {"y": v1.saved_model.build_tensor_info(y)}
        outputs_sparse = {"z": v1.saved_model.build_tensor_info(sparse)}
        inputs = {name: v1.saved_model.build_tensor_info(t) for name, t in (("x1", x1), ("x2", x2))}
        one = {"x1": inputs["x1"]}
        signatures = {
            "serving_default": SIGNATURES.build_signature_def(inputs, outputs, "predict"),
            "sparse": SIGNATURES.build_signature_def(one, outputs_sparse, "predict"),
        }
        session.run(v1.global_variables_initializer())
        builder = v1.saved_model.Builder(path)
        builder.add_meta_graph_and_variables(session, ["serve"], signatures)
        builder.save()


def make() -> dict[str, record.Facts]:
    """Six SavedModels."""
    save(Sum(), "sum", "add", "join", "shift")
    kinds = Kinds()
    tf.saved_model.save(kinds, "kinds", kinds.signatures())
    save(Examples(), "examples", "parse")
    save(Inner(), "inner", "run")
    save(Rude(), "rude", "hang", "wait", "flood", "allocate", "abort", "leave", "fine")
    save_tf1("tf1")
    return {
        path: record.saved_model() for path in ("sum", "kinds", "examples", "inner", "rude", "tf1")
    }


if __name__ == "__main__":
    record.main(__file__, make)
