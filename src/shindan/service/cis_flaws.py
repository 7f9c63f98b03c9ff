"""Failed controls of benchmarks as the API shows them (specification, section 5.3)."""

from __future__ import annotations

from shindan.engine.judge import Flaw
from shindan.model.outcome import Outcome
from shindan.model.stored_finding import SHOWN_SEVERITIES, shown
from shindan.rules.cis.benchmark import Control
from shindan.rules.cis.benchmarks import Library, library
from shindan.service.cve_flaws import clean
from shindan.service.host_flaws import flaw_of, observed
from shindan.store.rules import Rule

_NO_MAP, OWN_RULE = "no benchmark map", "own rules"
"""What `BENCHMARK_ID` says of a rule without a number."""


def cis_flaw_of(outcome: Outcome, known: Library | None = None) -> Flaw:
    """The flaw of a control, named by its number; that of a plain rule where the host's system has no benchmark.

    `known` holds users' own rules and benchmarks, too, which are called as their files call them.
    """
    known = known or library()
    if not outcome.controls:
        plain = flaw_of("cis", outcome)
        said = OWN_RULE if outcome.rule.id in known.own else _NO_MAP
        return plain._replace(rule=plain.rule._replace(attributes=(("BENCHMARK_ID", said),)))
    benchmark_id, _, number = outcome.controls[0].partition(" ")
    benchmark = known.benchmarks[benchmark_id]
    control = benchmark.numbered[number]
    named = clean(f"{number} {outcome.rule.title}")
    title = clean(benchmark.title) if benchmark_id in known.own_benchmarks else f"CIS {benchmark.title} Benchmark"
    rule = Rule(
        "cis",
        named,
        f"Instance {{agent}} is not compliant with rule {named}, {title} v{benchmark.version}, {_profile(control)}",
        clean(f"{outcome.rule.why}\n\nObserved: {{subject}}."),
        clean(outcome.rule.remedy),
        (
            ("BENCHMARK_ID", f"{title} v{benchmark.version}"),
            ("BENCHMARK_RULE_ID", named),
            ("CIS_BENCHMARK_PROFILE", _profile(control)),
        ),
    )
    return Flaw(rule, SHOWN_SEVERITIES.index(shown(outcome.rule.severity)), observed(outcome.evidence))


def _profile(control: Control) -> str:
    """The profile that first asks for it."""
    return f"Level {control.level} - {control.on[0].capitalize()}"
