"""How long the service waits."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timing:
    """How long the service waits, in seconds.

    `early_end`: whether a run ends collection as soon as every host has delivered. `fresh_facts`: facts younger than
    this count as delivered. `drain`: wait for last uploads after collection. `feed_wait`: how long evaluation waits
    for advisories of a release that nobody has yet. `inventory_every`: how often agents are asked for a fresh inventory
    between runs, at least. `duration`: what a run takes in place of its template's (None: as
    the template says); for trying out.
    """

    early_end: bool = True
    fresh_facts: int = 86_400
    drain: int = 60
    feed_wait: int = 600
    unseen_until_unhealthy: int = 300
    archive_after: int = 30 * 86_400
    inventory_every: int = 86_400
    duration: float | None = None
