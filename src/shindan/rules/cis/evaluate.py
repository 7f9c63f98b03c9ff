"""A benchmark held against a host: one outcome a control, with the evidence of all its rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from shindan.model.outcome import Outcome
from shindan.model.rule import Rule
from shindan.model.severity import Severity
from shindan.rules.base import Parameters
from shindan.rules.catalog import HostRule
from shindan.rules.checks.result import Result, all_of
from shindan.rules.cis.benchmark import Benchmark, Control, Level, Profile
from shindan.rules.examined import Examined

_SEVERITY: Mapping[int, Severity] = {1: "High", 2: "Medium"}
"""What the original reported: High for what everybody should have, Medium for the second level."""

NOTHING: Parameters = {}
_LONGEST = 200
_BY_HAND = "this control cannot be checked by machine: look at it by hand"
_NO_RULE = "there is no rule for this control yet: look at it by hand"


def evaluate(
    host: Examined,
    rules: Mapping[str, HostRule],
    benchmark: Benchmark,
    level: Level,
    profile: Profile,
    parameters: Parameters = NOTHING,
) -> Iterator[Outcome]:
    """The outcome of each control of a level and profile, by number; `parameters` go before the benchmark's own.

    Its `controls` name benchmark and number: `debian-12 5.1.20`.
    """
    for control in sorted(benchmark.chosen(level, profile), key=Control.order):
        one = judge(host, rules, control, parameters)
        yield replace(one, controls=(f"{benchmark.id} {control.number}",))


def without_numbers(
    host: Examined, rules: Mapping[str, HostRule], parameters: Parameters = NOTHING
) -> Iterator[Outcome]:
    """The outcome of every stable rule, for a host whose system has no benchmark here."""
    for one in rules.values():
        if one.rule.maturity == "stable":
            yield _outcome(one.way(host).rule, one.judge(host, parameters.get(one.rule.id)), ())


def judge(host: Examined, rules: Mapping[str, HostRule], control: Control, parameters: Parameters = NOTHING) -> Outcome:
    """The outcome of one control: all of its rules must hold; those that do not apply are left out."""
    parts = [rules[id_] for id_ in control.rules]
    if not parts or control.manual:
        return _outcome(
            _rule(control, host, parts),
            Result("manual", reason=_NO_RULE if control.uncovered else _BY_HAND),
            (control.number,),
        )
    results = [
        one.judge(host, {**control.params.get(one.rule.id, {}), **parameters.get(one.rule.id, {})}) for one in parts
    ]
    together = all_of(results)
    failing = [one for one, result in zip(parts, results, strict=True) if result.verdict == together.verdict]
    return _outcome(_rule(control, host, parts, failing), together, (control.number,))


def _outcome(rule: Rule, result: Result, controls: tuple[str, ...]) -> Outcome:
    return Outcome(rule, result.verdict, "", result.evidence, result.reason, controls)


def _rule(control: Control, host: Examined, parts: list[HostRule], shown: list[HostRule] | None = None) -> Rule:
    """A control as a rule: named after the rules that it stands for, told by those that decided."""
    own = [one.way(host).rule for one in parts]
    telling = [one.way(host).rule for one in shown or parts]
    title = "; ".join(dict.fromkeys(one.title for one in own)) or "To be looked at by hand"
    if len(title) > _LONGEST:
        title = title[: _LONGEST - 1] + "…"
    return Rule(
        id=control.number,
        title=title,
        severity=_SEVERITY[control.level],
        why=" ".join(dict.fromkeys(one.why for one in telling)),
        remedy="\n".join(dict.fromkeys(one.remedy for one in telling)),
        references=tuple(dict.fromkeys(name for one in telling for name in one.references)),
    )
