"""What was found: by runs, and over all of them."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Index, SmallInteger, String, Table, Text, UniqueConstraint

from shindan.store.tables_base import NUMBER, belongs, metadata, moment

rule = Table(
    "rule", metadata,
    Column("number", NUMBER, primary_key=True, autoincrement=True),
    Column("package", String, nullable=False),
    Column("id", Text, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("title", Text, nullable=False),
    Column("component", Text, nullable=False, default=""),
    Column("fixed", Text, nullable=False, default=""),
    Column("kind", Text, nullable=False, default=""),
    Column("kev", String(10), nullable=False, default=""),
    Column("description", Text, nullable=False),
    Column("recommendation", Text, nullable=False),
    Column("attributes", JSON, nullable=False),
    UniqueConstraint("package", "id", "digest"),
    Index("rule_by_id", "id"),
    Index("rule_by_component", "component"),
)  # fmt: skip

# A finding's id is its number in another form (`model.stored_finding`), and its fingerprint, which is its issue's, too,
# follows from host, package and rule: neither is kept. Issues lie host by host, as they are written.
finding = Table(
    "finding", metadata,
    Column("number", NUMBER, primary_key=True, autoincrement=True),
    Column("account", String, nullable=False),
    belongs("run", "run.id"),
    Column("host", String, nullable=False),
    Column("package", SmallInteger, nullable=False),
    Column("rule", NUMBER, ForeignKey("rule.number"), nullable=False),
    Column("severity", SmallInteger, nullable=False),
    Column("subject", Text, nullable=False, default=""),
    Column("attributes", JSON, nullable=False),
    Column("user_attributes", JSON, nullable=False),
    moment("created_at"),
    moment("updated_at"),
    Index("finding_by_account", "account", "package", "severity", "number"),
    Index("finding_by_run", "run", "package", "severity", "number"),
    Index("finding_by_host", "host", "number", "rule"),
    Index("finding_by_rule", "rule", "number"),
)  # fmt: skip

# Attributes that findings of a rule show, be it all of them (`shared`) or some; that findings of a run begin with; and
# that single findings were given: pages by attribute are found by these. `pair` is its JSON, as in the lists above.
rule_trait = Table(
    "rule_trait", metadata,
    Column("pair", Text, primary_key=True),
    Column("rule", NUMBER, ForeignKey("rule.number", ondelete="CASCADE"), primary_key=True),
    Column("shared", Boolean, nullable=False),
)  # fmt: skip

run_mark = Table(
    "run_mark", metadata,
    Column("account", String, primary_key=True),
    Column("pair", Text, primary_key=True),
    Column("run", String, ForeignKey("run.id", ondelete="CASCADE"), primary_key=True),
    Index("run_mark_by_run", "run"),
)  # fmt: skip

finding_mark = Table(
    "finding_mark", metadata,
    Column("account", String, primary_key=True),
    Column("pair", Text, primary_key=True),
    Column("finding", NUMBER, ForeignKey("finding.number", ondelete="CASCADE"), primary_key=True),
    Index("finding_mark_by_finding", "finding"),
)  # fmt: skip

issue = Table(
    "issue", metadata,
    Column("number", NUMBER, primary_key=True, autoincrement=True),
    Column("account", String, nullable=False),
    Column("host", String, nullable=False),
    Column("package", SmallInteger, nullable=False),
    Column("rule", NUMBER, ForeignKey("rule.number"), nullable=False),
    Column("rule_id", Text, nullable=False),
    Column("subject", Text, nullable=False, default=""),
    Column("component", Text, nullable=False, default=""),
    Column("installed", Text, nullable=False, default=""),
    Column("severity", SmallInteger, nullable=False),
    Column("status", String, nullable=False),
    moment("first_observed"),
    moment("last_observed"),
    moment("fixed_at", nullable=True),
    Column("suppression", String),
    UniqueConstraint("host", "package", "rule_id", "subject"),
    Index("issue_by_account", "account", "status", "severity", "number"),
    Index("issue_by_rule", "rule"),
    Index("issue_by_first", "account", "first_observed", "number", "status", "severity", "package", "rule"),
)  # fmt: skip

suppression = Table(
    "suppression", metadata,
    Column("id", String, primary_key=True),
    belongs("account", "account.id"),
    Column("scope", JSON, nullable=False),
    Column("reason", Text, nullable=False),
    Column("owner", Text, nullable=False),
    moment("created_at"),
    moment("expires_at", nullable=True),
)  # fmt: skip

exclusion = Table(
    "exclusion", metadata,
    Column("number", NUMBER, primary_key=True, autoincrement=True),
    Column("id", String, nullable=False),
    belongs("run", "run.id"),
    Column("code", String, nullable=False),
    Column("scopes", JSON, nullable=False),
    Column("attributes", JSON, nullable=False),
    UniqueConstraint("run", "id"),
    Index("exclusion_by_run", "run", "number"),
)  # fmt: skip

preview = Table(
    "preview", metadata,
    Column("token", String, primary_key=True),
    belongs("template", "template.id"),
    Column("status", String, nullable=False),
    Column("exclusions", JSON, nullable=False),
    moment("created_at"),
)  # fmt: skip

report = Table(
    "report", metadata,
    Column("run", String, ForeignKey("run.id", ondelete="CASCADE"), primary_key=True),
    Column("type", String, primary_key=True),
    Column("format", String, primary_key=True),
    Column("language", String, primary_key=True, default="en"),
    Column("status", String, nullable=False),
    Column("blob", String),
    Column("error", Text, nullable=False, default=""),
    moment("created_at"),
    moment("attributes_at"),
)  # fmt: skip
