"""One finding over all runs in full: what, why, what to do, since when, and where else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from shindan.model.arn import parse
from shindan.model.issue_query import Count, IssuePage, IssueQuery, IssueRow
from shindan.model.issue_views import Fix, InRun, IssueDetail
from shindan.model.packages import package_of
from shindan.model.refusals import NoSuchEntity
from shindan.model.result import Host as ShownHost
from shindan.model.result import Package
from shindan.model.stored_finding import PACKAGE_NUMBERS
from shindan.render.updates import Update, commands_of
from shindan.service import issue_search
from shindan.service.caller import Caller
from shindan.service.finding_texts import observed, parted, referenced
from shindan.service.own_rules import of_service
from shindan.service.rights import must
from shindan.service.rules_behind import Behind, behind
from shindan.service.service import Service
from shindan.store import issue_detail, issue_facets, issue_pages, issues
from shindan.store.issue_sides import sides_of
from shindan.store.rules import Rule

_RUNS, _HOSTS = 50, 25


def show(service: Service, caller: Caller, number: int) -> IssueDetail:
    """The finding of a number (`IssueRow.number`). Needs `GetFinding`. Raises NoSuchEntity, AccessDenied."""
    must(caller, "GetFinding")
    account = caller.account
    with service.database.read() as connection:
        found = issue_detail.number_of_rule(connection, account, number) if 0 <= number < 2**62 else None
        if found is None:
            raise NoSuchEntity("FINDING_DOES_NOT_EXIST", f"there is no finding {number}")
        (row,) = issue_pages.rows(connection, [number])
        one = row.issue
        seen = issue_detail.sightings(connection, account, one.host, PACKAGE_NUMBERS[one.package], one.rule_id)
        runs = issue_detail.runs_of(connection, account, one.host)
        affected = issue_facets.Counting(connection, sides_of(connection, account, _same(row))).total()
        suppressions = issues.suppressions(connection, account) if one.suppression else []
    mine = {
        run: (attributes, at)
        for run, attributes, at in reversed(seen)
        if (dict(map(tuple, attributes)).get("about") or "") == one.subject
    }
    history = list(_history(caller, row, runs, mine))
    newest = next((mine[run.id][0] for run in runs if run.id in mine), ())
    detail = _detail(row, found[1], behind(of_service(service), found[1], row.platform), newest)
    return detail._replace(
        history=tuple(history[:_RUNS]),
        affected=affected,
        suppression=next((each for each in suppressions if each.id == one.suppression), None),
    )


def hosts(service: Service, caller: Caller, row: IssueRow, *, token: str | None = None) -> IssuePage:
    """A page of the open findings of the same rule, this one included, newest first. Needs `ListFindings`.

    Raises InvalidInput, AccessDenied.
    """
    return issue_search.list_(service, caller, _same(row), sort="newest", token=token, max_results=_HOSTS)


def _same(row: IssueRow) -> IssueQuery:
    return IssueQuery(rules=(row.issue.rule_id,), packages=(row.issue.package,))


def _history(caller: Caller, row: IssueRow, runs: Sequence[Any], mine: Mapping[str, Any]) -> Iterator[InRun]:
    """What runs said that had the finding's rules package, newest first."""
    for run in runs:
        found = run.id in mine
        if not found and row.issue.package not in {package_of(parse(name)) for name in run.packages}:
            continue
        arn = str(caller.arn("run", run.target, run.template, run.id))
        at = mine[run.id][1] if found else run.created_at
        yield InRun(arn, run.name, at, "found" if found else "not_found" if run.evaluated else "not_judged")


def _detail(row: IssueRow, rule: Rule, known: Behind, newest: Sequence[Sequence[str]]) -> IssueDetail:
    one = row.issue
    subject = f"{one.component}-{one.installed}" if one.component else one.installed

    def text(template: str) -> str:
        return template.replace("{agent}", one.host).replace("{subject}", subject)

    reason, statement = parted(rule.description)
    recommendation, reference = referenced(text(rule.recommendation))
    own = [(key, value or "") for key, value in newest if key != "about" and (key, value) not in rule.attributes]
    return IssueDetail(
        row=row,
        subject=subject,
        reason=text(reason),
        statement=text(statement),
        evidence=observed(one.installed) if not one.component else (),
        recommendation=recommendation,
        reference=reference,
        attributes=(*((key, value or "") for key, value in rule.attributes), *own),
        rules=known.rules,
        fix=_fix(rule, row, known),
        history=(),
        affected=Count(0),
        suppression=None,
    )


def _fix(rule: Rule, row: IssueRow, known: Behind) -> Fix:
    """What to type: for a package that has a fix the command of the host's package manager, for a setting the script
    of its rules.
    """
    if not (rule.component and rule.fixed):
        return Fix(script=known.script)
    package = Package(rule.component, row.issue.installed, rule.kind, "", "", "")
    update = Update(package, (rule.fixed,), 1, "High", bool(rule.kev))
    commands = commands_of([update], ShownHost(row.hostname, row.platform, "", "", ""))
    remarks = tuple(command.remark for command in commands if command.remark)
    return Fix(tuple(command.line for command in commands), remarks)
