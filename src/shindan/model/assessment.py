"""What an account sets up to assess hosts: groups of tags, targets, templates, and who wants to hear of runs.

Moments are milliseconds since the epoch, in UTC; lists of pairs keep the order in which they were given.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Pairs = tuple[tuple[str, str | None], ...]
"""(key, value) pairs; a value of None stands where the caller gave none."""

Event = Literal[
    "ASSESSMENT_RUN_STARTED",
    "ASSESSMENT_RUN_COMPLETED",
    "ASSESSMENT_RUN_STATE_CHANGED",
    "FINDING_REPORTED",
    "OTHER",
]
"""What can be subscribed to."""

MIN_DURATION = 180
MAX_DURATION = 86_400
"""Seconds that a run may collect."""


@dataclass(frozen=True, slots=True)
class ResourceGroup:
    """Tags that select hosts: a host belongs when any pair matches; a pair without a value matches any."""

    id: str
    account: str
    tags: Pairs
    created_at: int


@dataclass(frozen=True, slots=True)
class Target:
    """A named resource group to assess; without one it means every host of the account."""

    id: str
    account: str
    name: str
    group: str | None
    created_at: int
    updated_at: int


@dataclass(frozen=True, slots=True)
class Template:
    """Target, duration (seconds), rules packages and attributes for findings; immutable but for its tags.

    `packages` are the names as the caller gave them, which may be of another region. `last_run` is the id of the
    newest existing run and `runs` how many exist.
    """

    id: str
    target: str
    account: str
    name: str
    duration: int
    packages: tuple[str, ...]
    attributes: Pairs
    created_at: int
    tags: Pairs = ()
    last_run: str | None = None
    runs: int = 0


@dataclass(frozen=True, slots=True)
class Subscription:
    """Who hears of an event of a template's runs: a topic's name or an address."""

    template: str
    event: Event
    topic: str
    subscribed_at: int
