"""`modelinspect vars` against what TensorFlow lists."""

from typing import Any

import pytest

from tests.support.corpus import Recorded, params
from tests.views.cli.suite import ArtifactCommandTests, assert_safe_to_print, get_artifact, readable

LISTED = [
    artifact
    for artifact in readable()
    if artifact.answers.get("tensors") and not artifact.answers.get("restored")
]


def stored_key(key: str) -> str:
    """A key of the answers, for comparison: those that are not UTF-8 come as hex."""
    return key.encode("utf-8", "surrogateescape").hex()


class TestVars(ArtifactCommandTests):
    name = "vars"

    @pytest.mark.parametrize("artifact", params(LISTED))
    def test_lists_what_tensorflow_lists(self, run: Any, artifact: Recorded) -> None:
        """Keys, dtypes and shapes are exactly those of `tf.train.list_variables`."""
        result = run(str(artifact.path), "--json")
        assert result.code == 0, result.err
        document = self.check_json(result.out)
        found = [(stored_key(t["key"]), t["dtype"], t["shape"]) for t in document["tensors"]]
        expected = [
            (t.get("key_hex") or stored_key(t["key"]), t["dtype"], t["shape"])
            for t in artifact.answers["tensors"]
        ]
        assert sorted(found) == sorted(expected)

    @pytest.mark.parametrize("artifact", params(LISTED))
    def test_text_is_safe_and_whole(self, run: Any, artifact: Recorded) -> None:
        """The table has a line per tensor, whatever their names, and nothing a terminal obeys."""
        result = run(str(artifact.path))
        assert result.code == 0, result.err
        assert_safe_to_print(result.out)
        table = result.out.split("\n\n")[0].splitlines()
        assert len(table) == len(artifact.answers["tensors"]) + 1

    def test_totals_are_of_the_tensors_listed(self, run: Any) -> None:
        """A filter narrows the totals too, so that a part of a model can be counted."""
        artifact = get_artifact("sharded/four")
        document = self.check_json(run(str(artifact.path), "--json", "--filter", "H").out)
        assert [tensor["key"] for tensor in document["tensors"]] == ["h"]
        assert document["totals"]["all"] == {
            "name": "all",
            "tensors": 1,
            "parameters": 9,
            "nbytes": 72,
        }

    def test_aliases_are_counted_once(self, run: Any) -> None:
        """Keras 3 exports hold weights twice: the totals do not, and say what they leave out."""
        artifact = get_artifact("keras3_export/network")
        document = self.check_json(run(str(artifact.path), "--json").out)
        aliases = [tensor for tensor in document["tensors"] if tensor["alias_of"]]
        keys = {tensor["key"] for tensor in document["tensors"]}
        assert aliases
        assert {tensor["alias_of"] for tensor in aliases} <= keys
        totals = document["totals"]
        assert totals["aliases"]["tensors"] == len(aliases)
        assert totals["all"]["tensors"] == len(document["tensors"]) - len(aliases)
        assert "alias of" in run(str(artifact.path)).out

    def test_role_and_order(self, run: Any) -> None:
        """Roles select, `nbytes` puts the largest first, and the default is the file's order."""

        def list_tensors(*options: str) -> list[dict[str, Any]]:
            path = str(get_artifact("keras3_checkpoint/written").path)
            tensors = self.check_json(run(path, "--json", *options).out)["tensors"]
            assert isinstance(tensors, list)
            return tensors

        everything = list_tensors()
        keys = [tensor["key"] for tensor in everything]
        assert keys == sorted(keys, key=lambda key: key.encode())
        sizes = [tensor["nbytes"] for tensor in list_tensors("--sort", "nbytes")]
        assert sizes == sorted(sizes, reverse=True)
        names = [tensor["name"] for tensor in list_tensors("--sort", "name")]
        assert names == sorted(tensor["name"] for tensor in everything)
        assert list_tensors("--role", "optimizer", "--role", "counter") == [
            tensor for tensor in everything if tensor["role"] in ("optimizer", "counter")
        ]

    def test_nothing_left_says_so(self, run: Any) -> None:
        """An empty result is a sentence, not an empty page."""
        path = str(get_artifact("sharded/four").path)
        assert run(path, "--filter", "nowhere").out.startswith("no tensors")
