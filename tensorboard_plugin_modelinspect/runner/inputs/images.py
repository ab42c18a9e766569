"""Images as inputs: decoded for numbers, as they are for strings."""

from __future__ import annotations

import io

import numpy as np

from tensorboard_plugin_modelinspect.errors import BadRequest, FormatError, Unsupported
from tensorboard_plugin_modelinspect.model.signature import TensorSpec

_STARTS = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a", b"BM", b"II*\0", b"MM\0*")
MODES = {1: "L", 3: "RGB", 4: "RGBA"}
"""By number of channels, as Pillow names them."""
WORDS = ("resize", "unit", "signed")


def is_image(data: bytes) -> bool:
    """Whether a file begins as an image does."""
    return data.startswith(_STARTS) or (data[:4] == b"RIFF" and data[8:12] == b"WEBP")


def read_image(path: str, data: bytes, part: str | None, spec: TensorSpec | None) -> np.ndarray:
    """An image for an input.

    Args:
        path: For errors.
        data: The file.
        part: Words, joined by commas: `resize` to the size of the input, `unit` for values from
            0 to 1, `signed` for -1 to 1; without one of these two they are from 0 to 255.
        spec: The input. One of strings gets the file as it is, a vector of one if that is its
            rank. Others get `[height, width, channels]`, with a batch of one before it where
            the input has four axes; three channels unless the input's last size is 1 or 4.

    Raises:
        BadRequest: A word is unknown, or the input has another size and is not to be resized.
        FormatError: It cannot be decoded.
        Unsupported: Pillow is not installed.
    """
    if spec is not None and spec.dtype.name == "string":
        rank = 0 if spec.shape is None else len(spec.shape)
        return np.array([data], object).reshape((1,) * rank)
    words = set(filter(None, (part or "").split(",")))
    if words - set(WORDS) or len(words & {"unit", "signed"}) > 1:
        raise BadRequest(f"{path}[{part}]: of an image there are {', '.join(WORDS)}.")
    shape = None if spec is None else spec.shape
    sizes = shape[-3:] if shape is not None and len(shape) in (3, 4) else (None, None, None)
    pixels = _decode(path, data, sizes, resize="resize" in words)
    if "unit" in words:
        pixels = pixels / np.float32(255)
    elif "signed" in words:
        pixels = pixels / np.float32(127.5) - np.float32(1)
    if shape is not None and len(shape) == 2 and pixels.shape[2] == 1:
        return pixels[:, :, 0]
    return pixels[np.newaxis] if shape is not None and len(shape) == 4 else pixels


def _decode(path: str, data: bytes, sizes: tuple[int | None, ...], *, resize: bool) -> np.ndarray:
    height, width, channels = sizes
    try:
        from PIL import Image
    except ImportError:
        raise Unsupported("Images are read with Pillow: pip install pillow") from None
    try:
        with Image.open(io.BytesIO(data)) as opened:
            image = opened.convert(MODES.get(channels or 3, "RGB"))
    except Image.DecompressionBombError as error:
        raise FormatError(path=path, field="its image", found=str(error)) from None
    except (OSError, ValueError, SyntaxError) as error:
        raise FormatError(path=path, field="its image", found=str(error)) from None
    wanted = (width or image.width, height or image.height)
    if image.size != wanted:
        if not resize:
            raise BadRequest(
                f"{path}: the image has {image.width} × {image.height} pixels, the input takes"
                f" {wanted[0]} × {wanted[1]}. Add [resize] to the file's name to have it resized."
            )
        image = image.resize(wanted, Image.Resampling.BILINEAR)
    pixels = np.asarray(image)
    return pixels[:, :, np.newaxis] if pixels.ndim == 2 else pixels
