"""Tickets of findings: which are to be opened, which can be closed. Requests leave by the outbox, in order.

What a ticket is about is known by what identifies findings, so that another run, or another host of the same rule, does
not open a second one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection

from shindan.engine import paces
from shindan.engine.announcing import iso
from shindan.engine.digest import Group, groups, rule_of
from shindan.model.channel import Channel, Happened
from shindan.model.packages import PackageName
from shindan.model.stored_finding import PACKAGE_NUMBERS, SHOWN_SEVERITIES, fingerprint_of
from shindan.store import channels, happenings, tickets
from shindan.store.happenings import RuleText
from shindan.store.tickets import About

OPEN, CLOSE = "TICKET_OPEN", "TICKET_CLOSE"
_NAMED = 50


class Wanted(NamedTuple):
    """A ticket that is to be opened, or looked at: what it is about, on which hosts, of what severity."""

    about: About
    rule: int
    severity: int
    hosts: tuple[str, ...]


def tell(connection: Connection, one: Channel, some: Sequence[Happened], now: int) -> int:
    """Puts requests into the outbox; what the hour's limit has no room for waits. How many requests that are."""
    told = list(groups(connection, some))
    texts = happenings.texts(connection, {each.rule for each in told})
    sent = channels.sent_since(connection, one.id, OPEN, now - paces.HOUR)
    room = max(0, one.pace.most - len(sent))
    closed = _close(connection, one, [each for each in told if each.event == "finding-fixed"], texts, now)
    opened, left = _open(connection, one, [each for each in told if each.event == "finding-opened"], texts, now, room)
    # What there was no room for is kept as it was noted: rules of which nothing more is to be said go.
    happenings.remove(connection, [each.number for each in some if not (each.rule in left and _opens(each))])
    return closed + opened


def retry(connection: Connection, one: Channel, now: int) -> None:
    """Has tickets opened whose requests were given up."""
    happenings.add(connection, one.id, _given_up(connection, one, now))


def _given_up(connection: Connection, one: Channel, now: int) -> list[Happened]:
    found: dict[tuple[int, int], list[str]] = {}
    for gone in tickets.given_up(connection, one.id):
        for rule, severity, host in tickets.issues(connection, one.account, gone):
            found.setdefault((rule, severity), []).append(host)
    return [
        Happened(0, "finding-opened", "", rule, severity, tuple(hosts), {}, now)
        for (rule, severity), hosts in found.items()
    ]


def about(text: RuleText, host: str = "", subject: str = "") -> About:
    """What a ticket of a rule is about, or of one finding."""
    package: PackageName = text.package  # type: ignore[assignment]
    number = PACKAGE_NUMBERS[package]
    if host:
        return About(fingerprint_of(host, package, text.rule_id, subject), number, text.rule_id, host, subject)
    digest = hashlib.sha256(f"{package} {text.rule_id}".encode()).hexdigest()[:32]
    return About(digest, number, text.rule_id)


def _open(
    connection: Connection, one: Channel, some: Sequence[Group], texts: Mapping[int, RuleText], now: int, room: int
) -> tuple[int, set[int]]:
    """How many requests there are, and the rules of those that have to wait."""
    done, left = 0, set()
    for wanted in sorted(_wanted(connection, one, some, texts), key=lambda each: each.severity):
        known = tickets.get(connection, one.id, wanted.about.about)
        if known is not None and known.state != "closing":
            continue
        if known is not None or done >= room:  # the ticket before is to be closed first
            left.add(wanted.rule)
            continue
        tickets.begin(connection, one.id, wanted.about, now)
        payload = _payload(connection, OPEN, one, wanted, texts[wanted.rule], now)
        channels.send(connection, one, OPEN, f"ticket: {texts[wanted.rule].rule_id}", payload, now)
        done += 1
    return done, left


def _close(connection: Connection, one: Channel, some: Sequence[Group], texts: Mapping[int, RuleText], now: int) -> int:
    """Closes tickets of which nothing is left; without a closing request they are only forgotten."""
    done = 0
    for wanted in _wanted(connection, one, some, texts):
        known = tickets.get(connection, one.id, wanted.about.about)
        if known is None or known.state == "closing" or tickets.still_open(connection, one.account, wanted.about):
            continue
        done += end(connection, one, wanted, texts[wanted.rule], now)
    return done


def end(connection: Connection, one: Channel, wanted: Wanted, text: RuleText, now: int) -> int:
    """Has a ticket closed; without a closing request it is only forgotten. How many requests that are."""
    if one.ticketing is None or not one.ticketing.close:
        tickets.remove(connection, one.id, wanted.about.about)
        return 0
    tickets.turn(connection, one.id, wanted.about.about, "closing")
    payload = _payload(connection, CLOSE, one, wanted, text, now)
    channels.send(connection, one, CLOSE, f"closes: {text.rule_id}", payload, now)
    return 1


def _wanted(
    connection: Connection, one: Channel, some: Iterable[Group], texts: Mapping[int, RuleText]
) -> Iterator[Wanted]:
    """A ticket for each rule, whatever its texts and severities were called, or for each finding."""
    if one.ticketing is not None and one.ticketing.per == "finding":
        by_rule = {each.rule: each for each in some}
        hosts = {host for each in by_rule.values() for host in each.hosts}
        for held in happenings.held(connection, by_rule.keys(), hosts):
            each = by_rule[held.rule]
            if held.host in each.hosts and held.status == ("open" if each.event == "finding-opened" else "fixed"):
                yield Wanted(about(texts[each.rule], held.host, held.subject), each.rule, each.severity, (held.host,))
        return
    united: dict[str, Wanted] = {}
    for each in some:
        made = Wanted(about(texts[each.rule]), each.rule, each.severity, tuple(sorted(each.hosts)))
        before = united.get(made.about.about)
        if before is not None:
            hosts_of_both = tuple(sorted({*before.hosts, *made.hosts}))
            made = made._replace(hosts=hosts_of_both, severity=min(made.severity, before.severity))
        united[made.about.about] = made
    yield from united.values()


def _payload(
    connection: Connection, event: str, one: Channel, wanted: Wanted, text: RuleText, now: int
) -> dict[str, Any]:
    few = sorted(wanted.hosts)[:_NAMED]
    names = happenings.hostnames(connection, few, archived=True)  # a host that was archived keeps its name
    named = sorted((names.get(host, host), host) for host in few)
    finding = {
        **rule_of(text, [name for name, _ in named]),
        "severity": SHOWN_SEVERITIES[wanted.severity],
        "subject": wanted.about.subject,
        "hosts": [{"id": host, "name": name} for name, host in named],
        "hosts_number": len(wanted.hosts),
    }
    common = {"event": event, "channel": one.name, "account": one.account, "about": wanted.about.about}
    return {**common, "finding": finding, "time": iso(now)}


def _opens(one: Happened) -> bool:
    return one.event == "finding-opened"
