"""Suppressions of the document. They have no name: what they are about stands for it."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import TypeVar

from shindan.engine.clock import milliseconds
from shindan.model.issue import Suppression
from shindan.service import suppressions
from shindan.service.fleet.document import Fleet, SuppressionEntry
from shindan.service.fleet.kind import Context, Existing, Fields, FleetError, Key, Wanted
from shindan.store import issues

CHOSEN = "selection"
"""What cannot be written down: findings that somebody chose one by one."""

_DAY = 86_400_000
Thing = TypeVar("Thing", bound=Wanted | Existing)


class Suppressions:
    """See `Kind`."""

    word = "suppression"

    def name(self, key: Key) -> str:
        """See `Kind.name`."""
        return " ".join(f"{kind}={value}" for kind, value in _scope_of(key))

    def wanted(self, context: Context, fleet: Fleet) -> dict[Key, Wanted]:
        """See `Kind.wanted`; those that are over ask for nothing."""
        found: list[tuple[Key, Wanted]] = []
        for number, entry in enumerate(fleet.suppressions):
            place = f"suppressions[{number}]"
            until = _moment(place, entry.until)
            if until is not None and until <= milliseconds():
                continue
            fields = {"reason": entry.reason, "expires_at": until}
            fields |= {"owner": entry.owner} if entry.owner is not None else {}
            found.append((_key(_scope(entry)), Wanted(place, fields)))
        return _numbered(found)

    def existing(self, context: Context) -> dict[Key, Existing]:
        """See `Kind.existing`."""
        found: list[tuple[Key, Existing]] = []
        for one in issues.suppressions(context.connection, context.caller.account):
            if any(kind == CHOSEN for kind, _ in one.scope):
                continue
            fields = {"reason": one.reason, "expires_at": one.expires_at, "owner": one.owner}
            found.append((_key(one.scope), Existing(one.id, fields)))
        return _numbered(found)

    def create(self, context: Context, key: Key, fields: Fields) -> str:
        """See `Kind.create`."""
        return suppressions.create(
            context.service,
            context.caller,
            _scope_of(key),  # type: ignore[arg-type]
            fields["reason"],
            owner=fields.get("owner"),
            expires_at=fields["expires_at"],
        )

    def change(self, context: Context, key: Key, was: Existing, fields: Fields) -> None:
        """See `Kind.change`."""
        raise AssertionError("suppressions are made anew")

    def fixed(self, was: Fields, fields: Fields) -> str:
        """See `Kind.fixed`: nothing hangs on one, so it is made anew without a word."""
        return "it is made anew"

    def loss(self, context: Context, was: Existing) -> str:
        """See `Kind.loss`."""
        return ""

    def remove(self, context: Context, key: Key, was: Existing) -> None:
        """See `Kind.remove`."""
        suppressions.delete(context.service, context.caller, was.id)


def entries_of(found: Iterable[Suppression]) -> list[SuppressionEntry]:
    """Suppressions as the document writes them, in one order; what is the same but for its owner once."""
    ordered = sorted(found, key=lambda one: (_key(one.scope), one.reason, one.expires_at or 0, one.owner))
    once = {(_key(one.scope), one.reason, one.expires_at): one for one in reversed(ordered)}
    return [_entry(one) for one in reversed(once.values()) if all(kind != CHOSEN for kind, _ in one.scope)]


def _entry(one: Suppression) -> SuppressionEntry:
    scope: dict[str, list[str]] = {}
    for kind, value in sorted(one.scope):
        scope.setdefault(kind, []).append(value)
    return SuppressionEntry(
        scope={kind: values[0] if len(values) == 1 else tuple(values) for kind, values in scope.items()},
        reason=one.reason,
        owner=one.owner,
        until=_written(one.expires_at),
    )


def _scope(entry: SuppressionEntry) -> list[tuple[str, str]]:
    several = ((kind, value if isinstance(value, tuple) else (value,)) for kind, value in entry.scope.items())
    return [(kind, value) for kind, values in several for value in values]


def _key(scope: Iterable[tuple[str, str]]) -> Key:
    return tuple(text for pair in sorted(set(scope)) for text in pair)


def _scope_of(key: Key) -> list[tuple[str, str]]:
    texts = key[: len(key) // 2 * 2]
    return list(zip(texts[::2], texts[1::2], strict=True))


def _numbered(found: Iterable[tuple[Key, Thing]]) -> dict[Key, Thing]:
    """Things by keys of their own: of several with one scope the second gets a further part. What they are decides who
    is the second, so that it is the same in a document and in an account, whatever came first there; and what is the
    same but for its owner is one.
    """
    numbered: dict[Key, Thing] = {}
    seen: set[tuple[Key, str, int]] = set()
    for pair in sorted(found, key=lambda one: (one[0], _order(one[1].fields))):
        free, alike = pair[0], (pair[0], *_order(pair[1].fields)[:2])
        if alike in seen:
            continue
        seen.add(alike)
        number = sum(one[0] == pair[0] for one in seen)
        if number > 1:
            free = (*pair[0], f"#{number}")
        numbered[free] = pair[1]
    return numbered


def _order(fields: Fields) -> tuple[str, int, str]:
    return fields["reason"], fields["expires_at"] or 0, fields.get("owner") or ""


def _moment(place: str, text: str | None) -> int | None:
    """Milliseconds of the end of a day, or of a moment. Raises FleetError."""
    if text is None:
        return None
    try:
        if len(text) == len("2027-01-31"):
            day = datetime.datetime.fromisoformat(text).replace(tzinfo=datetime.UTC)
            return round(day.timestamp() * 1000) + _DAY
        moment = datetime.datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        raise FleetError(f"{place}.until", f"{text[:40]!r} is no day such as 2027-01-31") from None
    if moment.tzinfo is None:
        raise FleetError(f"{place}.until", f"{text[:40]!r} has no time zone: write 2027-01-31T12:00:00Z")
    return round(moment.timestamp() * 1000)


def _written(at: int | None) -> str | None:
    if at is None:
        return None
    moment = datetime.datetime.fromtimestamp(at / 1000, datetime.UTC)
    if at % _DAY == 0:
        return (moment - datetime.timedelta(days=1)).date().isoformat()
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
