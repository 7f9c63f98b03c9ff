"""Why a rule does or does not hold on a host: for people who doubt a finding."""

from __future__ import annotations

from collections.abc import Iterator

from shindan.model.inventory import Inventory
from shindan.model.outcome import Outcome
from shindan.rules.cis.benchmark import Benchmark, Control
from shindan.rules.cis.benchmarks import Library, library
from shindan.rules.cis.evaluate import judge
from shindan.rules.examined import Examined
from shindan.rules.packages import HOST_PACKAGES

_WORDS = {
    "pass": "it holds",
    "fail": "it does not hold",
    "not_applicable": "it does not apply here",
    "manual": "a person has to look at it",
    "error": "it could not be told",
    "unknown": "nobody looked",
}


def explained(inventory: Inventory, name: str, known: Library | None = None) -> list[str]:
    """Lines about a rule by its id (`ssh-root-login`), or about a control (`5.1.20`, `debian-12/5.1.20`).

    `known` holds users' own rules and benchmarks, too; without, what ships. None where no rule and no control of this
    host's benchmarks has that name.
    """
    host = Examined(inventory)
    return [line for outcome in _outcomes(host, name, known or library()) for line in _lines(outcome)]


def _outcomes(host: Examined, name: str, known: Library) -> Iterator[Outcome]:
    rule = known.rules.get(name)
    if rule is not None:
        result = rule.judge(host)
        controls = tuple(
            f"{benchmark.id} {one.number}" for benchmark, one in _controls(host, known) if name in one.rules
        )
        yield Outcome(rule.way(host).rule, result.verdict, "", result.evidence, result.reason, controls)
        return
    id_, _, number = name.rpartition("/")
    named = known.benchmarks.get(id_)
    asked = [(named, one) for one in named.controls] if named else [] if id_ else list(_controls(host, known))
    found = [(benchmark, one) for benchmark, one in asked if one.number == number]
    for benchmark, control in found:
        one = judge(host, known.rules, control, of=benchmark.id)
        yield Outcome(one.rule, one.verdict, "", one.evidence, one.reason, control.rules)
    for package in () if found else ("practices", "runtime"):
        yield from (one for one in HOST_PACKAGES[package].evaluate(host, {}) if one.rule.id == name)


def _controls(host: Examined, known: Library) -> Iterator[tuple[Benchmark, Control]]:
    """The controls of this host's benchmarks: of the one that ships, then of users' own."""
    mapped = known.of(host.platform)[0]
    for benchmark in (*([mapped] if mapped else ()), *known.own_of(host.platform)):
        yield from ((benchmark, control) for control in benchmark.controls)


def _lines(outcome: Outcome) -> Iterator[str]:
    rule = outcome.rule
    yield f"{rule.id}: {rule.title}"
    yield f"  {_WORDS[outcome.verdict]}{f': {outcome.reason}' if outcome.reason else ''}  ({rule.severity})"
    for one in outcome.evidence:
        yield f"  {one.subject}: {one.observed}  (wanted: {one.wanted})"
    yield f"  why: {rule.why}"
    yield from (f"  {line}" for line in f"remedy: {rule.remedy}".splitlines())
    if rule.fix.shell:
        yield from (f"  $ {line}" for line in rule.fix.shell.splitlines())
    if outcome.controls:
        yield f"  in benchmarks, or of rules: {', '.join(outcome.controls)}"
    if rule.references:
        yield f"  see {', '.join(rule.references)}"
