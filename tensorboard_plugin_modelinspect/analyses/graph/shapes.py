"""Shapes that common ops give, from those they take.

Rules are those of TensorFlow's shape functions (tensorflow/core/framework/common_shape_fns.cc, and
beside the ops in tensorflow/core/ops/). None of a rule means: unknown.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from tensorboard_plugin_modelinspect.model.graph import AttributeValue, Kind
from tensorboard_plugin_modelinspect.model.signature import Shape

Values = tuple[int | None, ...] | None
"""Whole numbers that are known before a graph is run, all or some of them; None: nothing."""


class Operands(NamedTuple):
    """What a rule goes by.

    Attributes:
        kind: Of the node.
        shapes: Of its inputs.
        values: Of inputs that are few whole numbers, flattened.
    """

    kind: Kind
    shapes: Sequence[Shape]
    values: Sequence[Values]

    def shape(self, slot: int) -> Shape:
        """Shape of an input; None if it is not there."""
        return self.shapes[slot] if slot < len(self.shapes) else None

    def partial(self, slot: int) -> Values:
        """What is known of the numbers of an input."""
        return self.values[slot] if slot < len(self.values) else None

    def value(self, slot: int) -> tuple[int, ...] | None:
        """The numbers of an input, None if one of them is unknown."""
        values = self.partial(slot)
        if values is None:
            return None
        known = tuple(one for one in values if one is not None)
        return known if len(known) == len(values) else None

    def attribute(self, name: str) -> AttributeValue:
        """An attribute, None if it is left out."""
        return self.kind.attributes.get(name)


Rule = Callable[[Operands], Shape]


def first(operands: Operands) -> Shape:
    """The shape of the first input."""
    return operands.shape(0)


def second(operands: Operands) -> Shape:
    """The shape of the second input."""
    return operands.shape(1)


def broadcast(operands: Operands) -> Shape:
    """All inputs, spread over each other."""
    if not operands.shapes:
        return None
    result = operands.shapes[0]
    for shape in operands.shapes[1:]:
        result = broadcast_shapes(result, shape)
    return result


def broadcast_shapes(left: Shape, right: Shape) -> Shape:
    """Shape of two tensors spread over each other; None if they do not fit."""
    if left is None or right is None:
        return None
    rank = max(len(left), len(right))
    padded = [(1,) * (rank - len(shape)) + shape for shape in (left, right)]
    sizes: list[int | None] = []
    for one, other in zip(*padded, strict=True):
        if one == 1:
            sizes.append(other)
        elif other == 1 or one == other or other is None:
            sizes.append(one)
        elif one is None:
            sizes.append(other)
        else:
            return None
    return tuple(sizes)


def matmul(operands: Operands) -> Shape:
    """Rows of the first, columns of the second; leading axes spread over each other."""
    left, right = operands.shape(0), operands.shape(1)
    if left is None or right is None or len(left) < 2 or len(right) < 2:
        return None
    is_left = operands.attribute("transpose_a") or operands.attribute("adj_x")
    is_right = operands.attribute("transpose_b") or operands.attribute("adj_y")
    rows = left[-1] if is_left else left[-2]
    columns = right[-2] if is_right else right[-1]
    leading = broadcast_shapes(left[:-2], right[:-2])
    return None if leading is None else (*leading, rows, columns)


def convolution(operands: Operands) -> Shape:
    """Windows over the axes between batch and channels; channels are the filter's."""
    image, window = operands.shape(0), operands.shape(1)
    if image is None or window is None or len(image) != len(window):
        return None
    is_depthwise = operands.kind.op.startswith("Depthwise")
    channels = window[-1]
    if is_depthwise:
        channels = None if None in window[-2:] else math.prod(one or 0 for one in window[-2:])
    return _slide(operands, image, window[:-2], channels)


def pooling(operands: Operands) -> Shape:
    """Windows that an attribute tells; channels stay."""
    image, window = operands.shape(0), _numbers(operands.attribute("ksize"))
    if image is None or window is None or len(window) != len(image):
        return None
    is_first = _is_channels_first(operands)
    channels = image[1] if is_first else image[-1]
    return _slide(operands, image, window[2:] if is_first else window[1:-1], channels)


def _slide(
    operands: Operands, image: tuple[int | None, ...], window: Shape, channels: int | None
) -> Shape:
    strides = _numbers(operands.attribute("strides"))
    dilations = _numbers(operands.attribute("dilations")) or (1,) * len(image)
    padding = operands.attribute("padding")
    known = strides is not None and len(strides) == len(dilations) == len(image)
    if not known or strides is None or window is None or padding not in ("SAME", "VALID"):
        return None
    is_first = _is_channels_first(operands)
    axes = range(2, len(image)) if is_first else range(1, len(image) - 1)
    sizes = [
        _windows(image[axis], size, strides[axis], dilations[axis], padding == "SAME")
        for axis, size in zip(axes, window, strict=False)
    ]
    return (image[0], channels, *sizes) if is_first else (image[0], *sizes, channels)


def _windows(
    size: int | None,
    window: int | None,
    stride: int,
    dilation: int,
    is_same: bool,  # noqa: FBT001
) -> int | None:
    if size is None or window is None or stride < 1:
        return None
    if is_same:
        return -(-size // stride)
    reach = (window - 1) * dilation + 1
    return max(0, (size - reach + stride) // stride)


def _is_channels_first(operands: Operands) -> bool:
    layout = operands.attribute("data_format")
    return isinstance(layout, str) and layout.startswith("NC")


def _numbers(value: AttributeValue) -> tuple[int, ...] | None:
    if isinstance(value, tuple) and value and all(type(one) is int for one in value):
        return tuple(one for one in value if isinstance(one, int))
    return None


def reduction(operands: Operands) -> Shape:
    """Without the axes that the second input lists, or with 1 in their place."""
    shape, axes = operands.shape(0), operands.value(1)
    if shape is None or axes is None:
        return None
    gone = {axis % len(shape) for axis in axes} if shape else set()
    if operands.attribute("keep_dims"):
        return tuple(1 if axis in gone else size for axis, size in enumerate(shape))
    return tuple(size for axis, size in enumerate(shape) if axis not in gone)


def reshape(operands: Operands) -> Shape:
    """As the second input says; of one -1 in it the size follows from the others."""
    shape, wanted = operands.shape(0), operands.partial(1)
    if wanted is None:
        rank = operands.shape(1)
        return (None,) * rank[0] if rank is not None and len(rank) == 1 and rank[0] else None
    total = None if shape is None or None in shape else math.prod(one or 0 for one in shape)
    sizes = [size for size in wanted if size is not None and size >= 0]
    is_told = len(sizes) == len(wanted) - wanted.count(-1)
    rest = math.prod(sizes)
    left = total // rest if total is not None and is_told and rest else None
    return tuple(left if size is not None and size < 0 else size for size in wanted)


def transpose(operands: Operands) -> Shape:
    """Axes in the order of the second input."""
    shape, order = operands.shape(0), operands.value(1)
    if shape is None or order is None or sorted(order) != list(range(len(shape))):
        return None
    return tuple(shape[axis] for axis in order)


def concatenation(operands: Operands) -> Shape:
    """All but the last input, one after the other along an axis."""
    *shapes, _ = operands.shapes or [None]
    axis = operands.value(len(shapes))
    if not shapes or axis is None or len(axis) != 1:
        return None
    known = [shape for shape in shapes if shape is not None]
    if len(known) != len(shapes) or len({len(shape) for shape in known}) != 1 or not known[0]:
        return None
    place = axis[0] % len(known[0])
    sizes = list(known[0])
    parts = [shape[place] for shape in known]
    sizes[place] = None if None in parts else sum(part or 0 for part in parts)
    return tuple(sizes)


def stack(operands: Operands) -> Shape:
    """The first input, with an axis that counts the inputs."""
    shape, axis = operands.shape(0), operands.attribute("axis") or 0
    if shape is None or not isinstance(axis, int):
        return None
    place = axis % (len(shape) + 1)
    return (*shape[:place], len(operands.shapes), *shape[place:])


def padding(operands: Operands) -> Shape:
    """Each axis longer by two numbers of the second input."""
    shape, added = operands.shape(0), operands.value(1)
    if shape is None or added is None or len(added) != 2 * len(shape):
        return None
    return tuple(
        None if size is None else size + added[2 * axis] + added[2 * axis + 1]
        for axis, size in enumerate(shape)
    )


def expansion(operands: Operands) -> Shape:
    """With an axis of size 1 more."""
    shape, axis = operands.shape(0), operands.value(1)
    if shape is None or axis is None or len(axis) != 1:
        return None
    place = axis[0] % (len(shape) + 1)
    return (*shape[:place], 1, *shape[place:])


def squeeze(operands: Operands) -> Shape:
    """Without the axes of size 1 that an attribute lists."""
    shape, axes = operands.shape(0), _numbers(operands.attribute("squeeze_dims"))
    if shape is None or axes is None or not shape:
        return None
    gone = {axis % len(shape) for axis in axes}
    return tuple(size for axis, size in enumerate(shape) if axis not in gone)


def gather(operands: Operands) -> Shape:
    """Rows of the first input, by the indices in the second; axis 0 unless told."""
    table, indices, axis = operands.shape(0), operands.shape(1), operands.value(2) or (0,)
    if table is None or indices is None or operands.attribute("batch_dims"):
        return None
    if operands.kind.op == "GatherV2" and operands.value(2) is None:
        return None
    place = axis[0] % len(table) if table else 0
    return (*table[:place], *indices, *table[place + 1 :])


def shape_of(operands: Operands) -> Shape:
    """The shape as a vector."""
    shape = operands.shape(0)
    return (None,) if shape is None else (len(shape),)


def scalar(_: Operands) -> Shape:
    """A single number."""
    return ()


def filled(operands: Operands) -> Shape:
    """As the first input says."""
    return operands.partial(0)


def slice_of(operands: Operands) -> Shape:
    """A slice of a vector of known numbers; of others nothing is known."""
    values = slice_values(operands)
    if values is None:
        return None
    return () if operands.attribute("shrink_axis_mask") == 1 else (len(values),)


def slice_values(operands: Operands) -> Values:
    """The numbers that a `StridedSlice` of one axis takes."""
    values = operands.partial(0)
    start, stop, step = (operands.value(slot) for slot in (1, 2, 3))
    if values is None or start is None or stop is None or step is None or len(start) != 1:
        return None
    if operands.attribute("ellipsis_mask") or operands.attribute("new_axis_mask") or not step[0]:
        return None
    if operands.attribute("shrink_axis_mask"):
        return (values[start[0]],) if -len(values) <= start[0] < len(values) else None
    first = None if operands.attribute("begin_mask") else start[0]
    last = None if operands.attribute("end_mask") else stop[0]
    return values[slice(first, last, step[0])]


def shape_values(operands: Operands) -> Values:
    """The sizes of the first input, as numbers."""
    return operands.shape(0)


def same_values(operands: Operands) -> Values:
    """The numbers of the first input."""
    return operands.partial(0)


def stacked_values(operands: Operands) -> Values:
    """Single numbers, one after the other."""
    values = [operands.partial(slot) for slot in range(len(operands.shapes))]
    if any(one is None or len(one) != 1 for one in values):
        return None
    return tuple(one[0] for one in values if one is not None)


def product_values(operands: Operands) -> Values:
    """The product of all numbers."""
    values = operands.value(0)
    return None if values is None or operands.attribute("keep_dims") else (math.prod(values),)


def joined_values(operands: Operands) -> Values:
    """The numbers of all inputs but the last, which is the axis."""
    parts = [operands.partial(slot) for slot in range(len(operands.shapes) - 1)]
    if any(part is None for part in parts):
        return None
    return tuple(one for part in parts if part is not None for one in part)


VALUES: dict[str, Callable[[Operands], Values]] = {
    "Shape": shape_values,
    "StridedSlice": slice_values,
    "Pack": stacked_values,
    "Prod": product_values,
    "ConcatV2": joined_values,
    "Identity": same_values,
    "Cast": same_values,
    "Squeeze": same_values,
    "ExpandDims": same_values,
}
"""By op, the whole numbers that it gives, as far as those are known that it takes."""

_FIRST = """
Abs Acos Acosh Asin Asinh Atan Atanh BesselI0e BesselI1e BiasAdd BiasAddV1 Bitcast Cast Ceil
CheckNumerics ClipByValue Conj Cos Cosh Cumprod Cumsum Digamma Elu Enter Erf Erfc Exit Exp Expm1
FakeQuantWithMinMaxArgs FakeQuantWithMinMaxVars Floor FusedBatchNorm FusedBatchNormV2
FusedBatchNormV3 Identity Inv Invert IsFinite IsInf IsNan L2Normalize LRN LeakyRelu Lgamma Log Log1p
LogSoftmax LogicalNot Neg NextIteration OnesLike PlaceholderWithDefault PreventGradient Reciprocal
Relu Relu6 Reverse ReverseV2 Rint Round Rsqrt Selu Sigmoid Sign Sin Sinh Snapshot Softmax Softplus
Softsign Sqrt Square StopGradient Switch Tan Tanh ZerosLike
"""
_BROADCAST = """
Add AddV2 Atan2 BitwiseAnd BitwiseOr Complex Div DivNoNan Equal FloorDiv FloorMod Greater
GreaterEqual Less LessEqual LogicalAnd LogicalOr Maximum Minimum Mod Mul MulNoNan NotEqual Pow
RealDiv SelectV2 SquaredDifference Sub TruncateDiv TruncateMod Xdivy Xlogy
"""
RULES: dict[str, Rule] = {
    **dict.fromkeys(_FIRST.split(), first),
    **dict.fromkeys(_BROADCAST.split(), broadcast),
    **dict.fromkeys(("MatMul", "BatchMatMul", "BatchMatMulV2", "BatchMatMulV3"), matmul),
    **dict.fromkeys(("_FusedMatMul", "SparseMatMul", "QuantizedMatMul"), matmul),
    **dict.fromkeys(("Conv2D", "Conv3D", "_FusedConv2D", "QuantizedConv2D"), convolution),
    **dict.fromkeys(("DepthwiseConv2dNative", "_FusedDepthwiseConv2dNative"), convolution),
    **dict.fromkeys(("MaxPool", "AvgPool", "MaxPool3D", "AvgPool3D"), pooling),
    **dict.fromkeys(("Sum", "Mean", "Max", "Min", "Prod", "All", "Any"), reduction),
    **dict.fromkeys(("Pad", "PadV2", "MirrorPad"), padding),
    **dict.fromkeys(("Gather", "GatherV2", "ResourceGather"), gather),
    **dict.fromkeys(("Rank", "Size"), scalar),
    "AddN": first,
    "ConcatV2": concatenation,
    "ExpandDims": expansion,
    "Fill": filled,
    "Pack": stack,
    "Reshape": reshape,
    "Select": second,
    "Shape": shape_of,
    "Squeeze": squeeze,
    "StridedSlice": slice_of,
    "Transpose": transpose,
}
"""By op, of its first output. The others of an op are unknown."""
