"""What h5py and Keras say about Keras' own files; used by `record.py` and the makers."""

import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np

Answers = dict[str, Any]
WEIGHTS = "model.weights.h5"


def natural_key(key: str) -> list[Any]:
    """Sorts `vars/2` before `vars/10`."""
    return [int(part) if part.isdecimal() else part for part in re.split(r"([0-9]+)", key)]


def open_all(path: str) -> Iterator[h5py.File]:
    """The HDF5 files that an artifact is or holds."""
    if Path(path).is_dir():
        yield h5py.File(Path(path, WEIGHTS))
    elif path.endswith(".weights.json"):
        shards = json.loads(Path(path).read_text(encoding="utf-8"))["weight_map"].values()
        names = {
            name for names in shards for name in ([names] if isinstance(names, str) else names)
        }
        for name in sorted(names):
            yield h5py.File(Path(path).with_name(name))
    elif zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            yield h5py.File(io.BytesIO(archive.read(WEIGHTS)))
    else:
        yield h5py.File(path)


def dtype_answer(dataset: h5py.Dataset) -> str:
    """The type as TensorFlow would call it; Keras notes bfloat16 in an attribute."""
    if h5py.check_string_dtype(dataset.dtype):
        return "string"
    named = dataset.attrs.get("dtype")
    return named if isinstance(named, str) else np.dtype(dataset.dtype.newbyteorder("=")).name


def value_answer(dataset: h5py.Dataset) -> Answers:
    """`hex` of the little-endian value, or `strings`."""
    if dataset.shape is None:
        return {"hex": ""}
    value = np.asarray(dataset[()])
    if h5py.check_string_dtype(dataset.dtype):
        return {"strings": [bytes(one).hex() for one in value.astype(object).reshape(-1)]}
    return {"hex": value.astype(value.dtype.newbyteorder("<")).tobytes().hex()}


def hdf5_answers(path: str) -> Answers:
    """All datasets that h5py reaches by hard links, and the texts at the root."""
    tensors: list[Answers] = []
    texts: dict[str, str] = {}
    for file in open_all(path):
        with file:

            def add(key: str, found: Any) -> None:
                if isinstance(found, h5py.Dataset):
                    shape = [0] if found.shape is None else list(found.shape)
                    answer = {"key": key, "dtype": dtype_answer(found), "shape": shape}
                    tensors.append({**answer, **value_answer(found)})

            file.visititems(add)
            texts |= {name: str(text) for name, text in file.attrs.items() if isinstance(text, str)}
    tensors.sort(key=lambda one: natural_key(one["key"]))
    return {"tensors": tensors, "texts": {name: len(text) for name, text in sorted(texts.items())}}


def saved_by_keras(model: Any, save: Callable[[], object]) -> Answers:
    """Save a model by Keras 3, noting which variable goes where.

    Returns:
        By key: `path` of the variable and whether it is trained. Values that Keras computes when it
        saves (a kernel with LoRA merged) and the optimizer's are left out.
    """
    import keras
    from keras.src.saving import saving_lib

    trained = [id(variable) for variable in model.trainable_weights]
    saved: Answers = {}
    store = saving_lib.H5IOStore.__setitem__

    def note(self: Any, key: str, value: Any) -> None:
        if isinstance(value, keras.Variable):
            path = "/".join(part for part in (self._h5_entry_path, "vars", key) if part)
            saved[path] = {"path": value.path, "trained": id(value) in trained}
        store(self, key, value)

    saving_lib.H5IOStore.__setitem__ = note
    try:
        save()
    finally:
        saving_lib.H5IOStore.__setitem__ = store
    return dict(sorted(saved.items(), key=lambda item: natural_key(item[0])))
