"""Rows on their way into one table: hashed in order of arrival, inserted many at a time."""

from __future__ import annotations

import json
import sqlite3
import sys
from array import array
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from shindan.store.codec import storable

Row = tuple[Any, ...]

_encode = json.JSONEncoder(ensure_ascii=False, check_circular=False).encode


class Hash(Protocol):
    """What `hashlib` gives."""

    def update(self, data: bytes, /) -> None:
        """Take in more content."""
        ...


class Batch:
    """Collects the rows of one table, and hashes and inserts them when a limit is reached or at `flush`.

    The digest takes the first `hashed` columns of a row, by default all; what follows is derived from them. The
    limits, in rows and in characters of long text, bound the memory that waiting rows take. Whatever flushes
    raises sqlite3.Error.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        digest: Hash,
        table: str,
        columns: int,
        *,
        hashed: int | None = None,
        most_rows: int = 2_000,
        most_text: int = 4_000_000,
    ) -> None:
        marks = ",".join("?" * columns)
        self._insert = f"INSERT INTO {table} VALUES ({marks})"  # noqa: S608 - both are constants of this room
        self._connection = connection
        self._digest = digest
        self._table = table
        self._hashed = hashed
        self._most_rows = most_rows
        self._most_text = most_text
        self._text = 0
        self._rows: list[Row] = []

    def add(self, row: Row, text: int = 0) -> None:
        """Add one row; `text` is the length of its long strings, in characters."""
        self._rows.append(row)
        self._text += text
        if len(self._rows) >= self._most_rows or self._text >= self._most_text:
            self.flush()

    def extend(self, rows: Iterable[Row]) -> None:
        """Add rows that are in memory anyway; the limits are looked at afterwards."""
        self._rows.extend(rows)
        if len(self._rows) >= self._most_rows:
            self.flush()

    def flush(self) -> None:
        """Hash and insert what has gathered."""
        if not self._rows:
            return
        rows, self._rows, self._text = self._rows, [], 0
        try:
            content = self._content(rows)
        except UnicodeEncodeError:
            rows = [tuple(storable(v) if isinstance(v, str) else v for v in row) for row in rows]
            content = self._content(rows)
        self._digest.update(content)
        self._connection.executemany(self._insert, rows)

    def _content(self, rows: list[Row]) -> bytes:
        """An unambiguous form of the rows: by column, which is far quicker, each with its kind and length before it."""
        columns = list(zip(*rows, strict=True))[: self._hashed]
        parts = [self._table.encode()]
        for kind, data in map(_column, columns):
            parts += (b"%c%d:" % (kind, len(data)), data)
        return b"".join(parts)


def _column(values: Sequence[Any]) -> tuple[bytes, bytes]:
    """A column's kind (texts by line, little-endian integers of eight bytes, or JSON) and its content."""
    try:
        lines = "\n".join(values)
    except TypeError:
        return _numbers(values)
    if lines.count("\n") == len(values) - 1:
        return b"t", lines.encode()
    return b"j", _encode(values).encode()


def _numbers(values: Sequence[Any]) -> tuple[bytes, bytes]:
    try:
        numbers = array("q", values)
    except TypeError:
        return b"j", _encode(values).encode()
    if sys.byteorder == "big":
        numbers.byteswap()
    return b"i", numbers.tobytes()
