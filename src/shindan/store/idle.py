"""Connections that nobody uses just now, kept open for whoever reads next.

On SQLite taking one out of the library's pool, making it ready and putting it back takes longer than a short read.
"""

from __future__ import annotations

from sqlalchemy import Connection, Engine

_MOST = 4


class Idle:
    """A few of them, the one that was used last first: its pages are still at hand. For several threads."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._kept: list[Connection] = []
        self._closed = False

    def taken(self) -> Connection | None:
        """One that is the caller's now; None where there is none."""
        try:
            return self._kept.pop()  # one step: no two threads get the same
        except IndexError:
            return None

    def keep(self, connection: Connection) -> None:
        """Takes one back, whose transaction has ended."""
        if len(self._kept) >= _MOST or connection.invalidated:
            connection.close()
            return
        self._kept.append(connection)
        if self._closed:  # meanwhile
            self.close()

    def close(self) -> None:
        """Closes all of them, and each that is given back later."""
        self._closed = True
        while (connection := self.taken()) is not None:
            connection.close()
