"""Finding artifacts below the logdir, with their state, and keeping the list up to date."""

from tensorboard_plugin_modelinspect.discovery.catalog import Catalog
from tensorboard_plugin_modelinspect.discovery.found import Found, Snapshot
from tensorboard_plugin_modelinspect.discovery.roots import Root, resolve_roots

__all__ = ["Catalog", "Found", "Root", "Snapshot", "resolve_roots"]
