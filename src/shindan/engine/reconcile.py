"""What runs on a timetable: nothing is left behind, whatever was killed and when."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shindan.engine.clock import milliseconds
from shindan.engine.work import Work, advance_key
from shindan.store import exclusions, issues, runs

TIMETABLE = {
    "reconcile": "0 * * * * *",
    "deliver": "30 * * * * *",
    "digest": "10 * * * * *",
    "meet": "20 */5 * * * *",
    "silence": "50 * * * * *",
    "rejudge": "40 */15 * * * *",  # advisories may come from beside the server, too
}
"""Jobs by name and when they run."""

PREVIEW_LASTS = 86_400_000
"""Milliseconds that the token of a preview is good for."""


def reconcile(work: Work, _: Mapping[str, Any]) -> None:
    """Looks at every run that has not ended, brings back issues whose suppression expired, forgets old previews."""
    now = milliseconds()
    with work.database.read() as connection:
        going = runs.in_progress(connection)
        accounts = issues.accounts_with_suppressions(connection)
    for run_id in going:
        work.jobs.enqueue("advance", {"run": run_id}, key=advance_key(run_id))
    for account in accounts:
        with work.database.write() as connection:
            issues.mark(connection, account, now)
    with work.database.write() as connection:
        exclusions.remove_previews(connection, now - PREVIEW_LASTS)
