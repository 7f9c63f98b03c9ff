"""What became of issues, read from the moves that a transaction notes for the tallies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from shindan.store.tally import Move


class State(NamedTuple):
    """An issue at one time: number of its rule's text, severity, status."""

    rule: int
    severity: int
    status: str


class Change(NamedTuple):
    """A package's issue that is new (`was` is None) or has another state now."""

    package: int
    was: State | None
    now: State


def changes(moves: Sequence[Move]) -> dict[Change, list[str]]:
    """Changes with the hosts whose issues they are of, each host once.

    Whoever changes an issue notes two moves, one behind the other: out of what it was, and into what it is.
    """
    # Plain tuples while there are many: of a hundred thousand moves there are some hundred kinds.
    found: dict[tuple[int, tuple[int, int, str] | None, tuple[int, int, str]], list[str]] = {}
    was: tuple[int, int, str] | None = None
    for _account, host, package, rule, severity, status, number in moves:
        if number < 0:
            was = (rule, severity, status)
            continue
        found.setdefault((package, was, (rule, severity, status)), []).append(host)
        was = None
    return {
        Change(package, State(*before) if before else None, State(*now)): list(dict.fromkeys(hosts))
        for (package, before, now), hosts in found.items()
    }
