"""What is to be assessed, runs, what became of their rules, and what is wanted otherwise of rules."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from shindan.store.tables_base import NUMBER, belongs, metadata, moment

# ── what is to be assessed ──

resource_group = Table(
    "resource_group", metadata,
    Column("id", String, primary_key=True),
    belongs("account", "account.id"),
    Column("tags", JSON, nullable=False),
    moment("created_at"),
)  # fmt: skip

target = Table(
    "target", metadata,
    Column("id", String, primary_key=True),
    belongs("account", "account.id"),
    Column("name", Text, nullable=False),
    Column("resource_group", String, ForeignKey("resource_group.id")),
    moment("created_at"),
    moment("updated_at"),
    UniqueConstraint("account", "name"),
)  # fmt: skip

template = Table(
    "template", metadata,
    Column("id", String, primary_key=True),
    belongs("account", "account.id"),
    belongs("target", "target.id"),
    Column("name", Text, nullable=False),
    Column("duration", Integer, nullable=False),
    Column("packages", JSON, nullable=False),
    Column("attributes", JSON, nullable=False),
    Column("tags", JSON, nullable=False),
    moment("created_at"),
    UniqueConstraint("target", "name"),
    Index("template_by_account", "account", "created_at", "id"),
)  # fmt: skip

subscription = Table(
    "subscription", metadata,
    Column("template", String, ForeignKey("template.id", ondelete="CASCADE"), primary_key=True),
    Column("event", String, primary_key=True),
    Column("topic", String, primary_key=True),
    moment("subscribed_at"),
)  # fmt: skip

# ── runs ──

run = Table(
    "run", metadata,
    Column("number", NUMBER, primary_key=True, autoincrement=True),
    Column("id", String, nullable=False, unique=True),
    belongs("account", "account.id"),
    belongs("target", "target.id"),
    belongs("template", "template.id"),
    Column("name", Text, nullable=False),
    Column("state", String, nullable=False),
    Column("duration", Integer, nullable=False),
    Column("packages", JSON, nullable=False),
    Column("attributes", JSON, nullable=False),
    Column("stop", String, nullable=False, default=""),
    Column("data_collected", Boolean, nullable=False, default=False),
    Column("counts", JSON, nullable=False),
    Column("package_counts", JSON, nullable=False),
    moment("created_at"),
    moment("started_at", nullable=True),
    moment("completed_at", nullable=True),
    moment("state_changed_at"),
    Column("findings_at", BigInteger, nullable=False, default=0),
    UniqueConstraint("template", "name"),
    Index("run_by_account", "account", "number"),
    Index("run_by_state", "state"),
    Index("run_by_end", "account", "completed_at"),
    Index("run_by_begin", "account", "created_at"),
)  # fmt: skip

run_state = Table(
    "run_state", metadata,
    Column("run", String, ForeignKey("run.id", ondelete="CASCADE"), primary_key=True),
    Column("position", SmallInteger, primary_key=True),
    Column("state", String, nullable=False),
    moment("at"),
)  # fmt: skip

run_host = Table(
    "run_host", metadata,
    Column("run", String, ForeignKey("run.id", ondelete="CASCADE"), primary_key=True),
    Column("host", String, primary_key=True),
    Column("health", Text, nullable=False),
    Column("health_code", Text, nullable=False),
    Column("health_details", Text, nullable=False, default=""),
    Column("scaling_group", Text, nullable=False, default=""),
    Column("facts", String),
    moment("facts_at", nullable=True),
    Column("samples", JSON, nullable=False, default=list),
    moment("sampled_at", nullable=True),
    moment("delivered_at", nullable=True),
    Column("telemetry", JSON, nullable=False),
    Column("asset", JSON, nullable=False),
    Column("evaluated", Boolean, nullable=False, default=False),
    Column("skipped", Integer, nullable=False, default=0),
    Column("looked", JSON, nullable=False, default=dict),
    Index("run_host_by_host", "host"),
    Index("run_host_by_group", "scaling_group", "host"),
)  # fmt: skip

run_notification = Table(
    "run_notification", metadata,
    Column("number", NUMBER, primary_key=True, autoincrement=True),
    belongs("run", "run.id"),
    Column("event", String, nullable=False),
    Column("topic", Text, nullable=False),
    Column("status", String, nullable=False),
    Column("message", Text, nullable=False, default=""),
    moment("at"),
    Index("run_notification_by_run", "run", "number"),
)  # fmt: skip

# ── what became of a run's rules, beside its findings; and exports ──

# Names that many runs share: of a benchmark's control (`rule` is its number), else of a rule (`benchmark` is "").
checked_rule = Table(
    "checked_rule", metadata,
    Column("number", NUMBER, primary_key=True, autoincrement=True),
    Column("package", SmallInteger, nullable=False),
    Column("benchmark", String, nullable=False),
    Column("rule", String, nullable=False),
    Column("title", String, nullable=False),
    UniqueConstraint("package", "benchmark", "rule", "title"),
)  # fmt: skip

# On how many of a run's hosts a rule came to what: no row for each host.
run_rule = Table(
    "run_rule", metadata,
    Column("run", String, ForeignKey("run.id", ondelete="CASCADE"), primary_key=True),
    Column("rule", NUMBER, ForeignKey("checked_rule.number"), primary_key=True),
    Column("passed", Integer, nullable=False),
    Column("failed", Integer, nullable=False),
    Column("not_applicable", Integer, nullable=False),
    Column("manual", Integer, nullable=False),
    Column("not_told", Integer, nullable=False),
)  # fmt: skip

# The generations of advisories that judged packages of a run's hosts.
run_generation = Table(
    "run_generation", metadata,
    Column("run", String, ForeignKey("run.id", ondelete="CASCADE"), primary_key=True),
    Column("name", String, primary_key=True),
    Column("digest", String, primary_key=True),
    Column("newest", String, nullable=False),
    Column("knows", String, nullable=False),
)  # fmt: skip

export = Table(
    "export", metadata,
    Column("id", String, primary_key=True),
    belongs("account", "account.id"),
    Column("about", JSON, nullable=False),
    Column("status", String, nullable=False),
    Column("blob", String),
    Column("error", Text, nullable=False, default=""),
    moment("created_at"),
    Index("export_by_time", "created_at"),
)  # fmt: skip

# ── what is wanted otherwise of rules ──

tailoring = Table(
    "tailoring", metadata,
    Column("number", NUMBER, primary_key=True, autoincrement=True),
    Column("id", String, nullable=False, unique=True),
    belongs("account", "account.id"),
    Column("entry", JSON, nullable=False),
    moment("created_at"),
    Index("tailoring_by_account", "account", "number"),
)  # fmt: skip

zones = Table(
    "zones", metadata,
    Column("account", String, ForeignKey("account.id", ondelete="CASCADE"), primary_key=True),
    Column("text", Text, nullable=False),
    moment("changed_at"),
)  # fmt: skip

run_tailoring = Table(
    "run_tailoring", metadata,
    Column("run", String, ForeignKey("run.id", ondelete="CASCADE"), primary_key=True),
    Column("said", JSON, nullable=False),
)  # fmt: skip
