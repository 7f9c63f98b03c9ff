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

_FOLDER = Path(__file__).parent
_RULES = _FOLDER.parent / "host"
_REBUILDS = ("almalinux", "rocky", "centos", "centos-stream", "ol", "cloudlinux", "scientific")


@dataclass(frozen=True, slots=True)
class Library:
    """Every rule by id, and every benchmark by id."""

    rules: Mapping[str, HostRule]
    benchmarks: Mapping[str, Benchmark]

    def of(self, platform: str) -> tuple[Benchmark | None, str]:
        """The benchmark of a platform (`debian:12`), and what is to be said of the choice; "" where nothing is."""
        for one in self.benchmarks.values():
            if platform in one.platforms or platform.partition(":")[0] in one.platforms:
                return one, ""
        name, _, version = platform.partition(":")
        borrowed = self.benchmarks.get(f"rhel-{version}") if name in _REBUILDS else None
        if borrowed is not None:
            return borrowed, f"{platform} is held against the map of {borrowed.title}, whose sources it rebuilds"
        return None, f"no benchmark map for {platform or 'an unknown system'}: the rules are judged without numbers"


@functools.cache
def library() -> Library:
    """What ships. Raises RuleRefused where a file of ours is malformed, which a test holds it is not."""
    return read((), catalog.read_all(_RULES))


def read(folders: Sequence[Path], rules: Mapping[str, HostRule] | None = None) -> Library:
    """What ships and what is in users' folders: `rules/*.toml` and `benchmarks/*.toml` in each.

    Raises RuleRefused for what is malformed, with its place, and for ids that come twice.
    """
    known = dict(rules if rules is not None else library().rules)
    for folder in folders:
        for id_, one in catalog.read_all(folder / "rules").items():
            if id_ in known:
                raise catalog.RuleRefused(f"{one.place}: rule {id_} is at {known[id_].place} already")
            known[id_] = one
    found: dict[str, Benchmark] = {}
    for folder in (_FOLDER, *folders):
        for path in sorted((folder / "benchmarks").glob("*.toml")):
            one_ = benchmark.read(path, known)
            if one_.id in found:
                raise catalog.RuleRefused(f"{path}: there is a benchmark {one_.id} already")
            found[one_.id] = one_
    return Library(known, found)
