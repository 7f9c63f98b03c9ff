"""Each fault of a request has one of the API's codes, as the specification's table gives them."""

from __future__ import annotations

from typing import Any

import pytest

from shindan.api.errors import FrontError
from shindan.api.faults import TABLE_CODES, code_of, refuse
from shindan.api.parts import moments, pairs, seconds
from shindan.api.spec import spec
from shindan.model.refusals import InvalidInput

ARN = "arn:aws:inspector:us-west-2:123456789012:target/0-Ab12Cd34"
OF_VERBS = {
    "ASSESSMENT_TARGET_NAME_ALREADY_TAKEN",
    "ASSESSMENT_TEMPLATE_NAME_ALREADY_TAKEN",
}
"""Codes that no form of a request has: the service's verbs give them."""


def refused(operation: str, request: Any) -> str:
    """The code, or the name of the front end's error; "" for a good request."""
    try:
        refuse(operation, spec().operations[operation].check(request) or ())
    except InvalidInput as error:
        return error.code
    except FrontError as error:
        return error.type
    return ""


TEMPLATE: dict[str, Any] = {
    "assessmentTargetArn": ARN,
    "assessmentTemplateName": "n",
    "durationInSeconds": 180,
    "rulesPackageArns": [ARN],
}
LIST: dict[str, Any] = {}
REPORT = {"assessmentRunArn": ARN, "reportFileFormat": "HTML", "reportType": "FULL"}
FINDINGS: dict[str, Any] = {"findingArns": [ARN]}
EVENT = {"resourceArn": ARN, "topicArn": ARN, "event": "OTHER"}
LONG = "x" * 301


@pytest.mark.parametrize(
    ("operation", "request_", "expected"),
    [
        ("CreateAssessmentTarget", {}, "INVALID_ASSESSMENT_TARGET_NAME"),
        ("CreateAssessmentTarget", {"assessmentTargetName": ""}, "INVALID_ASSESSMENT_TARGET_NAME"),
        ("CreateAssessmentTarget", {"assessmentTargetName": "n", "resourceGroupArn": LONG}, "INVALID_RESOURCE_GROUP_ARN"),
        ("DeleteAssessmentTarget", {}, "INVALID_ASSESSMENT_TARGET_ARN"),
        ("DeleteAssessmentTemplate", {}, "INVALID_ASSESSMENT_TEMPLATE_ARN"),
        ("DeleteAssessmentRun", {}, "INVALID_ASSESSMENT_RUN_ARN"),
        ("ListTagsForResource", {}, "INVALID_RESOURCE_ARN"),
        ("PreviewAgents", {"previewAgentsArn": LONG}, "INVALID_ASSESSMENT_TARGET_ARN"),
        ("RegisterCrossAccountAccessRole", {"roleArn": ""}, "INVALID_IAM_ROLE_ARN"),
        ("SubscribeToEvent", {**EVENT, "topicArn": ""}, "INVALID_SNS_TOPIC_ARN"),
        ("SubscribeToEvent", {**EVENT, "event": "ANY"}, "INVALID_EVENT"),
        ("DescribeFindings", {"findingArns": []}, "INVALID_NUMBER_OF_FINDING_ARNS"),
        ("DescribeFindings", {}, "INVALID_NUMBER_OF_FINDING_ARNS"),
        ("DescribeFindings", {"findingArns": [""]}, "INVALID_FINDING_ARN"),
        ("DescribeFindings", {**FINDINGS, "locale": "de"}, "INVALID_LOCALE"),
        ("DescribeExclusions", {"exclusionArns": [""]}, "INVALID_RESOURCE_ARN"),
        ("DescribeAssessmentTargets", {"assessmentTargetArns": []}, "INVALID_NUMBER_OF_ASSESSMENT_TARGET_ARNS"),
        ("DescribeAssessmentTemplates", {"assessmentTemplateArns": []}, "INVALID_NUMBER_OF_ASSESSMENT_TEMPLATE_ARNS"),
        ("DescribeAssessmentRuns", {"assessmentRunArns": []}, "INVALID_NUMBER_OF_ASSESSMENT_RUN_ARNS"),
        ("DescribeResourceGroups", {"resourceGroupArns": []}, "INVALID_NUMBER_OF_RESOURCE_GROUP_ARNS"),
        ("DescribeRulesPackages", {"rulesPackageArns": []}, "INVALID_NUMBER_OF_RULES_PACKAGE_ARNS"),
        ("DescribeExclusions", {"exclusionArns": []}, "INVALID_NUMBER_OF_ASSESSMENT_RUN_ARNS"),
        ("CreateAssessmentTemplate", {**TEMPLATE, "assessmentTemplateName": "x" * 141}, "INVALID_ASSESSMENT_TEMPLATE_NAME"),
        ("CreateAssessmentTemplate", {**TEMPLATE, "durationInSeconds": 1}, "INVALID_ASSESSMENT_TEMPLATE_DURATION"),
        ("CreateAssessmentTemplate", {**TEMPLATE, "rulesPackageArns": [""]}, "INVALID_RULES_PACKAGE_ARN"),
        ("CreateAssessmentTemplate", {**TEMPLATE, "userAttributesForFindings": [{"key": "k"}] * 11}, "INVALID_NUMBER_OF_USER_ATTRIBUTES"),
        ("CreateAssessmentTemplate", {**TEMPLATE, "userAttributesForFindings": [{"key": ""}]}, "INVALID_USER_ATTRIBUTE_KEY"),
        ("CreateAssessmentTemplate", {**TEMPLATE, "userAttributesForFindings": [{"key": "k", "value": ""}]}, "INVALID_USER_ATTRIBUTE_VALUE"),
        ("CreateAssessmentTemplate", {**TEMPLATE, "userAttributesForFindings": [None]}, "INVALID_USER_ATTRIBUTE"),
        ("StartAssessmentRun", {"assessmentTemplateArn": ARN, "assessmentRunName": ""}, "INVALID_ASSESSMENT_TEMPLATE_NAME"),
        ("SetTagsForResource", {"resourceArn": ARN, "tags": [{"key": "k"}] * 11}, "INVALID_NUMBER_OF_TAGS"),
        ("SetTagsForResource", {"resourceArn": ARN, "tags": [{}]}, "INVALID_TAG_KEY"),
        ("SetTagsForResource", {"resourceArn": ARN, "tags": [{"key": "k", "value": "v" * 257}]}, "INVALID_TAG_VALUE"),
        ("CreateResourceGroup", {"resourceGroupTags": []}, "INVALID_NUMBER_OF_RESOURCE_GROUP_TAGS"),
        ("CreateResourceGroup", {"resourceGroupTags": [{"key": "k" * 129}]}, "INVALID_RESOURCE_GROUP_TAG_KEY"),
        ("CreateResourceGroup", {"resourceGroupTags": [{"key": "k", "value": ""}]}, "INVALID_RESOURCE_GROUP_TAG_VALUE"),
        ("AddAttributesToFindings", {**FINDINGS, "attributes": [{"key": ""}]}, "INVALID_USER_ATTRIBUTE_KEY"),
        ("AddAttributesToFindings", FINDINGS, "INVALID_NUMBER_OF_USER_ATTRIBUTES"),
        ("RemoveAttributesFromFindings", {**FINDINGS, "attributeKeys": [""]}, "INVALID_USER_ATTRIBUTE_KEY"),
        ("RemoveAttributesFromFindings", {**FINDINGS, "attributeKeys": ["k"] * 11}, "INVALID_NUMBER_OF_USER_ATTRIBUTES"),
        ("GetAssessmentReport", {**REPORT, "reportType": "ALL"}, "INVALID_ASSESSMENT_RUN_ARN"),
        ("StopAssessmentRun", {"assessmentRunArn": ARN, "stopAction": "NOW"}, "INVALID_ASSESSMENT_RUN_ARN"),
        ("GetExclusionsPreview", {"assessmentTemplateArn": ARN, "previewToken": "x"}, "INVALID_ASSESSMENT_TEMPLATE_ARN"),
        ("ListFindings", {"nextToken": ""}, "INVALID_PAGINATION_TOKEN"),
        ("ListFindings", {"assessmentRunArns": [ARN] * 51}, "INVALID_NUMBER_OF_ASSESSMENT_RUN_ARNS"),
        ("ListFindings", {"filter": {"agentIds": ["i"] * 100}}, "INVALID_NUMBER_OF_AGENT_IDS"),
        ("ListFindings", {"filter": {"agentIds": [""]}}, "INVALID_AGENT_ID"),
        ("ListFindings", {"filter": {"autoScalingGroups": ["g"] * 21}}, "INVALID_NUMBER_OF_AUTO_SCALING_GROUPS"),
        ("ListFindings", {"filter": {"autoScalingGroups": [""]}}, "INVALID_AUTO_SCALING_GROUP"),
        ("ListFindings", {"filter": {"ruleNames": ["r"] * 51}}, "INVALID_NUMBER_OF_RULE_NAMES"),
        ("ListFindings", {"filter": {"ruleNames": ["r" * 1001]}}, "INVALID_RULE_NAME"),
        ("ListFindings", {"filter": {"severities": ["Low"] * 51}}, "INVALID_NUMBER_OF_SEVERITIES"),
        ("ListFindings", {"filter": {"severities": ["low"]}}, "INVALID_SEVERITY"),
        ("ListFindings", {"filter": {"attributes": [{"key": "k"}] * 51}}, "INVALID_NUMBER_OF_ATTRIBUTES"),
        ("ListFindings", {"filter": {"attributes": [{"key": ""}]}}, "INVALID_ATTRIBUTE"),
        ("ListFindings", {"filter": {"userAttributes": [{"key": ""}]}}, "INVALID_USER_ATTRIBUTE_KEY"),
        ("ListAssessmentTargets", {"filter": {"assessmentTargetNamePattern": ""}}, "INVALID_ASSESSMENT_TARGET_NAME_PATTERN"),
        ("ListAssessmentTemplates", {"filter": {"namePattern": ""}}, "INVALID_ASSESSMENT_TEMPLATE_NAME_PATTERN"),
        ("ListAssessmentTemplates", {"filter": {"durationRange": {"minSeconds": 1}}}, "INVALID_ASSESSMENT_TEMPLATE_DURATION_RANGE"),
        ("ListAssessmentRuns", {"filter": {"durationRange": {"minSeconds": 1}}}, "INVALID_ASSESSMENT_RUN_DURATION_RANGE"),
        ("ListAssessmentRuns", {"filter": {"states": ["x"]}}, "INVALID_ASSESSMENT_RUN_STATE"),
        ("ListAssessmentRuns", {"filter": {"states": ["CREATED"] * 51}}, "INVALID_NUMBER_OF_ASSESSMENT_RUN_STATES"),
        ("ListAssessmentRuns", {"filter": {"startTimeRange": {"beginDate": 1e18}}}, "INVALID_ASSESSMENT_RUN_START_TIME_RANGE"),
        ("ListAssessmentRuns", {"filter": {"completionTimeRange": {"beginDate": 1e18}}}, "INVALID_ASSESSMENT_RUN_COMPLETION_TIME_RANGE"),
        ("ListAssessmentRuns", {"filter": {"stateChangeTimeRange": {"endDate": 1e18}}}, "INVALID_ASSESSMENT_RUN_STATE_CHANGE_TIME_RANGE"),
        ("ListAssessmentRunAgents", {"assessmentRunArn": ARN, "filter": {"agentHealths": [], "agentHealthCodes": ["x"]}}, "INVALID_AGENT_ID"),
        ("ListFindings", {"maxResults": True}, "SerializationException"),
        ("ListFindings", {"filter": []}, "SerializationException"),
        ("ListFindings", {"nextToken": "", "filter": {"agentIds": [1]}}, "SerializationException"),
    ],
)  # fmt: skip
def test_codes(operation: str, request_: Any, expected: str) -> None:
    assert refused(operation, request_) == expected


def test_every_code_of_the_model_is_given_by_some_fault_or_verb() -> None:
    codes = set(spec().shapes["InvalidInputErrorCode"]["enum"])
    assert len(codes) == 54
    assert codes - OF_VERBS == TABLE_CODES


def test_every_member_of_every_request_has_a_code() -> None:
    for operation in spec().operations.values():
        for path in _paths(operation.input, ()) if operation.input else ():
            assert code_of(operation.name, path) in spec().shapes["InvalidInputErrorCode"]["enum"]


def _paths(name: str, path: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    shape = spec().shapes[name]
    here = [path] if path and path != ("filter",) else []
    if shape["type"] == "structure":
        return here + [
            deep for key, member in shape["members"].items() for deep in _paths(member["shape"], (*path, key))
        ]
    if shape["type"] == "list":
        return here + _paths(shape["member"]["shape"], (*path, 0))
    return here


def test_the_message_says_where_and_what() -> None:
    with pytest.raises(InvalidInput, match=r"filter\.agentIds\[1\] has 0 characters; the least is 1 \(and 1 more\)"):
        refuse(
            "ListFindings",
            spec().operations["ListFindings"].check({"filter": {"agentIds": ["i", ""], "severities": ["?"]}}) or (),
        )


def test_pairs_keep_their_order_and_lack_of_values() -> None:
    assert pairs([{"key": "b", "value": "1"}, {"key": "a"}]) == (("b", "1"), ("a", None))
    assert pairs(None) == ()


def test_ranges_are_open_where_nothing_is_given() -> None:
    assert seconds(None) is None
    assert seconds({}) is None
    assert seconds({"minSeconds": 180}) == (180, None)
    assert moments({"endDate": 1.0015, "beginDate": None}) == (None, 1002)
