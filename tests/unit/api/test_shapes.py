"""Records of the service in the shapes of the model; the finding is that of the specification, section 6.2.1."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from shindan.api.shapes_common import ipv4
from shindan.api.shapes_exclusions import exclusion, preview
from shindan.api.shapes_findings import finding
from shindan.api.shapes_runs import run, run_agent, telemetry
from shindan.api.spec import spec
from shindan.model.exclusion import REASONS, Exclusion
from shindan.model.run import RUN_STATES, Notification, Run, RunHost, RunView, StateChange
from shindan.model.stored_finding import NOTHING_FOUND, Asset, StoredFinding
from signing import ACCOUNT, ADMINISTRATOR, REGION

HEAD = f"arn:aws:inspector:{REGION}:{ACCOUNT}:target/0-Ab12Cd34/template/0-Ef56Gh78"
RUN = f"{HEAD}/run/0-Ij90Kl12"
CVE = "arn:aws:inspector:us-west-2:758058086616:rulespackage/0-9hgA516p"
NETWORK: dict[str, object] = {
    "networkInterfaceId": "eni-0a1b2c3d4e5f60001",
    "publicIp": "203.0.113.10",
    "ipv6Addresses": [],
}
FOUND = StoredFinding(
    f"{RUN}/finding/0-Cv000001", RUN, CVE,
    Asset("i-0a1b2c3d4e5f60718", "web.example", "web-asg", "ami-0123456789abcdef0", (("Name", "web-1"), ("Bare", "")), ("10.0.1.10",), (NETWORK,)),
    "CVE-2017-6508", "Instance i-0a1b2c3d4e5f60718 is vulnerable to CVE-2017-6508", "d", "r", "Medium",
    (("INSTANCE_ID", "i-0a1b2c3d4e5f60718"), ("CVE_ID", "CVE-2017-6508")), (("Owner", "platform-team"),),
    1_709_636_462_370, 1_709_636_462_370,
)  # fmt: skip


def written(operation: str, answer: dict[str, Any]) -> dict[str, Any]:
    """The answer as it goes over the wire; it must be as modelled."""
    write = spec().operations[operation].write
    assert write is not None
    read: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(write(answer)))
    assert spec().check_answer(operation, read) == []
    return read


def shown(found: StoredFinding) -> dict[str, Any]:
    """A finding as DescribeFindings gives it."""
    answer: dict[str, Any] = written("DescribeFindings", {"findings": [finding(found)], "failedItems": {}})
    return dict(answer["findings"][0])


def test_a_finding() -> None:
    assert shown(FOUND) == {
        "arn": f"{RUN}/finding/0-Cv000001", "schemaVersion": 1, "service": "Inspector",
        "serviceAttributes": {"schemaVersion": 1, "assessmentRunArn": RUN, "rulesPackageArn": CVE},
        "assetType": "ec2-instance",
        "assetAttributes": {
            "schemaVersion": 1, "agentId": "i-0a1b2c3d4e5f60718", "autoScalingGroup": "web-asg",
            "amiId": "ami-0123456789abcdef0", "hostname": "web.example", "ipv4Addresses": [],
            "tags": [{"key": "Name", "value": "web-1"}, {"key": "Bare"}], "networkInterfaces": [NETWORK],
        },
        "id": "CVE-2017-6508", "title": "Instance i-0a1b2c3d4e5f60718 is vulnerable to CVE-2017-6508",
        "description": "d", "recommendation": "r", "severity": "Medium", "numericSeverity": 6.0, "confidence": 10,
        "indicatorOfCompromise": False,
        "attributes": [{"key": "INSTANCE_ID", "value": "i-0a1b2c3d4e5f60718"}, {"key": "CVE_ID", "value": "CVE-2017-6508"}],
        "userAttributes": [{"key": "Owner", "value": "platform-team"}],
        "createdAt": 1709636462.37, "updatedAt": 1709636462.37,
    }  # fmt: skip


def test_a_package_that_found_nothing_names_no_host_and_no_rule() -> None:
    nothing = StoredFinding(
        f"{RUN}/finding/0-No000001", RUN, CVE, Asset(), "", NOTHING_FOUND, "d", "r", "Informational", (), (), 1, 1
    )
    read = shown(nothing)
    assert "id" not in read
    assert read["assetAttributes"] == {"schemaVersion": 1, "ipv4Addresses": []}
    assert (read["title"], read["attributes"], read["numericSeverity"]) == (NOTHING_FOUND, [], 0.0)


def test_a_host_outside_ec2_tells_its_addresses() -> None:
    outside = Asset("i-0a1b2c3d4e5f60718", addresses=("127.0.0.1", "192.0.2.7/24", "fe80::1"))
    asset = shown(StoredFinding(**{**_fields(FOUND), "asset": outside}))["assetAttributes"]
    assert asset["ipv4Addresses"] == ["192.0.2.7"]


def test_texts_and_lists_end_where_the_model_ends_them() -> None:
    long = {"title": "t" * 30_000, "description": "d" * 30_000, "recommendation": "r" * 30_000, "id": "i" * 200}
    many = tuple((f"k{n}", "v") for n in range(60))
    read = shown(StoredFinding(**{**_fields(FOUND), **long, "attributes": many}))
    assert (len(read["title"]), len(read["id"]), len(read["attributes"])) == (20_000, 128, 50)


def _fields(record: Any) -> dict[str, Any]:
    return {name: getattr(record, name) for name in record.__slots__}


@pytest.mark.parametrize("code", list(REASONS))
def test_exclusions(code: str) -> None:
    found = Exclusion(code, (("INSTANCE_ID", "i-1"), ("RULES_PACKAGE_ARN", CVE)), "why", f"{RUN}/exclusion/0-00000001")
    read = written("DescribeExclusions", {"exclusions": {found.arn: exclusion(found)}, "failedItems": {}})
    assert read["exclusions"][found.arn]["scopes"][0] == {"key": "INSTANCE_ID", "value": "i-1"}
    assert read["exclusions"][found.arn]["description"].endswith(" why")
    previewed = written("GetExclusionsPreview", {"previewStatus": "COMPLETED", "exclusionPreviews": [preview(found)]})
    assert "arn" not in previewed["exclusionPreviews"][0]


def _view(**fields: Any) -> RunView:
    made = Run(
        "0-Ij90Kl12", "0-Ef56Gh78", "0-Ab12Cd34", ACCOUNT, "n", "CREATED", 180, (CVE,), (("k", None),), 1_000, 1_000
    )
    told = Notification(1_500, "FINDING_REPORTED", f"arn:aws:sns:{REGION}:{ACCOUNT}:t", "ACCESS_DENIED", "m" * 2000)
    run_ = Run(**{**_fields(made), **fields})
    return RunView(run_, tuple(StateChange(state, 1_000) for state in RUN_STATES * 5), (told,) * 60)


def test_a_run_that_goes_on() -> None:
    read = written("DescribeAssessmentRuns", {"assessmentRuns": [run(ADMINISTRATOR, _view())], "failedItems": {}})[
        "assessmentRuns"
    ][0]
    assert (read["arn"], read["assessmentTemplateArn"]) == (RUN, HEAD)
    assert {"startedAt", "completedAt"}.isdisjoint(read)
    assert read["findingCounts"] == dict.fromkeys(("High", "Medium", "Low", "Informational", "Undefined"), 0)
    assert (len(read["stateChanges"]), len(read["notifications"])) == (50, 50)
    assert read["stateChanges"][-1]["state"] == RUN_STATES[-1]
    assert read["notifications"][0] == {
        "date": 1.5, "event": "FINDING_REPORTED", "message": "m" * 1000, "error": True,
        "snsTopicArn": f"arn:aws:sns:{REGION}:{ACCOUNT}:t", "snsPublishStatusCode": "ACCESS_DENIED",
    }  # fmt: skip


def test_a_run_that_has_ended() -> None:
    ended = _view(state="COMPLETED", started_at=2_001, completed_at=3_000, data_collected=True, counts=(("High", 7),))
    read = written("DescribeAssessmentRuns", {"assessmentRuns": [run(ADMINISTRATOR, ended)], "failedItems": {}})[
        "assessmentRuns"
    ][0]
    assert (read["startedAt"], read["completedAt"], read["dataCollected"]) == (2.001, 3.0, True)
    assert read["findingCounts"]["High"] == 7


def test_a_host_of_a_run() -> None:
    found = RunHost("i-1", "HEALTHY", "IDLE", telemetry=(("InspectorPackageInfo", 3, 400), ("Total", 3, 400)))
    read = written("ListAssessmentRunAgents", {"assessmentRunAgents": [run_agent(RUN, found)]})["assessmentRunAgents"][
        0
    ]
    rows = [
        {"messageType": "InspectorPackageInfo", "count": 3, "dataSize": 400},
        {"messageType": "Total", "count": 3, "dataSize": 400},
    ]
    assert read == {
        "agentId": "i-1",
        "assessmentRunArn": RUN,
        "agentHealth": "HEALTHY",
        "agentHealthCode": "IDLE",
        "telemetryMetadata": rows,
    }
    assert telemetry(found.telemetry) == rows


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (("10.0.0.1/24", "10.0.0.2"), ["10.0.0.1", "10.0.0.2"]),
        (("127.0.0.1", "::1", "fe80::1%eth0", "nonsense", ""), []),
    ],
    ids=["with and without network", "none that counts"],
)
def test_addresses(given: tuple[str, ...], expected: list[str]) -> None:
    assert ipv4(given) == expected
