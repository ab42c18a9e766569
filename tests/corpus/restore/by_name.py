"""Restores by names: the `Saver` of TF1, and `init_from_checkpoint`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np
import tensorflow as tf

import scenario
from scenario import Answers, Seen, Values

v1 = tf.compat.v1

ONE_THREAD = v1.ConfigProto(inter_op_parallelism_threads=1, intra_op_parallelism_threads=1)
"""Else it varies which variables are assigned before an error stops the rest."""


class Graph:
    """Adds variables to the default graph, each with initial values that no other has."""

    def __init__(self, values: Values) -> None:
        self.values = values
        self.added: set[str] = set()

    def add(
        self,
        name: str,
        *shape: int,
        dtype: tf.DType = tf.float32,
        parts: int = 1,
        use_resource: bool = True,
    ) -> tf.Variable:
        """A variable, in parts along its first axis if there are several."""
        array = self.values.draw(np.dtype(dtype.as_numpy_dtype), shape)

        def initial(part: Any, dtype: Any = None, partition_info: Any = None) -> tf.Tensor:
            offset = partition_info.var_offset if partition_info else [0] * len(shape)
            ends = zip(offset, part, strict=True)
            values = array[tuple(slice(start, start + size) for start, size in ends)]
            return tf.constant(values, dtype)

        variable = v1.get_variable(
            name,
            shape,
            dtype,
            initial,
            partitioner=v1.fixed_size_partitioner(parts) if parts > 1 else None,
            use_resource=use_resource,
        )
        self.added |= {part.op.name for part in (variable if parts > 1 else [variable])}
        return variable


Maker = Callable[[Graph], object]


class Target(NamedTuple):
    """Variables in a graph and in a session."""

    graph: tf.Graph
    session: v1.Session


def made(make: Maker, seed: int) -> Target:
    """A graph with its variables initialized, and slots with values of their own."""
    graph = tf.Graph()
    with graph.as_default():
        builder = Graph(Values(seed))
        make(builder)
        session = v1.Session(config=ONE_THREAD)
        for variable in v1.global_variables():
            if variable.op.name in builder.added:
                session.run(variable.initializer)
            else:
                dtype, shape = variable.dtype.base_dtype.as_numpy_dtype, variable.shape.as_list()
                variable.load(builder.values.draw(np.dtype(dtype), tuple(shape)), session)
    return Target(graph, session)


def place_of(variable: tf.Variable) -> tuple[tuple[int, ...], tuple[int, ...]] | None:
    """Where a part of a variable begins, and the shape of the whole."""
    info = variable._get_save_slice_info()
    return info and (tuple(info.var_offset), tuple(info.full_shape))


def save_in_session(target: Target, prefix: str, **options: Any) -> str:
    """By the `Saver`, without the state file; the prefix."""
    with target.graph.as_default():
        saver = v1.train.Saver(**options)
        saver.save(target.session, prefix, write_meta_graph=False)
    Path("checkpoint").unlink(missing_ok=True)
    return prefix


@dataclass(frozen=True)
class Saver(scenario.Scenario):
    """A `Saver` saves, and another one restores.

    Attributes:
        source: Adds the variables that are saved.
        target: Adds those that are restored.
        described: Form of the artifact of the target: `meta`, `checkpoint` or `saved_model`.
        saver: Options of the `Saver` that saves.
        options: `var_list`, names of variables, by key if a dict, and others of the `Saver`.
    """

    source: Maker
    target: Maker
    described: str = "meta"
    saver: Mapping[str, Any] = field(default_factory=dict)
    method: ClassVar[str] = "name"

    def save(self) -> str:
        """By a `Saver` of all variables."""
        return save_in_session(made(self.source, 1), "checkpoint.ckpt", **self.saver)

    def build(self) -> Target:
        """The target in a session."""
        return made(self.target, 2)

    def describe(self) -> str:
        """All of the target, in the form that was asked for."""
        target = self.build()
        with target.graph.as_default():
            if self.described == "meta":
                v1.train.export_meta_graph("target.meta", strip_default_attrs=True)
                return "target.meta"
            if self.described == "saved_model":
                builder = v1.saved_model.Builder("target")
                builder.add_meta_graph_and_variables(target.session, ["serve"])
                builder.save()
                return "target"
        return save_in_session(target, "target.ckpt")

    def _var_list(self) -> Any:
        variables = {variable.op.name: variable for variable in v1.global_variables()}
        names = self.options.get("var_list")
        if isinstance(names, dict):
            return {key: variables[name] for key, name in names.items()}
        return [variables[name] for name in names] if names else None

    def restore(self, target: Target, path: str) -> Answers:
        """By a `Saver`; it has no assertions."""
        more = {name: value for name, value in self.options.items() if name != "var_list"}
        with target.graph.as_default():
            v1.train.Saver(self._var_list(), **more).restore(target.session, path)
        return {}

    def variables(self, target: Target) -> list[Seen]:
        """The global variables in the order they were made."""
        with target.graph.as_default():
            return [
                Seen(
                    variable.op.name,
                    None,
                    scenario.as_array(target.session.run(variable)),
                    place_of(variable),
                )
                for variable in v1.global_variables()
            ]

    def errors_alone(self, path: str) -> dict[str, str]:
        """Each variable by a `Saver` of its own."""
        target = self.build()
        more = {name: value for name, value in self.options.items() if name != "var_list"}
        errors = {}
        with target.graph.as_default():
            chosen = self._var_list() or v1.global_variables()
            single = [{k: v} for k, v in chosen.items()] if isinstance(chosen, dict) else chosen
            for one in single:
                variable = next(iter(one.values())) if isinstance(one, dict) else one
                try:
                    saver = v1.train.Saver(one if isinstance(one, dict) else [one], **more)
                    saver.restore(target.session, path)
                except Exception as error:  # noqa: BLE001 - it is the answer
                    errors[variable.op.name] = scenario.reason_of(error)
        return errors


@dataclass(frozen=True)
class Initialized(Saver):
    """`init_from_checkpoint` with the `assignment_map` of the options, then initializers."""

    method: ClassVar[str] = "init_from_checkpoint"

    def restore(self, target: Target, path: str) -> Answers:
        """All initializers run anew; those without a value in the map give what was before."""
        with target.graph.as_default():
            v1.train.init_from_checkpoint(path, dict(self.options["assignment_map"]))
            target.session.run(v1.global_variables_initializer())
        return {}

    def errors_alone(self, path: str) -> dict[str, str]:
        """Not tried: the map may name scopes."""
        del path
        return {}
