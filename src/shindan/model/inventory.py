"""All facts of one host at one moment, indexed and read-only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from shindan.facts.fact import Fact
from shindan.facts.platform import Platform, platform_of


class Inventory:
    """Facts by kind; gaps as a view on the facts of kind `gap`.

    Two facts of one kind and subject are both kept: two installed versions of one package are two facts.
    """

    def __init__(self, facts: Iterable[Fact]) -> None:
        self._by_kind: dict[str, list[Fact]] = {}
        for fact in facts:
            self._by_kind.setdefault(fact.kind, []).append(fact)
        self._platform = self._read_platform()

    @property
    def platform(self) -> Platform | None:
        """What os-release says, or None when no platform fact with an id and a version came."""
        return self._platform

    @property
    def gaps(self) -> Mapping[str, str]:
        """Collector name → why it could not look (all its reasons, joined by `; `)."""
        reasons: dict[str, list[str]] = {}
        for fact in self.all("gap"):
            reasons.setdefault(fact.subject, []).append(str(fact.data.get("reason", "no reason given")))
        return MappingProxyType({name: "; ".join(texts) for name, texts in reasons.items()})

    def all(self, kind: str) -> Sequence[Fact]:
        """Every fact of a kind, in the order collected."""
        return self._by_kind.get(kind, [])

    def one(self, kind: str, subject: str) -> Fact | None:
        """The first fact of this kind and subject."""
        return next((fact for fact in self.all(kind) if fact.subject == subject), None)

    def __len__(self) -> int:
        return sum(len(facts) for facts in self._by_kind.values())

    def _read_platform(self) -> Platform | None:
        fact = self.one("platform", "os")
        if fact is None or not fact.data.get("id"):
            return None
        return platform_of(fact.data)
