"""Operations on runs and what they found: what the verbs are given, checked against the verbs' own signatures."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, cast

import msgspec
import pytest

from shindan.api.operations import OPERATIONS
from shindan.api.spec import spec
from shindan.service import exclusions, reports, runs, stored_findings
from shindan.service.described import Described
from shindan.service.paging import Page
from shindan.service.service import Service
from signing import ACCOUNT, ADMINISTRATOR, REGION

TEMPLATE = f"arn:aws:inspector:{REGION}:{ACCOUNT}:target/0-Ab12Cd34/template/0-Ef56Gh78"
RUN = f"{TEMPLATE}/run/0-Ij90Kl12"
FINDING = f"{RUN}/finding/0-Cv000001"
TOKEN = "00000000-0000-0000-0000-000000000000"
SERVICE = cast("Service", object())
EMPTY: Page[Any] = Page((), "next")

Given = Mapping[str, Any]


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any, str, Any], list[Given]]:
    """Replaces a verb by one that answers as told, and notes what each parameter was given."""

    def replace(module: Any, name: str, answer: Any) -> list[Given]:
        signature = inspect.signature(getattr(module, name))
        notes: list[Given] = []

        def verb(*args: Any, **kwargs: Any) -> Any:
            bound = signature.bind(*args, **kwargs)
            bound.apply_defaults()
            notes.append(bound.arguments)
            return answer

        monkeypatch.setattr(module, name, verb)
        return notes

    return replace


def ask(operation: str, request: Given) -> Any:
    """The answer as a client reads it; request and answer must be as modelled."""
    assert spec().operations[operation].check(dict(request)) is None
    answer = OPERATIONS[operation](SERVICE, ADMINISTRATOR, request)
    write = spec().operations[operation].write
    read = None if write is None else msgspec.json.decode(msgspec.json.encode(write(answer)))
    assert spec().check_answer(operation, read) == []
    return read


def values(note: Given) -> list[Any]:
    """What a verb was given, without service and caller."""
    first, second, *rest = note.values()
    assert (first, second) == (SERVICE, ADMINISTRATOR)
    return rest


def test_start(given: Any) -> None:
    notes = given(runs, "start", RUN)
    assert ask("StartAssessmentRun", {"assessmentTemplateArn": TEMPLATE}) == {"assessmentRunArn": RUN}
    ask("StartAssessmentRun", {"assessmentTemplateArn": TEMPLATE, "assessmentRunName": "n"})
    assert [values(note) for note in notes] == [[TEMPLATE, None], [TEMPLATE, "n"]]


def test_stop_evaluates_unless_told_otherwise(given: Any) -> None:
    notes = given(runs, "stop", None)
    ask("StopAssessmentRun", {"assessmentRunArn": RUN})
    ask("StopAssessmentRun", {"assessmentRunArn": RUN, "stopAction": "SKIP_EVALUATION"})
    assert [values(note) for note in notes] == [[RUN, "START_EVALUATION"], [RUN, "SKIP_EVALUATION"]]


def test_delete(given: Any) -> None:
    notes = given(runs, "delete", None)
    assert ask("DeleteAssessmentRun", {"assessmentRunArn": RUN}) is None
    assert [values(note) for note in notes] == [[RUN]]


def test_runs_are_filtered(given: Any) -> None:
    notes = given(runs, "list_", EMPTY)
    filter_ = {
        "namePattern": "n*", "states": ["COMPLETED"], "durationRange": {"minSeconds": 180}, "rulesPackageArns": ["p"],
        "startTimeRange": {"beginDate": 1.5}, "completionTimeRange": {"endDate": 2}, "stateChangeTimeRange": {"beginDate": 3, "endDate": 4},
    }  # fmt: skip
    read = ask(
        "ListAssessmentRuns",
        {"assessmentTemplateArns": [TEMPLATE], "filter": filter_, "nextToken": "t", "maxResults": 5},
    )
    assert read == {"assessmentRunArns": [], "nextToken": "next"}
    ask("ListAssessmentRuns", {})
    some, everything = ({key: note[key] for key in note if key not in ("service", "caller")} for note in notes)
    assert some == {
        "templates": (TEMPLATE,), "name_pattern": "n*", "states": ("COMPLETED",), "duration": (180, None), "packages": ("p",),
        "started": (1500, None), "completed": (None, 2000), "changed": (3000, 4000), "token": "t", "max_results": 5,
    }  # fmt: skip
    assert everything == {
        "templates": (), "name_pattern": None, "states": (), "duration": None, "packages": (),
        "started": None, "completed": None, "changed": None, "token": None, "max_results": None,
    }  # fmt: skip


def test_hosts_of_a_run_are_filtered(given: Any) -> None:
    notes = given(runs, "agents", Page(()))
    filter_ = {"agentHealths": ["HEALTHY"], "agentHealthCodes": []}
    assert ask("ListAssessmentRunAgents", {"assessmentRunArn": RUN, "filter": filter_}) == {"assessmentRunAgents": []}
    assert (notes[0]["healths"], notes[0]["codes"]) == (("HEALTHY",), ())


def test_telemetry(given: Any) -> None:
    given(runs, "telemetry", [("Total", 3, 400)])
    rows = ask("GetTelemetryMetadata", {"assessmentRunArn": RUN})["telemetryMetadata"]
    assert rows == [{"messageType": "Total", "count": 3, "dataSize": 400}]


def test_findings_are_filtered(given: Any) -> None:
    notes = given(stored_findings, "list_", EMPTY)
    filter_ = {
        "agentIds": ["i-1"], "autoScalingGroups": ["g"], "ruleNames": ["r"], "severities": ["High"], "rulesPackageArns": ["p"],
        "attributes": [{"key": "a", "value": "1"}], "userAttributes": [{"key": "u"}], "creationTimeRange": {"beginDate": 1},
    }  # fmt: skip
    assert ask("ListFindings", {"assessmentRunArns": [RUN], "filter": filter_}) == {
        "findingArns": [],
        "nextToken": "next",
    }
    ask("ListFindings", {})
    some, everything = [values(note) for note in notes]
    assert (RUN,) in some
    assert some != everything
    for value in (("i-1",), ("g",), ("r",), ("High",), ("p",), (("a", "1"),), (("u", None),), (1000, None)):
        assert value in [getattr(some[1], name) for name in some[1].__dataclass_fields__]


def test_user_attributes(given: Any) -> None:
    added = given(stored_findings, "add_attributes", {"x": "INVALID_ARN", "y": "INTERNAL_ERROR"})
    removed = given(stored_findings, "remove_attributes", {})
    read = ask(
        "AddAttributesToFindings", {"findingArns": [FINDING], "attributes": [{"key": "k", "value": "v"}, {"key": "b"}]}
    )
    assert read["failedItems"] == {
        "x": {"failureCode": "INVALID_ARN", "retryable": False}, "y": {"failureCode": "INTERNAL_ERROR", "retryable": True},
    }  # fmt: skip
    assert ask("RemoveAttributesFromFindings", {"findingArns": [FINDING], "attributeKeys": ["k"]}) == {
        "failedItems": {}
    }
    assert values(added[0]) == [[FINDING], (("k", "v"), ("b", None))]
    assert values(removed[0]) == [[FINDING], ["k"]]


def test_what_is_described_and_not_there(given: Any) -> None:
    missing: Described[Any] = Described((), {RUN: "ITEM_DOES_NOT_EXIST"})
    for module, operation, member, shown in (
        (runs, "DescribeAssessmentRuns", "assessmentRunArns", "assessmentRuns"),
        (stored_findings, "DescribeFindings", "findingArns", "findings"),
    ):
        given(module, "describe", missing)
        failed = {RUN: {"failureCode": "ITEM_DOES_NOT_EXIST", "retryable": False}}
        assert ask(operation, {member: [RUN]}) == {shown: [], "failedItems": failed}


def test_exclusions_and_previews(given: Any) -> None:
    listed = given(exclusions, "list_", Page((f"{RUN}/exclusion/0-1",)))
    given(exclusions, "create_preview", TOKEN)
    got = given(exclusions, "get_preview", ("WORK_IN_PROGRESS", Page(())))
    assert ask("ListExclusions", {"assessmentRunArn": RUN, "maxResults": 7}) == {
        "exclusionArns": [f"{RUN}/exclusion/0-1"]
    }
    assert ask("CreateExclusionsPreview", {"assessmentTemplateArn": TEMPLATE}) == {"previewToken": TOKEN}
    read = ask("GetExclusionsPreview", {"assessmentTemplateArn": TEMPLATE, "previewToken": TOKEN, "nextToken": "t"})
    assert read == {"previewStatus": "WORK_IN_PROGRESS", "exclusionPreviews": []}
    assert values(listed[0]) == [RUN, None, 7]
    assert values(got[0]) == [TEMPLATE, TOKEN, "t", None]


@pytest.mark.parametrize("url", [None, "https://shindan.example/reports/x"], ids=["not yet", "ready"])
def test_reports(given: Any, url: str | None) -> None:
    status = "COMPLETED" if url else "WORK_IN_PROGRESS"
    notes = given(reports, "get", (status, url))
    read = ask("GetAssessmentReport", {"assessmentRunArn": RUN, "reportFileFormat": "HTML", "reportType": "FULL"})
    assert read == ({"status": status, "url": url} if url else {"status": status})
    assert values(notes[0]) == [RUN, "HTML", "FULL", "en"], "in English, as the original"
