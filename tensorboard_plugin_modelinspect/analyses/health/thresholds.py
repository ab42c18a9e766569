"""Every threshold of the findings, in one place. `docs/health.md` says the same to users."""

from __future__ import annotations

LEAST_CONSTANT = 2
"""Elements from which "all the same" says something: one value is always equal to itself."""

MOST_CHANNELS = 1 << 20
"""Output channels of a layer, or rows of an embedding, that are told apart: 32 MiB of memory."""

LEAST_CHANNEL_NBYTES = 8
"""Below it two channels are equal, or all one value, by chance."""

SATURATED_SHARE = 0.05
"""Share of values at one end of their type's range from which they count as cut off; a quantile
that the statistics hold (1 minus it is another)."""

LEAST_FAN_IN = 32
"""Values per channel from which the share is looked at: quantization puts the largest value of each
channel at the end of the range, which is a large share of a few."""

OVERFLOW_MARGIN = 2
"""A float16 within this factor of the largest one (65,504) overflows with the next sum."""

EXPLODING_FACTOR = 10
"""Growth of the L2 norm or the largest magnitude from one checkpoint to the next."""

EXPLODING_FLOOR = 1.0
"""Magnitude up to which a vector may grow by any factor: biases start at zero, and learn."""

SLOT_MAJORITY = 0.5
"""Share of the weights that must have optimizer state before its lack is told weight by weight."""
