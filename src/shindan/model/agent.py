"""Agents: the program on a host as the service knows it, the tokens it enrols with, and what it is asked for.

Moments are milliseconds since the epoch, in UTC. Secrets are no part of these records.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from shindan.model.scap import ScapNamed

PROTOCOL = 1
"""The version of the agents' protocol that is spoken here (docs/agent-protocol.md)."""


@dataclass(frozen=True, slots=True)
class AgentToken:
    """What hosts enrol with. `max_uses`: None for any number; `tags` are put on each host that enrols with it."""

    id: str
    account: str
    created_at: int
    created_by: str
    expires_at: int | None = None
    max_uses: int | None = None
    uses: int = 0
    last_used_at: int | None = None
    revoked_at: int | None = None
    tags: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Agent:
    """The agent of a host. `key` is the id of what it signs with, `token` of what it enrolled with.

    `sequence` is the number of its last request. `boot` is a digest of the boot it spoke from last and `boot_before` of
    the one before; `hardware` one of the machine. `told` is what it said of itself with its last poll: `skew` (s),
    `spool`, `cost`, `run`, `release`. `inventory` is the digest of the last inventory that it delivered, of these
    `kinds`; `facts` the digest of the host's whole inventory with it. A revoked agent is not listened to.
    """

    host: str
    account: str
    key: str
    enrolled_at: int
    token: str = ""
    version: str = ""
    sequence: int = 0
    boot: str = ""
    boot_before: str = ""
    hardware: str = ""
    seen_at: int | None = None
    state: str = ""
    detail: str = ""
    told: Mapping[str, Any] = field(default_factory=dict)
    inventory: str = ""
    kinds: tuple[str, ...] = ()
    facts: str | None = None
    inventory_at: int | None = None
    revoked_at: int | None = None


class Poll(NamedTuple):
    """What an agent says of itself when it asks what is wanted of it; `told` as in `Agent`."""

    version: str
    boot: str
    state: str
    detail: str
    inventory: str
    told: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Contact:
    """One signed request of an agent: with which key, its number, and its poll where it is one."""

    key: str
    sequence: int
    poll: Poll | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """What a run wants of a host: these kinds once, and those again and again until a moment, every so many seconds;
    and which SCAP content it names, if any.
    """

    run: str
    kinds: tuple[str, ...]
    until: int
    interval: int
    sampled: tuple[str, ...]
    scap: ScapNamed | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """That a request was taken note of: whose it was and, for a poll, what is wanted.

    `send`: whether a fresh inventory is wanted even without an order. `fleet` is how many agents are known.
    """

    host: str
    account: str
    order: Order | None = None
    send: bool = False
    fleet: int = 0


@dataclass(frozen=True, slots=True)
class BatchHeader:
    """What an agent says of a batch; `size` and `sha256` are of the whole as it travels, `digest` of its lines.

    `what` is `inventory` or `sampled`; `last` ends the window of a run on this host.
    """

    run: str
    what: str
    kinds: tuple[str, ...]
    size: int
    sha256: str
    digest: str
    count: int
    taken: int
    complete: bool
    last: bool
