"""Schedules: a template's runs begin by themselves, by a cron expression, every so often, or when a new host appears.

Who sets one must be allowed to start runs of the template, for that is what it does in their place. A schedule is named
by its id or by its name, which is the account's only one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from shindan.engine import recurring
from shindan.engine.clock import milliseconds
from shindan.locale import LANGUAGES
from shindan.model.arn import Arn, new_id
from shindan.model.refusals import InvalidInput, LimitExceeded, NoSuchEntity
from shindan.model.report import FORMATS, TYPES
from shindan.model.schedule import IN_BLACKOUT, MISSED, RHYTHMS, Occurrence, Plan, Schedule, ScheduleEvent
from shindan.service import channels, checks, paging
from shindan.service.audited import audited
from shindan.service.caller import Caller, owned
from shindan.service.rights import must, must_do
from shindan.service.schedule_starts import plan_next
from shindan.service.service import Service
from shindan.service.templates import unknown as unknown_template
from shindan.store import accounts, templates
from shindan.store import schedules as stored

MOST = 500
"""Schedules of an account."""

MOST_SHOWN = 100
"""Occurrences that are told ahead."""

_CODE, _UNKNOWN = "INVALID_SCHEDULE", "SCHEDULE_DOES_NOT_EXIST"
_MOST_BLACKOUTS = 50


@dataclass(frozen=True, slots=True)
class ScheduleView:
    """A schedule as it is shown: with its template's name (ARN) and what became of it last."""

    schedule: Schedule
    template: Arn
    last: ScheduleEvent | None


def create(service: Service, caller: Caller, template: str, name: str, plan: Plan, *, paused: bool = False) -> Schedule:
    """A new schedule of a template (ARN). Needs `CreateSchedule`, and StartAssessmentRun of the template.

    Hosts that are known by now are not new to it. Raises InvalidInput for a plan that is none or a name that is taken,
    NoSuchEntity for a template or a channel of reports that is not there, AccessDenied, LimitExceeded.
    """
    _check(name, plan)
    with audited(service, caller, "CreateSchedule", template) as change:
        must(caller, "CreateSchedule")
        wanted = _startable(caller, template, plan)
        ids = (wanted.parent.id, wanted.id)
        new = Schedule(new_id(), caller.account, *ids, name, plan, paused, milliseconds(), caller.user)
        with service.database.write() as connection:
            accounts.lock(connection, caller.account)
            if not templates.lock(connection, caller.account, *ids):
                raise unknown_template(wanted)
            _check_channel(connection, caller, plan)
            if not stored.add(connection, new):
                raise _taken(name)
            if stored.count(connection, caller.account) > MOST:
                raise LimitExceeded("SCHEDULE_LIMIT_EXCEEDED", f"the account may have {MOST} schedules")
            _begin_anew(connection, new)
            change.done(connection, new.id, name=name, template=template, plan=stored.packed(plan))
            return _get(connection, caller, new.id)


def update(
    service: Service, caller: Caller, schedule: str, *, name: str | None = None, plan: Plan | None = None
) -> Schedule:
    """Gives a schedule another name or plan; it goes on from now by that. Needs `UpdateSchedule`, and
    StartAssessmentRun of its template. Raises as `create` does.
    """
    with audited(service, caller, "UpdateSchedule", schedule) as change:
        must(caller, "UpdateSchedule")
        if name is not None:
            _check_name(name)
        try:
            with service.database.write() as connection:
                one = _get(connection, caller, schedule, hold=True)
                _check(name or one.name, plan or one.plan)
                _startable(caller, str(_template(caller, one)), plan or one.plan)
                if plan is not None:
                    _check_channel(connection, caller, plan)
                stored.change(connection, one.id, name=name or one.name, plan=plan or one.plan)
                if plan is not None and plan != one.plan:
                    _begin_anew(connection, _get(connection, caller, one.id), over=plan.rhythm != one.plan.rhythm)
                change.done(connection, one.id, name=name or one.name, plan=stored.packed(plan or one.plan))
                return _get(connection, caller, one.id)
        except IntegrityError as error:
            raise _taken(name or "") from error


def pause(service: Service, caller: Caller, schedule: str) -> None:
    """Has a schedule begin nothing until it is resumed. Needs `UpdateSchedule`. Raises NoSuchEntity, AccessDenied."""
    with audited(service, caller, "PauseSchedule", schedule) as change:
        must(caller, "UpdateSchedule")
        with service.database.write() as connection:
            one = _get(connection, caller, schedule, hold=True)
            stored.change(connection, one.id, paused=True, nominal_at=None, due_at=None, waits=False)
            change.done(connection, one.id)


def resume(service: Service, caller: Caller, schedule: str) -> None:
    """Has a schedule go on from now; what came while it was paused was not missed, and hosts are not new any more.

    Needs `UpdateSchedule`, and StartAssessmentRun of its template. Raises NoSuchEntity, AccessDenied.
    """
    with audited(service, caller, "ResumeSchedule", schedule) as change:
        must(caller, "UpdateSchedule")
        with service.database.write() as connection:
            one = _get(connection, caller, schedule, hold=True)
            _startable(caller, str(_template(caller, one)), one.plan)
            stored.change(connection, one.id, paused=False)
            if one.paused:
                _begin_anew(connection, _get(connection, caller, one.id))
            change.done(connection, one.id)


def delete(service: Service, caller: Caller, schedule: str) -> None:
    """Removes a schedule with its history; its runs stay. Needs `DeleteSchedule`. Raises NoSuchEntity, AccessDenied."""
    with audited(service, caller, "DeleteSchedule", schedule) as change:
        must(caller, "DeleteSchedule")
        with service.database.write() as connection:
            one = _get(connection, caller, schedule, hold=True)
            stored.remove(connection, caller.account, one.id)
            change.done(connection, one.id, name=one.name)


def list_(service: Service, caller: Caller, *, template: str | None = None) -> list[ScheduleView]:
    """The account's schedules by name; those of a template (ARN), or all. Needs `ListSchedules`."""
    must(caller, "ListSchedules")
    wanted = [owned(caller, template, "template").id] if template is not None else []
    with service.database.read() as connection:
        return _views(connection, caller, stored.listed(connection, caller.account, templates=wanted))


def get(service: Service, caller: Caller, schedule: str) -> ScheduleView:
    """One schedule. Needs `ListSchedules`. Raises NoSuchEntity, AccessDenied."""
    must(caller, "ListSchedules")
    with service.database.read() as connection:
        return _views(connection, caller, [_get(connection, caller, schedule)])[0]


def history(
    service: Service, caller: Caller, schedule: str, *, token: str | None = None, max_results: int | None = None
) -> paging.Page[ScheduleEvent]:
    """What became of a schedule's occurrences, newest first. Needs `ListSchedules`. Raises NoSuchEntity."""
    must(caller, "ListSchedules")
    length = paging.size(max_results)
    with service.database.read() as connection:
        one = _get(connection, caller, schedule)
        pager = paging.Pager(service.keys["paging"], paging.query("schedule history", caller.account, one.id))
        found = stored.events(connection, one.id, after=pager.after(token), limit=length + 1)
    return paging.page(found, length, pager, lambda event: event.number)


def upcoming(service: Service, caller: Caller, schedule: str, number: int = 10) -> list[Occurrence]:
    """What a schedule would do next, up to 100; none for a paused one, and for new hosts only what waits already.

    Needs `ListSchedules`. Raises NoSuchEntity, AccessDenied.
    """
    must(caller, "ListSchedules")
    with service.database.read() as connection:
        one = _get(connection, caller, schedule)
    if one.due_at is None:
        return []
    wanted = min(max(number, 1), MOST_SHOWN)
    if one.plan.rhythm == "first-contact" or one.nominal_at is None:
        return [Occurrence(one.due_at, one.due_at)]
    waiting = [Occurrence(one.nominal_at, one.due_at, "BLACKOUT")] if one.waits else []
    after = max(one.nominal_at, one.due_at) if one.waits else one.nominal_at - 1
    return waiting + list(islice(recurring.coming(one.plan, after, one.created_at, one.id), wanted - len(waiting)))


def preview(caller: Caller, plan: Plan, number: int = 10) -> list[Occurrence]:
    """What a schedule of a plan would do if it were made now. Raises InvalidInput for one that is none."""
    must(caller, "ListSchedules")
    _check("preview", plan)
    return _ahead(plan, milliseconds(), "", number)


def preview_change(service: Service, caller: Caller, schedule: str, plan: Plan, number: int = 10) -> list[Occurrence]:
    """What a schedule would do if it had another plan from now on. Raises as `preview` does, and NoSuchEntity."""
    must(caller, "ListSchedules")
    _check("preview", plan)
    with service.database.read() as connection:
        one = _get(connection, caller, schedule)
    return _ahead(plan, one.created_at, one.id, number)


def _ahead(plan: Plan, anchor: int, seed: str, number: int) -> list[Occurrence]:
    return list(islice(recurring.coming(plan, milliseconds(), anchor, seed), min(max(number, 1), MOST_SHOWN)))


def _begin_anew(connection: Connection, one: Schedule, *, over: bool = True) -> None:
    """From now on by its plan; `over`: what is known by now is not new to it."""
    if one.paused:
        return
    if one.plan.rhythm != "first-contact":
        plan_next(connection, one, milliseconds())
        return
    if over:
        stored.meet(connection, one, milliseconds(), fresh=False)
        stored.settle(connection, one.id)
        stored.change(connection, one.id, nominal_at=None, due_at=None, waits=False)


def _check_name(name: str) -> None:
    with checks.part("name", _CODE):
        checks.text(name, _CODE, "the name of a schedule", checks.LONGEST_NAME)


def _check(name: str, plan: Plan) -> None:
    _check_name(name)
    if plan.rhythm not in RHYTHMS:
        raise InvalidInput(_CODE, f"a schedule is one of {', '.join(RHYTHMS)}, not {str(plan.rhythm)[:40]!r}")
    if plan.in_blackout not in IN_BLACKOUT or plan.missed not in MISSED:
        message = f"in a blackout: {' or '.join(IN_BLACKOUT)}; what was missed: {' or '.join(MISSED)}"
        raise InvalidInput(_CODE, message)
    if len(plan.blackouts) > _MOST_BLACKOUTS:
        raise InvalidInput(_CODE, f"a schedule has at most {_MOST_BLACKOUTS} blackouts", at="blackouts")
    _check_report(plan)
    try:
        recurring.check(plan, milliseconds())
    except (ValueError, OverflowError) as error:
        raise InvalidInput(_CODE, str(error), at=getattr(error, "at", "")) from None


def _check_report(plan: Plan) -> None:
    wish = plan.report
    if wish is None:
        return
    with checks.part("report", _CODE):
        checks.text(wish.channel, _CODE, "the name of a channel", checks.LONGEST_NAME)
    if wish.format not in FORMATS or wish.type not in TYPES or wish.language not in LANGUAGES:
        kinds = f"{' or '.join(TYPES)}, as {' or '.join(FORMATS)}, in {' or '.join(LANGUAGES)}"
        raise InvalidInput(_CODE, f"a report is {kinds}", at="report")


def _check_channel(connection: Connection, caller: Caller, plan: Plan) -> None:
    """Raises NoSuchEntity where the plan's reports would go to a channel that the account does not have."""
    if plan.report is not None:
        with checks.part("report", _CODE):
            channels.must_exist(connection, caller.account, [plan.report.channel])


def _startable(caller: Caller, template: str, plan: Plan) -> Arn:
    """The template, if the caller may do with it what the schedule would."""
    wanted = owned(caller, template, "template")
    actions = [
        "inspector:StartAssessmentRun",
        *(["inspector:GetAssessmentReport", "shindan:SendReport"] if plan.report else []),
    ]
    for action in actions:
        must_do(caller, action, template)
    return wanted


def _views(connection: Connection, caller: Caller, found: Sequence[Schedule]) -> list[ScheduleView]:
    last: Mapping[str, ScheduleEvent] = stored.last_events(connection, [one.id for one in found]) if found else {}
    return [ScheduleView(one, _template(caller, one), last.get(one.id)) for one in found]


def _get(connection: Connection, caller: Caller, text: str, *, hold: bool = False) -> Schedule:
    """The caller's schedule of an id or a name. Raises NoSuchEntity."""
    found = stored.get(connection, caller.account, text, hold=hold)
    if found is None:
        id_ = _called(stored.listed(connection, caller.account), text)
        found = stored.get(connection, caller.account, id_, hold=hold) if id_ else None
    if found is None:
        raise NoSuchEntity(_UNKNOWN, f"there is no schedule {text[:140]!r}")
    return found


def _called(every: Iterable[Schedule], name: str) -> str | None:
    return next((one.id for one in every if one.name == name), None)


def _template(caller: Caller, one: Schedule) -> Arn:
    return caller.arn("template", one.target, one.template)


def _taken(name: str) -> InvalidInput:
    return InvalidInput("SCHEDULE_NAME_ALREADY_TAKEN", f"there is a schedule {name[:140]!r} already", at="name")
