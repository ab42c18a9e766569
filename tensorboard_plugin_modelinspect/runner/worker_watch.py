"""Inner tensors of a signature."""

from __future__ import annotations

import tensorflow as tf  # noqa: F401
