"""From a data folder to a running server: everything that can go wrong goes wrong before anything is served."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from shindan.app import logs
from shindan.app.house import House, make_jobs, refuse_missing, wired
from shindan.app.late_jobs import LateJobs
from shindan.app.listening import listener
from shindan.app.owner import refuse_root
from shindan.app.releasing import ready
from shindan.settings import load
from shindan.store import schema_version
from shindan.store.database import open_database


def serve_from(data: Path | None, *, insecure: bool, say: Callable[[str], None], **said: Any) -> None:
    """Serves a data folder until it is asked to stop; `say` is told the address in words.

    A schema of an older Shindan is brought up to date on SQLite; on PostgreSQL, which others may be using, that is
    asked for. Raises StoreError, SettingsError, CertificateError and CannotListen.
    """
    settings = load(data, **said)
    refuse_root(settings.data)
    logs.begin(settings.log_level, settings.log_format)
    tls = None if insecure else settings.tls
    database = open_database(settings.database_url or None, settings.data)
    try:
        refuse_missing(settings, database)
        if database.is_sqlite and schema_version.current(database) is not None:
            schema_version.migrate(database)
        schema_version.check(database)
        jobs = LateJobs(lambda: make_jobs(settings, database))
        house = House(settings, wired(settings, database, jobs, sends=True), jobs)
        listening = listener(settings.listen, tls=tls is not None, insecure=insecure)
        ready(settings)
        # The web server's libraries are loaded once nothing stands in the way any more.
        from shindan.app.server import serve

        serve(house, listening, tls, lambda address: say(f"Shindan answers at {address}"))
    finally:
        database.close()
