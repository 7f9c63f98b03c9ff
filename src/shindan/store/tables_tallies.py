"""What the console shows of everything at once: kept by whoever changes issues (`tally`), never counted anew."""

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

# Words of a rule's id, title and component, in small letters: texts are found by how their words begin.
rule_word = Table(
    "rule_word", metadata,
    Column("word", String, primary_key=True),
    Column("rule", NUMBER, ForeignKey("rule.number", ondelete="CASCADE"), primary_key=True),
    Index("rule_word_by_rule", "rule"),
    sqlite_with_rowid=False,
)  # fmt: skip

# How many issues an account has of what is alike; what follows from the rule's text stands here again, so that one
# stretch of one table answers. Issues of archived hosts are in none of these.
issue_tally = Table(
    "issue_tally", metadata,
    Column("account", String, primary_key=True),
    Column("status", String, primary_key=True),
    Column("rule", NUMBER, primary_key=True, autoincrement=False),
    Column("severity", SmallInteger, primary_key=True),
    Column("platform", String, primary_key=True),
    Column("package", SmallInteger, nullable=False),
    Column("rule_id", Text, nullable=False),
    Column("component", Text, nullable=False),
    Column("fixed", Text, nullable=False),
    Column("kev", String(10), nullable=False),
    Column("number", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)  # fmt: skip

# The same once more, without the rules: some hundred rows.
issue_sum = Table(
    "issue_sum", metadata,
    Column("account", String, primary_key=True),
    Column("status", String, primary_key=True),
    Column("severity", SmallInteger, primary_key=True),
    Column("package", SmallInteger, primary_key=True),
    Column("platform", String, primary_key=True),
    Column("exploited", Boolean, primary_key=True),
    Column("fixable", Boolean, primary_key=True),
    Column("number", BigInteger, nullable=False),
)  # fmt: skip

# The same by host: a column for each severity, as `SHOWN_SEVERITIES` has them.
host_tally = Table(
    "host_tally", metadata,
    Column("account", String, primary_key=True),
    Column("host", String, primary_key=True),
    Column("status", String, primary_key=True),
    Column("package", SmallInteger, primary_key=True),
    *(Column(f"s{place}", Integer, nullable=False) for place in range(5)),
    sqlite_with_rowid=False,
)  # fmt: skip

# Open issues at the end of a day (UTC), by severity; a day on which nothing changed has no row.
issue_day = Table(
    "issue_day", metadata,
    Column("account", String, primary_key=True),
    Column("day", String(10), primary_key=True),
    *(Column(f"s{place}", BigInteger, nullable=False) for place in range(5)),
)  # fmt: skip

# What a rules package said last of a host: of which inventory, whether that is the newest, and what it could not judge.
# `codes` are those of the exclusions, each once, in order, joined by commas.
host_judged = Table(
    "host_judged", metadata,
    Column("host", String, ForeignKey("host.id", ondelete="CASCADE"), primary_key=True),
    Column("package", SmallInteger, primary_key=True),
    Column("account", String, nullable=False),
    Column("run", String, nullable=False, default=""),
    Column("facts", String, nullable=False, default=""),
    Column("fresh", Boolean, nullable=False, default=True),
    Column("codes", Text, nullable=False, default=""),
    Column("flaws", Integer, nullable=False, default=0),
    Column("exclusions", JSON, nullable=False),
    moment("at"),
    Index("host_judged_by_account", "account", "package", "codes", "fresh", "host"),
)  # fmt: skip

# Issues that were chosen one by one to be suppressed; by what identifies them, for their numbers may change.
suppressed_issue = Table(
    "suppressed_issue", metadata,
    Column("suppression", String, ForeignKey("suppression.id", ondelete="CASCADE"), primary_key=True),
    Column("host", String, primary_key=True),
    Column("package", SmallInteger, primary_key=True),
    Column("rule_id", String, primary_key=True),
    Column("subject", String, primary_key=True),
)  # fmt: skip

saved_view = Table(
    "saved_view", metadata,
    Column("id", String, primary_key=True),
    belongs("account", "account.id"),
    Column("owner", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("query", JSON, nullable=False),
    Column("shared", Boolean, nullable=False, default=False),
    moment("created_at"),
    moment("updated_at"),
    UniqueConstraint("account", "owner", "name"),
)  # fmt: skip
