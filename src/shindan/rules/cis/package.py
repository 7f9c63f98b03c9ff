"""The package: the benchmark of a host's system, both levels, as a server unless a workstation is asked for."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass

from shindan.model.outcome import Outcome
from shindan.model.packages import PackageName, package
from shindan.rules.base import Parameters, Wants
from shindan.rules.cis.benchmark import Level, Profile
from shindan.rules.cis.benchmarks import Library, library
from shindan.rules.cis.evaluate import evaluate, without_numbers
from shindan.rules.examined import Examined


@dataclass(frozen=True, slots=True)
class CisPackage:
    """See `rules.base.HostPackage`. `benchmark` is an id; "" for the one of the host's system."""

    level: Level = 2
    profile: Profile = "server"
    benchmark: str = ""
    name: PackageName = "cis"

    @property
    def version(self) -> str:
        """See `HostPackage.version`."""
        return package(self.name).version

    @property
    def wants(self) -> Wants:
        """See `HostPackage.wants`."""
        return Wants(_kinds())

    def evaluate(self, host: Examined, parameters: Parameters) -> Iterator[Outcome]:
        """See `HostPackage.evaluate`."""
        found = library()
        chosen = found.benchmarks[self.benchmark] if self.benchmark else found.of(host.platform)[0]
        if chosen is None:
            yield from without_numbers(host, found.rules, parameters)
        else:
            yield from evaluate(host, found.rules, chosen, self.level, self.profile, parameters)


@functools.cache
def _kinds() -> tuple[str, ...]:
    found: Library = library()
    kinds = {kind for one in found.rules.values() for kind in one.facts}
    return tuple(sorted(kinds | {"platform", "container"}))


PACKAGE = CisPackage()
