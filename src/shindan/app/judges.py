"""The rules packages that can be evaluated: one line each. What judges is loaded by the first run that evaluates."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from shindan.engine.judge import Judge, Judging
from shindan.model.packages import PackageName
from shindan.rules.packages import HOST_PACKAGES
from shindan.service.examining import Examining
from shindan.service.host_judging import HostJudge, Parts


class Supply(Protocol):
    """What brings advisories: see `service.feed_supply.FeedSupply`, which is loaded when it is asked for."""

    def supply(self, facts: Iterable[bytes] = ()) -> Mapping[str, str] | None:
        """See `FeedSupply.supply`."""
        ...

    def renew(self) -> bool:
        """See `FeedSupply.renew`."""
        ...


def judges(data: Path, supply: Callable[[], Supply], own_rules: Path | None = None) -> Mapping[PackageName, Judge]:
    """The judges by package; those without one give an exclusion for each host, never a pass.

    `supply` makes what brings advisories, when it is asked for the first time. `own_rules` is the folder of users' own
    rules; None: `rules` in the data folder.
    """
    examining = Examining()
    own = _Own(own_rules or data / "rules")

    def late(name: PackageName, make: Callable[[], Parts], state: Callable[[], str] = str) -> Judge:
        return HostJudge(make, examining=examining, name=name, own=state)

    return {
        "cve": _LateCve(data, supply),
        "cis": late("cis", own.parts, own.state),
        "practices": late("practices", lambda: Parts(HOST_PACKAGES["practices"])),
        "network": late("network", _network),
        "runtime": late("runtime", lambda: Parts(HOST_PACKAGES["runtime"])),
        "scap": late("scap", lambda: Parts(HOST_PACKAGES["scap"])),
    }


class _LateCve:
    """See `service.judging.CveJudge`: the matcher is 5 MB that a server has no use for before its first run."""

    def __init__(self, data: Path, supply: Callable[[], Supply]) -> None:
        self._data, self._supply = data, supply

    @functools.cached_property
    def _judge(self) -> Judge:
        from shindan.service.judging import CveJudge

        return CveJudge(self._data, lambda facts: self._supply().supply(facts))

    def begin(self) -> AbstractContextManager[Judging]:
        """See `Judge.begin`."""
        return self._judge.begin()

    def missing(self, platforms: Iterable[str]) -> tuple[str, ...]:
        """See `Judge.missing`."""
        return self._judge.missing(platforms)

    def fetch(self, facts: Iterable[bytes]) -> Mapping[str, str] | None:
        """See `Judge.fetch`."""
        return self._judge.fetch(facts)

    def state(self) -> str:
        """See `Judge.state`."""
        return self._judge.state()


class _Own:
    """Benchmarks with users' own rules; what reads them is loaded with the rules."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._rules = functools.cache(self._load)

    def parts(self) -> Parts:
        from shindan.rules.cis.package import CisPackage
        from shindan.service.cis_flaws import cis_flaw_of

        known = self._rules().library()
        return Parts(CisPackage(library=known), partial(cis_flaw_of, known=known))

    def state(self) -> str:
        from shindan.service.own_files import fingerprint

        return fingerprint(self._folder)

    def _load(self) -> Any:
        from shindan.service.own_rules import OwnRules

        return OwnRules(self._folder)


def _network() -> Parts:
    from shindan.service.network_flaws import network_flaw_of

    return Parts(HOST_PACKAGES["network"], network_flaw_of)
