"""Moving over from Inspector Classic: its targets, templates and timetables as a document of ours.

Reads Terraform states (the file, version 4, and `terraform show -json`) and the JSON that the AWS command line prints
for describe-assessment-targets, describe-assessment-templates, describe-resource-groups and list-event-subscriptions.
Timetables are EventBridge rules in the same state (`aws_cloudwatch_event_rule` with a target that is a template).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast, get_args

from shindan.engine.clock import milliseconds
from shindan.engine.recurring import check
from shindan.model.arn import parse
from shindan.model.durations import written
from shindan.model.packages import package_of
from shindan.model.refusals import InvalidInput
from shindan.service.fleet.document import (
    Events,
    Fleet,
    ScheduleEntry,
    SubscriptionEntry,
    TargetEntry,
    TemplateEntry,
    Values,
)
from shindan.service.fleet.eventbridge import plan_text
from shindan.service.fleet.pairs import as_mapping
from shindan.service.fleet.yaml_file import FleetFileError
from shindan.service.schedule_text import plan_of

_TERRAFORM = {
    "aws_inspector_resource_group": "groups",
    "aws_inspector_assessment_target": "targets",
    "aws_inspector_assessment_template": "templates",
    "aws_cloudwatch_event_rule": "rules",
    "aws_cloudwatch_event_target": "rule_targets",
}
_DESCRIBED = {
    "resourceGroups": "groups",
    "assessmentTargets": "targets",
    "assessmentTemplates": "templates",
    "subscriptions": "subscriptions",
}
_REMEDY = "give Terraform's state, or the output of `aws inspector describe-assessment-targets` and its like"


@dataclass(slots=True)
class _Found:
    """What the files hold, in the form of either source; `remarks` are what could not be taken over as it was."""

    groups: list[Mapping[str, Any]] = field(default_factory=list)
    targets: list[Mapping[str, Any]] = field(default_factory=list)
    templates: list[Mapping[str, Any]] = field(default_factory=list)
    subscriptions: list[Mapping[str, Any]] = field(default_factory=list)
    rules: list[Mapping[str, Any]] = field(default_factory=list)
    rule_targets: list[Mapping[str, Any]] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def taken_over(files: Iterable[tuple[str, bytes]], fleet: str) -> tuple[Fleet, list[str]]:
    """A document of what files (name, content) describe, and remarks on what is other than it was.

    Raises FleetFileError for a file that is none of these, and where the tags of a target are in no file: it would
    silently mean every host.
    """
    found = _Found()
    for name, content in files:
        _read(name, content, found)
    if not (found.targets or found.templates):
        raise FleetFileError("the files describe no target and no template of Inspector", remedy=_REMEDY)
    try:
        return _converted(found, fleet), found.remarks
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise FleetFileError(
            f"the files have another form than such files have: {error!r}"[:300], remedy=_REMEDY
        ) from None


def _converted(found: _Found, fleet: str) -> Fleet:
    targets = {str(one["arn"]): _target(one, found) for one in found.targets}
    templates = {str(one["arn"]): _template(one, targets, found) for one in found.templates}
    schedules = tuple(_schedules(found, templates))
    return Fleet(fleet=fleet, targets=tuple(targets.values()), templates=tuple(templates.values()), schedules=schedules)


def _read(name: str, content: bytes, found: _Found) -> None:
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise FleetFileError(f"{name} is no JSON: {str(error)[:200]}", remedy=_REMEDY) from None
    if not isinstance(document, dict):
        raise FleetFileError(
            f"{name} is neither a Terraform state nor what `aws inspector describe-…` prints", remedy=_REMEDY
        )
    try:
        for kind, record in _records(document):
            getattr(found, kind).append(record)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise FleetFileError(f"{name} has another form than such files have: {error!r}"[:300], remedy=_REMEDY) from None


def _records(document: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for resource in document.get("resources", ()):
        if resource.get("mode", "managed") == "managed" and resource["type"] in _TERRAFORM:
            for instance in resource["instances"]:
                yield _TERRAFORM[resource["type"]], dict(instance["attributes"])
    yield from _of_module(document.get("values", {}).get("root_module", {}))
    for member, kind in _DESCRIBED.items():
        for record in document.get(member, ()):
            yield kind, dict(record)


def _of_module(module: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for resource in module.get("resources", ()):
        if resource.get("mode", "managed") == "managed" and resource["type"] in _TERRAFORM:
            yield _TERRAFORM[resource["type"]], dict(resource["values"])
    for child in module.get("child_modules", ()):
        yield from _of_module(child)


def _target(one: Mapping[str, Any], found: _Found) -> TargetEntry:
    group = one.get("resource_group_arn") or one.get("resourceGroupArn")
    if not group:
        return TargetEntry(name=str(one["name"]))
    tags = next((record.get("tags") for record in found.groups if record.get("arn") == group), None)
    if not tags:
        message = f"the tags of the target {one['name']!r} are in none of the files: they are those of {group}"
        raise FleetFileError(
            message, remedy=f"add `aws inspector describe-resource-groups --resource-group-arns {group}`"
        )
    return TargetEntry(name=str(one["name"]), tags=_pairs(tags))


def _template(one: Mapping[str, Any], targets: Mapping[str, TargetEntry], found: _Found) -> TemplateEntry:
    arn, name = str(one["arn"]), str(one["name"])
    above = str(one.get("target_arn") or one.get("assessmentTargetArn"))
    if above not in targets:
        raise FleetFileError(
            f"the target of the template {name!r} is in none of the files: {above}",
            remedy=f"add `aws inspector describe-assessment-targets --assessment-target-arns {above}`",
        )
    duration = int(one.get("duration") or one.get("durationInSeconds") or 3600)
    packages = [str(text) for text in one.get("rules_package_arns") or one.get("rulesPackageArns") or ()]
    return TemplateEntry(
        name=name,
        target=targets[above].name,
        packages=tuple(sorted({_package(text, name, found) for text in packages})),
        duration=written(duration),
        attributes=cast("dict[str, str | None]", _pairs(one.get("userAttributesForFindings") or {})),
        tags=cast("dict[str, str | None]", _pairs(one.get("tags") or {})),
        subscriptions=tuple(_subscriptions(arn, one, found)),
    )


def _package(text: str, template: str, found: _Found) -> str:
    try:
        known = package_of(parse(text))
    except ValueError:
        known = None
    if known is None:
        found.remarks.append(f"template {template}: {text} is no rules package that is known here; it stays as it is")
    return known or text


def _subscriptions(arn: str, one: Mapping[str, Any], found: _Found) -> Iterator[SubscriptionEntry]:
    told: dict[str, list[str]] = {}
    for inside in one.get("event_subscription") or ():
        told.setdefault(str(inside["topic_arn"]), []).append(str(inside["event"]))
    for record in found.subscriptions:
        if record.get("resourceArn") == arn:
            events = [str(event["event"]) for event in record["eventSubscriptions"]]
            told.setdefault(str(record["topicArn"]), []).extend(events)
    for topic, events in sorted(told.items()):
        known = tuple(sorted({event for event in events if event in get_args(Events)}))
        yield SubscriptionEntry(topic=topic, events=cast("tuple[Events, ...]", known))


def _schedules(found: _Found, templates: Mapping[str, TemplateEntry]) -> Iterator[ScheduleEntry]:
    rules = {str(one.get("name")): one for one in found.rules}
    for target in found.rule_targets:
        template, rule = templates.get(str(target.get("arn"))), rules.get(str(target.get("rule")))
        if template is None or rule is None or not rule.get("schedule_expression"):
            continue
        expression, name = str(rule["schedule_expression"]), str(rule["name"])
        try:
            plan = plan_text(expression)
            check(plan_of(plan), milliseconds())
        except (ValueError, InvalidInput) as error:
            found.remarks.append(f"schedule {name}: {expression} is not taken over: {error}")
            continue
        paused = rule.get("is_enabled") is False or rule.get("state") == "DISABLED"
        yield ScheduleEntry(
            name=name,
            template=template.name,
            target=template.target,
            paused=paused,
            cron=plan.cron,
            every=plan.every,
        )


def _pairs(given: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> dict[str, Values]:
    """Tags of either source: an object, or a list of objects with key and value."""
    if isinstance(given, Mapping):
        return as_mapping(tuple((str(key), None if value is None else str(value)) for key, value in given.items()))
    return as_mapping(tuple((str(pair["key"]), pair.get("value")) for pair in given))
