"""`modelinspect show`: what an artifact is, or what TensorFlow's `saved_model_cli show` prints."""

from __future__ import annotations

import click

from tensorboard_plugin_modelinspect.errors import BadRequest
from tensorboard_plugin_modelinspect.views.cli.output import json_option


@click.command("show")
@click.argument("path", required=False)
@click.option("--document", "name", metavar="NAME", help="Print one of its documents instead.")
@click.option("--dir", "folder", metavar="DIR", help="A SavedModel, as saved_model_cli shows it.")
@click.option("--all/--noall", "is_all", help="With --dir: everything.")
@click.option("--tag_set", metavar="TAGS", help="With --dir: the MetaGraph of these, a,b.")
@click.option("--signature_def", metavar="KEY", help="With --tag_set: inputs and outputs of this.")
@click.option("--list_ops/--nolist_ops", help="With --tag_set: the ops too.")
@json_option
def command(
    path: str | None,
    name: str | None,
    folder: str | None,
    tag_set: str | None,
    signature_def: str | None,
    *,
    is_all: bool,
    list_ops: bool,
    as_json: bool,
) -> None:
    """Say what an artifact is: state, files, versions, signatures, documents, totals, assets.

    PATH is a SavedModel folder, a checkpoint prefix, a Keras, HDF5, graph or .meta file, or a
    folder with a `checkpoint` file (then its newest). For its tensors: modelinspect vars PATH

    With --dir instead of PATH: prints what TensorFlow's saved_model_cli show prints, without
    TensorFlow. Alone it lists the tag-sets; --tag_set lists the signatures of one.
    """
    # Each is imported when it is asked for: the one without variables starts in half the time.
    if folder is not None:
        if path is not None or name is not None:
            raise BadRequest("--dir takes the place of PATH: leave out PATH and --document.")
        from tensorboard_plugin_modelinspect.views.cli.show_dir import Asked, show_dir

        show_dir(folder, Asked(is_all, tag_set, signature_def, list_ops), as_json=as_json)
        return
    if is_all or list_ops or tag_set is not None or signature_def is not None:
        raise BadRequest("--all, --tag_set, --signature_def and --list_ops need --dir DIR.")
    if path is None:
        missing = "Missing PATH, or a SavedModel's folder by --dir DIR."
        raise click.UsageError(missing, click.get_current_context())
    from tensorboard_plugin_modelinspect.views.cli.summary import show_document, show_summary

    if name is None:
        show_summary(path, as_json=as_json)
    elif as_json:
        raise BadRequest("--document prints the document as it is: leave out --json.")
    else:
        show_document(path, name)
