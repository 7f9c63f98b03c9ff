"""The tables of a generation file, and how one is opened.

A row of `affected` is four small numbers: what repeats from row to row stands once in `package` (a name on a
platform), `version` (a fixing version with its sortable key; one without text is no fix) and `clause` (scheme,
states, severity, conditions, lower bounds). Rows stand in the feed's order, those of one advisory together: its
`first` rowid to before its `beyond`. The index by package holds them a second time, so that a scan reads one place.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from urllib.parse import quote

from shindan.model.errors import StoreError

APPLICATION_ID = 0x5348_4E44
"""`SHND` in the file's header (SQLite's `application_id`): tells our files from anybody's."""

SCHEMA_VERSION = 2
"""Kept in the header's `user_version`; raised whenever an older reader would misread a file."""

TABLES = """
CREATE TABLE meta (generation TEXT NOT NULL);
CREATE TABLE platform (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE package (id INTEGER PRIMARY KEY, platform INTEGER NOT NULL, name TEXT NOT NULL);
CREATE TABLE version (id INTEGER PRIMARY KEY, scheme TEXT NOT NULL, text TEXT NOT NULL, key BLOB);
CREATE TABLE clause (
  id INTEGER PRIMARY KEY, scheme TEXT, names TEXT, state TEXT, vendor_state TEXT, severity TEXT, only_if TEXT,
  introduced TEXT, last_affected TEXT, introduced_key BLOB, last_affected_key BLOB
);
CREATE TABLE affected (
  ref INTEGER NOT NULL, package INTEGER NOT NULL, clause INTEGER NOT NULL, fixed INTEGER NOT NULL
);
CREATE TABLE advisory (
  ref INTEGER PRIMARY KEY, id TEXT NOT NULL, leads TEXT NOT NULL, withdrawn INTEGER NOT NULL,
  first INTEGER NOT NULL, beyond INTEGER NOT NULL
);
CREATE TABLE detail (
  ref INTEGER PRIMARY KEY, feed TEXT, title TEXT, severity TEXT, description TEXT, cves TEXT, aliases TEXT,
  vectors TEXT, "references" TEXT, published TEXT, modified TEXT
);
CREATE TABLE name (id TEXT NOT NULL, ref INTEGER NOT NULL, same INTEGER NOT NULL, leading INTEGER NOT NULL);
CREATE TABLE coverage (
  platform INTEGER NOT NULL, package TEXT NOT NULL, scheme TEXT, newest TEXT, examined INTEGER NOT NULL
);
CREATE TABLE enrichment (
  id TEXT NOT NULL, vectors TEXT, epss REAL, percentile REAL, epss_date TEXT, kev TEXT,
  description TEXT, "references" TEXT, published TEXT, modified TEXT, rejected INTEGER NOT NULL
);
"""

INDEXES = """
CREATE INDEX affected_by_package ON affected (package, ref, clause, fixed);
CREATE INDEX package_by_name ON package (platform, name);
CREATE INDEX version_by_key ON version (scheme, key);
CREATE INDEX name_by_id ON name (id);
CREATE INDEX coverage_by_package ON coverage (platform, package);
CREATE INDEX enrichment_by_id ON enrichment (id);
"""
"""Made after the rows: building an index once costs a third of keeping it up to date."""

_BUILD = (
    # A half-built file is thrown away whatever happens, so nothing guards it; it is synced before its rename.
    "PRAGMA journal_mode = OFF",
    "PRAGMA synchronous = OFF",
    "PRAGMA locking_mode = EXCLUSIVE",
    "PRAGMA temp_store = FILE",
    "PRAGMA cache_size = -32768",
    f"PRAGMA application_id = {APPLICATION_ID}",
    f"PRAGMA user_version = {SCHEMA_VERSION}",
)


def create(path: Path) -> sqlite3.Connection:
    """A new, empty generation file, with one transaction open. Raises sqlite3.Error."""
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        for pragma in _BUILD:
            connection.execute(pragma)
        connection.executescript(TABLES)
        connection.execute("BEGIN")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def open_read_only(path: Path) -> sqlite3.Connection:
    """A finished generation file, opened so that nothing is ever written beside it.

    Raises FileNotFoundError, sqlite3.Error (no such database, torn), and StoreError for a file of another
    program or of a newer Shindan.
    """
    if not path.exists():
        raise FileNotFoundError(path)
    # `immutable` skips locks and journals: right, since a generation never changes, and needed in a folder
    # that the reader must not write to.
    address = f"file:{quote(str(path.resolve()))}?mode=ro&immutable=1"
    connection = sqlite3.connect(address, uri=True, isolation_level=None)
    try:
        connection.execute("PRAGMA cache_size = -8192")
        _check_header(connection, path)
    except (sqlite3.Error, StoreError):
        connection.close()
        raise
    return connection


def _check_header(connection: sqlite3.Connection, path: Path) -> None:
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if application != APPLICATION_ID:
        raise sqlite3.DatabaseError(f"{path.name} is not a generation file")
    if version > SCHEMA_VERSION:
        raise StoreError(
            f"{path.name} was written by a newer Shindan (schema {version}, this one reads {SCHEMA_VERSION})",
            remedy="upgrade shindan, or name another folder with --data DIR",
        )
    if version < SCHEMA_VERSION:
        raise sqlite3.DatabaseError(f"{path.name} has the older schema {version}")
