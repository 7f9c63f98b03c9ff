"""What an account has set up as a document: applied to it again, it changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from shindan.engine.clock import milliseconds
from shindan.model.durations import written
from shindan.service.caller import Caller
from shindan.service.fleet import channels, tailoring
from shindan.service.fleet.document import (
    Fleet,
    ScheduleEntry,
    SubscriptionEntry,
    SuppressionEntry,
    TargetEntry,
    TemplateEntry,
)
from shindan.service.fleet.kind import Context, Existing, Key
from shindan.service.fleet.pairs import as_mapping, as_pairs
from shindan.service.fleet.schedules import Schedules
from shindan.service.fleet.suppressions import entries_of
from shindan.service.fleet.targets import Targets
from shindan.service.fleet.templates import Templates
from shindan.service.rights import must
from shindan.service.service import Service
from shindan.store import issues
from shindan.store import tailoring as stored_tailoring


def export(service: Service, caller: Caller, name: str = "default") -> Fleet:
    """What the account has set up; of suppressions and tailoring what is in force. Needs `GetFleet`.

    Findings that were suppressed one by one are not in it: they cannot be written down.
    """
    must(caller, "GetFleet")
    with service.database.read() as connection:
        context = Context(service, connection, caller)
        templates = Templates().existing(context)
        return Fleet(
            fleet=name,
            targets=tuple(_target(key, one) for key, one in sorted(Targets().existing(context).items())),
            templates=tuple(_template(key, one) for key, one in sorted(templates.items())),
            channels=channels.entries_of(context),
            schedules=tuple(
                _schedule(key, one, templates) for key, one in sorted(Schedules().existing(context).items())
            ),
            suppressions=_suppressions(context),
            tailoring=tailoring.entries_of(context),
            zones=stored_tailoring.zones_text(connection, caller.account),
        )


def _target(key: Key, one: Existing) -> TargetEntry:
    tags = one.fields["tags"]
    return TargetEntry(name=key[0], tags=as_mapping(as_pairs(tags)) if tags is not None else None)


def _template(key: Key, one: Existing) -> TemplateEntry:
    fields, told = one.fields, dict[str, list[Any]]()
    for topic, event in fields["subscriptions"]:
        told.setdefault(topic, []).append(event)
    return TemplateEntry(
        name=key[1],
        target=key[0],
        packages=tuple(fields["packages"]),
        duration=written(fields["duration"]),
        attributes=dict(as_pairs(fields["attributes"])),
        tags=dict(as_pairs(fields["tags"])),
        subscriptions=tuple(SubscriptionEntry(topic=topic, events=tuple(events)) for topic, events in told.items()),
    )


def _schedule(key: Key, one: Existing, templates: Mapping[Key, Existing]) -> ScheduleEntry:
    target, template = one.fields["template"]
    alone = sum(name == template for _, name in templates) == 1
    entry = {"name": key[0], "template": template, **one.fields["plan"], "paused": one.fields["paused"]}
    return msgspec.convert(entry if alone else {**entry, "target": target}, ScheduleEntry)


def _suppressions(context: Context) -> tuple[SuppressionEntry, ...]:
    now = milliseconds()
    found = issues.suppressions(context.connection, context.caller.account)
    force = [one for one in found if one.expires_at is None or one.expires_at > now]
    return tuple(entries_of(force))
