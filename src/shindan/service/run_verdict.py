"""Whether what a run found is bad enough to stop something: `high`, `kev`, `cvss>=9`, `new`, `high+new`.

Of several, separated by commas, any suffices; parts that are joined by `+` must all hold of one finding. What somebody
suppressed does not count, nor does what has no severity. `new` is what was seen for the first time since the last run
of the same template before this one.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from shindan.model.refusals import InvalidInput, RunInProgress
from shindan.model.stored_finding import SHOWN_SEVERITIES
from shindan.service.caller import Caller
from shindan.service.rights import must
from shindan.service.runs import named
from shindan.service.service import Service
from shindan.store import run_tally
from shindan.store.run_tally import Counted

Test = Callable[[Counted], bool]

_RANKED = ("high", "medium", "low", "informational")
_FORMS = f"{', '.join(_RANKED)}, kev, new, cvss>=N, or several joined by +"
_CVSS = re.compile(r"cvss\s*(>=|>)\s*(\d{1,2}(?:\.\d{1,2})?)")
_MOST_NAMED = 10


@dataclass(frozen=True, slots=True)
class RunVerdict:
    """What of a run counts. `met` maps each threshold that is met to the number of findings that meet it; `worst` are
    ids of some of their rules; `suppressed` is how many findings did not count for that reason.
    """

    met: dict[str, int]
    worst: tuple[str, ...]
    counted: int
    suppressed: int
    new: int


def parse(text: str) -> dict[str, Test]:
    """Thresholds as people write them, by their words. Raises ValueError that names the forms."""
    words = [" ".join(word.lower().split()) for word in text.split(",")]
    return {word: _all(word) for word in words if word} or _all_of_none(text)


def verdict(service: Service, caller: Caller, run_arn: str, fail_on: Sequence[str]) -> RunVerdict:
    """Which thresholds a run that ended meets. Needs `ListFindings`.

    Raises InvalidInput, NoSuchEntity, RunInProgress.
    """
    must(caller, "ListFindings", run_arn)
    try:
        tests = {word: test for text in fail_on for word, test in parse(text).items()}
    except ValueError as error:
        raise InvalidInput("INVALID_THRESHOLD", str(error)) from None
    with service.database.read() as connection:
        run = named(connection, caller, run_arn)
        if not run.ended:
            raise RunInProgress([run_arn])
        found = run_tally.counted(connection, run.id, run_tally.run_before(connection, run))
    rows = [one for one in found if not one.suppressed]
    met = {word: sum(one.number for one in rows if test(one)) for word, test in tests.items()}
    worst = sorted((one.severity, one.rule) for one in rows if any(test(one) for test in tests.values()))
    return RunVerdict(
        {word: number for word, number in met.items() if number},
        tuple(dict.fromkeys(rule for _, rule in worst))[:_MOST_NAMED],
        sum(one.number for one in rows),
        sum(one.number for one in found if one.suppressed),
        sum(one.number for one in rows if one.new),
    )


def _all(word: str) -> Test:
    tests = [_one(part.strip(), word) for part in word.split("+")]
    return lambda found: all(test(found) for test in tests)


def _one(part: str, whole: str) -> Test:
    if part == "kev":
        return lambda found: found.kev
    if part == "new":
        return lambda found: found.new
    if part in _RANKED:
        return _at_least(_RANKED.index(part))
    match = _CVSS.fullmatch(part)
    if match is not None and float(match[2]) <= 10:
        return _scored(operator.ge if match[1] == ">=" else operator.gt, float(match[2]))
    raise ValueError(f"cannot read {whole[:60]!r}: give {_FORMS}")


def _at_least(rank: int) -> Test:
    words = {number for number, word in enumerate(SHOWN_SEVERITIES) if word.lower() in _RANKED[: rank + 1]}
    return lambda found: found.severity in words


def _scored(reaches: Callable[[float, float], bool], limit: float) -> Test:
    """By CVSS 3 where a finding has it, else by CVSS 2, as NVD itself prefers them."""

    def test(found: Counted) -> bool:
        scores = dict(found.attributes)
        score = scores.get("CVSS3_SCORE") or scores.get("CVSS2_SCORE")
        return score is not None and reaches(float(score), limit)

    return test


def _all_of_none(text: str) -> dict[str, Test]:
    raise ValueError(f"cannot read {text[:60]!r}: give {_FORMS}")
