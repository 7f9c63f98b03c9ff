"""Connections that are kept for the next message: a handshake costs more than all else about sending one.

A connection is lent to one sender at a time, and only for the host name and one of the addresses that were looked at
for this very message: two names on one address never share one, and a name that has come to mean another place gets a
new one.
"""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable

from shindan.notify.line import Line
from shindan.notify.reach import Place

MOST = 32
"""Connections that are kept while nobody uses them."""

IDLE = 30.0
"""Seconds for which they are."""


class Lines:
    """Makes connections, and keeps those that are given back."""

    def __init__(self, trusted: Callable[[], ssl.SSLContext], seconds: float) -> None:
        self._trusted = trusted
        self._seconds = seconds
        self._idle: list[tuple[float, Line]] = []
        self._lock = threading.Lock()

    def take(self, place: Place, *, fresh: bool = False) -> Line:
        """A connection to a place: one that was kept, unless `fresh`. Raises `ConnectError`."""
        self.tidy()
        line = None if fresh else self._kept(place)
        return line or Line(place, self._trusted(), self._seconds)

    def give(self, line: Line) -> None:
        """Takes a connection back; the one that waits the longest goes where there are too many."""
        if not line.open:
            line.close()
            return
        with self._lock:
            self._idle.append((time.monotonic(), line))
            old = self._idle.pop(0)[1] if len(self._idle) > MOST else None
        if old is not None:
            old.close()

    def tidy(self) -> None:
        """Closes what nobody has used for a while."""
        before = time.monotonic() - IDLE
        with self._lock:
            old = [line for at, line in self._idle if at < before]
            self._idle = [(at, line) for at, line in self._idle if at >= before]
        for line in old:
            line.close()

    def close(self) -> None:
        """Closes everything that is kept."""
        with self._lock:
            old, self._idle = self._idle, []
        for _, line in old:
            line.close()

    def _kept(self, place: Place) -> Line | None:
        while True:
            with self._lock:
                found = next((one for one in reversed(self._idle) if _fits(one[1], place)), None)
                if found is None:
                    return None
                self._idle.remove(found)
            if found[1].quiet:
                return found[1]
            found[1].close()


def _fits(line: Line, place: Place) -> bool:
    return (line.host, line.port) == (place.host, place.port) and line.address in place.addresses
