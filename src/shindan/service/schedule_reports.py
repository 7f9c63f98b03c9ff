"""Reports of scheduled runs: made when the run has ended, and sent to a channel of the account."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from typing import NamedTuple

from shindan.engine.clock import milliseconds
from shindan.model.errors import ShindanError
from shindan.model.run import EVALUATED
from shindan.model.schedule import Outcome, ScheduleEvent
from shindan.service import reports
from shindan.service.caller import Caller
from shindan.service.schedule_starts import caller_of
from shindan.service.service import Service
from shindan.store import reports as kept
from shindan.store import schedule_reports as stored
from shindan.store import schedules
from shindan.store.reports import Which
from shindan.store.schedule_reports import Waiting

MEDIA = {"HTML": "text/html", "PDF": "application/pdf"}
_HELD = 600_000
"""Milliseconds that a worker has for one; after that another one takes it on."""

_PAUSE, _MOST_ATTEMPTS = 300_000, 8
_NOT_IN_NAMES = re.compile(r"[^\w.-]+")
_log = logging.getLogger("shindan.service")


class Attachment(NamedTuple):
    """A report as it is sent: file name, content, media type, and what the message is called."""

    name: str
    content: bytes
    media_type: str
    subject: str


Sender = Callable[[Service, Caller, str, Attachment], None]
"""Sends to a channel (by name) of the caller's account. Raises ShindanError where it could not."""


def send(service: Service, run_id: str, sender: Sender) -> None:
    """Sends the report of an ended run, or has it made first; what fails is tried again, up to eight times."""
    now = milliseconds()
    with service.database.write() as connection:
        waiting = stored.claim(connection, run_id, now, now + _HELD)
        schedule = schedules.get(connection, waiting.account, waiting.schedule) if waiting else None
    if waiting is None or schedule is None:
        return
    caller = caller_of(service, schedule)
    try:
        made = _made(service, caller, waiting)
        if made is None:
            _put_off(service, waiting, now, failed=False)
            return
        sender(service, caller, waiting.wish.channel, made)
    except ShindanError as error:
        if waiting.state in EVALUATED and waiting.attempts + 1 < _MOST_ATTEMPTS:
            _put_off(service, waiting, now + _PAUSE * 2**waiting.attempts, failed=True)
            _log.warning("scheduled report not sent: run %s: %s", run_id, error)
            return
        _end(service, waiting, "report-failed", str(error))
        return
    _end(service, waiting, "report-sent", f"{made.name} to {waiting.wish.channel}")


def _made(service: Service, caller: Caller, waiting: Waiting) -> Attachment | None:
    """The report; None while it is being made. Raises ShindanError where it cannot be."""
    wish = waiting.wish
    arn = str(caller.arn("run", waiting.target, waiting.template, waiting.run))
    status, _ = reports.get(service, caller, arn, wish.format, wish.type, wish.language)
    if status == "WORK_IN_PROGRESS":
        return None
    if status == "FAILED":
        why = reports.why_not(service, caller, arn, wish.format, wish.type, wish.language)
        raise ShindanError(f"the report could not be made: {why}")
    with service.database.read() as connection:
        found = kept.get(connection, Which(waiting.run, wish.type, wish.format, wish.language))
    if found is None or found.blob is None:
        return None
    name = f"{_NOT_IN_NAMES.sub('-', waiting.name).strip('-')[:100] or waiting.run}.{wish.format.lower()}"
    return Attachment(name, service.blobs.get(found.blob), MEDIA[wish.format], waiting.name)


def _put_off(service: Service, waiting: Waiting, until: int, *, failed: bool) -> None:
    with service.database.write() as connection:
        stored.try_again(connection, waiting.run, until, failed=failed)


def _end(service: Service, waiting: Waiting, outcome: Outcome, detail: str) -> None:
    event = ScheduleEvent(0, milliseconds(), None, outcome, "REPORT", detail[:1000], waiting.run)
    with service.database.write() as connection:
        stored.done(connection, waiting.run)
        schedules.note(connection, waiting.schedule, event)
