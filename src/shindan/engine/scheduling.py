"""The one look, once a minute, for what schedules have to do: new hosts, runs whose time has come, reports to send.

Nothing is remembered between looks, so that it may be done twice, by several workers, and be killed anywhere.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from shindan.engine.clock import milliseconds
from shindan.store import schedule_reports, schedules
from shindan.store.database import Database

SCHEDULES = "schedules"
"""The job."""

EACH_MINUTE = "5 * * * * *"
"""When it looks; a moment behind the full minute, at which expressions come due."""

Begin = Callable[[str, str], None]
"""Does what a schedule (account, id) has to do now, if it still has: one transaction or nothing."""

Send = Callable[[str], None]
"""Sends the report of a run (id), if it is still to be sent."""

_log = logging.getLogger("shindan.engine")


def look(database: Database, begin: Begin, send: Send) -> None:
    """The job. What one schedule fails at does not keep the others; it is tried again with the next look."""
    _meet(database, milliseconds())
    now = milliseconds()
    with database.read() as connection:
        due = schedules.due(connection, now)
        reports = schedule_reports.due(connection, now)
    for account, id_ in due:
        try:
            begin(account, id_)
        except Exception:  # noqa: BLE001 - the others have their time, too
            _log.exception("schedule failed: %s of account %s", id_, account)
    for run in reports:
        try:
            send(run)
        except Exception:  # noqa: BLE001 - as above
            _log.exception("scheduled report failed: run %s", run)


def _meet(database: Database, now: int) -> None:
    """Notes hosts that schedules for new ones do not know yet; the first of them says when there is a run of all."""
    with database.read() as connection:
        strange = [one for one in schedules.for_new_hosts(connection) if schedules.is_strange(connection, one)]
    for seen in strange:
        with database.write() as connection:
            one = schedules.get(connection, seen.account, seen.id, hold=True)
            if one is None or one.paused or not schedules.meet(connection, one, now, fresh=True):
                continue
            if one.due_at is None:
                schedules.change(connection, one.id, due_at=now + one.plan.period * 1000)
