"""Rows laid end to end come back as they went in, whatever their number."""

from __future__ import annotations

import sqlite3

import pytest

from shindan.store.laid_rows import insert_laid


@pytest.mark.parametrize("columns", [1, 4, 11])
@pytest.mark.parametrize("rows", [0, 1, 36, 37, 100, 101, 400, 401, 1_003])
def test_every_row_arrives_in_order(columns: int, rows: int) -> None:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.execute(f"CREATE TABLE laid ({', '.join(f'c{at}' for at in range(columns))})")
    given = [tuple((row, at) for at in range(columns)) for row in range(rows)]
    insert_laid(connection, "laid", columns, [f"{pair}" for row in given for pair in row])
    found = connection.execute("SELECT * FROM laid ORDER BY rowid").fetchall()
    assert found == [tuple(f"{pair}" for pair in row) for row in given]
