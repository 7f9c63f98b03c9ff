"""Settings in, the wired service out: for a command that runs once, and for the server that stays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from shindan.app.late_jobs import LateJobs
from shindan.app.owner import refuse_root
from shindan.cloud import ec2
from shindan.model.errors import StoreError
from shindan.notify import Notifier
from shindan.notify.base import Outside
from shindan.service import certificates
from shindan.service.channel_post import ChannelPost
from shindan.service.service import Service
from shindan.service.signing import signer
from shindan.service.vault import open_keys
from shindan.settings import Settings, address, load
from shindan.store import schema_version
from shindan.store.blobs import Blobs
from shindan.store.database import Database, open_database


@dataclass(frozen=True, slots=True)
class House:
    """A wired service with the settings it was wired from."""

    settings: Settings
    service: Service
    jobs: LateJobs


@contextmanager
def opened(data: Path | None = None, **said: Any) -> Iterator[House]:
    """The house of a data folder that was set up, for as long as the block lasts.

    Raises StoreError where nothing was set up, the schema is another one than this Shindan's, or the folder belongs to
    a service of another user.
    """
    settings = load(data, **said)
    refuse_root(settings.data)
    database = open_database(settings.database_url or None, settings.data)
    jobs = LateJobs(lambda: make_jobs(settings, database))
    try:
        refuse_missing(settings, database)
        schema_version.check(database)
        yield House(settings, wired(settings, database, jobs), jobs)
    finally:
        if jobs.made is not None:
            jobs.made.close()  # type: ignore[attr-defined]
        database.close()


def wired(settings: Settings, database: Database, jobs: LateJobs, *, sends: bool = False) -> Service:
    """The service over an open database; `sends`: whether it asks topics when somebody subscribes,
    and AWS when somebody registers a role.

    Raises StoreError where the master key is missing or another one.
    """
    keys = open_keys(database, settings.data)
    reached = public_url(settings)
    outside = partial(_outside, settings, database, keys, reached)
    return Service(
        database,
        Blobs(settings.data / "blobs"),
        jobs,
        settings.data,
        settings.region,
        keys,
        settings.quotas,
        settings.timing,
        reached,
        notifier(database, keys, outside()) if sends else None,
        partial(ec2.try_role, region=settings.region, endpoint=settings.aws_endpoint or None) if sends else None,
        own_rules=Path(settings.rules) if settings.rules else None,
        outside=outside,
    )


def notifier(database: Database, keys: Mapping[str, bytes], outside: Outside) -> Notifier:
    """What sends: to topics and addresses that subscribed, and by the channels of accounts."""
    return Notifier.to(outside, ChannelPost(database, keys["secrets"], outside))


def public_url(settings: Settings) -> str:
    """How clients reach the service: as it is set, else by the certificate's first name, else where it listens."""
    if settings.public_url:
        return settings.public_url.rstrip("/")
    if settings.tls is None:
        return f"http://{settings.listen}"
    names = certificates.read(settings.tls[0]).names or ("localhost",)
    return f"https://{names[0]}:{address(settings.listen)[1]}"


def _outside(settings: Settings, database: Database, keys: Mapping[str, bytes], base_url: str) -> Outside:
    return Outside(
        settings.region,
        base_url,
        signer(database, keys),
        settings.networks,
        Path(settings.notify_ca) if settings.notify_ca else None,
        settings.aws_endpoint or None,
    )


def make_jobs(settings: Settings, database: Database) -> Any:
    """The job engine; its library takes a quarter of a second to load."""
    from shindan.engine.jobs_dbos import DbosJobs

    return DbosJobs(database, settings.data / "workers", poll=settings.job_poll, concurrency=settings.job_slots)


def refuse_missing(settings: Settings, database: Database) -> None:
    """Raises StoreError, before SQLite makes an empty file, where `init` never ran."""
    if database.is_sqlite and not Path(database.engine.url.database or "").exists():
        remedy = f"run `shindan init --data {settings.data}`, or name another folder with --data DIR"
        raise StoreError(f"{settings.data} holds no service yet", remedy=remedy)
