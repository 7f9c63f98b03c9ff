"""Runs that begin by themselves, and configuration that came from a file."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from shindan.store.tables_base import NUMBER, belongs, metadata, moment

# `nominal_at` by the plan alone, `due_at` when it is to be looked at: None while paused or without new hosts.
schedule = Table(
    "schedule", metadata,
    Column("id", String, primary_key=True),
    belongs("account", "account.id"),
    belongs("template", "template.id"),
    Column("target", String, nullable=False),
    Column("name", Text, nullable=False),
    Column("plan", JSON, nullable=False),
    Column("paused", Boolean, nullable=False, default=False),
    Column("waits", Boolean, nullable=False, default=False),
    Column("created_by", Text, nullable=False),
    moment("created_at"),
    moment("nominal_at", nullable=True),
    moment("due_at", nullable=True),
    UniqueConstraint("account", "name"),
    Index("schedule_by_template", "template"),
    Index("schedule_by_due", "due_at"),
)  # fmt: skip

# Hosts that a schedule for new hosts knows of; `fresh` until it had a run of them, or found that they are not its own.
schedule_host = Table(
    "schedule_host", metadata,
    Column("schedule", String, ForeignKey("schedule.id", ondelete="CASCADE"), primary_key=True),
    Column("host", String, ForeignKey("host.id", ondelete="CASCADE"), primary_key=True),
    Column("fresh", Boolean, nullable=False),
    moment("at"),
    Index("schedule_host_by_host", "host"),
)  # fmt: skip

schedule_event = Table(
    "schedule_event", metadata,
    Column("number", NUMBER, primary_key=True, autoincrement=True),
    belongs("schedule", "schedule.id"),
    moment("at"),
    moment("nominal_at", nullable=True),
    Column("outcome", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("detail", Text, nullable=False),
    Column("run", String, nullable=False),
    Index("schedule_event_by_schedule", "schedule", "number"),
    Index("schedule_event_by_time", "at"),
)  # fmt: skip

# Reports of runs that are to be sent when these have ended.
schedule_report = Table(
    "schedule_report", metadata,
    Column("run", String, ForeignKey("run.id", ondelete="CASCADE"), primary_key=True),
    belongs("schedule", "schedule.id"),
    Column("wish", JSON, nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    moment("due_at"),
    Index("schedule_report_by_schedule", "schedule"),
)  # fmt: skip

# What `shindan apply` made: it removes nothing else.
applied = Table(
    "applied", metadata,
    Column("account", String, ForeignKey("account.id", ondelete="CASCADE"), primary_key=True),
    Column("kind", String, primary_key=True),
    Column("resource", String, primary_key=True),
    Column("fleet", Text, nullable=False),
    moment("at"),
)  # fmt: skip
