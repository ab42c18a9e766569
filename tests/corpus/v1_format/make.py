"""Checkpoints in format V1, which today's TensorFlow still writes on request and reads."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import tensorflow as tf
from tensorflow.core.util import saved_tensor_slice_pb2

import bundle
import record

v1 = tf.compat.v1

VALUES = {
    "float": np.array([[1.5, -0.0, np.inf]], np.float32),
    "double": np.array(2.5),
    "int32": np.array([-1, 2**31 - 1, -(2**31), 0, 127, 128], np.int32),
    "int64": np.array([2**40, -1, 2**63 - 1, -(2**63)], np.int64),
    "int8": np.arange(-3, 3, dtype=np.int8).reshape(2, 3),
    "int16": np.array([-7, 2**15 - 1], np.int16),
    "uint8": np.array([0, 255], np.uint8),
    "uint16": np.array([0, 2**16 - 1], np.uint16),
    "bool": np.array([True, False, True]),
    "complex": np.array([1 - 2j, np.inf], np.complex64),
    "complex128": np.array([[1 - 2j], [0.5j]]),
    "half": np.array([0.5, -2, np.nan, -np.inf], np.float16),
    "string": np.array([b"a", b"", b"\xff\0b", b"x" * 200], object),
    "one string": np.array(b"word", object),
    "zeros": np.zeros((2, 3), np.float32),
    "nothing": np.zeros((2, 0), np.int64),
    "no strings": np.array([], object),
    'nul\0name/ÿ "quoted" <b>:1': np.array([3], np.int8),
}
QUANTIZED = {"qint8": np.int8, "quint8": np.uint8, "qint32": np.int32}

Extents = tuple[tuple[int, int] | None, ...]


def save_slices(path: str, slices: Iterable[tuple[str, np.ndarray, Extents]]) -> None:
    """Write one file of slices; an extent is (start, length), None the whole axis."""
    names, specs, data = [], [], []
    for name, full, extents in slices:
        sizes = " ".join(str(size) for size in full.shape)
        names.append(name)
        specs.append(
            f"{sizes} " + ":".join("-" if e is None else f"{e[0]},{e[1]}" for e in extents)
        )
        part = tuple(slice(None) if e is None else slice(e[0], sum(e)) for e in extents)
        data.append(tf.constant(full[part]))
    tf.raw_ops.SaveSlices(filename=path, tensor_names=names, shapes_and_slices=specs, data=data)


def numbers(*shape: int, dtype: type = np.float32) -> np.ndarray:
    """Different numbers of that shape."""
    return np.arange(1, 1 + np.prod(shape)).reshape(shape).astype(dtype)


def save_dtypes(path: str) -> None:
    """Every dtype that TensorFlow writes in this format."""
    tensors = {name: tf.constant(value) for name, value in VALUES.items()}
    for name, plain in QUANTIZED.items():
        value = tf.constant([0, 1, np.iinfo(plain).max, np.iinfo(plain).min], plain)
        tensors[name] = tf.bitcast(value, tf.dtypes.as_dtype(name))
    tf.raw_ops.SaveSlices(
        filename=path,
        tensor_names=list(tensors),
        shapes_and_slices=[""] * len(tensors),
        data=list(tensors.values()),
    )


def save_by_saver(folder: str, *, sharded: bool) -> None:
    """A `Saver` with two devices: partitions, a slot, a counter, and a `.meta`."""
    Path(folder).mkdir()
    config = v1.ConfigProto(device_count={"CPU": 2})
    with tf.Graph().as_default(), v1.Session(config=config) as sess:
        with tf.device("/cpu:0"):
            initializer = v1.constant_initializer(numbers(2, 3))
            v = v1.get_variable("v", (2, 3), initializer=initializer)
            parts = v1.fixed_size_partitioner(2, axis=1)
            v1.get_variable("w", (2, 3), partitioner=parts, initializer=v1.ones_initializer())
            step = v1.train.create_global_step()
        with tf.device("/cpu:1"):
            u = v1.get_variable("u", (4,), initializer=v1.ones_initializer())
            v1.get_variable("seen", (), initializer=v1.zeros_initializer(), trainable=False)
        loss = tf.reduce_sum(v) * tf.reduce_sum(u)
        train = v1.train.MomentumOptimizer(0.1, 0.9).minimize(loss, step, var_list=[v, u])
        sess.run(v1.global_variables_initializer())
        sess.run(train)
        saver = v1.train.Saver(
            write_version=v1.train.SaverDef.V1, save_relative_paths=True, sharded=sharded
        )
        saver.save(sess, f"{folder}/model.ckpt", global_step=7)


def save_dealt(folder: str) -> None:
    """Three shards: cuts along each axis and in a grid, and slices anywhere in any order."""
    Path(folder).mkdir()
    long, grid, rank3 = numbers(300, 2, dtype=np.int32), numbers(4, 4), numbers(2, 4, 3)
    words = np.array([b"a", b"", b"ccc", b"d\0"], object)
    shards = [
        [("grid", grid, ((2, 2), (0, 2))), ("long", long, ((200, 100), None)),
         ("words", words, ((0, 1),))],
        [("rank3", rank3, (None, (1, 3), None)), ("grid", grid, ((0, 2), (2, 2))),
         ("grid", grid, ((0, 2), (0, 2))), ("long", long, ((0, 63), (0, 2))),
         ("alone", np.array([7, 8], np.uint8), (None,))],
        [("grid", grid, ((2, 2), (2, 2))), ("words", words, ((1, 3),)),
         ("long", long, ((63, 137), None)), ("rank3", rank3, (None, (0, 1), None))],
    ]  # fmt: skip
    for number, slices in enumerate(shards):
        save_slices(f"{folder}/part-{number:05d}-of-00003", slices)
    Path(folder, "checkpoint").write_text('model_checkpoint_path: "part-?????-of-00003"\n')


def save_compressed(path: str) -> None:
    """As a TensorFlow with Snappy might have written it: all blocks compressed."""
    pairs = []
    contents = saved_tensor_slice_pb2.SavedTensorSlices()
    contents.meta.versions.producer = 1
    for name, value in (("a", numbers(40)), ("b", np.zeros((8, 8), np.float32))):
        entry = contents.meta.tensor.add(name=name, type=1)
        stored = saved_tensor_slice_pb2.SavedTensorSlices()
        stored.data.name = name
        for size in value.shape:
            entry.shape.dim.add(size=size)
        for one in (entry.slice.add(), stored.data.slice):
            for _ in value.shape:
                one.extent.add()
        stored.data.data.float_val.extend(value.reshape(-1).tolist())
        extents = bytes((1, value.ndim)) + b"\x80\x7f" * value.ndim
        key = b"\0" + name.encode() + b"\0\1" + extents
        pairs.append((key, stored.SerializeToString()))
    pairs.insert(0, (b"", contents.SerializeToString()))
    Path(path).write_bytes(bundle.table(pairs, per_block=1, compression=bundle.SNAPPY))


def make() -> dict[str, record.Facts]:
    """Single files and shards, whole ones and damaged ones."""
    save_dtypes("dtypes.ckpt")
    save_by_saver("saver", sharded=False)
    save_by_saver("sharded", sharded=True)
    save_dealt("dealt")
    save_compressed("snappy.ckpt")
    Path("cut.ckpt").write_bytes(Path("dtypes.ckpt").read_bytes()[:-100])
    save_dealt("lost")
    Path("lost/part-00001-of-00003").unlink()
    return {
        "dtypes.ckpt": record.checkpoint(),
        "saver/model.ckpt-7": record.checkpoint(1),
        "sharded/model.ckpt-7-?????-of-00002": record.checkpoint(1),
        "dealt/part-?????-of-00003": record.checkpoint(),
        "snappy.ckpt": record.checkpoint(),
        "cut.ckpt": record.damaged("checkpoint", "broken", "cut.ckpt", "cut short"),
        "lost/part-?????-of-00003": record.damaged(
            "checkpoint", "partial", "lost/part-00001-of-00003", "no such file"
        ),
    }


if __name__ == "__main__":
    record.main(__file__, make)
