"""Schedules of the document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from shindan.model.refusals import InvalidInput
from shindan.service import schedules
from shindan.service.fleet.document import Fleet, ScheduleEntry
from shindan.service.fleet.kind import Context, Existing, Fields, FleetError, Key, Wanted
from shindan.service.fleet.targets import ALL
from shindan.service.schedule_text import PlanText, plan_of, text_of
from shindan.store import schedules as stored
from shindan.store import targets as stored_targets
from shindan.store import templates as stored_templates


class Schedules:
    """See `Kind`."""

    word = "schedule"

    def name(self, key: Key) -> str:
        """See `Kind.name`."""
        return key[0]

    def wanted(self, context: Context, fleet: Fleet) -> dict[Key, Wanted]:
        """See `Kind.wanted`."""
        found: dict[Key, Wanted] = {}
        several = _templates(context)
        for number, entry in enumerate(fleet.schedules):
            place = f"schedules[{number}]"
            if (entry.name,) in found:
                raise FleetError(place, f"the schedule {entry.name!r} is named twice")
            plan = msgspec.to_builtins(_plan(place, entry))
            template = [*_template(place, entry, several), entry.template]
            found[entry.name,] = Wanted(place, {"template": template, "plan": plan, "paused": entry.paused})
        return found

    def existing(self, context: Context) -> dict[Key, Existing]:
        """See `Kind.existing`."""
        names = {id_: list(names) for names, id_ in _templates(context).items()}
        return {
            (one.name,): Existing(
                one.id,
                {
                    "template": names[one.template],
                    "plan": msgspec.to_builtins(text_of(one.plan)),
                    "paused": one.paused,
                },
            )
            for one in stored.listed(context.connection, context.caller.account)
        }

    def create(self, context: Context, key: Key, fields: Fields) -> str:
        """See `Kind.create`."""
        target, template = fields["template"]
        ids = stored_templates.named(
            context.connection, context.caller.account, [_templates(context)[target, template]]
        )
        (found,) = ids.values()
        arn = str(context.caller.arn("template", found.target, found.id))
        plan = plan_of(msgspec.convert(fields["plan"], PlanText))
        return schedules.create(context.service, context.caller, arn, key[0], plan, paused=fields["paused"]).id

    def change(self, context: Context, key: Key, was: Existing, fields: Fields) -> None:
        """See `Kind.change`."""
        if fields["plan"] != was.fields["plan"]:
            plan = plan_of(msgspec.convert(fields["plan"], PlanText))
            schedules.update(context.service, context.caller, was.id, plan=plan)
        if fields["paused"] != was.fields["paused"]:
            (schedules.pause if fields["paused"] else schedules.resume)(context.service, context.caller, was.id)

    def fixed(self, was: Fields, fields: Fields) -> str:
        """See `Kind.fixed`."""
        return "" if was["template"] == fields["template"] else "a schedule stays with its template"

    def loss(self, context: Context, was: Existing) -> str:
        """See `Kind.loss`."""
        return "with its history"

    def remove(self, context: Context, key: Key, was: Existing) -> None:
        """See `Kind.remove`."""
        schedules.delete(context.service, context.caller, was.id)


def _templates(context: Context) -> dict[tuple[str, str], str]:
    """Ids of templates by the names of target and template."""
    connection, account = context.connection, context.caller.account
    targets = {one.id: one.name for one in stored_targets.listed(connection, account, limit=ALL)}
    ids = [one.id for one in stored_templates.listed(connection, account, stored_templates.TemplateFilter(), limit=ALL)]
    found = stored_templates.named(connection, account, ids).values()
    return {(targets[one.target], one.name): one.id for one in found}


def _template(place: str, entry: ScheduleEntry, known: Mapping[tuple[str, str], Any]) -> list[str]:
    """The name of the target whose template is meant. Templates were applied before, so all are there."""
    targets = [target for target, name in known if name == entry.template and entry.target in (None, target)]
    if not targets:
        of = f" of {entry.target!r}" if entry.target else ""
        raise FleetError(f"{place}.template", f"there is no template {entry.template!r}{of}")
    if len(targets) > 1:
        remedy = f"say whose with `target:`, one of {', '.join(sorted(targets))}"
        raise FleetError(f"{place}.template", f"several templates are called {entry.template!r}", remedy=remedy)
    return targets


def _plan(place: str, entry: ScheduleEntry) -> PlanText:
    """The plan of an entry in its one form. Raises FleetError."""
    names = PlanText.__struct_fields__
    try:
        return text_of(plan_of(PlanText(**{name: getattr(entry, name) for name in names})))
    except InvalidInput as error:
        raise FleetError(place, str(error)) from None
