"""What a run found, counted by what thresholds ask of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, String, and_, case, cast, func, literal, select

from shindan.model.assessment import Pairs
from shindan.model.run import EVALUATED, Run
from shindan.store.pairs import unpacked
from shindan.store.tables import finding, issue, rule, run

_ABOUT = cast(finding.c.attributes, String).contains('"about"')
"""Findings of which a host may have several by one rule, told apart by an attribute: few, and read one by one."""

_SAME_RULE = and_(
    issue.c.host == finding.c.host, issue.c.package == finding.c.package, issue.c.rule_id == rule.c.id
)  # fmt: skip


class Counted(NamedTuple):
    """How many findings of a run have the same rule, severity (a number), and answers to what is asked of them."""

    rule: str
    severity: int
    kev: bool
    attributes: Pairs
    suppressed: bool
    new: bool
    number: int


def counted(connection: Connection, run_id: str, since: int) -> list[Counted]:
    """The findings of a run; `new` are those whose issue was first seen after a moment."""
    texts = _texts(connection, run_id)
    rows = [*_alone(connection, run_id, since), *_several(connection, run_id, since)]
    found = []
    for number, severity, suppressed, new, count in rows:
        id_, kev, attributes = texts[number]
        found.append(Counted(id_, severity, kev, attributes, bool(suppressed), bool(new), count))
    return found


def run_before(connection: Connection, one: Run) -> int:
    """When the last run of the same template that was evaluated before this one ended (ms); 0 where there was none."""
    mine = (run.c.template == one.template, run.c.state.in_(sorted(EVALUATED)), run.c.created_at < one.created_at)
    return connection.execute(select(func.max(run.c.completed_at)).where(*mine)).scalar() or 0


def _alone(connection: Connection, run_id: str, since: int) -> Iterator[Any]:
    """Findings of which a host has one by one rule, counted by the database: mostly there are no others."""
    key = (finding.c.rule, finding.c.severity, *_asked(since))
    same = and_(_SAME_RULE, issue.c.subject == "")
    joined = finding.join(rule, rule.c.number == finding.c.rule).outerjoin(issue, same)
    statement = select(*key, func.count()).select_from(joined).where(finding.c.run == run_id, ~_ABOUT).group_by(*key)
    yield from connection.execute(statement)


def _several(connection: Connection, run_id: str, since: int) -> Iterator[Any]:
    joined = finding.join(rule, rule.c.number == finding.c.rule).outerjoin(issue, _SAME_RULE)
    columns = (finding.c.number, finding.c.attributes, issue.c.subject, finding.c.rule, finding.c.severity)
    statement = select(*columns, *_asked(since)).select_from(joined).where(finding.c.run == run_id, _ABOUT)
    own: dict[int, Any] = {}
    for number, attributes, subject, *rest in connection.execute(statement):
        is_same = subject == (dict(unpacked(attributes)).get("about") or "")
        if is_same or number not in own:
            own[number] = rest if is_same else [*rest[:2], 0, 0]
    yield from ((*rest, 1) for rest in own.values())


def _asked(since: int) -> tuple[ColumnElement[int], ColumnElement[int]]:
    """Whether the issue of a finding is suppressed, and whether it is new."""
    suppressed = case((issue.c.status == "suppressed", 1), else_=0)
    return suppressed, case((issue.c.first_observed > literal(since), 1), else_=0)


def _texts(connection: Connection, run_id: str) -> dict[int, tuple[str, bool, Pairs]]:
    """Id, whether it is in the list of exploited ones, and attributes of each rule that a run has findings of."""
    used = select(finding.c.rule).where(finding.c.run == run_id).distinct()
    statement = select(rule.c.number, rule.c.id, rule.c.kev, rule.c.attributes).where(rule.c.number.in_(used))
    rows = connection.execute(statement)
    return {row.number: (row.id, bool(row.kev), unpacked(row.attributes)) for row in rows}
