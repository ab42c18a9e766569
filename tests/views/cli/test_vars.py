"""`modelinspect vars` against what TensorFlow lists."""

from typing import Any

import pytest

from tests.views.cli.suite import (
    ArtifactCommandTests,
    Case,
    assert_safe_to_print,
    get_case,
    iter_cases,
)

LISTED = [
    case for case in iter_cases() if case.facts.get("tensors") and not case.facts.get("restored")
]


def stored_key(key: str) -> str:
    """A key of the answers, for comparison: those that are not UTF-8 come as hex."""
    return key.encode("utf-8", "surrogateescape").hex()


class TestVars(ArtifactCommandTests):
    name = "vars"

    @pytest.mark.parametrize("case", LISTED, ids=lambda case: case.path.split("corpus/")[1])
    def test_lists_what_tensorflow_lists(self, run: Any, case: Case) -> None:
        """Keys, dtypes and shapes are exactly those of `tf.train.list_variables`."""
        result = run(case.path, "--json")
        assert result.code == 0, result.err
        document = self.check_json(result.out)
        found = [(stored_key(t["key"]), t["dtype"], t["shape"]) for t in document["tensors"]]
        expected = [
            (t.get("key_hex") or stored_key(t["key"]), t["dtype"], t["shape"])
            for t in case.facts["tensors"]
        ]
        assert sorted(found) == sorted(expected)

    @pytest.mark.parametrize("case", LISTED, ids=lambda case: case.path.split("corpus/")[1])
    def test_text_is_safe_and_whole(self, run: Any, case: Case) -> None:
        """The table has a line per tensor, whatever their names, and nothing a terminal obeys."""
        result = run(case.path)
        assert result.code == 0, result.err
        assert_safe_to_print(result.out)
        table = result.out.split("\n\n")[0].splitlines()
        assert len(table) == len(case.facts["tensors"]) + 1

    def test_totals_are_of_the_tensors_listed(self, run: Any) -> None:
        """A filter narrows the totals too, so that a part of a model can be counted."""
        case = get_case("sharded", "four")
        document = self.check_json(run(case.path, "--json", "--filter", "H").out)
        assert [tensor["key"] for tensor in document["tensors"]] == ["h"]
        assert document["totals"]["all"] == {
            "name": "all",
            "tensors": 1,
            "parameters": 9,
            "nbytes": 72,
        }

    def test_aliases_are_counted_once(self, run: Any) -> None:
        """Keras 3 exports hold weights twice: the totals do not, and say what they leave out."""
        case = get_case("keras3_export", "network")
        document = self.check_json(run(case.path, "--json").out)
        aliases = [tensor for tensor in document["tensors"] if tensor["alias_of"]]
        keys = {tensor["key"] for tensor in document["tensors"]}
        assert aliases
        assert {tensor["alias_of"] for tensor in aliases} <= keys
        totals = document["totals"]
        assert totals["aliases"]["tensors"] == len(aliases)
        assert totals["all"]["tensors"] == len(document["tensors"]) - len(aliases)
        assert "alias of" in run(case.path).out

    def test_role_and_order(self, run: Any) -> None:
        """Roles select, `nbytes` puts the largest first, and the default is the file's order."""
        case = get_case("keras3_checkpoint", "written")
        everything = self.check_json(run(case.path, "--json").out)["tensors"]
        keys = [tensor["key"] for tensor in everything]
        assert keys == sorted(keys, key=lambda key: key.encode())
        largest = self.check_json(run(case.path, "--json", "--sort", "nbytes").out)["tensors"]
        sizes = [tensor["nbytes"] for tensor in largest]
        assert sizes == sorted(sizes, reverse=True)
        by_name = self.check_json(run(case.path, "--json", "--sort", "name").out)["tensors"]
        assert [t["name"] for t in by_name] == sorted(t["name"] for t in everything)
        some = self.check_json(
            run(case.path, "--json", "--role", "optimizer", "--role", "counter").out
        )
        assert [t for t in everything if t["role"] in ("optimizer", "counter")] == some["tensors"]

    def test_nothing_left_says_so(self, run: Any) -> None:
        """An empty result is a sentence, not an empty page."""
        assert run(get_case("sharded", "four").path, "--filter", "nowhere").out.startswith(
            "no tensors"
        )
