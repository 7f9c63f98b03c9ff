"""Rules of packet filters in one form for all dialects: what they ask, what they do, and how a person finds them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NamedTuple

from shindan.rules.network.conditions import Condition

Action = Literal["accept", "drop", "return", "jump", "goto", "translate", "unknown"]
"""`unknown`: the rule does something that nobody can foresee, such as to ask a program."""

NAT_PRIORITY = -100
"""Where the kernel translates destinations, whatever a chain of the type nat says (NF_IP_PRI_NAT_DST)."""


class Translation(NamedTuple):
    """What a packet's target becomes: None for an address or port that stays; `here`: it becomes this host's own."""

    address: tuple[int, int] | None = None
    port: int | None = None
    here: bool = False


class Rule(NamedTuple):
    """`target` is the key of the chain that a jump or goto leads to; `line` how a person finds the rule."""

    condition: Condition
    action: Action
    line: str
    target: str = ""
    translation: Translation | None = None
    reason: str = ""


class Base(NamedTuple):
    """A chain that the kernel calls by itself. `families` are 4 and 6; `device` the only interface of an ingress chain,
    None where it is not told.
    """

    key: str
    hook: str
    priority: int
    policy: Literal["accept", "drop"]
    families: tuple[int, ...]
    translates: bool = False
    device: str | None = ""


class Ruleset(NamedTuple):
    """Chains by key, and those among them that the kernel calls; `doubts` are what could not be read at all."""

    chains: Mapping[str, Sequence[Rule]]
    bases: Sequence[Base]
    doubts: Sequence[str] = ()

    def of(self, hook: str, family: int) -> list[Base]:
        """The chains of a hook in the order in which the kernel calls them."""
        return sorted(
            (one for one in self.bases if one.hook == hook and family in one.families),
            key=lambda one: NAT_PRIORITY if one.translates else one.priority,
        )


def together(parts: Iterable[Ruleset]) -> Ruleset:
    """Several rule sets that are loaded at once: a packet must pass all of them."""
    chains: dict[str, Sequence[Rule]] = {}
    bases: list[Base] = []
    doubts: list[str] = []
    for one in parts:
        chains.update(one.chains)
        bases += one.bases
        doubts += one.doubts
    return Ruleset(chains, bases, doubts)
