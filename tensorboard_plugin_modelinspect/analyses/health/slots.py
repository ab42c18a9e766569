"""Which optimizer state belongs to which variable, told by names; what is left alone."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from tensorboard_plugin_modelinspect.analyses.health.finding import HealthFinding
from tensorboard_plugin_modelinspect.analyses.health.thresholds import SLOT_MAJORITY
from tensorboard_plugin_modelinspect.model.artifact import Artifact
from tensorboard_plugin_modelinspect.model.tensor import Tensor

_NUMBER = re.compile(r"_\d+")
_MOST_PARTS = 16
"""Leading parts that are taken off a name in search of the variable."""

_SLOT_KEY, _ATTRIBUTES = "/.OPTIMIZER_SLOT/", "/.ATTRIBUTES/"


class _Form(NamedTuple):
    """One way to name a slot.

    Attributes:
        pattern: Groups `optimizer` (not everywhere), `variable`, `slot`.
        is_sure: Whether such a name is nothing else, and the variable's is whole.
    """

    pattern: re.Pattern[str]
    is_sure: bool


_FORMS = (
    # TF1: training/slot_creator.py.
    _Form(
        re.compile(
            r"(?P<variable>.+)/(?P<slot>(Adam|Momentum|RMSProp|Adagrad|Adadelta|Ftrl)(_\d+)?)"
        ),
        is_sure=True,
    ),
    # Keras 2 from 2.11: optimizers/optimizer.py.
    _Form(
        re.compile(
            r"(?P<optimizer>[^/]+)/(?P<slot>m|v|vhat|momentum|velocity|rms|mg|average|linear"
            r"|accumulator|accumulated_grad|accumulated_delta_var)/(?P<variable>.+)"
        ),
        is_sure=False,
    ),
    # Keras 3: optimizers/base_optimizer.py puts `_` for each `/` of the variable's path.
    _Form(
        re.compile(
            r"(?P<optimizer>.+)/(?P<variable>[^/]+?)_(?P<slot>momentum|velocity(_hat)?|norm|linear"
            r"|accumulator|accumulated_(grad|delta_var)|average(_gradient)?|gradient_accumulator)"
        ),
        is_sure=False,
    ),
    # Keras 2 before that, with the optimizer's name in front; BERT and Tensor2Tensor.
    _Form(
        re.compile(
            r"(?P<variable>.+)/(?P<slot>m|v|vhat|momentum|velocity|rms|mg|linear|accumulator"
            r"|accum_(grad|var)|adam_[mv]|slot_[mv][cr]?)"
        ),
        is_sure=False,
    ),
)


class Slot(NamedTuple):
    """A tensor of optimizer state.

    Attributes:
        tensor: Itself.
        variable: Name of the variable it belongs to, or its key.
        slot: What it is of it, with the optimizer where that is known: `adam/momentum`.
        form: Number of the way it is named in.
        is_sure: See `_Form`.
    """

    tensor: Tensor
    variable: str
    slot: str
    form: int
    is_sure: bool


def parse_slot(tensor: Tensor) -> Slot | None:
    """What a tensor's key or name says about it as a slot; None if it is none, or has a number."""
    head, is_slot, tail = tensor.key.partition(_SLOT_KEY)
    if is_slot:
        slot, _, attribute = tail.partition(_ATTRIBUTES)
        return Slot(tensor, f"{head}{_ATTRIBUTES}{attribute}", slot, -1, True)
    name = tensor.name.removesuffix(":0")
    for number, form in enumerate(_FORMS):
        match = form.pattern.fullmatch(name)
        if match and (form.is_sure or tensor.role == "optimizer"):
            groups = match.groupdict()
            optimizer = _NUMBER.sub("", groups.get("optimizer") or "")
            slot = f"{optimizer}/{groups['slot']}" if optimizer else groups["slot"]
            return Slot(tensor, groups["variable"], slot, number, form.is_sure)
    return None


class _Variables:
    """The tensors that slots may belong to, by their names in every spelling."""

    def __init__(self, tensors: list[Tensor]) -> None:
        self._keys = {tensor.key: [tensor] for tensor in tensors}
        self._whole: dict[str, list[Tensor]] = {}
        self._tails: dict[str, list[Tensor]] = {}
        for tensor in tensors:
            whole, *tails = _spellings(tensor.name.removesuffix(":0"), "/")
            self._whole.setdefault(whole, []).append(tensor)
            for tail in tails:
                self._tails.setdefault(tail, []).append(tensor)

    def of(self, slot: Slot) -> list[Tensor]:
        """Those it may belong to: several where they have one name, none if it has lost its own."""
        if slot.form < 0:
            return self._keys.get(slot.variable, [])
        spellings = _spellings(slot.variable, "/" if "/" in slot.variable else "_")
        for spelling in spellings:
            if spelling in self._whole:
                return self._whole[spelling]
        return self._tails.get(spellings[0], [])


def _spellings(name: str, separator: str) -> list[str]:
    """A name with `_` for `/`, whole and without its first parts."""
    spellings = [name]
    while len(spellings) < _MOST_PARTS:
        _, is_more, name = name.partition(separator)
        if not is_more or not name:
            break
        spellings.append(name)
    return [spelling.replace("/", "_") for spelling in spellings]


def find_orphans(artifact: Artifact) -> list[HealthFinding]:
    """Findings of kinds `orphan_slot` and `missing_slot`, told by keys and names.

    Optimizer state that is only numbered says nothing, and nothing is said about it. Where neither
    a slot's variable nor the slot of a weight of its shape was found, the names are to blame.

    Cost: no I/O; a few look-ups a tensor.
    """
    tensors = [tensor for tensor in artifact.tensors.values() if tensor.alias_of is None]
    parsed = {tensor.key: parse_slot(tensor) for tensor in tensors}
    slots = [slot for slot in parsed.values() if slot is not None]
    if not slots:
        return []
    variables = _Variables(
        [one for one in tensors if parsed[one.key] is None and one.role != "optimizer"]
    )
    owners = [(slot, variables.of(slot)) for slot in slots]
    owned: dict[str, set[str]] = {}
    for slot, found in owners:
        for tensor in found:
            owned.setdefault(tensor.key, set()).add(slot.slot)
    weights = [one for one in tensors if one.role == "weight" and parsed[one.key] is None]
    lost = {slot.tensor.shape for slot, found in owners if not found and not slot.is_sure}
    bare = [one for one in weights if one.key not in owned]
    is_numbered = any(
        one.role == "optimizer" and one.shape and parsed[one.key] is None for one in tensors
    )
    return [
        *_find_lost(owners, {one.shape for one in bare}),
        *_find_incomplete(artifact.tensors, owned),
        *([] if is_numbered or not owned else _find_bare(bare, lost, len(weights))),
    ]


def _find_lost(
    owners: list[tuple[Slot, list[Tensor]]], bare: set[tuple[int, ...]]
) -> Iterator[HealthFinding]:
    """Slots whose variable is not there."""
    understood = {slot.form for slot, found in owners if found}
    for slot, found in owners:
        if found or not (slot.is_sure or slot.form in understood):
            continue
        if not slot.is_sure and slot.tensor.shape in bare:
            continue
        variable = slot.variable.partition(_ATTRIBUTES)[0]
        yield HealthFinding(
            "orphan_slot",
            "warning",
            slot.tensor.key,
            f'optimizer state "{slot.slot}" of "{variable}", which is not stored',
            "Check whether the variable was renamed or left out: this state will not be restored.",
        )


def _find_incomplete(
    tensors: Mapping[str, Tensor], owned: Mapping[str, set[str]]
) -> Iterator[HealthFinding]:
    """Weights with a part of the slots that most others have."""
    counts = Counter(frozenset(slots) for slots in owned.values())
    if not counts:
        return
    usual, count = max(counts.items(), key=lambda item: (item[1], len(item[0])))
    for key, slots in owned.items():
        if slots < usual and tensors[key].role == "weight":
            missing = ", ".join(sorted(usual - slots))
            yield HealthFinding(
                "missing_slot",
                "warning",
                key,
                f'no optimizer state "{missing}", which {count:,} others have',
                "Restore another checkpoint, or expect this state to start anew.",
            )


def _find_bare(
    bare: list[Tensor], lost: set[tuple[int, ...]], count: int
) -> Iterator[HealthFinding]:
    """Weights without any slot, where none that was not understood may be theirs."""
    others = count - len(bare)
    # A scalar without state is bookkeeping that passes for a weight, such as an average loss.
    bare = [tensor for tensor in bare if tensor.shape and tensor.shape not in lost]
    advice = "Check that the optimizer was given it, unless it is frozen on purpose."
    if bare and others < SLOT_MAJORITY * count:
        advice = "Nothing, if the others are frozen on purpose, as in fine-tuning."
        evidence = f"{others:,} of {count:,} weights have optimizer state"
        yield HealthFinding("missing_slot", "note", None, evidence, advice)
        return
    for tensor in bare:
        evidence = f"no optimizer state, which {others:,} of {count:,} weights have"
        yield HealthFinding("missing_slot", "note", tensor.key, evidence, advice)
