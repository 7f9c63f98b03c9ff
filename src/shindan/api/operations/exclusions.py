"""List and describe exclusions of a run, make and read previews of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shindan.api.shapes_common import failed
from shindan.api.shapes_exclusions import exclusion, preview
from shindan.service import exclusions
from shindan.service.caller import Caller
from shindan.service.service import Service


def list_exclusions(service: Service, caller: Caller, request: Mapping[str, Any]) -> dict[str, Any]:
    """A page of names."""
    arn, token = request["assessmentRunArn"], request.get("nextToken")
    page = exclusions.list_(service, caller, arn, token=token, max_results=request.get("maxResults"))
    return {"exclusionArns": list(page.items), "nextToken": page.next_token}


def describe_exclusions(service: Service, caller: Caller, request: Mapping[str, Any]) -> dict[str, Any]:
    """Exclusions by their names: the API has a map here and not a list."""
    found = exclusions.describe(service, caller, request["exclusionArns"])
    shown = [exclusion(one) for one in found.items]
    return {"exclusions": {one["arn"]: one for one in shown}, "failedItems": failed(found.failed)}


def create_exclusions_preview(service: Service, caller: Caller, request: Mapping[str, Any]) -> dict[str, Any]:
    """Has it worked out what would be excluded if the template ran now."""
    return {"previewToken": exclusions.create_preview(service, caller, request["assessmentTemplateArn"])}


def get_exclusions_preview(service: Service, caller: Caller, request: Mapping[str, Any]) -> dict[str, Any]:
    """How far a preview is, and a page of it."""
    arn, token = request["assessmentTemplateArn"], request["previewToken"]
    status, page = exclusions.get_preview(
        service, caller, arn, token, page_token=request.get("nextToken"), max_results=request.get("maxResults")
    )
    return {
        "previewStatus": status,
        "exclusionPreviews": [preview(one) for one in page.items],
        "nextToken": page.next_token,
    }
