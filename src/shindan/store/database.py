"""The service's database: SQLite in the data folder by default, PostgreSQL by URL; the same statements on both."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Table, create_engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError, InterfaceError, OperationalError, SQLAlchemyError, TimeoutError

from shindan.model.errors import StoreError, StoreUnavailable
from shindan.store.idle import Idle

FILE = "service.sqlite"
_WRITING = (
    "journal_mode = WAL",
    "synchronous = NORMAL",
    "wal_autocheckpoint = 8192",  # 32 MB: large runs write the same pages again and again
    "foreign_keys = ON",
)
_READING = ("cache_size = -65536", "temp_store = MEMORY")
_FOR_NOW = (OperationalError, InterfaceError, TimeoutError)
"""What drivers raise for a server that is away, a lock, a full disk; and the pool, for want of a connection."""

_PATIENCE = 30
"""Seconds that a writer waits for its turn."""

_REMEDY = (
    "look at `shindan doctor`; the database's address is SHINDAN_DATABASE_URL, by default a file in the data folder"
)

_FULL = "make room on the disk of the data folder (`df -h` tells of it), then say it again; nothing was changed"


class Database:
    """Connections to the one database. `read` sees a consistent state, `write` is one transaction or nothing.

    Both raise StoreUnavailable where the database cannot be reached or written just now (it is away, it is locked, its
    disk is full), StoreError where it is damaged or was asked wrongly; a broken constraint comes as
    `sqlalchemy.exc.IntegrityError`, since it is the caller who knows what that means.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = _engine(url)
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        """Whether there is one writer at a time, in one file."""
        self._idle = Idle(self.engine)
        self._idle_hurried = Idle(_engine(url, patience=0) if self.is_sqlite else self.engine)
        self._this = threading.local()
        self._turn = threading.RLock()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection whose transaction is given up at the end."""
        with _told():
            if not self.is_sqlite:
                with self.engine.connect() as connection:
                    yield connection
                return
            # Nobody is at the other end whom a kept connection would cost anything, or could have left it.
            idle = self._idle_hurried if self._is_hurried else self._idle
            connection = idle.taken() or idle.engine.connect()
            try:
                yield connection
                connection.rollback()
            except BaseException:
                connection.close()
                raise
            idle.keep(connection)

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction; on SQLite it takes its turn at the beginning, so that it never fails half-way for a lock."""
        if self._is_hurried:
            raise StoreUnavailable("who must not wait cannot write", remedy="write outside `hurried`")
        with (
            _told(),
            self._in_turn(),
            self.engine.connect().execution_options(shindan_writes=True) as connection,
            connection.begin(),
        ):
            yield connection

    @contextmanager
    def _in_turn(self) -> Iterator[None]:
        """SQLite has whoever waits for its lock look again and again: of many threads some would never have luck.

        Other processes, which are few, still wait in SQLite's own way.
        """
        if not self.is_sqlite:
            yield
            return
        if not self._turn.acquire(timeout=_PATIENCE):
            raise StoreUnavailable(f"the database was busy for {_PATIENCE} s", remedy=_REMEDY)
        try:
            yield
        finally:
            self._turn.release()

    @contextmanager
    def hurried(self) -> Iterator[None]:
        """Within it this thread never waits for a lock of SQLite's: StoreUnavailable where it would have to.

        It is for reads that are short, on a thread that others wait for; not for PostgreSQL, which is elsewhere.
        """
        self._this.hurried = True
        try:
            yield
        finally:
            self._this.hurried = False

    def close(self) -> None:
        """Closes every connection."""
        self._idle.close()
        self._idle_hurried.close()
        self.engine.dispose()
        self._idle_hurried.engine.dispose()

    @property
    def _is_hurried(self) -> bool:
        return getattr(self._this, "hurried", False)


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


def _engine(url: str, patience: int = _PATIENCE) -> Engine:
    """`patience`: seconds that SQLite waits for a lock; what has none only reads."""
    if url.startswith("postgresql://"):
        url = "postgresql+psycopg://" + url.removeprefix("postgresql://")
    if not url.startswith("sqlite"):
        return create_engine(url, pool_pre_ping=True, pool_size=10, max_overflow=20)
    given = {"timeout": patience, "check_same_thread": False}
    engine = create_engine(url, connect_args=given, pool_size=10, max_overflow=40)
    event.listen(engine, "connect", _prepare if patience else _prepare_reading)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: Any, _: Any) -> None:
    _prepare_reading(connection, _)
    for pragma in _WRITING:
        connection.execute(f"PRAGMA {pragma}")


def _prepare_reading(connection: Any, _: Any) -> None:
    # The driver's own idea of when a transaction begins is switched off: `_begin` says it.
    connection.isolation_level = None
    for pragma in _READING:
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    if connection.get_execution_options().get("shindan_writes"):
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        # It takes no lock yet, and by the driver it is had for a tenth of the time.
        _raw(connection).execute("BEGIN")


def _raw(connection: Connection) -> sqlite3.Connection:
    raw: Any = connection.connection.dbapi_connection
    return raw  # type: ignore[no-any-return]


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except IntegrityError:
        raise
    except sqlite3.Error as error:
        raise StoreUnavailable(f"the database cannot be used: {error}", remedy=_remedy(error)) from error
    except SQLAlchemyError as error:
        cause = getattr(error, "orig", None) or error
        kind = StoreUnavailable if _for_now(error) else StoreError
        raise kind(f"the database cannot be used: {cause}", remedy=_remedy(cause)) from error


def _remedy(cause: BaseException) -> str:
    code = getattr(cause, "sqlite_errorcode", None)
    return _FULL if code is not None and code & 0xFF == sqlite3.SQLITE_FULL else _REMEDY


def _for_now(error: SQLAlchemyError) -> bool:
    """Whether it may work later. SQLite's driver has the same class for a lock and for a table that is not there."""
    code = getattr(getattr(error, "orig", None), "sqlite_errorcode", None)
    return isinstance(error, _FOR_NOW) and (code is None or code & 0xFF != sqlite3.SQLITE_ERROR)
