"""What a rules package over one host is, and the ports that rules packages are handed by the composition root."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from shindan.model.advisory import AffectedRow, Coverage, Generation
from shindan.model.outcome import Outcome
from shindan.model.packages import PackageName
from shindan.rules.examined import Examined


class Advisories(Protocol):
    """What the CVE package asks of the advisory database; `store.advisories.AdvisoryReader` is one."""

    @property
    def generations(self) -> tuple[Generation, ...]:
        """The generations in force."""
        ...

    def rows(self, platform: str, packages: Collection[str]) -> Mapping[str, Sequence[AffectedRow]]:
        """Rows of every generation for these package names on this platform, by package name."""
        ...

    def coverage(self, platform: str, packages: Collection[str]) -> Mapping[tuple[str, str], Coverage]:
        """(generation name, package) → how far that generation looked, where it says so."""
        ...

    def about(self, lead: str) -> Sequence[AffectedRow]:
        """Rows of one leading id on all platforms."""
        ...


class Wants(NamedTuple):
    """Kinds of facts wanted once, kinds to be sampled, and for how many seconds (None: as long as a run collects)."""

    kinds: tuple[str, ...] = ()
    sampled: tuple[str, ...] = ()
    seconds: int | None = 0


Parameters = Mapping[str, Mapping[str, Any]]
"""Rule id → name → value: what is wanted otherwise than by default."""


class HostPackage(Protocol):
    """A rules package that is evaluated host by host, from facts alone."""

    @property
    def name(self) -> PackageName:
        """Its short name."""
        ...

    @property
    def version(self) -> str:
        """What identifies its rules: another version may judge otherwise."""
        ...

    @property
    def wants(self) -> Wants:
        """The kinds of facts that it looks at."""
        ...

    def evaluate(self, host: Examined, parameters: Parameters) -> Iterator[Outcome]:
        """One outcome for each rule at least; what could not be looked at is an outcome, too."""
        ...
