"""GetAssessmentReport."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shindan.service import reports
from shindan.service.caller import Caller
from shindan.service.service import Service


def get_assessment_report(service: Service, caller: Caller, request: Mapping[str, Any]) -> dict[str, Any]:
    """The first call has the report made, later ones ask how far it is."""
    arn, format_, type_ = request["assessmentRunArn"], request["reportFileFormat"], request["reportType"]
    status, url = reports.get(service, caller, arn, format_, type_)
    return {"status": status, "url": url}
