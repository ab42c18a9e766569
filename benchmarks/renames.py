"""How good rename guesses are: precision and recall over generated renames, as a table.

    python -m benchmarks.renames           # prints the table
    python -m benchmarks.renames --write   # puts it into docs/diff.md

Every case is a model of known names and shapes, renamed as people and libraries do. *Same values*
are those of a checkpoint that was only renamed: checksums help. *Trained on* are those whose every
tensor changed: names, shapes and order are all there is. Nothing here is random.
"""

from __future__ import annotations

import itertools
import re
import sys
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from tensorboard_plugin_modelinspect.analyses.diff.pairing import pair_tensors
from tensorboard_plugin_modelinspect.model.dtype import DTYPES
from tensorboard_plugin_modelinspect.model.tensor import Tensor
from tests.support.array_tensor import ArrayValues

Shapes = dict[str, tuple[int, ...]]
"""Shape by name of a model's tensors."""
Truth = dict[str, str]
"""Name after by name before; who is not in it was removed."""

DOCUMENT = Path(__file__).parents[1] / "docs" / "diff.md"
START, STOP = "<!-- renames: begin -->", "<!-- renames: end -->"
_FLOAT32 = DTYPES[1]
_NO_VALUES = ArrayValues(None)  # type: ignore[arg-type]


class Case(NamedTuple):
    """A rename: what the model is before and after, and which is which."""

    name: str
    before: Shapes
    after: Shapes
    truth: Truth


class Score(NamedTuple):
    """Pairs of tensors under another name: that there are, that were found, and rightly so."""

    there: int
    found: int
    right: int

    def plus(self, other: Score) -> Score:
        """Of both."""
        return Score(*(one + two for one, two in zip(self, other, strict=True)))

    @property
    def precision(self) -> float:
        """Share of what was found that is right."""
        return self.right / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        """Share of what is there that was found."""
        return self.right / self.there if self.there else 1.0


def transformer(layers: int = 12, width: int = 64) -> Shapes:
    """A decoder with its embeddings and head."""
    shapes: Shapes = {
        "model/embedding/embeddings": (1000, width),
        "model/position/embeddings": (128, width),
    }
    for layer in range(layers):
        block = f"model/block_{layer}"
        for name in ("query", "key", "value", "output"):
            shapes[f"{block}/attention/{name}/kernel"] = (width, width)
            shapes[f"{block}/attention/{name}/bias"] = (width,)
        for name, sizes in (("up", (width, 4 * width)), ("down", (4 * width, width))):
            shapes[f"{block}/feed_forward/{name}/kernel"] = sizes
            shapes[f"{block}/feed_forward/{name}/bias"] = sizes[1:]
        for name in ("norm_1", "norm_2"):
            shapes[f"{block}/{name}/gamma"] = shapes[f"{block}/{name}/beta"] = (width,)
    return {**shapes, "model/head/kernel": (width, 1000), "model/head/bias": (1000,)}


def convnet(blocks: int = 8) -> Shapes:
    """Convolutions with batch normalization that grow wider, and a dense head."""
    shapes: Shapes = {}
    width = 3
    for block in range(blocks):
        wider = 16 * 2 ** (block // 2)
        shapes[f"conv_{block}/kernel"] = (3, 3, width, wider)
        for name in ("gamma", "beta", "moving_mean", "moving_variance"):
            shapes[f"batch_norm_{block}/{name}"] = (wider,)
        width = wider
    return {**shapes, "classifier/kernel": (width, 10), "classifier/bias": (10,)}


def perceptron(*widths: int, first: int = 0) -> Shapes:
    """Dense layers, counted as Keras does from `first` on."""
    shapes: Shapes = {}
    for place, (before, after) in enumerate(itertools.pairwise(widths)):
        name = f"dense_{first + place}" if first + place else "dense"
        shapes[f"{name}/kernel"], shapes[f"{name}/bias"] = (before, after), (after,)
    return shapes


def renamed(name: str, shapes: Shapes, rename: Callable[[str], str]) -> Case:
    """A case in which every name is put through a function."""
    truth = {before: rename(before) for before in shapes}
    return Case(name, shapes, {truth[key]: shape for key, shape in shapes.items()}, truth)


def _replace(*pairs: tuple[str, str]) -> Callable[[str], str]:
    def rename(name: str) -> str:
        for pattern, text in pairs:
            name = re.sub(pattern, text, name)
        return name

    return rename


def _count_on(pattern: str, by: int) -> Callable[[str], str]:
    def shift(match: re.Match[str]) -> str:
        return f"{match[1]}{int(match[2]) + by}"

    return lambda name: re.sub(pattern, shift, name)


def _inserted(name: str, shapes: Shapes, pattern: str, at: int, new: Shapes) -> Case:
    """A layer is inserted, and those behind it count one more."""

    def rename(key: str) -> str:
        match = re.search(pattern, key)
        is_behind = match is not None and int(match[2]) >= at
        return _count_on(pattern, 1)(key) if is_behind else key

    case = renamed(name, shapes, rename)
    return case._replace(after={**case.after, **new})


def _with_slots(shapes: Shapes, name: Callable[[str, str], str], slots: tuple[str, str]) -> Shapes:
    found = dict(shapes)
    for key, shape in shapes.items():
        found.update({name(key, slot): shape for slot in slots})
    return found


def _keras_slots() -> Case:
    shapes = perceptron(20, 64, 32, 10)
    old = _with_slots(shapes, lambda key, slot: f"Adam/{slot}/{key}", ("m", "v"))

    def rename(key: str) -> str:
        if not key.startswith("Adam/"):
            return key
        _, slot, name = key.split("/", 2)
        word = {"m": "momentum", "v": "velocity"}[slot]
        return f"adam/{name.replace('/', '_')}_{word}"

    return renamed("optimizer slots, Keras 2 to Keras 3", old, rename)


def iter_cases() -> Iterator[Case]:
    """All renames."""
    deep, wide = transformer(), convnet()
    yield renamed("another prefix", deep, _replace(("^model/", "network/decoder/")))
    yield renamed("another root added", wide, lambda name: f"backbone/{name}")
    yield renamed("root dropped", deep, _replace(("^model/", "")))
    yield renamed("blocks called otherwise", deep, _replace(("block_", "layer_")))
    yield renamed("numbers as parts: block_3 to blocks/3", deep, _replace(("block_", "blocks/")))
    yield renamed(
        "attention called otherwise",
        deep,
        _replace(
            ("attention/(query|key|value)", r"attn/\1_proj"), ("attention/output", "attn/out")
        ),
    )
    yield renamed("one layer renamed", deep, _replace(("/head/", "/classifier/")))
    yield renamed(
        "TF1 scopes to TF2",
        wide,
        _replace(("kernel$", "weights"), ("bias$", "biases"), ("batch_norm_", "BatchNorm_")),
    )
    yield renamed(
        "PyTorch's names",
        {f"net/{key}": shape for key, shape in wide.items()},
        _replace(
            ("^net/", "module/"),
            ("kernel$", "weight"),
            ("gamma$", "weight"),
            ("beta$", "bias"),
            ("moving_mean$", "running_mean"),
            ("moving_variance$", "running_var"),
        ),
    )
    yield renamed(
        "CamelCase to snake_case", wide, _replace(("^conv_", "Conv"), ("^batch", "Batch"))
    )
    widths = (20, 64, 32, 16, 10)
    new = perceptron(*widths, first=5)
    truth = dict(zip(perceptron(*widths), new, strict=True))
    yield Case("Keras counts on: dense to dense_5", perceptron(*widths), new, truth)
    new = perceptron(*widths, first=2)
    truth = dict(zip(perceptron(*widths), new, strict=True))
    yield Case("Keras counts on, names overlap", perceptron(*widths), new, truth)
    yield _keras_slots()
    yield from _iter_shifts()
    yield from _iter_unrelated()


def _iter_shifts() -> Iterator[Case]:
    """Layers that are inserted."""
    deep, wide = transformer(), convnet()
    block = {key: shape for key, shape in deep.items() if "/block_0/" in key}
    pattern = r"(block_)(\d+)"
    yield _inserted("block inserted in front, all alike", deep, pattern, 0, block)
    middle = {key.replace("block_0", "block_6"): shape for key, shape in block.items()}
    yield _inserted("block inserted in the middle, all alike", deep, pattern, 6, middle)
    new: Shapes = {"conv_3/kernel": (1, 1, 32, 32)}
    new |= {
        f"batch_norm_3/{name}": (32,)
        for name in ("gamma", "beta", "moving_mean", "moving_variance")
    }
    yield _inserted(
        "convolution of other shape inserted", wide, r"(conv_|batch_norm_)(\d+)", 3, new
    )
    thin = perceptron(20, 64, 32, 10)
    truth = {
        "dense/kernel": "dense/kernel",
        "dense/bias": "dense/bias",
        "dense_1/kernel": "dense_2/kernel",
        "dense_1/bias": "dense_2/bias",
        "dense_2/kernel": "dense_3/kernel",
        "dense_2/bias": "dense_3/bias",
    }
    yield Case("dense layer of other shape inserted", thin, perceptron(20, 64, 64, 32, 10), truth)


def _iter_unrelated() -> Iterator[Case]:
    """What should not be paired, but for what is."""
    deep, wide = transformer(), convnet()
    prefix = {key.replace("model/", "network/"): shape for key, shape in deep.items()}
    truth = {key: key.replace("model/", "network/") for key in deep}
    extra = {f"adapter_{layer}/kernel": (64, 8) for layer in range(12)}
    yield Case("another prefix, and adapters added", deep, {**prefix, **extra}, truth)
    other = {f"tower/{'abcdefgh'[i % 8]}{i}/x": shape for i, shape in enumerate(wide.values())}
    yield Case("another model of the same shapes", wide, other, {})
    yield Case("another model of other shapes", wide, perceptron(20, 64, 32, 10), {})


def score_case(case: Case, *, is_trained: bool) -> Score:
    """How the guesses of a case compare with the truth.

    Args:
        case: Any.
        is_trained: Whether every tensor changed its values.
    """
    before = _tensors({key: (shape, key) for key, shape in case.before.items()})
    back = {after: key for key, after in case.truth.items()}
    suffix = " trained" if is_trained else ""
    contents = {
        key: (shape, f"{back[key]}{suffix}" if key in back else f"{key} new")
        for key, shape in case.after.items()
    }
    pairs = pair_tensors(before, _tensors(contents))
    found = {
        pair.before.key: pair.after.key
        for pair in pairs
        if pair.before is not None and pair.after is not None
    }
    there = {key for key, after in case.truth.items() if key != after}
    # A pair under the same key counts where it is wrong.
    claimed = {key for key, after in found.items() if key != after or key in there}
    right = {key for key in claimed & there if found[key] == case.truth[key]}
    return Score(len(there), len(claimed), len(right))


def _tensors(contents: Mapping[str, tuple[tuple[int, ...], str]]) -> dict[str, Tensor]:
    tensors = {}
    for key, (shape, content) in sorted(contents.items()):
        nbytes = 4
        for size in shape:
            nbytes *= size
        crc = zlib.crc32(content.encode())
        tensors[key] = Tensor(key, key, _FLOAT32, shape, nbytes, "weight", None, crc, _NO_VALUES)
    return tensors


def make_table() -> str:
    """The table of docs/diff.md, with a row for all cases last."""
    lines = [
        "| rename | tensors | same values: precision, recall | trained on: precision, recall |",
        "|---|---|---|---|",
    ]
    totals = [Score(0, 0, 0), Score(0, 0, 0)]
    for case in iter_cases():
        scores = [score_case(case, is_trained=is_trained) for is_trained in (False, True)]
        totals = [one.plus(other) for one, other in zip(totals, scores, strict=True)]
        lines.append(_row(case.name, scores))
    return "\n".join([*lines, _row("all", totals)])


def _row(name: str, scores: list[Score]) -> str:
    cells = [f"{score.precision:.2f}, {score.recall:.2f}" for score in scores]
    return f"| {name} | {scores[0].there:,} | {' | '.join(cells)} |"


def main() -> int:
    """Print the table, or write it where it belongs."""
    table = make_table()
    if "--write" not in sys.argv:
        print(table)
        return 0
    text = DOCUMENT.read_text()
    before, rest = text.split(START)
    DOCUMENT.write_text(f"{before}{START}\n{table}\n{STOP}{rest.split(STOP)[1]}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
