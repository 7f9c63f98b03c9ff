"""All verbs of our own, by name: the only list. Who adds one adds a line to the table of its noun."""

from __future__ import annotations

from collections.abc import Mapping

from shindan.api import own_channels, own_fleet, own_reports, own_runs, own_schedules, own_tailoring
from shindan.api.own import OwnCall

OWN: Mapping[str, OwnCall] = {
    **own_channels.CALLS,
    **own_fleet.CALLS,
    **own_reports.CALLS,
    **own_runs.CALLS,
    **own_schedules.CALLS,
    **own_tailoring.CALLS,
}
