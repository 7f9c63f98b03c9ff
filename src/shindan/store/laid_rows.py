"""Rows laid end to end as one list of values, and inserted many a statement: that halves the time of inserting."""

from __future__ import annotations

import sqlite3
from typing import Any

_VALUES = 400
"""Values a statement: more gains nothing, and old builds of SQLite take no more than 999."""


def insert_laid(connection: sqlite3.Connection, table: str, columns: int, values: list[Any]) -> None:
    """Inserts the rows of a list that holds `columns` values of each. Raises sqlite3.Error."""
    step = _VALUES // columns * columns
    whole = len(values) // step * step
    if whole:
        rows = [values[at : at + step] for at in range(0, whole, step)]
        connection.executemany(_statement(table, columns, step), rows)
    if whole < len(values):
        connection.execute(_statement(table, columns, len(values) - whole), values[whole:])


def _statement(table: str, columns: int, values: int) -> str:
    row = f"({','.join('?' * columns)})"
    rows = ",".join([row] * (values // columns))
    return f"INSERT INTO {table} VALUES {rows}"  # noqa: S608 - a constant of this room
