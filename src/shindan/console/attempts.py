"""How often somebody may try to sign in: failures are counted for an address and for a name."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable

from shindan.model.errors import ShindanError

WINDOW = 300
"""Seconds in which failures count."""
MOST_OF_ADDRESS, MOST_OF_NAME = 30, 10
_REMEMBERED = 20_000


class TooManyAttempts(ShindanError):
    """Too many attempts failed."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"too many attempts failed: try again in {seconds} seconds")
        self.seconds = seconds


class Attempts:
    """Failures of the last five minutes, in this process's memory; of very many, the oldest are forgotten."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._failures: OrderedDict[str, list[float]] = OrderedDict()
        self._lock = threading.Lock()

    def check(self, address: str, name: str) -> None:
        """Raises TooManyAttempts where one more may not be made: before anything is looked at, so that answers for
        known and unknown names are the same.
        """
        now = self._clock()
        with self._lock:
            waits = [
                self._wait(f"address {address}", MOST_OF_ADDRESS, now),
                self._wait(f"name {name}", MOST_OF_NAME, now),
            ]
        if max(waits) > 0:
            raise TooManyAttempts(max(1, round(max(waits))))

    def failed(self, address: str, name: str) -> None:
        """Counts a failure."""
        now = self._clock()
        with self._lock:
            for key in (f"address {address}", f"name {name}"):
                self._failures[key] = [*self._recent(key, now), now]
                self._failures.move_to_end(key)
            while len(self._failures) > _REMEMBERED:
                self._failures.popitem(last=False)

    def succeeded(self, name: str) -> None:
        """Forgets what failed for a name; not for the address, which may try one name after the other."""
        with self._lock:
            self._failures.pop(f"name {name}", None)

    def _recent(self, key: str, now: float) -> list[float]:
        return [at for at in self._failures.get(key, []) if now - at < WINDOW]

    def _wait(self, key: str, most: int, now: float) -> float:
        recent = self._recent(key, now)
        return 0.0 if len(recent) < most else recent[-most] + WINDOW - now
