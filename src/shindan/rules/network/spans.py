"""Sets of whole numbers (addresses, ports) as sorted, disjoint spans: exact, whatever rules cut them by."""

from __future__ import annotations

import ipaddress
from bisect import bisect_right
from collections.abc import Iterable, Iterator

Span = tuple[int, int]
"""First and last number, both within."""

Spans = tuple[Span, ...]

NONE: Spans = ()
PORTS: Spans = ((1, 65535),)
EVERYTHING: dict[int, Spans] = {4: ((0, 2**32 - 1),), 6: ((0, 2**128 - 1),)}
"""All addresses of a family."""


def united(spans: Iterable[Span]) -> Spans:
    """Spans in any order, overlapping or not, in the form that this module keeps."""
    found: list[Span] = []
    for low, high in sorted(spans):
        if found and low <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(high, found[-1][1]))
        elif low <= high:
            found.append((low, high))
    return tuple(found)


def both(one: Spans, other: Spans) -> Spans:
    """What is in both."""
    if one is other or not one:
        return one
    few, many = (one, other) if len(one) <= len(other) else (other, one)
    found: list[Span] = []
    for low, high in few:
        at = max(bisect_right(many, (low,)) - 1, 0)
        while at < len(many) and many[at][0] <= high:
            if many[at][1] >= low:
                found.append((max(low, many[at][0]), min(high, many[at][1])))
            at += 1
    return tuple(found)


def within(spans: Spans, number: int) -> bool:
    """Whether a number is in one of the spans."""
    if len(spans) == 1:
        return spans[0][0] <= number <= spans[0][1]
    at = bisect_right(spans, (number + 1,)) - 1
    return at >= 0 and spans[at][1] >= number


def without(one: Spans, other: Spans) -> Spans:
    """What is in `one` alone."""
    if one is other or not one:
        return NONE
    if not other:
        return one
    found: list[Span] = []
    j = 0
    for first, high in one:
        low = first
        while j < len(other) and other[j][1] < low:
            j += 1
        at = j
        while at < len(other) and other[at][0] <= high:
            if other[at][0] > low:
                found.append((low, other[at][0] - 1))
            low = other[at][1] + 1
            at += 1
        if low <= high:
            found.append((low, high))
    return tuple(found)


def either(one: Spans, other: Spans) -> Spans:
    """What is in one of them at least."""
    if not one or not other:
        return one or other
    return united((*one, *other))


def size(spans: Spans) -> int:
    """How many numbers there are."""
    return sum(high - low + 1 for low, high in spans)


def address(text: str) -> tuple[int, int]:
    """(family, number) of an address, a zone of it left out. Raises ValueError for what is none."""
    found = ipaddress.ip_address(text.partition("%")[0])
    return found.version, int(found)


def network(text: str) -> tuple[int, Span]:
    """(family, span) of a network, an address or a range `a-b`. Raises ValueError for what is none of them."""
    low, dash, high = text.partition("-")
    if dash:
        (family, first), (other, last) = address(low), address(high)
        if family != other or first > last:
            raise ValueError(f"{text!r} is no range of addresses")
        return family, (first, last)
    found = ipaddress.ip_network(text, strict=False)
    return found.version, (int(found.network_address), int(found.broadcast_address))


def shown(family: int, spans: Spans, most: int = 6) -> str:
    """Addresses as networks, the first `most` of them."""
    found: list[str] = []
    for number, one in enumerate(_networks(family, spans)):
        if number == most:
            return f"{', '.join(found)} and more"
        found.append(one)
    return ", ".join(found) or "nobody"


def _networks(family: int, spans: Spans) -> Iterator[str]:
    kind = ipaddress.IPv4Address if family == 4 else ipaddress.IPv6Address
    for low, high in spans:
        for one in ipaddress.summarize_address_range(kind(low), kind(high)):
            yield str(one.network_address) if one.num_addresses == 1 else str(one)
