"""List and describe findings, add and remove their user attributes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shindan.api.parts import moments, pairs, several
from shindan.api.shapes_common import failed
from shindan.api.shapes_findings import finding
from shindan.service import stored_findings
from shindan.service.caller import Caller
from shindan.service.service import Service


def list_findings(service: Service, caller: Caller, request: Mapping[str, Any]) -> dict[str, Any]:
    """A page of names, of runs that have ended; without runs, of all of them."""
    page = stored_findings.list_(
        service,
        caller,
        runs=several(request.get("assessmentRunArns")),
        filter=_filter(request.get("filter") or {}),
        token=request.get("nextToken"),
        max_results=request.get("maxResults"),
    )
    return {"findingArns": list(page.items), "nextToken": page.next_token}


def describe_findings(service: Service, caller: Caller, request: Mapping[str, Any]) -> dict[str, Any]:
    """Findings in the order asked for."""
    found = stored_findings.describe(service, caller, request["findingArns"])
    return {"findings": [finding(one) for one in found.items], "failedItems": failed(found.failed)}


def add_attributes_to_findings(service: Service, caller: Caller, request: Mapping[str, Any]) -> dict[str, Any]:
    """Sets user attributes; findings where it cannot be done are named."""
    wanted = pairs(request["attributes"])
    return {"failedItems": failed(stored_findings.add_attributes(service, caller, request["findingArns"], wanted))}


def remove_attributes_from_findings(service: Service, caller: Caller, request: Mapping[str, Any]) -> dict[str, Any]:
    """Removes user attributes by key; findings where it cannot be done are named."""
    arns, keys = request["findingArns"], request["attributeKeys"]
    return {"failedItems": failed(stored_findings.remove_attributes(service, caller, arns, keys))}


def _filter(wanted: Mapping[str, Any]) -> stored_findings.FindingFilter:
    return stored_findings.FindingFilter(
        hosts=several(wanted.get("agentIds")),
        scaling_groups=several(wanted.get("autoScalingGroups")),
        rules=several(wanted.get("ruleNames")),
        severities=several(wanted.get("severities")),
        packages=several(wanted.get("rulesPackageArns")),
        attributes=pairs(wanted.get("attributes")),
        user_attributes=pairs(wanted.get("userAttributes")),
        created=moments(wanted.get("creationTimeRange")),
    )
