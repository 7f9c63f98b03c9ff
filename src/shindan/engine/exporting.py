"""Fleets become files: written host by host into a temporary file, which the blob store takes as it is."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from shindan.engine.clock import milliseconds
from shindan.engine.fleet_of_issues import fleet_of_issues
from shindan.engine.work import Work
from shindan.model.errors import ShindanError
from shindan.model.fleet import Fleet
from shindan.render.fleet import load
from shindan.render.plain_stream import PlainStream
from shindan.store import exports

EXPORT = "export"
_TRIES = 3
_log = logging.getLogger("shindan.engine")


class TargetGone(ShindanError):
    """The target that was to be exported is gone."""


def kept(work: Work, fleet: Fleet, form: str) -> str:
    """Writes a fleet in a form; the digest of its blob."""
    write = load(form)
    with tempfile.TemporaryDirectory(prefix="shindan-export-") as folder:
        path = Path(folder) / "export"
        # Of a CSV the line ends are the form's own.
        with path.open("w", encoding="utf-8", newline="") as stream:
            write(fleet, PlainStream(stream))
        return work.blobs.put_file(path)


def export(work: Work, args: Mapping[str, Any]) -> None:
    """The job: makes one export. What cannot be made ends as FAILED, with the reason."""
    id_ = str(args["export"])
    with work.database.read() as connection:
        found = exports.get(connection, id_)
    if found is None or found.status != "WORK_IN_PROGRESS":
        return
    blob, error = None, ""
    try:
        fleet = fleet_of_issues(work.database, work.region, found.account, found.about.target)
        if fleet is None:
            raise TargetGone
        blob = kept(work, fleet, found.about.form)
    except ShindanError as refused:
        error = f"{refused}{f'; {refused.remedy}' if refused.remedy else ''}"
        _log.warning("export failed: %s: %s", id_, error)
    except Exception as unforeseen:
        if int(args.get("attempt", 1)) < _TRIES:
            raise
        _log.exception("export failed: %s", id_)
        error = f"{type(unforeseen).__name__}: {unforeseen}"
    with work.database.write() as connection:
        exports.end(connection, id_, milliseconds(), blob=blob, error=error[:1000])
