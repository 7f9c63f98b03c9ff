"""A stopped clock that a test moves, a job engine that only notes, and what schedules do when they are looked at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, select

from service_world import World, worlds
from shindan.engine.scheduling import look
from shindan.model.channel import Channel
from shindan.model.errors import ShindanError
from shindan.model.schedule import Plan, Schedule, ScheduleEvent
from shindan.service import channels, schedule_reports, schedule_starts, schedules
from shindan.service.caller import Caller
from shindan.service.channel_text import ChannelText
from shindan.service.schedule_reports import Attachment, Sender
from shindan.service.service import Service
from shindan.store.tables import run, run_host

NIGHTLY = Plan("cron", "0 3 * * *", zone="Europe/Berlin")


def nothing_is_sent(_: Service, __: Caller, channel: str, ___: Attachment) -> None:
    """A sender that cannot."""
    raise ShindanError(f"there is no channel {channel!r}")


class NotedJobs:
    """Takes work and does none of it."""

    def __init__(self) -> None:
        self.enqueued: list[tuple[str, Mapping[str, Any]]] = []

    def enqueue(
        self, name: str, args: Mapping[str, Any], *, key: str, delay: float = 0, conn: Connection | None = None
    ) -> None:
        """See `Jobs.enqueue`."""
        self.enqueued.append((name, args))

    def cancel(self, key: str, conn: Connection | None = None) -> None:
        """See `Jobs.cancel`."""

    def cron(self, name: str, spec: str) -> None:
        """See `Jobs.cron`."""


@dataclass
class Times:
    """The clock of a test; it begins at noon of Tuesday, 2026-11-24, in UTC."""

    patch: pytest.MonkeyPatch
    at: datetime

    def set(self, at: datetime) -> None:
        """Stops the clock at a moment."""
        self.at = at
        self.patch.setenv("SOURCE_DATE_EPOCH", str(int(at.timestamp())))

    def go(self, **how_far: float) -> None:
        """Moves it on."""
        self.set(self.at + timedelta(**how_far))

    def to(self, text: str) -> None:
        """Moves it to a moment: `2026-11-25T03:00:05+01:00`."""
        moment = datetime.fromisoformat(text)
        self.set(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


@dataclass
class Scheduled:
    """A world with a clock."""

    world: World
    times: Times

    def schedule(self, plan: Plan = NIGHTLY, name: str = "nightly", template: str | None = None) -> Schedule:
        """A new schedule, of a new template unless one is named."""
        world = self.world
        template = template or world.template(world.target(f"target of {name}"), name)
        return schedules.create(world.service, world.caller, template, name, plan)

    def channel(self, name: str = "ops") -> Channel:
        """A new channel that reports can be meant for."""
        text = ChannelText(name=name, address="arn:aws:sns:us-west-2:123456789012:ops")
        return channels.create(self.world.service, self.world.caller, text)

    def look(self, sender: Sender = nothing_is_sent) -> None:
        """What the job does once a minute."""
        service = self.world.service
        send = partial(schedule_reports.send, service, sender=sender)
        look(service.database, partial(schedule_starts.begin, service), send)

    def events(self, name: str = "nightly") -> list[ScheduleEvent]:
        """A schedule's history, oldest first."""
        page = schedules.history(self.world.service, self.world.caller, name, max_results=100)
        return list(reversed(page.items))

    def told(self, name: str = "nightly") -> list[tuple[str, str]]:
        """(Outcome, reason) of each entry."""
        return [(event.outcome, event.reason) for event in self.events(name)]

    def runs(self) -> list[str]:
        """Names of all runs, oldest first."""
        with self.world.database.read() as connection:
            return list(connection.execute(select(run.c.name).order_by(run.c.number)).scalars())

    def hosts_of(self, run_id: str) -> list[str]:
        """Ids of a run's hosts."""
        with self.world.database.read() as connection:
            return sorted(connection.execute(select(run_host.c.host).where(run_host.c.run == run_id)).scalars())

    def end_runs(self, state: str = "COMPLETED") -> None:
        """Ends every run, as rows."""
        with self.world.database.write() as connection:
            connection.execute(run.update().values(state=state, completed_at=1))


def scheduled(backend: str, folder: Path, patch: pytest.MonkeyPatch) -> Iterator[Scheduled]:
    """For use in a fixture."""
    times = Times(patch, datetime(2026, 11, 24, 12, tzinfo=UTC))
    times.set(times.at)
    for made in worlds(backend, folder):
        yield Scheduled(replace(made, service=replace(made.service, jobs=NotedJobs())), times)
