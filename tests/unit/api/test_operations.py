"""The operations over a real database: what goes in comes out again, in the shapes of the model."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore
import pytest

from shindan.api.operations import OPERATIONS
from shindan.api.spec import spec
from shindan.model.host import Host
from shindan.store import host_tags, hosts
from signing import ACCOUNT, REGION
from stores import databases
from unit.api.doors import OTHER_KEY, House, house

HEAD = f"arn:aws:inspector:{REGION}:{ACCOUNT}"
CVE = "arn:aws:inspector:us-west-2:758058086616:rulespackage/0-9hgA516p"
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:findings"


@pytest.fixture
def home(tmp_path: Path) -> Iterator[House]:
    """A house on SQLite."""
    for database in databases("sqlite", tmp_path):
        yield house(database, tmp_path)


def _template(home: House, name: str = "weekly") -> tuple[str, str]:
    target = home.ask("CreateAssessmentTarget", assessmentTargetName=f"target of {name}")["assessmentTargetArn"]
    template = home.ask(
        "CreateAssessmentTemplate",
        assessmentTargetArn=target,
        assessmentTemplateName=name,
        durationInSeconds=180,
        rulesPackageArns=[CVE],
        userAttributesForFindings=[{"key": "Owner", "value": "platform"}, {"key": "Bare"}],
    )["assessmentTemplateArn"]
    return target, template


def test_every_operation_of_the_model_is_there_and_named_as_boto3_names_it() -> None:
    assert list(OPERATIONS) == list(spec().operations)
    assert [call.__name__ for call in OPERATIONS.values()] == [botocore.xform_name(name) for name in OPERATIONS]


def test_a_group_keeps_its_tags(home: House) -> None:
    tags = [{"key": "Env", "value": "prod"}, {"key": "Env", "value": "test"}, {"key": "Bare"}]
    arn = home.ask("CreateResourceGroup", resourceGroupTags=tags)["resourceGroupArn"]
    read = home.ask("DescribeResourceGroups", resourceGroupArns=[arn])
    assert read["resourceGroups"][0] == {"arn": arn, "tags": tags, "createdAt": read["resourceGroups"][0]["createdAt"]}
    assert read["failedItems"] == {}


def test_failed_items_say_why(home: House) -> None:
    target, _ = _template(home)
    gone = f"{HEAD}:target/0-00000000"
    theirs = home.ask("CreateAssessmentTarget", key=OTHER_KEY, assessmentTargetName="n")["assessmentTargetArn"]
    read = home.ask("DescribeAssessmentTargets", assessmentTargetArns=[target, gone, theirs, "nonsense"])
    assert [one["arn"] for one in read["assessmentTargets"]] == [target]
    assert {arn: (why["failureCode"], why["retryable"]) for arn, why in read["failedItems"].items()} == {
        gone: ("ITEM_DOES_NOT_EXIST", False), theirs: ("ACCESS_DENIED", False), "nonsense": ("INVALID_ARN", False),
    }  # fmt: skip


def test_a_target_lives_and_dies(home: House) -> None:
    group = home.ask("CreateResourceGroup", resourceGroupTags=[{"key": "k"}])["resourceGroupArn"]
    arn = home.ask("CreateAssessmentTarget", assessmentTargetName="one", resourceGroupArn=group)["assessmentTargetArn"]
    assert home.code("CreateAssessmentTarget", assessmentTargetName="one") == "ASSESSMENT_TARGET_NAME_ALREADY_TAKEN"
    shown = home.ask("DescribeAssessmentTargets", assessmentTargetArns=[arn])["assessmentTargets"][0]
    assert (shown["name"], shown["resourceGroupArn"], shown["createdAt"]) == ("one", group, shown["updatedAt"])
    home.ask("UpdateAssessmentTarget", assessmentTargetArn=arn, assessmentTargetName="two")
    shown = home.ask("DescribeAssessmentTargets", assessmentTargetArns=[arn])["assessmentTargets"][0]
    assert shown["name"] == "two"
    assert "resourceGroupArn" not in shown
    assert home.ask("ListAssessmentTargets", filter={"assessmentTargetNamePattern": "t*"}) == {
        "assessmentTargetArns": [arn]
    }
    assert home.ask("ListAssessmentTargets", filter={"assessmentTargetNamePattern": "x*"}) == {
        "assessmentTargetArns": []
    }
    assert home.ask("DeleteAssessmentTarget", assessmentTargetArn=arn) == {}
    assert home.code("DeleteAssessmentTarget", assessmentTargetArn=arn) == "ASSESSMENT_TARGET_DOES_NOT_EXIST"


def test_pages_follow_one_another(home: House) -> None:
    made = {home.ask("CreateAssessmentTarget", assessmentTargetName=str(n))["assessmentTargetArn"] for n in range(5)}
    seen: list[str] = []
    token: dict[str, Any] = {}
    for _ in range(3):
        read = home.ask("ListAssessmentTargets", maxResults=2, **token)
        seen += read["assessmentTargetArns"]
        token = {"nextToken": read.get("nextToken")}
    assert set(seen) == made
    assert len(seen) == 5
    assert token == {"nextToken": None}
    assert home.code("ListAssessmentTargets", nextToken="forged") == "INVALID_PAGINATION_TOKEN"
    assert home.code("ListAssessmentTargets", maxResults=0) == "INVALID_MAX_RESULTS"


def test_a_template_keeps_what_it_was_made_with(home: House) -> None:
    target, arn = _template(home)
    shown = home.ask("DescribeAssessmentTemplates", assessmentTemplateArns=[arn])["assessmentTemplates"][0]
    del shown["createdAt"]
    assert shown == {
        "arn": arn, "name": "weekly", "assessmentTargetArn": target, "durationInSeconds": 180, "rulesPackageArns": [CVE],
        "userAttributesForFindings": [{"key": "Owner", "value": "platform"}, {"key": "Bare"}], "assessmentRunCount": 0,
    }  # fmt: skip
    lists: dict[str, Any] = {
        "assessmentTargetArns": [target],
        "filter": {"namePattern": "week*", "durationRange": {"maxSeconds": 180}, "rulesPackageArns": [CVE]},
    }
    assert home.ask("ListAssessmentTemplates", **lists) == {"assessmentTemplateArns": [arn]}
    assert home.ask("DeleteAssessmentTemplate", assessmentTemplateArn=arn) == {}
    assert home.ask("ListAssessmentTemplates") == {"assessmentTemplateArns": []}


def test_tags_are_replaced_as_a_whole(home: House) -> None:
    _, arn = _template(home)
    home.ask("SetTagsForResource", resourceArn=arn, tags=[{"key": "b", "value": "1"}, {"key": "a"}])
    assert home.ask("ListTagsForResource", resourceArn=arn) == {"tags": [{"key": "b", "value": "1"}, {"key": "a"}]}
    home.ask("SetTagsForResource", resourceArn=arn)
    assert home.ask("ListTagsForResource", resourceArn=arn) == {"tags": []}
    twice = [{"key": "a"}, {"key": "a"}]
    assert home.code("SetTagsForResource", resourceArn=arn, tags=twice) == "INVALID_TAG"


def test_all_five_rules_packages_are_described(home: House) -> None:
    arns = home.ask("ListRulesPackages")["rulesPackageArns"]
    shown = home.ask("DescribeRulesPackages", rulesPackageArns=arns)["rulesPackages"]
    assert [one["arn"] for one in shown] == arns
    assert (shown[0]["name"], shown[0]["version"]) == ("Common Vulnerabilities and Exposures", "1.1")
    assert {one["provider"] for one in shown} == {"Amazon Web Services, Inc."}
    assert len(shown) == 5


def test_subscriptions_are_grouped_by_template_and_topic(home: House) -> None:
    _, arn = _template(home)
    for event in ("ASSESSMENT_RUN_STARTED", "FINDING_REPORTED"):
        assert home.ask("SubscribeToEvent", resourceArn=arn, event=event, topicArn=TOPIC) == {}
    (row,) = home.ask("ListEventSubscriptions", resourceArn=arn)["subscriptions"]
    assert (row["resourceArn"], row["topicArn"]) == (arn, TOPIC)
    assert {one["event"] for one in row["eventSubscriptions"]} == {"ASSESSMENT_RUN_STARTED", "FINDING_REPORTED"}
    home.ask("UnsubscribeFromEvent", resourceArn=arn, event="FINDING_REPORTED", topicArn=TOPIC)
    (row,) = home.ask("ListEventSubscriptions")["subscriptions"]
    assert len(row["eventSubscriptions"]) == 1


def test_the_registered_role_is_described(home: House) -> None:
    assert home.ask("DescribeCrossAccountAccessRole")["valid"] is True
    role = f"arn:aws:iam::{ACCOUNT}:role/inspector"
    assert home.ask("RegisterCrossAccountAccessRole", roleArn=role) == {}
    assert home.ask("DescribeCrossAccountAccessRole")["roleArn"] == role


def test_agents_are_previewed_with_what_is_known_of_them(home: House) -> None:
    arn = home.ask("CreateAssessmentTarget", assessmentTargetName="all")["assessmentTargetArn"]
    full = Host("i-00000000000000001", ACCOUNT, "web", 1, system="Debian 12", kernel="6.1", addresses=("127.0.0.1", "::1", "10.0.0.5/24"), agent_version="1.0", health="HEALTHY", health_code="IDLE")  # fmt: skip
    with home.service.database.write() as connection:
        hosts.add(connection, full)
        hosts.add(connection, Host("i-00000000000000002", ACCOUNT, "", 2))
    assert home.ask("PreviewAgents", previewAgentsArn=arn)["agentPreviews"] == [
        {"agentId": full.id, "hostname": "web", "agentHealth": "HEALTHY", "agentVersion": "1.0", "operatingSystem": "Debian 12", "kernelVersion": "6.1", "ipv4Address": "10.0.0.5"},
        {"agentId": "i-00000000000000002", "agentHealth": "UNKNOWN"},
    ]  # fmt: skip
    with home.service.database.write() as connection:
        host_tags.set_tags(connection, full.id, [("Env", "prod")])
    group = home.ask("CreateResourceGroup", resourceGroupTags=[{"key": "Env"}])["resourceGroupArn"]
    some = home.ask("CreateAssessmentTarget", assessmentTargetName="some", resourceGroupArn=group)[
        "assessmentTargetArn"
    ]
    assert [one["agentId"] for one in home.ask("PreviewAgents", previewAgentsArn=some)["agentPreviews"]] == [full.id]
