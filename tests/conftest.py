"""Settings for all tests."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

# Random, but the same on every run: a test that fails now and then teaches people to run it again.
# `HYPOTHESIS_PROFILE=long` looks further, and elsewhere each time.
_COMMON = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("quick", max_examples=60, derandomize=True, database=None, **_COMMON)
settings.register_profile("long", max_examples=5000, **_COMMON)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


# No test reads or writes the cache of whoever runs it; those about the cache name a folder.
os.environ["MODELINSPECT_CACHE"] = ""


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """Where Chromium is; `make` finds or installs it and says so."""
    path = os.environ.get("MODELINSPECT_CHROMIUM")
    if not path:
        pytest.skip("MODELINSPECT_CHROMIUM is not set: run `make test-browser`")
    return path


@pytest.fixture(scope="session")
def driver() -> Iterator[Any]:
    """Playwright; a process may run it once only, so all browser tests share it."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        yield playwright


@pytest.hookimpl(wrapper=True)
def pytest_report_to_serializable() -> Generator[None, Any, Any]:
    """Let failures about names that are no UTF-8 reach the process that reports them."""
    return _encodable((yield))


def _encodable(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, dict):
        return {_encodable(key): _encodable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_encodable(item) for item in value)  # a skip's reason must stay a tuple
    return value


def pytest_make_parametrize_id(val: object) -> str | None:
    """Ids that can be read: bytes are counted, long text is cut; None leaves it to pytest."""
    if isinstance(val, bytes):
        is_text = len(val) <= 20 and val.isascii() and val.decode("ascii").isprintable()
        return val.decode("ascii") if val and is_text else f"{len(val)} bytes"
    if isinstance(val, str) and len(val) > 60:
        return f"{val[:50]}…"
    return None
