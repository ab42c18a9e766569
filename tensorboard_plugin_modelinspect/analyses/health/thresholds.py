"""Every threshold of the findings, in one place. `docs/health.md` says the same to users."""

from __future__ import annotations

LEAST_CONSTANT = 2
"""Elements from which "all the same" says something: one value is always equal to itself."""
