"""One host in full: how it is, its facts, its packages with what is wrong with them, and what of it can be reached."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from shindan.facts.fact import KINDS, Fact
from shindan.model.errors import ShindanError
from shindan.model.exclusion import Exclusion
from shindan.model.host import Host
from shindan.model.host_views import (
    Exposure,
    FactPage,
    FactRow,
    HostDetail,
    PackagePage,
    PackageRow,
    PackageSaid,
    RunOfHost,
)
from shindan.model.issue_query import IssueQuery
from shindan.model.issue_views import ComponentIssues
from shindan.model.packages import package_arn
from shindan.model.refusals import InvalidInput
from shindan.model.stored_finding import PACKAGE_BY_NUMBER, SHOWN_SEVERITIES
from shindan.service import checks, paging
from shindan.service.caller import Caller
from shindan.service.host_judging import facts_of
from shindan.service.host_pages import severities
from shindan.service.rights import must
from shindan.service.service import Service
from shindan.service.tags_of_hosts import UnknownHost
from shindan.store import agents, exclusions, host_pages, hosts, issue_pages, judged, runs
from shindan.store.issue_sides import sides_of
from shindan.store.judged import Said

_RUNS, _REACHABLE = 20, 500
_NONE = (0,) * len(SHOWN_SEVERITIES)
_KIND = re.compile(rb'^\s*\{\s*"kind"\s*:\s*"([a-z_]+)"', re.MULTILINE)
_PACKAGES = frozenset({"package", "language_package"})


def show(service: Service, caller: Caller, host_id: str) -> HostDetail:
    """One host, archived or not. Needs `GetHost`. Raises UnknownHost, AccessDenied."""
    must(caller, "GetHost")
    with service.database.read() as connection:
        host = _found(connection, caller, host_id)
        tally = host_pages.tallies(connection, caller.account, [host_id]).get(host_id, {})
        agent = agents.of_hosts(connection, [host_id]).get(host_id)
        said = judged.of_host(connection, host_id)
        rows = host_pages.runs_of(connection, caller.account, host_id, before=None, limit=_RUNS)
        known = runs.named(connection, caller.account, {one.run for one in said if one.run})
        last = next((row for row in rows if row.delivered_at or row.state.startswith("COMPLETED")), None)
        excluded = exclusions.of_host(connection, last.id, host_id) if last else []
    kinds, unreadable = _kinds(service, host)
    arns = {run.id: str(caller.arn("run", run.target, run.template, run.id)) for run in known.values()}
    return HostDetail(
        host=host,
        open=severities(tally.get("open", _NONE)),
        suppressed=sum(tally.get("suppressed", _NONE)),
        fixed=sum(tally.get("fixed", _NONE)),
        agent=agent,
        cost=_cost(agent.told if agent else {}),
        said=tuple(_said(service, host, one, arns) for one in said),
        runs=tuple(_run(caller, row) for row in rows),
        exclusions=tuple(excluded),
        kinds=kinds,
        unreadable=unreadable,
    )


def runs_of(
    service: Service, caller: Caller, host_id: str, *, token: str | None = None, max_results: int | None = None
) -> paging.Page[RunOfHost]:
    """Runs that a host took part in, newest first. Needs `GetHost`. Raises UnknownHost, InvalidInput, AccessDenied."""
    must(caller, "GetHost")
    length = paging.size(max_results, default=_RUNS)
    pager = paging.Pager(service.keys["paging"], paging.query("runs of host", caller.account, host_id))
    before = pager.after(token)
    with service.database.read() as connection:
        _found(connection, caller, host_id)
        rows = host_pages.runs_of(connection, caller.account, host_id, before=before, limit=length + 1)
    part = paging.page(rows, length, pager, lambda row: row.number)
    return paging.Page(tuple(_run(caller, row) for row in part.items), part.next_token)


def facts(
    service: Service,
    caller: Caller,
    host_id: str,
    kind: str,
    *,
    text: str = "",
    token: str | None = None,
    max_results: int | None = None,
) -> FactPage:
    """A page of a host's newest facts of one kind, with `text` in the subject. Needs `GetHost`.

    Raises UnknownHost, InvalidInput for a kind that there is not, StoreError where the facts cannot be read.
    """
    must(caller, "GetHost")
    if kind not in KINDS:
        raise InvalidInput("INVALID_SEARCH", f"there is no kind of facts {kind[:80]!r}: {', '.join(KINDS)}")
    checks.text(text, "INVALID_SEARCH", "a text to search for", 256, shortest=0)
    host = _host(service, caller, host_id)
    found = [one for one in _facts(service, host, frozenset({kind})) if text.lower() in one.subject.lower()]
    said = ("facts", caller.account, host_id, host.facts or "", kind, text)
    rows, following = _part(service, found, said, token, max_results)
    return FactPage(tuple(_row(one) for one in rows), len(found), following)


def packages(
    service: Service,
    caller: Caller,
    host_id: str,
    *,
    text: str = "",
    token: str | None = None,
    max_results: int | None = None,
) -> PackagePage:
    """A page of a host's packages, those with open findings first, the worst of them at the head. Needs `GetHost`.

    Raises UnknownHost, InvalidInput, StoreError where the facts cannot be read.
    """
    must(caller, "GetHost")
    checks.text(text, "INVALID_SEARCH", "a text to search for", 256, shortest=0)
    with service.database.read() as connection:
        host = _found(connection, caller, host_id)
        wrong = _by_component(host_pages.by_component(connection, caller.account, host_id))
    small = text.lower()
    rows = [
        _package(one, wrong.get(one.subject))
        for one in _facts(service, host, _PACKAGES)
        if small in one.subject.lower() or small in str(one.data.get("source") or "").lower()
    ]
    order = {word: place for place, word in enumerate(SHOWN_SEVERITIES)}
    rows.sort(key=lambda row: (order[row.worst] if row.worst else 9, -row.findings, row.name, row.version))
    said = ("packages", caller.account, host_id, host.facts or "", text)
    part, following = _part(service, rows, said, token, max_results)
    return PackagePage(tuple(part), len(rows), following)


def exposure(service: Service, caller: Caller, host_id: str) -> Exposure:
    """What of a host can be reached. Needs `GetHost`. Raises UnknownHost, AccessDenied."""
    must(caller, "GetHost")
    query = IssueQuery(hosts=(host_id,), packages=("network",))
    with service.database.read() as connection:
        host = _found(connection, caller, host_id)
        sides = sides_of(connection, caller.account, query)
        found = issue_pages.page(connection, sides, "severity", limit=_REACHABLE)
        rows = issue_pages.rows(connection, [number for number, _ in found.items])
    try:
        listeners = tuple(_row(one) for one in _facts(service, host, frozenset({"listener"})))
    except ShindanError as error:
        return Exposure((), tuple(rows), str(error))
    return Exposure(listeners, tuple(rows))


# ── what is stored ──


def _host(service: Service, caller: Caller, host_id: str) -> Host:
    with service.database.read() as connection:
        return _found(connection, caller, host_id)


def _found(connection: Connection, caller: Caller, host_id: str) -> Host:
    found = hosts.get(connection, caller.account, host_id)
    if found is None:
        raise UnknownHost(host_id)
    return found


def _cost(told: Mapping[str, Any]) -> Mapping[str, Any]:
    cost = told.get("cost")
    return cost if isinstance(cost, Mapping) else {}


def _run(caller: Caller, row: Any) -> RunOfHost:
    return RunOfHost(
        str(caller.arn("run", row.target, row.template, row.id)),
        row.name,
        row.state,
        row.created_at,
        row.delivered_at,
        row.evaluated,
        tuple((kind, count, size) for kind, count, size in row.telemetry),
    )


def _said(service: Service, host: Host, one: Said, arns: Mapping[str, str]) -> PackageSaid:
    name = PACKAGE_BY_NUMBER[one.package]
    arn = str(package_arn(service.region, name))
    left_out = (
        Exclusion(code, (("INSTANCE_ID", host.id), ("RULES_PACKAGE_ARN", arn)), detail)
        for code, detail in one.exclusions
    )
    return PackageSaid(name, one.at, arns.get(one.run, ""), one.facts == (host.facts or ""), one.flaws, tuple(left_out))


# ── facts ──


def _facts(service: Service, host: Host, kinds: frozenset[str]) -> list[Fact]:
    return list(facts_of(service.blobs.get(host.facts), kinds)) if host.facts else []


def _kinds(service: Service, host: Host) -> tuple[dict[str, int], str]:
    if not host.facts:
        return {}, ""
    try:
        counted = Counter(kind.decode() for kind in _KIND.findall(service.blobs.get(host.facts)))
    except ShindanError as error:
        return {}, str(error)
    return dict(sorted(counted.items())), ""


def _row(fact: Fact) -> FactRow:
    return FactRow(fact.subject, fact.data)


def _by_component(rows: Sequence[Any]) -> dict[str, ComponentIssues]:
    found: dict[str, ComponentIssues] = {}
    for component, severity, fixed, kev, number in rows:
        known = found.get(component, ComponentIssues(component, 0, "Undefined", (), False))
        worst = min(severity, SHOWN_SEVERITIES.index(known.worst))
        found[component] = ComponentIssues(
            component,
            known.findings + number,
            SHOWN_SEVERITIES[worst],
            tuple(dict.fromkeys((*known.fixed, *([fixed] if fixed else [])))),
            known.kev or bool(kev),
        )
    return found


def _package(fact: Fact, wrong: ComponentIssues | None) -> PackageRow:
    def text(name: str) -> str:
        return str(fact.data.get(name) or "")

    known = wrong or ComponentIssues(fact.subject, 0, "Undefined", (), False)
    return PackageRow(
        fact.subject, text("version"), text("type"), text("arch"), text("source"), known.findings,
        known.worst if wrong else None, known.fixed, known.kev,
    )  # fmt: skip


def _part(
    service: Service, found: Sequence[Any], said: Sequence[object], token: str | None, max_results: int | None
) -> tuple[Sequence[Any], str | None]:
    length = paging.size(max_results, default=100, cap=paging.MAXIMUM)
    return paging.part(found, length, paging.Pager(service.keys["paging"], paging.query(*said)), token)
