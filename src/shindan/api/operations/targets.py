"""Create, describe, list, update and delete assessment targets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shindan.api.shapes_assessments import target
from shindan.api.shapes_common import failed
from shindan.service import targets
from shindan.service.caller import Caller
from shindan.service.service import Service


def create_assessment_target(service: Service, caller: Caller, request: Mapping[str, Any]) -> dict[str, Any]:
    """Without a group the target means every host of the account."""
    name, group = request["assessmentTargetName"], request.get("resourceGroupArn")
    return {"assessmentTargetArn": str(targets.create(service, caller, name, group))}


def update_assessment_target(service: Service, caller: Caller, request: Mapping[str, Any]) -> None:
    """Replaces name and group: a group left out makes it every host."""
    arn, name = request["assessmentTargetArn"], request["assessmentTargetName"]
    targets.update(service, caller, arn, name, request.get("resourceGroupArn"))


def delete_assessment_target(service: Service, caller: Caller, request: Mapping[str, Any]) -> None:
    """With its templates, their runs and findings."""
    targets.delete(service, caller, request["assessmentTargetArn"])


def describe_assessment_targets(service: Service, caller: Caller, request: Mapping[str, Any]) -> dict[str, Any]:
    """Targets in the order asked for."""
    found = targets.describe(service, caller, request["assessmentTargetArns"])
    return {"assessmentTargets": [target(caller, one) for one in found.items], "failedItems": failed(found.failed)}


def list_assessment_targets(service: Service, caller: Caller, request: Mapping[str, Any]) -> dict[str, Any]:
    """A page of names."""
    page = targets.list_(
        service,
        caller,
        name_pattern=(request.get("filter") or {}).get("assessmentTargetNamePattern"),
        token=request.get("nextToken"),
        max_results=request.get("maxResults"),
    )
    return {"assessmentTargetArns": list(page.items), "nextToken": page.next_token}
