"""Rows on their way into one table: hashed in order of arrival, inserted many at a time."""

from __future__ import annotations

import json
import sqlite3
import sys
from array import array
from collections.abc import Sequence
from typing import Any, Protocol

from shindan.store.codec import storable
from shindan.store.laid_rows import insert_laid

_encode = json.JSONEncoder(ensure_ascii=False, check_circular=False).encode


class Hash(Protocol):
    """What `hashlib` gives."""

    def update(self, data: bytes, /) -> None:
        """Take in more content."""
        ...


class Batch:
    """Collects the rows of one table, laid end to end, and hashes and inserts them at a limit or at `flush`.

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
        self._connection = connection
        self._digest = digest
        self._table = table
        self._columns = columns
        self._hashed = columns if hashed is None else hashed
        self._most_values = most_rows * columns
        self._most_text = most_text
        self._text = 0
        self._values: list[Any] = []

    def add(self, rows: Sequence[Any], text: int = 0) -> None:
        """Add one row, or several laid end to end; `text` is the length of their long strings, in characters."""
        self._values += rows
        self._text += text
        if len(self._values) >= self._most_values or self._text >= self._most_text:
            self.flush()

    def flush(self) -> None:
        """Hash and insert what has gathered."""
        values, self._values, self._text = self._values, [], 0
        if not values:
            return
        try:
            content = self._content(values)
        except UnicodeEncodeError:
            values = [storable(v) if isinstance(v, str) else v for v in values]
            content = self._content(values)
        self._digest.update(content)
        insert_laid(self._connection, self._table, self._columns, values)

    def _content(self, values: list[Any]) -> bytes:
        """An unambiguous form of the rows: by column, which is far quicker, each with its kind and length before it."""
        parts = [self._table.encode()]
        for at in range(self._hashed):
            kind, data = _column(values[at :: self._columns])
            parts += (b"%c%d:" % (kind, len(data)), data)
        return b"".join(parts)


def _column(values: list[Any]) -> tuple[bytes, bytes]:
    """A column's kind (texts by line, little-endian integers of eight bytes, or JSON) and its content."""
    try:
        lines = "\n".join(values)
    except TypeError:
        return _numbers(values)
    if lines.count("\n") == len(values) - 1:
        return b"t", lines.encode()
    return b"j", _encode(values).encode()


def _numbers(values: list[Any]) -> tuple[bytes, bytes]:
    try:
        numbers = array("q", values)
    except TypeError:
        return b"j", _encode(values).encode()
    if sys.byteorder == "big":
        numbers.byteswap()
    return b"i", numbers.tobytes()
