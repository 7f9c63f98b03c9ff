"""A benchmark held against a host: one outcome a control, with the evidence of all its rules."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping, Sequence

from shindan.model.outcome import Outcome
from shindan.model.rule import Fix, Rule
from shindan.model.severity import Severity
from shindan.rules.base import Parameters
from shindan.rules.catalog import HostRule
from shindan.rules.checks.result import Result, all_of, any_of
from shindan.rules.cis.benchmark import Benchmark, Control, Level, Profile
from shindan.rules.examined import Examined
from shindan.rules.tailored import SWITCHED_OFF, off_of

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
        yield judge(host, rules, control, parameters, benchmark.id)


def without_numbers(host: Examined, rules: Iterable[HostRule], parameters: Parameters = NOTHING) -> Iterator[Outcome]:
    """The outcome of every stable one of these rules, for a host whose system has no benchmark here."""
    for one in rules:
        if one.rule.maturity == "stable":
            yield _outcome(one.way(host).rule, one.judge(host, parameters.get(one.rule.id)), ())


def judge(
    host: Examined, rules: Mapping[str, HostRule], control: Control, parameters: Parameters = NOTHING, of: str = ""
) -> Outcome:
    """The outcome of one control: all of its rules must hold; those that do not apply are left out."""
    parts = [rules[id_] for id_ in control.rules]
    named = (f"{of} {control.number}" if of else control.number,)
    ways = tuple(one.way(host).rule for one in parts)
    if not parts or control.manual:
        reason = _NO_RULE if control.uncovered else _BY_HAND
        return Outcome(_rule(control.number, control.level, ways, ways), "manual", reason=reason, controls=named)
    off = off_of(parameters)
    results = [_result(host, one, control, parameters, off, of) for one in parts]
    together = _together(control, results)
    failing = tuple(one for one, result in zip(ways, results, strict=True) if result.verdict == together.verdict)
    return _outcome(_rule(control.number, control.level, ways, failing or ways), together, named)


def _together(control: Control, results: Sequence[Result]) -> Result:
    if not control.either:
        return all_of(results)
    named = list(zip(control.rules, results, strict=True))
    some = [result for id_, result in named if id_ in control.either]
    others = [result for id_, result in named if id_ not in control.either]
    return any_of([all_of(some), all_of(others)])


def _result(
    host: Examined, one: HostRule, control: Control, parameters: Parameters, off: Mapping[str, str], of: str
) -> Result:
    id_ = one.rule.id
    for name in (id_, f"{of} {id_}") if off else ():
        if name in off:
            return Result("not_applicable", reason=f"{SWITCHED_OFF}{off[name]}")
    if not parameters:
        return one.judge(host, control.params.get(id_))
    given = dict(control.params.get(id_, NOTHING))
    of_control = parameters.get(f"{of} {control.number}", NOTHING)
    names = one.way(host).names
    # From the general to the particular; of a control's values a rule takes those that it has.
    given.update(parameters.get(id_, NOTHING))
    given.update(parameters.get(f"{of} {id_}", NOTHING))
    given.update({name: value for name, value in of_control.items() if name in names})
    return one.judge(host, given)


def _outcome(rule: Rule, result: Result, controls: tuple[str, ...]) -> Outcome:
    return Outcome(rule, result.verdict, "", result.evidence, result.reason, controls)


@functools.lru_cache(maxsize=4096)
def _rule(number: str, level: Level, own: tuple[Rule, ...], telling: tuple[Rule, ...]) -> Rule:
    """A control as a rule: named after the rules that it stands for, told by those that decided."""
    title = "; ".join(dict.fromkeys(one.title for one in own)) or "To be looked at by hand"
    if len(title) > _LONGEST:
        title = title[: _LONGEST - 1] + "…"
    return Rule(
        id=number,
        title=title,
        severity=_SEVERITY[level],
        why=" ".join(dict.fromkeys(one.why for one in telling)),
        remedy="\n".join(dict.fromkeys(one.remedy for one in telling)),
        references=tuple(dict.fromkeys(name for one in telling for name in one.references)),
        fix=Fix(_joined(one.fix.shell for one in telling), _joined(one.fix.ansible for one in telling)),
    )


def _joined(fixes: Iterable[str]) -> str:
    """All of them; none where one is missing: half a remedy mends no control."""
    found = list(dict.fromkeys(fixes))
    return "\n".join(found) if all(found) else ""
