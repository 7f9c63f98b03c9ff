"""The service's database: SQLite in the data folder by default, PostgreSQL by URL; the same statements on both."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from sqlite3 import SQLITE_ERROR
from typing import Any

from sqlalchemy import Connection, Engine, Table, create_engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError, InterfaceError, OperationalError, SQLAlchemyError, TimeoutError

from shindan.model.errors import StoreError, StoreUnavailable

FILE = "service.sqlite"
_SQLITE_PRAGMAS = (
    "journal_mode = WAL",
    "synchronous = NORMAL",
    "wal_autocheckpoint = 8192",  # 32 MB: large runs write the same pages again and again
    "busy_timeout = 30000",
    "foreign_keys = ON",
    "cache_size = -65536",
    "temp_store = MEMORY",
)
_FOR_NOW = (OperationalError, InterfaceError, TimeoutError)
"""What drivers raise for a server that is away, a lock, a full disk; and the pool, for want of a connection."""

_REMEDY = (
    "look at `shindan doctor`; the database's address is SHINDAN_DATABASE_URL, by default a file in the data folder"
)


class Database:
    """Connections to the one database. `read` sees a consistent state, `write` is one transaction or nothing.

    Both raise StoreUnavailable where the database cannot be reached or written just now (it is away, it is locked, its
    disk is full), StoreError where it is damaged or was asked wrongly; a broken constraint comes as
    `sqlalchemy.exc.IntegrityError`, since it is the caller who knows what that means.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = _engine(url)

    @property
    def is_sqlite(self) -> bool:
        """Whether there is one writer at a time, in one file."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection whose transaction is given up at the end."""
        with _told(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction; on SQLite it takes its turn at the beginning, so that it never fails half-way for a lock."""
        with _told(), self.engine.connect().execution_options(shindan_writes=True) as connection, connection.begin():
            yield connection

    def close(self) -> None:
        """Closes every connection."""
        self.engine.dispose()


def open_database(url: str | None, data: Path) -> Database:
    """The database of an address, else the file in the data folder (which need not exist yet).

    Raises StoreError for what is no address of a database.
    """
    try:
        return Database(url or f"sqlite:///{data / FILE}")
    except (SQLAlchemyError, ImportError, ValueError) as error:
        # The address may hold a password: it is not repeated.
        raise StoreError(
            "SHINDAN_DATABASE_URL is no address of a database that is known here",
            remedy="write it as postgresql://user@host/name, or leave it out for SQLite in the data folder",
        ) from error


def upsert(
    connection: Connection,
    table: Table,
    rows: Sequence[Mapping[str, Any]],
    *,
    key: Sequence[str],
    update: Sequence[str],
) -> None:
    """Inserts rows; one whose `key` is there already has the columns `update` replaced (none: it stays)."""
    if not rows:
        return
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert(table)
    if update:
        given = {name: statement.excluded[name] for name in update}
        statement = statement.on_conflict_do_update(index_elements=list(key), set_=given)
    else:
        statement = statement.on_conflict_do_nothing(index_elements=list(key))
    connection.execute(statement, list(rows))


def inserted(connection: Connection, table: Table, row: Mapping[str, Any], *, unless: Sequence[str]) -> bool:
    """Inserts a row unless one of the same columns `unless` (a unique constraint) is there; whether it was inserted."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert(table).values(dict(row)).on_conflict_do_nothing(index_elements=list(unless))
    return connection.execute(statement.returning(table.c[unless[0]])).first() is not None


def _engine(url: str) -> Engine:
    if url.startswith("postgresql://"):
        url = "postgresql+psycopg://" + url.removeprefix("postgresql://")
    if not url.startswith("sqlite"):
        return create_engine(url, pool_pre_ping=True, pool_size=10, max_overflow=20)
    engine = create_engine(url, connect_args={"timeout": 30, "check_same_thread": False}, pool_size=10, max_overflow=40)
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: Any, _: Any) -> None:
    # The driver's own idea of when a transaction begins is switched off: `_begin` says it.
    connection.isolation_level = None
    for pragma in _SQLITE_PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("shindan_writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except IntegrityError:
        raise
    except SQLAlchemyError as error:
        cause = getattr(error, "orig", None) or error
        kind = StoreUnavailable if _for_now(error) else StoreError
        raise kind(f"the database cannot be used: {cause}", remedy=_REMEDY) from error


def _for_now(error: SQLAlchemyError) -> bool:
    """Whether it may work later. SQLite's driver has the same class for a lock and for a table that is not there."""
    code = getattr(getattr(error, "orig", None), "sqlite_errorcode", None)
    return isinstance(error, _FOR_NOW) and (code is None or code & 0xFF != SQLITE_ERROR)
