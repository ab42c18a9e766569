"""Files that commands write: whole or not at all, and never over another one unasked."""

from __future__ import annotations

import os
from collections.abc import Iterable

from tensorboard_plugin_modelinspect.errors import BadRequest
from tensorboard_plugin_modelinspect.views.cli.progress import Progress
from tensorboard_plugin_modelinspect.views.text.words import describe_bytes


def write_file(
    path: str, pieces: Iterable[bytes | memoryview], *, total: str = "", overwrite: bool
) -> None:
    """Write pieces to a file of that name, which appears when the last one is written.

    Args:
        path: Where to.
        pieces: What to write; an error in making them leaves no file behind.
        total: How much it will be, for the progress.
        overwrite: Whether it may replace a file.

    Raises:
        BadRequest: It exists and may not be replaced, or cannot be written.
    """
    if os.path.lexists(path) and not overwrite:
        raise BadRequest(f"{path}: the file exists. Add --overwrite to replace it.")
    partial = f"{path}.{os.getpid()}.partial"
    try:
        with open(partial, "xb") as file, Progress() as progress:
            for piece in pieces:
                file.write(piece)
                written = describe_bytes(file.tell())
                progress.show(f"{written} of {total}" if total else written)
        os.replace(partial, path)
    except OSError as error:
        raise BadRequest(f"{path}: {error.strerror}. Name a file that can be written.") from None
    finally:
        if os.path.exists(partial):
            os.remove(partial)
