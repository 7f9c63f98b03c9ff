"""The port to the job engine: whoever has work for later enqueues it here; nothing else knows which engine it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from sqlalchemy import Connection

Handler = Callable[[Mapping[str, Any]], None]
"""Does one kind of work. It may be called more than once for one job: whoever is killed half-way is not told apart."""


class Jobs(Protocol):
    """Work by name and arguments (JSON), run at least once by some worker, in its own time."""

    def enqueue(
        self, name: str, args: Mapping[str, Any], *, key: str, delay: float = 0, conn: Connection | None = None
    ) -> None:
        """Has `name` run after `delay` seconds; a second one of the same `key` is not added while the first waits.

        With `conn` it becomes part of the caller's transaction: rolled back with it, due once it is committed. What
        that transaction writes is seen by the job, also by one that waited already.
        """
        ...

    def cancel(self, key: str, conn: Connection | None = None) -> None:
        """Takes work back that has not begun; unknown keys are no error."""
        ...

    def cron(self, name: str, spec: str) -> None:
        """Has `name` run on a timetable (cron syntax with seconds), once whatever the number of workers."""
        ...
