"""The doctor on graphs of every odd form: what it attaches, explains, guesses and suggests."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tensorboard_plugin_modelinspect.analyses.restore.check import check_restore
from tensorboard_plugin_modelinspect.analyses.restore.result import Options, RestoreCheck
from tensorboard_plugin_modelinspect.errors import BadRequest
from tensorboard_plugin_modelinspect.model.artifact import Artifact, FileInfo, StoredSlice
from tests.analyses.restore.graphs import Maker, artifact, tensor

LAYER = {"kernel": (2, 3), "bias": (3,)}
NET = {"encoder": LAYER, "head": {"kernel": (3, 1), "bias": (1,)}}
ROOT = Options(attach="")


def snippet(result: RestoreCheck, kind: str) -> str:
    """Code of the one snippet of a kind; empty without."""
    return "".join(one.code for one in result.snippets if one.kind == kind)


def reasons(result: RestoreCheck, status: str) -> set[str]:
    return {row.reason for row in result.rows if row.status == status}


def test_the_same_fits() -> None:
    """Nothing is missing, nothing left over, and the call says so."""
    result = check_restore(artifact({"model": NET}), artifact({"model": NET}))
    assert result.fits
    assert (result.restored, result.total) == (4, 4)
    assert result.call == 'tf.train.Checkpoint(model=model).restore("ckpt")'
    assert not any(row.nearest or row.reason for row in result.rows)


@pytest.mark.parametrize(
    ("checkpoint", "target", "attached", "call"),
    [
        ({"model": NET}, NET, ("model", ""), "tf.train.Checkpoint(model="),
        (NET, {"model": NET}, ("", "model"), "tf.train.Checkpoint(model)"),
        ({"net": NET}, {"model": NET}, ("net", "model"), "tf.train.Checkpoint(net=model)"),
        (
            {"train": {"model": NET, "step": ()}},
            NET,
            ("train.model", ""),
            "tf.train.Checkpoint(train=tf.train.Checkpoint(model=",
        ),
    ],
)
def test_attachments(
    checkpoint: dict[str, object], target: dict[str, object], attached: object, call: str
) -> None:
    """The object that is one step off is found on either side, and the call binds it so."""
    result = check_restore(artifact(checkpoint), artifact(target))
    assert (result.attachment.checkpoint, result.attachment.target) == attached
    assert result.fits
    assert result.call.startswith(call)
    assert result.attachments[0].is_plain
    assert result.attachments[0].matched == 0
    plain = check_restore(artifact(checkpoint), artifact(target), ROOT)
    assert not plain.restored


def test_a_small_part_is_no_attachment() -> None:
    """Two layers that happen to fit are no place for a whole model."""
    many = {f"layer_{number}": LAYER for number in range(9)}
    other = {f"block_{number}": LAYER for number in range(9)}
    result = check_restore(artifact({"model": many}), artifact({"model": other}))
    assert result.attachment.is_plain


def test_attach_to_what_is_not_there() -> None:
    """An unknown path is the user's error, and so are options of another method."""
    one = artifact(NET)
    for options in (
        Options(attach="nothing"),
        Options(by_name=True),
        Options(skip_mismatch=True),
        Options(var_list={}),
        Options(method="keras_weights"),
        Options(method="name", read=True),
    ):
        with pytest.raises(BadRequest):
            check_restore(one, one, options)


def test_a_renamed_object_is_found() -> None:
    """The reason says where the way ends, and the call restores under the old names."""
    target = {"model": {"backbone": LAYER, "head": NET["head"]}}
    result = check_restore(artifact({"model": NET}), artifact(target))
    assert result.counts["missing"] == result.counts["unused"] == 2
    assert "The checkpoint's `model` has no `backbone`; it has `encoder`, `head`." in reasons(
        result, "missing"
    )
    assert "The target's `model` has no `encoder`." in reasons(result, "unused")
    assert "encoder=model.backbone, head=model.head" in snippet(result, "rename")
    missing = next(row for row in result.rows if row.status == "missing")
    assert missing.nearest[0].key.startswith("model/encoder/")
    assert "same shape" in missing.nearest[0].reason


def test_variables_in_a_list_are_assigned_by_their_readable_names() -> None:
    """What Keras exports holds its variables in lists: no path leads to them, but names do."""
    checkpoint = artifact({"model": {"encoder": LAYER, "head": LAYER}})
    target = artifact({"variables": {str(number): LAYER["kernel"] for number in range(2)}})
    for number, name in enumerate(("head/kernel", "encoder/kernel")):
        key = f"variables/{number}/.ATTRIBUTES/VARIABLE_VALUE"
        target.tensors[key] = target.tensors[key]._replace(name=f"model/{name}")
    assert snippet(check_restore(checkpoint, target), "rename").splitlines()[2:4] == [
        '    (model.variables[0], "model/head/kernel/.ATTRIBUTES/VARIABLE_VALUE"),',
        '    (model.variables[1], "model/encoder/kernel/.ATTRIBUTES/VARIABLE_VALUE"),',
    ]


def test_a_namesake_is_found_among_thousands_of_one_shape() -> None:
    """Few of one shape are compared; a readable name leads straight to its own."""
    checkpoint = artifact({"model": {f"b{number}": LAYER for number in range(100)}})
    for number in range(100):
        key = f"model/b{number}/kernel/.ATTRIBUTES/VARIABLE_VALUE"
        tensor = checkpoint.tensors[key]
        checkpoint.tensors[key] = tensor._replace(name=f"net/block_{number}/kernel")
    target = artifact({"variables": {"0": LAYER["kernel"]}})
    key = "variables/0/.ATTRIBUTES/VARIABLE_VALUE"
    target.tensors[key] = target.tensors[key]._replace(name="net/block_77/kernel")
    [row] = [one for one in check_restore(checkpoint, target).rows if one.target is not None]
    assert row.nearest[0].name == "model/b77/kernel"


def test_no_rename_where_two_could_be_meant() -> None:
    """Two objects that fit equally well are no guess."""
    checkpoint = artifact({"model": {"a": LAYER, "b": LAYER}})
    target = artifact({"model": {"c": LAYER, "d": LAYER}})
    assert not snippet(check_restore(checkpoint, target), "rename")


def test_what_expect_partial_silences() -> None:
    """Warnings about what is left over; variables that keep their values never had any."""
    checkpoint = artifact({"model": NET, "extra": {"w": (5,)}})
    target = artifact({"model": NET, "other": {"v": (7,)}})
    result = check_restore(checkpoint, target)
    note = next(one.note for one in result.snippets if one.kind == "expect_partial")
    assert "1 values of the checkpoint that nothing asks for: extra.w" in note
    assert "1 variables of the target that keep their values without any warning: other.v" in note


def test_equal_content_is_the_nearest() -> None:
    """A checksum tells more than a name."""
    checkpoint, target = artifact({"a": (3,), "c": (3,)}), artifact({"b": (3,), "c": (3,)})
    for one in (checkpoint, target):
        for number, (key, found) in enumerate(list(one.tensors.items())):
            one.tensors[key] = found._replace(crc32c=number)  # type: ignore[index]
    row = next(row for row in check_restore(checkpoint, target, ROOT).rows if not row.checkpoint)
    assert (row.nearest[0].name, row.nearest[0].score, row.nearest[0].reason) == (
        "a", 1.0, "same content",
    )  # fmt: skip


def test_slots_that_the_optimizer_makes() -> None:
    """A slot that the target lacks is made, if optimizer and variable are both there."""
    checkpoint = Maker()
    checkpoint.add({"v": (2,), "optimizer": {"rate": ()}}, "")
    slot = checkpoint.add((2,), "v/.OPTIMIZER_SLOT/optimizer/m")
    checkpoint.slot(2, "m", 1, slot)
    result = check_restore(
        checkpoint.artifact(), artifact({"v": (2,), "optimizer": {"rate": ()}}), ROOT
    )
    assert result.fits
    assert result.total == 3
    without = check_restore(checkpoint.artifact(), artifact({"v": (2,)}), ROOT)
    assert without.counts["unused"] == 2


def test_circles_and_chains_end() -> None:
    """Objects that hold each other, and a chain that is longer than any stack."""
    maker = Maker()
    maker.add({"a": {"b": {"w": (1,)}}}, "")
    maker.link(2, "back", 0)
    maker.link(0, "self", 0)
    circle = maker.artifact()
    assert check_restore(circle, circle).fits
    chain = Maker()
    chain.add({}, "")
    for number in range(20_000):
        chain.nodes[number] = chain.nodes[number]._replace(children=(("next", number + 1),))
        chain.nodes.append(chain.nodes[0]._replace(children=()))
    assert check_restore(chain.artifact(), chain.artifact(), ROOT).total == 0


def test_empty_sides() -> None:
    """Nothing restores nothing; what is there is missing or unused."""
    empty = artifact({})
    assert check_restore(empty, empty).fits
    assert check_restore(empty, artifact(NET)).counts["missing"] == 4
    assert check_restore(artifact(NET), empty).counts["unused"] == 4


def test_a_shard_that_is_missing() -> None:
    """Then the call fails, and nothing counts as restored."""
    broken = replace(artifact(NET), files=(FileInfo("ckpt.data-00000-of-00001", None),))
    result = check_restore(broken, artifact(NET))
    assert result.failure is not None
    assert result.failure.type == "NotFoundError"
    assert result.restored == 0


def named(*shapes: tuple[str, tuple[int, ...]]) -> Artifact:
    """A checkpoint by names."""
    tensors = {name: tensor(name, shape) for name, shape in shapes}
    return Artifact("model.ckpt-1", "checkpoint", (), tensors)


def test_names_of_another_scope() -> None:
    """The map that is guessed is complete, and both snippets have it."""
    checkpoint = named(("net/w", (2, 3)), ("net/b", (3,)), ("step", ()))
    target = named(("model/w", (2, 3)), ("model/b", (3,)), ("step", ()))
    result = check_restore(checkpoint, target)
    assert (result.method, result.restored) == ("name", 0)
    for kind in ("assignment_map", "rename"):
        assert '"net/w": ' in snippet(result, kind)
        assert '"step": ' in snippet(result, kind)
    renames = {"model/w": "net/w", "model/b": "net/b", "step": "step"}
    assert check_restore(checkpoint, target, Options(var_list=renames)).fits


def test_an_object_graph_that_cannot_be_read() -> None:
    """Its own entry is no variable."""
    one = named(("_CHECKPOINTABLE_OBJECT_GRAPH", ()), ("w/.ATTRIBUTES/VARIABLE_VALUE", (2,)))
    result = check_restore(one, one)
    assert (result.restored, result.total) == (1, 1)


def test_slices_that_are_not_all_there() -> None:
    """A partitioned tensor of which a slice is missing is stored in part."""
    checkpoint = replace(named(("w", (4, 2))), slices=(StoredSlice("w/0", "w", (1, 2)),))
    result = check_restore(checkpoint, named(("w", (4, 2))))
    assert [row.status for row in result.rows] == ["partial"]
    assert not result.fits


def test_formats_of_different_libraries_are_paired_by_name() -> None:
    """No call does that, so that it does not fit, and a note says so."""
    checkpoint = replace(named(("dense/kernel", (2, 3))), kind="h5")
    result = check_restore(checkpoint, named(("dense/kernel", (2, 3))))
    assert (result.restored, result.call, result.fits) == (1, "", False)
    assert any("No call restores" in note for note in result.notes)


def test_thousands_of_one_shape() -> None:
    """Thousands on each side, all of one shape and none of one name, end soon."""
    checkpoint = artifact({"model": {f"a_{number}": (3,) for number in range(5000)}})
    target = artifact({"model": {f"b_{number}": (3,) for number in range(5000)}})
    result = check_restore(checkpoint, target)
    assert result.counts["missing"] == result.counts["unused"] == 5000
