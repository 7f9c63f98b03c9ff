"""Hosts that go, and some that come back: tickets of what was found on them are closed, and opened anew.

A host that is archived or removed is nobody's work any more. Nothing of it was mended, so people are told nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from sqlalchemy import Connection

from shindan.engine import ticketing
from shindan.engine.announcing import DELIVER
from shindan.engine.clock import milliseconds
from shindan.engine.conditions import Flawed, fits, tagged
from shindan.engine.happening import DIGEST, SETTLE
from shindan.engine.jobs import Jobs
from shindan.engine.ticketing import Wanted
from shindan.model.channel import Channel, Conditions, Happened
from shindan.model.stored_finding import PACKAGE_BY_NUMBER, SHOWN_SEVERITIES
from shindan.store import channels, happenings, tickets
from shindan.store.happenings import RuleText
from shindan.store.tickets import About

_UNKNOWN = SHOWN_SEVERITIES.index("Undefined")


def close_tickets(connection: Connection, jobs: Jobs, account: str) -> None:
    """Closes the account's tickets of which nothing is left but on archived hosts, as if it had been mended there.

    For the transaction that archives hosts, and before hosts that were archived in it are removed.
    """
    now = milliseconds()
    asked = sum(_close(connection, one, now) for one in _trackers(connection, account, "finding-fixed"))
    if asked:
        jobs.enqueue(DELIVER, {}, key=DELIVER, conn=connection)


def note_back(connection: Connection, jobs: Jobs, account: str, hosts: Collection[str]) -> None:
    """Has tickets opened, where there are none, of what is open on hosts that are no longer archived."""
    trackers = _trackers(connection, account, "finding-opened") if hosts else []
    if not trackers:
        return
    rows = list(happenings.open_on(connection, hosts))
    texts = happenings.texts(connection, {rule for rule, _, _ in rows})
    tags = happenings.tags(connection, hosts)
    at = milliseconds()
    for one in trackers:
        here = {host for host in hosts if tagged(one.conditions, tags.get(host, {}))}
        happenings.add(connection, one.id, _opened(one.conditions, (row for row in rows if row[2] in here), texts, at))
    jobs.enqueue(DIGEST, {}, key=DIGEST, delay=SETTLE, conn=connection)


def _trackers(connection: Connection, account: str, event: str) -> list[Channel]:
    every = channels.listed(connection, account)
    return [one for one in every if one.kind == "webhook" and not one.paused and event in one.conditions.events]


def _close(connection: Connection, one: Channel, now: int) -> int:
    channels.of_id(connection, one.id, hold=True)  # as who puts its messages together does
    ticketing.retry(connection, one, now)  # what was never opened there has nothing to close
    done = 0
    for each in tickets.forsaken(connection, one.account, one.id):
        wanted, text = _last(connection, one.account, each.about)
        done += ticketing.end(connection, one, wanted, text, now)
    return done


def _last(connection: Connection, account: str, about: About) -> tuple[Wanted, RuleText]:
    """What was known last of what a ticket is about."""
    seen = tickets.last_seen(connection, account, about)
    number = max((rule for rule, _, _ in seen), default=tickets.newest_rule(connection, about)) or 0
    severity = min((severity for _, severity, _ in seen), default=_UNKNOWN)
    hosts = tuple(sorted({host for _, _, host in seen}))
    nothing = RuleText(0, PACKAGE_BY_NUMBER[about.package], about.rule_id, about.rule_id, "", "", "")
    return Wanted(about, number, severity, hosts), happenings.texts(connection, [number]).get(number, nothing)


def _opened(
    conditions: Conditions, rows: Iterable[tuple[int, int, str]], texts: dict[int, RuleText], at: int
) -> Iterator[Happened]:
    found: dict[tuple[int, int], list[str]] = {}
    for rule, severity, host in rows:
        text = texts[rule]
        flaw = Flawed(text.package, severity, text.component, bool(text.kev))  # type: ignore[arg-type]
        if fits(conditions, flaw):
            found.setdefault((rule, severity), []).append(host)
    for (rule, severity), named in found.items():
        yield Happened(0, "finding-opened", "", rule, severity, tuple(named), {}, at)
