"""Channels of accounts, and the log of what was sent by them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Select, delete, func, insert, or_, select, update

from shindan.model.channel import Channel, Conditions, Delivered, Pace, Ticketing
from shindan.model.event import Sent
from shindan.store.database import inserted
from shindan.store.tables import channel, channel_message, outbox

TOPIC = "channel:"
"""What the outbox calls a channel: this and its id. The address is nobody's but the channel's."""

HOUR = 3_600_000


class Listener(NamedTuple):
    """A channel that is not paused, as whoever has something to tell sees it."""

    id: str
    conditions: Conditions


def topic(id_: str) -> str:
    """The channel's name in the outbox."""
    return f"{TOPIC}{id_}"


def add(connection: Connection, new: Channel, secret: bytes) -> bool:
    """Keeps a new channel; False where the account has one of this name."""
    row = {**_packed(asdict(new)), "secret": secret}
    return inserted(connection, channel, row, unless=("account", "name"))


def change(connection: Connection, id_: str, **columns: Any) -> None:
    """Replaces columns of a channel. Raises IntegrityError where the account has one of this name."""
    connection.execute(update(channel).where(channel.c.id == id_).values(**_packed(columns)))


def get(connection: Connection, account: str, text: str, *, hold: bool = False) -> Channel | None:
    """The account's channel of an id or a name; held until the transaction ends where `hold` says so."""
    mine = select(channel).where(channel.c.account == account, or_(channel.c.id == text, channel.c.name == text))
    rows = connection.execute(mine.with_for_update() if hold else mine).all()
    found = next((row for row in rows if row.id == text), rows[0] if rows else None)
    return None if found is None else _record(found)


def of_id(connection: Connection, id_: str, *, hold: bool = False) -> Channel | None:
    """The channel of an id, whosever it is; for who sends."""
    statement = select(channel).where(channel.c.id == id_)
    row = connection.execute(statement.with_for_update() if hold else statement).one_or_none()
    return None if row is None else _record(row)


def secret_of(connection: Connection, id_: str) -> bytes:
    """What is sealed of a channel; empty where it was lost, or there is no such channel."""
    return bytes(connection.execute(select(channel.c.secret).where(channel.c.id == id_)).scalar() or b"")


def listed(connection: Connection, account: str) -> list[Channel]:
    """The account's channels by name."""
    rows = connection.execute(select(channel).where(channel.c.account == account).order_by(channel.c.name))
    return [_record(row) for row in rows]


def count(connection: Connection, account: str) -> int:
    """How many channels the account has."""
    return connection.execute(
        select(func.count()).select_from(channel).where(channel.c.account == account)
    ).scalar_one()


def listeners(connection: Connection, account: str | None = None) -> list[Listener]:
    """Channels of an account (or of all) that are not paused."""
    statement = select(channel.c.id, channel.c.conditions).where(~channel.c.paused)
    if account is not None:
        statement = statement.where(channel.c.account == account)
    return [Listener(row.id, _conditions(row.conditions)) for row in connection.execute(statement)]


def remove(connection: Connection, id_: str) -> None:
    """Removes a channel with its log, its tickets, and all that waits for it."""
    connection.execute(delete(outbox).where(outbox.c.topic == topic(id_), outbox.c.done_at.is_(None)))
    connection.execute(delete(channel).where(channel.c.id == id_))


def any_secret(connection: Connection) -> bool:
    """Whether anything is sealed here."""
    statement = select(channel.c.id).where(func.length(channel.c.secret) > 0).limit(1)
    return connection.execute(statement).first() is not None


def lose_secrets(connection: Connection) -> None:
    """Lets go of all addresses, which nobody can read any more; channels without one are paused."""
    connection.execute(update(channel).values(secret=b"", paused=True))


# ── the log ──


def send(connection: Connection, one: Channel, kind: str, what: str, payload: Mapping[str, Any], at: int) -> None:
    """Has a message leave by a channel, as part of the transaction that makes it true."""
    row = {
        "account": one.account, "run": "", "event": payload["event"], "topic": topic(one.id), "payload": dict(payload),
        "created_at": at, "due_at": at,
    }  # fmt: skip
    number = connection.execute(insert(outbox).values(row).returning(outbox.c.number)).scalar_one()
    connection.execute(insert(channel_message).values(channel=one.id, kind=kind, what=what[:500], outbox=number, at=at))


def note(connection: Connection, id_: str, kind: str, what: str, sent: Sent, at: int, done: int) -> None:
    """Notes what was sent past the outbox, and how it went."""
    row = {
        "channel": id_, "kind": kind, "what": what[:500], "attempts": 1, "status": sent.status,
        "detail": sent.detail[:1000], "at": at, "done_at": done,
    }  # fmt: skip
    connection.execute(insert(channel_message).values(row))


def sent_since(connection: Connection, id_: str, kind: str, since: int) -> list[int]:
    """When messages of a kind were put together behind a moment, oldest first."""
    mine = (channel_message.c.channel == id_) & (channel_message.c.kind == kind) & (channel_message.c.at > since)
    return list(connection.execute(select(channel_message.c.at).where(mine).order_by(channel_message.c.at)).scalars())


def log(connection: Connection, id_: str, *, before: int | None = None, limit: int) -> list[Delivered]:
    """A channel's log, newest first, from behind `before` on."""
    statement = _log().where(channel_message.c.channel == id_)
    if before is not None:
        statement = statement.where(channel_message.c.number < before)
    rows = connection.execute(statement.order_by(channel_message.c.number.desc()).limit(limit))
    return [_delivered(row) for row in rows]


def last(connection: Connection, ids: list[str]) -> dict[str, Delivered]:
    """The newest line of each channel's log."""
    newest = select(func.max(channel_message.c.number)).where(channel_message.c.channel.in_(ids))
    statement = _log().where(channel_message.c.number.in_(newest.group_by(channel_message.c.channel)))
    return {row.channel: _delivered(row) for row in connection.execute(statement)}


def prune(connection: Connection, before: int) -> int:
    """Lets go of lines of logs that are older; how many there were."""
    return int(connection.execute(delete(channel_message).where(channel_message.c.at < before)).rowcount)


def _log() -> Select[Any]:
    return select(
        channel_message,
        outbox.c.attempts.label("tried"),
        outbox.c.status.label("went"),
        outbox.c.detail.label("said"),
        outbox.c.done_at.label("over"),
    ).join_from(channel_message, outbox, outbox.c.number == channel_message.c.outbox, isouter=True)


def _delivered(row: Row[Any]) -> Delivered:
    if row.outbox is None:
        how = (row.attempts, row.status, row.detail, row.done_at)
    else:
        how = (row.tried or 0, row.went or "", row.said or "", row.over)
    return Delivered(row.number, row.what, row.at, *how)


# ── conditions and the like as JSON ──


def _packed(columns: Mapping[str, Any]) -> dict[str, Any]:
    """What the columns hold: records as objects."""
    found = dict(columns)
    for name, value in columns.items():
        if name == "ticketing":
            found[name] = {} if value is None else _plain(value)
        elif name in ("conditions", "pace"):
            found[name] = _plain(value)
    return found


def _plain(value: Any) -> dict[str, Any]:
    return dict(value) if isinstance(value, Mapping) else asdict(value)


def _conditions(stored: Mapping[str, Any]) -> Conditions:
    lists: dict[str, Any] = {name: tuple(stored[name]) for name in ("events", "packages", "rules")}
    return Conditions(**{**stored, **lists, "tags": tuple((key, value) for key, value in stored["tags"])})


def _record(row: Row[Any]) -> Channel:
    fields = {name: getattr(row, name) for name in Channel.__slots__}
    fields |= {"conditions": _conditions(row.conditions), "pace": Pace(**row.pace)}
    return Channel(**{**fields, "ticketing": Ticketing(**row.ticketing) if row.ticketing else None})
