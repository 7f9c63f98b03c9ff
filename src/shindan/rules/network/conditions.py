"""What rules ask of a packet. An answer is two sets of sources: from which it may hold, and from which it must.

The sets differ where nobody can tell (a mark, a match that is opaque): a rule then both applies and does not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from shindan.rules.network.packet import Packet
from shindan.rules.network.spans import NONE, Span, Spans, both, either, within, without

Answer = tuple[Spans, Spans]
"""Sources of which a condition may hold, and those of which it must: the second are among the first."""


class Condition(Protocol):
    """One condition."""

    def among(self, packet: Packet, live: Spans, reasons: set[str]) -> Answer:
        """For which of the sources `live` it holds; why nobody can tell is added to `reasons`."""
        ...


@dataclass(frozen=True, slots=True)
class Source:
    """The packet is of a family and comes from one of these addresses."""

    family: int
    spans: Spans

    def among(self, packet: Packet, live: Spans, reasons: set[str]) -> Answer:
        """See `Condition.among`."""
        found = both(live, self.spans) if packet.family == self.family else NONE
        return found, found


@dataclass(frozen=True, slots=True)
class Asks:
    """A question that has nothing to do with the source: True, False, or None where nobody can tell (`reason`)."""

    question: Callable[[Packet], bool | None]
    reason: str = ""

    def among(self, packet: Packet, live: Spans, reasons: set[str]) -> Answer:
        """See `Condition.among`."""
        answer = self.question(packet)
        if answer is None:
            reasons.add(self.reason)
            return live, NONE
        return (live, live) if answer else (NONE, NONE)


@dataclass(frozen=True, slots=True)
class Ports:
    """The destination port is one of these, as it is here or (`asked`) before a translation."""

    spans: Spans
    asked: bool = False

    def among(self, packet: Packet, live: Spans, reasons: set[str]) -> Answer:
        """See `Condition.among`."""
        port = packet.asked[1] if self.asked and packet.asked else packet.port
        return (live, live) if within(self.spans, port) else (NONE, NONE)


@dataclass(frozen=True, slots=True)
class Opaque:
    """Nobody can tell."""

    reason: str

    def among(self, packet: Packet, live: Spans, reasons: set[str]) -> Answer:
        """See `Condition.among`."""
        reasons.add(self.reason)
        return live, NONE


@dataclass(frozen=True, slots=True)
class Not:
    """The other condition does not hold."""

    other: Condition

    def among(self, packet: Packet, live: Spans, reasons: set[str]) -> Answer:
        """See `Condition.among`."""
        may, must = self.other.among(packet, live, reasons)
        return without(live, must), without(live, may)


@dataclass(frozen=True, slots=True)
class All:
    """Every one of them holds; so it is with none."""

    parts: tuple[Condition, ...]

    def among(self, packet: Packet, live: Spans, reasons: set[str]) -> Answer:
        """See `Condition.among`: what comes after one that cannot hold is not asked, and gives no reasons."""
        may = must = live
        heard: set[str] = set()
        for part in self.parts:
            before = may
            may, here = part.among(packet, may, heard)
            if not may:
                return NONE, NONE
            must = here if must is before else both(must, here)
        reasons |= heard
        return may, must


@dataclass(frozen=True, slots=True)
class Any:
    """One of them holds; none does where there are none."""

    parts: tuple[Condition, ...]

    def among(self, packet: Packet, live: Spans, reasons: set[str]) -> Answer:
        """See `Condition.among`."""
        may = must = NONE
        for part in self.parts:
            here, surely = part.among(packet, live, reasons)
            may, must = either(may, here), either(must, surely)
        return may, must


def all_of(parts: Iterable[Condition]) -> Condition:
    """Every one of them, what is quickly asked first: most rules are about another port."""
    listed = tuple(parts)
    if len(listed) == 1:
        return listed[0]
    return All(tuple(sorted(listed, key=lambda one: isinstance(one, Source | Not | Any | All | Opaque))))


ALWAYS = All(())
NEVER = Any(())


def ports_of(condition: Condition) -> Iterator[Span]:
    """Every span of destination ports that a condition names."""
    if isinstance(condition, Ports):
        yield from condition.spans
    elif isinstance(condition, Not):
        yield from ports_of(condition.other)
    elif isinstance(condition, All | Any):
        for part in condition.parts:
            yield from ports_of(part)
