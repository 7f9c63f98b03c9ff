"""Whether what was read a moment ago still holds: a stamp that changes when somebody may have written since.

SQLite counts the commits of all other connections, in this process and in others, and tells in 5 us (`PRAGMA
data_version`): nothing stale is ever taken for fresh. PostgreSQL has no such count that costs no round trip: there this
process's own writes to the watched tables change the stamp at once, and time does for those of other processes.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Collection, Hashable
from typing import Any

from sqlalchemy import event

from shindan.store.database import Database

LONGEST = 0.5
"""Seconds for which other processes' writes can go unseen on PostgreSQL."""

Stamp = Callable[[], Hashable]


def watch(database: Database, tables: Collection[str]) -> Stamp:
    """A function that gives a stamp: what was read after one was taken holds for as long as an equal one is given.

    It is called from several threads, and never waits for a lock of the database.
    """
    if database.is_sqlite:
        return _Commits(database).stamp
    return _OwnWrites(database, frozenset(tables)).stamp


class _Commits:
    """SQLite: how often anybody but this one connection has committed (sqlite.org, "PRAGMA data_version")."""

    def __init__(self, database: Database) -> None:
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(
            database.engine.url.database or "", timeout=0, isolation_level=None, check_same_thread=False
        )
        self._ask = self._connection.cursor().execute
        event.listen(database.engine, "engine_disposed", self._close)

    def stamp(self) -> Hashable:
        try:
            with self._lock:
                return next(self._ask("PRAGMA data_version"))  # type: ignore[no-any-return]
        except sqlite3.Error:
            return object()  # equal to no other: nobody can say

    def _close(self, _: Any) -> None:
        with self._lock:
            self._connection.close()


class _OwnWrites:
    """Any other database: transactions of this process that wrote to the tables, and what the clock says."""

    def __init__(self, database: Database, tables: frozenset[str]) -> None:
        self._tables = tables
        self._written = 0
        self._lock = threading.Lock()
        event.listen(database.engine, "after_execute", self._mark)
        # When a connection comes back its transaction has ended, and whoever wrote has not been answered yet.
        event.listen(database.engine, "checkin", self._count)

    def stamp(self) -> Hashable:
        return self._written, int(time.monotonic() / LONGEST)

    def _mark(self, connection: Any, statement: Any, *_: Any) -> None:
        if getattr(statement, "is_dml", False) and statement.table.name in self._tables:
            connection.info[self] = True

    def _count(self, _: Any, record: Any) -> None:
        if record.info.pop(self, False):
            with self._lock:
                self._written += 1
