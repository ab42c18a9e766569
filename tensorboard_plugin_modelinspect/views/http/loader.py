"""TensorBoard's door to the plugin. Whatever goes wrong behind it, TensorBoard starts.

TensorBoard imports this module and asks its loader for flags without catching anything, so this
module needs only the standard library and TensorBoard's own base class. All else is imported by
`load`, which gives a plugin in any case: the real one, or one that shows what is wrong in its tab.
"""

from __future__ import annotations

import argparse
import json
import logging
from collections.abc import Callable, Iterable
from typing import Any

from tensorboard.plugins import base_plugin

from tensorboard_plugin_modelinspect.version import __version__

PLUGIN_NAME = "modelinspect"
TAB_NAME = "Model Inspect"
ENTRY_ROUTE = f"/plugin/{PLUGIN_NAME}/index.js"
"""What TensorBoard imports into the tab. WebKit resolves it against the page, not against its
`<base>`, and so asks one folder further up: with this path, and `index.js` served at both places,
either way of reading it arrives."""
ENTRY_ROUTES = ("/index.js", ENTRY_ROUTE)

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
WsgiApp = Callable[[Environ, StartResponse], Iterable[bytes]]

_logger = logging.getLogger("tensorboard")


class ModelInspectLoader(base_plugin.TBLoader):  # type: ignore[misc]  # TensorBoard ships no types
    """Defines the flags and loads the plugin; never raises."""

    def define_flags(self, parser: argparse.ArgumentParser) -> None:
        """Add our flags; go on without one whose name another plugin took."""
        try:
            group = parser.add_argument_group("Model Inspect")
            group.add_argument(
                "--modelinspect_allowed_hosts",
                metavar="HOST,...",
                default="",
                help="Host names under which the Model Inspect tab answers, beside localhost, "
                "addresses and this machine's own name; *.example.org stands for all below.",
            )
            group.add_argument(
                "--modelinspect_allow_run",
                action="store_true",
                help="Let the Model Inspect tab run models: whoever can open TensorBoard can then "
                "run the programs that the SavedModels below the logdir are.",
            )
            group.add_argument(
                "--modelinspect_run_python",
                metavar="PATH",
                default="",
                help="Python that has TensorFlow, to run models in; else the one TensorBoard has.",
            )
        except Exception as error:  # noqa: BLE001  TensorBoard would die of it
            _logger.warning("Model Inspect goes on without its flags: %s", error)

    def load(self, context: base_plugin.TBContext) -> base_plugin.TBPlugin | None:
        """The plugin; None if it is there already: installed twice, it would end TensorBoard."""
        if PLUGIN_NAME in (getattr(context, "plugin_name_to_instance", None) or {}):
            return None
        try:
            from tensorboard_plugin_modelinspect.views.http.plugin import ModelInspectPlugin

            plugin = ModelInspectPlugin(context)
            # Asked here, where a mistake is caught: TensorBoard asks again and catches nothing.
            plugin.get_plugin_apps(), plugin.frontend_metadata(), plugin.data_plugin_names()
            return plugin
        except (Exception, SystemExit) as error:  # noqa: BLE001  the tab says it instead
            problem = describe_problem(error)
            _logger.error("%s", problem)
            return ProblemPlugin(problem, getattr(context, "flags", None))


class ProblemPlugin(base_plugin.TBPlugin):  # type: ignore[misc]  # TensorBoard ships no types
    """Stands in for a plugin that could not start: its tab shows the reason, and nothing else."""

    plugin_name = PLUGIN_NAME

    def __init__(self, problem: str, flags: object) -> None:
        self._app = problem_app(problem, flags)

    def get_plugin_apps(self) -> dict[str, WsgiApp]:
        """The entry of the tab, and the routes that say the same to programs."""
        return dict.fromkeys((*ENTRY_ROUTES, "/api/*"), self._app)

    def is_active(self) -> bool:
        """True: the tab is where the reason can be read."""
        return True

    def frontend_metadata(self) -> base_plugin.FrontendMetadata:
        """A constant: TensorBoard's whole page is dead if this raises."""
        return frontend_metadata()

    def data_plugin_names(self) -> tuple[str, ...]:
        """A constant, for the same reason; no summary data is ours."""
        return ()


def frontend_metadata() -> base_plugin.FrontendMetadata:
    """How TensorBoard shows the tab."""
    return base_plugin.FrontendMetadata(es_module_path=ENTRY_ROUTE, tab_name=TAB_NAME)


def describe_problem(error: BaseException) -> str:
    """Why the plugin cannot start, for the tab and the log, with what to do."""
    return (
        f"Model Inspect could not start: {type(error).__name__}: {error}. "
        "Install it again with `pip install --force-reinstall tensorboard-plugin-modelinspect`, "
        "then restart TensorBoard."
    )


def problem_script(problem: str) -> str:
    """The tab's entry module where there is nothing to show but a sentence, as text."""
    return _PROBLEM_SCRIPT.replace("PROBLEM", json.dumps(problem))


_PROBLEM_SCRIPT = """\
export function render() {
  let dark = false;
  try {
    dark = parent.document.body.classList.contains("dark-mode");
  } catch {
    // Not inside TensorBoard: light.
  }
  const page = document.createElement("main");
  const title = document.createElement("h1");
  const text = document.createElement("p");
  page.setAttribute("role", "alert");
  title.textContent = "Model Inspect";
  text.textContent = PROBLEM;
  title.style.cssText = "font-size: 18px; font-weight: 500; margin: 0 0 8px";
  text.style.cssText = "margin: 0; max-width: 80ch; white-space: pre-wrap; overflow-wrap: anywhere";
  page.append(title, text);
  document.documentElement.lang = "en";
  document.title = "Model Inspect";
  document.body.style.cssText =
    "margin: 0; padding: 24px; font: 14px/1.5 Roboto, sans-serif; color-scheme: " +
    (dark ? "dark; background: #303030; color: #fff" : "light; background: #fff; color: #212121");
  document.body.replaceChildren(page);
}
"""


def problem_app(problem: str, flags: object) -> WsgiApp:
    """The WSGI application behind every route when the plugin cannot start.

    Args:
        problem: A sentence for people. It may name paths of this machine, so under a host name that
            is not allowed only the fact is told.
        flags: TensorBoard's.
    """

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        told = problem if _is_allowed(environ, flags) else _UNTOLD
        status, content_type, body = _problem_answer(environ.get("PATH_INFO", ""), told)
        headers = [
            ("Content-Type", f"{content_type}; charset=utf-8"),
            ("Cache-Control", "no-cache"),
            ("X-Content-Type-Options", "nosniff"),
        ]
        method = environ.get("REQUEST_METHOD", "GET")
        if method not in ("GET", "HEAD"):
            status = "405 Method Not Allowed"
            headers.append(("Allow", "GET, HEAD"))
        data = body.encode("ascii")
        start_response(status, [*headers, ("Content-Length", str(len(data)))])
        return [] if method == "HEAD" else [data]

    return app


_UNTOLD = "Model Inspect could not start. TensorBoard's log says why."


def _problem_answer(path: str, problem: str) -> tuple[str, str, str]:
    """Status, content type and ASCII body for a route."""
    if path.endswith("/index.js"):
        return "200 OK", "text/javascript", problem_script(problem)
    if path.endswith("/api/status"):
        answer: dict[str, object] = {
            "ok": True,
            "version": __version__,
            "problem": problem,
            "allow_run": False,
        }
        return "200 OK", "application/json", json.dumps(answer)
    error = {"type": "StartupError", "message": problem, "id": None}
    body = json.dumps({"ok": False, "error": error})
    return "500 Internal Server Error", "application/json", body


def _is_allowed(environ: Environ, flags: object) -> bool:
    try:
        from tensorboard_plugin_modelinspect.views.http import hosts

        hosts.check_host(environ, hosts.own_names(flags))
    except Exception:  # noqa: BLE001  the rule itself may be what is broken
        return False
    return True
