"""What the tests of the statistics share: how to ask for them, and a gate to hold them up."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

from tensorboard_plugin_modelinspect.model.pieces import Piece, iter_pieces
from tensorboard_plugin_modelinspect.model.tensor import Tensor
from tensorboard_plugin_modelinspect.views.http.actions import HEADER
from tests.views.http.support import Tab, wait_until

EXPORT = "keras3_export/network"
HEADERS = {HEADER: "1", "Content-Type": "application/json"}
MIB = 1 << 20


def ask(tab: Tab, artifact_id: str, action: str, rows: str = "") -> Any:
    """Send a POST."""
    body = json.dumps({"id": artifact_id, "action": action, "rows": rows})
    return tab.ask("POST", "api/stats", headers=HEADERS, data=body)


def post(tab: Tab, artifact_id: str, action: str, rows: str = "") -> dict[str, Any]:
    """The job after an action, which must be good."""
    response = ask(tab, artifact_id, action, rows)
    assert response.status_code == 200, response.text
    return response.get_json()


def look(tab: Tab, artifact_id: str, since: str = "") -> dict[str, Any]:
    """What is known."""
    return tab.get("api/stats", {"id": artifact_id, "since": since}).get_json()


def is_over(answer: dict[str, Any]) -> bool:
    """Whether its job is."""
    return answer["job"]["state"] not in ("waiting", "running")


def finish(tab: Tab, artifact_id: str, action: str = "start", rows: str = "") -> dict[str, Any]:
    """Begin, and wait for the end."""
    post(tab, artifact_id, action, rows)
    wait_until(lambda: is_over(look(tab, artifact_id)))
    return look(tab, artifact_id)


def columns_of(answer: dict[str, Any]) -> list[str]:
    """Names of the lists that have an entry for each row."""
    return [
        name
        for name, column in answer.items()
        if isinstance(column, list) and name != "of_artifact"
    ]


def by_key(tab: Tab, artifact_id: str, answer: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The rows of an answer, each as an object as it came last, by the tensor's key."""
    keys = tab.get("api/tensors", {"id": artifact_id}).get_json()["key"]
    names = columns_of(answer)
    return {
        keys[row]: {name: answer[name][place] for name in names}
        for place, row in enumerate(answer["rows"])
    }


class Gate:
    """Lets a piece of a tensor go on only when a test says so; open at the end."""

    def __init__(self) -> None:
        self.begun = threading.Semaphore(0)
        self.open = threading.Event()

    def iter_pieces(self, tensor: Tensor) -> Iterator[Piece]:
        for piece in iter_pieces(tensor):
            self.begun.release()
            self.open.wait(30)
            yield piece
