"""How many floating-point operations a node takes, estimated from shapes.

docs/graph.md has the formulas. A multiplication and an addition are two operations. An unknown
first axis, the batch, counts as 1; any other unknown size makes the node's number unknown.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from tensorboard_plugin_modelinspect.model.graph import INPUT, OUTPUT, Kind
from tensorboard_plugin_modelinspect.model.signature import Shape


class Work(NamedTuple):
    """What a formula goes by.

    Attributes:
        kind: Of the node.
        taken: Shapes of its inputs.
        given: Shapes of its outputs.
    """

    kind: Kind
    taken: Sequence[Shape]
    given: Sequence[Shape]


Formula = Callable[[Work], float | None]


def count_elements(shape: Shape) -> int | None:
    """Elements of a tensor, of one example where the first axis is unknown."""
    if shape is None or None in shape[1:]:
        return None
    return math.prod(1 if size is None else size for size in shape)


def _given(work: Work, place: int = 0) -> int | None:
    return count_elements(work.given[place]) if place < len(work.given) else None


def _taken(work: Work, place: int) -> int | None:
    return count_elements(work.taken[place]) if place < len(work.taken) else None


def _sizes(work: Work, place: int) -> tuple[int, ...] | None:
    """Sizes of an input that is known in full, such as a kernel."""
    shape = work.taken[place] if place < len(work.taken) else None
    if shape is None or None in shape:
        return None
    return tuple(size for size in shape if size is not None)


def free(_: Work) -> float:
    """Moves or describes values, and computes nothing."""
    return 0.0


def per_output(factor: float) -> Formula:
    """So many operations for each element that is given."""

    def formula(work: Work) -> float | None:
        count = _given(work)
        return None if count is None else factor * count

    return formula


def per_input(factor: float, place: int = 0) -> Formula:
    """So many operations for each element of an input."""

    def formula(work: Work) -> float | None:
        count = _taken(work, place)
        return None if count is None else factor * count

    return formula


def matmul(work: Work) -> float | None:
    """Two for each element given and each of the elements that are summed up for it."""
    shape = work.taken[0] if work.taken else None
    count = _given(work)
    if shape is None or len(shape) < 2 or count is None:
        return None
    attributes = work.kind.attributes
    is_turned = attributes.get("transpose_a") or attributes.get("adj_x")
    depth = shape[-2] if is_turned else shape[-1]
    return None if depth is None else 2.0 * count * depth


def convolution(work: Work) -> float | None:
    """Two for each element given and each weight of the kernel that one is made with."""
    kernel, count = _sizes(work, 1), _given(work)
    if kernel is None or count is None:
        return None
    return 2.0 * count * math.prod(kernel[:-1])


def depthwise(work: Work) -> float | None:
    """As a convolution of a single channel."""
    kernel, count = _sizes(work, 1), _given(work)
    if kernel is None or count is None or len(kernel) < 2:
        return None
    return 2.0 * count * math.prod(kernel[:-2])


def transposed_convolution(work: Work) -> float | None:
    """As the convolution whose gradient it is: of the third input's size."""
    kernel, count = _sizes(work, 1), _taken(work, 2)
    if kernel is None or count is None:
        return None
    return 2.0 * count * math.prod(kernel[:-1])


def pooling(work: Work) -> float | None:
    """One for each element given and each that its window covers."""
    window, count = work.kind.attributes.get("ksize"), _given(work)
    if not isinstance(window, tuple) or count is None:
        return None
    return float(count * math.prod(size for size in window if type(size) is int))


def normalisation(work: Work) -> float | None:
    """Scale and shift; with the mean and variance of the batch where it is trained."""
    is_training = work.kind.attributes.get("is_training", True)
    count = _given(work)
    return None if count is None else (5.0 if is_training else 2.0) * count


def addition_of_many(work: Work) -> float | None:
    """One less than there are inputs, for each element."""
    count = _given(work)
    return None if count is None else float(count * max(len(work.taken) - 1, 0))


def einsum(work: Work) -> float | None:
    """Two for each combination of indices; one where nothing is summed up or joined."""
    equation = work.kind.attributes.get("equation")
    if not isinstance(equation, str) or "." in equation:
        return None
    inputs = equation.partition("->")[0].split(",")
    sizes: dict[str, int] = {}
    for labels, shape in zip(inputs, work.taken, strict=False):
        if shape is None or len(labels) != len(shape):
            return None
        for axis, (label, size) in enumerate(zip(labels, shape, strict=True)):
            if size is None and axis:
                return None
            sizes[label] = max(sizes.get(label, 1), 1 if size is None else size)
    return (2.0 if len(inputs) > 1 else 1.0) * math.prod(sizes.values())


_FREE = """
Abort Assert Assign AssignVariableOp BatchToSpaceND Bitcast BroadcastArgs BroadcastTo Cast
CheckNumerics Concat ConcatOffset ConcatV2 Const ControlTrigger DepthToSpace DisableCopyOnRead Empty
EnsureShape Enter Exit ExpandDims ExtractImagePatches Fill Gather GatherNd GatherV2 GuaranteeConst
HashTable HashTableV2 Identity IdentityN ImmutableConst InvertPermutation IsVariableInitialized
LoopCond LowerBound Merge MergeV2Checkpoints MirrorPad MutableHashTableV2 NextIteration NoOp OneHot
OnesLike Pack Pad PadV2 ParallelConcat Placeholder PlaceholderV2 PlaceholderWithDefault
PreventGradient Print PrintV2 QueueDequeueV2 Range Rank ReadVariableOp RefEnter RefIdentity
RefSwitch Reshape ResourceGather ResourceGatherNd Restore RestoreV2 Reverse ReverseSequence
ReverseV2 Roll Save SaveV2 ScatterNd Select SelectV2 Shape ShapeN ShardedFilename Size Slice
Snapshot SpaceToBatchND SpaceToDepth Split SplitV Squeeze StaticRegexFullMatch StopGradient
StridedSlice StringJoin Switch TensorArrayV3 TensorListElementShape TensorListFromTensor
TensorListGetItem TensorListLength TensorListReserve TensorListSetItem TensorListStack Tile
Transpose Unpack UpperBound VarHandleOp VarIsInitializedOp Variable VariableShape VariableV2 Where
ZerosLike
"""
_PER_OUTPUT = """
Abs Acos Acosh Add AddV2 Asin Asinh AssignAdd AssignSub Atan Atan2 Atanh BiasAdd BiasAddV1
BitwiseAnd BitwiseOr BitwiseXor Ceil ClipByValue Complex Conj Cos Cosh Cumprod Cumsum Div DivNoNan
Elu Equal Erf Erfc Exp Expm1 Floor FloorDiv FloorMod Greater GreaterEqual Inv Invert IsFinite IsInf
IsNan LeakyRelu Less LessEqual Log Log1p LogicalAnd LogicalNot LogicalOr Maximum Minimum Mod Mul
MulNoNan Neg NotEqual Pow RealDiv Reciprocal Relu Relu6 Rint Round Selu Sigmoid Sign Sin Sinh
Softplus Softsign Sqrt Square SquaredDifference Sub Tan Tanh TruncateDiv TruncateMod Xdivy Xlogy
"""
_PER_INPUT = """
All Any ArgMax ArgMin Max Mean Min Prod SegmentMax SegmentMean SegmentMin SegmentSum Sum
UnsortedSegmentMax UnsortedSegmentMin UnsortedSegmentProd UnsortedSegmentSum
"""
FORMULAS: dict[str, Formula] = {
    **dict.fromkeys((*_FREE.split(), INPUT, OUTPUT), free),
    **dict.fromkeys(_PER_OUTPUT.split(), per_output(1.0)),
    **dict.fromkeys(_PER_INPUT.split(), per_input(1.0)),
    **dict.fromkeys(("AssignAddVariableOp", "AssignSubVariableOp"), per_input(1.0, 1)),
    **dict.fromkeys(("MatMul", "BatchMatMul", "BatchMatMulV2", "BatchMatMulV3"), matmul),
    **dict.fromkeys(("_FusedMatMul", "SparseMatMul", "QuantizedMatMul"), matmul),
    **dict.fromkeys(("Conv2D", "Conv3D", "_FusedConv2D", "QuantizedConv2D"), convolution),
    **dict.fromkeys(("DepthwiseConv2dNative", "_FusedDepthwiseConv2dNative"), depthwise),
    **dict.fromkeys(("Conv2DBackpropInput", "Conv3DBackpropInputV2"), transposed_convolution),
    **dict.fromkeys(("MaxPool", "AvgPool", "MaxPool3D", "AvgPool3D"), pooling),
    **dict.fromkeys(("FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3"), normalisation),
    **dict.fromkeys(("Softmax", "LogSoftmax"), per_output(5.0)),
    "AddN": addition_of_many,
    "Einsum": einsum,
    "L2Loss": per_input(2.0),
    "Rsqrt": per_output(2.0),
}
"""By op. Whatever is not here is unknown."""
