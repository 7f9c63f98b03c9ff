"""What a check says, and how the answers of several are put together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from shindan.model.outcome import Evidence, Verdict

_WORST_FIRST: tuple[Verdict, ...] = ("fail", "error", "unknown", "manual", "pass")
_BEST_FIRST: tuple[Verdict, ...] = ("pass", "error", "unknown", "manual", "fail")
_SWAPPED: dict[Verdict, Verdict] = {"pass": "fail", "fail": "pass"}


class Result(NamedTuple):
    """A verdict, what was observed, and why it is no pass or fail where it is none."""

    verdict: Verdict
    evidence: tuple[Evidence, ...] = ()
    reason: str = ""


class CannotTell(Exception):
    """A check has no facts to go by: `unknown` where nobody looked, `error` where somebody could not."""

    def __init__(self, verdict: Verdict, reason: str) -> None:
        super().__init__(reason)
        self.verdict = verdict
        self.reason = reason


def judged(evidence: Sequence[tuple[bool, Evidence]], *, empty: Result) -> Result:
    """Pass where everything that was looked at is as wanted; the offenders alone are the evidence of a fail.

    `empty` is the answer where there was nothing to look at.
    """
    if not evidence:
        return empty
    offenders = tuple(one for good, one in evidence if not good)
    return Result("fail", offenders) if offenders else Result("pass", tuple(one for _, one in evidence))


def all_of(results: Iterable[Result]) -> Result:
    """The worst of them; members that do not apply are left out, and if none applies, neither does the whole."""
    return _combined(list(results), _WORST_FIRST)


def any_of(results: Iterable[Result]) -> Result:
    """The best of them, members that do not apply left out; where it fails, every member's evidence is shown."""
    return _combined(list(results), _BEST_FIRST)


def negated(result: Result) -> Result:
    """Pass for fail and fail for pass; every other verdict stays."""
    return result._replace(verdict=_SWAPPED.get(result.verdict, result.verdict))


def absent(meaning: str, evidence: Evidence) -> Result:
    """What the rule says that a missing object means: `pass`, `fail` or `not_applicable`."""
    if meaning == "not_applicable":
        return Result("not_applicable", reason=f"{evidence.subject}: {evidence.observed}")
    return Result("fail" if meaning == "fail" else "pass", (evidence,))


def _combined(results: Sequence[Result], order: Sequence[Verdict]) -> Result:
    applying = [one for one in results if one.verdict != "not_applicable"]
    if not applying:
        return Result("not_applicable", reason="; ".join(dict.fromkeys(one.reason for one in results if one.reason)))
    verdict = next(word for word in order if any(one.verdict == word for one in applying))
    deciding = [one for one in applying if one.verdict == verdict]
    evidence = tuple(dict.fromkeys(line for one in deciding for line in one.evidence))
    return Result(verdict, evidence, "; ".join(dict.fromkeys(one.reason for one in deciding if one.reason)))
