"""Why a rule does or does not hold on a host: for people who doubt a finding."""

from __future__ import annotations

from collections.abc import Iterator

from shindan.model.inventory import Inventory
from shindan.model.outcome import Outcome
from shindan.rules.cis.benchmarks import library
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


def explained(inventory: Inventory, name: str) -> list[str]:
    """Lines about a rule by its id (`ssh-root-login`), or about a control (`5.1.20`, `debian-12/5.1.20`).

    None where no rule and no control of this host's benchmark has that name.
    """
    host = Examined(inventory)
    return [line for outcome in _outcomes(host, name) for line in _lines(outcome)]


def _outcomes(host: Examined, name: str) -> Iterator[Outcome]:
    known = library()
    rule = known.rules.get(name)
    if rule is not None:
        result = rule.judge(host)
        yield Outcome(rule.way(host).rule, result.verdict, "", result.evidence, result.reason, _controls(name, host))
        return
    id_, _, number = name.rpartition("/")
    benchmark = known.benchmarks.get(id_) if id_ else known.of(host.platform)[0]
    for control in benchmark.controls if benchmark else ():
        if control.number == number:
            one = judge(host, known.rules, control)
            yield Outcome(one.rule, one.verdict, "", one.evidence, one.reason, control.rules)
            return
    for package in ("practices", "runtime"):
        for outcome in HOST_PACKAGES[package].evaluate(host, {}):
            if outcome.rule.id == name:
                yield outcome


def _controls(name: str, host: Examined) -> tuple[str, ...]:
    benchmark, _ = library().of(host.platform)
    controls = benchmark.controls if benchmark else ()
    return tuple(f"{benchmark.id} {one.number}" for one in controls if benchmark and name in one.rules)


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
