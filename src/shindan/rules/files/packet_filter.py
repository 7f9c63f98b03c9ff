"""What all dialects of packet filters say in common, as far as rules ask: defaults, loopback, ports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

FAMILIES = ("ipv4", "ipv6")
HOOKS = ("input", "forward", "output")


class Port(NamedTuple):
    """Ports that a rule of incoming packets speaks of, whatever it does with them; `low` to `high`."""

    family: str
    protocol: str
    low: int
    high: int


class Filter(NamedTuple):
    """A packet filter. `families` are those it is about; `defaults` is (hook, family) → `drop`, `reject` or `accept`
    for what no rule names, and has no entry where nothing is filtered; `loopback_in`, `loopback_out` are families whose
    loopback traffic is let through, `refused` those whose loopback addresses are refused from elsewhere.
    """

    families: tuple[str, ...]
    defaults: Mapping[tuple[str, str], str]
    loopback_in: frozenset[str]
    loopback_out: frozenset[str]
    refused: frozenset[str]
    ports: Sequence[Port]
    base_hooks: frozenset[tuple[str, str]] = frozenset()
    tables: Sequence[str] = ()

    def speaks_of(self, family: str, protocol: str, port: int) -> bool:
        """Whether a rule names a port."""
        return any(
            one.family == family and one.protocol == protocol and one.low <= port <= one.high for one in self.ports
        )
