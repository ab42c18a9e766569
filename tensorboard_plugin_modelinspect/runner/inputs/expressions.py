"""Expressions for inputs: literals, arithmetic, and some constructors of numpy, without `eval`.

    [[1, 2], [3, 4]]      np.ones((2, 3))      np.arange(6).reshape(2, 3) / 10
    np.random.rand(2, 3)  np.random.normal(0, 1, (8, 4), seed=7)

An expression can make arrays and nothing else. How large one becomes is known before it is made.
Random numbers are the same each time: those of `numpy.random.RandomState` with the seed, or 0.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from tensorboard_plugin_modelinspect.errors import BadRequest

MOST_NBYTES = 1 << 30
"""Of any array on the way."""
MOST_TEXT = 1 << 22
_MOST_DIGITS = 4096
_ITEMSIZE = 8
_TYPES = (
    *("bool_", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
    *("float16", "float32", "float64", "complex64", "complex128"),
)
_NAMES: Mapping[str, object] = MappingProxyType(
    {
        **{name: getattr(np, name) for name in _TYPES},
        "bool": np.bool_,
        "pi": math.pi,
        "e": math.e,
        "nan": math.nan,
        "inf": math.inf,
        "newaxis": None,
    }
)
_PYTHON_TYPES: Mapping[str, type] = MappingProxyType(
    {"bool": bool, "int": int, "float": float, "complex": complex}
)
_BINARY: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = MappingProxyType(
    {
        ast.Add: operator.add,
        ast.Sub: operator.sub,
        ast.Mult: operator.mul,
        ast.Div: operator.truediv,
        ast.FloorDiv: operator.floordiv,
        ast.Mod: operator.mod,
        ast.Pow: operator.pow,
    }
)


def evaluate(text: str) -> Any:
    """The value of an expression: a number, a string, nested lists of them, or an array.

    Raises:
        BadRequest: It is none, uses what is not allowed, or becomes too large.
    """
    if len(text) > MOST_TEXT:
        raise BadRequest(f"An expression of {len(text):,} characters is too long: use a file.")
    try:
        tree = ast.parse(text.strip(), mode="eval")
        with np.errstate(all="ignore"):
            return _Evaluator().visit(tree.body)
    except (SyntaxError, ValueError, TypeError, ArithmeticError, IndexError) as error:
        reason = error.msg if isinstance(error, SyntaxError) else error
        raise BadRequest(f"Expression {_shown(text)}: {reason}.") from None
    except (RecursionError, MemoryError):
        raise BadRequest(f"Expression {_shown(text)}: it is nested too deeply.") from None


def parses(text: str) -> bool:
    """Whether it is an expression of Python at all, allowed or not."""
    try:
        ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _shown(text: str) -> str:
    return f'"{text}"' if len(text) < 80 else f'"{text[:60]}…"'


class _Evaluator(ast.NodeVisitor):
    """Values of the nodes that are allowed."""

    def visit(self, node: ast.AST) -> Any:
        """The value of a node."""
        method = getattr(self, f"visit_{type(node).__name__}", None)
        if method is None:
            what = type(node).__name__
            raise ValueError(
                f"{what} is not allowed; there are literals, arithmetic, and constructors such as"
                " np.ones((2, 3))"
            )
        return method(node)

    def visit_Constant(self, node: ast.Constant) -> Any:
        """A literal."""
        if node.value is Ellipsis:
            raise ValueError("... is no value")
        return node.value

    def visit_List(self, node: ast.List) -> list[Any]:
        """A list."""
        return [self.visit(item) for item in node.elts]

    def visit_Tuple(self, node: ast.Tuple) -> tuple[Any, ...]:
        """A tuple."""
        return tuple(self.visit(item) for item in node.elts)

    def visit_Dict(self, node: ast.Dict) -> dict[Any, Any]:
        """A dict, of examples."""
        if None in node.keys:
            raise ValueError("** is not allowed")
        keys = [self.visit(key) for key in node.keys if key is not None]
        return dict(zip(keys, [self.visit(value) for value in node.values], strict=True))

    def visit_UnaryOp(self, node: ast.UnaryOp) -> Any:
        """A sign."""
        value = _number(self.visit(node.operand))
        if isinstance(node.op, ast.USub):
            return -value
        if isinstance(node.op, ast.UAdd):
            return +value
        raise ValueError("only the signs + and - are allowed")

    def visit_BinOp(self, node: ast.BinOp) -> Any:
        """Arithmetic of numbers and arrays."""
        apply = _BINARY.get(type(node.op))
        if apply is None:
            raise ValueError(f"{type(node.op).__name__} is not allowed")
        left, right = self.visit(node.left), self.visit(node.right)
        kinds = {type(left), type(right)}
        if kinds & {list, tuple} and np.ndarray not in kinds:
            raise ValueError("arithmetic with a list: make it an array, np.array([1, 2])")
        left, right = _number(left), _number(right)
        if isinstance(left, int) and isinstance(right, int):
            is_power = isinstance(node.op, ast.Pow)
            digits = left.bit_length() * (abs(right) if is_power else 1) + right.bit_length()
            if digits > _MOST_DIGITS:
                raise ValueError("a number becomes too large")
        _room(np.broadcast_shapes(np.shape(left), np.shape(right)))
        return apply(left, right)

    def visit_Name(self, node: ast.Name) -> Any:
        """A type of Python; other names say nothing, those of numpy follow `np.`."""
        if node.id in _PYTHON_TYPES:
            return _PYTHON_TYPES[node.id]
        raise ValueError(f'the name "{node.id}" is not known; text is written in quotes')

    def visit_Attribute(self, node: ast.Attribute) -> Any:
        """A type or constant of numpy."""
        name = _dotted(node)
        if name not in _NAMES:
            raise ValueError(f"np.{name} is not known here; there are {', '.join(_NAMES)}")
        return _NAMES[name]

    def visit_Call(self, node: ast.Call) -> Any:
        """A constructor, or `reshape` and `astype` of an array."""
        arguments = [self.visit(argument) for argument in node.args]
        options = {}
        for keyword in node.keywords:
            if keyword.arg is None:
                raise ValueError("** is not allowed")
            options[keyword.arg] = self.visit(keyword.value)
        function = node.func
        if isinstance(function, ast.Attribute) and not _is_numpy(function):
            method = METHODS.get(function.attr)
            if method is None:
                raise ValueError(f".{function.attr}() is not known; there are {', '.join(METHODS)}")
            return method(np.asarray(self.visit(function.value)), *arguments, **options)
        name = _dotted(function)
        if name in _NAMES and isinstance(_NAMES[name], type):
            return _NAMES[name](*arguments)  # type: ignore[operator]
        if name not in FUNCTIONS:
            raise ValueError(f"np.{name} is not known here; there are {', '.join(FUNCTIONS)}")
        return FUNCTIONS[name](*arguments, **options)


def _is_numpy(node: ast.expr) -> bool:
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name) and node.id in ("np", "numpy")


def _dotted(node: ast.expr) -> str:
    """The name behind `np.`, e.g. `random.rand`."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.insert(0, node.attr)
        node = node.value
    if not parts or not isinstance(node, ast.Name) or node.id not in ("np", "numpy"):
        raise ValueError("only functions of numpy can be called, such as np.ones((2, 3))")
    return ".".join(parts)


def _number(value: Any) -> Any:
    if isinstance(value, list | tuple):
        value = np.asarray(value)
    if isinstance(value, np.ndarray | np.generic) and value.dtype.kind in "biufc":
        return value
    if isinstance(value, bool | int | float | complex):
        return value
    raise ValueError("arithmetic is of numbers and arrays of numbers")


def _room(shape: Any, itemsize: int = _ITEMSIZE) -> tuple[int, ...]:
    """A shape, if an array of it may be made."""
    sizes = (shape,) if isinstance(shape, int | np.integer) else tuple(shape)
    sizes = tuple(operator.index(size) for size in sizes)
    if any(size < 0 for size in sizes):
        raise ValueError("a size is negative")
    if math.prod(sizes) * itemsize > MOST_NBYTES:
        raise ValueError(f"an array of shape {list(sizes)} is larger than {MOST_NBYTES >> 30} GiB")
    return sizes


def _type(dtype: Any) -> Any:
    """A type of numbers, given as one, by name, or not at all."""
    if isinstance(dtype, str):
        dtype = _NAMES.get(dtype, dtype)
    if dtype in (None, bool, int, float, complex) or dtype in [_NAMES[name] for name in _TYPES]:
        return dtype
    raise ValueError(f"there are the types {', '.join(_TYPES)}")


def _full(shape: Any, fill_value: Any, dtype: Any = None) -> np.ndarray:
    return np.full(_room(shape), _number(fill_value), _type(dtype))


def _zeros(shape: Any, dtype: Any = float) -> np.ndarray:
    return np.zeros(_room(shape), _type(dtype))


def _ones(shape: Any, dtype: Any = None) -> np.ndarray:
    return np.ones(_room(shape), _type(dtype))


def _eye(N: int, M: int | None = None, k: int = 0, dtype: Any = float) -> np.ndarray:  # noqa: N803
    rows, columns = _room((N, N if M is None else M))
    return np.eye(rows, columns, operator.index(k), _type(dtype))


def _arange(*bounds: Any, dtype: Any = None) -> np.ndarray:
    if not 1 <= len(bounds) <= 3:
        raise ValueError("np.arange takes one to three numbers")
    start, stop, step = (0, *bounds, 1) if len(bounds) == 1 else (*bounds, 1)[:3]
    if step == 0:
        raise ValueError("the step is zero")
    _room(max(0, math.ceil((stop - start) / step)))
    array: np.ndarray = np.arange(start, stop, step, dtype=_type(dtype))
    return array


def _linspace(
    start: Any, stop: Any, num: int = 50, endpoint: Any = 1, dtype: Any = None
) -> np.ndarray:
    (count,) = _room(num)
    return np.linspace(_number(start), _number(stop), count, bool(endpoint), dtype=_type(dtype))


def _array(value: Any, dtype: Any = None) -> np.ndarray:
    return np.array(value, _type(dtype))


def _random(size: Any = (), seed: int = 0) -> Any:
    return np.random.RandomState(seed).random_sample(_room(size))


def _rand(*sizes: int, seed: int = 0) -> Any:
    return np.random.RandomState(seed).random_sample(_room(sizes))


def _randn(*sizes: int, seed: int = 0) -> Any:
    return np.random.RandomState(seed).standard_normal(_room(sizes))


def _uniform(low: Any = 0.0, high: Any = 1.0, size: Any = (), seed: int = 0) -> Any:
    return np.random.RandomState(seed).uniform(low, high, _room(size))


def _normal(loc: Any = 0.0, scale: Any = 1.0, size: Any = (), seed: int = 0) -> Any:
    return np.random.RandomState(seed).normal(loc, scale, _room(size))


def _randint(low: Any, high: Any = None, size: Any = (), dtype: Any = int, seed: int = 0) -> Any:
    return np.random.RandomState(seed).randint(low, high, _room(size), _type(dtype))


FUNCTIONS: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {
        "array": _array,
        "asarray": _array,
        "zeros": _zeros,
        "ones": _ones,
        "full": _full,
        "eye": _eye,
        "identity": _eye,
        "arange": _arange,
        "linspace": _linspace,
        "random.rand": _rand,
        "random.randn": _randn,
        "random.random": _random,
        "random.uniform": _uniform,
        "random.normal": _normal,
        "random.randint": _randint,
    }
)
"""What can be called, by the name behind `np.`."""


def _reshape(array: np.ndarray, *shape: Any) -> np.ndarray:
    changed: np.ndarray = array.reshape(*shape)
    return changed


def _astype(array: np.ndarray, dtype: Any) -> np.ndarray:
    changed: np.ndarray = array.astype(_type(dtype))
    return changed


METHODS: Mapping[str, Callable[..., np.ndarray]] = MappingProxyType(
    {"reshape": _reshape, "astype": _astype}
)
"""What can be called on an array."""
