"""What a run's end is told as: every severity is counted, what was not judged is said, and the code says how it went."""

from __future__ import annotations

import json
from typing import Any

import pytest
import typer

from shindan.cli.watching import watched

PACKAGE = "arn:aws:inspector:us-east-1:316112463485:rulespackage/0-gEjTy7T7"


class Answers:
    """See `Api`: one run that has ended."""

    region = "us-east-1"

    def __init__(self, state: str, counts: dict[str, int], exclusions: int = 0) -> None:
        self._run = {
            "arn": "arn:run", "name": "weekly-1", "assessmentTemplateArn": "arn:t", "rulesPackageArns": [PACKAGE],
            "state": state, "createdAt": 1.0, "findingCounts": counts,
        }  # fmt: skip
        self._exclusions = [f"arn:{number}" for number in range(exclusions)]

    def call(self, operation: str, **_: Any) -> dict[str, Any]:
        """See `Api.call`."""
        if operation == "ListExclusions":
            return {"exclusionArns": self._exclusions}
        return {"assessmentRuns": [self._run]}


@pytest.mark.parametrize(
    ("answers", "fail_on", "code", "out", "err"),
    [
        (Answers("COMPLETED", {"High": 0}), None, 0, "weekly-1: COMPLETED; no findings", ""),
        (Answers("COMPLETED", {"Undefined": 362}), None, 0, "COMPLETED; 362 Undefined", ""),
        (Answers("COMPLETED", {"Undefined": 362}), "high", 0, "362 Undefined", ""),
        (Answers("COMPLETED", {"High": 1, "Low": 2}), "medium", 1, "1 High, 2 Low", ""),
        (Answers("COMPLETED", {"Low": 2}), "medium", 0, "2 Low", ""),
        (Answers("COMPLETED", {}, 4), None, 0, "no findings", "4 exclusions say why: shindan run exclusions arn:run"),
        (Answers("COMPLETED_WITH_ERRORS", {}, 1), None, 3, "no findings", "the run ended COMPLETED_WITH_ERRORS"),
        (Answers("CANCELED", {}), None, 3, "no findings", "the run ended CANCELED"),
    ],
    ids=["clean", "without severities", "without severities is below high", "worse than asked for", "below", "partly",
         "with errors", "cancelled"],
)  # fmt: skip
def test_how_the_end_of_a_run_is_told(
    answers: Answers, fail_on: str | None, code: int, out: str, err: str, capsys: pytest.CaptureFixture[str]
) -> None:
    ended = 0
    try:
        watched(answers, "arn:run", fail_on, "table")
    except typer.Exit as exit_:
        ended = exit_.exit_code
    said = capsys.readouterr()
    assert (ended, out in said.out, err in said.err) == (code, True, True), said


def test_the_same_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    watched(Answers("COMPLETED", {"Undefined": 3}, 2), "arn:run", None, "json")
    found = json.loads(capsys.readouterr().out)
    assert (found["findings"], found["exclusions"], found["packages"]) == ({"Undefined": 3}, 2, ["cve"])
