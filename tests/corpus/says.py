"""What TensorFlow says about damaged files, asked in a process of its own because it may abort."""

import json
import re
import signal
import subprocess
import sys

TIMEOUT_S = 600

Answer = dict[str, str]


def ask(kinds: dict[str, str]) -> dict[str, Answer]:
    """The first thing that goes wrong when TensorFlow reads each artifact.

    Args:
        kinds: `checkpoint` or `saved_model` by path. Paths are relative to the working directory,
            so that messages name no folder of one machine.

    Returns:
        By path: `stage` (the last step begun: open, list, read, load), `key` (of the tensor being
        read), `type` (exception class, a signal's name, or `none` where TensorFlow sees nothing
        wrong) and `message`.
    """
    answers: dict[str, Answer] = {}
    waiting = dict(kinds)
    while waiting:
        answers |= _ask_until_it_aborts(waiting)
        waiting = {path: kind for path, kind in waiting.items() if path not in answers}
    return answers


def _ask_until_it_aborts(kinds: dict[str, str]) -> dict[str, Answer]:
    command = [sys.executable, __file__, json.dumps(kinds)]
    child = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    answers: dict[str, Answer] = {}
    for line in child.stdout.splitlines():
        said = json.loads(line)
        answers.setdefault(said.pop("path"), {}).update(said)
    if child.returncode < 0:
        name = signal.Signals(-child.returncode).name
        answers[list(answers)[-1]] |= {"type": name, "message": _fatal_line(child.stderr)}
    elif child.returncode > 0:
        raise RuntimeError(child.stderr)
    return answers


def _fatal_line(stderr: str) -> str:
    """The text of the log line at level F, without time, process and place."""
    fatal = [line for line in stderr.splitlines() if re.match(r"(F\d{4}|\S+ \S+: F) ", line)]
    return fatal[-1].partition("] ")[2] if fatal else ""


def _say(path: str, **fields: str) -> None:
    print(json.dumps({"path": path, **fields}), flush=True)


def _read_checkpoint(prefix: str) -> None:
    import tensorflow as tf

    _say(prefix, stage="open")
    reader = tf.train.load_checkpoint(prefix)
    _say(prefix, stage="list")
    for key in sorted(reader.get_variable_to_shape_map()):
        _say(prefix, stage="read", key=key)
        reader.get_tensor(key)


def _load_saved_model(folder: str) -> None:
    import tensorflow as tf

    _say(folder, stage="load")
    tf.saved_model.load(folder)


def _main(kinds: dict[str, str]) -> None:
    steps = {"checkpoint": _read_checkpoint, "saved_model": _load_saved_model}
    for path, kind in kinds.items():
        try:
            steps[kind](path)
        except Exception as error:  # noqa: BLE001 - the class is the answer
            _say(path, type=type(error).__name__, message=str(error))
        else:
            _say(path, type="none", message="")


if __name__ == "__main__":
    _main(json.loads(sys.argv[1]))
