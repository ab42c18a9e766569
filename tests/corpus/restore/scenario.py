"""A restore that is tried for real, and what became of each variable of its target.

Every tensor of the checkpoint and of the fresh target has values that no other has. So the values
that a variable has afterwards tell where they came from, bit for bit, whatever the library says.
"""

import io
import posixpath
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import h5py
import ml_dtypes
import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf import trackable_object_graph_pb2

OBJECT_GRAPH_KEY = "_CHECKPOINTABLE_OBJECT_GRAPH"
VARIABLE_VALUE = "/.ATTRIBUTES/VARIABLE_VALUE"

Arrays = dict[str, np.ndarray]
Answers = dict[str, Any]


class Seen(NamedTuple):
    """A variable of the target and its values at one moment.

    `path` is where the object is below the root, null if the restore does not go by objects.
    `place` has the first index along each axis and the whole shape, of a part of a variable.
    `number` is of one among several of the same name.
    """

    name: str
    path: str | None
    value: np.ndarray
    place: tuple[tuple[int, ...], tuple[int, ...]] | None = None
    number: int | None = None

    @property
    def id(self) -> str:
        """What tells it from the other variables of the target."""
        name = self.name if self.path is None else self.path
        return name if self.number is None else f"{name}#{self.number}"


class Values:
    """Draws arrays of which no two are equal; the same ones for the same seed."""

    def __init__(self, seed: int) -> None:
        self._generator = np.random.default_rng(seed)
        self._drawn: set[tuple[str, tuple[int, ...], bytes]] = set()

    def draw(self, dtype: np.dtype, shape: tuple[int, ...]) -> np.ndarray:
        """An array that was not drawn before; one without elements may have been."""
        for _ in range(1000):
            array = self._any(dtype, shape)
            identity = (dtype.name, shape, bytes_of(array))
            if identity not in self._drawn or not array.size:
                self._drawn.add(identity)
                return array
        raise ValueError(f"no new values of {dtype} {shape}")

    def _any(self, dtype: np.dtype, shape: tuple[int, ...]) -> np.ndarray:
        if dtype.kind == "O":
            numbers = self._generator.integers(1000, size=shape)
            return np.vectorize(lambda number: b"text %d" % number, otypes=[object])(numbers)
        if dtype.kind == "b":
            return self._generator.integers(2, size=shape).astype(bool)
        if np.issubdtype(dtype, np.integer):
            return np.asarray(self._generator.integers(2, 100, size=shape)).astype(dtype)
        return np.asarray(self._generator.uniform(0.1, 0.9, size=shape)).astype(dtype)


@dataclass(frozen=True)
class Scenario:
    """One restore. Its methods run inside its folder; each of them builds what it needs anew.

    Attributes:
        name: Of its folder.
        about: A sentence for people.
        options: What the call is given beside the path.
        beyond_files: Why no artifact of the target can tell what happens; empty if one can.
    """

    name: str
    about: str
    method: ClassVar[str] = ""
    options: dict[str, Any] = field(default_factory=dict, kw_only=True)
    beyond_files: str = field(default="", kw_only=True)

    def save(self) -> str:
        """Write `checkpoint…` into the working directory; what to restore from."""
        raise NotImplementedError

    def describe(self) -> str:
        """Write `target…` into the working directory, an artifact of the fresh target."""
        raise NotImplementedError

    def build(self) -> Any:
        """The fresh target."""
        raise NotImplementedError

    def restore(self, target: Any, path: str) -> Answers:
        """Restore, finish the target, and say what the assertions of the status say."""
        raise NotImplementedError

    def variables(self, target: Any) -> list[Seen]:
        """The target's variables as they are now."""
        raise NotImplementedError

    def unreached(self, target: Any) -> list[Seen]:
        """Variables that the target has and no such restore finds."""
        del target
        return []

    def errors_alone(self, path: str) -> dict[str, str]:
        """Errors by `Seen.id` if each variable is restored alone; empty if that cannot be tried."""
        del path
        return {}


def bytes_of(array: np.ndarray) -> bytes:
    """The values as bytes, those of strings too."""
    if array.dtype == object:
        return repr(array.reshape(-1).tolist()).encode()
    return np.ascontiguousarray(array).tobytes()


def as_array(value: Any) -> np.ndarray:
    """The value as an array, of objects where it is text."""
    return np.asarray(value, object if isinstance(value, bytes) else None)


def checkpoint_arrays(prefix: str) -> Arrays:
    """Tensors of a checkpoint by key, slices joined and the rows of tables sorted."""
    reader = tf.train.load_checkpoint(prefix)
    keys = sorted(reader.get_variable_to_shape_map())
    arrays = {key: as_array(reader.get_tensor(key)) for key in keys if key != OBJECT_GRAPH_KEY}
    in_any_order = ("/.ATTRIBUTES/table-keys", "/.ATTRIBUTES/table-values")
    return {k: np.sort(a) if k.endswith(in_any_order) else a for k, a in arrays.items()}


def hdf5_arrays(file: Any) -> Arrays:
    """Datasets of an HDF5 file by path."""
    found = {}

    def visit(path: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset):
            array = np.asarray(item[()])
            is_bfloat16 = item.attrs.get("dtype") == "bfloat16"  # which HDF5 does not know
            found[path] = array.view(ml_dtypes.bfloat16) if is_bfloat16 else array

    with h5py.File(file) as opened:
        opened.visititems(visit)
    return found


def arrays_of(path: str) -> Arrays:
    """Tensors of an artifact by key; none of one that has no values."""
    if path.endswith(".meta"):
        return {}
    if path.endswith(".keras"):
        with zipfile.ZipFile(path) as archive:
            return hdf5_arrays(io.BytesIO(archive.read("model.weights.h5")))
    if path.endswith((".h5", ".hdf5")):
        return hdf5_arrays(path)
    if Path(path).is_dir():
        return checkpoint_arrays(f"{path}/variables/variables")
    return checkpoint_arrays(path)


def full_names(prefix: str) -> dict[str, str]:
    """Names that the object graph of a checkpoint gives to its keys."""
    text = tf.train.load_checkpoint(prefix).get_tensor(OBJECT_GRAPH_KEY)
    graph = trackable_object_graph_pb2.TrackableObjectGraph.FromString(text)
    return {a.checkpoint_key: a.full_name for node in graph.nodes for a in node.attributes}


def error_text(error: BaseException | str) -> str:
    """Its text without addresses, paths of this machine, and stack traces."""
    text = str(error).split("\n\nOriginal stack trace")[0]
    text = re.sub(r"\nDetected at node .*\n(    File .*\n)*", "\n", text)
    text = re.sub(r"0x[0-9a-f]{6,}", "0x…", text)
    text = re.sub(r" Target variable: <Variable path=.*?\]*>", "", text, flags=re.DOTALL)
    text = re.sub(r"\x1b\[\d*m", "", text)
    text = re.sub(r"\{\{function_node [^}]*\}\} ", "", text)
    return re.sub(r"/\S*/(?=site-packages/)", "", text).strip()


def assertion_text(error: AssertionError) -> str:
    """The first line of its text without the list of objects, which is in any order."""
    line = error_text(error).splitlines()[0]
    return re.sub(r" (Showing \d+ of|The following objects).*", "", line)


def reason_of(error: BaseException) -> str:
    """Its class and the line of its text that says why; that of a node in a graph is not first."""
    lines = error_text(error).splitlines()
    nodes = [number for number, line in enumerate(lines) if line.startswith("Node: ")]
    return f"{type(error).__name__}: {lines[nodes[0] + 1 if nodes else 0]}"


def sources_of(seen: Seen, checkpoint: Arrays) -> Iterator[str]:
    """Keys whose values, cast to the variable's type, are those that it has now."""
    for key, array in checkpoint.items():
        part = array
        if seen.place and array.shape == seen.place[1]:
            ends = zip(seen.place[0], seen.value.shape, strict=True)
            part = array[tuple(slice(start, start + size) for start, size in ends)]
        if part.size != seen.value.size or not np.can_cast(
            part.dtype, seen.value.dtype, "same_kind"
        ):
            continue
        if bytes_of(part.astype(seen.value.dtype)) == bytes_of(seen.value):
            yield key


def variable_answer(now: Seen, before: Seen | None, checkpoint: Arrays, target: Arrays) -> Answers:
    """What became of one variable."""
    sources = list(sources_of(now, checkpoint))
    is_kept = before is None or bytes_of(before.value) == bytes_of(now.value)
    if not now.value.size:
        outcome, sources = "empty", []
    elif len(sources) > 1:
        raise ValueError(f"{now.name} may come from each of {sources}")
    else:
        outcome = "restored" if sources else "kept" if is_kept else "changed"
    shape = list((before or now).value.shape)
    keys = target if before is None else list(sources_of(before, target))
    own = [key for key in keys if key in (now.name, f"{now.path}{VARIABLE_VALUE}")]
    keys = own or ([] if before is None else keys)
    return {
        "key": keys[0] if keys else None,
        "name": now.name,
        "path": now.path,
        "shape": shape,
        "dtype": "string" if now.value.dtype.kind == "O" else now.value.dtype.name,
        "outcome": outcome,
        "source": sources[0] if sources else None,
        **({} if shape == list(now.value.shape) else {"became": list(now.value.shape)}),
    }


def unreached_answer(now: Seen, checkpoint: Arrays, target: Arrays) -> Answers:
    """A variable that stays as it is; it is in the artifact of the target if there is a key."""
    if any(sources_of(now, checkpoint)):
        raise ValueError(f"{now.name} was restored")
    return {"name": now.name, "key": next(sources_of(now, target), None)}


def answer_of(scenario: Scenario, path: str, described: str) -> Answers:
    """Restore from `path` into a fresh target; `described` is the artifact that stands for it."""
    target = scenario.build()
    before = {seen.id: seen for seen in scenario.variables(target)}
    error, asserts = None, {}
    try:
        asserts = scenario.restore(target, path)
    except Exception as raised:  # noqa: BLE001 - the class is the answer
        error = {"type": type(raised).__name__, "text": error_text(raised)}
    checkpoint, arrays = arrays_of(path), arrays_of(described)
    answers = [
        variable_answer(seen, before.get(seen.id), checkpoint, arrays)
        | ({"id": seen.id} if error else {})
        for seen in scenario.variables(target)
    ]
    alone = scenario.errors_alone(path) if error else {}
    for answer in answers:
        text = alone.get(answer.pop("id", ""))
        if text and answer["outcome"] == "kept":
            answer |= {"outcome": "error", "error": text}
    used = {answer["source"] for answer in answers}
    unreached = [unreached_answer(seen, checkpoint, arrays) for seen in scenario.unreached(target)]
    return {
        "about": scenario.about,
        "checkpoint": posixpath.normpath(f"{scenario.name}/{path}"),
        "target": f"{scenario.name}/{described}",
        "method": scenario.method,
        "options": scenario.options,
        **({"beyond_files": scenario.beyond_files} if scenario.beyond_files else {}),
        "error": error,
        "variables": answers,
        "unused": [key for key, array in checkpoint.items() if array.size and key not in used],
        **({"unreached": unreached} if unreached else {}),
        "asserts": asserts,
    }
