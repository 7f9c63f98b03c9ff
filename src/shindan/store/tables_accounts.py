"""Accounts, who may call for them, people at the console, and settings."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from shindan.store.tables_base import NUMBER, belongs, metadata, moment

# ── who may call ──

account = Table(
    "account", metadata,
    Column("id", String(12), primary_key=True),
    Column("name", Text, nullable=False),
    Column("role_arn", Text),
    moment("role_at", nullable=True),
    Column("settings", JSON, nullable=False),
    moment("created_at"),
)  # fmt: skip

user = Table(
    "user_account", metadata,
    Column("id", String, primary_key=True),
    belongs("account", "account.id"),
    Column("name", Text, nullable=False),
    Column("password_hash", Text, nullable=False, default=""),
    Column("administrator", Boolean, nullable=False, default=False),
    Column("disabled", Boolean, nullable=False, default=False),
    Column("policies", JSON, nullable=False),
    moment("created_at"),
    UniqueConstraint("account", "name"),
)  # fmt: skip

access_key = Table(
    "access_key", metadata,
    Column("id", String, primary_key=True),
    belongs("user", "user_account.id"),
    Column("secret", LargeBinary, nullable=False),
    Column("session_token", LargeBinary),
    Column("active", Boolean, nullable=False, default=True),
    moment("created_at"),
    moment("expires_at", nullable=True),
    moment("last_used_at", nullable=True),
)  # fmt: skip

policy = Table(
    "policy", metadata,
    Column("account", String, ForeignKey("account.id", ondelete="CASCADE"), primary_key=True),
    Column("name", String, primary_key=True),
    Column("document", JSON, nullable=False),
    moment("created_at"),
)  # fmt: skip

audit = Table(
    "audit", metadata,
    Column("number", NUMBER, primary_key=True, autoincrement=True),
    Column("account", String, nullable=False),
    Column("caller", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("resource", Text, nullable=False, default=""),
    Column("outcome", Text, nullable=False),
    Column("detail", JSON, nullable=False),
    moment("at"),
    Index("audit_by_account", "account", "number"),
    Index("audit_by_time", "at"),
)  # fmt: skip

# ── people at the console ──

# `id` is the SHA-256 of what the browser holds: who reads the table cannot be anybody.
session = Table(
    "session", metadata,
    Column("id", String(64), primary_key=True),
    belongs("user", "user_account.id"),
    Column("address", Text, nullable=False, default=""),
    Column("client", Text, nullable=False, default=""),
    Column("how", String, nullable=False),
    moment("created_at"),
    moment("seen_at"),
    moment("expires_at"),
    Index("session_by_user", "user"),
    Index("session_by_expiry", "expires_at"),
)  # fmt: skip

# `step` is the number of the last 30 seconds whose code was used; `recovery` are hashes of codes not used yet.
second_factor = Table(
    "second_factor", metadata,
    Column("user", String, ForeignKey("user_account.id", ondelete="CASCADE"), primary_key=True),
    Column("secret", LargeBinary, nullable=False),
    Column("confirmed", Boolean, nullable=False, default=False),
    Column("step", BigInteger, nullable=False, default=0),
    Column("recovery", JSON, nullable=False),
    moment("created_at"),
)  # fmt: skip

identity = Table(
    "identity", metadata,
    Column("issuer", String, primary_key=True),
    Column("subject", String, primary_key=True),
    belongs("user", "user_account.id"),
    moment("created_at"),
    Index("identity_by_user", "user"),
)  # fmt: skip

preference = Table(
    "preference", metadata,
    Column("user", String, ForeignKey("user_account.id", ondelete="CASCADE"), primary_key=True),
    Column("language", String, nullable=False, default=""),
    Column("theme", String, nullable=False, default=""),
)  # fmt: skip

# ── work for later: the engine keeps its own tables beside these ──

job_key = Table(
    "job_key", metadata,
    Column("key", String, primary_key=True),
    Column("job", String, nullable=False),
)  # fmt: skip

executor = Table(
    "executor", metadata,
    Column("id", String, primary_key=True),
    moment("seen_at"),
)  # fmt: skip
