"""One finding over all runs in full: what, why, what to do, since when, and where else."""

from __future__ import annotations

from collections.abc import Sequence

from shindan.model.issue_query import Count, IssueQuery, IssueRow
from shindan.model.issue_views import Fix, IssueDetail, Sighting
from shindan.model.refusals import NoSuchEntity
from shindan.model.result import Host as ShownHost
from shindan.model.result import Package
from shindan.model.stored_finding import PACKAGE_NUMBERS, id_of
from shindan.render.updates import Update, commands_of
from shindan.rules.cis.benchmarks import library
from shindan.service.caller import Caller
from shindan.service.rights import must
from shindan.service.service import Service
from shindan.store import issue_detail, issue_facets, issue_pages, issues
from shindan.store.issue_sides import sides_of
from shindan.store.rules import Rule

_SIGHTINGS, _OTHERS = 50, 20


def show(service: Service, caller: Caller, number: int) -> IssueDetail:
    """The finding of a number (`IssueRow.number`). Needs `GetFinding`. Raises NoSuchEntity, AccessDenied."""
    must(caller, "GetFinding")
    account = caller.account
    with service.database.read() as connection:
        found = issue_detail.number_of_rule(connection, account, number) if 0 <= number < 2**62 else None
        if found is None:
            raise NoSuchEntity("FINDING_DOES_NOT_EXIST", f"there is no finding {number}")
        (row,) = issue_pages.rows(connection, [number])
        package = PACKAGE_NUMBERS[row.issue.package]
        seen = issue_detail.sightings(connection, account, row.issue.host, package, row.issue.rule_id, _SIGHTINGS)
        same = IssueQuery(rules=(row.issue.rule_id,), packages=(row.issue.package,))
        affected = issue_facets.Counting(connection, sides_of(connection, account, same)).total()
        others = issue_detail.others(connection, account, package, row.issue.rule_id, _OTHERS)
        rows = issue_pages.rows(connection, others)
        suppressions = issues.suppressions(connection, account) if row.issue.suppression else []
    about = row.issue.subject
    mine = [one for one in seen if (dict(map(tuple, one.attributes)).get("about") or "") == about]
    return _detail(
        row,
        found[1],
        [
            Sighting(
                str(arn := caller.arn("run", one.target, one.template, one.id)),
                one.name,
                str(arn.child("finding", id_of(one.number))),
                one.created_at,
            )
            for one in mine[:_SIGHTINGS]
        ],
        affected,
        rows,
    )._replace(suppression=next((one for one in suppressions if one.id == row.issue.suppression), None))


def fix_of(rule: Rule, row: IssueRow) -> Fix:
    """What to type: for a package that has a fix the command of the host's package manager, for a setting the script
    of its rule.
    """
    if rule.component and rule.fixed:
        package = Package(rule.component, row.issue.installed, rule.kind, "", "", "")
        update = Update(package, (rule.fixed,), 1, "High", bool(rule.kev))
        host = ShownHost(row.hostname, row.platform, "", "", "")
        commands = commands_of([update], host)
        return Fix(
            tuple(command.line for command in commands), tuple(command.remark for command in commands if command.remark)
        )
    known = next((one.rule for one in library().rules.values() if one.rule.title == rule.id), None)
    return Fix(script=known.fix.shell) if known is not None else Fix()


def _detail(
    row: IssueRow,
    rule: Rule,
    sightings: Sequence[Sighting],
    affected: Count,
    others: Sequence[IssueRow],
) -> IssueDetail:
    one = row.issue
    subject = f"{one.component}-{one.installed}" if one.component else one.installed

    def text(template: str) -> str:
        return template.replace("{agent}", one.host).replace("{subject}", subject)

    return IssueDetail(
        row=row,
        subject=subject,
        reason=text(rule.description),
        recommendation=text(rule.recommendation),
        attributes=tuple((key, value or "") for key, value in rule.attributes),
        fix=fix_of(rule, row),
        sightings=tuple(sightings),
        affected=affected,
        others=tuple(others),
        suppression=None,
    )
