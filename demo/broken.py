"""Three things broken on purpose: half a checkpoint, half a model, one that LFS never fetched."""

import shutil
from pathlib import Path

LFS_POINTER = """version https://git-lfs.github.com/spec/v1
oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393
size 61407
"""


def cut_checkpoint(prefix: Path, folder: Path) -> str:
    """Copy a checkpoint to `folder` and cut its data in half; what was made, in a line."""
    folder.mkdir(parents=True)
    for file in prefix.parent.glob(f"{prefix.name}.*"):
        shutil.copy(file, folder)
    data = folder / f"{prefix.name}.data-00000-of-00001"
    content = data.read_bytes()
    data.write_bytes(content[: len(content) // 2])
    return f"a checkpoint with {len(content) // 2} of its {len(content)} bytes"


def cut_model(model_file: Path, target: Path) -> str:
    """Write the first half of a `.keras` file, as a full disk leaves it; what, in a line."""
    content = model_file.read_bytes()
    target.write_bytes(content[: len(content) // 2])
    return f"a Keras model with {len(content) // 2} of its {len(content)} bytes"


def write_lfs_pointer(folder: Path) -> str:
    """Make a SavedModel folder that holds a pointer; what was made, in a line."""
    folder.mkdir(parents=True)
    (folder / "saved_model.pb").write_text(LFS_POINTER, encoding="utf-8")
    return "a Git LFS pointer in place of a SavedModel"
