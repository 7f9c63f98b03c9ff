"""How a rule is checked on some family or platform. What it takes to judge is made when it is first asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shindan.model.rule import Fix, Rule
from shindan.rules import conditions
from shindan.rules.checks import compiled as checks

_MOST_KEPT = 64
"""Checks with other values than the rule's own that are kept: a benchmark and a tailoring or two want some."""


class Way:
    """A rule as it is on some family; `check` and `when` as they are written."""

    __slots__ = ("_applies", "_ask", "_asked_with", "_params", "check", "rule", "when")

    def __init__(
        self, rule: Rule, said: Mapping[str, Any], params: Mapping[str, Any], applies: conditions.When | None = None
    ) -> None:
        self.rule = rule
        self.check: Any = said["check"]
        self.when: Mapping[str, Any] = said.get("when", {})
        self._params = params
        self._applies = applies
        self._ask: checks.Check | None = None
        self._asked_with: dict[str, checks.Check] = {}

    @property
    def applies(self) -> conditions.When:
        """When it applies at all."""
        if self._applies is None:
            self._applies = conditions.compiled(self.when)
        return self._applies

    @property
    def ask(self) -> checks.Check:
        """The check with the rule's own values."""
        if self._ask is None:
            self._ask = checks.compiled(self.check, self._params)
        return self._ask

    @property
    def asks(self) -> frozenset[str]:
        """The kinds of facts that its condition looks at."""
        return conditions.facts_of(self.when)

    @property
    def names(self) -> frozenset[str]:
        """What may be given: parameters of the rule, and arguments that its check names and holds by themselves."""
        return frozenset(self._params) | {name for _, arguments in checks.uses(self.check) for name in arguments}

    def lacking(self, given: Mapping[str, Any]) -> frozenset[str]:
        """Those of the given names that it does not have."""
        return frozenset(given) - self.names

    def ask_with(self, given: Mapping[str, Any]) -> checks.Check:
        """The check with other values: parameters first, then arguments wherever the check names them.

        A name that this way of the rule does not have is another way's. Raises CheckRefused.
        """
        key = repr(sorted(given.items()))
        if key not in self._asked_with:
            if len(self._asked_with) >= _MOST_KEPT:
                self._asked_with.clear()
            params = {**self._params, **{name: value for name, value in given.items() if name in self._params}}
            rest = {name: value for name, value in given.items() if name not in self._params}
            written = checks.replaced(self.check, rest) if rest else self.check
            self._asked_with[key] = checks.compiled(written, params)
        return self._asked_with[key]


def rule_of(id_: str, said: Mapping[str, Any]) -> Rule:
    """The rule of a table."""
    fix = said.get("fix", {})
    return Rule(
        id=id_,
        title=said["title"],
        severity=said["severity"],
        why=said["why"].strip(),
        remedy=said["remedy"].strip(),
        maturity=said.get("maturity", "stable"),
        references=tuple(said.get("references", ())),
        fix=Fix(fix.get("sh", "").strip(), fix.get("ansible", "").strip()) if fix else _NO_FIX,
    )


_NO_FIX = Fix()
