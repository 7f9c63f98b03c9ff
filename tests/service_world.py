"""A service on a fresh database with two accounts, callers and hosts whose facts were handed in, for tests of verbs."""

from __future__ import annotations

import atexit
import functools
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, insert

from shindan.engine.jobs import Jobs
from shindan.model.arn import Arn, new_id
from shindan.model.host import Host
from shindan.model.run import RunState
from shindan.service import accounts, groups, submissions, targets, templates, vault
from shindan.service.caller import Caller
from shindan.service.service import Quotas, Service
from shindan.store.blobs import Blobs
from shindan.store.database import Database
from shindan.store.tables import metadata, run, run_host
from stores import databases

ACCOUNT, OTHER = "123456789012", "999999999999"
REGION = "us-west-2"
CVE = "arn:aws:inspector:us-west-2:758058086616:rulespackage/0-9hgA516p"
CIS = "arn:aws:inspector:us-west-2:758058086616:rulespackage/0-H5hpSawc"
CVE_OF_FRANKFURT = "arn:aws:inspector:eu-central-1:537503971621:rulespackage/0-wNqHa8M9"


class NoJobs:
    """For verbs that have no work for later: whoever enqueues after all is told.

    A new host's wish for advisories is let pass: it belongs to how hosts come into a test, not to what is tested.
    """

    def enqueue(
        self, name: str, args: Mapping[str, Any], *, key: str, delay: float = 0, conn: Connection | None = None
    ) -> None:
        """See `Jobs.enqueue`."""
        assert name == "fetch", f"this test has no job engine, and {name} was enqueued"

    def cancel(self, key: str, conn: Connection | None = None) -> None:
        """See `Jobs.cancel`."""
        raise AssertionError(f"this test has no job engine, and {key} was cancelled")

    def cron(self, name: str, spec: str) -> None:
        """See `Jobs.cron`."""
        raise AssertionError(f"this test has no job engine, and {name} was put on a timetable")


@dataclass(frozen=True, slots=True)
class World:
    """`caller` is an administrator of ACCOUNT, `other` one of OTHER."""

    service: Service
    caller: Caller
    other: Caller

    @property
    def database(self) -> Database:
        """The service's database."""
        return self.service.database

    def host(
        self,
        hostname: str,
        *,
        tags: Mapping[str, str] | None = None,
        packages: Mapping[str, str] | None = None,
        account: str = ACCOUNT,
        **more: Any,
    ) -> Host:
        """A host whose facts were handed in just now; `packages` are names and versions. `more`: of `submit`."""
        return submissions.submit(
            self.service,
            account,
            io.BytesIO(facts(packages or {"openssl": "3.0.16-1~deb12u1"})),
            tags=tuple((tags or {}).items()),
            about=more.pop("about", submissions.About(hostname=hostname)),
            **more,
        )

    def target(self, name: str = "web", tags: Sequence[tuple[str, str | None]] | None = None) -> str:
        """The name of a new target; with tags it has a group of them, without it means every host."""
        group = None if tags is None else str(groups.create(self.service, self.caller, tags))
        return str(targets.create(self.service, self.caller, name, group))

    def template(
        self, target: str, name: str = "weekly", duration: int = 3600, packages: Sequence[str] = (CVE,)
    ) -> str:
        """The name of a new template."""
        return str(templates.create(self.service, self.caller, target, name, duration, packages))

    def run(self, template: Arn, state: RunState = "COLLECTING_DATA", hosts: Sequence[str] = ()) -> Arn:
        """A run as a row in a state, without anything having moved it there."""
        arn = template.child("run", new_id())
        row = {
            "id": arn.id, "account": ACCOUNT, "target": arn.ids[0], "template": arn.ids[1], "name": arn.id,
            "state": state, "duration": 3600, "packages": [CVE], "attributes": [], "counts": {},
            "package_counts": {}, "created_at": 1, "state_changed_at": 1,
        }  # fmt: skip
        taking_part = [
            {"run": arn.id, "host": host, "health": "HEALTHY", "health_code": "IDLE", "telemetry": [], "asset": {}}
            for host in hosts
        ]
        with self.database.write() as connection:
            connection.execute(insert(run).values(row))
            if taking_part:
                connection.execute(insert(run_host), taking_part)
        return arn


def world(database: Database, folder: Path, *, jobs: Jobs | None = None, quotas: Quotas | None = None) -> World:
    """A wired service with two accounts, on a migrated and empty database."""
    keys = vault.open_keys(database, folder)
    blobs = Blobs(folder / "blobs")
    service = Service(database, blobs, jobs or NoJobs(), folder, REGION, keys, quotas or Quotas())
    for number in (ACCOUNT, OTHER):
        accounts.create(service, number=number)
    return World(service, accounts.operator(service, ACCOUNT), accounts.operator(service, OTHER))


def worlds(backend: str, folder: Path, quotas: Quotas | None = None) -> Iterator[World]:
    """A world on an empty database; for use in a fixture."""
    if backend == "postgresql":
        yield world(_emptied(), folder, quotas=quotas)
        return
    for database in databases(backend, folder):
        yield world(database, folder, quotas=quotas)


@functools.cache
def _shared() -> Iterator[Database]:
    return databases("postgresql", Path("/nowhere"))


_OPENED: list[Database] = []


def _emptied() -> Database:
    """One PostgreSQL database for all worlds of the process: emptying it is quicker than making another."""
    if not _OPENED:
        _OPENED.append(next(_shared()))
        atexit.register(_OPENED[0].close)
    (database,) = _OPENED
    with database.write() as connection:
        for table in reversed(metadata.sorted_tables):
            connection.execute(table.delete())
    return database


def facts(packages: Mapping[str, str], *, os: str = "debian", version: str = "12", kernel: str = "6.1.0-37") -> bytes:
    """A host's facts as NDJSON; `packages` are names and versions."""
    lines = [
        {
            "kind": "platform",
            "subject": "os",
            "data": {"id": os, "version_id": version, "name": f"{os} {version}", "arch": "amd64"},
        },
        {"kind": "kernel", "subject": "running", "data": {"release": kernel}},
    ]
    for name, installed in packages.items():
        data = {"type": "deb", "version": installed, "arch": "amd64", "source": name, "source_version": installed}
        lines.append({"kind": "package", "subject": name, "data": data})
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


def pages(list_: Any, *args: Any, **wanted: Any) -> list[list[Any]]:
    """Every page of a list, by its tokens."""
    found, token = [], None
    while True:
        page = list_(*args, token=token, **wanted)
        found.append(list(page.items))
        token = page.next_token
        if token is None:
            return found
