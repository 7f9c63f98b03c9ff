"""How long work tells how far it is."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, int, int | None], None]
"""Called as (what, done, total or None) while work goes on; units are bytes or records, as `what` says."""


def silent(what: str, done: int, total: int | None) -> None:
    """A `Progress` that shows nothing."""
