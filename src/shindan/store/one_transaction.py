"""Many verbs as one transaction: each believes to have its own, and together they are done or nothing is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from shindan.store.database import Database


class OneTransaction(Database):
    """See `Database`; over a connection whose transaction somebody else begins and ends.

    What a verb reads it reads in that transaction, and what it refuses half-way is taken back alone.
    """

    def __init__(self, database: Database, connection: Connection) -> None:
        self.url, self.engine, self.is_sqlite = database.url, database.engine, database.is_sqlite
        self._connection = connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """See `Database.read`."""
        yield self._connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """See `Database.write`."""
        with self._connection.begin_nested():
            yield self._connection

    @contextmanager
    def hurried(self) -> Iterator[None]:
        """See `Database.hurried`; nobody else is waited for within a transaction that writes."""
        yield

    def close(self) -> None:
        """Closes nothing: the connection is its owner's."""
