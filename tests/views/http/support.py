"""What the tests of the HTTP view share: the plugin behind TensorBoard's own router."""

from __future__ import annotations

import shutil
import time
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tensorboard.backend.application import TensorBoardWSGI
from tensorboard.plugins.base_plugin import TBContext
from werkzeug.test import Client, TestResponse

from tensorboard_plugin_modelinspect.views.http.loader import ModelInspectLoader

CORPUS = Path(__file__).parents[2] / "corpus"
BASE_URL = "http://localhost:6006"
PATIENCE_S = 30.0


class Tab:
    """The plugin of one logdir, asked over HTTP as the browser does.

    Args:
        logdir: Any string that `--logdir` takes.
        path_prefix: TensorBoard's.
        flags: More of its flags.
    """

    def __init__(self, logdir: str | Path, *, path_prefix: str = "", **flags: Any) -> None:
        self.context = TBContext(
            logdir=str(logdir), flags=Namespace(**flags), plugin_name_to_instance={}
        )
        self.plugin = ModelInspectLoader().load(self.context)
        self.client = Client(TensorBoardWSGI([self.plugin], path_prefix))
        self.root = f"{path_prefix}/data/plugin/modelinspect/"

    def get(
        self, path: str, parameters: dict[str, str] | None = None, **given: Any
    ) -> TestResponse:
        """Ask a path below the plugin's root."""
        return self.ask("GET", path, parameters, **given)

    def ask(
        self, method: str, path: str, parameters: dict[str, str] | None = None, **given: Any
    ) -> TestResponse:
        """Ask with any method; `base_url` gives Host and the server's port."""
        options = {"base_url": BASE_URL, "query_string": parameters or {}, **given}
        return self.client.open(self.root + path, method=method, **options)

    def settle(self, *, rescan: bool = False) -> dict[str, Any]:
        """The list of artifacts once nothing is being searched or counted."""
        answer = self.get("api/artifacts", {"rescan": "1"} if rescan else None).get_json()
        deadline = time.monotonic() + PATIENCE_S
        while answer["scan"]["running"] or answer["scan"]["counting"]:
            if time.monotonic() > deadline:
                raise AssertionError(f"still searching: {answer['scan']}")
            time.sleep(0.02)
            answer = self.get("api/artifacts").get_json()
        return answer

    def id_of(self, path: str) -> str:
        """Id of the artifact at a path below the logdir."""
        rows = self.settle()["artifacts"]
        return next(row["id"] for row in rows if row["path"] == path)


def copy_case(case: str, target: Path) -> Path:
    """Copy the models of a corpus case into a logdir; returns the logdir."""
    shutil.copytree(CORPUS / case, target / case, ignore=shutil.ignore_patterns("*.py", "*.json"))
    return target


def wait_until(holds: Callable[[], bool]) -> None:
    """Wait until something holds that another thread brings about."""
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        if time.monotonic() > deadline:
            raise AssertionError("waited in vain")
        time.sleep(0.01)
