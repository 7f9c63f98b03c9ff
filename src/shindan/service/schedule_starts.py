"""What a schedule does when its time has come: a run, or an entry that says why there is none.

One transaction holds account, template and schedule, in this order, and asks again whether it is still due: two workers
that look at once begin one run, and a worker that is killed in the middle has begun none.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from itertools import takewhile

from sqlalchemy import Connection

from shindan.engine import recurring
from shindan.engine.announcing import iso
from shindan.engine.clock import milliseconds
from shindan.engine.previewing import pairs_of
from shindan.model.arn import Arn
from shindan.model.refusals import AgentsAlreadyRunning, LimitExceeded, Refusal
from shindan.model.schedule import Outcome, Reason, Schedule, ScheduleEvent
from shindan.service import run_start
from shindan.service.audited import Change
from shindan.service.caller import Caller
from shindan.service.service import Service
from shindan.store import accounts, hosts, schedule_reports, schedules, templates

LATE = 600_000
"""Milliseconds after which a beginning counts as missed."""

BUSY_PAUSE = 300_000
_GIVE_UP = 86_400_000
_MOST_COUNTED = 10_000


@dataclass(frozen=True, slots=True)
class _Now:
    """What a schedule's steps work with."""

    connection: Connection
    service: Service
    one: Schedule
    at: int

    def note(self, outcome: Outcome, reason: Reason = "", detail: str = "", run: str = "") -> None:
        event = ScheduleEvent(0, self.at, self.one.nominal_at, outcome, reason, detail[:1000], run)
        schedules.note(self.connection, self.one.id, event)

    def wait(self, until: int, reason: Reason, detail: str) -> None:
        if not self.one.waits:
            self.note("waiting", reason, detail)
        schedules.change(self.connection, self.one.id, due_at=until, waits=True)


def begin(service: Service, account: str, id_: str) -> None:
    """Does what a schedule has to do now; nothing where somebody else has, or it is not due."""
    with service.database.read() as connection:
        seen = schedules.get(connection, account, id_)
    if seen is None:
        return
    with service.database.write() as connection:
        accounts.lock(connection, account)
        templates.lock(connection, account, seen.target, seen.template)
        one = schedules.get(connection, account, id_, hold=True)
        now = milliseconds()
        if one is None or one.paused or one.due_at is None or one.due_at > now:
            return
        step = _new_hosts if one.plan.rhythm == "first-contact" else _occurrence
        step(_Now(connection, service, one, now))


def caller_of(service: Service, one: Schedule) -> Caller:
    """How the audit names a schedule that begins a run; whoever made it had to have the right to."""
    return Caller(one.account, service.region, f"schedule {one.name}", administrator=True)


def template_of(service: Service, one: Schedule) -> Arn:
    """The name of a schedule's template."""
    return caller_of(service, one).arn("template", one.target, one.template)


def _occurrence(now: _Now) -> None:
    one, plan = now.one, now.one.plan
    latest, passed = _latest(one, now.at)
    until = recurring.over_at(plan, now.at)
    if until is not None and plan.in_blackout == "wait":
        now.wait(until, "BLACKOUT", f"it begins at {iso(until)}, when the blackout is over")
        return
    late = now.at - max(one.due_at or 0, recurring.put_off(plan, latest, one.id)) > LATE
    if until is not None:
        now.note("skipped", "BLACKOUT", f"it would have begun in a blackout, which ends at {iso(until)}")
    elif late and plan.missed == "skip":
        now.note("skipped", "MISSED", f"{_counted(passed)} missed: no server was at work")
    else:
        _start(now, late=late, passed=passed)
    plan_next(now.connection, one, latest)


def _start(now: _Now, *, late: bool, passed: int) -> None:
    one = now.one
    going = templates.runs_in_progress(now.connection, template_id=one.template, limit=1)
    if going:
        run = caller_of(now.service, one).arn("run", *going[0])
        now.note("skipped", "OVERLAP", f"the run before has not ended yet: {run}")
        return
    caught_up = f"{_counted(passed)} missed while no server was at work" if late else ""
    try:
        _run(now, None, "CAUGHT_UP" if late else "", caught_up)
    except AgentsAlreadyRunning as refusal:
        now.note("skipped", "BUSY", _busy(refusal))
    except Refusal as refusal:
        now.note("refused", "REFUSED", str(refusal))


def _new_hosts(now: _Now) -> None:
    one = now.one
    fresh = schedules.fresh(now.connection, one.id)
    until = recurring.over_at(one.plan, now.at)
    if until is not None and one.plan.in_blackout == "wait" and fresh:
        now.wait(until, "BLACKOUT", f"{len(fresh)} new hosts wait until {iso(until)}, when the blackout is over")
        return
    pairs = pairs_of(now.connection, one.account, one.target)
    meant = {host.id for host in hosts.selected(now.connection, one.account, pairs)} & set(fresh)
    if meant and _assessed(now, meant, until):
        return
    schedules.settle(now.connection, one.id)
    schedules.change(now.connection, one.id, due_at=None, waits=False)


def _assessed(now: _Now, meant: Collection[str], blackout: int | None) -> bool:
    """Begins a run of new hosts, or says why there is none; whether that is to be tried again."""
    late = not now.one.waits and now.at - (now.one.due_at or now.at) > LATE
    if blackout is not None:
        now.note("skipped", "BLACKOUT", f"{len(meant)} new hosts came in a blackout")
    elif late and now.one.plan.missed == "skip":
        now.note("skipped", "MISSED", f"{len(meant)} new hosts came while no worker was there")
    else:
        try:
            _run(now, meant, "CAUGHT_UP" if late else "", f"{len(meant)} new hosts")
        except (AgentsAlreadyRunning, LimitExceeded) as refusal:
            why = _busy(refusal) if isinstance(refusal, AgentsAlreadyRunning) else str(refusal)
            since = schedules.oldest_fresh(now.connection, now.one.id) or now.at
            if now.at - since < _GIVE_UP:
                now.wait(now.at + BUSY_PAUSE, "BUSY", f"{len(meant)} new hosts wait: {why}")
                return True
            now.note("skipped", "BUSY", f"{len(meant)} new hosts waited for a day: {why}")
        except Refusal as refusal:
            now.note("refused", "REFUSED", str(refusal))
    return False


def _run(now: _Now, only: Collection[str] | None, reason: Reason, detail: str) -> None:
    one, service = now.one, now.service
    caller, template = caller_of(service, one), template_of(service, one)
    with now.connection.begin_nested():
        begun = run_start.begin(now.connection, service, caller, template, only=only)
    change = Change(caller, "StartAssessmentRun", str(template))
    change.done(now.connection, begun.arn, name=begun.name, hosts=begun.hosts, schedule=one.name)
    if one.plan.report is not None:
        schedule_reports.add(now.connection, begun.arn.id, one.id, one.plan.report, now.at)
    now.note("started", reason, detail, begun.arn.id)


def plan_next(connection: Connection, one: Schedule, after: int) -> None:
    """Notes the occurrence behind a moment as the one that comes next; none where there is none."""
    nominal = next(recurring.nominals(one.plan, after, one.created_at), None)
    due = None if nominal is None else recurring.put_off(one.plan, nominal, one.id)
    schedules.change(connection, one.id, nominal_at=nominal, due_at=due, waits=False)


def _latest(one: Schedule, now: int) -> tuple[int, int]:
    """The newest occurrence whose time has come, and how many have come since the one that was waited for."""
    latest = one.nominal_at if one.nominal_at is not None else now
    count = 1
    for nominal in recurring.nominals(one.plan, latest, one.created_at):
        if recurring.put_off(one.plan, nominal, one.id) > now:
            break
        latest, count = nominal, count + 1
        if count > _MOST_COUNTED:
            recent = takewhile(lambda at: at <= now, recurring.nominals(one.plan, now - LATE, one.created_at))
            return max(recent, default=now - LATE - 1), count
    return latest, count


def _counted(number: int) -> str:
    if number > _MOST_COUNTED:
        return f"more than {_MOST_COUNTED:,} runs were"
    return "a run was" if number == 1 else f"{number:,} runs were"


def _busy(refusal: AgentsAlreadyRunning) -> str:
    named = ", ".join(f"{host} in {run}" for host, run in refusal.agents[:3])
    return f"hosts of the target take part in another run: {named}"
