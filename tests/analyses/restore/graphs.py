"""Small artifacts with object graphs, made without files."""

from __future__ import annotations

import math
from collections.abc import Mapping

from tensorboard_plugin_modelinspect.model.artifact import Artifact
from tensorboard_plugin_modelinspect.model.dtype import DTYPES
from tensorboard_plugin_modelinspect.model.objects import (
    Attribute,
    ObjectNode,
    ObjectTree,
    SlotVariable,
    Trackable,
)
from tensorboard_plugin_modelinspect.model.tensor import Region, Tensor

Tree = Mapping[str, "Tree | tuple[int, ...]"]
"""Objects by local name; a shape stands for a variable."""


class NoValues:
    """A restore is told without values: reading them fails the test."""

    def read_region(self, tensor: Tensor, region: Region) -> None:  # type: ignore[override]
        raise AssertionError(tensor.key)


def tensor(key: str, shape: tuple[int, ...], dtype: int = 1, crc: int | None = None) -> Tensor:
    """A float of that shape."""
    kind = DTYPES[dtype]
    nbytes = math.prod(shape) * kind.itemsize
    name = key.partition("/.ATTRIBUTES")[0]
    return Tensor(key, name, kind, shape, nbytes, "weight", None, crc, NoValues())


class Maker:
    """Numbers the objects of a tree."""

    def __init__(self) -> None:
        self.tensors: dict[str, Tensor] = {}
        self.nodes: list[Trackable] = []

    def add(self, found: Tree | tuple[int, ...], path: str) -> int:
        number = len(self.nodes)
        self.nodes.append(Trackable((), (), ()))
        if isinstance(found, tuple):
            key = f"{path}/.ATTRIBUTES/VARIABLE_VALUE"
            self.tensors[key] = tensor(key, found)
            attribute = Attribute("VARIABLE_VALUE", key, (key,), path)
            self.nodes[number] = Trackable((), (attribute,), ())
            return number
        children = tuple(
            (name, self.add(child, f"{path}/{name}" if path else name))
            for name, child in found.items()
        )
        self.nodes[number] = Trackable(children, (), ())
        return number

    def link(self, parent: int, name: str, child: int) -> None:
        """Let an object hold another one."""
        node = self.nodes[parent]
        self.nodes[parent] = node._replace(children=(*node.children, (name, child)))

    def slot(self, optimizer: int, name: str, original: int, slot: int) -> None:
        """Make a variable a slot of an optimizer."""
        node = self.nodes[optimizer]
        slots = (*node.slots, SlotVariable(name, original, slot))
        self.nodes[optimizer] = node._replace(slots=slots)

    def artifact(self, path: str = "ckpt") -> Artifact:
        nodes = [ObjectNode("object", "", node.children, (), "") for node in self.nodes]
        return Artifact(path, "checkpoint", (), self.tensors, objects=ObjectTree(nodes, self.nodes))


def artifact(tree: Tree, path: str = "ckpt") -> Artifact:
    """A checkpoint of these objects."""
    maker = Maker()
    maker.add(tree, "")
    return maker.artifact(path)
