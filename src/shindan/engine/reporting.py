"""Makes reports: gathers what a run found, gives it its form, and keeps that beside the database."""

from __future__ import annotations

import io
import logging
from collections.abc import Mapping
from typing import Any

from shindan.engine.clock import milliseconds
from shindan.engine.exporting import kept
from shindan.engine.fleet_of_run import fleet_of_run
from shindan.engine.gathering import gather
from shindan.engine.work import Work
from shindan.model.errors import ShindanError
from shindan.model.fleet import FORMS
from shindan.model.report import Report, ReportType
from shindan.store import reports, runs
from shindan.store.reports import Which

REPORT = "report"
_TRIES = 3
_log = logging.getLogger("shindan.engine")


def report_key(which: Which) -> str:
    """The key under which a report's making waits."""
    return f"{REPORT} {which.run} {which.type} {which.format} {which.language}"


def report(work: Work, args: Mapping[str, Any]) -> None:
    """The job: makes one report. What cannot be made ends as FAILED, with the reason."""
    which = Which(str(args["run"]), str(args["type"]), str(args["format"]), str(args.get("language") or "en"))
    try:
        _made(work, which)
    except ShindanError as error:
        _log.warning("report failed: %s: %s", report_key(which), error)
        _failed(work, which, "; ".join(filter(None, (str(error).rstrip("."), error.remedy))))
    except Exception as error:
        if int(args.get("attempt", 1)) < _TRIES:
            raise
        _log.exception("report failed: %s", report_key(which))
        _failed(work, which, f"{type(error).__name__}: {error}")


def render(made: Report, format_: str, language: str = "en") -> bytes:
    """The report in its form and language. Raises ShindanError where that cannot be made here."""
    # What sets reports is 2 MB that a server without one can do without.
    from shindan.render import run_report_html, run_report_pdf

    if format_ == "PDF":
        return run_report_pdf.pdf(made, language)
    # Bytes from the start: a text of this size would be held twice, at two bytes a letter.
    held = io.BytesIO()
    stream = io.TextIOWrapper(held, encoding="utf-8", errors="replace", newline="")
    run_report_html.write(made, stream, language)
    stream.flush()
    return held.getvalue()


def _made(work: Work, which: Which) -> None:
    type_: ReportType = "FULL" if which.type == "FULL" else "FINDING"
    with work.database.read() as connection:
        run = runs.get(connection, which.run)
        if run is None:
            return  # deleted meanwhile, and the report with it
        attributes_at = reports.changed_at(connection, run.id)
        made = None if which.format in FORMS else gather(connection, work.region, run, type_)
    if made is not None:
        blob = work.blobs.put(render(made, which.format, which.language))
    else:
        fleet = fleet_of_run(work.database, work.region, run.id)
        if fleet is None:
            return
        blob = kept(work, fleet, which.format)
    with work.database.write() as connection:
        reports.complete(connection, which, blob, milliseconds(), attributes_at)


def _failed(work: Work, which: Which, error: str) -> None:
    with work.database.write() as connection:
        reports.fail(connection, which, error[:1000], milliseconds())
