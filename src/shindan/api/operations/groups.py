"""CreateResourceGroup, DescribeResourceGroups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shindan.api.parts import pairs
from shindan.api.shapes_assessments import resource_group
from shindan.api.shapes_common import failed
from shindan.service import groups
from shindan.service.caller import Caller
from shindan.service.service import Service


def create_resource_group(service: Service, caller: Caller, request: Mapping[str, Any]) -> dict[str, Any]:
    """A new group each time. One key may stand in several pairs: they are alternatives."""
    return {"resourceGroupArn": str(groups.create(service, caller, pairs(request["resourceGroupTags"])))}


def describe_resource_groups(service: Service, caller: Caller, request: Mapping[str, Any]) -> dict[str, Any]:
    """Groups in the order asked for."""
    found = groups.describe(service, caller, request["resourceGroupArns"])
    return {
        "resourceGroups": [resource_group(caller, group) for group in found.items],
        "failedItems": failed(found.failed),
    }
