"""Reports and exports in forms and languages that the assessment API does not have (`service.reports`, `.exports`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from shindan.api.own import OwnCall, asked
from shindan.service import exports, reports
from shindan.service.caller import Caller
from shindan.service.rights import must
from shindan.service.service import Service


class RunReport(Struct, forbid_unknown_fields=True):
    """A run that ended (ARN); `format` as `reports.ALL_FORMATS` has it, `type` FINDING or FULL, `language` en or ja."""

    run: str
    format: str
    type: str = "FINDING"
    language: str = "en"


class FindingsExport(Struct, forbid_unknown_fields=True):
    """With `export` (an id): how far it is. Without: what is to be made, of a target (ARN) or of all hosts."""

    export: str = ""
    format: str = ""
    target: str = ""


def _run_report(service: Service, caller: Caller, request: Mapping[str, Any]) -> dict[str, Any]:
    wanted = asked(request, RunReport)
    must(caller, "GetRunReport", wanted.run)
    which = (wanted.run, wanted.format, wanted.type, wanted.language)
    status, url = reports.get(service, caller, *which)
    error = reports.why_not(service, caller, *which) if status == "FAILED" else ""
    return {"status": status, "url": url, "error": error}


def _findings_export(service: Service, caller: Caller, request: Mapping[str, Any]) -> dict[str, Any]:
    wanted = asked(request, FindingsExport)
    if wanted.export:
        return exports.get(service, caller, wanted.export)._asdict()
    return exports.start(service, caller, wanted.format, wanted.target)._asdict()


CALLS: Mapping[str, OwnCall] = {"GetRunReport": _run_report, "GetFindingsExport": _findings_export}
