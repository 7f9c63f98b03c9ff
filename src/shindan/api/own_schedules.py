"""Schedules over HTTP and on the command line (`service.schedules`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

from shindan.api.own import OwnCall, asked
from shindan.model.schedule import Occurrence, Schedule, ScheduleEvent
from shindan.service import schedules
from shindan.service.caller import Caller
from shindan.service.moments import iso
from shindan.service.schedule_text import PlanText, plan_of, text_of
from shindan.service.schedules import ScheduleView
from shindan.service.service import Service


class _Form(Struct, forbid_unknown_fields=True):
    pass


class Create(_Form):
    """A new schedule of a template (ARN)."""

    template: str
    name: str
    plan: PlanText
    paused: bool = False


class Update(_Form):
    """What is not given stays."""

    schedule: str
    name: str | None = None
    plan: PlanText | None = None


class Named(_Form):
    """A schedule by id or name."""

    schedule: str


class Listed(_Form):
    """Of a template (ARN), or all."""

    template: str | None = None


class History(_Form):
    """A page of a schedule's history."""

    schedule: str
    token: str | None = None
    max_results: int | None = None


class Ahead(_Form):
    """How many occurrences of a schedule are wanted."""

    schedule: str
    number: int = 10


class Preview(_Form):
    """How many occurrences of a plan are wanted."""

    plan: PlanText
    number: int = 10


def _create(service: Service, caller: Caller, request: Mapping[str, Any]) -> dict[str, Any]:
    wanted = asked(request, Create)
    plan = plan_of(wanted.plan)
    made = schedules.create(service, caller, wanted.template, wanted.name, plan, paused=wanted.paused)
    return {"schedule": _shown(made, wanted.template)}


def _update(service: Service, caller: Caller, request: Mapping[str, Any]) -> dict[str, Any]:
    wanted = asked(request, Update)
    plan = plan_of(wanted.plan) if wanted.plan is not None else None
    made = schedules.update(service, caller, wanted.schedule, name=wanted.name, plan=plan)
    return {"schedule": _shown(made, str(caller.arn("template", made.target, made.template)))}


def _delete(service: Service, caller: Caller, request: Mapping[str, Any]) -> dict[str, Any]:
    schedules.delete(service, caller, asked(request, Named).schedule)
    return {}


def _pause(service: Service, caller: Caller, request: Mapping[str, Any]) -> dict[str, Any]:
    schedules.pause(service, caller, asked(request, Named).schedule)
    return {}


def _resume(service: Service, caller: Caller, request: Mapping[str, Any]) -> dict[str, Any]:
    schedules.resume(service, caller, asked(request, Named).schedule)
    return {}


def _list(service: Service, caller: Caller, request: Mapping[str, Any]) -> dict[str, Any]:
    found = schedules.list_(service, caller, template=asked(request, Listed).template)
    return {"schedules": [_view(one) for one in found]}


def _get(service: Service, caller: Caller, request: Mapping[str, Any]) -> dict[str, Any]:
    return {"schedule": _view(schedules.get(service, caller, asked(request, Named).schedule))}


def _history(service: Service, caller: Caller, request: Mapping[str, Any]) -> dict[str, Any]:
    wanted = asked(request, History)
    page = schedules.history(service, caller, wanted.schedule, token=wanted.token, max_results=wanted.max_results)
    return {"events": [_event(one) for one in page.items], "token": page.next_token}


def _ahead(service: Service, caller: Caller, request: Mapping[str, Any]) -> dict[str, Any]:
    wanted = asked(request, Ahead)
    return {
        "occurrences": [_coming(one) for one in schedules.upcoming(service, caller, wanted.schedule, wanted.number)]
    }


def _preview(_: Service, caller: Caller, request: Mapping[str, Any]) -> dict[str, Any]:
    wanted = asked(request, Preview)
    return {"occurrences": [_coming(one) for one in schedules.preview(caller, plan_of(wanted.plan), wanted.number)]}


def _view(view: ScheduleView) -> dict[str, Any]:
    last = _event(view.last) if view.last else None
    return {**_shown(view.schedule, str(view.template)), "last": last}


def _shown(one: Schedule, template: str) -> dict[str, Any]:
    return {
        "id": one.id,
        "name": one.name,
        "template": template,
        "plan": msgspec.to_builtins(text_of(one.plan)),
        "paused": one.paused,
        "next_at": iso(one.due_at),
        "waits": one.waits,
        "created_at": iso(one.created_at),
        "created_by": one.created_by,
    }


def _event(one: ScheduleEvent) -> dict[str, Any]:
    moments = {"at": iso(one.at), "nominal_at": iso(one.nominal_at)}
    return {**moments, "outcome": one.outcome, "reason": one.reason, "detail": one.detail, "run": one.run}


def _coming(one: Occurrence) -> dict[str, Any]:
    return {"nominal_at": iso(one.nominal_at), "begins_at": iso(one.begins_at), "reason": one.reason}


CALLS: Mapping[str, OwnCall] = {
    "CreateSchedule": _create,
    "UpdateSchedule": _update,
    "DeleteSchedule": _delete,
    "PauseSchedule": _pause,
    "ResumeSchedule": _resume,
    "ListSchedules": _list,
    "GetSchedule": _get,
    "ListScheduleHistory": _history,
    "ListScheduleOccurrences": _ahead,
    "PreviewSchedule": _preview,
}
