"""Whether what is stored is what was written: the database, the blobs that it names, and the key it rests on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import text

from shindan.model.errors import StoreError
from shindan.service.vault import open_keys
from shindan.store import retention, schema_version
from shindan.store.blobs import Blobs
from shindan.store.database import Database

_MOST = 100


def faults(database: Database, data: Path) -> Iterator[str]:
    """What is wrong, in a sentence each; nothing where all is well. Reads everything: it takes its time."""
    try:
        schema_version.check(database)
    except StoreError as error:
        yield f"{error}: {error.remedy}"
        return
    try:
        open_keys(database, data)
    except StoreError as error:
        yield f"{error}: {error.remedy}"
    if database.is_sqlite:
        yield from _sqlite(database)
    yield from _blobs(database, Blobs(data / "blobs"))


def _sqlite(database: Database) -> Iterator[str]:
    with database.read() as connection:
        for (said,) in connection.execute(text(f"PRAGMA integrity_check({_MOST})")):
            if said != "ok":
                yield f"the database is damaged: {said}: put a backup back with `shindan db restore`"
        for row in connection.execute(text("PRAGMA foreign_key_check")).fetchmany(_MOST):
            yield f"a row of {row[0]} names a row of {row[2]} that is not there"


def _blobs(database: Database, blobs: Blobs) -> Iterator[str]:
    with database.read() as connection:
        named = retention.named_blobs(connection)
    for digest in sorted(named):
        try:
            blobs.get(digest)
        except StoreError as error:
            yield f"{error}: the host's next inventory takes its place, or put a backup back"
