"""Starting a run: everything that may refuse it, and the rows it begins with, in one transaction."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from shindan.engine.announcing import announce
from shindan.engine.announcing import iso as iso_time
from shindan.engine.clock import milliseconds
from shindan.engine.previewing import is_fresh, pairs_of
from shindan.engine.work import advance_key
from shindan.model.agent import Agent
from shindan.model.arn import Arn, new_id
from shindan.model.assessment import Template
from shindan.model.host import Host
from shindan.model.refusals import AgentsAlreadyRunning, InvalidInput, LimitExceeded
from shindan.model.run import Run, RunHost
from shindan.model.stored_finding import Asset
from shindan.service import checks
from shindan.service.audited import audited
from shindan.service.caller import Caller, owned
from shindan.service.service import Service
from shindan.service.templates import unknown
from shindan.store import accounts, agents, hosts, networks, run_hosts, runs, templates

_NAME = "INVALID_ASSESSMENT_TEMPLATE_NAME"
_LIMIT = "ASSESSMENT_RUN_LIMIT_EXCEEDED"


class Begun(NamedTuple):
    """A run that began, with the number of its hosts."""

    arn: Arn
    name: str
    hosts: int


def start(service: Service, caller: Caller, template_arn: str, name: str | None = None) -> Arn:
    """A new run of a template, with the hosts that its target means now; without a name it is given one.

    Raises InvalidInput for a name that is taken or malformed and for a template without packages, NoSuchEntity for an
    unknown template, AgentsAlreadyRunning where a host takes part in another run, LimitExceeded.
    """
    if name is not None:
        checks.text(name, _NAME, "the name of a run", checks.LONGEST_NAME)
    wanted = owned(caller, template_arn, "template")
    with audited(service, caller, "StartAssessmentRun", template_arn) as change, service.database.write() as connection:
        # Whoever starts another run of the account waits here, so that no host comes into two.
        accounts.lock(connection, caller.account)
        begun = begin(connection, service, caller, wanted, name)
        change.done(connection, begun.arn, name=begun.name, hosts=begun.hosts)
    return begun.arn


def begin(
    connection: Connection,
    service: Service,
    caller: Caller,
    wanted: Arn,
    name: str | None = None,
    only: Collection[str] | None = None,
) -> Begun:
    """A new run of a template in the caller's transaction, which holds the account; `only`: of these hosts alone, as
    far as the target means them. Raises as `start` does, before anything is written.
    """
    template = templates.get(connection, caller.account, *wanted.ids)
    if template is None or not templates.lock(connection, caller.account, *wanted.ids):
        raise unknown(wanted)
    if not template.packages:
        raise InvalidInput("INVALID_NUMBER_OF_RULES_PACKAGE_ARNS", f"{wanted} has no rules packages to evaluate")
    members = hosts.selected(connection, caller.account, pairs_of(connection, caller.account, template.target))
    if only is not None:
        members = [host for host in members if host.id in only]
    _refuse_busy(connection, caller, members)
    _refuse_too_many(connection, service, caller, members)
    run = _run(template, name)
    _keep(connection, service, run, members)
    return Begun(wanted.child("run", run.id), run.name, len(members))


def _run(template: Template, name: str | None) -> Run:
    at = milliseconds()
    generated = f" - {iso_time(at)}"
    room = checks.LONGEST_NAME - len("Run - ") - len(generated)
    return Run(
        id=new_id(),
        template=template.id,
        target=template.target,
        account=template.account,
        name=name or f"Run - {template.name[:room]}{generated}",
        state="CREATED",
        duration=template.duration,
        packages=template.packages,
        attributes=template.attributes,
        created_at=at,
        state_changed_at=at,
    )


def _keep(connection: Connection, service: Service, run: Run, members: Sequence[Host]) -> None:
    if not runs.add(connection, run):
        raise InvalidInput(_NAME, f"Start assessmentRun - Name already exists; Name: {run.name}")
    ids = [host.id for host in members]
    known, speaking = networks.of_hosts(connection, ids), agents.of_hosts(connection, ids)
    taking_part = [
        (_member(service, host, speaking.get(host.id), run.created_at), _asset(host, known.get(host.id, ())))
        for host in members
    ]
    run_hosts.add(connection, run.id, taking_part)
    told = (connection, service.jobs, service.region, run)
    announce(*told, "ASSESSMENT_RUN_STARTED", run.created_at, [{}])
    announce(*told, "ASSESSMENT_RUN_STATE_CHANGED", run.created_at, [{"newstate": run.state}])
    service.jobs.enqueue("advance", {"run": run.id}, key=advance_key(run.id), conn=connection)


def _member(service: Service, host: Host, agent: Agent | None, at: int) -> RunHost:
    return RunHost(
        host=host.id,
        health=host.health,
        health_code=host.health_code,
        health_details=host.health_details,
        scaling_group=host.scaling_group,
        facts=host.facts,
        delivered_at=None if _delivers(service, host, agent, at) else _fresh_at(service, host, at),
    )


def _delivers(service: Service, host: Host, agent: Agent | None, at: int) -> bool:
    """Whether an agent is to deliver for the run, whatever came before: not one that has long been silent while facts
    were handed in by others.
    """
    if agent is None or agent.revoked_at is not None:
        return False
    last = agent.seen_at or agent.enrolled_at
    speaks = at - last <= 1000 * service.timing.unseen_until_unhealthy
    return speaks or (host.facts_at or 0) <= last


def _fresh_at(service: Service, host: Host, at: int) -> int | None:
    return host.facts_at if is_fresh(service.timing.fresh_facts, host, at) else None


def _asset(host: Host, network: networks.Network) -> Asset:
    return Asset(host.id, host.hostname, host.scaling_group, host.image, host.tags, host.addresses, network)


def _refuse_busy(connection: Connection, caller: Caller, members: Sequence[Host]) -> None:
    busy = run_hosts.busy(connection, caller.account, [host.id for host in members])
    if busy:
        raise AgentsAlreadyRunning([(host, str(caller.arn("run", *ids))) for host, *ids in busy])


def _refuse_too_many(connection: Connection, service: Service, caller: Caller, members: Sequence[Host]) -> None:
    if runs.count(connection, caller.account) >= service.quotas.runs:
        raise LimitExceeded(_LIMIT, f"the account may have {service.quotas.runs} runs; delete old ones")
    going = run_hosts.count_in_progress(connection, caller.account)
    if members and going + len(members) > service.quotas.hosts_in_runs:
        quota = service.quotas.hosts_in_runs
        raise LimitExceeded(_LIMIT, f"{going} hosts are in runs, {len(members)} more would exceed the quota of {quota}")
