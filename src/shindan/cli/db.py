"""`shindan db`: the service's database, with what belongs to it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from shindan.cli.options import ServiceDataOption
from shindan.cli.terminal import complain, say

db = typer.Typer(
    name="db", help="The database: migrate, backup, restore, check.", no_args_is_help=True, rich_markup_mode=None
)


@db.command()
def migrate(data: ServiceDataOption = None) -> None:
    """Bring the database's schema up to date; safe to repeat. On SQLite the server does it itself."""
    from shindan.app.mending import migrate as migrated

    before, now = migrated(data)
    say(f"the schema is {now}" + ("" if before == now else f"; it was {before or 'none'}"))


@db.command()
def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write.")], data: ServiceDataOption = None
) -> None:
    """Write everything into one file, while the server runs: database, inventories, reports, keys, settings.

    It holds the key that secrets are encrypted with: keep it as you keep a password. Advisories are left out; they
    are fetched again. PostgreSQL is read by pg_dump.

    Example: shindan db backup /backup/shindan.tar
    """
    from shindan.app.mending import opened_in_any_state
    from shindan.service.backup import backup as written

    with opened_in_any_state(data) as (settings, database):
        done = written(database, settings.data, file)
    say(f"{file}: schema {done.schema}, {done.blobs:,} inventories and reports, {file.stat().st_size / 1e6:,.1f} MB")


@db.command()
def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `shindan db backup` wrote.")],
    data: ServiceDataOption = None,
) -> None:
    """Put a backup back, into a folder (and a PostgreSQL database) that holds nothing yet.

    Example: shindan db restore shindan.backup --data /var/lib/shindan-new
    """
    from shindan.app.mending import migrate as migrated
    from shindan.app.mending import opened_in_any_state
    from shindan.service.backup import restore as restored

    with opened_in_any_state(data) as (settings, database):
        done = restored(database, settings.data, file)
    migrated(data)
    say(f"{settings.data}: as it was on {done.created}; check it with `shindan db check --data {settings.data}`")


@db.command()
def check(data: ServiceDataOption = None) -> None:
    """Read everything that is stored and say what is damaged; exit code 1 if anything is."""
    from shindan.app.house import refuse_missing
    from shindan.app.mending import opened_in_any_state
    from shindan.service.integrity import faults

    count = 0
    with opened_in_any_state(data) as (settings, database):
        refuse_missing(settings, database)
        for fault in faults(database, settings.data):
            count += 1
            complain(fault)
    if count:
        raise typer.Exit(1)
    say("all is as it was written")
