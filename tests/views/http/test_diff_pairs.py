"""The routes `api/diff_pair` and `api/diff_picture`: one pair of tensors."""

from __future__ import annotations

import pytest

from tensorboard_plugin_modelinspect.views.http import comparisons
from tests.views.http.diff_support import SidesTests, finish, get


class PairTests(SidesTests):
    """A route about one pair."""

    def parameters(self, tab):
        """A kernel that training changed."""
        sides = super().parameters(tab)
        pairs = get(tab, "diff", sides)["pairs"]
        places = zip(pairs["pair"], pairs["dtype"], pairs["shape"], strict=True)
        place = next(pair for pair, dtype, shape in places if dtype == "float32" and shape)
        return {**sides, "pair": str(place)}

    @pytest.mark.parametrize(("pair", "status"), [("x", 400), ("-1", 400), ("1,2", 400),
                                                  ("99999", 404)])  # fmt: skip
    def test_pairs_that_are_none(self, tab, asked, pair, status):
        """Refused with words."""
        path, parameters = asked
        assert get(tab, path[4:], {**parameters, "pair": pair}, status)["error"]["message"]


class TestDiffPair(PairTests):
    """`api/diff_pair`."""

    route = "diff_pair"

    def test_a_small_pair_is_read_at_once(self, two):
        """Numbers, where they come from, and a histogram of the differences."""
        values = two.get("diff_pair", pair=two.place("b_kernel"))["values"]
        assert (values["differing"], values["first"], values["max_at"]) == (2, [1, 2], [1, 2])
        assert (values["max_abs"], values["text"]["max_abs"]) == (0.5, "0.5")
        assert sum(values["histogram"]["counts"]) == 1
        values = two.get("diff_pair", pair=two.place("d_type"))["values"]
        assert (values["compared_as"], values["rounding"], values["differing"]) == (
            "float64",
            True,
            0,
        )

    def test_a_large_one_is_not(self, two, monkeypatch):
        """It says what reading it takes, until it was read with the others."""
        monkeypatch.setattr(comparisons, "AT_ONCE_NBYTES", 10)
        place = two.place("b_kernel")
        answer = two.get("diff_pair", pair=place)
        assert (answer["values"], answer["error"], answer["unread_nbytes"]) == (None, None, 96)
        finish(two.tab, two.sides())
        assert two.get("diff_pair", pair=place)["values"]["differing"] == 2

    @pytest.mark.parametrize("key", ["a_same", "c_gone", "e_shape"])
    def test_reading_tells_no_more(self, two, key):
        """Of equal checksums, of one alone and of other shapes nothing is read."""
        answer = two.get("diff_pair", pair=two.place(key))
        assert (answer["values"], answer["error"], answer["unread_nbytes"]) == (None, None, 0)


class TestDiffPicture(PairTests):
    """`api/diff_picture`."""

    route = "diff_picture"

    def test_one_scale_for_both(self, two):
        """The ranges are over both; NaN on one side shows in the difference."""
        answer = two.get("diff_picture", pair=two.place("b_kernel"))
        assert answer["full_range"] == answer["robust_range"] == [0, 11]
        assert (answer["robust_change"], answer["full_change"]) == (0.5, 0.5)
        cells = [answer[name]["rows"] for name in ("before", "after", "difference")]
        assert cells[0] == cells[1] == cells[2]
        assert [answer[name]["nan_count"] for name in ("before", "after", "difference")] == [
            0,
            1,
            1,
        ]

    def test_a_slice_of_both(self, two):
        """The same of each."""
        answer = two.get("diff_picture", pair=two.place("b_kernel"), slice="1:2,:")
        assert answer["full_range"] == [4, 7]
        assert answer["difference"]["region"] == [[1, 2, 1], [0, 4, 1]]

    @pytest.mark.parametrize(
        ("key", "status", "words"),
        [("c_gone", 400, "one tensor only"), ("e_shape", 400, "[4, 4]"), ("f_text", 501, "string")],
    )
    def test_no_picture(self, two, key, status, words):
        """Of one alone, of other shapes, of strings: it says why."""
        parameters = {**two.sides(), "pair": two.place(key)}
        assert words in get(two.tab, "diff_picture", parameters, status)["error"]["message"]
