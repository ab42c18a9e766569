"""Names of tensors in parts that can be compared, whoever gave them."""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Collection

from tensorboard_plugin_modelinspect.model.tensor import Tensor

Parts = tuple[str, ...]

_SYNONYMS = {
    word: name
    for name, words in {
        "kernel": "weights weight w filters",
        "bias": "biases b beta offset",
        "gamma": "scale",
        "moving_mean": "running_mean mean moving_avg population_mean",
        "moving_variance": "running_var running_variance var variance moving_var population_var",
        "embeddings": "embedding embedding_table embedding_weights word_embeddings table",
        "momentum": "m exp_avg",
        "velocity": "v exp_avg_sq rms",
    }.items()
    for word in (name, *words.split())
}
"""What TF1, Keras 2, Keras 3, Sonnet and PyTorch call the same variable of a layer."""
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_DIGITS = re.compile(r"\d+")
_NUMBER = re.compile(r"[-_]?\d+")


def split_name(name: str) -> Parts:
    """The parts of a readable name, each as `plain_part` has it."""
    return tuple([plain_part(part) for part in name.removesuffix(":0").split("/")])


@functools.lru_cache(1 << 16)
def plain_part(part: str) -> str:
    """A part in lower case, `CamelCase` divided, and variables of layers called in one way."""
    plain = "_".join(_WORD.findall(part)).lower() or part
    return _SYNONYMS.get(plain, plain)


def words_of(parts: Parts) -> frozenset[str]:
    """The words and numbers of a name."""
    return frozenset(itertools.chain.from_iterable(map(_words_of_part, parts)))


@functools.lru_cache(1 << 16)
def _words_of_part(part: str) -> tuple[str, ...]:
    return tuple(_SYNONYMS.get(word, word) for word in part.split("_") if word)


def likeness(one: Collection[str], other: Collection[str]) -> float:
    """Share of the words of two names that they have in common, 0 to 1 (Dice)."""
    count = len(one) + len(other)
    return 2 * len(set(one) & set(other)) / count if count else 1.0


def numbers_of(parts: Parts) -> tuple[str, ...]:
    """The numbers in a name, in order."""
    return tuple(itertools.chain.from_iterable(map(_numbers_of_part, parts)))


@functools.lru_cache(1 << 16)
def _numbers_of_part(part: str) -> tuple[str, ...]:
    return tuple(_DIGITS.findall(part))


def strip_numbers(name: str) -> str:
    """A name without the numbers in it and what joins them."""
    return _NUMBER.sub("", name)


def natural(parts: Parts) -> tuple[tuple[tuple[int, str], ...], ...]:
    """To sort names by: `layer_9` before `layer_10`."""
    return tuple(map(_natural_part, parts))


@functools.lru_cache(1 << 16)
def _natural_part(part: str) -> tuple[tuple[int, str], ...]:
    pieces = re.split(r"(\d+)", part)
    return tuple((int(piece[:18]), "") if piece.isdecimal() else (-1, piece) for piece in pieces)


def layer_of_key(key: str) -> tuple[str, str]:
    """The object that a key's variable belongs to, and what it is called there.

    tensorflow/python/trackable/trackable_utils.py: what follows `.ATTRIBUTES` is the variable's.
    An item of a list is an object of its own.
    """
    path, _, attribute = key.partition("/.ATTRIBUTES/")
    layer, _, name = path.rpartition("/")
    return (path, attribute) if name.isdecimal() else (layer, f"{name}/{attribute}")


def is_bookkeeping(tensor: Tensor) -> bool:
    """Whether it is a format's own, not a variable."""
    return tensor.role == "metadata" and not tensor.dtype.is_fixed
