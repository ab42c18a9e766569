"""What the tests of the routes `api/diff…` share: two checkpoints, and how to ask about them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support.bundle_writer import BundleWriter
from tests.views.http.route_tests import JsonRouteTests
from tests.views.http.stats_support import HEADERS
from tests.views.http.support import Tab, wait_until

SERIES = "keras3_checkpoint/series/ckpt-"


class Two:
    """Two checkpoints, and the plugin over them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        same = np.arange(6, dtype=np.float32).reshape(2, 3)
        self.old = np.arange(12, dtype=np.float32).reshape(3, 4)
        self.new = self.old.copy()
        self.new[1, 2] += 0.5
        self.new[2, 0] = np.nan
        before = {"a_same": same, "b_kernel": self.old, "c_gone": same + 1, "d_type": same}
        after = {"a_same": same, "b_kernel": self.new, "d_type": same.astype(np.float64)}
        write(folder, "ckpt-1", {**before, "e_shape": np.zeros((4, 4), np.float32)}, [b"a", b"b"])
        write(folder, "ckpt-2", {**after, "e_shape": np.zeros((4, 5), np.float32)}, [b"a", b"c"])
        self.tab = Tab(folder)

    def sides(self) -> dict[str, str]:
        """As parameters."""
        return {"before": self.tab.id_of("ckpt-1"), "after": self.tab.id_of("ckpt-2")}

    def get(self, route: str, **more: str) -> dict[str, Any]:
        """What a route answers."""
        return get(self.tab, route, {**self.sides(), **more})

    def place(self, key: str) -> str:
        """The number of a pair."""
        pairs = self.get("diff", all="1")["pairs"]
        return str(pairs["pair"][pairs["key"].index(key)])


def write(folder: Path, name: str, tensors: dict[str, np.ndarray], text: list[bytes]) -> None:
    """A checkpoint."""
    writer = BundleWriter()
    for key, value in tensors.items():
        writer.add(key, value)
    writer.add_strings("f_text", text)
    writer.write(folder, name)


def get(tab: Tab, route: str, parameters: dict[str, str], status: int = 200) -> dict[str, Any]:
    """What a route answers."""
    response = tab.get(f"api/{route}", parameters)
    assert response.status_code == status, response.text
    return response.get_json()


def post(tab: Tab, sides: dict[str, str], action: str, pairs: str = "", status: int = 200) -> Any:
    """Ask for an action."""
    body = json.dumps({**sides, "action": action, "pairs": pairs})
    response = tab.ask("POST", "api/diff", headers=HEADERS, data=body)
    assert response.status_code == status, response.text
    return response.get_json()


def finish(tab: Tab, sides: dict[str, str], action: str = "start", pairs: str = "") -> Any:
    """Begin, and wait for the end."""
    post(tab, sides, action, pairs)
    wait_until(lambda: get(tab, "diff_values", sides)["job"]["state"] not in ("waiting", "running"))
    return get(tab, "diff_values", sides)


def rows_of(columns: dict[str, Any]) -> dict[int, dict[str, Any]]:
    """The rows of columns, by pair."""
    names = [name for name, column in columns.items() if isinstance(column, list)]
    return {
        pair: {name: columns[name][at] for name in names} for at, pair in enumerate(columns["pair"])
    }


class SidesTests(JsonRouteTests):
    """A route about two artifacts."""

    def parameters(self, tab):
        """Two checkpoints of a series."""
        return {"before": tab.id_of(f"{SERIES}1"), "after": tab.id_of(f"{SERIES}3")}

    @pytest.mark.parametrize("side", ["before", "after"])
    def test_unknown_ids_are_not_found_on_either_side(self, tab, asked, side):
        """An id that is none, whatever it looks like, is 404 in words; paths are none."""
        path, parameters = asked
        for artifact_id in ("0" * 12, "../../etc/passwd", f"{SERIES}1", "\0", ""):
            response = tab.get(path, {**parameters, side: artifact_id})
            assert response.status_code == 404
            self.assert_error(response, "NotFound", "id")
