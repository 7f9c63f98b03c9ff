"""Which schema the service's database has, and bringing it up to date with Alembic's migrations."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import inspect, text

from shindan.model.errors import StoreError
from shindan.store.database import Database

HEAD = "0001"
"""The newest migration; a test compares it with the folder."""

_FOLDER = Path(__file__).with_name("migrations")


def current(database: Database) -> str | None:
    """The migration that the database is at; None for one without tables. Cheap: Alembic is not asked."""
    with database.read() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def migrate(database: Database) -> None:
    """Brings the database to `HEAD`, in one transaction. Raises StoreError for one of a newer Shindan."""
    at = current(database)
    if at == HEAD:
        return
    refuse_newer(at)
    # Alembic takes a fifth of a second to import, and nearly every start finds the schema up to date.
    from alembic import command

    with database.write() as connection:
        command.upgrade(_configuration(connection), "head")


def check(database: Database) -> None:
    """Raises StoreError where the schema is not the one that this Shindan works with."""
    at = current(database)
    refuse_newer(at)
    if at is None:
        raise StoreError("the database has no tables", remedy="run `shindan init`")
    if at != HEAD:
        raise StoreError(f"the database is at schema {at}, {HEAD} is needed", remedy="run `shindan db migrate`")


def refuse_newer(at: str | None) -> None:
    """Raises StoreError for a schema that was written by a newer Shindan."""
    if at is not None and at > HEAD:
        raise StoreError(f"the database was written by a newer Shindan (schema {at})", remedy="upgrade shindan")


def _configuration(connection: Any) -> Any:
    from alembic.config import Config

    configuration = Config()
    configuration.set_main_option("script_location", str(_FOLDER))
    configuration.attributes["connection"] = connection
    return configuration
