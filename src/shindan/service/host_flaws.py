"""Outcomes of host rules as the API shows findings and exclusions (specification, sections 5.4, 5.5 and 7)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from shindan.engine.judge import Flaw
from shindan.model.outcome import Evidence, Outcome, Verdict
from shindan.model.packages import PackageName
from shindan.model.stored_finding import SHOWN_SEVERITIES, shown
from shindan.rules.runtime.too_short import TOO_SHORT
from shindan.service.cve_flaws import clean
from shindan.store.rules import Rule

_MOST_SHOWN = 12
_MOST_REASONS = 5
_LONGEST_PART, _LONGEST = 300, 2000
_CODES: dict[Verdict, str] = {"error": "NOT_OBSERVED", "unknown": "NOT_LOOKED_AT"}


def flaw_of(package: PackageName, outcome: Outcome) -> Flaw:
    """The flaw that a failed outcome is: one a rule and host, under the rule's title, as the original has it."""
    rule = outcome.rule
    text = Rule(
        package,
        rule.title,
        rule.flaw or f"Instance {{agent}}: {rule.title}",
        f"{rule.why}\n\nObserved: {{subject}}.",
        rule.remedy,
    )
    return Flaw(text, SHOWN_SEVERITIES.index(shown(rule.severity)), observed(outcome.evidence))


def observed(evidence: Sequence[Evidence]) -> str:
    """Evidence in one line: what was observed of what, and what was wanted, said once for neighbours that want it."""
    told = [
        f"{'; '.join(_one(one) for one in same)} (wanted: {_cut(wanted)})"
        for wanted, same in groupby(evidence[:_MOST_SHOWN], lambda one: one.wanted)
    ]
    if len(evidence) > _MOST_SHOWN:
        told.append(f"and {len(evidence) - _MOST_SHOWN:,} more")
    text = clean("; ".join(told))
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def exclusions_of(outcomes: Iterable[Outcome]) -> Iterator[tuple[str, str]]:
    """(code, detail) for what could not be judged: rules for one reason together, the rarer reasons in one."""
    groups: dict[tuple[str, str], list[str]] = {}
    for one in outcomes:
        code = "WINDOW_TOO_SHORT" if one.reason.startswith(TOO_SHORT) else _CODES.get(one.verdict)
        if code is not None:
            groups.setdefault((code, one.reason), []).append(one.rule.title)
    for code in dict.fromkeys(code for code, _ in groups):
        told = [(reason, titles) for (other, reason), titles in groups.items() if other == code]
        told.sort(key=lambda one: -len(one[1]))
        yield from ((code, _told(reason, titles)) for reason, titles in told[:_MOST_REASONS])
        rest = told[_MOST_REASONS:]
        if rest:
            number = sum(len(titles) for _, titles in rest)
            said = "; ".join(reason or "no reason given" for reason, _ in rest)
            yield code, clean(f"{number} more rules, for {len(rest)} reasons: {said}")[:1000]


def _told(reason: str, titles: Sequence[str]) -> str:
    return clean(f"{', '.join(dict.fromkeys(titles))}: {reason or 'no reason given'}")[:1000]


def _one(evidence: Evidence) -> str:
    return f"{_cut(evidence.subject)}: {_cut(evidence.observed)}"


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_PART else line[: _LONGEST_PART - 1] + "…"
