"""What counts as an artifact's weights, what their contents are, and which of them are evidence.

A *content* is a type, a shape, a size and a CRC-32C: equal ones are taken for the same values. It
is a number here, so that a million of them are an array. `docs/lineage.md` states these rules.
"""

from __future__ import annotations

import hashlib
import math
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from tensorboard_plugin_modelinspect.analyses.lineage.result import Weights
from tensorboard_plugin_modelinspect.model.checksums import known_crc32c
from tensorboard_plugin_modelinspect.model.dtype import DType
from tensorboard_plugin_modelinspect.model.tensor import Tensor

LEAST_NBYTES = 64
"""Of a tensor that is evidence. Fewer bytes may be equal for other reasons: scales, limits, means
and deviations of a well-known data set."""
LEAST_SAME = 2
"""Different contents that are no constants, of any size, that are evidence where two artifacts have
the same weights and no others: the two numbers of a fitted line."""
UNKNOWN = -1
"""In place of a content: no checksum is stored."""

_HASH_VERSION = "mi1"
_HASH_DIGITS = 32
_WHOLE = frozenset({"bool", "int32", "int64", "uint32", "uint64"})
"""Types of seeds, counters, masks and tables of places. Quantized weights are of fewer bits."""
_METRICS = "keras_api/metrics/"
"""Where tf.keras keeps the sums and counts of a compiled model's metrics
(tensorflow/python/keras/saving/saved_model/layer_serialization.py)."""

Constants = Callable[[DType, tuple[int, ...]], frozenset[int]]
"""Checksums of contents of a type and shape that many models have, such as all zeros."""


def counts_as_weight(tensor: Tensor) -> bool:
    """Whether a tensor is one of the weights: it is learned, or follows from what is learned."""
    if tensor.role not in ("weight", "state") or not tensor.dtype.is_fixed:
        return False
    return _plain_name(tensor.dtype) not in _WHOLE and _METRICS not in tensor.key


def _plain_name(dtype: DType) -> str:
    return dtype.name.removesuffix("_ref")


class Form(NamedTuple):
    """What is known of a content but its checksum."""

    dtype: DType
    shape: tuple[int, ...]
    nbytes: int

    @property
    def size(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)


class Contents:
    """Gives contents their numbers: high bits for the form, the low 32 are the checksum.

    Args:
        constants: Asked once for each form.
    """

    def __init__(self, constants: Constants) -> None:
        self._constants_of = constants
        self._numbers: dict[tuple[str, tuple[int, ...], int], int] = {}
        self._forms: list[Form] = []
        self._constants: list[frozenset[int] | None] = []

    def number(self, tensor: Tensor, crc32c: int) -> int:
        """The content of a tensor whose checksum, not masked, is known."""
        key = _plain_name(tensor.dtype), tensor.shape, tensor.nbytes
        form = self._numbers.get(key)
        if form is None:
            form = self._numbers[key] = len(self._forms)
            self._forms.append(Form(*tensor[2:5]))
            self._constants.append(None)
        return form << 32 | crc32c

    def form(self, content: int) -> Form:
        """Type, shape and size of a content."""
        return self._forms[content >> 32]

    def is_own(self, content: int) -> bool:
        """Whether it is none of the constants that many models have."""
        number = content >> 32
        constants = self._constants[number]
        if constants is None:
            form = self._forms[number]
            constants = self._constants[number] = self._constants_of(form.dtype, form.shape)
        return content & 0xFFFFFFFF not in constants

    def is_telling(self, content: int) -> bool:
        """Whether it is evidence if two artifacts have it."""
        return self.form(content).nbytes >= LEAST_NBYTES and self.is_own(content)

    def describe(self, content: int) -> str:
        """The line that a content is in the text of a hash."""
        dtype, shape, nbytes = self.form(content)
        sizes = ",".join(map(str, shape))
        return f"{_plain_name(dtype)} [{sizes}] {nbytes} {content & 0xFFFFFFFF:08x}\n"


class Layout(NamedTuple):
    """Which tensors of an artifact are its weights; the same for many checkpoints of a series.

    Attributes:
        keys: Of the weights, in stored order.
        names: Readable names, each once: where several have the same, their keys.
        aliases: Keys of tensors that repeat another one.
        left_out: How many others there are.
    """

    keys: tuple[str, ...]
    names: tuple[str, ...]
    aliases: tuple[str, ...]
    left_out: int


def choose_weights(tensors: Mapping[str, Tensor]) -> Layout:
    """The layout of an opened artifact. Cost: a step for each tensor."""
    aliases = tuple(key for key, tensor in tensors.items() if tensor.alias_of is not None)
    chosen = [
        tensor
        for tensor in tensors.values()
        if tensor.alias_of is None and counts_as_weight(tensor)
    ]
    counts = Counter(tensor.name for tensor in chosen)
    names = (tensor.name if counts[tensor.name] == 1 else tensor.key for tensor in chosen)
    keys = tuple(tensor.key for tensor in chosen)
    return Layout(keys, tuple(names), aliases, len(tensors) - len(keys) - len(aliases))


@dataclass(frozen=True, slots=True)
class Sketch:
    """The weights of an artifact as contents: 8 bytes for each of them.

    Attributes:
        names: Readable names.
        contents: By their numbers, `UNKNOWN` where there is none.
        own: Different contents that are no constants.
        weights: What is said of them.
    """

    names: tuple[str, ...]
    contents: array[int]
    own: int
    weights: Weights


def make_sketch(
    tensors: Mapping[str, Tensor],
    layout: Layout,
    contents: Contents,
    read: Mapping[str, int] | None = None,
) -> Sketch:
    """Look at the weights of an artifact; nothing is read.

    Args:
        tensors: Of the artifact; names and roles do not matter.
        layout: Which of them are its weights.
        contents: Gives the numbers.
        read: Checksums, not masked, of weights that were read, by key.
    """
    chosen = [tensors[key] for key in layout.keys]
    numbers = array("q")
    for tensor in chosen:
        crc = known_crc32c(tensor) if read is None else read.get(tensor.key, known_crc32c(tensor))
        numbers.append(UNKNOWN if crc is None else contents.number(tensor, crc))
    repeated, repeated_nbytes = _count_repeated(numbers, contents)
    aliases = [tensors[key].nbytes for key in layout.aliases]
    known = [one for one in numbers if one != UNKNOWN]
    weights = Weights(
        hash=hash_weights(numbers, contents),
        tensors=len(chosen),
        parameters=sum(tensor.size for tensor in chosen),
        nbytes=sum(tensor.nbytes for tensor in chosen),
        unknown=len(numbers) - len(known),
        telling=sum(map(contents.is_telling, known)),
        left_out=layout.left_out,
        repeated=repeated + len(aliases),
        repeated_nbytes=repeated_nbytes + sum(aliases),
    )
    return Sketch(layout.names, numbers, sum(map(contents.is_own, {*known})), weights)


def _count_repeated(numbers: Iterable[int], contents: Contents) -> tuple[int, int]:
    """Weights that are stored once more though they tell something, and their bytes."""
    repeats = {
        number: count - 1
        for number, count in Counter(numbers).items()
        if count > 1 and number != UNKNOWN and contents.is_telling(number)
    }
    nbytes = sum(contents.form(number).nbytes * count for number, count in repeats.items())
    return sum(repeats.values()), nbytes


def hash_weights(numbers: Sequence[int], contents: Contents) -> str | None:
    """Content hash of weights; None if there are none, or the content of one is not known.

    SHA-256 of the contents as sorted lines of text; see `docs/lineage.md`.
    """
    if not numbers or UNKNOWN in numbers:
        return None
    lines = sorted(map(contents.describe, numbers))
    digest = hashlib.sha256("".join(lines).encode("ascii")).hexdigest()
    return f"{_HASH_VERSION}:{digest[:_HASH_DIGITS]}"
