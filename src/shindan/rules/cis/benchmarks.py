"""Which benchmark is for which system: those that ship, and users' own folders of rules and benchmarks.

Rebuilds of Red Hat's sources use the map of the release that they rebuild, and say so; a system without a map is held
against the same rules, without numbers: numbers are never invented.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from shindan.rules import catalog
from shindan.rules.catalog import HostRule
from shindan.rules.cis import benchmark
from shindan.rules.cis.benchmark import Benchmark
from shindan.rules.cis.shelf import Head, Shelf
from shindan.rules.fault import Fault, refuse
from shindan.rules.folder import benchmark_files, rule_files

_FOLDER = Path(__file__).parent
_RULES = _FOLDER.parent / "host"
_BENCHMARKS = _FOLDER / "benchmarks"
_REBUILDS = ("almalinux", "rocky", "centos", "centos-stream", "ol", "cloudlinux", "scientific")
_CODED = ("practices-", "runtime-", "network-")
"""Beginnings of the ids of rules that are no files: nobody else's may begin so."""


@dataclass(frozen=True, slots=True, eq=False)
class Library:
    """Every rule by id, and every benchmark by id; `heads` of benchmarks without reading them.

    `own` are the ids of users' rules, and `own_benchmarks` of their benchmarks.
    """

    rules: Mapping[str, HostRule]
    benchmarks: Mapping[str, Benchmark]
    heads: Mapping[str, Head]
    own: frozenset[str] = frozenset()
    own_benchmarks: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    """Kinds of facts that its rules look at."""

    def of(self, platform: str) -> tuple[Benchmark | None, str]:
        """The benchmark of a platform (`debian:12`), and what is to be said of the choice; "" where nothing is."""
        for one in self.heads.values():
            if one.id not in self.own_benchmarks and _is_for(one, platform):
                return self.benchmarks[one.id], ""
        name, _, version = platform.partition(":")
        borrowed = self.benchmarks.get(f"rhel-{version}") if name in _REBUILDS else None
        if borrowed is not None:
            return borrowed, f"{platform} is held against the map of {borrowed.title}, whose sources it rebuilds"
        return None, f"no benchmark map for {platform or 'an unknown system'}: the rules are judged without numbers"

    def own_of(self, platform: str) -> list[Benchmark]:
        """Users' own benchmarks for a platform."""
        return [self.benchmarks[id_] for id_ in self.own_benchmarks if _is_for(self.heads[id_], platform)]

    def loose(self) -> list[HostRule]:
        """Users' own rules that none of their benchmarks names: they are judged on every host, without a number."""
        bound = {id_ for name in self.own_benchmarks for one in self.benchmarks[name].controls for id_ in one.rules}
        return [self.rules[id_] for id_ in sorted(self.own - bound)]


@functools.cache
def library() -> Library:
    """What ships; tests hold that it is well-formed."""
    rules, shelf = catalog.shipped(_RULES), Shelf(_BENCHMARKS)
    return Library(rules, shelf, shelf.heads(), kinds=_kinds(rules))


def read(folders: Sequence[Path], rules: Mapping[str, HostRule] | None = None) -> Library:
    """What ships and what is in users' folders. `rules` stand in for those that ship.

    A folder has rules (`*.toml`, and those below `rules/`) and benchmarks (`benchmarks/*.toml`). Raises RuleRefused
    for what is malformed, with its place, and for ids that come twice.
    """
    found, faults = checked(folders, rules)
    refuse(faults)
    return found


def checked(folders: Sequence[Path], rules: Mapping[str, HostRule] | None = None) -> tuple[Library, list[Fault]]:
    """See `read`: what is well-formed, and every fault of the rest."""
    ours = library()
    shipped = rules if rules is not None else ours.rules
    own: dict[str, HostRule] = {}
    faults: list[Fault] = []
    for path in (path for folder in folders for path in rule_files(folder)):
        some, wrong = catalog.faults_of(path)
        faults += wrong
        for one in some:
            clash = _clash(one, own.get(one.rule.id) or shipped.get(one.rule.id))
            if clash:
                faults.append(clash)
            else:
                own[one.rule.id] = one
    known = {**shipped, **own}
    made: dict[str, Benchmark] = {}
    for path in (path for folder in folders for path in benchmark_files(folder)):
        benchmark_, wrong = benchmark.faults_of(path, known)
        faults += wrong
        if benchmark_ is None:
            continue
        if benchmark_.id in made or benchmark_.id in ours.benchmarks:
            faults.append(Fault(str(path), 1, f"there is a benchmark {benchmark_.id} already"))
        else:
            made[benchmark_.id] = benchmark_
    shelf = Shelf(_BENCHMARKS, made)
    kinds = tuple(sorted({*_kinds(own), *(ours.kinds if rules is None else _kinds(shipped))}))
    return Library(known, shelf, shelf.heads(), frozenset(own), tuple(made), kinds), faults


def _clash(one: HostRule, other: HostRule | None) -> Fault | None:
    path, _, line = one.place.rpartition(":")
    if other is not None:
        return Fault(path, int(line), f"rule {one.rule.id} is at {other.place} already")
    if one.rule.id.startswith(_CODED):
        return Fault(path, int(line), f"rule {one.rule.id}: ids that begin with {', '.join(_CODED)} are ours")
    return None


def _is_for(head: Head, platform: str) -> bool:
    return bool(platform) and (platform in head.platforms or platform.partition(":")[0] in head.platforms)


def _kinds(rules: Mapping[str, HostRule]) -> tuple[str, ...]:
    kinds = {kind for one in rules.values() for kind in one.facts}
    return tuple(sorted(kinds | {"platform", "container"}))
