"""The security scan: a model of 105,000 nodes, and a thousand models in one run."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measure import Cost, run_process, run_python, time_call
from benchmarks.report import Row
from tests.support.saved_model_writer import SavedModelWriter

CORPUS = Path(__file__).resolve().parents[1] / "tests" / "corpus"
BLOCKS, NODES = 5_000, 21
MODELS = 1_000
_BUDGET_S = 2.0


def bench_security(folder: Path) -> Iterator[Row]:
    """Seconds for a large model, and the memory of many beside that of one."""
    from tensorboard_plugin_modelinspect.scanning import scan_path

    large = str(write_large(folder / "large"))
    what = f"security scan of {BLOCKS * NODES:,} nodes"
    ours = time_call(lambda: scan_path(large), times=3)
    tool = "tensorflow.python.tools.saved_model_cli"
    theirs = run_process([sys.executable, "-m", tool, "scan", "--dir", large], times=1)
    yield Row(what, ours, theirs.seconds, "saved_model_cli scan", _BUDGET_S)
    if scan_path(large).worst != "critical":
        raise RuntimeError("the scan missed what was planted")
    many = folder / "many"
    for number in range(MODELS):
        shutil.copytree(CORPUS / "scan" / "models" / "clean_recurrent_export", many / f"{number}")
    one, all_of_them = (_scan(path) for path in (many / "0", many))
    yield Row(
        f"security scan of {MODELS:,} models", all_of_them.seconds, one.seconds, "one of them"
    )
    what = "memory of that process"
    yield Row(what, all_of_them.peak_nbytes, one.peak_nbytes, "one of them", None, "B")


def _scan(path: Path) -> Cost:
    main = "from tensorboard_plugin_modelinspect.views.cli.main import main"
    return run_python(f"{main}; main(['scan', {str(path)!r}])")


def write_large(folder: Path) -> Path:
    """Write a model whose one function has so many nodes; the last of them writes a file."""
    writer = SavedModelWriter()
    writer.add_signature("serving_default", inputs={"x": (1, (None, 4))}, outputs={"y": (1, ())})
    writer.graph.signature_def["serving_default"].outputs["y"].name = "serving_default:0"
    graph = writer.graph.graph_def
    call = next(node for node in graph.node if node.name == "serving_default")
    call.input.append("serving_default_x")
    call.attr["f"].func.name = "__inference_serving_default"
    function = graph.library.function[0]
    del function.node_def[:]
    function.signature.input_arg.add(name="x", type=1)
    function.signature.output_arg.add(name="y", type=1)
    last = "x"
    for block in range(BLOCKS):
        for number in range(NODES):
            name = f"block_{block}/layer_{number}"
            function.node_def.add(name=name, op="Relu", input=[last]).attr["T"].type = 1
            last = f"{name}:activations:0"
    for name, text in (("path", b"/etc/cron.d/job"), ("text", b"x")):
        node = function.node_def.add(name=name, op="Const")
        node.attr["dtype"].type = 7
        node.attr["value"].tensor.dtype = 7
        node.attr["value"].tensor.tensor_shape.SetInParent()
        node.attr["value"].tensor.string_val.append(text)
    function.node_def.add(name="write", op="WriteFile", input=["path:output:0", "text:output:0"])
    function.ret["y"] = last
    writer.write(folder)
    return folder
