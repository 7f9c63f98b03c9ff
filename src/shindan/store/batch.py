"""Rows on their way into one table: hashed in order of arrival, inserted many at a time."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

from shindan.store.codec import pack_words, storable

Row = tuple[Any, ...]

_encode = json.JSONEncoder(ensure_ascii=False, check_circular=False).encode


class Hash(Protocol):
    """What `hashlib` gives."""

    def update(self, data: bytes, /) -> None:
        """Take in more content."""
        ...


class Batch:
    """Collects the rows of one table, and hashes and inserts them when a limit is reached or at `flush`.

    The digest takes a row as it was added; `finish` may then sort the rows and put derived columns in. The
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
        finish: Callable[[list[Row]], Sequence[Row]] | None = None,
        most_rows: int = 2_000,
        most_text: int = 4_000_000,
    ) -> None:
        marks = ",".join("?" * columns)
        self._insert = f"INSERT INTO {table} VALUES ({marks})"  # noqa: S608 - both are constants of this room
        self._connection = connection
        self._digest = digest
        self._table = table
        self._finish = finish
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
            self._put(rows)
        except UnicodeEncodeError:
            self._put([tuple(storable(v) if isinstance(v, str) else v for v in row) for row in rows])

    def _put(self, rows: list[Row]) -> None:
        self._digest.update(_content(self._table, rows))
        self._connection.executemany(self._insert, self._finish(rows) if self._finish else rows)


def _content(table: str, rows: list[Row]) -> bytes:
    """An unambiguous text of the rows: by column, which takes half the time, and each with its length before it."""
    columns = [_column(values) for values in zip(*rows, strict=True)]
    return "".join(f"{len(text)}:{text}" for text in (table, *columns)).encode()


def _column(values: tuple[Any, ...]) -> str:
    try:
        return pack_words(values)
    except TypeError:
        return _encode(values)
