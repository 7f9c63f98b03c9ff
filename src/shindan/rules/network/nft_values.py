"""What nft compares with: words, numbers, networks and ranges of its JSON, and the elements of sets.

Source: libnftables-json(5), sections "expressions" and "set".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from shindan.rules.network.spans import Span, network

ANYTHING = "*"
"""The element of a set that stands for whatever no other names."""


class Unreadable(Exception):
    """Something in a rule set that has no known meaning; its text says what."""


class Sets(NamedTuple):
    """Named sets and maps of one table: name → elements."""

    elements: Mapping[str, Sequence[Any]]

    def named(self, reference: str) -> Sequence[Any]:
        """The elements of `@name`. Raises Unreadable for a set that was not told."""
        if reference[1:] not in self.elements:
            raise Unreadable(f"set {reference}, which was not told")
        return self.elements[reference[1:]]


def atoms(right: Any, sets: Sets) -> Iterator[Any]:
    """The single values of a right side. Raises Unreadable."""
    if isinstance(right, str) and right.startswith("@"):
        for one in sets.named(right):
            yield element(one)
    elif isinstance(right, list):
        for one in right:
            yield element(one)
    elif isinstance(right, Mapping) and isinstance(right.get("|"), list):
        yield from right["|"]  # flags, as later releases write them
    elif isinstance(right, Mapping) and "set" in right:
        inner = right["set"]
        yield from atoms(inner if isinstance(inner, list | str) else [inner], sets)
    else:
        yield element(right)


def element(one: Any) -> Any:
    """An element without its counter, comment or time."""
    if isinstance(one, Mapping) and "elem" in one and isinstance(one["elem"], Mapping):
        return one["elem"].get("val")
    return one


def address_span(atom: Any, family: int) -> Span:
    """The addresses that a value means. Raises Unreadable."""
    try:
        if isinstance(atom, Mapping) and "prefix" in atom:
            text = f"{atom['prefix']['addr']}/{atom['prefix']['len']}"
        elif isinstance(atom, Mapping) and "range" in atom:
            text = "{}-{}".format(*atom["range"])
        else:
            text = str(atom)
        found, span = network(text)
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise Unreadable(f"address {_cut(atom)}") from error
    if found != family:
        raise Unreadable(f"address {_cut(atom)} of the other family")
    return span


def port_span(atom: Any) -> Span:
    """The ports that a value means. Raises Unreadable."""
    if isinstance(atom, Mapping) and isinstance(atom.get("range"), list) and len(atom["range"]) == 2:
        low, high = atom["range"]
    else:
        low = high = atom
    if type(low) is not int or type(high) is not int:
        raise Unreadable(f"port {_cut(atom)}")
    return low, high


def word(atom: Any) -> str:
    """A value that is a word or a number. Raises Unreadable."""
    if isinstance(atom, bool) or not isinstance(atom, str | int):
        raise Unreadable(f"value {_cut(atom)}")
    return str(atom)


def _cut(value: Any) -> str:
    return repr(value)[:60]
