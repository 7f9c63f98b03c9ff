"""Rules packages over facts of hosts at work on a run: each host by itself, from its facts alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from shindan.engine.judge import Flaw, HostVerdict
from shindan.facts.fact import Fact
from shindan.facts.wire import loads
from shindan.model.inventory import Inventory
from shindan.model.outcome import Outcome
from shindan.rules.base import HostPackage, Parameters
from shindan.rules.examined import Examined
from shindan.service.host_flaws import exclusions_of, flaw_of
from shindan.service.own_version import own_version

_ALWAYS = ("platform", "container", "gap")
_KIND = re.compile(rb'\s*\{\s*"kind"\s*:\s*"([a-z_]+)"')
_NOTHING: Parameters = {}

Show = Callable[[Outcome], Flaw]
"""The flaw that a failed outcome is."""


class HostJudge:
    """See `engine.judge.Judge`: needs no knowledge beyond the rules, which are part of the program.

    `parameters` replace those of rules; `show` makes findings of a package of the API's odd ones.
    """

    def __init__(self, package: HostPackage, parameters: Parameters = _NOTHING, show: Show | None = None) -> None:
        self._package, self._parameters, self._show = package, parameters, show

    @contextmanager
    def begin(self) -> Iterator[HostJudging]:
        """See `Judge.begin`."""
        yield HostJudging(self._package, self._parameters, self._show)

    def missing(self, platforms: Iterable[str]) -> tuple[str, ...]:
        """See `Judge.missing`: nothing is."""
        return ()

    def fetch(self, facts: Iterable[bytes]) -> Mapping[str, str] | None:
        """See `Judge.fetch`: there is nothing to be fetched."""
        return {}

    def state(self) -> str:
        """See `Judge.state`."""
        return f"{self._package.version} {own_version()} {sorted(self._parameters.items())}"


class HostJudging:
    """See `engine.judge.Judging`."""

    def __init__(self, package: HostPackage, parameters: Parameters = _NOTHING, show: Show | None = None) -> None:
        self._package, self._parameters = package, parameters
        self._show: Show = show or (lambda outcome: flaw_of(package.name, outcome))
        wants = package.wants
        self._kinds = frozenset({*_ALWAYS, *wants.kinds, *wants.sampled})

    def judge(self, facts: Sequence[bytes]) -> list[HostVerdict]:
        """See `Judging.judge`."""
        return [self._host(one) for one in facts]

    def _host(self, facts: bytes) -> HostVerdict:
        host = Examined(Inventory(facts_of(facts, self._kinds)))
        outcomes = list(self._package.evaluate(host, self._parameters))
        flaws = [self._show(one) for one in outcomes if one.verdict == "fail"]
        excluded = list(exclusions_of(outcomes))
        return HostVerdict(flaws, excluded, whole=not excluded)


def facts_of(lines: bytes, kinds: frozenset[str]) -> Iterator[Fact]:
    """The facts of some kinds of an NDJSON text. Lines that are none were refused when the facts came in."""
    for line in lines.split(b"\n"):
        match = _KIND.match(line)
        if match is not None and match[1].decode() not in kinds:
            continue  # not read at all: most of an inventory are other packages' facts
        try:
            fact = loads(line)
        except ValueError:
            continue
        if fact.kind in kinds:
            yield fact
