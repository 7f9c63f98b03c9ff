"""The events of an OSV range → intervals of versions.

Source: https://ossf.github.io/osv-schema/#affectedrangesevents-fields and its evaluation algorithm: events may stand in
any order and are sorted by version; `introduced` 0 is before every version; what is affected already is not introduced
again, and what is fixed already is not fixed again.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from shindan.versions import SCHEMES, key

Interval = tuple[str, str, str]
"""(introduced, fixed, last affected); "" where unbounded. `fixed` "0" means that nothing ever was affected."""


class Event(msgspec.Struct, gc=False):
    """One event: one of its fields is set. `limit` bounds commits and is not read."""

    introduced: str | None = None
    fixed: str | None = None
    last_affected: str | None = None
    limit: str | None = None


def intervals(events: Sequence[Event], scheme: str) -> list[Interval]:
    """The intervals of one range, in order."""
    if len(events) == 2:  # nearly every range is: since ever, until a fix
        first, second = events
        if first.introduced == "0" and second.fixed is not None:
            return [("", second.fixed, "")]
    if not any(event.introduced is not None for event in events):
        events = [Event(introduced="0"), *events]
    return _walk(_sorted(events, scheme))


def _sorted(events: Sequence[Event], scheme: str) -> Sequence[Event]:
    """By version; as they are where one is none, or the scheme has no order."""
    if scheme not in SCHEMES:
        return events
    try:
        return sorted(events, key=lambda event: _place(event, scheme))
    except ValueError:
        return events


def _place(event: Event, scheme: str) -> tuple[bytes, int]:
    if event.introduced is not None:
        return (b"", 0) if event.introduced == "0" else (key(scheme, event.introduced), 1)
    if event.fixed is not None:
        return (b"", 1) if event.fixed == "0" else (key(scheme, event.fixed), 0)
    return key(scheme, event.last_affected or event.limit or ""), 2


def _walk(events: Sequence[Event]) -> list[Interval]:
    found: list[Interval] = []
    begun: str | None = None
    for event in events:
        if event.introduced is not None:
            if begun is None:
                begun = "" if event.introduced == "0" else event.introduced
        elif begun is not None and event.fixed is not None:
            found.append((begun, event.fixed, ""))
            begun = None
        elif begun is not None and event.last_affected is not None:
            found.append((begun, "", event.last_affected))
            begun = None
    if begun is not None:
        found.append((begun, "", ""))
    return found
