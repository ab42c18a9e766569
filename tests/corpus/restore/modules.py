"""Scenarios of `tf.train.Checkpoint` without Keras: modules, containers, kinds of variables."""

import tensorflow as tf

from by_object import Objects, SavedModels


class Dense(tf.Module):
    """A kernel and a bias."""

    def __init__(self, inputs: int, outputs: int, dtype: tf.DType = tf.float32) -> None:
        super().__init__()
        self.kernel = tf.Variable(tf.zeros((inputs, outputs), dtype), name="kernel")
        self.bias = tf.Variable(tf.zeros((outputs,), dtype), name="bias")


def module(**attributes: object) -> tf.Module:
    """A module with these attributes."""
    made = tf.Module()
    for name, value in attributes.items():
        setattr(made, name, value)
    return made


def net(width: int = 3, dtype: tf.DType = tf.float32, **more: object) -> tf.Module:
    """Two layers, and more."""
    return module(encoder=Dense(2, width, dtype), head=Dense(width, 1, dtype), **more)


def variable(dtype: tf.DType = tf.float32, *shape: int) -> tf.Variable:
    """A variable of this shape; a scalar without one."""
    return tf.Variable(tf.zeros(shape, dtype))


def growing(*shape: int | None) -> tf.Variable:
    """A variable that takes any size along the axes of no size."""
    values = tf.zeros([1 if size is None else size for size in shape])
    return tf.Variable(values, shape=tf.TensorShape(shape))


def growing_rank() -> tf.Variable:
    """A variable that takes values of any rank."""
    return tf.Variable(tf.zeros((1,)), shape=tf.TensorShape(None))


def kinds() -> dict[str, tf.Variable]:
    """A variable of each of many types."""
    types = (tf.bool, tf.string, tf.complex64, tf.uint8, tf.int16, tf.float64, tf.bfloat16)
    return {dtype.name: variable(dtype, 8) for dtype in types} | {"scalar": variable(tf.int64)}


def named(name: str) -> tf.Module:
    """A layer whose variable has this name."""
    return module(kernel=tf.Variable(tf.zeros((2, 2)), name=name))


def tied() -> tf.train.Checkpoint:
    """One layer as embedding and as output."""
    layer = Dense(2, 3)
    return Checkpoint(module(embedding=layer, output=layer))


def cycle(**more: object) -> tf.train.Checkpoint:
    """Two modules that refer to each other."""
    parent, child = module(scale=variable(), **more), module(shift=variable())
    parent.child, child.parent = child, parent
    return Checkpoint(parent)


def attach(to: tf.Module, **attributes: object) -> None:
    """Give attributes to a module that had none."""
    for name, value in attributes.items():
        setattr(to, name, value)


def table(keys: list[bytes], values: list[int]) -> tf.lookup.experimental.MutableHashTable:
    """A table of numbers by text."""
    made = tf.lookup.experimental.MutableHashTable(tf.string, tf.int64, default_value=-1)
    made.insert(tf.constant(keys), tf.constant(values, tf.int64))
    return made


def generator() -> tf.random.Generator:
    """A generator of random numbers, which is a variable."""
    return tf.random.Generator.from_seed(3)


Checkpoint = tf.train.Checkpoint

CASES = (
    Objects(
        "identical",
        "The same modules on both sides.",
        lambda: Checkpoint(model=net()),
        lambda: Checkpoint(model=net()),
        saved="save",
    ),
    Objects(
        "renamed_attribute",
        "`encoder` was renamed to `backbone`.",
        lambda: Checkpoint(model=net()),
        lambda: Checkpoint(model=module(backbone=Dense(2, 3), head=Dense(3, 1))),
        saved="save",
    ),
    Objects(
        "changed_width",
        "Three units became four: two kernels and a bias do not fit.",
        lambda: Checkpoint(model=net(3)),
        lambda: Checkpoint(model=net(4)),
    ),
    Objects(
        "float16_into_float32",
        "Variables of another type than those saved.",
        lambda: Checkpoint(model=net(dtype=tf.float16)),
        lambda: Checkpoint(model=net(dtype=tf.float32)),
    ),
    Objects(
        "extra_head",
        "The target has a head that was never saved.",
        lambda: Checkpoint(model=net()),
        lambda: Checkpoint(model=net(other=Dense(3, 5))),
        "saved_model",
    ),
    Objects(
        "root_is_saved_one_below",
        "Saved as `Checkpoint(model=…)`, restored by `Checkpoint(model)`.",
        lambda: Checkpoint(model=net()),
        lambda: Checkpoint(net()),
    ),
    Objects(
        "net_for_model",
        "Saved as `Checkpoint(net=…)`, restored by `Checkpoint(model=…)`.",
        lambda: Checkpoint(net=net()),
        lambda: Checkpoint(model=net()),
    ),
    Objects(
        "model_into_model_and_optimizer",
        "Saved as `Checkpoint(model)`, restored by `Checkpoint(model=…)`.",
        lambda: Checkpoint(net()),
        lambda: Checkpoint(model=net()),
        saved="save",
    ),
    Objects(
        "checkpoint_in_checkpoint",
        "Saved as `Checkpoint(state=Checkpoint(model=…))`, restored without the outer one.",
        lambda: Checkpoint(state=Checkpoint(model=net())),
        lambda: Checkpoint(model=net()),
        saved="save",
    ),
    Objects(
        "written_and_read",
        "`write` and `read` have no `save_counter`.",
        lambda: Checkpoint(model=net()),
        lambda: Checkpoint(model=net()),
        options={"call": "read"},
    ),
    Objects(
        "saved_and_read",
        "`save` writes a `save_counter`, `read` makes none.",
        lambda: Checkpoint(model=net()),
        lambda: Checkpoint(model=net()),
        "saved_model",
        saved="save",
        options={"call": "read"},
    ),
    Objects(
        "different_model",
        "The checkpoint of a model that has nothing in common with the target.",
        lambda: Checkpoint(net()),
        lambda: Checkpoint(module(stem=Dense(4, 2), tail=[Dense(2, 2), Dense(2, 1)])),
        saved="save",
    ),
    Objects(
        "bfloat16_into_float32",
        "One layer was saved in bfloat16.",
        lambda: Checkpoint(encoder=Dense(2, 3, tf.bfloat16), head=Dense(3, 1)),
        lambda: Checkpoint(encoder=Dense(2, 3), head=Dense(3, 1)),
        "saved_model",
    ),
    Objects(
        "int32_into_int64",
        "A counter of another width than the one saved.",
        lambda: Checkpoint(step=variable(tf.int32), model=net()),
        lambda: Checkpoint(step=variable(tf.int64), model=net()),
    ),
    Objects(
        "shape_and_type",
        "One variable of another shape and one of another type.",
        lambda: Checkpoint(a=variable(tf.float32, 2), b=variable(tf.float32, 3), c=variable()),
        lambda: Checkpoint(a=variable(tf.float32, 4), b=variable(tf.float64, 3), c=variable()),
    ),
    Objects(
        "kinds",
        "Variables of many types.",
        lambda: Checkpoint(**kinds()),
        lambda: Checkpoint(**kinds()),
    ),
    Objects(
        "kinds_turned",
        "Text into whole numbers.",
        lambda: Checkpoint(text=variable(tf.string, 2), count=variable(tf.int64, 2)),
        lambda: Checkpoint(text=variable(tf.int64, 2), count=variable(tf.int64, 2)),
    ),
    Objects(
        "scalar_into_one_element",
        "`[]` was saved, `[1]` is there; the other way round; `[3]` into `[1, 3]`.",
        lambda: Checkpoint(a=variable(), b=variable(tf.float32, 1), c=variable(tf.float32, 3)),
        lambda: Checkpoint(a=variable(tf.float32, 1), b=variable(), c=variable(tf.float32, 1, 3)),
    ),
    Objects(
        "without_elements",
        "Variables without elements, of the same shape and of another one.",
        lambda: Checkpoint(same=variable(tf.float32, 0, 3), full=variable(tf.float32, 2)),
        lambda: Checkpoint(same=variable(tf.float32, 0, 3), full=variable(tf.float32, 2)),
    ),
    Objects(
        "without_elements_reshaped",
        "No elements, but not the same shape.",
        lambda: Checkpoint(empty=variable(tf.float32, 0, 3), full=variable(tf.float32, 2)),
        lambda: Checkpoint(empty=variable(tf.float32, 0, 4), full=variable(tf.float32, 2)),
    ),
    Objects(
        "unknown_shape",
        "Variables whose shape is not all known take any that fits.",
        lambda: Checkpoint(rows=variable(tf.float32, 5, 2), any=variable(tf.float32, 4)),
        lambda: Checkpoint(rows=growing(None, 2), any=growing_rank()),
        "saved_model",
    ),
    Objects(
        "unknown_shape_that_does_not_fit",
        "Of a variable of unknown rows the columns changed.",
        lambda: Checkpoint(rows=variable(tf.float32, 5, 3), other=variable(tf.float32, 4)),
        lambda: Checkpoint(rows=growing(None, 2), other=variable(tf.float32, 4)),
        "saved_model",
    ),
    Objects(
        "list_longer",
        "One block more than was saved, at the end.",
        lambda: Checkpoint(module(blocks=[Dense(2, 2), Dense(2, 2)])),
        lambda: Checkpoint(module(blocks=[Dense(2, 2), Dense(2, 2), Dense(2, 2)])),
    ),
    Objects(
        "list_shorter",
        "One block fewer than was saved.",
        lambda: Checkpoint(module(blocks=[Dense(2, 2), Dense(2, 2), Dense(2, 2)])),
        lambda: Checkpoint(module(blocks=[Dense(2, 2), Dense(2, 2)])),
        "saved_model",
    ),
    Objects(
        "list_reordered",
        "The block that was first became the last; shapes decide what fails.",
        lambda: Checkpoint(module(blocks=[Dense(3, 1), Dense(2, 2), Dense(2, 2)])),
        lambda: Checkpoint(module(blocks=[Dense(2, 2), Dense(2, 2), Dense(3, 1)])),
    ),
    Objects(
        "list_swapped",
        "Two blocks of one shape changed places: nobody notices.",
        lambda: Checkpoint(module(blocks=[named("a"), named("b")])),
        lambda: Checkpoint(module(blocks=[named("b"), named("a")])),
    ),
    Objects(
        "dict_reordered",
        "A dict in another order: keys count.",
        lambda: Checkpoint(module(heads={"a": Dense(2, 1), "b": Dense(2, 3)})),
        lambda: Checkpoint(module(heads={"b": Dense(2, 3), "a": Dense(2, 1)})),
    ),
    Objects(
        "dict_renamed",
        "Of a dict one key was renamed, to one with a slash and a dot.",
        lambda: Checkpoint(module(heads={"a": Dense(2, 1), "b": Dense(2, 3)})),
        lambda: Checkpoint(module(heads={"a": Dense(2, 1), "b/c.d": Dense(2, 3)})),
    ),
    Objects(
        "list_into_dict",
        'A list became a dict with the keys "0" and "1".',
        lambda: Checkpoint(module(parts=[variable(), variable(tf.float32, 2)])),
        lambda: Checkpoint(module(parts={"0": variable(), "1": variable(tf.float32, 2)})),
    ),
    Objects(
        "tied_into_untied",
        "One variable was reached by two names; now there are two variables.",
        tied,
        lambda: Checkpoint(module(embedding=Dense(2, 3), output=Dense(2, 3))),
    ),
    Objects(
        "untied_into_tied",
        "Two layers were saved that are one now: the first one found is restored.",
        lambda: Checkpoint(module(embedding=Dense(2, 3), output=Dense(2, 3))),
        tied,
        saved="save",
    ),
    Objects("tied_in_both", "One layer by two names, on both sides.", tied, tied),
    Objects(
        "cycle",
        "Objects that refer to each other; one link is new.",
        cycle,
        lambda: cycle(more=Dense(1, 2)),
    ),
    Objects(
        "layer_for_variable",
        "A layer is where a variable was, and a variable where a layer was.",
        lambda: Checkpoint(a=Dense(2, 3), b=variable(tf.float32, 2)),
        lambda: Checkpoint(a=variable(tf.float32, 2), b=Dense(2, 3)),
    ),
    Objects(
        "built_later",
        "Variables that are made after the restore take their values when they are made.",
        lambda: Checkpoint(model=net()),
        lambda: Checkpoint(model=module()),
        finish=lambda target: attach(target.model, encoder=Dense(2, 3), head=Dense(3, 1)),
    ),
    Objects(
        "built_later_with_another_width",
        "A variable that is made after the restore does not fit.",
        lambda: Checkpoint(model=net()),
        lambda: Checkpoint(model=module(head=Dense(3, 1))),
        finish=lambda target: attach(target.model, encoder=Dense(2, 4)),
    ),
    Objects(
        "tables",
        "A mutable table, and a generator of random numbers.",
        lambda: Checkpoint(table=table([b"one", b"two"], [11, 22]), random=generator()),
        lambda: Checkpoint(table=table([b"three"], [33]), random=generator()),
    ),
    Objects(
        "table_is_missing",
        "Two tables in the target, one in the checkpoint.",
        lambda: Checkpoint(table=table([b"one", b"two"], [11, 22])),
        lambda: Checkpoint(table=table([b"three"], [33]), other=table([b"four"], [44])),
    ),
    SavedModels(
        "saved_model_into_root",
        "The variables of a SavedModel restored into what was saved.",
        lambda: Checkpoint(net()),
        lambda: Checkpoint(net()),
    ),
    SavedModels(
        "saved_model_into_attribute",
        "The variables of a SavedModel of the model, restored by `Checkpoint(model=…)`.",
        lambda: Checkpoint(net()),
        lambda: Checkpoint(model=net()),
    ),
)
