"""Failed controls of benchmarks as the API shows them (specification, section 5.3)."""

from __future__ import annotations

from shindan.engine.judge import Flaw
from shindan.model.outcome import Outcome
from shindan.model.stored_finding import SHOWN_SEVERITIES, shown
from shindan.rules.cis.benchmark import Control
from shindan.rules.cis.benchmarks import library
from shindan.service.cve_flaws import clean
from shindan.service.host_flaws import flaw_of, observed
from shindan.store.rules import Rule


def cis_flaw_of(outcome: Outcome) -> Flaw:
    """The flaw of a control, named by its number; that of a plain rule where the host's system has no benchmark."""
    if not outcome.controls:
        plain = flaw_of("cis", outcome)
        return plain._replace(rule=plain.rule._replace(attributes=(("BENCHMARK_ID", "no benchmark map"),)))
    benchmark_id, _, number = outcome.controls[0].partition(" ")
    benchmark = library().benchmarks[benchmark_id]
    control = next(one for one in benchmark.controls if one.number == number)
    named = clean(f"{number} {outcome.rule.title}")
    title = f"CIS {benchmark.title} Benchmark"
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
