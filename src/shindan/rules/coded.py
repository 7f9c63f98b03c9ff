"""Rules whose check is a function of their own, and packages that are a list of such rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from shindan.model.outcome import Outcome
from shindan.model.packages import PackageName, package
from shindan.model.rule import Rule
from shindan.rules.base import Parameters, Wants
from shindan.rules.checks.kind import Kind
from shindan.rules.checks.result import CannotTell, Result
from shindan.rules.examined import Examined

NOTHING: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True)
class CodedRule:
    """A rule with its check: the function, its parameters with their defaults, and the facts that it looks at."""

    rule: Rule
    check: Kind

    def judge(self, host: Examined, given: Mapping[str, Any] = NOTHING) -> Result:
        """The verdict on a host; `given` replaces defaults of parameters."""
        try:
            return self.check.run(host, self.check.filled(given))
        except CannotTell as error:
            return Result(error.verdict, reason=error.reason)


@dataclass(frozen=True, slots=True)
class CodedPackage:
    """See `rules.base.HostPackage`. `also` are kinds of facts that rules use where they are there."""

    name: PackageName
    rules: tuple[CodedRule, ...]
    sampled: tuple[str, ...] = ()
    seconds: int | None = 0
    also: tuple[str, ...] = ()

    @property
    def version(self) -> str:
        """See `HostPackage.version`."""
        return package(self.name).version

    @property
    def wants(self) -> Wants:
        """See `HostPackage.wants`."""
        kinds = dict.fromkeys(kind for one in self.rules for kind in one.check.facts)
        once = dict.fromkeys((*(kind for kind in kinds if kind not in self.sampled), *self.also))
        return Wants(tuple(once), self.sampled, self.seconds)

    def evaluate(self, host: Examined, parameters: Parameters) -> Iterator[Outcome]:
        """See `HostPackage.evaluate`. `parameters` are such that there are no `complaints`."""
        for one in self.rules:
            said = one.judge(host, parameters.get(one.rule.id, NOTHING))
            yield Outcome(one.rule, said.verdict, evidence=said.evidence, reason=said.reason)

    def complaints(self, parameters: Parameters) -> Iterator[str]:
        """Everything that is wrong with parameters, a sentence each."""
        known = {one.rule.id: one.check for one in self.rules}
        for id_, given in parameters.items():
            if id_ in known:
                yield from known[id_].complaints(given)
            else:
                yield f"there is no rule {id_!r}: known are {', '.join(known)}"
