"""What every verb of the service needs: the database, blobs, jobs, settings and keys; wired once, by the roof."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from shindan.engine.jobs import Jobs
from shindan.store.blobs import Blobs
from shindan.store.database import Database


@dataclass(frozen=True, slots=True)
class Quotas:
    """How much an account may have; the original's published numbers, or ours where none was."""

    targets: int = 50
    templates: int = 500
    runs: int = 50_000
    hosts_in_runs: int = 500
    resource_groups: int = 10_000
    subscriptions: int = 500


@dataclass(frozen=True, slots=True)
class Timing:
    """How long the service waits, in seconds.

    `early_end`: whether a run ends collection as soon as every host has delivered. `fresh_facts`: facts younger than
    this count as delivered. `drain`: wait for last uploads after collection. `feed_wait`: how long evaluation waits
    for advisories of a release that nobody has yet.
    """

    early_end: bool = True
    fresh_facts: int = 86_400
    drain: int = 60
    feed_wait: int = 600
    unseen_until_unhealthy: int = 300
    archive_after: int = 30 * 86_400


@dataclass(frozen=True, slots=True)
class Service:
    """The service as its verbs see it. `keys` are the secrets beside the database, by purpose (`paging`, `links`)."""

    database: Database
    blobs: Blobs
    jobs: Jobs
    data: Path
    region: str
    keys: Mapping[str, bytes]
    quotas: Quotas = field(default_factory=Quotas)
    timing: Timing = field(default_factory=Timing)
