"""The PEP 517 backend: setuptools, with the front end built first where its assets are stale.

Fresh assets, or no `frontend/` folder: every hook is setuptools' own, and no Node is asked for.
Stale assets: the hooks for wheels and source archives ask for Node as a wheel and build. Editable
installs take the assets as they are; while working on `frontend/`, run `make frontend`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from setuptools import build_meta
from setuptools.build_meta import (
    build_editable,
    get_requires_for_build_editable,
    prepare_metadata_for_build_editable,
    prepare_metadata_for_build_wheel,
)

from tools import frontend

__all__ = [
    "build_editable",
    "build_sdist",
    "build_wheel",
    "get_requires_for_build_editable",
    "get_requires_for_build_sdist",
    "get_requires_for_build_wheel",
    "prepare_metadata_for_build_editable",
    "prepare_metadata_for_build_wheel",
]

Settings = Mapping[str, Any] | None


def get_requires_for_build_wheel(config_settings: Settings = None) -> list[str]:
    """What setuptools needs, and Node where the assets are stale."""
    return [*build_meta.get_requires_for_build_wheel(config_settings), *_node_requirement()]


def get_requires_for_build_sdist(config_settings: Settings = None) -> list[str]:
    """What setuptools needs, and Node where the assets are stale."""
    return [*build_meta.get_requires_for_build_sdist(config_settings), *_node_requirement()]


def build_wheel(
    wheel_directory: str,
    config_settings: Settings = None,
    metadata_directory: str | None = None,
) -> str:
    """Build a wheel whose assets match `frontend/`; the name of the file."""
    frontend.ensure_fresh()
    return build_meta.build_wheel(wheel_directory, config_settings, metadata_directory)


def build_sdist(sdist_directory: str, config_settings: Settings = None) -> str:
    """Build a source archive whose assets match `frontend/`; the name of the file."""
    frontend.ensure_fresh()
    return build_meta.build_sdist(sdist_directory, config_settings)


def _node_requirement() -> list[str]:
    return [] if frontend.is_fresh() else [frontend.NODE_REQUIREMENT]
