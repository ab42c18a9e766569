"""Make the files of a corpus case and record what TensorFlow says about them.

A case is a folder with a `make.py` that defines `make()`. It runs inside its folder, writes files
there and returns the facts that only the maker knows, for each artifact by its path. Everything
else in `answers.json` comes from TensorFlow's own readers. README.md describes the format.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import ml_dtypes
import numpy as np
import tensorflow as tf
from google.protobuf import text_format
from tensorflow.core.framework import graph_pb2, node_def_pb2, types_pb2
from tensorflow.core.protobuf import (
    fingerprint_pb2,
    meta_graph_pb2,
    saved_model_pb2,
    trackable_object_graph_pb2,
)
from tensorflow.python.framework import meta_graph as meta_graph_lib
from tensorflow.python.saved_model import loader_impl

import says
from hdf5_says import hdf5_answers

Facts = dict[str, Any]
Answers = dict[str, Any]

OBJECT_GRAPH_KEY = "_CHECKPOINTABLE_OBJECT_GRAPH"

# Written as one byte per element, as the format stores them; numpy cannot say how it keeps them.
SMALL_INTS = {
    ml_dtypes.int2: np.int8,
    ml_dtypes.int4: np.int8,
    ml_dtypes.uint2: np.uint8,
    ml_dtypes.uint4: np.uint8,
}

# What `answers_of` fills in; every other field of an artifact is a fact of its maker.
ASKED = frozenset(
    {
        "assets",
        "fingerprint",
        "functions",
        "graph_nodes",
        "meta_graph",
        "names",
        "object_graph_nodes",
        "ops",
        "saved_model_cli_show_all",
        "signatures",
        "tensorflow_says",
        "tensorflow_version",
        "tensors",
        "texts",
        "variables",
    }
)


def checkpoint(step: int | None = None, **facts: Any) -> Facts:
    """Facts of a checkpoint that is whole."""
    return {"kind": "checkpoint", "state": "complete", "step": step, **facts}


def saved_model(**facts: Any) -> Facts:
    """Facts of a SavedModel that is whole."""
    return {"kind": "saved_model", "state": "complete", **facts}


def graph_def(**facts: Any) -> Facts:
    """Facts of a graph that is whole."""
    return {"kind": "graph_def", "state": "complete", **facts}


def keras_file(kind: str, model: Any, *, has_config: bool = True, **facts: Any) -> Facts:
    """Facts of a file that Keras saved of a model; `kind` is `keras` or `h5`.

    Args:
        kind: As `ls` says.
        model: What was saved.
        has_config: Whether the file says which layers are frozen.
        facts: More of them.
    """
    counted = keras_facts(model, getattr(model, "optimizer", None))
    counted["count_params"] = model.count_params()
    if not has_config:
        counted = {name: counted[name] for name in ("count_params", "optimizer_params")}
    return {"kind": kind, "state": "complete", **counted, **facts}


def damaged(kind: str, state: str, *words: str, **facts: Any) -> Facts:
    """Facts of an artifact that is not as it was saved; a good reason contains all `words`."""
    return {"kind": kind, "state": state, "reason_contains": list(words), **facts}


def keras_facts(model: Any, optimizer: Any = None) -> Facts:
    """Totals as `model.summary()` counts them, and the role of each variable by its Keras path."""
    groups = {
        "weight": model.trainable_weights,
        "state": [v for v in model.variables if not any(v is w for w in model.trainable_weights)],
        "optimizer": optimizer.variables if optimizer else [],
    }
    seeds = [v for v in model.variables if not any(v is w for w in model.weights)]
    return {
        "trainable_params": _count(model.trainable_weights),
        "non_trainable_params": _count(model.non_trainable_weights),
        "seed_generator_params": _count(seeds),
        "model_variables": len(model.variables),
        "optimizer_params": _count(groups["optimizer"]),
        "roles": {v.path: role for role, variables in groups.items() for v in variables},
    }


def _count(variables: Iterable[Any]) -> int:
    return sum(int(np.prod(v.shape)) for v in variables)


def dtype_name(number: int) -> str:
    """TensorFlow's lower case name of a DataType number, also of `invalid` and `variant`."""
    try:
        return tf.dtypes.as_dtype(number).name
    except (KeyError, TypeError):
        return types_pb2.DataType.Name(number).removeprefix("DT_").lower()


def value_answer(value: Any) -> Answers:
    """`strings` or `hex` of a value as a TensorFlow reader returned it."""
    if isinstance(value, bytes):
        return {"strings": [value.hex()]}
    array = np.asarray(value)
    if array.dtype == object:
        return {"strings": [element.hex() for element in array.reshape(-1)]}
    if array.dtype.type in SMALL_INTS:
        array = array.astype(SMALL_INTS[array.dtype.type])
    return {"hex": np.ascontiguousarray(array).tobytes().hex()}


def key_answer(key: bytes) -> Answers:
    """The key as text, and as hex where it is not UTF-8."""
    text = key.decode("utf-8", "surrogateescape")
    try:
        key.decode("utf-8")
    except UnicodeDecodeError:
        return {"key": text, "key_hex": key.hex()}
    return {"key": text}


def read_value(prefix: str, reader: Any, key: str, dtype: tf.DType) -> Any:
    """The value by TensorFlow's reader or, for dtypes it does not know in format V1, by its op."""
    try:
        return reader.get_tensor(key)
    except tf.errors.UnimplementedError:
        return tf.raw_ops.Restore(file_pattern=prefix, tensor_name=key, dt=dtype).numpy()


def tensor_answers(prefix: str) -> Iterator[Answers]:
    """One answer per key that TensorFlow lists, in order of the key's bytes."""
    reader = tf.train.load_checkpoint(prefix)
    shapes = reader.get_variable_to_shape_map()
    dtypes = reader.get_variable_to_dtype_map()
    for key in sorted(shapes, key=lambda k: k.encode("utf-8", "surrogateescape")):
        answer = {**key_answer(key.encode()), "dtype": dtypes[key].name, "shape": shapes[key]}
        if key != OBJECT_GRAPH_KEY and dtypes[key] != tf.variant:
            answer |= value_answer(read_value(prefix, reader, key, dtypes[key]))
        yield answer


def restored_answer(
    prefix: str, key: bytes, dtype: tf.DType, specs: Iterable[str] = ("",)
) -> Answers:
    """The answer for one key by RestoreV2, where TensorFlow's reader cannot list or return it.

    Args:
        prefix: Of the checkpoint.
        key: As stored.
        dtype: As stored.
        specs: Slices exactly as stored, in order along axis 0; by default the whole tensor.
    """
    slices = list(specs)
    keys, dtypes = [key] * len(slices), [dtype] * len(slices)
    values = tf.raw_ops.RestoreV2(
        prefix=prefix, tensor_names=keys, shape_and_slices=slices, dtypes=dtypes
    )
    array = np.concatenate([v.numpy() for v in values]) if len(values) > 1 else values[0].numpy()
    return {
        **key_answer(key),
        "dtype": dtype.name,
        "shape": list(np.shape(array)),
        **value_answer(array),
    }


def checkpoint_answers(prefix: str) -> Answers:
    """Tensors of a checkpoint and, where it has an object graph, the names in it."""
    answers: Answers = {"tensors": list(tensor_answers(prefix))}
    meta = re.sub(r"-\?{5}-of-\d{5}$", "", prefix) + ".meta"  # shards of V1 are a pattern
    if Path(meta).exists():
        answers["meta_graph"] = meta_graph_answers(meta)
    reader = tf.train.load_checkpoint(prefix)
    if not reader.has_tensor(OBJECT_GRAPH_KEY):
        return answers
    graph = trackable_object_graph_pb2.TrackableObjectGraph.FromString(
        reader.get_tensor(OBJECT_GRAPH_KEY)
    )
    attributes = [attribute for node in graph.nodes for attribute in node.attributes]
    answers["names"] = {a.checkpoint_key: a.full_name for a in attributes if a.full_name}
    answers["object_graph_nodes"] = len(graph.nodes)
    return answers


def meta_graph_answers(path: str) -> Answers:
    """What TensorFlow finds in a `.meta` file, and how much of it is trained."""
    parsed = meta_graph_lib.read_meta_graph_file(path)
    with tf.Graph().as_default():
        tf.compat.v1.train.import_meta_graph(parsed)
        trainable = tf.compat.v1.trainable_variables()
    return {
        "tensorflow_version": parsed.meta_info_def.tensorflow_version,
        "nodes": len(parsed.graph_def.node),
        "functions": len(parsed.graph_def.library.function),
        "ops": op_answers([parsed]),
        "collections": {
            name: len(getattr(one, one.WhichOneof("kind")).value)
            for name, one in parsed.collection_def.items()
        },
        "trainable_params": sum(variable.shape.num_elements() for variable in trainable),
    }


def tensor_info_answer(info: meta_graph_pb2.TensorInfo) -> Answers:
    """One input or output of a signature; shape null: rank unknown, -1: size unknown."""
    shape = info.tensor_shape
    answer: Answers = {
        "dtype": dtype_name(info.dtype),
        "shape": None if shape.unknown_rank else [d.size for d in shape.dim],
    }
    encoding = info.WhichOneof("encoding")
    if encoding == "coo_sparse":
        sparse = info.coo_sparse
        answer["sparse"] = {
            "values": sparse.values_tensor_name,
            "indices": sparse.indices_tensor_name,
            "dense_shape": sparse.dense_shape_tensor_name,
        }
    elif encoding == "composite_tensor":
        answer["components"] = [tensor_info_answer(c) for c in info.composite_tensor.components]
    else:
        answer["name"] = info.name
    return answer


def signature_answers(meta_graph: meta_graph_pb2.MetaGraphDef) -> Answers:
    """All signatures of one MetaGraph, the hidden `__saved_model_init_op` too."""
    return {
        key: {
            "method_name": signature.method_name,
            "inputs": {k: tensor_info_answer(i) for k, i in sorted(signature.inputs.items())},
            "outputs": {k: tensor_info_answer(o) for k, o in sorted(signature.outputs.items())},
        }
        for key, signature in sorted(meta_graph.signature_def.items())
    }


def asset_answers(meta_graph: meta_graph_pb2.MetaGraphDef) -> list[str]:
    """File names below `assets/`, from the field of TF2 and the collection of TF1."""
    assets = list(meta_graph.asset_file_def)
    for packed in meta_graph.collection_def["saved_model_assets"].any_list.value:
        asset = meta_graph_pb2.AssetFileDef()
        packed.Unpack(asset)
        assets.append(asset)
    return sorted(asset.filename for asset in assets)


def variable_answers(meta_graph: meta_graph_pb2.MetaGraphDef) -> list[Answers]:
    """The variable nodes of the SavedObjectGraph, in order of node id."""
    return [
        {
            "node": i,
            "name": node.variable.name,
            "dtype": dtype_name(node.variable.dtype),
            "shape": [d.size for d in node.variable.shape.dim],
            "trainable": node.variable.trainable,
        }
        for i, node in enumerate(meta_graph.object_graph_def.nodes)
        if node.WhichOneof("kind") == "variable"
    ]


def op_answers(graphs: Iterable[meta_graph_pb2.MetaGraphDef]) -> list[str]:
    """Every op used, function bodies included; functions called by name are left out."""
    ops: set[str] = set()
    for graph in graphs:
        library = graph.graph_def.library.function
        ops |= {node.op for node in graph.graph_def.node}
        ops |= {node.op for function in library for node in function.node_def}
        ops -= {function.signature.name for function in library}
    return sorted(ops)


def cli_text(folder: str) -> str:
    """What `saved_model_cli show --dir FOLDER --all` prints."""
    tool = "tensorflow.python.tools.saved_model_cli"
    command = [sys.executable, "-m", tool, "show", "--dir", folder, "--all"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def fingerprint_answer(folder: str) -> Answers | None:
    """The fields of `fingerprint.pb`; 64-bit hashes as text, since JSON readers round them."""
    if not Path(folder, "fingerprint.pb").exists():
        return None
    parsed = fingerprint_pb2.FingerprintDef.FromString(Path(folder, "fingerprint.pb").read_bytes())
    answer = {
        field.name: str(value) for field, value in parsed.ListFields() if field.name != "version"
    }
    singleprint = tf.saved_model.experimental.read_fingerprint(folder).singleprint()
    return {**answer, "version": parsed.version.producer, "singleprint": singleprint}


def saved_model_answers(folder: str) -> Answers:
    """Everything TensorFlow's tools say of a SavedModel, its variables as of a checkpoint."""
    parsed: saved_model_pb2.SavedModel = loader_impl.parse_saved_model(folder)
    graphs = parsed.meta_graphs
    answers: Answers = {
        "tensorflow_version": graphs[0].meta_info_def.tensorflow_version,
        "signatures": {
            ",".join(sorted(g.meta_info_def.tags)): signature_answers(g) for g in graphs
        },
        "assets": asset_answers(graphs[0]),
        "variables": variable_answers(graphs[0]),
        "object_graph_nodes": len(graphs[0].object_graph_def.nodes),
        "functions": sum(len(g.graph_def.library.function) for g in graphs),
        "graph_nodes": sum(len(g.graph_def.node) for g in graphs),
        "ops": op_answers(graphs),
        "fingerprint": fingerprint_answer(folder),
        "saved_model_cli_show_all": cli_text(folder),
        "tensors": [],
    }
    if Path(folder, "variables/variables.index").exists():
        variables = checkpoint_answers(f"{folder}/variables/variables")
        answers |= {name: variables[name] for name in ("tensors", "names") if name in variables}
    return answers


def graph_answers(path: str) -> Answers:
    """Nodes and constants of a graph, as TensorFlow parses it; `make_ndarray` gives the values."""
    graph = graph_pb2.GraphDef()
    if path.endswith(".pbtxt"):
        text_format.Parse(Path(path).read_text(encoding="utf-8"), graph)
    else:
        graph.ParseFromString(Path(path).read_bytes())
    nodes = [(node.name, node) for node in graph.node]
    for function in graph.library.function:
        name = function.signature.name
        nodes += [(f"{name}/{node.name}", node) for node in function.node_def]
    meta_graph = meta_graph_pb2.MetaGraphDef(graph_def=graph)
    return {
        "tensorflow_version": "",
        "assets": [],
        "graph_nodes": len(graph.node),
        "functions": len(graph.library.function),
        "ops": op_answers([meta_graph]),
        "tensors": [constant_answer(name, node) for name, node in nodes if node.op == "Const"],
    }


def constant_answer(key: str, node: node_def_pb2.NodeDef) -> Answers:
    """Type, shape and value of a Const node."""
    proto = node.attr["value"].tensor
    value = tf.make_ndarray(proto)
    if value.dtype == object:  # where no string is stored it gives text
        value = np.vectorize(tf.compat.as_bytes, otypes=[object])(value)
    return {
        "key": key,
        "dtype": dtype_name(proto.dtype),
        "shape": [dim.size for dim in proto.tensor_shape.dim],
        **value_answer(value),
    }


def answers_of(path: str, facts: Facts) -> Answers:
    """The maker's facts about a good artifact, completed by TensorFlow's answers."""
    if "tensors" in facts:
        return facts
    ask = {
        "checkpoint": checkpoint_answers,
        "saved_model": saved_model_answers,
        "graph_def": graph_answers,
        "h5": hdf5_answers,
        "keras": hdf5_answers,
    }[facts["kind"]]
    return {**facts, **ask(path)}


def latest_answer(folder: str) -> str | Answers | None:
    """What `tf.train.latest_checkpoint` finds, or `type` and `message` of its error."""
    try:
        return tf.train.latest_checkpoint(folder)
    except Exception as error:  # noqa: BLE001 - the class is the answer
        return {"type": type(error).__name__, "message": str(error)}


def latest_answers() -> Answers:
    """The latest checkpoint of each folder that has a `checkpoint` state file."""
    folders = sorted(str(state.parent) for state in Path().rglob("checkpoint") if state.is_file())
    return {folder: latest_answer(folder) for folder in folders}


def text_of(value: Any, depth: int = 0) -> str:
    """JSON with short things on one line, so that a tensor is a line and a diff is readable."""
    line = json.dumps(value)
    is_tensor = isinstance(value, dict) and {"key", "dtype"} <= value.keys()
    if len(line) + depth <= 110 or is_tensor or not isinstance(value, dict | list):
        return line
    pad = " " * (depth + 1)
    if isinstance(value, dict):
        parts = [f"{pad}{json.dumps(k)}: {text_of(v, depth + 1)}" for k, v in value.items()]
        return "{\n" + ",\n".join(parts) + "\n" + " " * depth + "}"
    return "[\n" + ",\n".join(pad + text_of(v, depth + 1) for v in value) + "\n" + " " * depth + "]"


def answers_file(artifacts: dict[str, Facts]) -> Answers:
    """The whole content of `answers.json` for the case in the working directory."""
    damaged_ones = {path: facts for path, facts in artifacts.items() if "reason_contains" in facts}
    said = says.ask({path: facts["kind"] for path, facts in damaged_ones.items()})
    answers = {
        path: {**facts, "tensorflow_says": said[path]} if path in said else answers_of(path, facts)
        for path, facts in sorted(artifacts.items())
    }
    return {
        "tensorflow": tf.__version__,
        "latest_checkpoint": latest_answers(),
        "artifacts": answers,
    }


def remake(make: Callable[[], dict[str, Facts]]) -> None:
    """Replace all files of the case in the working directory, `make.py` excepted."""
    for path in Path().iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name != "make.py":
            path.unlink()
    artifacts = make()
    Path("answers.json").write_text(text_of(answers_file(artifacts)) + "\n", encoding="utf-8")


def check() -> int:
    """Ask again about the files as they are; 1 and a list of the artifacts whose answers differ."""
    recorded = json.loads(Path("answers.json").read_text(encoding="utf-8"))
    facts = {
        path: {k: v for k, v in answers.items() if k not in ASKED or "restored" in answers}
        for path, answers in recorded["artifacts"].items()
    }
    now = json.loads(text_of(answers_file(facts)))
    different = 0
    for path, answers in recorded["artifacts"].items():
        fields = [k for k, v in answers.items() if not _is_same(v, now["artifacts"][path].get(k))]
        if fields:
            print(f"  differs: {path}: {', '.join(fields)}")
            different = 1
    return different


def _is_same(a: Any, b: Any) -> bool:
    """Whether two answers say the same; `saved_model_cli` prints sets and maps in any order."""
    if isinstance(a, str) and isinstance(b, str):
        return sorted(re.split(r"[\s,{}]+", a)) == sorted(re.split(r"[\s,{}]+", b))
    return a == b


def main(script: str, make: Callable[[], dict[str, Facts]]) -> None:
    """The command line of every `make.py`: make the case anew, or with `--check` only ask again."""
    parser = argparse.ArgumentParser(description=sys.modules["__main__"].__doc__)
    parser.add_argument(
        "--check", action="store_true", help="write nothing; compare with answers.json"
    )
    options = parser.parse_args()
    folder = Path(script).resolve().parent
    if not (folder / "make.py").exists():
        raise SystemExit(f"{folder} is not a corpus case")
    os.chdir(folder)
    if options.check:
        raise SystemExit(check())
    remake(make)
    nbytes = sum(path.stat().st_size for path in Path().rglob("*") if path.is_file())
    print(f"{folder.name}: {nbytes} bytes")
