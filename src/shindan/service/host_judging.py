"""Rules packages over facts of hosts at work on a run: each host by itself, from its facts alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from typing import NamedTuple

from shindan.engine.judge import CheckedRule, Flaw, HostVerdict
from shindan.model.outcome import Outcome
from shindan.model.packages import PackageName
from shindan.model.packages import package as package_named
from shindan.rules.base import HostPackage, Parameters
from shindan.rules.tailored import Tailored, evaluated
from shindan.service.cve_flaws import clean
from shindan.service.examining import Examining, facts_of
from shindan.service.host_flaws import exclusions_of, flaw_of
from shindan.service.own_version import own_version

__all__ = ["HostJudge", "HostJudging", "Parts", "checked_rule", "facts_of"]

_ALWAYS = ("platform", "container", "gap")
_NOTHING: Parameters = {}
_LONGEST_TITLE = 300

Show = Callable[[Outcome], Flaw]
"""The flaw that a failed outcome is."""


class Parts(NamedTuple):
    """A package with what makes its findings of the API's odd ones; None: as all others."""

    package: HostPackage
    show: Show | None = None


class HostJudge:
    """See `engine.judge.Judge`: needs no knowledge beyond the rules, which are part of the program, and users' own.

    `package` is one, or makes its parts when a run begins: rules are loaded by whoever evaluates; `name` is its name
    then. `parameters` replace those of rules. `examining` shares hosts with the other packages of a run. `own` says
    which state users' own rules are in.
    """

    def __init__(
        self,
        package: HostPackage | Callable[[], Parts],
        parameters: Parameters = _NOTHING,
        show: Show | None = None,
        examining: Examining | None = None,
        *,
        name: PackageName | None = None,
        own: Callable[[], str] = str,
    ) -> None:
        if callable(package):
            assert name is not None, "a package that is made later has a name now"
            self._make, self._name = package, name
        else:
            self._make, self._name = lambda: Parts(package, show), package.name
        self._parameters, self._own = parameters, own
        self._examining = examining or Examining()

    @contextmanager
    def begin(self) -> Iterator[HostJudging]:
        """See `Judge.begin`."""
        parts = self._make()
        judging = HostJudging(parts.package, self._parameters, parts.show, self._examining)
        with self._examining.at_work(judging.kinds):
            yield judging

    def missing(self, platforms: Iterable[str]) -> tuple[str, ...]:
        """See `Judge.missing`: nothing is."""
        return ()

    def fetch(self, facts: Iterable[bytes]) -> Mapping[str, str] | None:
        """See `Judge.fetch`: there is nothing to be fetched."""
        return {}

    def state(self) -> str:
        """See `Judge.state`."""
        told = self._parameters.state if isinstance(self._parameters, Tailored) else sorted(self._parameters.items())
        return f"{package_named(self._name).version} {own_version()} {self._own()} {told}"


class HostJudging:
    """See `engine.judge.Judging`."""

    together = False
    """See `Judging.together`."""

    def __init__(
        self,
        package: HostPackage,
        parameters: Parameters = _NOTHING,
        show: Show | None = None,
        examining: Examining | None = None,
    ) -> None:
        self._package, self._parameters = package, parameters
        self._show: Show = show or (lambda outcome: flaw_of(package.name, outcome))
        self._examining = examining or Examining()
        self._alone = examining is None
        wants = package.wants
        self.kinds = frozenset({*_ALWAYS, *wants.kinds, *wants.sampled})
        """The kinds of facts that it reads."""

    def judge(self, facts: Sequence[bytes], given: Sequence[Parameters] = ()) -> list[HostVerdict]:
        """See `Judging.judge`."""
        wanted = given or [self._parameters] * len(facts)
        with self._examining.at_work(self.kinds) if self._alone else nullcontext():
            return [
                self._host(one, parameters or self._parameters) for one, parameters in zip(facts, wanted, strict=True)
            ]

    def _host(self, facts: bytes, parameters: Parameters) -> HostVerdict:
        outcomes = list(evaluated(self._package, self._examining.host(facts), parameters))
        flaws = [self._show(one) for one in outcomes if one.verdict == "fail"]
        excluded = list(exclusions_of(outcomes))
        rules = [(checked_rule(one), one.verdict) for one in outcomes]
        failed = {flaw.rule.id for flaw in flaws}
        settled = frozenset(_named(one) for one in outcomes if one.verdict in ("pass", "not_applicable")) - failed
        return HostVerdict(flaws, excluded, whole=not excluded, rules=rules, settled=settled)


def _named(outcome: Outcome) -> str:
    """How findings call the rule of an outcome."""
    number = outcome.controls[0].partition(" ")[2] if outcome.controls else ""
    return clean(f"{number} {outcome.rule.title}") if number else outcome.rule.title


def checked_rule(outcome: Outcome) -> CheckedRule:
    """What an outcome is about, as runs count it: a control of a benchmark, or a rule."""
    benchmark, _, number = outcome.controls[0].partition(" ") if outcome.controls else ("", "", "")
    return CheckedRule(benchmark, number or outcome.rule.id, clean(outcome.rule.title)[:_LONGEST_TITLE])
