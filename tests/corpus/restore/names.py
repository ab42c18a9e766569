"""Scenarios of names: `Saver` and `init_from_checkpoint` of TF1."""

import tensorflow as tf

from by_name import Graph, Initialized, Saver

v1 = tf.compat.v1


def layers(graph: Graph, *, width: int = 3, scope: str = "model", **options: object) -> None:
    """A layer of two variables and one of a single variable, in a scope."""
    graph.add(f"{scope}/w", 2, width, **options)
    graph.add(f"{scope}/b", width, **options)
    graph.add(f"{scope}/out/w", width, 1, **options)


def stepped(graph: Graph, dtype: tf.DType = tf.int64) -> None:
    """The layers and a counter."""
    layers(graph)
    graph.add("global_step", dtype=dtype)


def trained(graph: Graph) -> None:
    """The layers with the slots of Adam."""
    layers(graph)
    loss = tf.add_n([tf.reduce_sum(variable) for variable in v1.trainable_variables()])
    v1.train.AdamOptimizer(0.1).minimize(loss)


def averaged(graph: Graph) -> None:
    """A variable and its moving average."""
    weight = graph.add("w", 2, 3)
    graph.add("b", 3)
    tf.train.ExponentialMovingAverage(0.9).apply([weight])


CASES = (
    Saver("saver", "The same variables on both sides.", layers, layers),
    Saver(
        "saver_of_some",
        "The target restores two of its variables.",
        stepped,
        stepped,
        options={"var_list": ["model/b", "global_step"]},
    ),
    Saver(
        "saver_by_other_keys",
        "Two variables were renamed; a map says what they were called.",
        layers,
        lambda graph: layers(graph, scope="net"),
        "checkpoint",
        options={"var_list": {"model/w": "net/w", "model/b": "net/b"}},
    ),
    Saver(
        "saver_crossed_keys",
        "A map that gives each of two variables the value of the other.",
        lambda graph: (graph.add("a", 2), graph.add("b", 2)),
        lambda graph: (graph.add("a", 2), graph.add("b", 2)),
        "checkpoint",
        options={"var_list": {"a": "b", "b": "a"}},
    ),
    Saver(
        "saver_misses_a_key",
        "A variable that was never saved: nothing is restored.",
        layers,
        stepped,
    ),
    Saver(
        "saver_leaves_a_key",
        "A variable of the checkpoint that the target does not have.",
        stepped,
        layers,
        "saved_model",
    ),
    Saver(
        "saver_of_another_scope",
        "All variables are in a scope of another name.",
        layers,
        lambda graph: layers(graph, scope="net"),
        "saved_model",
    ),
    Saver(
        "saver_changed_width",
        "Three variables do not fit, but resources take any shape in a graph.",
        stepped,
        lambda graph: (layers(graph, width=4), graph.add("global_step", dtype=tf.int64)),
    ),
    Saver(
        "saver_changed_width_of_references",
        "The same with variables that are no resources.",
        lambda graph: layers(graph, use_resource=False),
        lambda graph: layers(graph, width=4, use_resource=False),
        "checkpoint",
    ),
    Saver(
        "saver_reshape",
        "`reshape=True` takes any shape with as many elements.",
        lambda graph: (graph.add("w", 2, 3), graph.add("s"), graph.add("b", 3)),
        lambda graph: (graph.add("w", 3, 2), graph.add("s", 1), graph.add("b", 3)),
        "checkpoint",
        options={"reshape": True},
    ),
    Saver(
        "saver_changed_type",
        "A counter of another width than the one saved.",
        lambda graph: stepped(graph, tf.int32),
        stepped,
        "checkpoint",
    ),
    Saver(
        "saver_misses_slots",
        "Saved without an optimizer, restored with one.",
        layers,
        trained,
    ),
    Saver(
        "saver_of_averages",
        "Moving averages restored into the variables, by `variables_to_restore()`.",
        averaged,
        lambda graph: (graph.add("w", 2, 3), graph.add("b", 3)),
        "checkpoint",
        options={"var_list": {"w/ExponentialMovingAverage": "w", "b": "b"}},
    ),
    Saver(
        "saver_format_v1",
        "A checkpoint in the format of 2016.",
        stepped,
        stepped,
        "checkpoint",
        saver={"write_version": v1.train.SaverDef.V1},
    ),
    Saver(
        "saver_format_v1_misses_a_key",
        "A checkpoint in the format of 2016, without one of the variables.",
        layers,
        stepped,
        saver={"write_version": v1.train.SaverDef.V1},
    ),
    Saver(
        "saver_sharded",
        "A checkpoint of several files.",
        stepped,
        stepped,
        "checkpoint",
        saver={"sharded": True},
    ),
    Saver(
        "parts",
        "A variable in three parts on both sides.",
        lambda graph: (graph.add("w", 6, 2, parts=3), graph.add("b", 2)),
        lambda graph: (graph.add("w", 6, 2, parts=3), graph.add("b", 2)),
    ),
    Saver(
        "parts_of_other_sizes",
        "A variable in three parts was saved, it has two now.",
        lambda graph: (graph.add("w", 6, 2, parts=3), graph.add("b", 2)),
        lambda graph: (graph.add("w", 6, 2, parts=2), graph.add("b", 2)),
        "checkpoint",
    ),
    Saver(
        "parts_into_whole",
        "A variable in three parts was saved, it is whole now.",
        lambda graph: (graph.add("w", 6, 2, parts=3), graph.add("b", 2)),
        lambda graph: (graph.add("w", 6, 2), graph.add("b", 2)),
        "checkpoint",
    ),
    Saver(
        "whole_into_parts",
        "A whole variable was saved, it has three parts now.",
        lambda graph: (graph.add("w", 6, 2), graph.add("b", 2)),
        lambda graph: (graph.add("w", 6, 2, parts=3), graph.add("b", 2)),
    ),
    Saver(
        "parts_of_more_rows",
        "A variable in three parts, of more rows than were saved.",
        lambda graph: (graph.add("w", 6, 2, parts=3), graph.add("b", 2)),
        lambda graph: (graph.add("w", 9, 2, parts=3), graph.add("b", 2)),
    ),
    Initialized(
        "initialized_scope",
        "A scope of the checkpoint for a scope of the target.",
        layers,
        lambda graph: (layers(graph, scope="net"), graph.add("other", 2)),
        "checkpoint",
        options={"assignment_map": {"model/": "net/"}},
    ),
    Initialized(
        "initialized_all",
        "The root for the root: what is missing in the checkpoint is an error.",
        layers,
        stepped,
        options={"assignment_map": {"/": "/"}},
    ),
    Initialized(
        "initialized_inner_scope",
        "A scope of the checkpoint for one variable below it, and a variable by its name.",
        stepped,
        lambda graph: (layers(graph, scope="a/model"), graph.add("step", dtype=tf.int64)),
        "checkpoint",
        options={"assignment_map": {"model/out/": "a/model/out/", "global_step": "step"}},
    ),
    Initialized(
        "initialized_changed_width",
        "A scope for a scope, and a shape that does not fit.",
        layers,
        lambda graph: layers(graph, width=4),
        options={"assignment_map": {"model/": "model/"}},
    ),
    Initialized(
        "initialized_one_changed_width",
        "The same, but a variable for a variable.",
        layers,
        lambda graph: layers(graph, width=4),
        "checkpoint",
        options={"assignment_map": {"model/w": "model/w"}},
    ),
    Initialized(
        "initialized_missing_key",
        "A key that is not in the checkpoint.",
        layers,
        layers,
        options={"assignment_map": {"model/kernel": "model/w"}},
    ),
    Initialized(
        "initialized_missing_variable",
        "A variable that is not in the target.",
        layers,
        layers,
        "checkpoint",
        options={"assignment_map": {"model/w": "model/kernel"}},
    ),
    Initialized(
        "initialized_changed_type",
        "A key of another type.",
        lambda graph: stepped(graph, tf.int32),
        stepped,
        options={"assignment_map": {"global_step": "global_step"}},
    ),
    Initialized(
        "initialized_parts",
        "A whole variable into one of three parts.",
        lambda graph: (graph.add("w", 6, 2), graph.add("b", 2)),
        lambda graph: (graph.add("w", 6, 2, parts=3), graph.add("b", 2)),
        options={"assignment_map": {"w": "w", "b": "b"}},
    ),
)
