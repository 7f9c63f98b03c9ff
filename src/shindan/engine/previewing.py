"""What a run would leave out if it began now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from shindan.engine.clock import milliseconds
from shindan.engine.work import Work
from shindan.model.arn import parse
from shindan.model.assessment import Pairs, Template
from shindan.model.exclusion import Exclusion
from shindan.model.host import Host
from shindan.model.packages import PackageName, package_of
from shindan.store import exclusions, groups, hosts, run_hosts, targets, templates


def preview(work: Work, args: Mapping[str, Any]) -> None:
    """The job: makes the preview of a token."""
    token, account = str(args["token"]), str(args["account"])
    with work.database.read() as connection:
        template_id = exclusions.template_of_preview(connection, token)
        template = templates.named(connection, account, [template_id]).get(template_id) if template_id else None
        found = list(_previewed(work, connection, template)) if template else []
    with work.database.write() as connection:
        exclusions.end_preview(connection, token, found)


def pairs_of(connection: Connection, account: str, target_id: str) -> Pairs | None:
    """The tags that a target selects hosts by; None for all hosts."""
    target = targets.get(connection, account, target_id)
    group = groups.get(connection, account, target.group) if target is not None and target.group else None
    return group.tags if group is not None else None


def is_fresh(work_fresh: int, host: Host, now: int) -> bool:
    """Whether a host's facts are young enough (s) to count as delivered."""
    return host.facts is not None and host.facts_at is not None and now - host.facts_at <= work_fresh * 1000


def _previewed(work: Work, connection: Connection, template: Template) -> Iterator[Exclusion]:
    members = hosts.selected(connection, template.account, pairs_of(connection, template.account, template.target))
    if not members:
        yield Exclusion("NO_INSTANCES", tuple(("RULES_PACKAGE_ARN", arn) for arn in template.packages))
    busy = run_hosts.busy(connection, template.account, [host.id for host in members], limit=len(members))
    for host_id in dict.fromkeys(row[0] for row in busy):
        yield Exclusion("AGENT_ALREADY_RUNNING", (("INSTANCE_ID", host_id),))
    now = milliseconds()
    for host in members:
        if not is_fresh(work.timing.fresh_facts, host, now) and host.health != "HEALTHY":
            code = "AGENT_NOT_FOUND" if host.facts is None and host.health == "UNKNOWN" else "AGENT_UNHEALTHY"
            yield Exclusion(code, (("INSTANCE_ID", host.id),), host.health_details)
    yield from _by_package(work, template, members)


def _by_package(work: Work, template: Template, members: Sequence[Host]) -> Iterator[Exclusion]:
    platforms = {host.platform for host in members if host.platform}
    for arn in template.packages:
        name: PackageName | None = package_of(parse(arn))
        judge = work.judges.get(name) if name else None
        missing = set(judge.missing(platforms)) if judge else set()
        for host in members:
            scopes = (("INSTANCE_ID", host.id), ("RULES_PACKAGE_ARN", arn))
            if judge is None:
                yield Exclusion("NOT_AVAILABLE_YET", scopes)  # type: ignore[arg-type]
            elif host.platform in missing:
                yield Exclusion("UNSUPPORTED_OS", scopes, f"Its release is {host.platform}.")  # type: ignore[arg-type]
