"""PreviewAgents, ListAssessmentRunAgents, GetTelemetryMetadata."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shindan.api.parts import several
from shindan.api.shapes_runs import agent_preview, run_agent, telemetry
from shindan.service import agents, runs
from shindan.service.caller import Caller
from shindan.service.service import Service


def preview_agents(service: Service, caller: Caller, request: Mapping[str, Any]) -> dict[str, Any]:
    """A page of the hosts that a target means now."""
    page = agents.preview(
        service,
        caller,
        request["previewAgentsArn"],
        token=request.get("nextToken"),
        max_results=request.get("maxResults"),
    )
    return {"agentPreviews": [agent_preview(host) for host in page.items], "nextToken": page.next_token}


def list_assessment_run_agents(service: Service, caller: Caller, request: Mapping[str, Any]) -> dict[str, Any]:
    """A page of the hosts of a run."""
    arn, wanted = request["assessmentRunArn"], request.get("filter") or {}
    page = runs.agents(
        service,
        caller,
        arn,
        healths=several(wanted.get("agentHealths")),
        codes=several(wanted.get("agentHealthCodes")),
        token=request.get("nextToken"),
        max_results=request.get("maxResults"),
    )
    return {"assessmentRunAgents": [run_agent(arn, host) for host in page.items], "nextToken": page.next_token}


def get_telemetry_metadata(service: Service, caller: Caller, request: Mapping[str, Any]) -> dict[str, Any]:
    """What the hosts of a run sent, by type of message."""
    return {"telemetryMetadata": telemetry(runs.telemetry(service, caller, request["assessmentRunArn"]))}
