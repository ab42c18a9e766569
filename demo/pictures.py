"""Small pictures of shapes, generated: something a convolution learns kernels from."""

import numpy as np

SIZE = 16
SHAPES = ("disc", "ring", "square", "cross", "stripes")


def shape_mask(shape: str, center: np.ndarray, radius: float, angle: float) -> np.ndarray:
    """Brightness 0 or 1 of each pixel.

    Args:
        shape: One of `SHAPES`.
        center: Row and column in pixels.
        radius: Half the extent in pixels.
        angle: Rotation in radians.

    Returns:
        Array of shape `(SIZE, SIZE)`, bool.
    """
    rows, columns = np.mgrid[:SIZE, :SIZE] - center[:, None, None]
    u = rows * np.cos(angle) + columns * np.sin(angle)
    v = columns * np.cos(angle) - rows * np.sin(angle)
    distance, box = np.hypot(u, v), np.maximum(abs(u), abs(v))
    masks = {
        "disc": distance < radius,
        "ring": abs(distance - radius) < 1.2,
        "square": box < radius * 0.85,
        "cross": (np.minimum(abs(u), abs(v)) < 1.3) & (box < radius),
        "stripes": (u % 4 < 2) & (box < radius),
    }
    return masks[shape]


def make_pictures(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Noisy pictures of random shapes, and which shape each shows.

    Returns:
        Pictures of shape `(count, SIZE, SIZE, 1)`, float32, about 0 to 1, and labels of shape
        `(count,)`, int32, positions in `SHAPES`. The same for the same seed.
    """
    generator = np.random.default_rng(seed)
    labels = generator.integers(len(SHAPES), size=count)
    masks = [
        shape_mask(
            SHAPES[label],
            center=SIZE / 2 + generator.uniform(-2.5, 2.5, 2),
            radius=generator.uniform(4, 6.5),
            angle=generator.uniform(0, np.pi),
        )
        for label in labels
    ]
    brightness = generator.uniform(0.5, 1, (count, 1, 1))
    pictures = np.stack(masks) * brightness + generator.normal(0, 0.2, (count, SIZE, SIZE))
    return pictures[..., None].astype(np.float32), labels.astype(np.int32)
