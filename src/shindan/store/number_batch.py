"""Rows of nothing but numbers on their way into one table: many a statement, which halves the time of inserting."""

from __future__ import annotations

import sqlite3
import sys
from array import array

from shindan.store.batch import Hash

_VALUES = 800
"""Values a statement, below SQLite's limit of parameters (999 in old builds)."""


class NumberBatch:
    """Collects rows laid end to end, and hashes and inserts them when there are `most` values, or at `flush`.

    Whatever flushes raises sqlite3.Error.
    """

    def __init__(
        self, connection: sqlite3.Connection, digest: Hash, table: str, columns: int, *, most: int = 80_000
    ) -> None:
        self._connection = connection
        self._digest = digest
        self._table = table
        self._columns = columns
        self._most = most
        self._values: list[int] = []

    def extend(self, values: list[int]) -> None:
        """Add whole rows, one after the other: as many values each as the table has columns."""
        self._values += values
        if len(self._values) >= self._most:
            self.flush()

    def flush(self) -> None:
        """Hash and insert what has gathered."""
        values, self._values = self._values, []
        if not values:
            return
        numbers = array("q", values)
        if sys.byteorder == "big":
            numbers.byteswap()
        self._digest.update(b"%s%d:" % (self._table.encode(), len(values)) + numbers.tobytes())
        step = _VALUES // self._columns * self._columns
        whole = len(values) // step * step
        self._connection.executemany(self._insert(step), (values[at : at + step] for at in range(0, whole, step)))
        if whole < len(values):
            self._connection.execute(self._insert(len(values) - whole), values[whole:])

    def _insert(self, values: int) -> str:
        row = f"({','.join('?' * self._columns)})"
        rows = ",".join([row] * (values // self._columns))
        return f"INSERT INTO {self._table} VALUES {rows}"  # noqa: S608 - a constant of this room
