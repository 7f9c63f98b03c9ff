"""Our reader of SQLite's format against SQLite itself."""

from __future__ import annotations

import os
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shindan.collect.bounded_file import BoundedFile
from shindan.collect.damaged import Damaged
from shindan.collect.sqlite_pages import Pages
from shindan.collect.sqlite_tables import table_rows, tables

SCHEMA = """CREATE TABLE "things" (
    id INTEGER PRIMARY KEY,  /* a comment, with a comma (and more) */
    name TEXT NOT NULL DEFAULT ('a,b'), -- another, one
    [size] REAL, value,
    CONSTRAINT one_name UNIQUE (name, value)
)"""


def read(path: Path, table: str = "things") -> list[dict[str, Any]]:
    log = path.with_name(path.name + "-wal")
    with path.open("rb") as stream:
        if not log.exists():
            pages = Pages(BoundedFile(stream))
            return list(table_rows(pages, tables(pages)[table]))
        with log.open("rb") as second:
            pages = Pages(BoundedFile(stream), BoundedFile(second))
            return list(table_rows(pages, tables(pages)[table]))


def asked(connection: sqlite3.Connection, table: str = "things") -> list[dict[str, Any]]:
    cursor = connection.execute(f"SELECT * FROM {table}")
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor]


VALUES = st.one_of(
    st.none(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False),
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=3000),
    st.binary(max_size=9000),
)


@settings(max_examples=60)
@given(
    rows=st.lists(st.tuples(st.integers(-(2**63), 2**63 - 1), VALUES), max_size=40, unique_by=lambda row: row[0]),
    page_size=st.sampled_from([512, 1024, 4096, 65536]),
    log=st.booleans(),
)
def test_every_row_is_read_as_sqlite_reads_it(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[int, Any]], page_size: int, log: bool
) -> None:
    folder = tmp_path_factory.mktemp("sqlite")
    connection = sqlite3.connect(folder / "a.db")
    connection.execute(f"PRAGMA page_size = {page_size}")
    connection.execute(SCHEMA)
    if log:
        connection.execute("PRAGMA journal_mode = WAL")
    connection.executemany(
        "INSERT INTO things VALUES (?, ?, ?, ?)",
        [(key, f"n{key}", number / 3, value) for number, (key, value) in enumerate(rows)],
    )
    connection.commit()
    expected = asked(connection)
    copy = folder / "copy"
    copy.mkdir()
    for path in folder.glob("a.db*"):
        shutil.copy(path, copy)
    connection.close()
    assert read(copy / "a.db") == expected
    shutil.rmtree(folder)


def test_a_table_of_many_pages_and_holes(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "a.db") as connection:
        connection.execute("PRAGMA page_size = 512")
        connection.execute(SCHEMA)
        numbers = range(5000)
        connection.executemany("INSERT INTO things VALUES (?, ?, 1, 2)", [(number, f"n{number}") for number in numbers])
        connection.execute("DELETE FROM things WHERE id % 3 = 0")
    assert read(tmp_path / "a.db") == asked(connection)
    connection.close()


def test_a_column_that_was_added_later_is_absent_in_older_rows(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "a.db") as connection:
        connection.execute("CREATE TABLE things (a, b)")
        connection.execute("INSERT INTO things VALUES (1, 2)")
        connection.execute("ALTER TABLE things ADD COLUMN c DEFAULT 7")
    connection.close()
    assert read(tmp_path / "a.db") == [{"a": 1, "b": 2}]


def test_a_log_of_another_life_of_the_database_counts_for_nothing(tmp_path: Path) -> None:
    """After a checkpoint the log begins anew with other salts; old frames stand behind the new ones."""
    path = tmp_path / "a.db"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    connection.execute("CREATE TABLE things (a)")
    connection.executemany("INSERT INTO things VALUES (?)", [("x" * 4000,) for _ in range(50)])
    connection.commit()
    connection.execute("PRAGMA wal_checkpoint(RESTART)")
    connection.execute("UPDATE things SET a = 'new' WHERE rowid = 1")
    connection.commit()
    copy = tmp_path / "copy"
    copy.mkdir()
    for one in tmp_path.glob("a.db*"):
        shutil.copy(one, copy)
    assert os.path.getsize(copy / "a.db-wal") > 200_000
    assert read(copy / "a.db") == asked(connection)
    connection.close()


@pytest.mark.parametrize("size", [0, 99, 100])
def test_a_file_that_is_no_database_is_damage(tmp_path: Path, size: int) -> None:
    (tmp_path / "a.db").write_bytes(b"SQLite format 3\0".ljust(size, b"\0")[:size])
    with pytest.raises(Damaged):
        read(tmp_path / "a.db")
