"""The doctor's patient, from a data folder that may be in any state."""

from __future__ import annotations

from pathlib import Path

from shindan.app.house import refuse_missing
from shindan.app.mending import opened_in_any_state
from shindan.service.doctor import examine
from shindan.service.doctor_seen import Patient, Seen
from shindan.settings import address


def examined(data: Path | None) -> list[Seen]:
    """Looks an installation over. Raises SettingsError, and StoreError where there is none."""
    with opened_in_any_state(data) as (settings, database):
        refuse_missing(settings, database)
        where = address(settings.listen)
        own = Path(settings.rules) if settings.rules else None
        return examine(Patient(database, settings.data, where, settings.tls, settings.feeds_max_age, own))
