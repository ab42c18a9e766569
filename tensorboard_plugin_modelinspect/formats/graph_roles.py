"""Which constants of a graph are the weights of its model.

Freezing turns each variable into a constant of its name and leaves what read it: TF1's
`convert_variables_to_constants` an Identity `w/read`, TF2's `convert_variables_to_constants_v2` an
Identity `…/ReadVariableOp` of a constant `…/ReadVariableOp/resource`. Optimised graphs have lost
even that; there a number with axes is taken for a weight, as nearly all are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from tensorboard_plugin_modelinspect.formats.graph_outline import GraphOutline
from tensorboard_plugin_modelinspect.model.dtype import DType, dtype_of
from tensorboard_plugin_modelinspect.model.tensor import Role

_STATISTIC = re.compile(r"(?:^|/)moving_(?:mean|variance|avg|average)(?:$|[/_])")
_NUMBER = re.compile(r"b?float|complex|q")
"""Start of the names of floating, complex and quantized types."""


def constant_roles(outline: GraphOutline) -> Mapping[str, Role]:
    """The role of each constant of a graph: `weight`, `state` or `metadata`.

    A weight is a number of a floating, complex or quantized type that is read as a variable is, or
    that has an axis in a graph without variables. Of these, means and variances of batch
    normalisation are state. In a graph that has variables the constants are their initial values.
    """
    read = {source for name, source in outline.reads.items() if _is_read(name, source)}
    statistics = {outline.reads.get(name, name) for name in outline.statistics}
    roles: dict[str, Role] = {}
    for key, constant in outline.constants.items():
        has_axes = bool(constant.outline.shape) and not outline.has_variables
        is_number = _is_number(dtype_of(constant.outline.dtype))
        if not is_number or not (has_axes or key in read):
            roles[key] = "metadata"
        elif key in statistics or _STATISTIC.search(key):
            roles[key] = "state"
        else:
            roles[key] = "weight"
    return roles


def _is_read(name: str, source: str) -> bool:
    """Whether an Identity of that name reads what was a variable."""
    return name == f"{source}/read" or "ReadVariableOp" in name.rsplit("/", 1)[-1]


def _is_number(dtype: DType) -> bool:
    return _NUMBER.match(dtype.name) is not None
