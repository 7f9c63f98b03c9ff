"""Moments as our own verbs tell them."""

from __future__ import annotations

from shindan.engine import announcing


def iso(at: int | None) -> str | None:
    """Milliseconds since the epoch as ISO 8601 in UTC; None stays None."""
    return None if at is None else announcing.iso(at)
