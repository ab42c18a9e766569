"""The Host rule, clause by clause: see docs/security.md."""

from __future__ import annotations

import contextlib
from argparse import Namespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tensorboard_plugin_modelinspect.errors import BadRequest, ForbiddenHost
from tensorboard_plugin_modelinspect.views.http.hosts import check_host, collect_names, own_names


def check(host, names, *, server_port="6006", **headers):
    """The rule on a request with a Host, to a TensorBoard on a port."""
    given = {} if host is None else {"HTTP_HOST": host}
    check_host({**given, "SERVER_PORT": server_port, **headers}, names)


def names(**given):
    """Names of a machine `gpu-box`, whose full name is `gpu-box.lab.example.org`."""
    options = {
        "listed": "",
        "bind_host": "",
        "proxy_url": "",
        "machine": "gpu-box",
        "full_name": lambda: "gpu-box.lab.example.org",
    }
    return collect_names(**{**options, **given})


def never_asked():
    """Stands for a look-up in DNS that must not happen."""
    raise AssertionError("looked the full name up")


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1:6006",
        "127.0.0.1",
        "0.0.0.0:6006",
        "192.168.1.20:8888",
        "[::1]:6006",
        "[2001:db8::1]",
        "[::ffff:10.0.0.1]:6006",
    ],
)
def test_an_address_is_allowed(host):
    """Clause 1: a rebound page has a name, never an address; this carries --host and --bind_all."""
    check(host, names(full_name=never_asked))


@pytest.mark.parametrize(
    "host",
    [
        "localhost:6006",
        "LocalHost:16006",
        "localhost.:6006",
        "tb.localhost:6006",
        "gpu-box:6006",
        "GPU-Box:80",
        "gpu-box.lab.example.org:6006",
    ],
)
def test_names_that_only_this_machine_has_are_allowed(host):
    """Clause 2: localhost, what ends in .localhost, and this machine's own name, short and full."""
    check(host, names())


@pytest.mark.parametrize(
    ("given", "host"),
    [
        ({"bind_host": "Tb.Example.org"}, "tb.example.org:6006"),
        (
            {"proxy_url": "https://hub.example.org:8443/user/a/proxy/%PORT%/"},
            "hub.example.org:8443",
        ),
        ({"listed": "a.example.org, b.example.org:8080"}, "b.example.org:6006"),
        ({"listed": "*.lab.example.org"}, "x.y.lab.example.org:6006"),
        ({"machine": "gpu-box.lab.example.org"}, "gpu-box:6006"),
    ],
)
def test_names_that_tensorboard_was_started_with_are_allowed(given, host):
    """Clause 2: --host, TENSORBOARD_PROXY_URL and the flag, exact or with a star, on any port."""
    check(host, names(**given))


@pytest.mark.parametrize("site", ["same-origin", "none", "cross-site"])
def test_https_cannot_be_rebound(site):
    """Clause 3: browsers send Sec-Fetch-Site, and let no script send it, only where https is."""
    check("hub.example.org:8443", names(), HTTP_SEC_FETCH_SITE=site)


@pytest.mark.parametrize("host", ["hub.example.org", "attacker.example", "6006-x.prod.colab.dev"])
def test_a_host_without_port_came_through_a_proxy(host):
    """Clause 4: TensorBoard on 6006 is never reached under a name without port but by a proxy."""
    check(host, names())


@pytest.mark.parametrize("server_port", ["80", "443", ""])
def test_a_host_without_port_proves_nothing_on_a_default_port(server_port):
    """Clause 4 needs the server's own port to be another one, and known."""
    with pytest.raises(ForbiddenHost):
        check("attacker.example", names(), server_port=server_port)


@pytest.mark.parametrize(
    "host",
    [
        "attacker.example:6006",
        "attacker.example:80",
        "localhost.attacker.example:6006",
        "notlocalhost:6006",
        "gpu-box.attacker.example:6006",
        "gpu-boxes:6006",
        "127.0.0.1.nip.io:6006",
        "1.2.3:6006",
        "2130706433:6006",
        "0x7f000001:6006",
    ],
)
def test_any_other_name_is_refused_and_the_flag_named(host):
    """Clause 5: a name that somebody else may own; the sentence holds the flag as to be typed."""
    with pytest.raises(ForbiddenHost) as caught:
        check(host, names())
    name = host.rpartition(":")[0]
    assert f"--modelinspect_allowed_hosts={name}" in caught.value.message
    assert caught.value.http_status == 403
    check(host, names(listed=name))


def test_a_star_stands_for_names_below_and_not_for_everything():
    """`*.example.org` is not `example.org`, and a bare star does not switch the rule off."""
    for listed, host in [
        ("*.example.org", "example.org:6006"),
        ("*.example.org", "badexample.org:6006"),
        ("*", "attacker.example:6006"),
        ("*.", "attacker.example:6006"),
        (",,", "attacker.example:6006"),
    ]:
        with pytest.raises(ForbiddenHost):
            check(host, names(listed=listed))


@pytest.mark.parametrize(
    "host",
    [
        None,
        "",
        ":6006",
        "a b:6006",
        "user@localhost:6006",
        "localhost:6006/x",
        "localhost:",
        "localhost:65536789",
        "localhost\n",
        "<script>:6006",
        "[::1:6006",
        "localhost:6006,attacker.example",
    ],
)
def test_a_missing_or_malformed_host_is_a_bad_request(host):
    """What no browser sends is 400 and never compared with anything."""
    with pytest.raises(BadRequest):
        check(host, names())


@given(st.text(max_size=40), st.sampled_from(["6006", "80", ""]))
def test_any_text_passes_or_is_refused(header, port):
    """No header makes the rule itself fail."""
    with contextlib.suppress(BadRequest, ForbiddenHost):
        check(header, names(), server_port=port)


def test_dns_is_asked_only_for_names_that_begin_like_ours():
    """The full name's look-up may take seconds: a stranger's name must not cause it."""
    with pytest.raises(ForbiddenHost):
        check("attacker.example:6006", names(full_name=never_asked))
    check("localhost:6006", names(full_name=never_asked))
    with pytest.raises(AssertionError, match="looked the full name up"):
        check("gpu-box.lan:6006", names(full_name=never_asked))


def test_a_machine_without_a_name_allows_no_more():
    """An empty host name must not make every name begin like ours."""
    with pytest.raises(ForbiddenHost):
        check(".example:6006", names(machine="", full_name=never_asked))


def test_flags_may_be_missing_or_of_any_type(monkeypatch):
    """Flags come from another program: None, absent, or a number say nothing."""
    monkeypatch.delenv("TENSORBOARD_PROXY_URL", raising=False)
    for flags in (None, Namespace(), Namespace(host=None, modelinspect_allowed_hosts=7)):
        check("localhost:6006", own_names(flags))
        with pytest.raises(ForbiddenHost):
            check("attacker.example:6006", own_names(flags))


def test_the_environment_and_the_flags_are_read(monkeypatch):
    """TENSORBOARD_PROXY_URL, --host and --modelinspect_allowed_hosts each add their name."""
    monkeypatch.setenv("TENSORBOARD_PROXY_URL", "https://proxy.example:8443/%PORT%/")
    flags = Namespace(host="bound.example", modelinspect_allowed_hosts="listed.example")
    for host in ("proxy.example:8443", "bound.example:6006", "listed.example:6006"):
        check(host, own_names(flags))
    monkeypatch.setenv("TENSORBOARD_PROXY_URL", "https://[broken/")
    with pytest.raises(ForbiddenHost):
        check("proxy.example:8443", own_names(flags))
