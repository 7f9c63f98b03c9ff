"""Accounts are separated: every operation with another account's names gets what AWS would answer, and changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from judges.assessed import OTHER_KEY, Assessed, Kind, assessed
from shindan.api.spec import spec
from signing import ACCOUNT
from stores import BACKENDS
from unit.api.doors import OTHER_ACCOUNT

GONE = "NoSuchEntityException"
DENIED = "AccessDeniedException"

DESCRIBED: dict[str, tuple[str, Kind]] = {
    "DescribeResourceGroups": ("resourceGroupArns", "group"),
    "DescribeAssessmentTargets": ("assessmentTargetArns", "target"),
    "DescribeAssessmentTemplates": ("assessmentTemplateArns", "template"),
    "DescribeAssessmentRuns": ("assessmentRunArns", "run"),
    "DescribeFindings": ("findingArns", "finding"),
    "DescribeExclusions": ("exclusionArns", "exclusion"),
    "AddAttributesToFindings": ("findingArns", "finding"),
    "RemoveAttributesFromFindings": ("findingArns", "finding"),
}
"""Operations on several resources: nothing raises, each name is told of."""

RAISED: dict[str, tuple[str, Kind, str]] = {
    "CreateAssessmentTarget": ("resourceGroupArn", "group", "RESOURCE_GROUP"),
    "UpdateAssessmentTarget": ("assessmentTargetArn", "target", "ASSESSMENT_TARGET"),
    "DeleteAssessmentTarget": ("assessmentTargetArn", "target", "ASSESSMENT_TARGET"),
    "PreviewAgents": ("previewAgentsArn", "target", "ASSESSMENT_TARGET"),
    "CreateAssessmentTemplate": ("assessmentTargetArn", "target", "ASSESSMENT_TARGET"),
    "DeleteAssessmentTemplate": ("assessmentTemplateArn", "template", "ASSESSMENT_TEMPLATE"),
    "CreateExclusionsPreview": ("assessmentTemplateArn", "template", "ASSESSMENT_TEMPLATE"),
    "GetExclusionsPreview": ("assessmentTemplateArn", "template", "ASSESSMENT_TEMPLATE"),
    "StartAssessmentRun": ("assessmentTemplateArn", "template", "ASSESSMENT_TEMPLATE"),
    "ListTagsForResource": ("resourceArn", "template", "ASSESSMENT_TEMPLATE"),
    "SetTagsForResource": ("resourceArn", "template", "ASSESSMENT_TEMPLATE"),
    "SubscribeToEvent": ("resourceArn", "template", "ASSESSMENT_TEMPLATE"),
    "UnsubscribeFromEvent": ("resourceArn", "template", "ASSESSMENT_TEMPLATE"),
    "ListEventSubscriptions": ("resourceArn", "template", "ASSESSMENT_TEMPLATE"),
    "StopAssessmentRun": ("assessmentRunArn", "run", "ASSESSMENT_RUN"),
    "DeleteAssessmentRun": ("assessmentRunArn", "run", "ASSESSMENT_RUN"),
    "GetAssessmentReport": ("assessmentRunArn", "run", "ASSESSMENT_RUN"),
    "GetTelemetryMetadata": ("assessmentRunArn", "run", "ASSESSMENT_RUN"),
    "ListAssessmentRunAgents": ("assessmentRunArn", "run", "ASSESSMENT_RUN"),
    "ListExclusions": ("assessmentRunArn", "run", "ASSESSMENT_RUN"),
    "ListAssessmentTemplates": ("assessmentTargetArns", "target", "ASSESSMENT_TARGET"),
    "ListAssessmentRuns": ("assessmentTemplateArns", "template", "ASSESSMENT_TEMPLATE"),
    "ListFindings": ("assessmentRunArns", "run", "ASSESSMENT_RUN"),
}
"""Operations on one resource, or lists below some: they are refused with `ACCESS_DENIED_TO_…`, `…_DOES_NOT_EXIST`."""

EMPTY = {
    "ListAssessmentTargets": "assessmentTargetArns",
    "ListAssessmentTemplates": "assessmentTemplateArns",
    "ListAssessmentRuns": "assessmentRunArns",
    "ListFindings": "findingArns",
    "ListEventSubscriptions": "subscriptions",
}
"""Lists of all that there is: of another account there is nothing."""

NAMING_NOTHING = {
    "ListAssessmentTargets",
    "CreateResourceGroup",
    "ListRulesPackages",
    "DescribeRulesPackages",
    "DescribeCrossAccountAccessRole",
    "RegisterCrossAccountAccessRole",
}
"""Operations whose requests name no resource of an account."""

MORE: dict[str, dict[str, Any]] = {
    "AddAttributesToFindings": {"attributes": [{"key": "k", "value": "v"}]},
    "RemoveAttributesFromFindings": {"attributeKeys": ["k"]},
    "CreateAssessmentTarget": {"assessmentTargetName": "n"},
    "UpdateAssessmentTarget": {"assessmentTargetName": "n"},
    "CreateAssessmentTemplate": {"assessmentTemplateName": "n", "durationInSeconds": 180, "rulesPackageArns": []},
    "GetAssessmentReport": {"reportFileFormat": "HTML", "reportType": "FULL"},
    "SetTagsForResource": {"tags": []},
    "SubscribeToEvent": {"event": "OTHER", "topicArn": f"arn:aws:sns:us-west-2:{OTHER_ACCOUNT}:mine"},
    "UnsubscribeFromEvent": {
        "event": "ASSESSMENT_RUN_COMPLETED",
        "topicArn": f"arn:aws:sns:us-west-2:{ACCOUNT}:findings",
    },
}


@pytest.fixture(scope="module", params=BACKENDS)
def home(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assessed]:
    """One service for all on each database: nothing here changes it."""
    with assessed(tmp_path_factory.mktemp("separation"), request.param) as made:
        yield made


def _request(home: Assessed, operation: str, member: str, kind: Kind, *, forged: bool) -> dict[str, Any]:
    """A request that names the first account's resource; `forged`: as if it were the caller's own."""
    name = home.names[kind][0]
    if forged:
        name = name.replace(f":{ACCOUNT}:", f":{OTHER_ACCOUNT}:")
    more = dict(MORE.get(operation, {}))
    if operation == "GetExclusionsPreview":
        more["previewToken"] = home.names["token"][0]
    return {**more, member: [name] if member.endswith("Arns") else name}


def _everything(home: Assessed) -> dict[str, Any]:
    """All that the first account sees of its own."""
    seen: dict[str, Any] = {
        operation: home.ask(operation, {member: home.names[kind][:10]})
        for operation, (member, kind) in DESCRIBED.items()
        if operation.startswith("Describe")
    }
    seen |= {operation: home.ask(operation, {}) for operation in EMPTY}
    return seen | {"tags": home.ask("ListTagsForResource", {"resourceArn": home.names["template"][0]})}


def test_every_operation_is_looked_at() -> None:
    assert {*DESCRIBED, *RAISED, *NAMING_NOTHING} == set(spec().operations)
    assert len(DESCRIBED) + len(RAISED) + len(NAMING_NOTHING) == 37


@pytest.mark.parametrize("operation", DESCRIBED)
def test_another_accounts_names_are_told_of_one_by_one(home: Assessed, operation: str) -> None:
    member, kind = DESCRIBED[operation]
    before = _everything(home)
    for forged, why in ((False, "ACCESS_DENIED"), (True, "ITEM_DOES_NOT_EXIST")):
        request = _request(home, operation, member, kind, forged=forged)
        read = home.ask(operation, request, OTHER_KEY)
        assert read.pop("failedItems") == {request[member][0]: {"failureCode": why, "retryable": False}}
        assert not any(read.values())
    assert _everything(home) == before


@pytest.mark.parametrize("operation", RAISED)
def test_another_accounts_names_are_refused(home: Assessed, operation: str) -> None:
    member, kind, word = RAISED[operation]
    before = _everything(home)
    told = home.ask(operation, _request(home, operation, member, kind, forged=False), OTHER_KEY)
    assert (told["__type"], told["errorCode"], told["canRetry"]) == (DENIED, f"ACCESS_DENIED_TO_{word}", False)
    told = home.ask(operation, _request(home, operation, member, kind, forged=True), OTHER_KEY)
    assert (told["__type"], told["errorCode"]) == (GONE, f"{word}_DOES_NOT_EXIST")
    assert _everything(home) == before


def test_lists_of_everything_hold_nothing_of_another_account(home: Assessed) -> None:
    for operation, member in EMPTY.items():
        assert home.ask(operation, {})[member], operation
        assert home.ask(operation, {}, OTHER_KEY) == {member: []}, operation


def test_a_page_token_is_good_for_the_account_it_was_given_to(home: Assessed) -> None:
    token = home.ask("ListFindings", {"maxResults": 1})["nextToken"]
    told = home.ask("ListFindings", {"maxResults": 1, "nextToken": token}, OTHER_KEY)
    assert (told["__type"], told["errorCode"]) == ("InvalidInputException", "INVALID_PAGINATION_TOKEN")


def test_a_group_of_another_account_cannot_be_slipped_into_a_target(home: Assessed) -> None:
    own = home.ask("CreateAssessmentTarget", {"assessmentTargetName": "own"}, OTHER_KEY)["assessmentTargetArn"]
    request = {"assessmentTargetArn": own, "assessmentTargetName": "own", "resourceGroupArn": home.names["group"][0]}
    assert home.ask("UpdateAssessmentTarget", request, OTHER_KEY)["errorCode"] == "ACCESS_DENIED_TO_RESOURCE_GROUP"
    assert home.ask("PreviewAgents", {"previewAgentsArn": own}, OTHER_KEY) == {"agentPreviews": []}
    assert home.ask("DeleteAssessmentTarget", {"assessmentTargetArn": own}, OTHER_KEY) == {}


def test_roles_are_the_accounts_own(home: Assessed) -> None:
    role = home.names["role"][0]
    assert home.ask("RegisterCrossAccountAccessRole", {"roleArn": role}) == {}
    assert home.ask("DescribeCrossAccountAccessRole", {})["roleArn"] == role
    assert home.ask("DescribeCrossAccountAccessRole", {}, OTHER_KEY)["roleArn"] != role


def test_rules_packages_are_everybodys(home: Assessed) -> None:
    arns = home.ask("ListRulesPackages", {}, OTHER_KEY)["rulesPackageArns"]
    read = home.ask("DescribeRulesPackages", {"rulesPackageArns": arns}, OTHER_KEY)
    assert [one["arn"] for one in read["rulesPackages"]] == arns and len(arns) == 5
