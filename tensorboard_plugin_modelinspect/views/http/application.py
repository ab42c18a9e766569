"""The one guard in front of all routes: who asks, how, for what, and what an error looks like."""

from __future__ import annotations

import logging
import os
import secrets
import traceback
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import werkzeug

from tensorboard_plugin_modelinspect.errors import BadRequest, ModelInspectError, NotFound
from tensorboard_plugin_modelinspect.views.http import loader
from tensorboard_plugin_modelinspect.views.http.actions import read_action
from tensorboard_plugin_modelinspect.views.http.hosts import check_host, own_names
from tensorboard_plugin_modelinspect.views.http.payloads import ErrorBody
from tensorboard_plugin_modelinspect.views.http.responses import (
    Body,
    Response,
    encode_error,
    respond,
)
from tensorboard_plugin_modelinspect.views.http.route import Route
from tensorboard_plugin_modelinspect.views.http.routes import ROUTES, Desk
from tensorboard_plugin_modelinspect.views.http.runs import Runs
from tensorboard_plugin_modelinspect.views.http.statics import ENTRY, StaticFiles
from tensorboard_plugin_modelinspect.views.text.words import printable

if TYPE_CHECKING:
    from tensorboard_plugin_modelinspect.views.http.search import Search

METHODS = ("GET", "HEAD")
STATIC_FOLDER = str(Path(__file__).parents[2] / "static")
"""Where the built front end lies."""

_logger = logging.getLogger("tensorboard")


class Application:
    """The WSGI application behind every route of the plugin.

    Args:
        search: Finds and opens artifacts.
        flags: TensorBoard's, or None.
        data_provider: TensorBoard's, or None.
    """

    def __init__(self, search: Search, flags: object, data_provider: object = None) -> None:
        runs = Runs(
            allowed=getattr(flags, "modelinspect_allow_run", False) is True,
            python=str(getattr(flags, "modelinspect_run_python", "") or ""),
        )
        self._desk = Desk(search, data_provider, runs)
        self._names = own_names(flags)
        self._static = StaticFiles(STATIC_FOLDER)

    def __call__(
        self, environ: loader.Environ, start_response: loader.StartResponse
    ) -> Iterable[bytes]:
        """Answer one request; no exception leaves."""
        request = werkzeug.Request(environ)
        path = plugin_path(environ.get("PATH_INFO", ""))
        try:
            check_host(environ, self._names)
            response = self._answer(request, path)
        except ModelInspectError as error:
            problem = ErrorBody(type(error).__name__, error.message)
            response = _refuse(request, path, problem, error.http_status)
        except Exception as error:  # noqa: BLE001  the last line of defence
            response = _refuse(request, path, _log_unexpected(request, path, error), 500)
        return response(environ, start_response)

    def _answer(self, request: werkzeug.Request, path: str) -> Response:
        folder, _, name = path.partition("/")
        route = ROUTES.get(name) if folder == "api" else None
        action = None if route is None else route.action
        if request.method == "POST" and action is not None:
            fields = read_action(request, action.fields, action.most_nbytes, action.optional)
            return respond(request, action.act(self._desk, fields))
        if request.method not in METHODS:
            return _refuse_method(request, (*METHODS, "POST") if action else METHODS)
        if folder == "static":
            return respond(request, self._static.get(name))
        if _is_entry(path):
            return respond(request, self._static.get(ENTRY))
        if route is None:
            raise NotFound(f'No route "{path[:80]}". There are {", ".join(sorted(ROUTES))}.')
        answer = route.answer(self._desk.serving(request.environ), _parameters(request, route))
        if isinstance(answer, Body):
            return respond(request, answer)
        return answer.respond(request.method)


def plugin_path(path_info: str) -> str:
    """The path below the plugin's root: `api/status`, `index.js`, `static/app-1234abcd.js`."""
    return path_info.partition(f"/plugin/{loader.PLUGIN_NAME}/")[2].rstrip("/")


def _is_entry(path: str) -> bool:
    return f"/{path}" in loader.ENTRY_ROUTES


def _parameters(request: werkzeug.Request, route: Route) -> dict[str, str]:
    """The request's parameters, each known, given once, and there if it must be."""
    known = (*route.required, *route.optional)
    listing = ", ".join(known) or "none"
    for name, values in request.args.lists():
        if name not in known:
            raise BadRequest(f'Unknown parameter "{name[:80]}". This route takes: {listing}.')
        if len(values) > 1:
            raise BadRequest(f'The parameter "{name}" is given {len(values)} times. Give it once.')
    for name in route.required:
        if name not in request.args:
            raise BadRequest(f'The parameter "{name}" is missing. This route takes: {listing}.')
    return request.args.to_dict()


def _refuse(request: werkzeug.Request, path: str, error: ErrorBody, status: int) -> Response:
    """An error in the one shape of all; at the tab's entry a script that shows it instead.

    A browser runs no script that comes with an error status, and the tab would stay empty.
    """
    if _is_entry(path) and request.method in METHODS:
        script = loader.problem_script(error.message).encode("ascii")
        return respond(request, Body(script, content_type="text/javascript; charset=utf-8"))
    return respond(request, Body(encode_error(error)), status=status)


def _refuse_method(request: werkzeug.Request, allowed: Sequence[str]) -> Response:
    message = f"{request.method[:20]} is not possible here, but {', '.join(allowed)}."
    body = Body(encode_error(ErrorBody("MethodNotAllowed", message)))
    response = respond(request, body, status=405)
    response.headers["Allow"] = ", ".join(allowed)
    return response


def _log_unexpected(request: werkzeug.Request, path: str, error: Exception) -> ErrorBody:
    """Put an error that should not be into the log, in one line, and name its id to the client."""
    error_id = secrets.token_hex(4)
    place = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{os.path.basename(place.filename)}:{place.lineno}"
    what = printable(f"{request.method} {path}: {type(error).__name__}: {error}")
    _logger.error("Model Inspect error %s at %s in %s", error_id, where, what)
    _logger.debug("Model Inspect error %s", error_id, exc_info=error)
    message = (
        f"Something went wrong that should not. TensorBoard's log says what, under {error_id}. "
        "Please report it with that line."
    )
    return ErrorBody("InternalError", message, error_id)
