"""Channels in a world with a stopped clock: issues that come and go, messages that are put together, and who gets them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, select

from receivers import LOOPBACK
from scheduled import NotedJobs, Times
from service_world import ACCOUNT, REGION, World, worlds
from shindan.engine.clock import milliseconds
from shindan.engine.delivering import deliver_to
from shindan.engine.digesting import digest
from shindan.engine.happening import note_issues
from shindan.engine.judge import Flaw, HostVerdict
from shindan.engine.recording import observe
from shindan.engine.work import Work
from shindan.model.channel import Channel
from shindan.model.host import Host
from shindan.model.packages import PackageName
from shindan.notify import Notifier
from shindan.notify.base import Outside
from shindan.service import channels
from shindan.service.channel_post import ChannelPost
from shindan.service.channel_text import ChannelText
from shindan.service.signing import signer
from shindan.store import rules, tables, tally
from shindan.store.rules import Rule

SNS = "arn:aws:sns:us-west-2:123456789012:ops"
HIGH, MEDIUM, LOW = 0, 1, 2


def always(value: Outside) -> Callable[[], Outside]:
    """A function that gives one thing."""
    return lambda: value


def flaw(id_: str, component: str = "openssl", severity: int = HIGH, *, kev: str = "", **more: Any) -> Flaw:
    """A flaw of a package."""
    package = more.pop("package", "cve")
    title = more.pop("title", f"a flaw in {component}")
    rule = Rule(package, id_, title, "why", "what", component=component, fixed="3.0.17", kev=kev)
    return Flaw(rule, severity, f"{component}-3.0.16", component, more.pop("about", component))


@dataclass
class Channeled:
    """A world with a clock that a test moves."""

    world: World
    times: Times
    outside: Outside

    def channel(self, name: str = "ops", address: str = SNS, **text: Any) -> Channel:
        """A new channel."""
        wanted = ChannelText(name=name, address=address, **text)
        return channels.create(self.world.service, self.world.caller, wanted)

    def seen(
        self, hosts: Sequence[Host], flaws: Sequence[Flaw], *, run: str = "", package: PackageName = "cve"
    ) -> None:
        """What a package says of hosts now, as engines write it: in one transaction."""
        with self.world.database.write() as connection:
            self.see(connection, hosts, flaws, run=run, package=package)

    def see(
        self, connection: Connection, hosts: Sequence[Host], flaws: Sequence[Flaw], *, run: str = "",
        package: PackageName = "cve",
    ) -> None:  # fmt: skip
        """As `seen`, in a transaction of the test's."""
        at = milliseconds()
        numbers = rules.numbers(connection, {one.rule for one in flaws})
        said = {host.id: HostVerdict(flaws) for host in hosts}
        moves = observe(connection, ACCOUNT, package, said, numbers, at)
        note_issues(connection, self.world.service.jobs, ACCOUNT, moves, run)
        tally.apply(connection, moves, at)

    @property
    def work(self) -> Work:
        """What jobs work with."""
        service = self.world.service
        return Work(
            service.database,
            service.blobs,
            service.jobs,
            service.data,
            REGION,
            {},
            notifier=service.notifier or Notifier(),
        )

    def digest(self) -> list[dict[str, Any]]:
        """Has messages put together; all that wait in the outbox."""
        digest(self.work, {})
        return self.waiting()

    def waiting(self) -> list[dict[str, Any]]:
        """What waits in the outbox, oldest first."""
        with self.world.database.read() as connection:
            mine = select(tables.outbox.c.payload).where(tables.outbox.c.done_at.is_(None))
            return list(connection.execute(mine.order_by(tables.outbox.c.number)).scalars())

    def deliver(self, one: Channel) -> None:
        """Sends what waits for a channel."""
        deliver_to(self.work, {"topic": f"channel:{one.id}"})

    def rows(self, table: Any) -> list[Any]:
        """Every row of a table."""
        with self.world.database.read() as connection:
            return list(connection.execute(select(table)))


def channeled(
    backend: str, folder: Path, patch: pytest.MonkeyPatch, change: Callable[[Outside], Outside] = lambda one: one
) -> Iterator[Channeled]:
    """For use in a fixture; messages may go to loopback, and `change` says what else is otherwise of where they may."""
    times = Times(patch, datetime(2026, 11, 24, 12, tzinfo=UTC))
    times.set(times.at)
    for made in worlds(backend, folder):
        service = made.service
        outside = change(Outside(REGION, "https://shindan.test", signer(made.database, service.keys), LOOPBACK))
        post = ChannelPost(service.database, service.keys["secrets"], outside)
        service = replace(service, jobs=NotedJobs(), outside=always(outside), notifier=Notifier.to(outside, post))
        yield Channeled(replace(made, service=service), times, outside)
