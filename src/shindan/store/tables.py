"""Every table of the service's database, in one place. The same on SQLite and on PostgreSQL.

Moments are milliseconds since the epoch (UTC). Ids of API resources are their own (`0-` and eight characters); rows
that are many have a rising number, which is what pages are cut by. Texts that all findings of a rule share stand once,
in `rule`. What is read as a whole and never searched is JSON.
"""

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
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

_NAMES = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}
metadata = MetaData(naming_convention=_NAMES)

# A rising number that SQLite also takes for its row id.
_NUMBER = BigInteger().with_variant(Integer, "sqlite")


def _moment(name: str, *, nullable: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=nullable)


def _belongs(name: str, to: str) -> Column[str]:
    return Column(name, String, ForeignKey(to, ondelete="CASCADE"), nullable=False)


# ── who may call ──

account = Table(
    "account", metadata,
    Column("id", String(12), primary_key=True),
    Column("name", Text, nullable=False),
    Column("role_arn", Text),
    _moment("role_at", nullable=True),
    Column("settings", JSON, nullable=False),
    _moment("created_at"),
)  # fmt: skip

user = Table(
    "user_account", metadata,
    Column("id", String, primary_key=True),
    _belongs("account", "account.id"),
    Column("name", Text, nullable=False),
    Column("password_hash", Text, nullable=False, default=""),
    Column("administrator", Boolean, nullable=False, default=False),
    Column("disabled", Boolean, nullable=False, default=False),
    Column("policies", JSON, nullable=False),
    _moment("created_at"),
    UniqueConstraint("account", "name"),
)  # fmt: skip

access_key = Table(
    "access_key", metadata,
    Column("id", String, primary_key=True),
    _belongs("user", "user_account.id"),
    Column("secret", LargeBinary, nullable=False),
    Column("session_token", LargeBinary),
    Column("active", Boolean, nullable=False, default=True),
    _moment("created_at"),
    _moment("expires_at", nullable=True),
    _moment("last_used_at", nullable=True),
)  # fmt: skip

policy = Table(
    "policy", metadata,
    Column("account", String, ForeignKey("account.id", ondelete="CASCADE"), primary_key=True),
    Column("name", String, primary_key=True),
    Column("document", JSON, nullable=False),
    _moment("created_at"),
)  # fmt: skip

audit = Table(
    "audit", metadata,
    Column("number", _NUMBER, primary_key=True, autoincrement=True),
    Column("account", String, nullable=False),
    Column("caller", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("resource", Text, nullable=False, default=""),
    Column("outcome", Text, nullable=False),
    Column("detail", JSON, nullable=False),
    _moment("at"),
    Index("audit_by_account", "account", "number"),
)  # fmt: skip

# ── hosts and what is installed on them ──

host = Table(
    "host", metadata,
    Column("id", String, primary_key=True),
    _belongs("account", "account.id"),
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
    _moment("last_seen", nullable=True),
    Column("facts", String),
    _moment("facts_at", nullable=True),
    Column("identity", String, nullable=False, default=""),
    Column("scaling_group", Text, nullable=False, default=""),
    Column("image", Text, nullable=False, default=""),
    Column("network", JSON, nullable=False),
    Column("archived", Boolean, nullable=False, default=False),
    _moment("created_at"),
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
    _belongs("account", "account.id"),
    Column("secret_hash", String(64), nullable=False),
    Column("created_by", Text, nullable=False),
    Column("max_uses", Integer),
    Column("uses", Integer, nullable=False, default=0),
    Column("tags", JSON, nullable=False),
    _moment("created_at"),
    _moment("expires_at", nullable=True),
    _moment("last_used_at", nullable=True),
    _moment("revoked_at", nullable=True),
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
    _moment("inventory_at", nullable=True),
    _moment("enrolled_at"),
    _moment("seen_at", nullable=True),
    _moment("revoked_at", nullable=True),
    Index("agent_by_account", "account", "host"),
    Index("agent_by_seen", "seen_at"),
)  # fmt: skip

agent_batch = Table(
    "agent_batch", metadata,
    Column("host", String, ForeignKey("host.id", ondelete="CASCADE"), primary_key=True),
    Column("id", String, primary_key=True),
    Column("answer", JSON, nullable=False),
    _moment("at"),
    Index("agent_batch_by_time", "at"),
)  # fmt: skip

# ── what is to be assessed ──

resource_group = Table(
    "resource_group", metadata,
    Column("id", String, primary_key=True),
    _belongs("account", "account.id"),
    Column("tags", JSON, nullable=False),
    _moment("created_at"),
)  # fmt: skip

target = Table(
    "target", metadata,
    Column("id", String, primary_key=True),
    _belongs("account", "account.id"),
    Column("name", Text, nullable=False),
    Column("resource_group", String, ForeignKey("resource_group.id")),
    _moment("created_at"),
    _moment("updated_at"),
    UniqueConstraint("account", "name"),
)  # fmt: skip

template = Table(
    "template", metadata,
    Column("id", String, primary_key=True),
    _belongs("account", "account.id"),
    _belongs("target", "target.id"),
    Column("name", Text, nullable=False),
    Column("duration", Integer, nullable=False),
    Column("packages", JSON, nullable=False),
    Column("attributes", JSON, nullable=False),
    Column("tags", JSON, nullable=False),
    _moment("created_at"),
    UniqueConstraint("target", "name"),
    Index("template_by_account", "account", "created_at", "id"),
)  # fmt: skip

subscription = Table(
    "subscription", metadata,
    Column("template", String, ForeignKey("template.id", ondelete="CASCADE"), primary_key=True),
    Column("event", String, primary_key=True),
    Column("topic", String, primary_key=True),
    _moment("subscribed_at"),
)  # fmt: skip

# ── runs ──

run = Table(
    "run", metadata,
    Column("number", _NUMBER, primary_key=True, autoincrement=True),
    Column("id", String, nullable=False, unique=True),
    _belongs("account", "account.id"),
    _belongs("target", "target.id"),
    _belongs("template", "template.id"),
    Column("name", Text, nullable=False),
    Column("state", String, nullable=False),
    Column("duration", Integer, nullable=False),
    Column("packages", JSON, nullable=False),
    Column("attributes", JSON, nullable=False),
    Column("stop", String, nullable=False, default=""),
    Column("data_collected", Boolean, nullable=False, default=False),
    Column("counts", JSON, nullable=False),
    Column("package_counts", JSON, nullable=False),
    _moment("created_at"),
    _moment("started_at", nullable=True),
    _moment("completed_at", nullable=True),
    _moment("state_changed_at"),
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
    _moment("at"),
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
    _moment("facts_at", nullable=True),
    Column("samples", JSON, nullable=False, default=list),
    _moment("sampled_at", nullable=True),
    _moment("delivered_at", nullable=True),
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
    Column("number", _NUMBER, primary_key=True, autoincrement=True),
    _belongs("run", "run.id"),
    Column("event", String, nullable=False),
    Column("topic", Text, nullable=False),
    Column("status", String, nullable=False),
    Column("message", Text, nullable=False, default=""),
    _moment("at"),
    Index("run_notification_by_run", "run", "number"),
)  # fmt: skip

# ── what was found ──

rule = Table(
    "rule", metadata,
    Column("number", _NUMBER, primary_key=True, autoincrement=True),
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
    Column("number", _NUMBER, primary_key=True, autoincrement=True),
    Column("account", String, nullable=False),
    _belongs("run", "run.id"),
    Column("host", String, nullable=False),
    Column("package", SmallInteger, nullable=False),
    Column("rule", _NUMBER, ForeignKey("rule.number"), nullable=False),
    Column("severity", SmallInteger, nullable=False),
    Column("subject", Text, nullable=False, default=""),
    Column("attributes", JSON, nullable=False),
    Column("user_attributes", JSON, nullable=False),
    _moment("created_at"),
    _moment("updated_at"),
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
    Column("rule", _NUMBER, ForeignKey("rule.number", ondelete="CASCADE"), primary_key=True),
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
    Column("finding", _NUMBER, ForeignKey("finding.number", ondelete="CASCADE"), primary_key=True),
    Index("finding_mark_by_finding", "finding"),
)  # fmt: skip

issue = Table(
    "issue", metadata,
    Column("number", _NUMBER, primary_key=True, autoincrement=True),
    Column("account", String, nullable=False),
    Column("host", String, nullable=False),
    Column("package", SmallInteger, nullable=False),
    Column("rule", _NUMBER, ForeignKey("rule.number"), nullable=False),
    Column("rule_id", Text, nullable=False),
    Column("subject", Text, nullable=False, default=""),
    Column("component", Text, nullable=False, default=""),
    Column("installed", Text, nullable=False, default=""),
    Column("severity", SmallInteger, nullable=False),
    Column("status", String, nullable=False),
    _moment("first_observed"),
    _moment("last_observed"),
    _moment("fixed_at", nullable=True),
    Column("suppression", String),
    UniqueConstraint("host", "package", "rule_id", "subject"),
    Index("issue_by_account", "account", "status", "severity", "number"),
    Index("issue_by_rule", "rule"),
    Index("issue_by_first", "account", "first_observed", "number", "status", "severity", "package", "rule"),
)  # fmt: skip

suppression = Table(
    "suppression", metadata,
    Column("id", String, primary_key=True),
    _belongs("account", "account.id"),
    Column("scope", JSON, nullable=False),
    Column("reason", Text, nullable=False),
    Column("owner", Text, nullable=False),
    _moment("created_at"),
    _moment("expires_at", nullable=True),
)  # fmt: skip

exclusion = Table(
    "exclusion", metadata,
    Column("number", _NUMBER, primary_key=True, autoincrement=True),
    Column("id", String, nullable=False),
    _belongs("run", "run.id"),
    Column("code", String, nullable=False),
    Column("scopes", JSON, nullable=False),
    Column("attributes", JSON, nullable=False),
    UniqueConstraint("run", "id"),
    Index("exclusion_by_run", "run", "number"),
)  # fmt: skip

preview = Table(
    "preview", metadata,
    Column("token", String, primary_key=True),
    _belongs("template", "template.id"),
    Column("status", String, nullable=False),
    Column("exclusions", JSON, nullable=False),
    _moment("created_at"),
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
    _moment("created_at"),
    _moment("attributes_at"),
)  # fmt: skip

# ── what leaves the house, and what it would have cost ──

_WAITING, _DONE = text("done_at IS NULL"), text("done_at IS NOT NULL")

# `run` is "" for what is about no run: rows of one topic and run are a group, and are skipped over as one.
outbox = Table(
    "outbox", metadata,
    Column("number", _NUMBER, primary_key=True, autoincrement=True),
    Column("account", String, nullable=False),
    Column("run", String, nullable=False),
    Column("event", String, nullable=False),
    Column("topic", Text, nullable=False),
    Column("payload", JSON, nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("status", String, nullable=False, default=""),
    Column("detail", Text),
    _moment("created_at"),
    _moment("due_at"),
    _moment("done_at", nullable=True),
    Index("outbox_done", "done_at", sqlite_where=_DONE, postgresql_where=_DONE),
    Index("outbox_waiting", "topic", "run", "number", sqlite_where=_WAITING, postgresql_where=_WAITING),
)  # fmt: skip

# Topics that somebody serves just now, and those that are left alone for a while since nothing arrives there.
delivery = Table(
    "delivery", metadata,
    Column("topic", Text, primary_key=True),
    Column("holder", String, nullable=False, default=""),
    Column("failures", Integer, nullable=False, default=0),
    _moment("busy_until"),
    _moment("resume_at"),
    _moment("failing_since", nullable=True),
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

# ── work for later: the engine keeps its own tables beside these ──

job_key = Table(
    "job_key", metadata,
    Column("key", String, primary_key=True),
    Column("job", String, nullable=False),
)  # fmt: skip

executor = Table(
    "executor", metadata,
    Column("id", String, primary_key=True),
    _moment("seen_at"),
)  # fmt: skip

# ── what the console shows of everything at once: kept by whoever changes issues (`tally`), never counted anew ──

# Words of a rule's id, title and component, in small letters: texts are found by how their words begin.
rule_word = Table(
    "rule_word", metadata,
    Column("word", String, primary_key=True),
    Column("rule", _NUMBER, ForeignKey("rule.number", ondelete="CASCADE"), primary_key=True),
    Index("rule_word_by_rule", "rule"),
    sqlite_with_rowid=False,
)  # fmt: skip

# How many issues an account has of what is alike; what follows from the rule's text stands here again, so that one
# stretch of one table answers. Issues of archived hosts are in none of these.
issue_tally = Table(
    "issue_tally", metadata,
    Column("account", String, primary_key=True),
    Column("status", String, primary_key=True),
    Column("rule", _NUMBER, primary_key=True, autoincrement=False),
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
    _moment("at"),
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
    _belongs("account", "account.id"),
    Column("owner", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("query", JSON, nullable=False),
    Column("shared", Boolean, nullable=False, default=False),
    _moment("created_at"),
    _moment("updated_at"),
    UniqueConstraint("account", "owner", "name"),
)  # fmt: skip

# ── runs that begin by themselves, and configuration that came from a file ──

# `nominal_at` by the plan alone, `due_at` when it is to be looked at: None while paused or without new hosts.
schedule = Table(
    "schedule", metadata,
    Column("id", String, primary_key=True),
    _belongs("account", "account.id"),
    _belongs("template", "template.id"),
    Column("target", String, nullable=False),
    Column("name", Text, nullable=False),
    Column("plan", JSON, nullable=False),
    Column("paused", Boolean, nullable=False, default=False),
    Column("waits", Boolean, nullable=False, default=False),
    Column("created_by", Text, nullable=False),
    _moment("created_at"),
    _moment("nominal_at", nullable=True),
    _moment("due_at", nullable=True),
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
    _moment("at"),
    Index("schedule_host_by_host", "host"),
)  # fmt: skip

schedule_event = Table(
    "schedule_event", metadata,
    Column("number", _NUMBER, primary_key=True, autoincrement=True),
    _belongs("schedule", "schedule.id"),
    _moment("at"),
    _moment("nominal_at", nullable=True),
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
    _belongs("schedule", "schedule.id"),
    Column("wish", JSON, nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    _moment("due_at"),
    Index("schedule_report_by_schedule", "schedule"),
)  # fmt: skip

# What `shindan apply` made: it removes nothing else.
applied = Table(
    "applied", metadata,
    Column("account", String, ForeignKey("account.id", ondelete="CASCADE"), primary_key=True),
    Column("kind", String, primary_key=True),
    Column("resource", String, primary_key=True),
    Column("fleet", Text, nullable=False),
    _moment("at"),
)  # fmt: skip

# ── what became of a run's rules, beside its findings; and exports ──

# Names that many runs share: of a benchmark's control (`rule` is its number), else of a rule (`benchmark` is "").
checked_rule = Table(
    "checked_rule", metadata,
    Column("number", _NUMBER, primary_key=True, autoincrement=True),
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
    Column("rule", _NUMBER, ForeignKey("checked_rule.number"), primary_key=True),
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
    _belongs("account", "account.id"),
    Column("about", JSON, nullable=False),
    Column("status", String, nullable=False),
    Column("blob", String),
    Column("error", Text, nullable=False, default=""),
    _moment("created_at"),
    Index("export_by_time", "created_at"),
)  # fmt: skip

# ── people at the console ──

# `id` is the SHA-256 of what the browser holds: who reads the table cannot be anybody.
session = Table(
    "session", metadata,
    Column("id", String(64), primary_key=True),
    _belongs("user", "user_account.id"),
    Column("address", Text, nullable=False, default=""),
    Column("client", Text, nullable=False, default=""),
    Column("how", String, nullable=False),
    _moment("created_at"),
    _moment("seen_at"),
    _moment("expires_at"),
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
    _moment("created_at"),
)  # fmt: skip

identity = Table(
    "identity", metadata,
    Column("issuer", String, primary_key=True),
    Column("subject", String, primary_key=True),
    _belongs("user", "user_account.id"),
    _moment("created_at"),
    Index("identity_by_user", "user"),
)  # fmt: skip

preference = Table(
    "preference", metadata,
    Column("user", String, ForeignKey("user_account.id", ondelete="CASCADE"), primary_key=True),
    Column("language", String, nullable=False, default=""),
    Column("theme", String, nullable=False, default=""),
)  # fmt: skip

# ── what is wanted otherwise of rules ──

tailoring = Table(
    "tailoring", metadata,
    Column("number", _NUMBER, primary_key=True, autoincrement=True),
    Column("id", String, nullable=False, unique=True),
    _belongs("account", "account.id"),
    Column("entry", JSON, nullable=False),
    _moment("created_at"),
    Index("tailoring_by_account", "account", "number"),
)  # fmt: skip

zones = Table(
    "zones", metadata,
    Column("account", String, ForeignKey("account.id", ondelete="CASCADE"), primary_key=True),
    Column("text", Text, nullable=False),
    _moment("changed_at"),
)  # fmt: skip

run_tailoring = Table(
    "run_tailoring", metadata,
    Column("run", String, ForeignKey("run.id", ondelete="CASCADE"), primary_key=True),
    Column("said", JSON, nullable=False),
)  # fmt: skip

# ── channels: where an account is told of what happens ──

# `secret` is sealed: the address in full, and headers. It is empty once the key that sealed it is lost.
channel = Table(
    "channel", metadata,
    Column("id", String, primary_key=True),
    _belongs("account", "account.id"),
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
    _moment("created_at"),
    UniqueConstraint("account", "name"),
)  # fmt: skip

# What waits to be told to a channel, written by the transaction that makes it true. What a run brought (`run`) waits
# for its end. `hosts` are ids: one row for all hosts of a batch on which the same rule came to the same.
happening = Table(
    "happening", metadata,
    Column("number", _NUMBER, primary_key=True, autoincrement=True),
    _belongs("channel", "channel.id"),
    Column("event", String, nullable=False),
    Column("run", String, nullable=False, default=""),
    Column("rule", BigInteger),
    Column("severity", SmallInteger),
    Column("hosts", JSON, nullable=False),
    Column("detail", JSON, nullable=False),
    _moment("at"),
    Index("happening_by_channel", "channel", "number"),
)  # fmt: skip

# The log of a channel. How it went with what left by the outbox stands there, under the number in `outbox`.
channel_message = Table(
    "channel_message", metadata,
    Column("number", _NUMBER, primary_key=True, autoincrement=True),
    _belongs("channel", "channel.id"),
    Column("kind", String, nullable=False),
    Column("what", Text, nullable=False),
    Column("outbox", BigInteger),
    Column("attempts", Integer, nullable=False, default=0),
    Column("status", String, nullable=False, default=""),
    Column("detail", Text, nullable=False, default=""),
    _moment("at"),
    _moment("done_at", nullable=True),
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
    _moment("opened_at"),
)  # fmt: skip
