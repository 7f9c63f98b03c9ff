"""Hosts, what is installed on them, and their agents."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Boolean, Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text

from shindan.store.tables_base import belongs, metadata, moment

# ── hosts and what is installed on them ──

host = Table(
    "host", metadata,
    Column("id", String, primary_key=True),
    belongs("account", "account.id"),
    Column("hostname", Text, nullable=False, default=""),
    Column("platform", Text, nullable=False, default=""),
    Column("system", Text, nullable=False, default=""),
    Column("kernel", Text, nullable=False, default=""),
    Column("arch", Text, nullable=False, default=""),
    Column("addresses", JSON, nullable=False),
    Column("agent_version", Text, nullable=False, default=""),
    Column("health", Text, nullable=False, default="UNKNOWN"),
    Column("health_code", Text, nullable=False, default="UNKNOWN"),
    Column("health_details", Text, nullable=False, default=""),
    moment("last_seen", nullable=True),
    Column("facts", String),
    moment("facts_at", nullable=True),
    Column("identity", String, nullable=False, default=""),
    Column("scaling_group", Text, nullable=False, default=""),
    Column("image", Text, nullable=False, default=""),
    Column("network", JSON, nullable=False),
    Column("archived", Boolean, nullable=False, default=False),
    moment("created_at"),
    Index("host_by_account", "account", "archived", "id"),
    Index("host_by_identity", "account", "identity"),
)  # fmt: skip

host_tag = Table(
    "host_tag", metadata,
    Column("host", String, ForeignKey("host.id", ondelete="CASCADE"), primary_key=True),
    Column("key", String, primary_key=True),
    Column("value", Text, nullable=False),
    Index("host_tag_by_key", "key", "value", "host"),
)  # fmt: skip

# ── agents ──

agent_token = Table(
    "agent_token", metadata,
    Column("id", String, primary_key=True),
    belongs("account", "account.id"),
    Column("secret_hash", String(64), nullable=False),
    Column("created_by", Text, nullable=False),
    Column("max_uses", Integer),
    Column("uses", Integer, nullable=False, default=0),
    Column("tags", JSON, nullable=False),
    moment("created_at"),
    moment("expires_at", nullable=True),
    moment("last_used_at", nullable=True),
    moment("revoked_at", nullable=True),
)  # fmt: skip

# Written with every poll, so it stands apart from the host.
agent = Table(
    "agent", metadata,
    Column("host", String, ForeignKey("host.id", ondelete="CASCADE"), primary_key=True),
    Column("account", String, nullable=False),
    Column("key", String, nullable=False, unique=True),
    Column("secret", LargeBinary, nullable=False),
    Column("token", String, nullable=False, default=""),
    Column("version", Text, nullable=False, default=""),
    Column("sequence", BigInteger, nullable=False, default=0),
    Column("boot", String, nullable=False, default=""),
    Column("boot_before", String, nullable=False, default=""),
    Column("hardware", String, nullable=False, default=""),
    Column("state", String, nullable=False, default=""),
    Column("detail", Text, nullable=False, default=""),
    Column("told", JSON, nullable=False),
    Column("inventory", String, nullable=False, default=""),
    Column("kinds", JSON, nullable=False),
    Column("facts", String),
    moment("inventory_at", nullable=True),
    moment("enrolled_at"),
    moment("seen_at", nullable=True),
    moment("revoked_at", nullable=True),
    Index("agent_by_account", "account", "host"),
    Index("agent_by_seen", "seen_at"),
)  # fmt: skip

agent_batch = Table(
    "agent_batch", metadata,
    Column("host", String, ForeignKey("host.id", ondelete="CASCADE"), primary_key=True),
    Column("id", String, primary_key=True),
    Column("answer", JSON, nullable=False),
    moment("at"),
    Index("agent_batch_by_time", "at"),
)  # fmt: skip
