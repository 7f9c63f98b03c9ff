"""The time by which requests are signed: this host's, or the server's where the two differ too much.

Only an offset is ever taken from a server, and only from an answer over verified TLS; the host's clock is left alone.
Python 3.6 grammar.
"""

import time
from typing import Callable, Optional, Tuple


class Clock:
    """Corrected by a server's moment, it goes on with the monotonic clock: later jumps of the host's do not matter."""

    def __init__(self, wall: Callable[[], float] = time.time, steady: Callable[[], float] = time.monotonic) -> None:
        self._wall = wall
        self._steady = steady
        self._base: Optional[Tuple[float, float]] = None
        self.skew = 0

    def now(self) -> float:
        """Seconds since 1970 to sign with."""
        if self._base is None:
            return self._wall()
        return self._base[0] + self._steady() - self._base[1]

    def heard(self, server_ms: object) -> None:
        """Notes how far this host's clock is from the server's: `skew` in seconds, positive where ours is ahead."""
        if _is_moment(server_ms):
            self.skew = round(self._wall() - server_ms / 1000.0)  # type: ignore[operator]

    def correct(self, server_ms: object) -> bool:
        """Signs by the server's time from now on; false where that is no moment."""
        if not _is_moment(server_ms):
            return False
        self._base = (server_ms / 1000.0, self._steady())  # type: ignore[operator]
        self.heard(server_ms)
        return True


def _is_moment(value: object) -> bool:
    """Milliseconds of some day between 2001 and 2286."""
    return isinstance(value, int) and not isinstance(value, bool) and 10**12 <= value < 10**13
