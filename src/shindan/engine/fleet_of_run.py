"""A run as a fleet: its findings are read host by host, as they were written, and a few hosts are held at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from shindan.engine.announcing import iso
from shindan.engine.clock import milliseconds
from shindan.engine.stored_results import Found, Texts, finding_of, host_of, ledger_of, tool_version
from shindan.engine.work import packages_of, run_arn
from shindan.model.arn import partition_of
from shindan.model.exclusion import Exclusion
from shindan.model.fleet import Fleet, FleetHost, RuleCounts, Seen
from shindan.model.packages import package
from shindan.model.result import Finding, ScanResult
from shindan.model.run import Run
from shindan.model.stored_finding import PACKAGE_BY_NUMBER, id_of
from shindan.store import exclusions, findings, hosts, issues, run_hosts, run_looked, run_rules, runs
from shindan.store.database import Database
from shindan.store.findings import FoundRow

_PAGE = 2000
_HOSTS_AT_ONCE, _FINDINGS_AT_ONCE = 40, 4000

_Gaps = Mapping[str, Sequence[tuple[str, str]]]
_Part = list[tuple[str, list[FoundRow]]]


class _Told(NamedTuple):
    """What exclusions of a run say of each host, and of none in particular."""

    gaps: _Gaps
    notes: tuple[str, ...]


def fleet_of_run(database: Database, region: str, run_id: str) -> Fleet | None:
    """The fleet of a run; None where the run is gone."""
    with database.read() as connection:
        run = runs.get(connection, run_id)
        if run is None:
            return None
        told = _told(run, [one for _, _, one in exclusions.listed(connection, run.id)])
        rules = rule_counts(connection, run.id)
    at = iso(run.completed_at or milliseconds())

    def hosts_of() -> Iterator[FleetHost]:
        with database.read() as reading:
            yield from _hosts(reading, run, region, at, told.gaps)

    partition = partition_of(region)
    arn = str(run_arn(region, run))
    return Fleet("run", run.name, arn, run.account, region, partition, at, tool_version(), hosts_of, rules, told.notes)


def rule_counts(connection: Connection, run_id: str) -> tuple[RuleCounts, ...]:
    """What became of a run's rules, by package, benchmark and number."""
    found = [
        RuleCounts(PACKAGE_BY_NUMBER[named.package], named.benchmark, named.rule, named.title, counts)
        for named, counts in run_rules.of_run(connection, run_id)
    ]
    return tuple(sorted(found, key=lambda one: (one.package, one.benchmark, number_order(one.rule), one.title)))


def number_order(text: str) -> tuple[tuple[int, str], ...]:
    """Sorts numbers of controls as people read them, 1.9 before 1.10, and names behind them."""
    return tuple((int(part), "") if part.isdecimal() and len(part) < 9 else (10**9, part) for part in text.split("."))


def _hosts(connection: Connection, run: Run, region: str, at: str, gaps: _Gaps) -> Iterator[FleetHost]:
    texts = Texts(connection)
    left = {member.host for member in run_hosts.of_run(connection, run.id)}
    for part in _parts(connection, run.id):
        left.difference_update(host for host, _ in part)
        yield from _made(connection, run, region, at, gaps, texts, part)
    silent: _Part = [(host, []) for host in sorted(left)]
    for start in range(0, len(silent), _HOSTS_AT_ONCE):
        yield from _made(connection, run, region, at, gaps, texts, silent[start : start + _HOSTS_AT_ONCE])


def _parts(connection: Connection, run_id: str) -> Iterator[_Part]:
    """Some hosts with their findings at a time; those about no host are left out."""
    part: _Part = []
    held = 0
    for row in _rows(connection, run_id):
        if not part or part[-1][0] != row.host:
            if len(part) >= _HOSTS_AT_ONCE or held >= _FINDINGS_AT_ONCE:
                yield part
                part, held = [], 0
            part.append((row.host, []))
        part[-1][1].append(row)
        held += 1
    if part:
        yield part


def _rows(connection: Connection, run_id: str) -> Iterator[FoundRow]:
    low, high = findings.stretch(connection, run_id)
    while high and low <= high:
        yield from (row for row in findings.between(connection, run_id, low, min(low + _PAGE - 1, high)) if row.host)
        low += _PAGE


def _made(
    connection: Connection, run: Run, region: str, at: str, gaps: _Gaps, texts: Texts, part: _Part
) -> Iterator[FleetHost]:
    ids = [host for host, _ in part]
    then = run_hosts.assets(connection, [(run.id, id_) for id_ in ids])
    now = {host.id: host for host in hosts.named(connection, run.account, ids)}
    looked = run_looked.of_hosts(connection, run.id, ids)
    ignored = issues.suppressed_on(connection, ids)
    known = texts.load({row.rule for _, rows in part for row in rows})
    arn = run_arn(region, run)
    for id_, rows in part:
        asset, host = then.get((run.id, id_)), now.get(id_)
        made: list[Finding] = []
        for row in rows:
            rule = known[row.rule]
            why = ignored.get((id_, row.package, rule.id), "") if ignored else ""
            found = Found(id_, row.severity, row.subject, row.attributes, why)
            made.append(finding_of(rule, PACKAGE_BY_NUMBER[row.package], found))
        seen = [Seen(str(arn.child("finding", id_of(row.number))), row.created_at, row.updated_at) for row in rows]
        about = host_of(
            id_,
            asset.hostname if asset else "",
            *((host.platform, host.system, host.arch, host.kernel) if host else ("",) * 4),
        )
        ledger = ledger_of(looked.get(id_), tuple(gaps.get(id_, ())))
        names = tuple(packages_of(run))
        result = ScanResult(tool_version(), at, about, tuple(made), ledger, rules_packages=names)
        yield FleetHost(
            id_,
            result,
            seen,
            asset.tags if asset else (),
            asset.image if asset else "",
            asset.scaling_group if asset else "",
        )


def _told(run: Run, listed: Sequence[Exclusion]) -> _Told:
    titles = {arn: package(name).title for name, arn in packages_of(run).items()}
    gaps: dict[str, list[tuple[str, str]]] = {}
    notes: list[str] = []
    for one in listed:
        scopes = dict(one.scopes)
        about = titles.get(scopes.get("RULES_PACKAGE_ARN", ""), "") or one.title
        if "INSTANCE_ID" in scopes:
            gaps.setdefault(scopes["INSTANCE_ID"], []).append((about, f"{one.description} {one.recommendation}"))
        else:
            notes.append(f"{about}: {one.description}")
    return _Told(gaps, tuple(notes))
