"""Channels: where an account is told of what happens, of what, and how often. Moments are milliseconds, UTC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, get_args

from shindan.model.assessment import Pairs
from shindan.model.event import PublishStatus
from shindan.model.packages import PackageName
from shindan.model.stored_finding import SHOWN_SEVERITIES, ShownSeverity

ChannelKind = Literal["sns", "https", "apprise", "webhook"]
"""By what it is sent: SNS, our envelope over HTTPS, whatever apprise speaks, or requests of a template (tickets)."""

Happens = Literal[
    "finding-opened",
    "finding-fixed",
    "run-completed",
    "run-failed",
    "agent-unhealthy",
    "feed-stale",
    "certificate-ending",
]
"""What a channel may be told of."""

HAPPENS: tuple[Happens, ...] = get_args(Happens)
KINDS: tuple[ChannelKind, ...] = get_args(ChannelKind)

Per = Literal["rule", "finding"]
"""What gets a ticket: a rule with all hosts it failed on, or each finding of each host."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """What is told: each condition that is given must hold. All but `events` and `tags` are about findings alone.

    `least` is the least severity; `new_only` leaves out what was mended before and is back, or was rated otherwise;
    `packages` are patterns of the affected packages' names (`openssl*`), `tags` pairs that hosts must all have (a value
    of None asks for the key alone), `rules` the rules packages.
    """

    events: tuple[Happens, ...] = ("finding-opened", "run-failed")
    least: ShownSeverity = "Undefined"
    kev: bool = False
    new_only: bool = False
    packages: tuple[str, ...] = ()
    tags: Pairs = ()
    rules: tuple[PackageName, ...] = ()

    @property
    def least_number(self) -> int:
        """The least severity as findings keep it: 0 is the worst."""
        return SHOWN_SEVERITIES.index(self.least)


@dataclass(frozen=True, slots=True)
class Pace:
    """How often: at once, or together with what happens in the `minutes` after, or daily `at` HH:MM of a `zone`.

    `most` messages leave in an hour; what happens beyond waits, and is told in one when the hour allows it.
    """

    minutes: int = 0
    at: str = ""
    zone: str = "UTC"
    most: int = 20


@dataclass(frozen=True, slots=True)
class Ticketing:
    """Requests of a `webhook` channel: one that opens a ticket, and, if `close` is given, one that closes it.

    `open` and `close` are templates of JSON; `close_path` is where the closing request goes, from the address on, with
    `{key}` for the ticket's key; `key` names the member of the answer that holds it (`issue.key`), "" for our own.
    `headers` are secret and kept beside the address.
    """

    open: str
    close: str = ""
    close_path: str = ""
    method: str = "POST"
    close_method: str = "POST"
    key: str = ""
    per: Per = "rule"
    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel without its secret: `shown` is the address with what is secret in it left out."""

    id: str
    account: str
    name: str
    kind: ChannelKind
    shown: str
    conditions: Conditions
    pace: Pace
    language: str
    paused: bool
    created_at: int
    created_by: str
    carries_files: bool = False
    ticketing: Ticketing | None = None


class Secret(NamedTuple):
    """What is sealed of a channel: the address in full, and headers of requests."""

    address: str
    headers: tuple[tuple[str, str], ...] = ()


class Happened(NamedTuple):
    """Something that waits to be told to a channel; of a rule, with the ids of the hosts, or with its own `detail`."""

    number: int
    event: Happens
    run: str
    rule: int | None
    severity: int | None
    hosts: tuple[str, ...]
    detail: Mapping[str, Any]
    at: int


class Delivered(NamedTuple):
    """One line of a channel's log: `what` it was, when, how often it was tried, how it went last and what was said.

    `status` is "" while it waits for its first try; `done_at` None while it may be tried again.
    """

    number: int
    what: str
    at: int
    attempts: int
    status: PublishStatus | Literal[""]
    detail: str
    done_at: int | None


class File(NamedTuple):
    """What is attached to a letter: file name, content, media type."""

    name: str
    content: bytes
    media_type: str


class Letter(NamedTuple):
    """A message for people. `html` says the same as `text`."""

    subject: str
    text: str
    html: str
    files: tuple[File, ...] = ()
