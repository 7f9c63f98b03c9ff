"""The run's window: what was seen running, listening and connecting while agents watched, each thing once.

A thing may be told several times over a window (when it is first seen, a minute's connections, at the end): what is
told later replaces what came before, and counts of connections add up.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from shindan.facts.fact import Fact
from shindan.model.outcome import Evidence
from shindan.rules.checks.result import CannotTell, Result
from shindan.rules.examined import Examined

_PASSING = ("pid", "count", "sockets", "first_seen", "last_seen")
"""What may differ between two looks at one thing."""


class Span(NamedTuple):
    """From when to when something was seen, in seconds since 1970."""

    first: int
    last: int

    @property
    def seconds(self) -> int:
        """How long."""
        return self.last - self.first


def listeners(host: Examined) -> Sequence[Fact]:
    """What listened. Raises CannotTell where nobody looked."""
    return host.view("window listeners", lambda host: _merged(host.all("listener")))


def processes(host: Examined) -> Sequence[Fact]:
    """What ran. Raises CannotTell where nobody looked."""
    return host.view("window processes", lambda host: _merged(host.all("process")))


def connections(host: Examined) -> Sequence[Fact]:
    """Connections, equal ones counted together. Raises CannotTell where nobody looked."""
    return host.view("window connections", lambda host: _summed(host.all("connection")))


def span(host: Examined) -> Span | None:
    """From the first moment that anything was seen to the last; None where nothing tells of moments."""

    def found(host: Examined) -> Span | None:
        facts = [one.data for kind in ("listener", "process", "connection") for one in host.inventory.all(kind)]
        firsts = [one["first_seen"] for one in facts if "first_seen" in one]
        lasts = [one["last_seen"] for one in facts if "last_seen" in one]
        return Span(min(firsts), max(lasts)) if firsts and lasts else None

    return host.view("window span", found)


def answered(host: Examined, bad: Sequence[Evidence], good: Evidence, *kinds: str) -> Result:
    """A fail for what was seen, also in a window with gaps; a pass only where all of it could be looked at."""
    gaps = "; ".join(dict.fromkeys(gap for kind in kinds if (gap := host.gap(kind))))
    if bad:
        note = (Evidence("window", f"incomplete: {gaps}"[:500], "a window without gaps"),) if gaps else ()
        return Result("fail", (*bad, *note))
    if gaps:
        raise CannotTell("error", f"the window is incomplete: {gaps}")
    return Result("pass", (good,))


def program_of(data: Mapping[str, Any]) -> str:
    """A program as evidence names it: path, script, and the container that it is in."""
    name = " ".join(str(data[key]) for key in ("program", "script") if data.get(key)) or str(data.get("command", ""))
    return (name or "a program that is not known") + within(data)


def within(data: Mapping[str, Any]) -> str:
    """` in container NAME`, or that its files or its network are not the host's own; "" for what is the host's."""
    if data.get("container"):
        return f" in container {str(data['container'])[:64]}"
    if data.get("foreign"):
        return " with a root of its own"
    return f" in network namespace {data['netns']}" if data.get("netns") else ""


def is_loopback(address: object) -> bool:
    """Whether an address is this host's own loopback; what is no address is not."""
    try:
        found = ipaddress.ip_address(str(address).partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None)
    return (mapped or found).is_loopback


def _merged(facts: Sequence[Fact]) -> list[Fact]:
    found: dict[str, Fact] = {}
    for fact in facts:
        key = _key(fact)
        before = found.get(key)
        found[key] = fact if before is None else _later(before, fact)
    return list(found.values())


def _summed(facts: Sequence[Fact]) -> list[Fact]:
    found: dict[str, Fact] = {}
    for fact in facts:
        key = _key(fact)
        before = found.get(key)
        if before is None:
            found[key] = fact
        else:
            count = before.data["count"] + fact.data["count"]
            found[key] = fact._replace(data={**_later(before, fact).data, "count": count})
    return list(found.values())


def _key(fact: Fact) -> str:
    lasting = {name: value for name, value in fact.data.items() if name not in _PASSING}
    return json.dumps([fact.subject, lasting], sort_keys=True)


def _later(one: Fact, other: Fact) -> Fact:
    """The later of two, with the first moment of both."""
    last = other if other.data.get("last_seen", 0) >= one.data.get("last_seen", 0) else one
    firsts = [fact.data["first_seen"] for fact in (one, other) if "first_seen" in fact.data]
    return last._replace(data={**last.data, "first_seen": min(firsts)}) if firsts else last
