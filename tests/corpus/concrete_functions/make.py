"""Functions in every form that `saved_model_cli` lists, gives up on, or leaves out."""

import enum
from collections import OrderedDict, namedtuple
from collections.abc import Callable
from typing import Any

import tensorflow as tf
from tensorflow.python.framework import composite_tensor, type_spec, type_spec_registry
from tensorflow.python.ops.structured.structured_tensor import StructuredTensor

import record

Pair = namedtuple("Pair", ["left", "right"])
Empty = namedtuple("Empty", [])


class Speed(enum.Enum):
    """An argument that cannot be stored."""

    FAST = 1


class Level(enum.IntEnum):
    """One that is stored as a number."""

    HIGH = 9


def spec(*shape: int | None, dtype: Any = tf.float32, name: str | None = None) -> tf.TensorSpec:
    """Type of a tensor."""
    return tf.TensorSpec(shape, dtype, name)


def first(*args: Any, **kwargs: Any) -> Any:
    """The first tensor in whatever was given."""
    found = [one for one in tf.nest.flatten((args, kwargs)) if tf.is_tensor(one)]
    return tf.identity(found[0]) if found else tf.constant(0)


def traced(*signatures: tuple[Any, ...], function: Callable[..., Any] = first) -> Any:
    """A function traced for each of these arguments."""
    polymorphic = tf.function(function)
    for arguments in signatures:
        polymorphic.get_concrete_function(*arguments)
    return polymorphic


class Methods(tf.Module):
    """Functions as most modules have them."""

    @tf.function
    def predict(self, x: Any, training: Any = False) -> Any:
        """Traced for many shapes, so that numbers of traces pass 10 and 100."""
        return self.helper(x) if training else self.helper(-x)

    @tf.function
    def helper(self, x: Any) -> Any:
        """Called by the other one, hence loaded before it."""
        parts = tf.split(x, 2, axis=0)
        return tf.concat([tf.sort(part) for part in parts], axis=0)

    @tf.function(input_signature=[spec(None, 2), spec(3, name="given")])
    def signed(self, x: Any, y: Any = None) -> Any:
        """With an input signature, one part of it named."""
        return x + tf.reduce_sum(y)

    @tf.function(jit_compile=True, input_signature=[spec(None, dtype=tf.int8)])
    def compiled(self, x: Any) -> Any:
        """Compiled by XLA."""
        return x * x

    @tf.function
    def never_called(self, x: Any) -> Any:
        """Without a trace."""
        return x


def methods() -> tf.Module:
    """Several traces, bound methods, functions of sub-modules, concrete functions."""
    module = Methods("methods")
    for size in (2, 4, 6, 8):
        for training in (True, False):
            module.predict.get_concrete_function(spec(size), training)
    module.child = Methods("child")
    module.child.predict.get_concrete_function(spec(4))
    module.of_child = module.child.predict
    module.concrete = module.predict.get_concrete_function(spec(6), True)
    module.in_a_list = [traced((spec(1),))]
    module.in_a_dict = {"f": traced((spec(1),))}
    return module


def literals() -> tf.Module:
    """Python values, defaults, variable and keyword-only arguments."""

    def many(x: Any, flag: Any = True, n: Any = 3, mode: Any = "fast", *rest: Any, key: Any) -> Any:
        return x

    module = tf.Module()
    module.many = tf.function(many)
    trace = module.many.get_concrete_function
    trace(spec(2), key=None)
    trace(spec(name="scalar"), False, 2**62, "it's\n\"é\u3000\t", 0.1, -1, 1e300, key=spec(3))
    trace(tf.TensorSpec(None, tf.string), None, -(2**40), "", float("inf"), Level.HIGH, key="k")
    module.only_keywords = tf.function(lambda *, a, b=2, **more: a)
    module.only_keywords.get_concrete_function(a=spec(1))
    module.only_keywords.get_concrete_function(a=spec(1), b=3, c=spec(4), d="text")
    module.concrete_keywords = module.only_keywords.get_concrete_function(a=spec(5))
    module.nothing = tf.function(lambda: tf.constant(1), input_signature=[])
    module.not_stored = traced((spec(1), Speed.FAST))
    return module


def structures() -> tf.Module:
    """Values in values."""
    module = tf.Module()
    module.nested = traced(
        ([spec(1), [], (), {}, (spec(2),), None, "text", 1.5, True],),
        ({"b": spec(1), "a": [spec(2), (spec(3, dtype=tf.string), None, "s")], "é": {"d": 1}},),
        (Pair(spec(4), Pair((spec(1),), -1)), Empty()),
        (OrderedDict([("z", spec(1)), ("a", spec(2))]), [], {}, ()),
    )
    return module


class Masked(tf.experimental.ExtensionType):
    """A type that is stored by fields, and known only where this module is imported."""

    __name__ = "corpus.Masked"
    values: tf.Tensor
    mask: tf.Tensor
    scale: int


def types() -> tf.Module:
    """Types that are no tensor's."""
    module = tf.Module()
    module.ragged = traced(
        (tf.RaggedTensorSpec([None, None], tf.int32),),
        (tf.RaggedTensorSpec(None, tf.string, ragged_rank=2, row_splits_dtype=tf.int32),),
    )
    module.sparse = traced((tf.SparseTensorSpec([None, 3], tf.string),), (tf.SparseTensorSpec(),))
    module.slices = traced((tf.IndexedSlicesSpec([2, 3]),))
    rows = tf.RaggedTensor.from_row_lengths([1, 2], [1, 1])._row_partition
    module.rows = traced((rows._type_spec,), function=lambda rows: rows.row_splits())
    module.variable = tf.Variable([1.0, 2.0])
    module.of_variable = traced((module.variable,), function=lambda variable: variable + 1)
    module.dataset = traced((tf.data.DatasetSpec(spec(2)),), function=lambda _: tf.constant(1))
    module.iterator = traced(
        (tf.data.IteratorSpec({"a": spec(2)}),), function=lambda _: tf.constant(1)
    )
    module.optional = traced((tf.OptionalSpec(spec(2)),), function=lambda _: tf.constant(1))
    module.masked = traced((Masked([1.0], [True], 3),), function=lambda masked: masked.values)
    module.structured = traced(
        (StructuredTensor.from_pyval([{"a": 1, "b": [1.0]}, {"a": 2, "b": []}]),),
        function=lambda structured: structured.field_value("a"),
    )
    operator = tf.linalg.LinearOperatorDiag(tf.ones([3]))
    module.operator = traced((operator,), function=lambda operator: operator.to_dense())
    return module


class Saved(tf.Module):
    """A root that saves itself by two functions, which loading makes attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.value = 1.0
        self.f = traced((spec(1),))

    def _serialize_to_tensors(self) -> dict[str, tf.Tensor]:
        return {"value": tf.constant(self.value)}

    def _restore_from_tensors(self, restored: dict[str, tf.Tensor]) -> tf.Tensor:
        return restored["value"]


class Box(composite_tensor.CompositeTensor):
    """A value whose type is registered here, and nowhere that the tool looks."""

    def __init__(self, content: tf.Tensor) -> None:
        self.content = content

    @property
    def _type_spec(self) -> "BoxSpec":
        return BoxSpec(self.content.shape, self.content.dtype)

    def _shape_invariant_to_type_spec(self, shape: Any) -> "BoxSpec":
        return BoxSpec(shape, self.content.dtype)


@type_spec_registry.register("corpus.BoxSpec")
class BoxSpec(type_spec.TypeSpec):
    """Type of a `Box`."""

    value_type = property(lambda self: Box)

    def __init__(self, shape: Any, dtype: Any) -> None:
        self._shape, self._dtype = tf.TensorShape(shape), dtype

    def _serialize(self) -> tuple[Any, ...]:
        return self._shape, self._dtype

    @property
    def _component_specs(self) -> Any:
        return tf.TensorSpec(self._shape, self._dtype)

    def _to_components(self, value: Box) -> tf.Tensor:
        return value.content

    def _from_components(self, components: tf.Tensor) -> Box:
        return Box(components)


def unregistered() -> tf.Module:
    """A type that TensorFlow refuses to load: the tool lists no functions at all."""
    module = tf.Module()
    module.boxed = traced((Box(tf.ones([2])),), function=lambda box: box.content)
    return module


def gradients() -> tf.Module:
    """Stored gradients, which take numbers of their own when they are loaded."""

    @tf.custom_gradient
    def doubled(x: tf.Tensor) -> Any:
        return x * x, lambda upstream: upstream * 2

    module = tf.Module()
    module.doubled = traced(*((spec(size),) for size in range(5)), function=lambda x: doubled(x))
    return module


def make() -> dict[str, record.Facts]:
    """Write the models."""
    holder = tf.Module()
    holder.functions = {"f": traced((spec(1),))}
    roots = {
        "methods": methods(),
        "literals": literals(),
        "structures": structures(),
        "types": types(),
        "gradients": gradients(),
        "saves_itself": Saved(),
        "table": tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer(["a"], [1]), -1),
        "checkpoint": tf.train.Checkpoint(f=traced((spec(1),)), step=tf.Variable(1)),
        "dict": holder.functions,
        "unregistered": unregistered(),
    }
    for name, root in roots.items():
        options = tf.saved_model.SaveOptions(experimental_custom_gradients=name == "gradients")
        tf.saved_model.save(root, name, options=options)
    tf.saved_model.save(tf.saved_model.load("methods"), "saved_again")
    return {name: record.saved_model() for name in (*roots, "saved_again")}


if __name__ == "__main__":
    record.main(__file__, make)
