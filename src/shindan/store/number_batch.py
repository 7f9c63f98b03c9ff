"""Rows of nothing but numbers on their way into one table."""

from __future__ import annotations

import sqlite3
import sys
from array import array

from shindan.store.batch import Hash
from shindan.store.laid_rows import insert_laid


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
        insert_laid(self._connection, self._table, self._columns, values)
