"""How far the CVE package came on a host or a run: packages by what judged them, and by why nothing did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from shindan.model.advisory import Knows


class FeedUsed(NamedTuple):
    """A generation that judged packages; `newest` is its newest record's day, `knows` how far its silence carries."""

    name: str
    digest: str
    newest: str
    knows: Knows


@dataclass(frozen=True, slots=True)
class Looked:
    """Packages of one host: all, by the generation that judged them (one may be judged by several), and by the reason
    why none did (`rules.cve.coverage.WhyNot`). `feeds` are the generations behind those names.
    """

    packages: int = 0
    judged: Mapping[str, int] = field(default_factory=dict)
    not_judged: Mapping[str, int] = field(default_factory=dict)
    feeds: tuple[FeedUsed, ...] = ()
