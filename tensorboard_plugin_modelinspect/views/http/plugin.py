"""The plugin as TensorBoard holds it: routes, and whether the tab is active.

Constructing it costs nothing: what serves requests, and with it the engine, is imported in the
background when TensorBoard first asks, so that TensorBoard starts as fast as without us.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING

from tensorboard.plugins import base_plugin

from tensorboard_plugin_modelinspect.views.http import loader

if TYPE_CHECKING:
    from tensorboard_plugin_modelinspect.views.http.search import Search

FIRST_ANSWER_S = 0.2
"""How long TensorBoard's page may wait for the first search. Its whole page waits with it."""

_logger = logging.getLogger("tensorboard")


class ModelInspectPlugin(base_plugin.TBPlugin):  # type: ignore[misc]  # TensorBoard ships no types
    """The tab "Model Inspect".

    Args:
        context: TensorBoard's; any of its fields may be None.
    """

    plugin_name = loader.PLUGIN_NAME

    def __init__(self, context: base_plugin.TBContext) -> None:
        self._context = context
        self._flags: object = getattr(context, "flags", None)
        self._lock = threading.RLock()
        self._search: Search | None = None
        self._app: loader.WsgiApp | None = None
        self._began = False
        self._found = threading.Event()
        self._settled = threading.Event()

    def get_plugin_apps(self) -> dict[str, loader.WsgiApp]:
        """One application behind every route; it knows more of them than TensorBoard need."""
        return dict.fromkeys((*loader.ENTRY_ROUTES, "/static/*", "/api/*"), self._serve)

    def is_active(self) -> bool:
        """Whether an artifact was ever found, or something is wrong that the tab should say.

        The first call begins the search and waits for it, but not longer than `FIRST_ANSWER_S`. As
        long as nothing is found, later calls begin another search and do not wait.
        """
        try:
            if not self._began:
                self._began = True
                threading.Thread(target=self._begin, name="modelinspect-start", daemon=True).start()
                self._settled.wait(FIRST_ANSWER_S)
            elif self._search is not None and not self._found.is_set():
                self._search.start()
        except Exception as error:  # noqa: BLE001  TensorBoard's page must not fail
            _logger.error("Model Inspect cannot look for models: %s", error)
        return self._found.is_set()

    def frontend_metadata(self) -> base_plugin.FrontendMetadata:
        """A constant: TensorBoard's whole page is dead if this raises."""
        return loader.frontend_metadata()

    def data_plugin_names(self) -> tuple[str, ...]:
        """A constant, for the same reason; no summary data is ours."""
        return ()

    def _serve(
        self, environ: loader.Environ, start_response: loader.StartResponse
    ) -> Iterable[bytes]:
        return self._application()(environ, start_response)

    def _begin(self) -> None:
        """Search first, which TensorBoard waits for; get ready for requests after."""
        try:
            self._get_search().start()
            self._settled.wait()
        except (Exception, SystemExit) as error:  # noqa: BLE001  told when the search is next asked
            _logger.debug("Model Inspect cannot search yet: %s", error)
        self._application()

    def _get_search(self) -> Search:
        """The search, made when first asked for."""
        with self._lock:
            if self._search is None:
                from tensorboard_plugin_modelinspect.views.http.search import make_search

                self._search = make_search(self._context, self._found, self._settled)
            return self._search

    def _application(self) -> loader.WsgiApp:
        """What serves requests, made when first asked for; whoever comes meanwhile waits."""
        with self._lock:
            if self._app is None:
                self._app = self._make_application()
            return self._app

    def _make_application(self) -> loader.WsgiApp:
        try:
            search = self._get_search()
            from tensorboard_plugin_modelinspect.views.http.application import Application

            provider = getattr(self._context, "data_provider", None)
            return Application(search, self._flags, provider)
        except (Exception, SystemExit) as error:  # noqa: BLE001  the tab says it instead
            return self._give_up(error)

    def _give_up(self, error: BaseException) -> loader.WsgiApp:
        problem = loader.describe_problem(error)
        _logger.error("%s", problem)
        self._found.set()
        self._settled.set()
        return loader.problem_app(problem, self._flags)
