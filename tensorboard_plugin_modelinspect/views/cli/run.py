"""`modelinspect run`: in place of `saved_model_cli run`; TensorFlow has a process of its own."""

from __future__ import annotations

from typing import Any

import click

from tensorboard_plugin_modelinspect.errors import BadRequest, Unsupported
from tensorboard_plugin_modelinspect.views.cli.output import json_option

_SECONDS = click.FloatRange(min=0.1)
_PART = click.FloatRange(min=0)
_GIB = click.FloatRange(min=0.01)


@click.command("run")
@click.option("--dir", "folder", metavar="DIR", required=True, help="The SavedModel.")
@click.option("--tag_set", metavar="TAGS", help="The MetaGraph of these tags, a,b.")
@click.option("--signature_def", metavar="KEY", help="What to call; serving_default.")
@click.option("--inputs", metavar="X=FILE;…", default="", help="Inputs from files.")
@click.option("--input_exprs", metavar="X=EXPR;…", default="", help="Inputs as expressions.")
@click.option("--input_examples", metavar="X=[…];…", default="", help="Inputs as tf.Example.")
@click.option("--random", "is_random", is_flag=True, help="Make up the inputs that are missing.")
@click.option("--batch", type=click.IntRange(min=0), default=1, help="Of --random; 1.")
@click.option("--seed", type=click.IntRange(min=0), default=0, help="Of --random; 0.")
@click.option("--outdir", metavar="DIR", help="Write the outputs there, as .npy.")
@click.option("--overwrite/--nooverwrite", help="Let --outdir replace files.")
@click.option("--watch", "watches", metavar="NODE_OR_SCOPE", multiple=True, help="Inner tensors.")
@click.option("--first-nan", is_flag=True, help="Find the node that makes the first NaN.")
@click.option("--restore", metavar="PATH", help="Put a checkpoint's values into it first.")
@click.option("--against", metavar="PATH", help="Compare with another model, or a checkpoint.")
@click.option("--tolerance", metavar="PART", type=_PART, default=0.0, help="Of --against; 0.")
@click.option("--timeout", "timeout_s", metavar="S", type=_SECONDS, help="Longest call.")
@click.option("--memory", "memory_gib", metavar="GIB", type=_GIB, help="Most memory.")
@click.option("--gpu", is_flag=True, help="Let TensorFlow use GPUs.")
@click.option("--python", metavar="FILE", default="", help="The Python with TensorFlow.")
@click.option("--worker", metavar="ADDRESS", help="Refused: nothing is run elsewhere.")
@click.option("--init_tpu/--noinit_tpu", help="Refused: nothing is run on a TPU.")
@click.option("--use_tfrt/--nouse_tfrt", help="Refused: there is no session.")
@click.option("--tf_debug/--notf_debug", help="Refused: --watch gives inner tensors.")
@json_option
def command(
    *,
    worker: str | None,
    init_tpu: bool,
    use_tfrt: bool,
    tf_debug: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Call a signature of a SavedModel and print what it answers.

    Takes the options of TensorFlow's saved_model_cli run and prints the same. Running a model is
    running a program: do it with models you trust. TensorFlow runs in a process of its own.
    """
    if worker is not None or init_tpu:
        name = "--worker" if worker is not None else "--init_tpu"
        raise Unsupported(f"{name}: models are run on this machine, on its CPU or GPU.")
    if use_tfrt:
        raise Unsupported("--use_tfrt: signatures are called as functions, without a session.")
    if tf_debug:
        raise BadRequest("--tf_debug: use --watch NODE_OR_SCOPE for inner tensors.")
    # Imported here: --help lists all commands, and this one needs numpy.
    from tensorboard_plugin_modelinspect.views.cli.run_call import Asked, run_signature

    run_signature(Asked(**options), as_json=as_json)
