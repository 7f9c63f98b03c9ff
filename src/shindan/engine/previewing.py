"""What a run would leave out if it began now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from shindan.engine import fetching, outside
from shindan.engine.clock import milliseconds
from shindan.engine.outside import OUTSIDE
from shindan.engine.terms import Terms, terms_of, with_cloud
from shindan.engine.work import Work
from shindan.model.arn import parse
from shindan.model.assessment import Pairs, Template
from shindan.model.exclusion import Exclusion, Scopes
from shindan.model.host import Host
from shindan.model.packages import PackageName, package_of
from shindan.store import agents, exclusions, groups, hosts, run_hosts, targets, templates

_FROM_FACTS: frozenset[PackageName] = frozenset({"cis", "network", "practices", "runtime", "scap"})
"""Packages that need facts which older inventories lack."""


def preview(work: Work, args: Mapping[str, Any]) -> None:
    """The job: makes the preview of a token. Like a run, it waits for advisories of releases that have none yet."""
    token, account = str(args["token"]), str(args["account"])
    with work.database.read() as connection:
        asked = exclusions.preview_asked(connection, token)
        if asked is None:
            return
        template = templates.named(connection, account, [asked[0]]).get(asked[0])
        members = _members(connection, template) if template else []
        lacking = _missing(work, template, members) if template else {}
        left = fetching.patience(work, connection, lacking, asked[1])
        wanted = terms_of(connection, account)
    found: list[Exclusion] = []
    if template and not left:
        # As a run does, and outside of any transaction: AWS may take its time.
        wanted = with_cloud(work, account, wanted) if OUTSIDE in _names(template) else wanted
        with work.database.read() as connection:
            found = list(_previewed(work, connection, template, members, lacking, wanted))
    with work.database.write() as connection:
        if left:
            fetching.ask(work.jobs, connection)
            work.jobs.enqueue("preview", _plain(args), key=f"preview {token} later", delay=left, conn=connection)
        else:
            exclusions.end_preview(connection, token, found)


def pairs_of(connection: Connection, account: str, target_id: str) -> Pairs | None:
    """The tags that a target selects hosts by; None for all hosts."""
    target = targets.get(connection, account, target_id)
    group = groups.get(connection, account, target.group) if target is not None and target.group else None
    return group.tags if group is not None else None


def is_fresh(work_fresh: int, host: Host, now: int) -> bool:
    """Whether a host's facts are young enough (s) to count as delivered."""
    return host.facts is not None and host.facts_at is not None and now - host.facts_at <= work_fresh * 1000


def _plain(args: Mapping[str, Any]) -> dict[str, Any]:
    return {name: args[name] for name in ("token", "account")}


def _members(connection: Connection, template: Template) -> list[Host]:
    pairs = pairs_of(connection, template.account, template.target)
    return list(hosts.selected(connection, template.account, pairs))


def _delivers(work: Work, host: Host) -> bool:
    """Whether a run would have the host's facts."""
    return is_fresh(work.timing.fresh_facts, host, milliseconds()) or host.health == "HEALTHY"


def _names(template: Template) -> list[PackageName]:
    return [name for arn in template.packages if (name := package_of(parse(arn))) is not None]


def _missing(work: Work, template: Template, members: Sequence[Host]) -> fetching.Missing:
    names = _names(template)
    return fetching.missing(work, names, {host.platform for host in members if host.platform and _delivers(work, host)})


def _previewed(
    work: Work,
    connection: Connection,
    template: Template,
    members: Sequence[Host],
    lacking: fetching.Missing,
    wanted: Terms,
) -> Iterator[Exclusion]:
    if not members:
        yield Exclusion("NO_INSTANCES", tuple(("RULES_PACKAGE_ARN", arn) for arn in template.packages))
    busy = run_hosts.busy(connection, template.account, [host.id for host in members], limit=len(members))
    for host_id in dict.fromkeys(row[0] for row in busy):
        yield Exclusion("AGENT_ALREADY_RUNNING", (("INSTANCE_ID", host_id),))
    with_agent = agents.of_hosts(connection, [host.id for host in members])
    from_outside = set(_names(template)) == {OUTSIDE}
    without: list[str] = []
    for host in members:
        if not _delivers(work, host):
            unheard = host.facts is None and host.health == "UNKNOWN" and host.id not in with_agent
            if unheard:
                without.append(host.id)
            if not (unheard and from_outside):
                code = "AGENT_NOT_FOUND" if unheard else "AGENT_UNHEALTHY"
                yield Exclusion(code, (("INSTANCE_ID", host.id),), host.health_details)
    for arn in template.packages:
        yield from _by_package(work, connection, arn, members, lacking, wanted)
        if package_of(parse(arn)) == OUTSIDE and OUTSIDE in work.judges:
            yield from _from_outside(work, connection, template, arn, without, wanted)


def _from_outside(
    work: Work, connection: Connection, template: Template, arn: str, without: Sequence[str], wanted: Terms
) -> Iterator[Exclusion]:
    """What would be left out of hosts without an agent by the package that needs none."""
    told = outside.unheard(connection, wanted, without, _names(template), arn)
    yield from told.left_out
    parameters = wanted.of_hosts(connection, told.seen)
    with work.judges[OUTSIDE].begin() as judging:
        for id_ in told.seen:
            for code, detail in judging.judge([b""], [parameters[id_]])[0].exclusions:
                yield Exclusion(code, (("INSTANCE_ID", id_), ("RULES_PACKAGE_ARN", arn)), detail)


def _by_package(
    work: Work, connection: Connection, arn: str, members: Sequence[Host], lacking: fetching.Missing, wanted: Terms
) -> Iterator[Exclusion]:
    name: PackageName | None = package_of(parse(arn))
    for host in members:
        scopes: Scopes = (("INSTANCE_ID", host.id), ("RULES_PACKAGE_ARN", arn))
        if name is None or name not in work.judges:
            yield Exclusion("NOT_AVAILABLE_YET", scopes)
        elif host.platform in lacking.get(name, ()) and _delivers(work, host):
            why = fetching.why_not(connection, name, host.platform)
            yield Exclusion(fetching.UNSUPPORTED, scopes, f"Its release is {host.platform}. {why}".strip())
    if name is not None and name in _FROM_FACTS and name in work.judges:
        yield from _from_facts(work, connection, name, arn, members, wanted)


def _from_facts(
    work: Work, connection: Connection, name: PackageName, arn: str, members: Sequence[Host], wanted: Terms
) -> Iterator[Exclusion]:
    """What the facts at hand leave open of hosts that nobody would look at anew: those without an agent."""
    ids = [host.id for host in members]
    with_agent, parameters = agents.of_hosts(connection, ids), wanted.of_hosts(connection, ids)
    with work.judges[name].begin() as judging:
        for host in members:
            if host.id in with_agent or not is_fresh(work.timing.fresh_facts, host, milliseconds()):
                continue
            for code, detail in judging.judge([work.blobs.get(host.facts or "")], [parameters[host.id]])[0].exclusions:
                yield Exclusion(code, (("INSTANCE_ID", host.id), ("RULES_PACKAGE_ARN", arn)), detail)
