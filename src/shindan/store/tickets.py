"""Tickets that were opened elsewhere for findings, so that none is opened twice and each can be closed."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, Select, delete, exists, func, select, update

from shindan.model.stored_finding import PACKAGE_BY_NUMBER
from shindan.store.channels import topic
from shindan.store.database import inserted
from shindan.store.tables import host, issue, outbox, rule, ticket


class About(NamedTuple):
    """What a ticket is about, by what identifies findings; `host` and `subject` are "" for one a rule."""

    about: str
    package: int
    rule_id: str
    host: str = ""
    subject: str = ""


class Ticket(NamedTuple):
    """A ticket: `state` is `opening`, `open` or `closing`; `key` is what the other side calls it."""

    about: About
    state: str
    key: str


def begin(connection: Connection, channel_id: str, about: About, at: int) -> bool:
    """Notes that a ticket is to be opened; False where there is one."""
    row = {"channel": channel_id, **about._asdict(), "state": "opening", "key": "", "opened_at": at}
    return inserted(connection, ticket, row, unless=("channel", "about"))


def get(connection: Connection, channel_id: str, about: str) -> Ticket | None:
    """The ticket about something."""
    mine = (ticket.c.channel == channel_id) & (ticket.c.about == about)
    row = connection.execute(select(ticket).where(mine)).one_or_none()
    return None if row is None else _record(row)


def turn(connection: Connection, channel_id: str, about: str, state: str, key: str | None = None) -> None:
    """Notes what became of a ticket."""
    mine = (ticket.c.channel == channel_id) & (ticket.c.about == about)
    values = {"state": state} | ({"key": key} if key is not None else {})
    connection.execute(update(ticket).where(mine).values(values))


def remove(connection: Connection, channel_id: str, about: str) -> None:
    """Forgets a ticket: what it is about gets another one when it comes back."""
    connection.execute(delete(ticket).where(ticket.c.channel == channel_id, ticket.c.about == about))


def given_up(connection: Connection, channel_id: str) -> list[About]:
    """What was to get a ticket, or to lose it, whose request was given up; forgotten with this, and so tried anew."""
    waiting = exists().where(outbox.c.topic == topic(channel_id), outbox.c.done_at.is_(None))
    gone = delete(ticket).where(ticket.c.channel == channel_id, ticket.c.state != "open", ~waiting)
    return [_record(row).about for row in connection.execute(gone.returning(ticket))]


def still_open(connection: Connection, account: str, about: About) -> bool:
    """Whether anything of what a ticket is about is open or suppressed; what archived hosts have counts no more."""
    left = select(issue.c.number).where(_of(about), issue.c.account == account, issue.c.status != "fixed", _here())
    return connection.execute(left.limit(1)).first() is not None


def issues(connection: Connection, account: str, about: About) -> list[tuple[int, int, str]]:
    """(Rule's number, severity, host) of what is open of what a ticket is about, archived hosts apart."""
    mine = _of(about) & (issue.c.account == account) & (issue.c.status == "open")
    rows = connection.execute(_held(mine & _here()))
    return [(row[0], row[1], row[2]) for row in rows]


# ── hosts that go ──


def forsaken(connection: Connection, account: str, channel_id: str) -> list[Ticket]:
    """Tickets of a channel of which nothing is left but on archived hosts; those that are being closed are not told."""
    left = (issue.c.account == account) & (issue.c.status != "fixed") & (issue.c.package == ticket.c.package) & _here()
    of_host = (issue.c.host == ticket.c.host) & (issue.c.rule_id == ticket.c.rule_id)
    one = exists().where(of_host, issue.c.subject == ticket.c.subject, left)
    several = exists().where(rule.c.id == ticket.c.rule_id, issue.c.rule == rule.c.number, left)
    mine = (ticket.c.channel == channel_id) & (ticket.c.state != "closing")
    over = select(ticket).where(mine, (ticket.c.host != "") & ~one | (ticket.c.host == "") & ~several)
    return [_record(row) for row in connection.execute(over.order_by(ticket.c.about))]


def last_seen(connection: Connection, account: str, about: About) -> list[tuple[int, int, str]]:
    """(Rule's number, severity, host) of what a ticket was about: what is not mended, else what was."""
    mine = _of(about) & (issue.c.account == account)
    for wanted in (mine & (issue.c.status != "fixed"), mine):
        if found := [(row[0], row[1], row[2]) for row in connection.execute(_held(wanted))]:
            return found
    return []


def newest_rule(connection: Connection, about: About) -> int | None:
    """The number of the newest text of a ticket's rule."""
    mine = (rule.c.id == about.rule_id) & (rule.c.package == PACKAGE_BY_NUMBER[about.package])
    return connection.execute(select(func.max(rule.c.number)).where(mine)).scalar()


def _held(wanted: ColumnElement[bool]) -> Select[Any]:
    return select(issue.c.rule, issue.c.severity, issue.c.host).where(wanted).order_by(issue.c.host)


def _here() -> ColumnElement[bool]:
    """Whether an issue's host is not archived."""
    return exists().where(host.c.id == issue.c.host, ~host.c.archived)


def _of(about: About) -> ColumnElement[bool]:
    if about.host:
        one = (issue.c.host == about.host) & (issue.c.package == about.package)
        return one & (issue.c.rule_id == about.rule_id) & (issue.c.subject == about.subject)
    by_rule = issue.c.rule.in_(select(rule.c.number).where(rule.c.id == about.rule_id))
    return by_rule & (issue.c.package == about.package)


def _record(row: Row[tuple[str, ...]]) -> Ticket:
    about = About(row.about, row.package, row.rule_id, row.host, row.subject)
    return Ticket(about, row.state, row.key)
