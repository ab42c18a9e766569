"""Which `Host` a request may carry: the defence against DNS rebinding.

A page of the attacker's can give its own name this machine's address. The browser then takes our
answers for that page's own, and only `Host` still shows the name. `docs/security.md` gives the
reason for each clause of the rule, and what it does in tunnels, notebooks and containers.
"""

from __future__ import annotations

import functools
import ipaddress
import os
import re
import socket
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from tensorboard_plugin_modelinspect.errors import BadRequest, ForbiddenHost

FLAG = "--modelinspect_allowed_hosts"

_HOST = re.compile(
    r"(?P<name>\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9._-]{1,255})(?::(?P<port>[0-9]{1,5}))?"
)
_DEFAULT_PORTS = frozenset({"80", "443", ""})
"""Ports that a browser does not name; an unknown one proves nothing either."""


@dataclass(frozen=True, slots=True)
class HostNames:
    """Names under which this server may be asked.

    Attributes:
        exact: Whole names, in lower case.
        suffixes: Ends of names, with their leading dot.
        machine: Short name of this machine, in lower case.
        full_name: Looks its full name up. That may ask DNS and take seconds, so it is called only
            for a request whose name begins with `machine`; the caller keeps the answer.
    """

    exact: frozenset[str]
    suffixes: tuple[str, ...]
    machine: str
    full_name: Callable[[], str]

    def __contains__(self, name: str) -> bool:
        """Whether a name (lower case, without port) is one of them."""
        if name in self.exact or name.endswith(self.suffixes):
            return True
        starts_like_us = bool(self.machine) and name.startswith(self.machine + ".")
        return starts_like_us and name == _normal(self.full_name())


def collect_names(
    *, listed: str, bind_host: str, proxy_url: str, machine: str, full_name: Callable[[], str]
) -> HostNames:
    """Gather the allowed names from what TensorBoard was started with.

    Args:
        listed: The flag's value: names and `*.suffix`, joined by commas.
        bind_host: TensorBoard's `--host`; an address says nothing and does no harm.
        proxy_url: `TENSORBOARD_PROXY_URL`, which names the notebook's proxy to TensorBoard.
        machine: This machine's name, short or full.
        full_name: See `HostNames`.
    """
    names = [_without_port(part) for part in listed.split(",")]
    own = _normal(machine)
    exact = {"localhost", own, own.partition(".")[0], _normal(bind_host), _proxy_name(proxy_url)}
    exact.update(name for name in names if not name.startswith("*"))
    return HostNames(
        exact=frozenset(exact - {""}),
        suffixes=(".localhost", *_suffixes(names)),
        machine=own.partition(".")[0],
        full_name=full_name,
    )


def own_names(flags: object) -> HostNames:
    """The allowed names of a TensorBoard started with `flags`, on this machine, now.

    Args:
        flags: TensorBoard's flags, or None; flags that it lacks or that hold no text say nothing.
    """
    return collect_names(
        listed=_text(getattr(flags, "modelinspect_allowed_hosts", "")),
        bind_host=_text(getattr(flags, "host", "")),
        proxy_url=os.environ.get("TENSORBOARD_PROXY_URL", ""),
        machine=socket.gethostname(),
        full_name=functools.cache(socket.getfqdn),
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def check_host(environ: Mapping[str, object], names: HostNames) -> None:
    """Let a request pass, or raise.

    Args:
        environ: Of WSGI: the headers, and the port TensorBoard itself listens on.
        names: See `collect_names`.

    Raises:
        BadRequest: No `Host`, or one that is none.
        ForbiddenHost: A name that a page may have rebound to this machine.
    """
    header = _text(environ.get("HTTP_HOST"))
    match = _HOST.fullmatch(header)
    if match is None:
        raise BadRequest("The request has no valid Host header. Open TensorBoard in a browser.")
    name = _normal(match["name"])
    if not (_is_address(name) or name in names or _came_through_proxy(environ, match["port"])):
        raise ForbiddenHost(
            f'Model Inspect does not answer under the address "{header}": a web page could pretend '
            f"to be it and read your models. If it is yours, start TensorBoard with {FLAG}={name}"
        )


def _came_through_proxy(environ: Mapping[str, object], port: str | None) -> bool:
    """Whether the request cannot have come from a rebound page straight to TensorBoard."""
    # Browsers, and no script, send it where the address is https (or this machine itself):
    # with https a page would need a certificate for its name, and TensorBoard has no https.
    if "HTTP_SEC_FETCH_SITE" in environ:
        return True
    # Rebinding connects to TensorBoard's own port, and a browser then names that port.
    return port is None and _text(environ.get("SERVER_PORT")) not in _DEFAULT_PORTS


def _normal(name: str) -> str:
    return name.strip().lower().removesuffix(".")


def _without_port(entry: str) -> str:
    name, colon, port = entry.strip().rpartition(":")
    return _normal(name if colon and port.isdecimal() else entry)


def _suffixes(names: Iterable[str]) -> list[str]:
    """Of `*.example.org`, the end; a bare `*` would switch the rule off, so it means nothing."""
    return [name[1:] for name in names if name.startswith("*.") and len(name) > 2]


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    return True


def _proxy_name(url: str) -> str:
    try:
        return _normal(urlsplit(url.replace("%PORT%", "0")).hostname or "")
    except ValueError:
        return ""
