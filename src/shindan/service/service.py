"""What every verb of the service needs: the database, blobs, jobs, settings and keys; wired once, by the roof."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from shindan.engine.jobs import Jobs
from shindan.engine.timing import Timing
from shindan.notify import Notifier
from shindan.notify.base import Outside
from shindan.store.blobs import Blobs
from shindan.store.database import Database

__all__ = ["Quotas", "Service", "Timing"]


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
class Service:
    """The service as its verbs see it. `keys` are the secrets beside the database, by purpose (`paging`, `links`).

    `public_url` is how clients reach the service, for links in answers. `notifier` asks topics when somebody
    subscribes, `try_role` (ARN, account) asks AWS when somebody registers a role and raises CloudError; without them
    topics and roles are believed. `own_rules` is the folder of users' own rules; None: `rules` in the data folder.
    `outside` says how far messages of channels may reach; without it, to public addresses alone.
    """

    database: Database
    blobs: Blobs
    jobs: Jobs
    data: Path
    region: str
    keys: Mapping[str, bytes]
    quotas: Quotas = field(default_factory=Quotas)
    timing: Timing = field(default_factory=Timing)
    public_url: str = ""
    notifier: Notifier | None = None
    try_role: Callable[[str, str], None] | None = None
    own_rules: Path | None = None
    outside: Callable[[], Outside] | None = None
