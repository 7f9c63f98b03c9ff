"""What stands behind one issue: its rule's text, the findings of runs that it appeared in, and who else has it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, func, select

from shindan.model.run import ENDED
from shindan.store import rules
from shindan.store.rules import Rule
from shindan.store.tables import finding, host, issue, rule, run

_LOOKED_AT = 400


def number_of_rule(connection: Connection, account: str, number: int) -> tuple[int, Rule] | None:
    """(number, text) of the rule of an account's issue; None where the account has no such issue."""
    mine = select(issue.c.rule).where(issue.c.number == number, issue.c.account == account)
    found = connection.execute(mine).scalar_one_or_none()
    return None if found is None else (found, rules.by_number(connection, [found])[found])


def sightings(connection: Connection, account: str, host_id: str, package: int, rule_id: str, limit: int) -> list[Any]:
    """Findings of a rule on a host, of runs that ended, newest first: rows of number, attributes, created_at, and of
    the run id, target, template, name.
    """
    ids = select(rule.c.number).where(rule.c.id == rule_id)
    columns = (finding.c.number, finding.c.attributes, finding.c.created_at, run.c.id, run.c.target, run.c.template)
    statement = select(*columns, run.c.name).join_from(finding, run, run.c.id == finding.c.run)
    statement = statement.where(finding.c.host == host_id, finding.c.package == package, finding.c.rule.in_(ids))
    statement = statement.where(func.coalesce(finding.c.account, "") == account, run.c.state.in_(sorted(ENDED)))
    return list(connection.execute(statement.order_by(finding.c.number.desc()).limit(max(limit, _LOOKED_AT))))


def others(connection: Connection, account: str, package: int, rule_id: str, limit: int) -> list[int]:
    """Numbers of open issues of a rule on hosts that are not archived."""
    ids = select(rule.c.number).where(rule.c.id == rule_id)
    statement = select(issue.c.number).join_from(issue, host, host.c.id == issue.c.host).where(issue.c.rule.in_(ids))
    mine = func.coalesce(issue.c.account, "") == account
    statement = statement.where(mine, issue.c.package == package, issue.c.status == "open", ~host.c.archived)
    return list(connection.execute(statement.limit(limit)).scalars())


def keys_of(connection: Connection, account: str, numbers: Sequence[int]) -> list[tuple[str, int, str, str]]:
    """What identifies the account's issues among these numbers."""
    found: list[tuple[str, int, str, str]] = []
    for start in range(0, len(numbers), 500):
        some = select(issue.c.host, issue.c.package, issue.c.rule_id, issue.c.subject)
        some = some.where(issue.c.account == account, issue.c.number.in_(numbers[start : start + 500]))
        found += [(row[0], row[1], row[2], row[3]) for row in connection.execute(some)]
    return found


def marked(connection: Connection, account: str, suppression: str) -> int:
    """How many issues a suppression marks now."""
    mine = (issue.c.account == account) & (issue.c.status == "suppressed") & (issue.c.suppression == suppression)
    return connection.execute(select(func.count()).select_from(issue).where(mine)).scalar_one()
