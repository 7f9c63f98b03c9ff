"""What was true of one rule on one host."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

from shindan.model.rule import Rule

Verdict = Literal["pass", "fail", "not_applicable", "manual", "error", "unknown"]
"""`error`: somebody looked and could not tell; `unknown`: nobody looked. Both become exclusions, never findings."""

VERDICTS: tuple[Verdict, ...] = get_args(Verdict)


class Evidence(NamedTuple):
    """One thing that was looked at: what it is, what was observed, what was wanted."""

    subject: str
    observed: str
    wanted: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """A rule's verdict on one host, or on one `subject` of it (a file, a port; "" for the host).

    `evidence` stands behind pass and fail; `reason` says which condition failed (not_applicable), or why nobody could
    tell (error, unknown, manual). `controls` are the numbers by which a benchmark calls the rule.
    """

    rule: Rule
    verdict: Verdict
    subject: str = ""
    evidence: tuple[Evidence, ...] = ()
    reason: str = ""
    controls: tuple[str, ...] = ()
