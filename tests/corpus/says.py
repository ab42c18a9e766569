"""What TensorFlow says about a damaged file, asked in a process of its own because it may abort."""

import json
import re
import signal
import subprocess
import sys

TIMEOUT_S = 120


def ask(kind: str, path: str) -> dict[str, str]:
    """The first thing that goes wrong when TensorFlow reads an artifact.

    Args:
        kind: `checkpoint` or `saved_model`.
        path: Relative to the working directory, so that messages name no folder of one machine.

    Returns:
        `stage` (the last step begun: open, list, read, load), `type` (exception class, a signal's
        name, or `none` where TensorFlow sees nothing wrong) and `message`.
    """
    command = [sys.executable, __file__, kind, path]
    child = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    lines = [json.loads(line) for line in child.stdout.splitlines() if line.startswith("{")]
    answer = {key: value for line in lines for key, value in line.items()}
    if child.returncode < 0:
        answer |= {
            "type": signal.Signals(-child.returncode).name,
            "message": _fatal_line(child.stderr),
        }
    return answer


def _fatal_line(stderr: str) -> str:
    """The text of the log line at level F, without time, process and place."""
    fatal = [line for line in stderr.splitlines() if re.match(r"(F\d{4}|\S+ \S+: F) ", line)]
    return fatal[-1].partition("] ")[2] if fatal else ""


def _say(**fields: str) -> None:
    print(json.dumps(fields), flush=True)


def _read_checkpoint(prefix: str) -> None:
    import tensorflow as tf

    _say(stage="open")
    reader = tf.train.load_checkpoint(prefix)
    _say(stage="list")
    keys = sorted(reader.get_variable_to_shape_map())
    for key in keys:
        _say(stage="read", key=key)
        reader.get_tensor(key)


def _load_saved_model(folder: str) -> None:
    import tensorflow as tf

    _say(stage="load")
    tf.saved_model.load(folder)


def _main(kind: str, path: str) -> None:
    steps = {"checkpoint": _read_checkpoint, "saved_model": _load_saved_model}
    try:
        steps[kind](path)
    except Exception as error:  # noqa: BLE001 - the class is the answer
        _say(type=type(error).__name__, message=str(error))
    else:
        _say(type="none", message="")


if __name__ == "__main__":
    _main(*sys.argv[1:])
