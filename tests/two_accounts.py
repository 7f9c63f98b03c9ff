"""One account with something of every kind, whose names are found nowhere else; for tests of who may see and do what."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from console_world import OPENSSL, see
from service_world import OTHER, World
from shindan.model.arn import parse
from shindan.model.schedule import Plan
from shindan.model.tailoring import Entry
from shindan.service import channels, schedules, suppressions
from shindan.service.caller import Caller
from shindan.service.channel_text import ChannelText
from shindan.store import tailoring
from shindan.store.tables import issue, metadata

MARK = "ours-alone"
"""Part of every name, reason and address here."""

ZONES = f'# {MARK}\n[networks]\n"10.11.0.0/16" = "vpn"\n'


@dataclass(frozen=True, slots=True)
class Things:
    """Ids and names of what the account has."""

    world: World
    host: str
    target: str
    template: str
    run: str
    schedule: str
    channel: str
    suppression: str
    entry: str
    finding: int
    marks: tuple[str, ...] = field(default=())

    def leaked(self, text: str, asked: str = "") -> list[str]:
        """What of the account stands in a text; what was asked with is told back, and is no secret."""
        return [mark for mark in (MARK, *self.marks) if mark in text and mark not in asked]


def furnish(world: World) -> Things:
    """An account with a host, a finding, and one of everything that can be set up."""
    service, caller = world.service, world.caller
    host = world.host(f"host-{MARK}", tags={"stage": MARK})
    see(world, [host], [OPENSSL], 1_000)
    target = world.target(f"target {MARK}", [("stage", MARK)])
    template = world.template(target, f"template {MARK}")
    run = world.run(parse(template), "COMPLETED", [host.id])
    schedule = schedules.create(service, caller, template, f"schedule {MARK}", Plan("cron", "0 3 * * *"))
    channel = channels.create(
        service, caller, ChannelText(name=f"channel {MARK}", address=f"https://127.0.0.1:9/{MARK}/secret")
    )
    suppression = suppressions.create(service, caller, [("cve", OPENSSL.id)], f"reason {MARK}")
    entry = Entry("0-Entry001", rule="ssh-root-login", off=True, reason=f"reason {MARK}", owner="ada")
    with world.database.write() as connection:
        tailoring.add(connection, caller.account, [entry], 1_000)
        tailoring.set_zones(connection, caller.account, ZONES, 1_000)
        number = connection.execute(select(issue.c.number)).scalar_one()
    ids = (host.id, parse(target).id, parse(template).id, run.id, schedule.id, channel.id, suppression, entry.id)
    return Things(
        world, host.id, target, template, str(run), schedule.id, channel.id, suppression, entry.id, number, ids
    )


def kept(world: World, but: tuple[str, ...] = ()) -> dict[str, list[str]]:
    """Every row that is not of the other account, by table; the audit, where refusals are noted, is left out."""
    found: dict[str, list[str]] = {}
    with world.database.read() as connection:
        for table in metadata.sorted_tables:
            if table.name not in ("audit", "session", *but):
                found[table.name] = sorted(_rows(connection.execute(select(table)).mappings()))
    return found


def _rows(rows: Any) -> Iterator[str]:
    for row in rows:
        if row.get("account") != OTHER:
            yield json.dumps(dict(row), default=str, sort_keys=True)


def bound(world: World, *statements: Mapping[str, Any], user: str = "eve") -> Caller:
    """Somebody of the account whom these statements bind."""
    return Caller(world.caller.account, world.caller.region, user, policies=({"Statement": list(statements)},))


def allow(*actions: str) -> Mapping[str, Any]:
    """A statement that allows actions of everything."""
    return {"Effect": "Allow", "Action": list(actions), "Resource": "*"}


def deny(action: str, resource: str = "*") -> Mapping[str, Any]:
    """A statement that denies an action."""
    return {"Effect": "Deny", "Action": action, "Resource": resource}
