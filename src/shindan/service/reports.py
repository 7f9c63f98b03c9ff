"""Reports of runs that ended: the first call has one made, later calls ask how far it is (specification, section 8)."""

from __future__ import annotations

from typing import Literal

from sqlalchemy import Connection

from shindan.engine.clock import milliseconds
from shindan.engine.reporting import REPORT, report_key
from shindan.locale import LANGUAGES
from shindan.model.fleet import FORMS
from shindan.model.refusals import InvalidInput, RunInProgress, UnsupportedFeature
from shindan.model.report import FORMATS, TYPES
from shindan.model.run import EVALUATED, Run
from shindan.service.caller import Caller
from shindan.service.links import link
from shindan.service.runs import named
from shindan.service.service import Service
from shindan.store import reports
from shindan.store.reports import Kept, Which

ALL_FORMATS = (*FORMATS, *FORMS)
Status = Literal["WORK_IN_PROGRESS", "COMPLETED", "FAILED"]

FIRST_RUN_WITH_REPORTS = 1_493_078_400_000
"""2017-04-25: the original has no reports of older runs, nor have those that were taken over from it."""

_TRY_AGAIN = 60_000
"""Milliseconds after which asking for a report that failed has it made again."""

_LOOK_AGAIN = 300_000
"""Milliseconds after which a report that is still being made is ordered again, should its job be lost."""


def get(
    service: Service, caller: Caller, run_arn: str, format: str, type: str, language: str = "en"
) -> tuple[Status, str | None]:
    """How far a report is, and once it is there an address to download it from for an hour.

    Beside the API's formats there are those of `model.fleet`, and languages. It is made again when attributes of
    findings have changed since. Raises InvalidInput, NoSuchEntity, RunInProgress, and UnsupportedFeature for runs from
    before there were reports.
    """
    if format not in ALL_FORMATS or type not in TYPES or language not in LANGUAGES:
        forms, tongues = ", ".join(ALL_FORMATS), " or ".join(LANGUAGES)
        message = f"a report is {' or '.join(TYPES)}, as one of {forms}, in {tongues}"
        raise InvalidInput("INVALID_ASSESSMENT_RUN_ARN", message)
    now = milliseconds()
    with service.database.read() as connection:
        run = _reportable(named(connection, caller, run_arn), run_arn)
        which = _which(run.id, type, format, language)
        found = reports.get(connection, which)
        if found is not None and not _due(connection, found, which, now):
            return _told(service, found, which, now)
    with service.database.write() as connection:
        if (now_found := reports.get(connection, which)) != found and now_found is not None:
            return _told(service, now_found, which, now)  # somebody else was quicker
        reports.begin(connection, which, now)
        service.jobs.enqueue(REPORT, which._asdict(), key=report_key(which), conn=connection)
    return "WORK_IN_PROGRESS", None


def why_not(service: Service, caller: Caller, run_arn: str, format: str, type: str, language: str = "en") -> str:
    """Why a report failed; "" where it did not. The API has no place for it."""
    with service.database.read() as connection:
        found = reports.get(connection, _which(named(connection, caller, run_arn).id, type, format, language))
    return found.error if found is not None else ""


def _which(run_id: str, type_: str, format_: str, language: str) -> Which:
    """Only what people read has a language, and only it comes in two lengths."""
    return Which(run_id, type_, format_, language) if format_ in FORMATS else Which(run_id, "FINDING", format_)


def _reportable(run: Run, arn: str) -> Run:
    if not run.ended:
        raise RunInProgress([arn])
    if run.created_at < FIRST_RUN_WITH_REPORTS:
        raise UnsupportedFeature("runs from before 2017-04-25 have no reports")
    if run.state not in EVALUATED:
        message = f"a run that ended as {run.state} has nothing to report: its findings were not evaluated"
        raise InvalidInput("INVALID_ASSESSMENT_RUN_STATE", message)
    return run


def _due(connection: Connection, found: Kept, which: Which, now: int) -> bool:
    if found.status == "FAILED":
        return now - found.at >= _TRY_AGAIN
    if found.status == "WORK_IN_PROGRESS":
        return now - found.at >= _LOOK_AGAIN
    return reports.changed_at(connection, which.run) > found.attributes_at


def _told(service: Service, found: Kept, which: Which, now: int) -> tuple[Status, str | None]:
    status: Status = found.status  # type: ignore[assignment]
    return status, link(service, which, now) if status == "COMPLETED" else None
