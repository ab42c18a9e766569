"""Totals over tensors: parameters and bytes, by role and dtype, each alias counted once."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from operator import attrgetter

from tensorboard_plugin_modelinspect.model.tensor import ROLES, Tensor

_NO_WEIGHT = "seed_generator_state"
"""A variable of the model, but no weight to `keras.Model.count_params`."""
_KIND = attrgetter("role", "dtype", "shape", "nbytes", "alias_of")


@dataclass(slots=True)
class Sum:
    """How many tensors, elements and bytes."""

    tensors: int = 0
    parameters: int = 0
    nbytes: int = 0

    def add(self, other: Sum) -> None:
        """Add another sum to this one."""
        self.tensors += other.tensors
        self.parameters += other.parameters
        self.nbytes += other.nbytes


@dataclass(slots=True)
class Totals:
    """Sums over the tensors of an artifact.

    Attributes:
        by_role: Roles that occur, in the order of `ROLES`. `weight` is Keras' trainable count,
            `state` its non-trainable count.
        by_dtype: Types that occur, most bytes first.
        all: Everything but aliases.
        aliases: Tensors that repeat another one; in none of the other sums.
    """

    by_role: dict[str, Sum] = field(default_factory=dict)
    by_dtype: dict[str, Sum] = field(default_factory=dict)
    all: Sum = field(default_factory=Sum)
    aliases: Sum = field(default_factory=Sum)

    @property
    def model_parameters(self) -> int:
        """Parameters of the model itself: weights and state, without optimizer and bookkeeping."""
        return sum(
            self.by_role[role].parameters for role in ("weight", "state") if role in self.by_role
        )


def compute_totals(tensors: Iterable[Tensor]) -> Totals:
    """Sum over `tensors`. Cost: one pass, no I/O."""
    totals = Totals()
    groups: dict[tuple[str, str], Sum] = {}
    # A hundred thousand tensors are a few dozen kinds: tensors are counted, kinds are summed.
    tensors = list(tensors)
    kinds = Counter(map(_KIND, tensors))
    no_weights = Counter([_KIND(tensor) for tensor in tensors if tensor.name.endswith(_NO_WEIGHT)])
    for kind, count in kinds.items():
        role, dtype, shape, nbytes, alias_of = kind
        group = (role, dtype.name) if alias_of is None else ("", "")
        total = groups.setdefault(group, Sum())
        total.tensors += count
        total.nbytes += count * nbytes
        if dtype.itemsize:
            total.parameters += (count - no_weights[kind]) * math.prod(shape)
    totals.aliases = groups.pop(("", ""), Sum())
    dtypes: dict[str, Sum] = {}
    roles: dict[str, Sum] = {role: Sum() for role in ROLES}
    for (role_name, dtype_name), total in groups.items():
        totals.all.add(total)
        roles[role_name].add(total)
        dtypes.setdefault(dtype_name, Sum()).add(total)
    totals.by_role = {role: total for role, total in roles.items() if total.tensors}
    totals.by_dtype = dict(sorted(dtypes.items(), key=lambda item: (-item[1].nbytes, item[0])))
    return totals
