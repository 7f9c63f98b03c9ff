"""A machine under assessment as the service knows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Health = Literal["HEALTHY", "UNHEALTHY", "UNKNOWN"]
HealthCode = Literal["IDLE", "RUNNING", "SHUTDOWN", "UNHEALTHY", "THROTTLED", "UNKNOWN"]


@dataclass(frozen=True, slots=True)
class Host:
    """One host of one account; `id` is EC2's instance id, or one of the same form for hosts elsewhere.

    `platform` is the key that advisories use (`debian:12`), `system` its name as people read it. `facts` is the
    digest of its newest inventory and `facts_at` when that arrived (milliseconds since the epoch); None before.
    `tags` are what targets select by. `archived` hosts are kept for history and left out of totals.
    """

    id: str
    account: str
    hostname: str
    created_at: int
    platform: str = ""
    system: str = ""
    kernel: str = ""
    arch: str = ""
    addresses: tuple[str, ...] = ()
    agent_version: str = ""
    health: Health = "UNKNOWN"
    health_code: HealthCode = "UNKNOWN"
    health_details: str = ""
    last_seen: int | None = None
    facts: str | None = None
    facts_at: int | None = None
    scaling_group: str = ""
    image: str = ""
    tags: tuple[tuple[str, str], ...] = ()
    archived: bool = False
