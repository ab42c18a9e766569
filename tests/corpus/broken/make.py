"""Damaged copies of a good checkpoint and a good SavedModel, and what TensorFlow makes of them.

A scan of this folder finds the artifacts of `answers.json` and nothing else: the leftovers of an
interrupted save, and data without an index, are no artifacts.
"""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import tensorflow as tf

import record

INDEX = "ckpt.index"
SHARD = "ckpt.data-00001-of-00002"
PB = "saved_model.pb"
VARIABLES = "variables/variables.data-00000-of-00001"

Edit = Callable[[bytes], bytes]
Damage = tuple[str, Edit | None, str, list[str]]
"""File, its new content (None: no file), the state of the artifact, words of a good reason."""


def garbage(_: bytes) -> bytes:
    """The same 500 random bytes each time."""
    return np.random.default_rng(1).bytes(500)


def lfs_pointer(content: bytes) -> bytes:
    """What a clone without Git LFS has in place of a file."""
    digest = "4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393"
    text = f"version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize {len(content)}\n"
    return text.encode()


def flip(at: int) -> Edit:
    """Invert one bit of the byte at that offset."""
    return lambda content: content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


def half(content: bytes) -> bytes:
    """The first half."""
    return content[: len(content) // 2]


def only(content: bytes) -> Edit:
    """That content, whatever was there."""
    return lambda _: content


CHECKPOINTS: dict[str, Damage] = {
    "index_empty": (INDEX, only(b""), "broken", [INDEX]),
    "index_20_bytes": (INDEX, lambda content: content[:20], "broken", [INDEX]),
    "index_half": (INDEX, half, "broken", [INDEX]),
    "index_garbage": (INDEX, garbage, "broken", [INDEX]),
    "index_zeros": (INDEX, lambda content: bytes(len(content)), "broken", [INDEX]),
    "index_flipped": (INDEX, flip(12), "broken", [INDEX]),
    "index_lfs": (INDEX, lfs_pointer, "broken", [INDEX, "Git LFS"]),
    "shard_missing": (SHARD, None, "partial", [SHARD]),
    "shard_empty": (SHARD, only(b""), "partial", [SHARD]),
    "shard_half": (SHARD, half, "partial", [SHARD]),
    "shard_lfs": (SHARD, lfs_pointer, "partial", [SHARD, "Git LFS"]),
    "shard_flipped": (SHARD, flip(5), "complete", []),
    "shard_longer": (SHARD, lambda content: content + b"more", "complete", []),
}

SAVED_MODELS: dict[str, Damage] = {
    "pb_empty": (PB, only(b""), "broken", [PB]),
    "pb_2_bytes": (PB, only(b"\x08\x01"), "broken", [PB]),
    "pb_half": (PB, half, "broken", [PB]),
    "pb_garbage": (PB, garbage, "broken", [PB]),
    "pb_lfs": (PB, lfs_pointer, "broken", [PB, "Git LFS"]),
    "variables_shard_missing": (VARIABLES, None, "partial", [VARIABLES]),
    "variables_shard_half": (VARIABLES, half, "partial", [VARIABLES]),
    "variables_index_missing": ("variables/variables.index", None, "partial", ["variables.index"]),
    "fingerprint_garbage": ("fingerprint.pb", garbage, "complete", []),
}


def save_checkpoint(folder: str) -> None:
    """Two shards; the second holds floats and strings."""
    shards = {
        f"{folder}/part-0": {"first": np.arange(5, dtype=np.int32)},
        f"{folder}/part-1": {
            "numbers": np.arange(100, dtype=np.float32),
            "words": np.array([b"a", b"bcd"]),
        },
    }
    for prefix, arrays in shards.items():
        tensors = [tf.constant(array) for array in arrays.values()]
        tf.raw_ops.SaveV2(
            prefix=prefix,
            tensor_names=list(arrays),
            shape_and_slices=[""] * len(arrays),
            tensors=tensors,
        )
    tf.raw_ops.MergeV2Checkpoints(
        checkpoint_prefixes=list(shards), destination_prefix=f"{folder}/ckpt", delete_old_dirs=False
    )
    for part in Path(folder).glob("part-*"):
        part.unlink()


def save_model(folder: str) -> None:
    """One variable and one function."""
    module = tf.Module()
    module.v = tf.Variable([1.0, 2.0], name="v")
    spec = tf.TensorSpec([2], name="x")
    module.f = tf.function(lambda x: x * module.v, input_signature=[spec])
    tf.saved_model.save(module, folder)


def damage(good: str, name: str, how: Damage, path: str) -> dict[str, record.Facts]:
    """Copy the good one to folder `name`, damage the copy; its facts by its path."""
    file, edit, state, words = how
    shutil.copytree(good, name)
    target = Path(name, file)
    if edit is None:
        target.unlink()
    else:
        target.write_bytes(edit(target.read_bytes()))
    kind = "checkpoint" if path.endswith("ckpt") else "saved_model"
    return {path: record.damaged(kind, state, *words)}


def save_leftovers() -> None:
    """A good checkpoint among what interrupted saves leave behind, and data without an index."""
    shutil.copytree("good_checkpoint", "leftovers")
    index, shard = Path("leftovers", INDEX).read_bytes(), Path("leftovers", SHARD).read_bytes()
    temporary = Path("leftovers/ckpt-2_temp")
    temporary.mkdir()
    (temporary / "part-00000-of-00001.index").write_bytes(index)
    (temporary / "part-00000-of-00001.data-00000-of-00001").write_bytes(shard)
    Path("leftovers/ckpt-3.index.tempstate1234567").write_bytes(index)
    Path("leftovers/ckpt-3.data-00000-of-00001.tempstate7654321").write_bytes(half(shard))
    Path("leftovers/ckpt-4.data-00000-of-00001").write_bytes(shard)


def save_outside() -> None:
    """A state file that names files outside of its folder, beside a good checkpoint."""
    shutil.copytree("good_checkpoint", "outside")
    paths = ["/etc/passwd", "../../x", "../good_checkpoint/ckpt", "ckpt"]
    lines = ['model_checkpoint_path: "/etc/passwd"']
    lines += [f'all_model_checkpoint_paths: "{path}"' for path in paths]
    Path("outside/checkpoint").write_text("\n".join(lines) + "\n", encoding="utf-8")
    shutil.copytree("good_checkpoint", "state_file_garbage")
    Path("state_file_garbage/checkpoint").write_bytes(garbage(b""))


def make() -> dict[str, record.Facts]:
    """The good ones, each damage, and folders with things to pass over."""
    save_checkpoint("good_checkpoint")
    save_model("good_model")
    save_leftovers()
    save_outside()
    artifacts = {"good_model": record.saved_model()}
    for folder in ("good_checkpoint", "leftovers", "outside", "state_file_garbage"):
        artifacts[f"{folder}/ckpt"] = record.checkpoint()
    for name, how in CHECKPOINTS.items():
        artifacts |= damage("good_checkpoint", name, how, f"{name}/ckpt")
    for name, how in SAVED_MODELS.items():
        artifacts |= damage("good_model", name, how, name)
    return artifacts


if __name__ == "__main__":
    record.main(__file__, make)
