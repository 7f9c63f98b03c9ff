"""Templates of the document. As in AWS they cannot be changed, but for tags and subscriptions."""

from __future__ import annotations

from collections.abc import Sequence

from shindan.model.arn import Arn, parse
from shindan.model.durations import seconds
from shindan.model.packages import PACKAGES, package_arn, package_of
from shindan.service import subscriptions, templates
from shindan.service.fleet.document import Fleet, TemplateEntry
from shindan.service.fleet.kind import Context, Existing, Fields, FleetError, Key, Wanted
from shindan.service.fleet.pairs import as_pairs, sorted_pairs
from shindan.service.fleet.targets import ALL
from shindan.service.rights import must_do
from shindan.store import schedules as stored_schedules
from shindan.store import subscriptions as stored_subscriptions
from shindan.store import targets as stored_targets
from shindan.store import templates as stored

_IN_PLACE = ("tags", "subscriptions")


class Templates:
    """See `Kind`."""

    word = "template"

    def name(self, key: Key) -> str:
        """See `Kind.name`."""
        return f"{key[0]}/{key[1]}"

    def wanted(self, context: Context, fleet: Fleet) -> dict[Key, Wanted]:
        """See `Kind.wanted`."""
        found: dict[Key, Wanted] = {}
        for number, entry in enumerate(fleet.templates):
            place = f"templates[{number}]"
            if (entry.target, entry.name) in found:
                raise FleetError(place, f"the template {entry.name!r} of {entry.target!r} is named twice")
            found[entry.target, entry.name] = Wanted(place, _fields(place, entry))
        return found

    def existing(self, context: Context) -> dict[Key, Existing]:
        """See `Kind.existing`."""
        connection, account = context.connection, context.caller.account
        names = {one.id: one.name for one in stored_targets.listed(connection, account, limit=ALL)}
        ids = [one.id for one in stored.listed(connection, account, stored.TemplateFilter(), limit=ALL)]
        told: dict[str, list[list[str]]] = {}
        for id_ in ids:
            told[id_] = [[one.topic, one.event] for one in stored_subscriptions.of_template(connection, id_)]
        return {
            (names[one.target], one.name): Existing(
                one.id,
                {
                    "duration": one.duration,
                    "packages": sorted({_short(arn) for arn in one.packages}),
                    "attributes": sorted_pairs(one.attributes),
                    "tags": sorted_pairs(one.tags),
                    "subscriptions": sorted(told[one.id]),
                },
            )
            for one in stored.named(connection, account, ids).values()
        }

    def create(self, context: Context, key: Key, fields: Fields) -> str:
        """See `Kind.create`."""
        service, caller = context.service, context.caller
        found = stored_targets.listed(context.connection, caller.account, limit=ALL)
        target = next((one.id for one in found if one.name == key[0]), None)
        if target is None:
            raise FleetError("", f"there is no target {key[0]!r}", remedy="write it under `targets`, too")
        of_target = str(caller.arn("target", target))
        must_do(caller, "inspector:CreateAssessmentTemplate", of_target)
        arn = templates.create(
            service,
            caller,
            of_target,
            key[1],
            fields["duration"],
            [_arn(caller.region, name) for name in fields["packages"]],
            as_pairs(fields["attributes"]),
        )
        if fields["tags"]:
            _tag(context, arn, fields)
        _subscribe(context, arn, [], fields["subscriptions"])
        return arn.id

    def change(self, context: Context, key: Key, was: Existing, fields: Fields) -> None:
        """See `Kind.change`."""
        arn = _name(context, was.id)
        if fields["tags"] != was.fields["tags"]:
            _tag(context, arn, fields)
        _subscribe(context, arn, was.fields["subscriptions"], fields["subscriptions"])

    def fixed(self, was: Fields, fields: Fields) -> str:
        """See `Kind.fixed`."""
        other = [name for name, value in fields.items() if name not in _IN_PLACE and value != was[name]]
        return f"{', '.join(other)} of a template cannot be changed" if other else ""

    def loss(self, context: Context, was: Existing) -> str:
        """See `Kind.loss`."""
        connection, account = context.connection, context.caller.account
        runs = stored.named(connection, account, [was.id])[was.id].runs
        named = [one.name for one in stored_schedules.listed(connection, account, templates=[was.id])]
        with_schedules = f" and the schedules {', '.join(named)}" if named else ""
        return f"with {runs:,} runs and what they found{with_schedules}"

    def remove(self, context: Context, key: Key, was: Existing) -> None:
        """See `Kind.remove`."""
        arn = str(_name(context, was.id))
        must_do(context.caller, "inspector:DeleteAssessmentTemplate", arn)
        templates.delete(context.service, context.caller, arn)


def _fields(place: str, entry: TemplateEntry) -> Fields:
    try:
        duration = seconds(entry.duration)
    except ValueError as error:
        raise FleetError(f"{place}.duration", str(error)) from None
    known = {one.name for one in PACKAGES}
    for name in entry.packages:
        if not name.startswith("arn:") and name not in known:
            raise FleetError(f"{place}.packages", f"{name[:60]!r} is none of {', '.join(sorted(known))}")
    told = {(one.topic, event) for one in entry.subscriptions for event in one.events}
    return {
        "duration": duration,
        "packages": sorted({_short(name) for name in entry.packages}),
        "attributes": sorted_pairs(entry.attributes.items()),
        "tags": sorted_pairs(entry.tags.items()),
        "subscriptions": sorted([topic, event] for topic, event in told),
    }


def _short(text: str) -> str:
    """Our short name of a rules package; what has none stays."""
    try:
        return package_of(parse(text)) or text
    except ValueError:
        return text


def _arn(region: str, name: str) -> str:
    return name if name.startswith("arn:") else str(package_arn(region, name))  # type: ignore[arg-type]


def _name(context: Context, id_: str) -> Arn:
    found = stored.named(context.connection, context.caller.account, [id_])[id_]
    return context.caller.arn("template", found.target, id_)


def _tag(context: Context, arn: Arn, fields: Fields) -> None:
    must_do(context.caller, "inspector:SetTagsForResource", str(arn))
    templates.set_tags(context.service, context.caller, str(arn), as_pairs(fields["tags"]))


def _subscribe(context: Context, arn: Arn, was: Sequence[Sequence[str]], wanted: Sequence[Sequence[str]]) -> None:
    for topic, event in wanted:
        if [topic, event] not in was:
            must_do(context.caller, "inspector:SubscribeToEvent", str(arn))
            subscriptions.subscribe(context.service, context.caller, str(arn), event, topic)
    for topic, event in was:
        if [topic, event] not in wanted:
            must_do(context.caller, "inspector:UnsubscribeFromEvent", str(arn))
            subscriptions.unsubscribe(context.service, context.caller, str(arn), event, topic)
