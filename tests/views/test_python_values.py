"""Values of arguments as Python prints them; the corpus has those that TensorFlow stores today."""

import pytest

from tensorboard_plugin_modelinspect.model.dtype import dtype_of
from tensorboard_plugin_modelinspect.model.function import Argument
from tensorboard_plugin_modelinspect.views.text.python_values import (
    describe_class,
    describe_repr,
    describe_str,
)

FLOAT = Argument("dtype", dtype=dtype_of(1))


def shape(*sizes: int | None) -> Argument:
    return Argument("shape", shape=sizes)


def type_spec(name: str, *parts: Argument) -> Argument:
    state = Argument("tuple", items=tuple(("", part) for part in parts))
    return Argument("type_spec", items=(("", state),), type_name=name)


@pytest.mark.parametrize(
    ("argument", "str_", "repr_", "class_"),
    [
        (Argument("literal"), "None", "None", "NoneType"),
        (Argument("literal", literal="it's\n"), "it's\n", '"it\'s\\n"', "str"),
        (Argument("literal", literal=float("nan")), "nan", "nan", "float"),
        (FLOAT, "<dtype: 'float32'>", "tf.float32", "DType"),
        (shape(2, None), "(2, None)", "TensorShape([2, None])", "TensorShape"),
        (shape(3), "(3,)", "TensorShape([3])", "TensorShape"),
        (Argument("shape"), "<unknown>", "TensorShape(None)", "TensorShape"),
        (Argument("tuple", items=(("", FLOAT),)), *["(tf.float32,)"] * 2, "tuple"),
        (Argument("unknown"), *["<unknown>"] * 2, "unknown"),
        (
            Argument("array", dtype=dtype_of(1), shape=(2,)),
            *["<array: shape=(2,), dtype=float32>"] * 2,
            "ndarray",
        ),
        (
            Argument("extension_type", items=(("a", FLOAT),), type_name="tf.WeakTensor.Spec"),
            *["WeakTensor.Spec(a=tf.float32)"] * 2,
            "WeakTensor.Spec",
        ),
    ],
)
def test_values(argument: Argument, str_: str, repr_: str, class_: str) -> None:
    """`str`, `repr` and the name of the class."""
    assert (describe_str(argument), describe_repr(argument)) == (str_, repr_)
    assert describe_class(argument) == class_


@pytest.mark.parametrize(
    ("argument", "text"),
    [
        (
            type_spec("VariableSpec", shape(2), FLOAT),
            "VariableSpec(shape=(2,), dtype=tf.float32, trainable=True, alias_id=None)",
        ),
        (
            type_spec("VariableSpec"),
            "VariableSpec(shape=<unknown>, dtype=tf.float32, trainable=True, alias_id=None)",
        ),
        (
            type_spec("RowPartitionSpec", shape(2), shape(None), shape(), FLOAT),
            "RowPartitionSpec(nrows=2, nvals=None, uniform_row_length=None, dtype=tf.float32)",
        ),
        (
            type_spec("tfp.distributions.Normal_ACTTypeSpec", shape(2)),
            "Normal_ACTTypeSpec(TensorShape([2]),)",
        ),
        (type_spec("", FLOAT), "type_spec(tf.float32,)"),
    ],
)
def test_types_by_the_state_that_is_stored(argument: Argument, text: str) -> None:
    """With the parts that old versions left out; unknown ones by the end of their name."""
    assert describe_repr(argument) == text
