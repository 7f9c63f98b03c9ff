"""A packet's way through the whole filter: ingress, prerouting with its translations, then input or forward.

Every chain of a hook must let a packet pass: accept ends its own chain only, drop ends everything.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from shindan.rules.network.packet import Packet
from shindan.rules.network.ruleset import Base, Ruleset, Translation
from shindan.rules.network.spans import NONE, Spans, both, either, united, without
from shindan.rules.network.walk import Flow, TooLong, walk

Place = Callable[[Packet, Translation], Packet]
"""Where a packet goes after a translation: whether to this host, and by which interface."""


class Passed(NamedTuple):
    """A packet as it was delivered, from where it may be and from where it must be, and by which rules whom."""

    packet: Packet
    may: Spans
    must: Spans
    lines: tuple[tuple[Spans, str], ...]

    def lines_for(self, sources: Spans) -> tuple[str, ...]:
        """The rules that let packets from some of these sources through, in the order of the packets' way."""
        return tuple(dict.fromkeys(line for spans, line in self.lines if both(spans, sources)))


class Passage(NamedTuple):
    """All ways by which a packet is delivered; `reasons` say why nobody can tell, where the sets differ."""

    passed: Sequence[Passed]
    reasons: frozenset[str]
    steps: int = 0

    @property
    def may(self) -> Spans:
        """Sources from which it may be delivered."""
        return united(span for one in self.passed for span in one.may)

    @property
    def must(self) -> Spans:
        """Sources from which it is delivered for certain."""
        return united(span for one in self.passed for span in one.must)


class _Way(NamedTuple):
    packet: Packet
    live: Spans
    lines: tuple[tuple[Spans, str], ...]


def passage(rules: Ruleset, packet: Packet, sources: Spans, place: Place) -> Passage:
    """What becomes of a packet from these sources."""
    flow = Flow()
    flow.reasons.update(rules.doubts)
    lost = sources if rules.doubts else NONE
    try:
        ways, here = _before(rules, _Way(packet, sources, ()), flow, place)
        lost = either(lost, here)
        ended = []
        for way in ways:
            hook = "input" if way.packet.local else "forward"
            after, here = _hook(rules, hook, way, flow)
            lost = either(lost, here)
            ended.append(after)
    except TooLong:
        return too_long(packet, sources, flow.steps)
    # A source that may go two ways is certain of neither, but of being delivered if it is on both.
    passed = [Passed(one.packet, one.live, without(one.live, lost), one.lines) for one in ended if one.live]
    return Passage(passed, frozenset(flow.reasons), flow.steps)


def too_long(packet: Packet, sources: Spans, steps: int = 0) -> Passage:
    """What is said where the rules are more than can be followed: they may let anything through."""
    return Passage([Passed(packet, sources, NONE, ())], frozenset(["the rule set is too long to be judged"]), steps)


def _before(rules: Ruleset, way: _Way, flow: Flow, place: Place) -> tuple[list[_Way], Spans]:
    """Ingress and prerouting; a translation makes a way of its own."""
    way, lost = _hook(rules, "ingress", way, flow)
    ways: list[_Way] = []
    for base in rules.of("prerouting", way.packet.family):
        part = Flow(steps=flow.steps, reasons=flow.reasons)
        after, here = _chain(rules, base, way, part)
        flow.steps = part.steps
        lost = either(lost, here)
        for live, line, translation in part.translated:
            ways.append(_Way(place(way.packet, translation), live, (*way.lines, (live, line))))
        way = after
        if base.translates:
            continue
        again = [_chain(rules, base, one, flow) for one in ways]
        ways = [one for one, _ in again]
        for _, dropped in again:
            lost = either(lost, dropped)
    return [way, *ways], lost


def _hook(rules: Ruleset, hook: str, way: _Way, flow: Flow) -> tuple[_Way, Spans]:
    lost = NONE
    for base in rules.of(hook, way.packet.family):
        if base.device and base.device != way.packet.into:
            continue
        after, here = _chain(rules, base, way, flow)
        lost = either(lost, here)
        if base.device is None and here:
            flow.reasons.add(f"{base.key}: nft does not say of which interface it is")
            after = way
        way = after
    return way, lost


def _chain(rules: Ruleset, base: Base, way: _Way, flow: Flow) -> tuple[_Way, Spans]:
    """The way after one chain, and the sources that it may have dropped."""
    if not way.live:
        return way, NONE
    part = Flow(steps=flow.steps, reasons=flow.reasons, translated=flow.translated)
    left = walk(rules, base.key, way.packet, way.live, part)
    flow.steps = part.steps
    end = f"{base.key}: policy {base.policy}"
    (part.accepted if base.policy == "accept" else part.dropped).append((left, end))
    live = united(span for spans, _ in part.accepted for span in spans)
    lost = united(span for spans, _ in part.dropped for span in spans)
    return way._replace(live=live, lines=(*way.lines, *part.accepted)), lost
