"""What stands behind one issue: its rule's text, and the runs that it appeared in, or could have."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, func, select

from shindan.model.run import ENDED
from shindan.store import rules
from shindan.store.rules import Rule
from shindan.store.tables import finding, issue, rule, run, run_host

_LOOKED_AT = 400


def number_of_rule(connection: Connection, account: str, number: int) -> tuple[int, Rule] | None:
    """(number, text) of the rule of an account's issue; None where the account has no such issue."""
    mine = select(issue.c.rule).where(issue.c.number == number, issue.c.account == account)
    found = connection.execute(mine).scalar_one_or_none()
    return None if found is None else (found, rules.by_number(connection, [found])[found])


def sightings(connection: Connection, account: str, host_id: str, package: int, rule_id: str) -> list[Any]:
    """The newest findings of a rule on a host: rows of run, attributes, created_at."""
    ids = select(rule.c.number).where(rule.c.id == rule_id)
    statement = select(finding.c.run, finding.c.attributes, finding.c.created_at)
    statement = statement.where(finding.c.host == host_id, finding.c.package == package, finding.c.rule.in_(ids))
    statement = statement.where(func.coalesce(finding.c.account, "") == account)
    return list(connection.execute(statement.order_by(finding.c.number.desc()).limit(_LOOKED_AT)))


def runs_of(connection: Connection, account: str, host_id: str) -> list[Any]:
    """The newest runs with a host that ended: rows of id, target, template, name, packages, created_at, evaluated."""
    columns = (run.c.id, run.c.target, run.c.template, run.c.name, run.c.packages, run.c.created_at)
    statement = select(*columns, run_host.c.evaluated).join_from(run_host, run, run.c.id == run_host.c.run)
    statement = statement.where(run_host.c.host == host_id, run.c.account == account, run.c.state.in_(sorted(ENDED)))
    return list(connection.execute(statement.order_by(run.c.number.desc()).limit(_LOOKED_AT)))


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
