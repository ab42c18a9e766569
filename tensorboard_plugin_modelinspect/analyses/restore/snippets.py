"""What to paste: each snippet only where it holds for the two artifacts at hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tensorboard_plugin_modelinspect.analyses.restore import keras
from tensorboard_plugin_modelinspect.analyses.restore.graph import graph_of
from tensorboard_plugin_modelinspect.analyses.restore.nearest import SAME_NAME_SCORE
from tensorboard_plugin_modelinspect.analyses.restore.objects import Bound
from tensorboard_plugin_modelinspect.analyses.restore.python import (
    CHECKPOINT,
    Expressions,
    dictionary,
    make_checkpoint,
    quoted,
)
from tensorboard_plugin_modelinspect.analyses.restore.renaming import find_renamed_call
from tensorboard_plugin_modelinspect.analyses.restore.result import (
    Method,
    Options,
    RestoreCheck,
    Row,
    Side,
    Snippet,
)
from tensorboard_plugin_modelinspect.model.artifact import Artifact

_MOST_NAMED = 10
_MOST_MAPPED = 200
_LEAST_SCORE = 0.6


def call_of(
    method: Method,
    checkpoint: Artifact,
    target: Artifact,
    options: Options,
    bound: Bound | None = None,
) -> str:
    """The call that is simulated, as Python."""
    path = quoted(checkpoint.path)
    if bound is not None:
        call = "read" if options.read else "restore"
        return f"{attached_call(bound, target)}.{call}({path})"
    if method == "name":
        if target.objects is not None and target.objects.trackables:
            return f"{Expressions(target, graph_of(target)).restore_root()}.restore({path})"
        return f"tf.compat.v1.train.Saver().restore(session, {path})"
    return load_weights_call(checkpoint, options)


def load_weights_call(checkpoint: Artifact, options: Options) -> str:
    """The call of Keras."""
    arguments = [quoted(checkpoint.path)]
    arguments += ["by_name=True"] if options.by_name else []
    arguments += ["skip_mismatch=True"] if options.skip_mismatch else []
    return f"model.load_weights({', '.join(arguments)})"


def attached_call(bound: Bound, target: Artifact) -> str:
    """The `tf.train.Checkpoint` that binds the objects so."""
    words = Expressions(target, bound.target)
    if not bound.start:
        return words.restore_root() if not bound.root else f"{CHECKPOINT}({words.at(bound.root)})"
    made = words.at(bound.root)
    for name in reversed(bound.checkpoint.path(bound.start).split(".")):
        made = make_checkpoint({name: made})
    return made


def make_snippets(
    result: RestoreCheck,
    checkpoint: Artifact,
    target: Artifact,
    options: Options,
    bound: Bound | None = None,
) -> RestoreCheck:
    """The result with all that can be pasted."""
    if bound is not None:
        made = _of_objects(result, checkpoint, target, bound)
    elif result.method == "name":
        made = _of_names(result, checkpoint, target)
    else:
        made = _of_keras(result, checkpoint, target, options)
    return replace(result, snippets=tuple(made))


def _of_objects(
    result: RestoreCheck, checkpoint: Artifact, target: Artifact, bound: Bound
) -> Iterator[Snippet]:
    renamed = None
    if result.failure is None and not result.fits:
        renamed = find_renamed_call(bound, target)
    if renamed is not None:
        code = f"status = {renamed.call}.restore({quoted(checkpoint.path)})"
        pairs = ", ".join(f"`{old}` is `{new}` here" for old, new in renamed.pairs[:_MOST_NAMED])
        note = f"Objects that go by another name in the checkpoint: {pairs}. Restores"
        note += f" {renamed.matched:,} of {len(bound.target.owners):,} variables."
        yield Snippet("rename", "Restore under the names of the checkpoint", code, note)
    elif result.failure is None and not result.fits:
        # Such as what Keras exports: all variables in one list, which fits no checkpoint of it.
        guessed = _guessed(result, SAME_NAME_SCORE)
        if guessed:
            yield _assigning(quoted(checkpoint.path), guessed, target, _note_of_guesses(result))
    if result.restored and result.failure is None:
        yield _restoring(result)
    if result.failure is None and result.assert_consumed is not None and result.restored:
        yield _expecting_partial(result)


def _restoring(result: RestoreCheck) -> Snippet:
    lines = [f"status = {result.call}"]
    note = ""
    failure = result.assert_existing_objects_matched
    if failure is not None and not failure.keys:
        # Nothing but the counter that `restore` makes, and `read` does not.
        lines = [f"status = {result.call.replace(').restore(', ').read(')}"]
        lines.append("status.assert_existing_objects_matched()")
        note = "The checkpoint was written without a `save_counter`, which `restore` would miss."
    elif result.assert_consumed is None:
        lines.append("status.assert_consumed()")
        note = "Everything on both sides is used."
    elif result.assert_existing_objects_matched is None:
        lines.append("status.assert_existing_objects_matched()")
        note = "Every variable of the target is restored; the checkpoint has more."
    return Snippet("checkpoint", "Restore what fits", "\n".join(lines), note)


def _expecting_partial(result: RestoreCheck) -> Snippet:
    unused = [row for row in result.rows if row.status == "unused"]
    kept = [row for row in result.rows if row.target is not None and not row.is_restored]
    note = (
        f"Silences the warnings about {len(unused):,} values of the checkpoint that nothing asks"
        f" for: {_named(unused)}."
        if unused
        else "There is nothing in the checkpoint that it would silence."
    )
    if kept:
        note += (
            f" It changes nothing for {len(kept):,} variables of the target that keep their values"
            f" without any warning: {_named(kept)}."
        )
    code = f"{result.call}.expect_partial()"
    return Snippet("expect_partial", "Silence the warnings", code, note)


def _named(rows: list[Row]) -> str:
    shown = ", ".join(row.looked_for or row.side.name for row in rows[:_MOST_NAMED])
    more = len(rows) - _MOST_NAMED
    return f"{shown} and {more:,} more" if more > 0 else shown


def _of_names(result: RestoreCheck, checkpoint: Artifact, target: Artifact) -> Iterator[Snippet]:
    if result.fits:
        yield Snippet("restore", "Restore", result.call)
    pairs = _guessed(result)
    if not pairs:
        return
    path = quoted(checkpoint.path)
    note = _note_of_guesses(result)
    if target.objects is not None and target.objects.trackables:
        yield _assigning(path, pairs, target, note)
    elif target.kind in ("checkpoint", "meta_graph", "saved_model"):
        names = [(source.key, quoted(wanted.key)) for wanted, source in pairs]
        mapping = dictionary(names)
        code = (
            f"tf.compat.v1.train.init_from_checkpoint(\n    {path},\n    {_indented(mapping)},\n)"
        )
        yield Snippet("assignment_map", "Initialize under the checkpoint's names", code, note)
        lookup = "{variable.op.name: variable for variable in tf.compat.v1.global_variables()}"
        held = dictionary((source.key, f"names[{quoted(one.key)}]") for one, source in pairs)
        code = (
            f"names = {lookup}\nsaver = tf.compat.v1.train.Saver({held})\n"
            f"saver.restore(session, {path})"
        )
        yield Snippet("rename", "Restore under the checkpoint's names", code, note)


def _indented(text: str) -> str:
    return text.replace("\n", "\n    ")


class _Named:
    """Expression of a variable of a target with objects."""

    def __init__(self, target: Artifact) -> None:
        self._graph = graph_of(target)
        self._words = Expressions(target, self._graph)

    def at(self, key: str) -> str:
        return self._words.at(self._graph.owners[key])


def _assigning(path: str, pairs: list[tuple[Side, Side]], target: Artifact, note: str) -> Snippet:
    named = _Named(target)
    lines = "".join(f"    ({named.at(one.key)}, {quoted(source.key)}),\n" for one, source in pairs)
    code = (
        f"reader = tf.train.load_checkpoint({path})\nvariables = [\n{lines}]\n"
        "for variable, name in variables:\n    variable.assign(reader.get_tensor(name))"
    )
    return Snippet("rename", "Assign by the checkpoint's names", code, note)


def _guessed(result: RestoreCheck, least_score: float = _LEAST_SCORE) -> list[tuple[Side, Side]]:
    """Variables of the target with what they are restored from or may be, if that is one thing.

    Empty if nothing is guessed, or too much to paste.
    """
    held = {row.checkpoint.key: row.checkpoint for row in result.rows if row.checkpoint}
    pairs, taken, guesses = [], set(), 0
    for row in result.rows:
        if row.target is None:
            continue
        source = row.checkpoint if row.status == "matched" else None
        if row.status == "missing" and row.nearest:
            best, *others = row.nearest
            is_clear = not others or others[0].score < best.score
            found = held.get(best.key)
            if (
                is_clear
                and best.score >= least_score
                and found
                and found.shape == row.target.shape
                # What is stored twice in the target has one content and one name.
                and (best.score >= SAME_NAME_SCORE or found.key not in taken)
            ):
                source = found
                guesses += 1
        if source is not None:
            taken.add(source.key)
            pairs.append((row.target, source))
    return pairs if guesses and len(pairs) <= _MOST_MAPPED else []


def _note_of_guesses(result: RestoreCheck) -> str:
    missing = sum(row.status == "missing" for row in result.rows)
    return (
        "Guessed from contents, shapes and names for variables that are missing"
        f" ({missing:,}): check it."
    )


def _of_keras(
    result: RestoreCheck, checkpoint: Artifact, target: Artifact, options: Options
) -> Iterator[Snippet]:
    """The call as it is if it restores all, else every variant that does not fail."""
    if result.fits:
        yield Snippet("load_weights", "Load the weights", result.call)
        return
    for variant in _variants(result.method, options):
        if result.method == "keras_weights":
            found = keras.load_by_path(checkpoint, target, skip_mismatch=variant.skip_mismatch)
        else:
            load = keras.load_by_name if variant.by_name else keras.load_by_topology
            found = load(checkpoint, target, skip_mismatch=variant.skip_mismatch)
        if found.failure is None and found.restored:
            kept = [one.key for one in found.wanted if one.key not in found.restored]
            note = f"Loads {len(found.restored):,} of {len(found.wanted):,} variables."
            if kept:
                shown = ", ".join(target.tensors[key].name for key in kept[:_MOST_NAMED])
                more = " and more" if len(kept) > _MOST_NAMED else ""
                note += f" These keep their values: {shown}{more}."
            code = load_weights_call(checkpoint, variant)
            yield Snippet("load_weights", _title(variant), code, note)


def _variants(method: Method, options: Options) -> Iterator[Options]:
    for by_name in (False, True) if method == "keras_h5" else (False,):
        for skip in (False, True):
            yield replace(options, by_name=by_name, skip_mismatch=skip)


def _title(options: Options) -> str:
    words = ["Load the weights"]
    words += ["by the names of layers"] if options.by_name else []
    words += ["and leave out what does not fit"] if options.skip_mismatch else []
    return " ".join(words)
