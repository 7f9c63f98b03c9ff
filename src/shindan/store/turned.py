"""What became of issues, read from the moves that a transaction notes for the tallies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from shindan.store.tally import Move


class State(NamedTuple):
    """An issue at one time: number of its rule's text, severity, status."""

    rule: int
    severity: int
    status: str


class Turned(NamedTuple):
    """One issue of a host that is new (`was` is None) or has another state now."""

    account: str
    host: str
    package: int
    was: State | None
    now: State


def turned(moves: Sequence[Move]) -> Iterator[Turned]:
    """Whoever changes an issue notes two moves, one behind the other: out of what it was, and into what it is."""
    was: Move | None = None
    for move in moves:
        if move.number < 0:
            was = move
            continue
        before = None if was is None else State(was.rule, was.severity, was.status)
        yield Turned(move.account, move.host, move.package, before, State(move.rule, move.severity, move.status))
        was = None
