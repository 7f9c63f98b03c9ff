"""The ports that rules packages are handed by the composition root."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from shindan.model.advisory import AffectedRow, Coverage, Generation


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
