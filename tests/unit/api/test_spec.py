"""Requests are checked, and answers written, as the service model says; botocore is the judge of what we write."""

from __future__ import annotations

import datetime
from typing import Any

import botocore.session
import msgspec
import pytest
from botocore.parsers import create_parser
from hypothesis import given, settings
from hypothesis import strategies as st

from shindan.api.faults import Fault
from shindan.api.spec import MODEL, seconds, spec

ARN = "arn:aws:inspector:us-west-2:123456789012:target/0-Ab12Cd34"
Where = list[tuple[str, str]]


def faults(operation: str, request: Any) -> Where:
    """(place, kind) of every fault."""
    return [(fault.place, fault.kind) for fault in spec().operations[operation].check(request) or ()]


START: dict[str, Any] = {"assessmentTemplateArn": ARN}
RESIZE: dict[str, Any] = {
    "assessmentTargetArn": ARN,
    "assessmentTemplateName": "n",
    "durationInSeconds": 180,
    "rulesPackageArns": [],
}


@pytest.mark.parametrize(
    ("operation", "request_", "expected"),
    [
        ("StartAssessmentRun", START, []),
        ("StartAssessmentRun", {**START, "assessmentRunName": "é" * 140}, []),
        ("StartAssessmentRun", {**START, "assessmentRunName": None}, []),
        ("StartAssessmentRun", {**START, "unknown": [1]}, []),
        ("StartAssessmentRun", {}, [("assessmentTemplateArn", "required")]),
        ("StartAssessmentRun", {"assessmentTemplateArn": None}, [("assessmentTemplateArn", "required")]),
        ("StartAssessmentRun", {"assessmentTemplateArn": ""}, [("assessmentTemplateArn", "min")]),
        ("StartAssessmentRun", {**START, "assessmentRunName": "x" * 141}, [("assessmentRunName", "max")]),
        ("StartAssessmentRun", {**START, "assessmentRunName": "a\0b"}, [("assessmentRunName", "pattern")]),
        ("StartAssessmentRun", {**START, "assessmentRunName": 7}, [("assessmentRunName", "type")]),
        ("StartAssessmentRun", [], [("the request", "type")]),
        ("CreateAssessmentTemplate", RESIZE, []),
        ("CreateAssessmentTemplate", {**RESIZE, "durationInSeconds": 179}, [("durationInSeconds", "min")]),
        ("CreateAssessmentTemplate", {**RESIZE, "durationInSeconds": 86401}, [("durationInSeconds", "max")]),
        ("CreateAssessmentTemplate", {**RESIZE, "durationInSeconds": True}, [("durationInSeconds", "type")]),
        ("CreateAssessmentTemplate", {**RESIZE, "durationInSeconds": 180.0}, [("durationInSeconds", "type")]),
        ("CreateAssessmentTemplate", {**RESIZE, "durationInSeconds": "180"}, [("durationInSeconds", "type")]),
        ("CreateAssessmentTemplate", {**RESIZE, "rulesPackageArns": [ARN] * 51}, [("rulesPackageArns", "max")]),
        ("CreateAssessmentTemplate", {**RESIZE, "rulesPackageArns": [ARN, None]}, [("rulesPackageArns[1]", "required")]),
        ("CreateAssessmentTemplate", {**RESIZE, "rulesPackageArns": {"a": 1}}, [("rulesPackageArns", "type")]),
        ("ListFindings", {"maxResults": -1}, []),
        ("ListFindings", {"maxResults": 2**31 - 1}, []),
        ("ListFindings", {"maxResults": 2**31}, [("maxResults", "type")]),
        ("ListFindings", {"filter": {"severities": ["High", "high"]}}, [("filter.severities[1]", "enum")]),
        ("ListFindings", {"filter": {"creationTimeRange": {"beginDate": 1.5, "endDate": 2}}}, []),
        ("ListFindings", {"filter": {"creationTimeRange": {"beginDate": "2026"}}}, [("filter.creationTimeRange.beginDate", "type")]),
        ("ListFindings", {"filter": {"creationTimeRange": {"beginDate": 1e300}}}, [("filter.creationTimeRange.beginDate", "max")]),
        ("ListFindings", {"filter": {"attributes": [{"value": ""}]}}, [("filter.attributes[0].key", "required"), ("filter.attributes[0].value", "min")]),
        ("ListAssessmentRunAgents", {"assessmentRunArn": ARN, "filter": {"agentHealths": []}}, [("filter.agentHealthCodes", "required")]),
        ("GetExclusionsPreview", {"assessmentTemplateArn": ARN, "previewToken": "0" * 8 + "-0000-0000-0000-" + "0" * 12}, []),
        ("GetExclusionsPreview", {"assessmentTemplateArn": ARN, "previewToken": "x" + "0" * 8 + "-0000-0000-0000-" + "0" * 12}, [("previewToken", "pattern")]),
        ("DescribeFindings", {"findingArns": [ARN] * 100}, []),
        ("DescribeFindings", {"findingArns": [ARN] * 101}, [("findingArns", "max")]),
        ("DescribeAssessmentRuns", {"assessmentRunArns": [ARN] * 11}, [("assessmentRunArns", "max")]),
        ("DescribeCrossAccountAccessRole", {}, []),
        ("DescribeCrossAccountAccessRole", "x", [("the request", "type")]),
    ],
    ids=lambda value: value if isinstance(value, str) else str(value)[:60],
)  # fmt: skip
def test_faults_are_found_where_they_are(operation: str, request_: Any, expected: Where) -> None:
    assert faults(operation, request_) == expected


def test_the_model_has_all_operations_and_no_texts() -> None:
    assert len(spec().operations) == 37
    assert len(msgspec.json.decode((MODEL / "service-2.json").read_bytes())["shapes"]) == 217
    assert '"documentation"' not in (MODEL / "service-2.json").read_text()


def test_the_model_is_that_of_botocore() -> None:
    theirs = botocore.session.get_session().get_service_model("inspector")
    assert theirs.operation_names == list(spec().operations)
    for name in theirs.operation_names:
        ours = spec().operations[name]
        assert (theirs.operation_model(name).output_shape is None) == (ours.write is None)
        assert [shape.name for shape in theirs.operation_model(name).error_shapes] == list(ours.errors)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "filter",
                        "maxResults",
                        "agentIds",
                        "attributes",
                        "key",
                        "value",
                        "findingArns",
                        "creationTimeRange",
                        "beginDate",
                    ]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    )
)
@settings(max_examples=200)
def test_no_value_breaks_a_checker(value: Any) -> None:
    for operation in spec().operations.values():
        found = operation.check(value)
        assert found is None or all(isinstance(fault, Fault) and fault.detail for fault in found)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (1_458_680_301_370, b"1458680301.37"),
        (1_458_680_301_001, b"1458680301.001"),
        (1_458_680_301_000, b"1458680301.0"),
        (datetime.datetime(2016, 3, 22, 20, 58, 21, 370_000, datetime.UTC), b"1458680301.37"),
    ],
    ids=["ms", "one ms", "whole seconds", "datetime"],
)
def test_moments_are_written_as_numbers_of_seconds(moment: Any, expected: bytes) -> None:
    assert msgspec.json.encode(seconds(moment)) == expected


def test_an_answer_is_what_botocore_reads() -> None:
    run = {
        "arn": ARN, "name": "n", "assessmentTemplateArn": ARN, "state": "COMPLETED", "durationInSeconds": 180,
        "rulesPackageArns": [ARN], "userAttributesForFindings": [{"key": "k", "value": None}],
        "createdAt": 1_458_680_301_370, "startedAt": None, "stateChangedAt": 1_458_680_302_000, "dataCollected": True,
        "stateChanges": [{"state": "CREATED", "stateChangedAt": 1_458_680_301_370}], "notifications": [],
        "findingCounts": {"High": 3},
    }  # fmt: skip
    answer = {"assessmentRuns": [run], "failedItems": {}}
    write = spec().operations["DescribeAssessmentRuns"].write
    assert write is not None
    body = msgspec.json.encode(write(answer))
    assert spec().check_answer("DescribeAssessmentRuns", msgspec.json.decode(body)) == []
    shape = (
        botocore.session.get_session()
        .get_service_model("inspector")
        .operation_model("DescribeAssessmentRuns")
        .output_shape
    )
    read = create_parser("json").parse({"status_code": 200, "headers": {}, "body": body}, shape)["assessmentRuns"][0]
    assert read["createdAt"] == datetime.datetime(2016, 3, 22, 20, 58, 21, 370_000, datetime.UTC)
    assert "startedAt" not in read
    assert read["userAttributesForFindings"] == [{"key": "k"}]
    assert read["findingCounts"] == {"High": 3}


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"previewToken": "no uuid"}, "pattern"),
        ({}, "required"),
        ({"previewToken": "0" * 8 + "-0000-0000-0000-" + "0" * 12, "extra": 1}, "unknown"),
    ],
    ids=["form", "missing", "more than modelled"],
)
def test_a_wrong_answer_is_told(answer: Any, expected: str) -> None:
    assert [fault.kind for fault in spec().check_answer("CreateExclusionsPreview", answer)] == [expected]


def test_an_answer_where_none_is_modelled_is_told() -> None:
    assert spec().check_answer("StopAssessmentRun", None) == []
    assert spec().check_answer("StopAssessmentRun", {}) != []
