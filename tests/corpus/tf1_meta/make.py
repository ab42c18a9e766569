"""`.meta` files of TF1: beside checkpoints whose keys are no variable names, alone, and as text."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import tensorflow as tf
from google.protobuf import any_pb2

import record

v1 = tf.compat.v1


@contextmanager
def session(folder: str) -> Iterator[v1.Session]:
    """A session with an own graph and a seed, and a folder for what it saves."""
    Path(folder).mkdir(parents=True)
    with tf.Graph().as_default(), v1.Session() as sess:
        v1.set_random_seed(7)
        yield sess


def build(sess: v1.Session, *, use_resource: bool) -> dict[str, tf.Variable]:
    """Variables by the key they are saved under, of which names do not tell what they are for."""
    with v1.variable_scope("net", use_resource=use_resource):
        parts = v1.fixed_size_partitioner(2, axis=1)
        table = v1.get_variable("table", (2, 6), partitioner=parts)
        w = v1.get_variable("w", (3, 2))
        frozen = v1.get_variable("frozen", (5,), trainable=False)
        v1.get_variable("unsaved", (7,), trainable=False)
    optimizer = v1.train.MomentumOptimizer(0.1, 0.9)
    optimizer.apply_gradients([(tf.ones((3, 2)), w)])
    sess.run(v1.global_variables_initializer())
    return {
        "first/Adam": w,  # looks like a slot, and is a weight
        "second": optimizer.get_slot(w, "momentum"),
        "third": frozen,
        "all parts": table,
    }


def save_renamed(folder: str, *, use_resource: bool) -> None:
    """A `Saver` with a map, in a graph that has another `Saver` with names of its own."""
    with session(folder) as sess:
        variables = build(sess, use_resource=use_resource)
        other = {f"other/{key}": variable for key, variable in variables.items()}
        v1.train.Saver(other)
        saver = v1.train.Saver(variables)
        v1.train.Saver({f"after/{key}": variable for key, variable in variables.items()})
        saver.save(sess, f"{folder}/model", write_state=False, strip_default_attrs=True)


def without_values(prefix: str) -> list[record.Answers]:
    """The tensors of a checkpoint, whose files are then deleted; its `.meta` stays."""
    fields = ("key", "dtype", "shape")
    tensors = [{field: one[field] for field in fields} for one in record.tensor_answers(prefix)]
    for path in Path(prefix).parent.glob(f"{Path(prefix).name}*"):
        if path.suffix not in (".meta", ".pbtxt"):
            path.unlink()
    return tensors


def lone(path: str, tensors: list[record.Answers]) -> record.Facts:
    """Facts of a `.meta` without its checkpoint."""
    return {
        "kind": "meta_graph",
        "state": "complete",
        "restored": True,
        "tensors": tensors,
        "meta_graph": record.meta_graph_answers(path),
    }


def save_text(folder: str) -> list[record.Answers]:
    """As text, with a `Saver` in it; returns what that saves."""
    with session(folder) as sess:
        v1.get_variable("b", (2,), initializer=v1.ones_initializer())
        v1.get_variable("a", (), tf.int64, v1.zeros_initializer(), trainable=False)
        sess.run(v1.global_variables_initializer())
        saver = v1.train.Saver()
        saver.save(sess, f"{folder}/graph", write_state=False, write_meta_graph=False)
        saver.export_meta_graph(
            f"{folder}/graph.meta.pbtxt", as_text=True, strip_default_attrs=True
        )
    return without_values(f"{folder}/graph")


def save_without_saver(folder: str) -> list[record.Answers]:
    """A graph with variables and no `Saver`; returns what one that is made from it saves."""
    with session(folder) as sess:
        build(sess, use_resource=False)
        v1.train.export_meta_graph(f"{folder}/graph.meta", strip_default_attrs=True)
        v1.train.Saver().save(sess, f"{folder}/graph", write_state=False, write_meta_graph=False)
    return without_values(f"{folder}/graph")


def field(number: int, content: bytes | str) -> bytes:
    """A length-delimited field of a protobuf, shorter than 128 bytes."""
    content = content.encode() if isinstance(content, str) else content
    return bytes((number << 3 | 2, len(content))) + content


def binding(tensor: str) -> bytes:
    """`tensorflow.serving.TensorBinding`, which TensorFlow 2 does not have any more."""
    return field(1, tensor)


def generic(**tensors: str) -> bytes:
    """A `Signature` that is a `GenericSignature`."""
    pairs = (field(1, field(1, key) + field(2, binding(name))) for key, name in tensors.items())
    return field(3, b"".join(pairs))


def add_collection(name: str, message: str, content: bytes) -> None:
    """Add a packed message to a collection."""
    packed = any_pb2.Any(type_url=f"type.googleapis.com/tensorflow.serving.{message}")
    packed.value = content
    v1.add_to_collection(name, packed)


def save_bundle(folder: str, version: int) -> None:
    """A SessionBundle, as contrib/session_bundle/exporter.py of TensorFlow 1 wrote it."""
    with session(folder) as sess:
        examples = v1.placeholder(tf.string, (None,), "examples")
        x = v1.placeholder(tf.float32, (None, 2), "x")
        w = v1.get_variable("w", (2, 3), initializer=v1.ones_initializer())
        scores = tf.matmul(x, w, name="scores")
        _, classes = tf.nn.top_k(scores, 1, name="top")
        asset = tf.constant("vocabulary.txt", name="asset")
        sess.run(v1.global_variables_initializer())
        pieces = {"classes": binding(classes.name), "scores": binding(scores.name)}
        classify = field(1, binding(examples.name)) + field(2, pieces["classes"])
        regress = field(1, field(1, binding(x.name)) + field(2, binding(scores.name)))
        named = {
            "inputs": generic(x=x.name),
            "outputs": generic(y=scores.name, gone="gone:0"),
            "regress": regress,
            "both": generic(x=x.name, y=scores.name),
        }
        signatures = field(1, field(2, classify + field(3, pieces["scores"])))
        for key, value in named.items():
            signatures += field(2, field(1, key) + field(2, value))
        add_collection("serving_signatures", "Signatures", signatures)
        file = field(1, binding(asset.name)) + field(2, "vocabulary.txt")
        add_collection("serving_assets", "AssetFile", file)
        saver = v1.train.Saver(sharded=True, write_version=version)
        saver.save(sess, f"{folder}/export", write_state=False, meta_graph_suffix="meta")
    Path(folder, "assets").mkdir()
    Path(folder, "assets/vocabulary.txt").write_text("a\nb\n")


def spec(dtype: str, shape: list[int] | None, name: str) -> record.Answers:
    """One input or output."""
    return {"dtype": dtype, "shape": shape, "name": name}


def bundle_facts() -> record.Facts:
    """What a SessionBundle declares; TensorFlow 2 has no reader for it."""
    x, scores = spec("float32", [-1, 2], "x:0"), spec("float32", [-1, 3], "scores:0")
    examples = spec("string", [-1], "examples:0")
    classes = spec("int32", [-1, 1], "top:1")
    signatures = {
        "both": ["generic_signature", {"x": x}, {"y": scores}],
        "default_signature": [
            "classification_signature",
            {"input": examples},
            {"classes": classes, "scores": scores},
        ],
        "inputs": ["generic_signature", {"x": x}, {}],
        "outputs": [
            "generic_signature",
            {},
            {"gone": spec("invalid", None, "gone:0"), "y": scores},
        ],
        "regress": ["regression_signature", {"input": x}, {"output": scores}],
    }
    return {
        "bundle_signatures": {
            key: {"method_name": method, "inputs": inputs, "outputs": outputs}
            for key, (method, inputs, outputs) in signatures.items()
        },
        "bundle_assets": ["vocabulary.txt"],
    }


def make() -> dict[str, record.Facts]:
    """Each kind of `.meta`."""
    renamed = {
        "first/Adam": "net/w", "second": "net/w/Momentum", "third": "net/frozen",
        "all parts": "net/table",
    }  # fmt: skip
    roles = dict.fromkeys(renamed.values(), "weight")
    roles |= {"net/w/Momentum": "optimizer", "net/frozen": "state"}
    facts = {}
    for folder, use_resource in (("resources", True), ("references", False)):
        save_renamed(folder, use_resource=use_resource)
        facts[f"{folder}/model"] = record.checkpoint(renamed=renamed, roles=roles)
    save_renamed("lone", use_resource=True)
    facts["lone/model.meta"] = {
        **lone("lone/model.meta", without_values("lone/model")), "renamed": renamed, "roles": roles,
    }  # fmt: skip
    facts["text/graph.meta.pbtxt"] = lone("text/graph.meta.pbtxt", save_text("text"))
    tensors = save_without_saver("no_saver")
    facts["no_saver/graph.meta"] = lone("no_saver/graph.meta", tensors)
    save_bundle("bundle_v1/00000001", v1.train.SaverDef.V1)
    save_bundle("bundle_v2/00000001", v1.train.SaverDef.V2)
    facts["bundle_v1/00000001/export-?????-of-00001"] = record.checkpoint(**bundle_facts())
    facts["bundle_v2/00000001/export"] = record.checkpoint(**bundle_facts())
    return facts


if __name__ == "__main__":
    record.main(__file__, make)
