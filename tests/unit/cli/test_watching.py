"""What a run's end is told as: every severity is counted, what was not judged is said, and the code says how it went."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any, BinaryIO

import pytest
import typer

from shindan.cli.run_files import RunFile, wanted
from shindan.cli.watching import Ending, ending, watched

PACKAGE = "arn:aws:inspector:us-east-1:316112463485:rulespackage/0-gEjTy7T7"


class Answers:
    """See `Api`: one run that has ended."""

    region = "us-east-1"

    def __init__(
        self, state: str, counts: dict[str, int], exclusions: int = 0, met: dict[str, int] | None = None
    ) -> None:
        self._met = met or {}
        self.made: list[str] = []
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

    def own(self, verb: str, **request: Any) -> dict[str, Any]:
        """See `Api.own`; a report is made at once."""
        if verb == "GetRunReport":
            self.made.append(request["format"])
            return {"status": "COMPLETED", "url": f"https://shindan.test/{request['format']}", "error": ""}
        assert (verb, request["run"]) == ("GetRunVerdict", "arn:run")
        return {"met": self._met, "worst": ["CVE-2026-1"], "counted": 3, "suppressed": 2, "new": 0}

    def save(self, url: str, stream: BinaryIO) -> int:
        """See `Api.save`."""
        return stream.write(url.encode())


@pytest.mark.parametrize(
    ("answers", "how", "code", "out", "err"),
    [
        (Answers("COMPLETED", {"High": 0}), Ending(), 0, "weekly-1: COMPLETED; no findings", ""),
        (Answers("COMPLETED", {"Undefined": 362}), Ending(), 0, "COMPLETED; 362 Undefined", ""),
        (Answers("COMPLETED", {"Undefined": 362}), Ending("high"), 0, "362 Undefined", ""),
        (Answers("COMPLETED", {"High": 1, "Low": 2}, met={"medium": 1}), Ending("medium"), 1, "1 High, 2 Low", "--fail-on is met: medium by 1: CVE-2026-1\n2 suppressed"),
        (Answers("COMPLETED_WITH_ERRORS", {"High": 1}, met={"high": 1}), Ending("high"), 1, "1 High", "is met"),
        (Answers("COMPLETED", {}, 4), Ending(), 0, "no findings", "4 exclusions say why: shindan run exclusions arn:run"),
        (Answers("COMPLETED", {}, 4), Ending(None, True), 3, "no findings", "--fail-on-exclusions was said"),
        (Answers("COMPLETED", {}, 0), Ending(None, True), 0, "no findings", ""),
        (Answers("COMPLETED_WITH_ERRORS", {}, 1), Ending(), 3, "no findings", "the run ended COMPLETED_WITH_ERRORS"),
        (Answers("CANCELED", {}), Ending(), 3, "no findings", "the run ended CANCELED"),
    ],
    ids=["clean", "without severities", "without severities is below high", "worse than asked for", "met outweighs errors",
         "partly", "partly is not enough", "whole", "with errors", "cancelled"],
)  # fmt: skip
def test_how_the_end_of_a_run_is_told(
    answers: Answers, how: Ending, code: int, out: str, err: str, capsys: pytest.CaptureFixture[str]
) -> None:
    ended = 0
    try:
        watched(answers, "arn:run", how, "table")
    except typer.Exit as exit_:
        ended = exit_.exit_code
    said = capsys.readouterr()
    assert (ended, out in said.out, err in said.err) == (code, True, True), said


@pytest.mark.parametrize(
    "text", ["critical", "high,", "", "cvss>=11", "cvss=9", "new+", "epss>0.5", "high;kev", "kev new"]
)
def test_thresholds_that_cannot_be_read_are_usage_errors(text: str) -> None:
    if text == "high,":
        assert ending(text).fail_on == text
        return
    with pytest.raises(typer.BadParameter, match="give high, medium"):
        ending(text)


class Going(Answers):
    """A run that goes on until it is interrupted."""

    def __init__(self) -> None:
        super().__init__("COLLECTING_DATA", {})
        self.stopped: list[str] = []

    def call(self, operation: str, **request: Any) -> dict[str, Any]:
        """See `Api.call`."""
        if operation == "StopAssessmentRun":
            self.stopped.append(request["stopAction"])
            return {}
        signal.raise_signal(self.how)
        return super().call(operation, **request)

    how = signal.SIGINT


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("stops", [True, False], ids=["and stops the run", "and lets it go on"])
def test_who_is_interrupted_says_what_becomes_of_the_run(
    how: signal.Signals, stops: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    going = Going()
    going.how = how
    before = signal.getsignal(signal.SIGTERM)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with pytest.raises(SystemExit) as ended:
        watched(going, "arn:run", Ending(stop_on_interrupt=stops), "table")
    assert (ended.value.code, going.stopped) == (130, ["SKIP_EVALUATION"] if stops else [])
    assert ("is stopped" if stops else "goes on: shindan run watch arn:run") in capsys.readouterr().err
    assert signal.getsignal(signal.SIGTERM) == before


def test_the_same_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    watched(Answers("COMPLETED", {"Undefined": 3}, 2), "arn:run", Ending(), "json")
    found = json.loads(capsys.readouterr().out)
    assert (found["findings"], found["exclusions"], found["packages"]) == ({"Undefined": 3}, 2, ["cve"])


# ── files of a run ──


@pytest.mark.parametrize(
    ("state", "code", "made"),
    [("COMPLETED", 1, ["JUNIT", "SARIF"]), ("COMPLETED_WITH_ERRORS", 1, ["JUNIT", "SARIF"]), ("FAILED", 3, []), ("CANCELED", 3, [])],
    ids=["it completed", "with errors", "it failed", "it was cancelled"],
)  # fmt: skip
def test_files_are_written_when_the_run_has_ended_whatever_the_verdict(
    state: str, code: int, made: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    met = {"high": 1} if code == 1 else {}
    answers = Answers(state, {"High": 1}, met=met)
    files = wanted(tmp_path / "findings.xml", [f"sarif={tmp_path / 'x=y.sarif'}"])
    with pytest.raises(typer.Exit) as ended:
        watched(answers, "arn:run", Ending("high", files=files), "json")
    assert (ended.value.exit_code, answers.made) == (code, made)
    said = capsys.readouterr()
    assert json.loads(said.out)["state"] == state
    assert sorted(path.name for path in tmp_path.iterdir()) == (["findings.xml", "x=y.sarif"] if made else [])
    if made:
        assert (tmp_path / "findings.xml").read_text() == "https://shindan.test/JUNIT"
    else:
        assert f"a run that ended {state} has no report: {tmp_path / 'findings.xml'}" in said.err


@pytest.mark.parametrize(
    ("junit", "reports", "says"),
    [
        (None, ["sarif"], "write FORMAT=FILE"),
        (None, ["doc=x"], "write FORMAT=FILE"),
        (None, ["sarif="], "write FORMAT=FILE"),
        ("no/such/folder/x.xml", [], "no file can be written there"),
        (".", [], "no file can be written there"),
    ],
    ids=["no file", "no form", "no name", "no folder", "a folder"],
)
def test_files_that_cannot_be_are_refused_before_anything_begins(
    junit: str | None, reports: list[str], says: str, tmp_path: Path
) -> None:
    with pytest.raises(typer.BadParameter, match=says):
        wanted(tmp_path / junit if junit else None, reports)
    assert wanted(None, None) == ()
    assert wanted(None, ["SARIF=x"]) == (RunFile("SARIF", Path("x")),)
