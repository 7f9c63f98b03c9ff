"""Targets of the document. Their groups of tags have no names and are never changed: another set is another group."""

from __future__ import annotations

from shindan.service import groups, targets
from shindan.service.fleet.document import Fleet
from shindan.service.fleet.kind import Context, Existing, Fields, FleetError, Key, Wanted
from shindan.service.fleet.pairs import as_pairs, of_mapping, sorted_pairs
from shindan.service.rights import must_do
from shindan.store import groups as stored_groups
from shindan.store import targets as stored
from shindan.store import templates as stored_templates

ALL = 1_000_000


class Targets:
    """See `Kind`."""

    word = "target"

    def name(self, key: Key) -> str:
        """See `Kind.name`."""
        return key[0]

    def wanted(self, context: Context, fleet: Fleet) -> dict[Key, Wanted]:
        """See `Kind.wanted`."""
        found: dict[Key, Wanted] = {}
        for number, entry in enumerate(fleet.targets):
            place = f"targets[{number}]"
            if (entry.name,) in found:
                raise FleetError(place, f"the target {entry.name!r} is named twice")
            if entry.tags == {}:
                raise FleetError(place, "an empty set of tags means no host: leave `tags` out for every host")
            tags = of_mapping(entry.tags) if entry.tags is not None else None
            found[entry.name,] = Wanted(place, {"tags": tags})
        return found

    def existing(self, context: Context) -> dict[Key, Existing]:
        """See `Kind.existing`."""
        connection, account = context.connection, context.caller.account
        found = stored.listed(connection, account, limit=ALL)
        named = stored_groups.named(connection, account, [one.group for one in found if one.group])
        return {
            (one.name,): Existing(one.id, {"tags": sorted_pairs(named[one.group].tags) if one.group else None})
            for one in found
        }

    def create(self, context: Context, key: Key, fields: Fields) -> str:
        """See `Kind.create`."""
        group = _group(context, fields)
        must_do(context.caller, "inspector:CreateAssessmentTarget", *([group] if group else []))
        return targets.create(context.service, context.caller, key[0], group).id

    def change(self, context: Context, key: Key, was: Existing, fields: Fields) -> None:
        """See `Kind.change`."""
        arn = str(context.caller.arn("target", was.id))
        must_do(context.caller, "inspector:UpdateAssessmentTarget", arn)
        group = _group(context, fields)
        targets.update(context.service, context.caller, arn, key[0], group)

    def fixed(self, was: Fields, fields: Fields) -> str:
        """See `Kind.fixed`."""
        return ""

    def loss(self, context: Context, was: Existing) -> str:
        """See `Kind.loss`."""
        return ""

    def remove(self, context: Context, key: Key, was: Existing) -> None:
        """See `Kind.remove`; whoever made templates of it by hand is not robbed of them."""
        arn = str(context.caller.arn("target", was.id))
        must_do(context.caller, "inspector:DeleteAssessmentTarget", arn)
        wanted = stored_templates.TemplateFilter(targets=(was.id,))
        left = stored_templates.listed(context.connection, context.caller.account, wanted, limit=1)
        if left:
            remedy = f"remove its templates, or write the target {key[0]!r} into the file again"
            raise FleetError("", "it has templates that this file did not make", remedy=remedy)
        targets.delete(context.service, context.caller, arn)


def _group(context: Context, fields: Fields) -> str | None:
    if fields["tags"] is None:
        return None
    must_do(context.caller, "inspector:CreateResourceGroup")
    return str(groups.create(context.service, context.caller, as_pairs(fields["tags"])))
