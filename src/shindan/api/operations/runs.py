"""Start, stop, describe, list and delete assessment runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shindan.api.parts import moments, seconds, several
from shindan.api.shapes_common import failed
from shindan.api.shapes_runs import run
from shindan.service import runs
from shindan.service.caller import Caller
from shindan.service.service import Service


def start_assessment_run(service: Service, caller: Caller, request: Mapping[str, Any]) -> dict[str, Any]:
    """A new run of a template; without a name it is given one."""
    arn, name = request["assessmentTemplateArn"], request.get("assessmentRunName")
    return {"assessmentRunArn": str(runs.start(service, caller, arn, name))}


def stop_assessment_run(service: Service, caller: Caller, request: Mapping[str, Any]) -> None:
    """Ends collection early and evaluates what came, or ends the run without findings."""
    action = request.get("stopAction") or "START_EVALUATION"
    runs.stop(service, caller, request["assessmentRunArn"], action)


def delete_assessment_run(service: Service, caller: Caller, request: Mapping[str, Any]) -> None:
    """With its findings, exclusions and reports."""
    runs.delete(service, caller, request["assessmentRunArn"])


def describe_assessment_runs(service: Service, caller: Caller, request: Mapping[str, Any]) -> dict[str, Any]:
    """Runs in the order asked for."""
    found = runs.describe(service, caller, request["assessmentRunArns"])
    shown = [run(caller, view) for view in found.items]
    return {"assessmentRuns": shown, "failedItems": failed(found.failed)}


def list_assessment_runs(service: Service, caller: Caller, request: Mapping[str, Any]) -> dict[str, Any]:
    """A page of names; without templates, of all of them."""
    wanted = request.get("filter") or {}
    page = runs.list_(
        service,
        caller,
        templates=several(request.get("assessmentTemplateArns")),
        name_pattern=wanted.get("namePattern"),
        states=several(wanted.get("states")),
        duration=seconds(wanted.get("durationRange")),
        packages=several(wanted.get("rulesPackageArns")),
        started=moments(wanted.get("startTimeRange")),
        completed=moments(wanted.get("completionTimeRange")),
        changed=moments(wanted.get("stateChangeTimeRange")),
        token=request.get("nextToken"),
        max_results=request.get("maxResults"),
    )
    return {"assessmentRunArns": list(page.items), "nextToken": page.next_token}
