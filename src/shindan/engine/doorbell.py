"""Waits that end early: whoever enqueues work in this process rings, and nobody has to poll often."""

from __future__ import annotations

import threading

_COMMIT = 0.01
"""Seconds between a ring, which comes just before a transaction is committed, and the look at what it wrote."""


class Doorbell:
    """Looks like an event that stops a thread, whose wait also ends, without stopping it, when somebody rings."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._stopped = False
        self._rung = False

    def ring(self) -> None:
        """Ends the wait that is going on, or the next one."""
        with self._condition:
            self._rung = True
            self._condition.notify_all()

    def set(self) -> None:
        """Stops whoever waits, for good."""
        with self._condition:
            self._stopped = True
            self._condition.notify_all()

    def is_set(self) -> bool:
        """Whether it was stopped."""
        return self._stopped

    def wait(self, timeout: float | None = None) -> bool:
        """Waits at most `timeout` seconds; True where it was stopped."""
        with self._condition:
            self._condition.wait_for(lambda: self._stopped or self._rung, timeout)
            if self._rung and not self._stopped:
                self._condition.wait_for(lambda: self._stopped, _COMMIT)
            self._rung = False
            return self._stopped
