"""What leaves the house: messages, channels, tickets, and what assessments would have cost."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from shindan.store.tables_base import NUMBER, belongs, metadata, moment

# ── what leaves the house, and what it would have cost ──

_WAITING, _DONE = text("done_at IS NULL"), text("done_at IS NOT NULL")

# `run` is "" for what is about no run: rows of one topic and run are a group, and are skipped over as one.
outbox = Table(
    "outbox", metadata,
    Column("number", NUMBER, primary_key=True, autoincrement=True),
    Column("account", String, nullable=False),
    Column("run", String, nullable=False),
    Column("event", String, nullable=False),
    Column("topic", Text, nullable=False),
    Column("payload", JSON, nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("status", String, nullable=False, default=""),
    Column("detail", Text),
    moment("created_at"),
    moment("due_at"),
    moment("done_at", nullable=True),
    Index("outbox_done", "done_at", sqlite_where=_DONE, postgresql_where=_DONE),
    Index("outbox_waiting", "topic", "run", "number", sqlite_where=_WAITING, postgresql_where=_WAITING),
)  # fmt: skip

# Topics that somebody serves just now, and those that are left alone for a while since nothing arrives there.
delivery = Table(
    "delivery", metadata,
    Column("topic", Text, primary_key=True),
    Column("holder", String, nullable=False, default=""),
    Column("failures", Integer, nullable=False, default=0),
    moment("busy_until"),
    moment("resume_at"),
    moment("failing_since", nullable=True),
)  # fmt: skip

usage = Table(
    "usage", metadata,
    Column("account", String, primary_key=True),
    Column("month", String(7), primary_key=True),
    Column("meter", String, primary_key=True),
    Column("units", BigInteger, nullable=False),
)  # fmt: skip

setting = Table(
    "setting", metadata,
    Column("key", String, primary_key=True),
    Column("value", JSON, nullable=False),
)  # fmt: skip

# ── channels: where an account is told of what happens ──

# `secret` is sealed: the address in full, and headers. It is empty once the key that sealed it is lost.
channel = Table(
    "channel", metadata,
    Column("id", String, primary_key=True),
    belongs("account", "account.id"),
    Column("name", Text, nullable=False),
    Column("kind", String, nullable=False),
    Column("secret", LargeBinary, nullable=False),
    Column("shown", Text, nullable=False),
    Column("conditions", JSON, nullable=False),
    Column("pace", JSON, nullable=False),
    Column("ticketing", JSON, nullable=False),
    Column("language", String, nullable=False),
    Column("carries_files", Boolean, nullable=False, default=False),
    Column("paused", Boolean, nullable=False, default=False),
    Column("created_by", Text, nullable=False),
    moment("created_at"),
    UniqueConstraint("account", "name"),
)  # fmt: skip

# What waits to be told to a channel, written by the transaction that makes it true. What a run brought (`run`) waits
# for its end. `hosts` are ids: one row for all hosts of a batch on which the same rule came to the same.
happening = Table(
    "happening", metadata,
    Column("number", NUMBER, primary_key=True, autoincrement=True),
    belongs("channel", "channel.id"),
    Column("event", String, nullable=False),
    Column("run", String, nullable=False, default=""),
    Column("rule", BigInteger),
    Column("severity", SmallInteger),
    Column("hosts", JSON, nullable=False),
    Column("detail", JSON, nullable=False),
    moment("at"),
    Index("happening_by_channel", "channel", "number"),
)  # fmt: skip

# The log of a channel. How it went with what left by the outbox stands there, under the number in `outbox`.
channel_message = Table(
    "channel_message", metadata,
    Column("number", NUMBER, primary_key=True, autoincrement=True),
    belongs("channel", "channel.id"),
    Column("kind", String, nullable=False),
    Column("what", Text, nullable=False),
    Column("outbox", BigInteger),
    Column("attempts", Integer, nullable=False, default=0),
    Column("status", String, nullable=False, default=""),
    Column("detail", Text, nullable=False, default=""),
    moment("at"),
    moment("done_at", nullable=True),
    Index("channel_message_by_channel", "channel", "number"),
    Index("channel_message_by_time", "at"),
)  # fmt: skip

# Tickets that were opened elsewhere: what each is about, by what identifies findings; `host` is "" for one a rule.
ticket = Table(
    "ticket", metadata,
    Column("channel", String, ForeignKey("channel.id", ondelete="CASCADE"), primary_key=True),
    Column("about", String, primary_key=True),
    Column("state", String, nullable=False),
    Column("key", Text, nullable=False, default=""),
    Column("package", SmallInteger, nullable=False),
    Column("rule_id", Text, nullable=False),
    Column("host", String, nullable=False, default=""),
    Column("subject", Text, nullable=False, default=""),
    moment("opened_at"),
)  # fmt: skip
