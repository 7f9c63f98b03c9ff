"""What is done to an installation that does not open: migrations, and another master key."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shindan.app.house import make_jobs, refuse_missing
from shindan.app.owner import refuse_root
from shindan.engine.executor_id import held
from shindan.model.errors import StoreError
from shindan.service import vault
from shindan.settings import Settings, load
from shindan.store import schema_version
from shindan.store.database import Database, open_database


@contextmanager
def opened_in_any_state(data: Path | None) -> Iterator[tuple[Settings, Database]]:
    """Settings and database of a folder, whatever is in it."""
    settings = load(data)
    database = open_database(settings.database_url or None, settings.data)
    try:
        yield settings, database
    finally:
        database.close()


def migrate(data: Path | None) -> tuple[str | None, str]:
    """Brings the database up to date; (schema before, schema now). Raises StoreError for one of a newer Shindan."""
    with opened_in_any_state(data) as (settings, database):
        refuse_root(settings.data)
        refuse_missing(settings, database)
        before = schema_version.current(database)
        schema_version.migrate(database)
        jobs = make_jobs(settings, database)
        jobs.migrate()
        jobs.close()
        return before, schema_version.HEAD


def renew_master(data: Path | None) -> Path:
    """Makes another master key; every access key goes. Its file.

    Raises StoreError, also while a server runs: it would go on sealing and reading with the key that it has.
    """
    with opened_in_any_state(data) as (settings, database):
        refuse_root(settings.data)
        refuse_missing(settings, database)
        schema_version.check(database)
        if held(settings.data / "workers"):
            raise StoreError(
                f"a server runs on {settings.data}, and has the master key in its memory",
                remedy="stop it, and say this again; then start it",
            )
        vault.renew(database, settings.data)
    return settings.data / "keys" / "master"
