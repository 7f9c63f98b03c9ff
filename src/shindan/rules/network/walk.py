"""A packet's way through one chain, for a whole set of sources at once."""

from __future__ import annotations

from dataclasses import dataclass, field

from shindan.rules.network.packet import Packet
from shindan.rules.network.ruleset import Rule, Ruleset, Translation
from shindan.rules.network.spans import NONE, Spans, either, without

DEEPEST = 16
"""Jumps within jumps; the kernel allows as many (NFT_JUMP_STACK_SIZE)."""

MOST_STEPS = 200_000
"""Rules looked at for one packet: a rule set that wants more is not judged, but called unknown."""


class TooLong(Exception):
    """A rule set wants more steps than `MOST_STEPS`."""


@dataclass(slots=True)
class Flow:
    """Where sources ended, each with the rule that did it. A source may be in several lists: then nobody can tell."""

    accepted: list[tuple[Spans, str]] = field(default_factory=list)
    dropped: list[tuple[Spans, str]] = field(default_factory=list)
    translated: list[tuple[Spans, str, Translation]] = field(default_factory=list)
    reasons: set[str] = field(default_factory=set)
    steps: int = 0


def walk(rules: Ruleset, key: str, packet: Packet, live: Spans, flow: Flow, depth: int = 0) -> Spans:
    """The sources that come out of the end of a chain undecided. Raises TooLong."""
    returned = NONE
    for rule in rules.chains.get(key, ()):
        if not live:
            break
        flow.steps += 1
        if flow.steps > MOST_STEPS:
            raise TooLong
        may, must = rule.condition.among(packet, live, flow.reasons)
        if not may:
            continue
        live = without(live, must) if must else live
        back = _act(rules, rule, packet, may, flow, depth)
        if rule.action == "jump":
            live = either(live, back)
        else:
            returned = either(returned, back)
    return either(live, returned)


def _act(rules: Ruleset, rule: Rule, packet: Packet, sources: Spans, flow: Flow, depth: int) -> Spans:
    """Does what a rule says; the sources that come back from where it leads, or return."""
    if rule.action == "return":
        return sources
    if rule.action in ("jump", "goto"):
        if depth < DEEPEST:
            return walk(rules, rule.target, packet, sources, flow, depth + 1)
        return _unknown(sources, rule.line, flow, "rules jump deeper than the kernel allows")
    if rule.action == "unknown":
        return _unknown(sources, rule.line, flow, rule.reason)
    if rule.action == "translate" and rule.translation is not None:
        flow.translated.append((sources, rule.line, rule.translation))
    else:
        (flow.accepted if rule.action == "accept" else flow.dropped).append((sources, rule.line))
    return NONE


def _unknown(sources: Spans, line: str, flow: Flow, reason: str) -> Spans:
    flow.reasons.add(reason)
    flow.accepted.append((sources, line))
    flow.dropped.append((sources, line))
    return NONE
