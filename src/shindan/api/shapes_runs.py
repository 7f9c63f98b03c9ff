"""Runs, their hosts and what these sent, as the API shows them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from shindan.api.shapes_common import ipv4, known, pairs
from shindan.model.host import Host
from shindan.model.run import Notification, RunHost, RunView
from shindan.model.stored_finding import SHOWN_SEVERITIES
from shindan.service.caller import Caller

MOST_CHANGES = 50
"""The model's limit for state changes and for notifications; of more, the newest are shown."""

Telemetry = Iterable[tuple[str, int, int]]
"""(type of message, how many, bytes)."""


def run(caller: Caller, view: RunView) -> dict[str, Any]:
    """Shape AssessmentRun. `findingCounts` has all five severities, also those of which there are none."""
    found = view.run
    arn = caller.arn("run", found.target, found.template, found.id)
    counts = dict(found.counts)
    return {
        "arn": str(arn),
        "name": found.name,
        "assessmentTemplateArn": str(arn.parent),
        "state": found.state,
        "durationInSeconds": found.duration,
        "rulesPackageArns": list(found.packages),
        "userAttributesForFindings": pairs(found.attributes),
        "createdAt": found.created_at,
        "startedAt": found.started_at,
        "completedAt": found.completed_at,
        "stateChangedAt": found.state_changed_at,
        "dataCollected": found.data_collected,
        "stateChanges": [{"stateChangedAt": one.at, "state": one.state} for one in view.states[-MOST_CHANGES:]],
        "notifications": [notification(one) for one in view.notifications[-MOST_CHANGES:]],
        "findingCounts": {severity: counts.get(severity, 0) for severity in SHOWN_SEVERITIES},
    }


def notification(found: Notification) -> dict[str, Any]:
    """Shape AssessmentRunNotification."""
    return {
        "date": found.at,
        "event": found.event,
        "message": found.message[:1000] or None,
        "error": found.error,
        "snsTopicArn": found.topic or None,
        "snsPublishStatusCode": found.status,
    }


def telemetry(rows: Telemetry) -> list[dict[str, Any]]:
    """Shape TelemetryMetadata, one row a type of message."""
    return [{"messageType": type_, "count": count, "dataSize": size} for type_, count, size in rows]


def agent_preview(host: Host) -> dict[str, Any]:
    """Shape AgentPreview; of a host that never reported no more than its id and health is known."""
    members = {
        "hostname": host.hostname[:256],
        "agentId": host.id,
        "autoScalingGroup": host.scaling_group[:256],
        "agentHealth": host.health,
        "agentVersion": host.agent_version[:128],
        "operatingSystem": host.system[:256],
        "kernelVersion": host.kernel[:128],
        "ipv4Address": next(iter(ipv4(host.addresses)), None),
    }
    return known(members)


def run_agent(run_arn: str, found: RunHost) -> dict[str, Any]:
    """Shape AssessmentRunAgent; `agentId` is the host's, whatever AWS's description of the member says."""
    members = {
        "agentId": found.host,
        "assessmentRunArn": run_arn,
        "agentHealth": found.health,
        "agentHealthCode": found.health_code,
        "agentHealthDetails": found.health_details[:1000],
        "autoScalingGroup": found.scaling_group[:256],
        "telemetryMetadata": telemetry(found.telemetry),
    }
    return known(members)
