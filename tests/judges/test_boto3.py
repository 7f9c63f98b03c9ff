"""boto3 as the judge: every operation, every paginator, and its typed exceptions, against a running server."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import botocore
import httpx
import pytest

from judges.installation import EXPECTED, FLAWS, OTHER, TAG, Installation, eventually, installation
from receivers import REGION
from shindan.api.spec import MODEL, spec
from stores import BACKENDS

pytestmark = pytest.mark.slow

CVE = f"arn:aws:inspector:{REGION}:758058086616:rulespackage/0-9hgA516p"
CIS = f"arn:aws:inspector:{REGION}:758058086616:rulespackage/0-H5hpSawc"
PAGINATED = set(json.loads((MODEL / "paginators-1.json").read_text())["pagination"])
QUOTA = 3
ENDED = ("COMPLETED", "COMPLETED_WITH_ERRORS", "FAILED", "ERROR", "CANCELED")


@pytest.fixture(scope="module", params=BACKENDS)
def home(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An installation on each database, whose runs collect until they are stopped, with small quotas."""
    settings = {
        "SHINDAN_EARLY_END": "false",
        "SHINDAN_DRAIN": "0",
        "SHINDAN_QUOTA_RESOURCE_GROUPS": str(QUOTA),
        "SHINDAN_QUOTA_SUBSCRIPTIONS": "2",
        "SHINDAN_QUOTA_TEMPLATES": "2",
    }
    with installation(tmp_path_factory.mktemp("boto3"), request.param, **settings) as made:
        yield made


@dataclass
class Walk:
    """One client's way through the whole API; `paged` are the paginators that it went through."""

    home: Installation
    asked: Any
    paged: set[str]
    group: str = ""
    target: str = ""
    template: str = ""
    run: str = ""

    def pages(self, operation: str, **request: Any) -> list[Any]:
        """All items of a list, fetched one a page."""
        self.paged.add(operation)
        paginator = self.asked.get_paginator(botocore.xform_name(operation))
        found = list(paginator.paginate(**request, PaginationConfig={"PageSize": 1}))
        key = paginator.result_keys[0].expression
        assert all(len(page[key]) <= 1 for page in found)
        assert all(("nextToken" in page) == (page is not found[-1]) for page in found)
        return [item for page in found for item in page[key]]

    def state(self, run: str) -> str:
        """What a run is at."""
        return str(self.asked.describe_assessment_runs(assessmentRunArns=[run])["assessmentRuns"][0]["state"])

    def ended(self, run: str) -> dict[str, Any]:
        """A run once it has ended."""
        eventually(lambda: self.state(run), ENDED.__contains__)
        read: dict[str, Any] = self.asked.describe_assessment_runs(assessmentRunArns=[run])["assessmentRuns"][0]
        return read


def test_every_operation_and_every_paginator(home: Installation) -> None:
    home.called.clear()
    walk = Walk(home, home.client(), set())
    for step in (_target, _packages, _template, _role, _subscriptions, _run, _preview, _hosts, _findings, _exclusions, _report, _deletion):  # fmt: skip
        step(walk)
    assert walk.paged == PAGINATED
    assert home.called == set(spec().operations)
    assert len(home.called) == 37


def _target(walk: Walk) -> None:
    asked = walk.asked
    walk.group = asked.create_resource_group(resourceGroupTags=[{"key": "fleet", "value": "web"}])["resourceGroupArn"]
    read = asked.describe_resource_groups(resourceGroupArns=[walk.group])
    assert read["resourceGroups"][0]["tags"] == [{"key": "fleet", "value": "web"}] and read["failedItems"] == {}
    walk.target = asked.create_assessment_target(assessmentTargetName="all")["assessmentTargetArn"]
    spare = asked.create_assessment_target(assessmentTargetName="spare")["assessmentTargetArn"]
    asked.update_assessment_target(
        assessmentTargetArn=walk.target, assessmentTargetName="web", resourceGroupArn=walk.group
    )
    (shown,) = asked.describe_assessment_targets(assessmentTargetArns=[walk.target])["assessmentTargets"]
    assert (shown["name"], shown["resourceGroupArn"]) == ("web", walk.group)
    assert shown["updatedAt"] >= shown["createdAt"]
    assert set(walk.pages("ListAssessmentTargets")) == {walk.target, spare}
    assert walk.pages("ListAssessmentTargets", filter={"assessmentTargetNamePattern": "w*"}) == [walk.target]
    previews = walk.pages("PreviewAgents", previewAgentsArn=walk.target)
    assert {(one["hostname"], one["agentId"]) for one in previews} == set(walk.home.hosts.items())


def _packages(walk: Walk) -> None:
    arns = walk.pages("ListRulesPackages")
    shown = walk.asked.describe_rules_packages(rulesPackageArns=arns)["rulesPackages"]
    assert {CVE, CIS} <= set(arns) and len(arns) == 5
    assert [one["arn"] for one in shown] == arns
    assert {one["provider"] for one in shown} == {"Amazon Web Services, Inc."}


def _template(walk: Walk) -> None:
    asked = walk.asked
    wanted = {
        "assessmentTargetArn": walk.target, "durationInSeconds": 3600, "rulesPackageArns": [CVE, CIS],
        "userAttributesForFindings": [{"key": "Owner", "value": "platform"}],
    }  # fmt: skip
    walk.template = asked.create_assessment_template(assessmentTemplateName="weekly", **wanted)["assessmentTemplateArn"]
    spare = asked.create_assessment_template(assessmentTemplateName="spare", **wanted)["assessmentTemplateArn"]
    (shown,) = asked.describe_assessment_templates(assessmentTemplateArns=[walk.template])["assessmentTemplates"]
    assert {name: shown[name] for name in wanted} == wanted and shown["assessmentRunCount"] == 0
    assert set(walk.pages("ListAssessmentTemplates", assessmentTargetArns=[walk.target])) == {walk.template, spare}
    with pytest.raises(asked.exceptions.LimitExceededException) as caught:
        asked.create_assessment_template(assessmentTemplateName="third", **wanted)
    assert caught.value.response["errorCode"] == "ASSESSMENT_TEMPLATE_LIMIT_EXCEEDED"
    asked.set_tags_for_resource(resourceArn=walk.template, tags=[TAG, {"key": "bare"}])
    assert asked.list_tags_for_resource(resourceArn=walk.template)["tags"] == [TAG, {"key": "bare"}]


def _role(walk: Walk) -> None:
    role = f"arn:aws:iam::{walk.home.account}:role/inspector"
    walk.asked.register_cross_account_access_role(roleArn=role)
    assert walk.asked.describe_cross_account_access_role()["roleArn"] == role


def _subscriptions(walk: Walk) -> None:
    asked = walk.asked
    topics = [walk.home.topic(name) for name in ("one", "two", "three")]
    for topic in topics[:2]:
        asked.subscribe_to_event(resourceArn=walk.template, event="ASSESSMENT_RUN_STARTED", topicArn=topic)
    with pytest.raises(asked.exceptions.LimitExceededException) as caught:
        asked.subscribe_to_event(resourceArn=walk.template, event="FINDING_REPORTED", topicArn=topics[2])
    assert caught.value.response["errorCode"] == "EVENT_SUBSCRIPTION_LIMIT_EXCEEDED"
    rows = walk.pages("ListEventSubscriptions", resourceArn=walk.template)
    assert {row["topicArn"] for row in rows} == set(topics[:2])
    asked.unsubscribe_from_event(resourceArn=walk.template, event="ASSESSMENT_RUN_STARTED", topicArn=topics[1])
    assert [row["topicArn"] for row in walk.pages("ListEventSubscriptions")] == topics[:1]


def _preview(walk: Walk) -> None:
    token = walk.asked.create_exclusions_preview(assessmentTemplateArn=walk.template)["previewToken"]
    wanted = {"assessmentTemplateArn": walk.template, "previewToken": token}
    read = eventually(
        lambda: walk.asked.get_exclusions_preview(**wanted), lambda answer: answer["previewStatus"] == "COMPLETED"
    )
    assert _scoped(read["exclusionPreviews"]) == {(id_, CIS) for id_ in walk.home.hosts.values()}


def _run(walk: Walk) -> None:
    asked = walk.asked
    walk.run = asked.start_assessment_run(assessmentTemplateArn=walk.template, assessmentRunName="first")[
        "assessmentRunArn"
    ]
    with pytest.raises(asked.exceptions.AgentsAlreadyRunningAssessmentException) as busy:
        asked.start_assessment_run(assessmentTemplateArn=walk.template)
    assert {(one["agentId"], one["assessmentRunArn"]) for one in busy.value.response["agents"]} == {
        (id_, walk.run) for id_ in walk.home.hosts.values()
    }
    assert (busy.value.response["agentsTruncated"], busy.value.response["canRetry"]) == (False, True)
    refused: tuple[Callable[[], Any], ...] = (
        lambda: asked.delete_assessment_run(assessmentRunArn=walk.run),
        lambda: asked.delete_assessment_template(assessmentTemplateArn=walk.template),
        lambda: asked.delete_assessment_target(assessmentTargetArn=walk.target),
        lambda: asked.get_assessment_report(assessmentRunArn=walk.run, reportFileFormat="PDF", reportType="FULL"),
    )
    for refuse in refused:
        with pytest.raises(asked.exceptions.AssessmentRunInProgressException) as going:
            refuse()
        assert going.value.response["assessmentRunArns"] == [walk.run]
        assert going.value.response["assessmentRunArnsTruncated"] is False
    eventually(lambda: walk.state(walk.run), "COLLECTING_DATA".__eq__)
    assert asked.list_findings(assessmentRunArns=[walk.run])["findingArns"] == []
    asked.stop_assessment_run(assessmentRunArn=walk.run)
    ended = walk.ended(walk.run)
    assert (ended["state"], ended["dataCollected"], ended["name"]) == ("COMPLETED_WITH_ERRORS", True, "first")
    states = [one["state"] for one in ended["stateChanges"]]
    assert states[0] == "CREATED" and states[-1] == ended["state"] and len(states) == len(set(states))
    assert ended["createdAt"] <= ended["startedAt"] <= ended["completedAt"]
    _told(walk)
    second = asked.start_assessment_run(assessmentTemplateArn=walk.template)["assessmentRunArn"]
    asked.stop_assessment_run(assessmentRunArn=second, stopAction="SKIP_EVALUATION")
    assert walk.ended(second)["state"] == "CANCELED"
    assert set(walk.pages("ListAssessmentRuns", assessmentTemplateArns=[walk.template])) == {walk.run, second}
    assert walk.pages("ListAssessmentRuns", filter={"states": ["COMPLETED_WITH_ERRORS"]}) == [walk.run]


def _told(walk: Walk) -> None:
    """The run says who was told that it began, and that it arrived."""
    ask = {"assessmentRunArns": [walk.run]}
    notes = eventually(
        lambda: walk.asked.describe_assessment_runs(**ask)["assessmentRuns"][0]["notifications"],
        lambda found: any("snsPublishStatusCode" in one for one in found),
    )
    assert {(one["event"], one["snsPublishStatusCode"], one["error"]) for one in notes} == {
        ("ASSESSMENT_RUN_STARTED", "SUCCESS", False)
    }


def _hosts(walk: Walk) -> None:
    rows = walk.pages("ListAssessmentRunAgents", assessmentRunArn=walk.run)
    assert {row["agentId"] for row in rows} == set(walk.home.hosts.values())
    assert {row["assessmentRunArn"] for row in rows} == {walk.run}
    none = {"agentHealths": ["UNHEALTHY"], "agentHealthCodes": []}
    assert walk.pages("ListAssessmentRunAgents", assessmentRunArn=walk.run, filter=none) == []
    counted = {
        row["messageType"]: row["count"]
        for row in walk.asked.get_telemetry_metadata(assessmentRunArn=walk.run)["telemetryMetadata"]
    }
    assert counted.pop("Total") == sum(counted.values()) > 0


def _findings(walk: Walk) -> None:
    asked = walk.asked
    everything = walk.pages("ListFindings", assessmentRunArns=[walk.run])
    arns = walk.pages("ListFindings", assessmentRunArns=[walk.run], filter={"rulesPackageArns": [CVE]})
    of_cis = walk.pages("ListFindings", assessmentRunArns=[walk.run], filter={"rulesPackageArns": [CIS]})
    assert sorted([*arns, *of_cis]) == sorted(everything)
    for one in asked.describe_findings(findingArns=of_cis[:10])["findings"]:
        assert {"BENCHMARK_ID", "BENCHMARK_RULE_ID", "CIS_BENCHMARK_PROFILE"} <= {
            pair["key"] for pair in one["attributes"]
        }
    read = asked.describe_findings(findingArns=arns)
    names = {id_: name for name, id_ in walk.home.hosts.items()}
    assert {(names[one["assetAttributes"]["agentId"]], one["id"]) for one in read["findings"]} == EXPECTED
    assert len(arns) == len(EXPECTED) and read["failedItems"] == {}
    for one in read["findings"]:
        assert one["serviceAttributes"]["rulesPackageArn"] == CVE
        assert FLAWS[one["id"]][0] in " ".join(pair["value"] for pair in one["attributes"])
        assert one["userAttributes"] == [{"key": "Owner", "value": "platform"}]
    counts = asked.describe_assessment_runs(assessmentRunArns=[walk.run])["assessmentRuns"][0]["findingCounts"]
    assert sum(counts.values()) == len(everything)
    worst = {"severities": ["High"], "agentIds": [walk.home.hosts["web1"]], "rulesPackageArns": [CVE]}
    high = walk.pages("ListFindings", filter=worst)
    assert [one["id"] for one in asked.describe_findings(findingArns=high)["findings"]] == ["CVE-2026-0001"]
    mark = {"key": "Ticket", "value": "INC-1"}
    assert asked.add_attributes_to_findings(findingArns=high, attributes=[mark])["failedItems"] == {}
    assert walk.pages("ListFindings", filter={"userAttributes": [mark]}) == high
    assert asked.remove_attributes_from_findings(findingArns=high, attributeKeys=["Ticket"])["failedItems"] == {}
    assert walk.pages("ListFindings", filter={"userAttributes": [mark]}) == []


def _exclusions(walk: Walk) -> None:
    arns = walk.pages("ListExclusions", assessmentRunArn=walk.run)
    read = walk.asked.describe_exclusions(exclusionArns=arns)
    assert set(read["exclusions"]) == set(arns) and read["failedItems"] == {}
    assert _scoped(read["exclusions"].values()) == {(id_, CIS) for id_ in walk.home.hosts.values()}


def _scoped(exclusions: Any) -> set[tuple[str, str]]:
    """(host, rules package) of everything left out."""
    scopes = [{scope["key"]: scope["value"] for scope in one["scopes"]} for one in exclusions]
    return {(scope["INSTANCE_ID"], scope["RULES_PACKAGE_ARN"]) for scope in scopes}


def _report(walk: Walk) -> None:
    wanted = {"assessmentRunArn": walk.run, "reportFileFormat": "HTML", "reportType": "FULL"}
    read = eventually(
        lambda: walk.asked.get_assessment_report(**wanted), lambda answer: answer["status"] != "WORK_IN_PROGRESS"
    )
    assert read["status"] == "COMPLETED"
    text = httpx.get(read["url"]).raise_for_status().text
    assert all(id_ in text for id_ in FLAWS)


def _deletion(walk: Walk) -> None:
    """Delete, read again: at once it is gone, and so is what was below it."""
    asked = walk.asked
    (finding, *_) = walk.pages("ListFindings", assessmentRunArns=[walk.run])
    asked.delete_assessment_run(assessmentRunArn=walk.run)
    with pytest.raises(asked.exceptions.NoSuchEntityException) as gone:
        asked.delete_assessment_run(assessmentRunArn=walk.run)
    assert gone.value.response["errorCode"] == "ASSESSMENT_RUN_DOES_NOT_EXIST"
    assert asked.describe_findings(findingArns=[finding])["failedItems"] == {
        finding: {"failureCode": "ITEM_DOES_NOT_EXIST", "retryable": False}
    }
    (shown,) = asked.describe_assessment_templates(assessmentTemplateArns=[walk.template])["assessmentTemplates"]
    assert shown["assessmentRunCount"] == 1
    asked.delete_assessment_template(assessmentTemplateArn=walk.template)
    assert walk.pages("ListAssessmentRuns") == []
    asked.delete_assessment_target(assessmentTargetArn=walk.target)
    assert walk.pages("ListAssessmentTemplates") == []
    asked.create_assessment_target(assessmentTargetName="web")  # the name is free again


# ── typed exceptions ──

GONE = "0-00000000"


def _mine(kind: str) -> str:
    return f"arn:aws:inspector:{REGION}:{OTHER}:{kind}"


TEMPLATE, RUN = f"target/{GONE}/template/{GONE}", f"target/{GONE}/template/{GONE}/run/{GONE}"
REFUSED: dict[str, tuple[str, dict[str, Any], str, str]] = {
    "no such target": ("delete_assessment_target", {"assessmentTargetArn": _mine(f"target/{GONE}")}, "NoSuchEntityException", "ASSESSMENT_TARGET_DOES_NOT_EXIST"),
    "no such template": ("start_assessment_run", {"assessmentTemplateArn": _mine(TEMPLATE)}, "NoSuchEntityException", "ASSESSMENT_TEMPLATE_DOES_NOT_EXIST"),
    "no such run": ("stop_assessment_run", {"assessmentRunArn": _mine(RUN)}, "NoSuchEntityException", "ASSESSMENT_RUN_DOES_NOT_EXIST"),
    "no such group": ("create_assessment_target", {"assessmentTargetName": "x", "resourceGroupArn": _mine(f"resourcegroup/{GONE}")}, "NoSuchEntityException", "RESOURCE_GROUP_DOES_NOT_EXIST"),
    "a name of another kind": ("delete_assessment_target", {"assessmentTargetArn": _mine(RUN)}, "InvalidInputException", "INVALID_ASSESSMENT_TARGET_ARN"),
    "a page token of our own making": ("list_findings", {"nextToken": "mine"}, "InvalidInputException", "INVALID_PAGINATION_TOKEN"),
    "a name that is too long": ("create_assessment_target", {"assessmentTargetName": "n" * 141}, "InvalidInputException", "INVALID_ASSESSMENT_TARGET_NAME"),
    "a role that is none": ("register_cross_account_access_role", {"roleArn": "role"}, "InvalidInputException", "INVALID_IAM_ROLE_ARN"),
    "a range the wrong way round": ("list_assessment_templates", {"filter": {"durationRange": {"minSeconds": 900, "maxSeconds": 300}}}, "InvalidInputException", "INVALID_ASSESSMENT_TEMPLATE_DURATION_RANGE"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_refusals_are_typed(home: Installation, case: str) -> None:
    method, request, name, code = REFUSED[case]
    asked = home.client(OTHER)
    with pytest.raises(getattr(asked.exceptions, name)) as caught:
        getattr(asked, method)(**request)
    told = caught.value.response
    assert (told["errorCode"], told["canRetry"]) == (code, False)
    assert told["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert told["ResponseMetadata"]["RequestId"]


def test_another_accounts_target(home: Installation) -> None:
    theirs = home.client().create_assessment_target(assessmentTargetName="theirs")["assessmentTargetArn"]
    asked = home.client(OTHER)
    with pytest.raises(asked.exceptions.AccessDeniedException) as caught:
        asked.preview_agents(previewAgentsArn=theirs)
    assert caught.value.response["errorCode"] == "ACCESS_DENIED_TO_ASSESSMENT_TARGET"


def test_quotas_are_held_per_account(home: Installation) -> None:
    asked = home.client(OTHER)
    for _ in range(QUOTA):
        asked.create_resource_group(resourceGroupTags=[TAG])
    with pytest.raises(asked.exceptions.LimitExceededException) as caught:
        asked.create_resource_group(resourceGroupTags=[TAG])
    assert caught.value.response["errorCode"] == "RESOURCE_GROUP_LIMIT_EXCEEDED"


def test_a_topic_that_is_not_there(home: Installation) -> None:
    asked = home.client(OTHER)
    target = asked.create_assessment_target(assessmentTargetName="for a topic")["assessmentTargetArn"]
    template = asked.create_assessment_template(
        assessmentTargetArn=target, assessmentTemplateName="t", durationInSeconds=180, rulesPackageArns=[CVE]
    )["assessmentTemplateArn"]
    with pytest.raises(asked.exceptions.NoSuchEntityException) as caught:
        asked.subscribe_to_event(
            resourceArn=template, event="FINDING_REPORTED", topicArn=f"arn:aws:sns:{REGION}:{OTHER}:nothing"
        )
    assert caught.value.response["errorCode"] == "SNS_TOPIC_DOES_NOT_EXIST"
