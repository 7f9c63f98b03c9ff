"""What channels are told of the installation itself: advisories that are out of date, a certificate about to end.

Each is told once, when it comes to be so; a feed that was renewed and grows old again is told again.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from shindan.engine import happening
from shindan.engine.clock import age_days, now
from shindan.model.channel import Happens
from shindan.model.errors import ShindanError
from shindan.service.certificates import WARN_DAYS, Certificate, read
from shindan.service.feeds import FeedDesk
from shindan.service.service import Service
from shindan.store import channels, settings_table

STALE_DAYS = 7.0
"""Age of a feed's newest record at which it is called out of date, as everywhere."""

_TOLD = "channels.told"
_STEPS = (WARN_DAYS, 7, 1)
"""Days before its end at which a certificate is told of, each once."""

_log = logging.getLogger("shindan.service")

Things = Mapping[str, tuple[Happens, Mapping[str, Any]]]
"""What is so now, by a name that stays the same while it is."""


def look(service: Service, certificate: Path | None) -> None:
    """Tells what has come to be so since the last look."""
    with service.database.read() as connection:
        if not channels.listeners(connection):
            return
    things: Things = {**dict(_feeds(service)), **dict(_certificate(certificate))}
    with service.database.write() as connection:
        told = set(settings_table.get(connection, _TOLD) or [])
        for name, (event, detail) in things.items():
            if name not in told:
                happening.note_installation(connection, service.jobs, event, detail)
        if told != set(things):
            settings_table.put(connection, _TOLD, sorted(things))


def _feeds(service: Service) -> Iterator[tuple[str, tuple[Happens, Mapping[str, Any]]]]:
    try:
        generations = FeedDesk(service.data).generations()
    except ShindanError as error:
        _log.warning("feeds cannot be looked at: %s", error)
        return
    for one in generations:
        days = age_days(one.newest, now())
        if days is None or days > STALE_DAYS:
            age = "its age is unknown" if days is None else f"its newest record is {days:.0f} days old"
            yield f"feed {one.name}", ("feed-stale", {"name": one.name, "why": age})


def _certificate(path: Path | None) -> Iterator[tuple[str, tuple[Happens, Mapping[str, Any]]]]:
    if path is None:
        return
    try:
        found: Certificate = read(path)
    except ShindanError as error:
        _log.warning("the certificate cannot be looked at: %s", error)
        return
    passed = [step for step in _STEPS if found.days_left < step]
    if passed:
        why = f"it ends at {found.not_after}" if found.days_left > 0 else f"it ended at {found.not_after}"
        name = f"certificate {found.sha256[:32]} {passed[-1]}"
        yield name, ("certificate-ending", {"name": path.name, "why": why})
