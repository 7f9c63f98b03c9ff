"""ListRulesPackages, DescribeRulesPackages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shindan.api.shapes_assessments import rules_package
from shindan.api.shapes_common import failed
from shindan.service import packages
from shindan.service.caller import Caller
from shindan.service.service import Service


def list_rules_packages(service: Service, caller: Caller, request: Mapping[str, Any]) -> dict[str, Any]:
    """The configured region's names of all rules packages."""
    page = packages.list_(service, caller, token=request.get("nextToken"), max_results=request.get("maxResults"))
    return {"rulesPackageArns": list(page.items), "nextToken": page.next_token}


def describe_rules_packages(service: Service, caller: Caller, request: Mapping[str, Any]) -> dict[str, Any]:
    """Rules packages under the names that were asked for, of whatever region."""
    found = packages.describe(service, caller, request["rulesPackageArns"])
    return {
        "rulesPackages": [rules_package(arn, package) for arn, package in found.items],
        "failedItems": failed(found.failed),
    }
