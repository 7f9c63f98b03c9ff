"""Resource groups, targets, templates and rules packages as the API shows them."""

from __future__ import annotations

from typing import Any

from shindan.api.shapes_common import pairs
from shindan.model.arn import Arn
from shindan.model.assessment import ResourceGroup, Target, Template
from shindan.model.packages import PROVIDER, RulesPackage
from shindan.service.caller import Caller


def resource_group(caller: Caller, group: ResourceGroup) -> dict[str, Any]:
    """Shape ResourceGroup."""
    return {
        "arn": str(caller.arn("resourcegroup", group.id)),
        "tags": pairs(group.tags),
        "createdAt": group.created_at,
    }


def target(caller: Caller, found: Target) -> dict[str, Any]:
    """Shape AssessmentTarget; one without a group means every host."""
    return {
        "arn": str(caller.arn("target", found.id)),
        "name": found.name,
        "resourceGroupArn": str(caller.arn("resourcegroup", found.group)) if found.group else None,
        "createdAt": found.created_at,
        "updatedAt": found.updated_at,
    }


def template(caller: Caller, found: Template) -> dict[str, Any]:
    """Shape AssessmentTemplate; `lastAssessmentRunArn` only while a run exists."""
    arn = caller.arn("template", found.target, found.id)
    return {
        "arn": str(arn),
        "name": found.name,
        "assessmentTargetArn": str(arn.parent),
        "durationInSeconds": found.duration,
        "rulesPackageArns": list(found.packages),
        "userAttributesForFindings": pairs(found.attributes),
        "lastAssessmentRunArn": str(arn.child("run", found.last_run)) if found.last_run else None,
        "assessmentRunCount": found.runs,
        "createdAt": found.created_at,
    }


def rules_package(arn: Arn | str, found: RulesPackage) -> dict[str, Any]:
    """Shape RulesPackage."""
    return {
        "arn": str(arn),
        "name": found.title,
        "version": found.version,
        "provider": PROVIDER,
        "description": found.description,
    }
