"""Assessment runs: started, stopped, described, listed, deleted; their hosts and what these sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple
from typing import get_args

from sqlalchemy import Connection

from shindan.engine import telemetry as counting
from shindan.engine.work import advance_key
from shindan.model.arn import Arn
from shindan.model.assessment import MAX_DURATION, MIN_DURATION
from shindan.model.host import Health, HealthCode
from shindan.model.packages import endings_of
from shindan.model.refusals import InvalidInput, NoSuchEntity, RunInProgress
from shindan.model.run import BEFORE_EVALUATION, RUN_STATES, Run, RunHost, RunView
from shindan.service import packages as rules_packages
from shindan.service import paging
from shindan.service.audited import audited
from shindan.service.caller import Caller, owned
from shindan.service.described import Described, described, numbered
from shindan.service.patterns import Range, number_range
from shindan.service.patterns import name_pattern as checked_pattern
from shindan.service.run_start import start
from shindan.service.service import Service
from shindan.service.templates import unknown as unknown_template
from shindan.store import run_hosts
from shindan.store import runs as stored
from shindan.store import templates as stored_templates

__all__ = ["agents", "delete", "describe", "list_", "named", "start", "stop", "telemetry"]

_STOPS = {"START_EVALUATION": "evaluate", "SKIP_EVALUATION": "skip"}
_MOST_AGENTS = 500


def stop(service: Service, caller: Caller, arn: str, action: str = "START_EVALUATION") -> None:
    """Ends collection early and evaluates what came, or (`SKIP_EVALUATION`) ends the run without findings.

    A run that ended, or is being evaluated, stays as it is. Raises InvalidInput for another action, NoSuchEntity.
    """
    if action not in _STOPS:
        raise InvalidInput("INVALID_ASSESSMENT_RUN_STATE", f"stopAction is {' or '.join(_STOPS)}, not {action[:80]!r}")
    wanted = owned(caller, arn, "run")
    with audited(service, caller, "StopAssessmentRun", arn) as change, service.database.write() as connection:
        run = _mine(stored.lock(connection, wanted.id), caller, wanted)
        if run.state not in BEFORE_EVALUATION:
            return
        # Who wanted no results is not made to have them by whoever wants them later.
        how = "skip" if run.stop == "skip" else _STOPS[action]
        stored.ask_to_stop(connection, run.id, how)
        service.jobs.enqueue("advance", {"run": run.id}, key=advance_key(run.id), conn=connection)
        change.done(connection, action=action)


def delete(service: Service, caller: Caller, arn: str) -> None:
    """Removes a run with all that it found. Raises NoSuchEntity, and RunInProgress while it has not ended."""
    wanted = owned(caller, arn, "run")
    with audited(service, caller, "DeleteAssessmentRun", arn) as change, service.database.write() as connection:
        run = _mine(stored.lock(connection, wanted.id), caller, wanted)
        if not run.ended:
            raise RunInProgress([arn])
        stored.remove(connection, run.id)
        change.done(connection)


def describe(service: Service, caller: Caller, arns: Sequence[str]) -> Described[RunView]:
    """Runs by name, with their states and what was told of them. Raises InvalidInput for too few or too many."""

    def load(wanted: Sequence[Arn]) -> Mapping[Arn, RunView]:
        with service.database.read() as connection:
            found = stored.named(connection, caller.account, [arn.id for arn in wanted])
            states = stored.states_of(connection, list(found))
            return {
                arn: RunView(run, tuple(states[run.id]), tuple(stored.notifications_of(connection, run.id)))
                for arn in wanted
                if (run := found.get(arn.id)) is not None and _ids(run) == arn.ids
            }

    return described(caller, arns, "run", load)


def list_(
    service: Service,
    caller: Caller,
    *,
    templates: Sequence[str] = (),
    name_pattern: str | None = None,
    states: Sequence[str] = (),
    duration: Range | None = None,
    packages: Sequence[str] = (),
    started: Range | None = None,
    completed: Range | None = None,
    changed: Range | None = None,
    token: str | None = None,
    max_results: int | None = None,
) -> paging.Page[str]:
    """Names of the account's runs, newest first; no `templates`: of all. Ranges are in seconds, and in milliseconds.

    Raises InvalidInput for a malformed filter, NoSuchEntity for an unknown template.
    """
    length = paging.size(max_results)
    numbered(templates, "template", least=0, most=50)
    above = [owned(caller, arn, "template") for arn in templates]
    wanted = stored.RunFilter(
        templates=tuple(arn.id for arn in above),
        name_pattern=checked_pattern(name_pattern, "INVALID_ASSESSMENT_TEMPLATE_NAME_PATTERN"),
        states=_states(states),
        duration=number_range(duration, "INVALID_ASSESSMENT_RUN_DURATION_RANGE", least=MIN_DURATION, most=MAX_DURATION),
        packages=tuple(
            endings_of(one.name) if one.name else (str(one.arn),) for one in rules_packages.named(packages, most=50)
        ),
        started=number_range(started, "INVALID_ASSESSMENT_RUN_START_TIME_RANGE"),
        completed=number_range(completed, "INVALID_ASSESSMENT_RUN_COMPLETION_TIME_RANGE"),
        changed=number_range(changed, "INVALID_ASSESSMENT_RUN_STATE_CHANGE_TIME_RANGE"),
    )
    pager = paging.Pager(service.keys["paging"], paging.query("runs", caller.account, astuple(wanted)))
    after = pager.after(token)
    with service.database.read() as connection:
        known = stored_templates.named(connection, caller.account, [arn.id for arn in above]) if above else {}
        for arn in above:
            if arn.id not in known or known[arn.id].target != arn.parent.id:
                raise unknown_template(arn)
        found = stored.listed(connection, caller.account, wanted, after=after, limit=length + 1)
    part = paging.page(found, length, pager, lambda item: item[0])
    return paging.Page(tuple(str(caller.arn("run", *_ids(run))) for _, run in part.items), part.next_token)


def agents(
    service: Service,
    caller: Caller,
    arn: str,
    *,
    healths: Sequence[str] = (),
    codes: Sequence[str] = (),
    token: str | None = None,
    max_results: int | None = None,
) -> paging.Page[RunHost]:
    """The hosts of a run, by id. Raises InvalidInput, NoSuchEntity."""
    length = paging.size(max_results, cap=_MOST_AGENTS)
    if not set(healths) <= set(get_args(Health)) or not set(codes) <= set(get_args(HealthCode)):
        raise InvalidInput("INVALID_AGENT_ID", "the filter names a health that there is not")
    query = paging.query("run agents", arn, sorted(healths), sorted(codes))
    pager = paging.Pager(service.keys["paging"], query)
    after = pager.after(token)
    with service.database.read() as connection:
        run = named(connection, caller, arn)
        found = run_hosts.listed(connection, run.id, healths=healths, codes=codes, after=after, limit=length + 1)
    return paging.page(found, length, pager, lambda host: host.host)


def telemetry(service: Service, caller: Caller, arn: str) -> list[tuple[str, int, int]]:
    """(message type, count, bytes) of all that the hosts of a run sent, with a row `Total`. Raises NoSuchEntity."""
    with service.database.read() as connection:
        run = named(connection, caller, arn)
        members = run_hosts.of_run(connection, run.id)
    return counting.summed(row for member in members for row in member.telemetry)


def named(connection: Connection, caller: Caller, arn: str) -> Run:
    """The caller's run of a name. Raises InvalidInput, AccessDenied, NoSuchEntity."""
    wanted = owned(caller, arn, "run")
    return _mine(stored.get(connection, wanted.id), caller, wanted)


def all_named(connection: Connection, caller: Caller, arns: Sequence[str]) -> list[Run]:
    """The caller's runs of these names, in one look. Raises as `named` does, for the first that is wrong."""
    wanted = [owned(caller, arn, "run") for arn in arns]
    found = stored.named(connection, caller.account, {one.id for one in wanted}) if wanted else {}
    return [_mine(found.get(one.id), caller, one) for one in wanted]


def _mine(run: Run | None, caller: Caller, wanted: Arn) -> Run:
    if run is None or run.account != caller.account or _ids(run) != wanted.ids:
        raise NoSuchEntity("ASSESSMENT_RUN_DOES_NOT_EXIST", f"there is no run {wanted}")
    return run


def _ids(run: Run) -> tuple[str, str, str]:
    return run.target, run.template, run.id


def _states(given: Sequence[str]) -> tuple[str, ...]:
    if len(given) > 50:
        raise InvalidInput("INVALID_NUMBER_OF_ASSESSMENT_RUN_STATES", f"0 to 50 states can be given, not {len(given)}")
    for state in given:
        if state not in RUN_STATES:
            raise InvalidInput("INVALID_ASSESSMENT_RUN_STATE", f"there is no state {state[:80]!r}")
    return tuple(given)
