"""The job engine, loaded when there is a job: most commands of the command line never have one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Connection

from shindan.engine.jobs import Jobs


class LateJobs:
    """See `engine.jobs.Jobs`; `make` is called with the first job."""

    def __init__(self, make: Callable[[], Jobs]) -> None:
        self._make = make
        self._made: Jobs | None = None
        self._lock = threading.Lock()

    @property
    def made(self) -> Jobs | None:
        """The engine, if it was ever needed."""
        return self._made

    def take(self, jobs: Jobs) -> Jobs:
        """From now on it is this engine."""
        with self._lock:
            self._made = jobs
        return jobs

    def enqueue(
        self, name: str, args: Mapping[str, Any], *, key: str, delay: float = 0, conn: Connection | None = None
    ) -> None:
        """See `Jobs.enqueue`."""
        self._jobs().enqueue(name, args, key=key, delay=delay, conn=conn)

    def cancel(self, key: str, conn: Connection | None = None) -> None:
        """See `Jobs.cancel`."""
        self._jobs().cancel(key, conn)

    def cron(self, name: str, spec: str) -> None:
        """See `Jobs.cron`."""
        self._jobs().cron(name, spec)

    def _jobs(self) -> Jobs:
        with self._lock:
            self._made = self._made or self._make()
            return self._made
