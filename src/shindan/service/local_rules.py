"""Rules packages over the facts of one host that were never stored: all of `shindan scan` but known flaws."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from shindan.model.checked import Checked
from shindan.model.errors import ShindanError
from shindan.model.inventory import Inventory
from shindan.model.outcome import Outcome
from shindan.model.packages import PackageName, package
from shindan.model.result import Finding
from shindan.rules.base import HostPackage, Parameters
from shindan.rules.cis.benchmark import Level, Profile
from shindan.rules.cis.benchmarks import Library, library
from shindan.rules.cis.package import CisPackage
from shindan.rules.examined import Examined
from shindan.rules.tailored import SWITCHED_OFF, evaluated
from shindan.service.rule_findings import counts_of, findings_of, not_told, sections_of

NOTHING: Parameters = {}
_NOT_WALKED = "the file systems were not gone through: rules about what lies there cannot be told (--walk)"


class UnknownBenchmark(ShindanError):
    """There is no benchmark of that name."""


class Choice(NamedTuple):
    """What of a benchmark is asked for; `benchmark` "" is the one of the host's system."""

    benchmark: str = ""
    level: Level = 2
    profile: Profile = "server"
    parameters: Parameters = NOTHING
    library: Library | None = None
    """Users' own rules beside those that ship; None: those that ship."""
    notes: tuple[str, ...] = ()
    """What is to be said of a tailoring."""

    @property
    def known(self) -> Library:
        """Every rule and benchmark."""
        return self.library or library()


class RulesResult(NamedTuple):
    """What rules packages say of one host."""

    findings: tuple[Finding, ...]
    checked: tuple[Checked, ...]
    outcomes: tuple[tuple[PackageName, Outcome], ...]


class BenchmarkNamed(NamedTuple):
    """A benchmark to choose: id, title, version, and how many of its controls are bound to rules, of how many."""

    id: str
    title: str
    version: str
    bound: int
    controls: int


def benchmarks(known: Library | None = None) -> list[BenchmarkNamed]:
    """Every benchmark there is."""
    return [
        BenchmarkNamed(one.id, one.title, one.version, sum(bool(c.rules) for c in one.controls), len(one.controls))
        for one in (known or library()).benchmarks.values()
    ]


def judge(inventory: Inventory, hostname: str, names: Sequence[PackageName], choice: Choice) -> RulesResult:
    """Has rules packages judge a host's facts. Raises UnknownBenchmark."""
    host = Examined(inventory)
    outcomes = {name: list(evaluated(_package(name, choice), host, choice.parameters)) for name in names}
    return RulesResult(
        tuple(finding for name, some in outcomes.items() for finding in findings_of(name, some, hostname)),
        tuple(_checked(name, some, host, choice) for name, some in outcomes.items()),
        tuple((name, one) for name, some in outcomes.items() for one in some),
    )


def _package(name: PackageName, choice: Choice) -> HostPackage:
    if name == "cis":
        known = choice.known.benchmarks
        if choice.benchmark and choice.benchmark not in known:
            remedy = f"choose one of {', '.join(known)}"
            raise UnknownBenchmark(f"there is no benchmark {choice.benchmark!r}", remedy=remedy)
        return CisPackage(choice.level, choice.profile, choice.benchmark, library=choice.library)
    # Each brings its own rules: only what is asked for is loaded.
    if name == "network":
        from shindan.rules.network.package import PACKAGE as NETWORK

        return NETWORK
    if name == "practices":
        from shindan.rules.practices.package import PACKAGE as PRACTICES

        return PRACTICES
    if name == "scap":
        from shindan.rules.scap.package import PACKAGE as SCAP

        return SCAP
    from shindan.rules.runtime.package import PACKAGE as RUNTIME

    return RUNTIME


def _checked(name: PackageName, outcomes: Sequence[Outcome], host: Examined, choice: Choice) -> Checked:
    benchmark, notes = _benchmark(host, choice) if name == "cis" else ("", ())
    if name == "cis" and not host.inventory.all("sweep"):
        notes = (*notes, _NOT_WALKED)
    notes = (*notes, *_switched_off(outcomes), *(choice.notes if name == "cis" else ()))
    return Checked(
        name, package(name).title, counts_of(outcomes), benchmark, sections_of(outcomes), not_told(outcomes), notes
    )


def _switched_off(outcomes: Sequence[Outcome]) -> list[str]:
    """What tailoring switched off: said, never silently gone."""
    found = [one for one in outcomes if one.reason.startswith(SWITCHED_OFF) and one.verdict == "not_applicable"]
    return [f"{(*one.controls, one.rule.id)[0]} is {one.reason}" for one in found]


def _benchmark(host: Examined, choice: Choice) -> tuple[str, tuple[str, ...]]:
    """What the benchmark is called, and what is to be said of it."""
    if choice.benchmark:
        found, note = choice.known.benchmarks[choice.benchmark], ""
        if host.platform not in found.platforms and choice.known.of(host.platform)[0] is not found:
            note = f"{found.title} was asked for; this host is {host.platform or 'of an unknown system'}"
    else:
        chosen, note = choice.known.of(host.platform)
        if chosen is None:
            return "", (note,)
        found = chosen
    name = f"{found.title} {found.version}, level {choice.level}, {choice.profile}"
    return name, (note,) if note else ()
