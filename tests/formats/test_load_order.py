"""Names that functions are loaded under. That they are TensorFlow's is told by its texts."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from tensorboard.compat.proto.function_pb2 import FunctionDef, FunctionDefLibrary

from tensorboard_plugin_modelinspect.formats.load_order import loaded_names
from tools.generate_ops import TARGET

ROOT = Path(__file__).resolve().parents[2]
PYTHON = os.environ.get("MODELINSPECT_TF_PYTHON")


def add(library: FunctionDefLibrary, name: str, *ops: str, arguments: int = 0) -> FunctionDef:
    function: FunctionDef = library.function.add()
    function.signature.name = name
    for _ in range(arguments):
        function.signature.input_arg.add()
    for number, op in enumerate(ops):
        function.node_def.add(name=f"n{number}", op=op)
    return function


def test_numbers_count_graphs_tensors_and_functions() -> None:
    """One each for the graph and the function, one for each argument and output."""
    library = FunctionDefLibrary()
    add(library, "f", "Abs", "NoOp", "TopKV2", "Unheard", arguments=2)
    assert loaded_names(library) == {"f": "__inference_f_9"}


def test_old_numbers_are_dropped() -> None:
    """A function that was traced gets a new number in place of the old one."""
    library = FunctionDefLibrary()
    add(library, "__inference_f_123")
    add(library, "__forward_f_123")
    assert list(loaded_names(library).items()) == [
        ("__forward_f_123", "__inference___forward_f_123_3"),
        ("__inference_f_123", "__inference_f_5"),
    ]


def test_callees_are_loaded_first() -> None:
    """Whether called by name, by an attribute, by one of a list, or as a gradient."""
    library = FunctionDefLibrary()
    for kind in ("name", "attribute", "list", "gradient"):
        function = add(library, f"of_{kind}")
        node = function.node_def.add(op=f"callee_{kind}" if kind == "name" else "MapDefun")
        if kind == "attribute":
            node.attr["f"].func.name = "callee_attribute"
        elif kind == "list":
            node.attr["branches"].list.func.add().name = "callee_list"
        elif kind == "gradient":
            node.attr["_gradient_op_type"].s = b"G"
            library.registered_gradients.add(
                registered_op_type="G", gradient_func="callee_gradient"
            )
        add(library, f"callee_{kind}")
    order = list(loaded_names(library))
    assert len(order) == 8
    for kind in ("name", "attribute", "list", "gradient"):
        assert order.index(f"callee_{kind}") < order.index(f"of_{kind}")


def test_circles_and_missing_functions_do_no_harm() -> None:
    """TensorFlow refuses to load them; every function has a name all the same."""
    library = FunctionDefLibrary()
    add(library, "a", "b")
    add(library, "b", "a")
    add(library, "c").node_def.add(op="If").attr["then_branch"].func.name = "nowhere"
    assert list(loaded_names(library)) == ["c", "a", "b"]


def test_outputs_that_an_attribute_counts_or_lists() -> None:
    """Three parts of a split, two results of a call, none where the attribute is left out."""
    library = FunctionDefLibrary()
    function = add(library, "f", "Split", "PartitionedCall", "IteratorGetNext")
    function.node_def[0].attr["num_split"].i = 3
    function.node_def[1].attr["Tout"].list.type.extend([1, 1])
    assert loaded_names(library) == {"f": f"__inference_f_{1 + 2 + 5}"}


def test_tables_that_share_no_name_get_a_number() -> None:
    """As early versions wrote them."""
    library = FunctionDefLibrary()
    function = add(library, "f", "HashTableV2", "HashTableV2")
    function.node_def[0].attr["use_node_name_sharing"].b = True
    assert loaded_names(library) == {"f": f"__inference_f_{1 + 2 + 2 + 1}"}


@pytest.mark.tensorflow
@pytest.mark.skipif(not PYTHON, reason="MODELINSPECT_TF_PYTHON names no Python with TensorFlow")
def test_list_of_ops_is_fresh() -> None:
    """The generated file is what TensorFlow says: `python -m tools.generate_ops`."""
    code = "from tools.generate_ops import generate; print(generate(), end='')"
    done = subprocess.run(
        [str(PYTHON), "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert TARGET.read_text(encoding="utf-8") == done.stdout
