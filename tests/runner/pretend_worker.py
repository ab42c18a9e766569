"""The worker without TensorFlow: everything of it but the model, which does what a test asks for.

Started by tests in place of `runner/worker.py`, whose plumbing it runs. The signature of a call is
what the model does; its first input, if there is one, comes back as the output `y`, and what was
assigned to its variables as further ones.
"""

import ctypes
import importlib.util
import json
import math
import os
import signal
import sys
import time
import types

import numpy as np

FOLDER = os.environ["MODELINSPECT_RUNNER"]
RUNNER = "tensorboard_plugin_modelinspect.runner"


def load_worker():
    """The real one, as a module."""
    spec = importlib.util.spec_from_file_location("worker", os.path.join(FOLDER, "worker.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def do(what):
    """What the model does to its process; some of it does not return."""
    if what == "hang":
        time.sleep(1000)
    elif what == "hold the lock":  # as native code does that never lets go of the interpreter
        ctypes.PyDLL(None).sleep(1000)
    elif what == "burn":
        while True:
            pass
    elif what == "leave":
        os._exit(7)
    elif what == "abort":
        os.abort()
    elif what == "run out of memory":
        os.write(2, b"terminate called after throwing an instance of 'std::bad_alloc'\n")
        os.abort()
    elif what == "be killed":
        os.kill(os.getpid(), signal.SIGKILL)
    elif what == "flood":
        for _ in range(3000):
            os.write(1, b"x" * 10_000)
    elif what == "print":
        print("a word to stdout")
        os.write(1, b"another\n")
        os.write(2, b"one to stderr\n")
    elif what == "read stdin":
        print("read", len(sys.stdin.read()))
    elif what == "take memory":
        return np.ones(3 << 27).sum()  # 3 GiB
    return None


def look_inside(asked, blocks):
    """A NaN and inner tensors, if they are asked for: `kept` has the values of the first input."""
    watched = [
        {"node": name, "output": 0, "op": "Log", "graph": graph, "calls": ["call"]}
        | {"dtype": "float32", "shape": [2], "size": 2, "finite": 1, "has_values": False}
        | {"reason": "32,000,000 bytes are more than was asked for"}
        for name, graph in asked["watch"]
    ]
    for row in watched:
        if row["node"] == "kept":
            shape = blocks[0].shape
            row |= {"dtype": blocks[0].dtype, "shape": shape, "size": math.prod(shape)}
            row |= {"has_values": True, "reason": "", "finite": None}
    if not asked["find_nan"]:
        return {"watched": watched}
    counts = {"size": 3, "nan": 1, "low": 0, "high": 0, "negative": 0, "zero": 0, "positive": 2}
    tensor = {"output": 0, "graph": "inner", "calls": ["call"], "dtype": "float32", "turns": []}
    source = {**tensor, "node": "mul", "op": "Mul", "counts": {**counts, "nan": 0, "negative": 1}}
    made = {**tensor, "node": "planted/log", "op": "Log", "counts": counts, "inputs": [source]}
    nan = {
        "kind": "nan",
        "made": {**made, "argument": "", "variable": ""},
        "infinity": None,
        "looked_at": 5,
        "with_nan": 2,
        "with_infinity": 0,
        "unseen": [{"reason": "in a condition of a loop", "nodes": 1}],
    }
    return {"watched": watched, "nan": nan}


def serve(requests, answers, token):
    """As `worker_calls.serve`, less TensorFlow."""
    from tensorboard_plugin_modelinspect.runner import worker_limits
    from tensorboard_plugin_modelinspect.runner.frames import read_frame, write_frame

    facts = {"elapsed_s": 0.0, "memory_nbytes": 1, "peak_nbytes": None}
    assigned, what = {}, ""
    while (frame := read_frame(requests, 1 << 30)) is not None:
        worker_limits.allow_cpu(frame.header["cpu_s"])
        if frame.header["ask"] == "load":
            write_frame(answers, {"signatures": [], **facts})
            os.write(2, f"\n{token}\n".encode())
            continue
        if frame.header["ask"] == "assign":
            name = "/".join(frame.header["path"])
            assigned[name] = frame.blocks[0]
            os.write(2, f"\n{token}\n".encode())
            write_frame(answers, {"reason": ""})
            continue
        if frame.header["ask"] == "changed":
            os.write(2, f"\n{token}\n".encode())
            write_frame(answers, {"changed": what == "count"})
            continue
        what, header, blocks = frame.header["signature"], None, frame.blocks
        try:
            do(what)
        except MemoryError:
            header = {"error": {"kind": "memory", "text": "Out of memory."}}
        if what == "fail":
            header = {"error": {"kind": "call", "text": "It does not like that."}}
        elif what == "talk nonsense":
            answers.write(b"\xff" * 100)
            time.sleep(1000)
        elif what == "lie":
            header = {"outputs": [{"key": "y"}], "watched": [], **facts}
        rows = [
            {"key": "y", "dtype": block.dtype, "shape": block.shape, "has_values": True}
            for block in blocks
        ]
        for name, block in assigned.items():
            rows.append({**rows[0], "key": name, "dtype": block.dtype, "shape": block.shape})
        blocks = [*blocks, *assigned.values()]
        sys.stdout.flush()
        os.write(2, f"\n{token}\n".encode())
        failed = header is not None
        header = header or {"outputs": rows, **look_inside(frame.header, blocks), **facts}
        kept = [blocks[0] for row in header.get("watched", ()) if row["has_values"]]
        write_frame(answers, header, [] if failed else [*blocks, *kept])


if __name__ == "__main__":
    calls = types.ModuleType(f"{RUNNER}.worker_calls")
    calls.VERSION, calls.serve = "0.0", serve
    calls.describe_too_old = lambda: os.environ.get("MODELINSPECT_TOO_OLD", "")
    sys.modules[calls.__name__] = calls
    load_worker().main(json.loads(sys.argv[1]))
