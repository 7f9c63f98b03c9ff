"""All that a report says of a run, read from the database: each finding once, with every host that has it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from shindan.engine.clock import milliseconds
from shindan.engine.fleet_of_run import rule_counts
from shindan.engine.work import packages_of, run_arn
from shindan.model.exclusion import REASONS, Exclusion
from shindan.model.fleet import RuleCounts
from shindan.model.packages import PackageName, package
from shindan.model.report import (
    Affected,
    CheckedRule,
    Report,
    ReportExclusion,
    ReportFinding,
    ReportHost,
    ReportPackage,
    ReportType,
    Tailored,
)
from shindan.model.run import Run, RunHost
from shindan.model.stored_finding import PACKAGE_BY_NUMBER, SHOWN_SEVERITIES
from shindan.model.tailoring import entry_of
from shindan.store import (
    exclusions,
    findings,
    hosts,
    mended,
    rules,
    run_hosts,
    run_looked,
    runs,
    tailoring,
    targets,
    templates,
)
from shindan.store.rules import Rule

_AT_ONCE = 5000
_SUBJECTS_SHOWN = 3
_WITHOUT_LIST: PackageName = "cve"


@dataclass(slots=True)
class _Group:
    """The findings of one rule at one severity."""

    package: int
    hosts: list[Affected] = field(default_factory=list)
    user_attributes: dict[tuple[str, str | None], None] = field(default_factory=dict)


_Groups = Mapping[tuple[int, int], _Group]
"""By number of the rule and position of the severity."""


def gather(connection: Connection, region: str, run: Run, type_: ReportType) -> Report:
    """The report of a run that was evaluated."""
    groups = _groups(connection, run.id)
    texts = _texts(connection, {rule for rule, _ in groups})
    members = run_hosts.of_run(connection, run.id)
    listed = [one for _, _, one in exclusions.listed(connection, run.id)]
    target = targets.get(connection, run.account, run.target)
    template = templates.get(connection, run.account, run.target, run.template)
    said = tailoring.of_run(connection, run.id)
    counts = rule_counts(connection, run.id) if type_ == "FULL" or said else ()
    return Report(
        type=type_,
        arn=str(run_arn(region, run)),
        name=run.name,
        state=run.state,
        template=template.name if template else run.template,
        target=target.name if target else run.target,
        duration=run.duration,
        started_at=run.started_at,
        completed_at=run.completed_at,
        generated_at=milliseconds(),
        attributes=run.attributes,
        packages=_packages(run, runs.package_counts(connection, run.id)),
        hosts=_hosts(connection, run, members, groups, listed),
        findings=_findings(groups, texts),
        exclusions=_exclusions(run, listed),
        checked=_checked(connection, run, members, groups, texts) if type_ == "FULL" else (),
        rules=counts if type_ == "FULL" else (),
        looked=run_looked.of_run(connection, run.id),
        tailored=_tailored(said.get("entries", ()), counts),
        own_zones=bool(said.get("zones")),
    )


def _groups(connection: Connection, run_id: str) -> _Groups:
    found: dict[tuple[int, int], _Group] = {}
    subjects: dict[str, str] = {}
    low, high = findings.stretch(connection, run_id)
    while high and low <= high:
        for row in findings.between(connection, run_id, low, min(low + _AT_ONCE - 1, high)):
            group = found.setdefault((row.rule, row.severity), _Group(row.package))
            if row.host:
                # Thousands of hosts have the same package: one text for all.
                group.hosts.append(Affected(row.host, subjects.setdefault(row.subject, row.subject)))
            group.user_attributes.update(dict.fromkeys(row.user_attributes))
        low += _AT_ONCE
    return found


def _texts(connection: Connection, numbers: set[int]) -> dict[int, Rule]:
    wanted, found = sorted(numbers), {}
    for start in range(0, len(wanted), _AT_ONCE):
        found.update(rules.by_number(connection, wanted[start : start + _AT_ONCE]))
    return found


def _findings(groups: _Groups, texts: Mapping[int, Rule]) -> tuple[ReportFinding, ...]:
    """Worst first; of one severity those of most hosts first."""
    order = sorted(groups, key=lambda at: (at[1], -len(groups[at].hosts), texts[at[0]].id, at[0]))
    return tuple(_finding(groups[at], texts[at[0]], at[1]) for at in order)


def _finding(group: _Group, rule: Rule, severity: int) -> ReportFinding:
    affected = tuple(sorted(group.hosts))
    agent = _some([one.host for one in affected], 1)
    subject = _some(list(dict.fromkeys(one.subject for one in affected)), _SUBJECTS_SHOWN)

    def text(template: str) -> str:
        return template.replace("{agent}", agent).replace("{subject}", subject)

    return ReportFinding(
        package=package(PACKAGE_BY_NUMBER[group.package]).title,
        id=rule.id,
        title=text(rule.title),
        severity=SHOWN_SEVERITIES[severity],
        description=text(rule.description),
        recommendation=text(rule.recommendation),
        attributes=rule.attributes,
        user_attributes=tuple(group.user_attributes),
        hosts=affected,
        component=rule.component,
        fixed=rule.fixed,
    )


def _some(names: Sequence[str], most: int) -> str:
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _packages(run: Run, counts: Mapping[str, int]) -> tuple[ReportPackage, ...]:
    known = ((package(name), arn) for name, arn in packages_of(run).items())
    return tuple(ReportPackage(one.title, one.version, arn, counts.get(arn, 0)) for one, arn in known)


def _hosts(
    connection: Connection, run: Run, members: Sequence[RunHost], groups: _Groups, listed: Sequence[Exclusion]
) -> tuple[ReportHost, ...]:
    tally = Counter((one.host, at[1]) for at, group in groups.items() for one in group.hosts)
    reasons = Counter(value for one in listed for key, value in one.scopes if key == "INSTANCE_ID")
    made: list[ReportHost] = []
    for start in range(0, len(members), _AT_ONCE):
        part = members[start : start + _AT_ONCE]
        ids = [member.host for member in part]
        then = run_hosts.assets(connection, [(run.id, id_) for id_ in ids])
        now = {host.id: host for host in hosts.named(connection, run.account, ids)}
        made += [
            ReportHost(
                id=member.host,
                hostname=then[run.id, member.host].hostname,
                system=now[member.host].system if member.host in now else "",
                evaluated=member.delivered_at is not None or member.evaluated,
                findings=sum(tally[member.host, position] for position in range(len(SHOWN_SEVERITIES))),
                severities=tuple(tally[member.host, position] for position in range(len(SHOWN_SEVERITIES))),
                left_out=reasons[member.host],
            )
            for member in part
        ]
    return tuple(sorted(made, key=lambda host: (-host.findings, host.id)))


def _exclusions(run: Run, listed: Sequence[Exclusion]) -> tuple[ReportExclusion, ...]:
    titles = {arn: package(name).title for name, arn in packages_of(run).items()}
    same: dict[tuple[str, str], list[Exclusion]] = {}
    for one in listed:
        same.setdefault((one.code, one.detail), []).append(one)
    return tuple(
        ReportExclusion(
            title=group[0].title,
            description=REASONS[group[0].code].description,
            recommendation=group[0].recommendation,
            hosts=tuple(dict.fromkeys(_scopes(group, "INSTANCE_ID"))),
            packages=tuple(titles.get(arn, arn) for arn in dict.fromkeys(_scopes(group, "RULES_PACKAGE_ARN"))),
            detail=group[0].detail,
        )
        for group in same.values()
    )


def _tailored(said: Iterable[Mapping[str, Any]], counts: Sequence[RuleCounts]) -> tuple[Tailored, ...]:
    """What was wanted otherwise, by the name that the run's rules have."""
    titles = {(one.benchmark, one.rule): one.title for one in counts}
    entries = map(entry_of, said)
    return tuple(Tailored(one, titles.get((one.benchmark, one.control or one.rule), "")) for one in entries)


def _scopes(group: Sequence[Exclusion], wanted: str) -> Iterator[str]:
    return (value for one in group for key, value in one.scopes if key == wanted)


def _checked(
    connection: Connection, run: Run, members: Sequence[RunHost], groups: _Groups, texts: Mapping[int, Rule]
) -> tuple[CheckedRule, ...]:
    """What the package without a list of rules is known to have looked for: what failed, and what is mended by now."""
    failed: dict[tuple[PackageName, str], set[str]] = {}
    for (number, _), group in groups.items():
        if texts[number].id and PACKAGE_BY_NUMBER[group.package] == _WITHOUT_LIST:
            at = (PACKAGE_BY_NUMBER[group.package], texts[number].id)
            failed.setdefault(at, set()).update(one.host for one in group.hosts)
    judged = [member.host for member in members if member.delivered_at is not None]
    gone = {
        (PACKAGE_BY_NUMBER[number], id_): count
        for number, id_, count in mended.of_hosts(connection, run.account, judged, run.completed_at or 0)
    }
    names = packages_of(run)
    return tuple(
        CheckedRule(package(at[0]).title, at[1], len(failed.get(at, ())), gone.get(at, 0))
        for at in sorted(failed.keys() | gone.keys())
        if at[0] in names and at[0] == _WITHOUT_LIST
    )
