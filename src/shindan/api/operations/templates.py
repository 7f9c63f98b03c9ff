"""Create, describe, list and delete assessment templates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shindan.api.parts import pairs, seconds, several
from shindan.api.shapes_assessments import template
from shindan.api.shapes_common import failed
from shindan.service import templates
from shindan.service.caller import Caller
from shindan.service.service import Service


def create_assessment_template(service: Service, caller: Caller, request: Mapping[str, Any]) -> dict[str, Any]:
    """Nothing of it but its tags can be changed later."""
    arn = templates.create(
        service,
        caller,
        request["assessmentTargetArn"],
        request["assessmentTemplateName"],
        request["durationInSeconds"],
        request["rulesPackageArns"],
        pairs(request.get("userAttributesForFindings")),
    )
    return {"assessmentTemplateArn": str(arn)}


def delete_assessment_template(service: Service, caller: Caller, request: Mapping[str, Any]) -> None:
    """With its runs and their findings."""
    templates.delete(service, caller, request["assessmentTemplateArn"])


def describe_assessment_templates(service: Service, caller: Caller, request: Mapping[str, Any]) -> dict[str, Any]:
    """Templates in the order asked for."""
    found = templates.describe(service, caller, request["assessmentTemplateArns"])
    return {"assessmentTemplates": [template(caller, one) for one in found.items], "failedItems": failed(found.failed)}


def list_assessment_templates(service: Service, caller: Caller, request: Mapping[str, Any]) -> dict[str, Any]:
    """A page of names; a template has every rules package that the filter names."""
    wanted = request.get("filter") or {}
    page = templates.list_(
        service,
        caller,
        targets=several(request.get("assessmentTargetArns")),
        name_pattern=wanted.get("namePattern"),
        duration=seconds(wanted.get("durationRange")),
        packages=several(wanted.get("rulesPackageArns")),
        token=request.get("nextToken"),
        max_results=request.get("maxResults"),
    )
    return {"assessmentTemplateArns": list(page.items), "nextToken": page.next_token}
