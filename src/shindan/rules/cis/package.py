"""The package: the benchmark of a host's system, both levels, as a server unless a workstation is asked for.

Users' own benchmarks for the system come beside it, and their rules that no benchmark of theirs names.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from shindan.model.outcome import Outcome
from shindan.model.packages import PackageName, package
from shindan.rules.base import Parameters, Wants
from shindan.rules.cis.benchmark import Benchmark, Level, Profile
from shindan.rules.cis.benchmarks import Library, library
from shindan.rules.cis.evaluate import evaluate, without_numbers
from shindan.rules.examined import Examined


@dataclass(frozen=True, slots=True)
class CisPackage:
    """See `rules.base.HostPackage`. `benchmark` is an id; "" for those of the host's system. `library` holds users'
    own rules beside what ships; None: what ships.
    """

    level: Level = 2
    profile: Profile = "server"
    benchmark: str = ""
    name: PackageName = "cis"
    library: Library | None = None

    @property
    def version(self) -> str:
        """See `HostPackage.version`."""
        return package(self.name).version

    @property
    def wants(self) -> Wants:
        """See `HostPackage.wants`."""
        return Wants(self._known.kinds)

    @property
    def _known(self) -> Library:
        return self.library or library()

    def evaluate(self, host: Examined, parameters: Parameters) -> Iterator[Outcome]:
        """See `HostPackage.evaluate`."""
        known = self._known
        if self.benchmark:
            yield from self._of(host, known.benchmarks[self.benchmark], parameters)
            return
        mapped, own = known.of(host.platform)[0], known.own_of(host.platform)
        if mapped is not None:
            yield from self._of(host, mapped, parameters)
        elif not own:
            ours = (one for id_, one in known.rules.items() if id_ not in known.own)
            yield from without_numbers(host, ours, parameters)
        for one in own:
            yield from self._of(host, one, parameters)
        yield from without_numbers(host, known.loose(), parameters)

    def _of(self, host: Examined, benchmark: Benchmark, parameters: Parameters) -> Iterator[Outcome]:
        return evaluate(host, self._known.rules, benchmark, self.level, self.profile, parameters)


PACKAGE = CisPackage()
