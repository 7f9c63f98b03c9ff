"""Moving over: Terraform's states and what the AWS command line prints become a document that can be applied."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shindan.service.fleet.eventbridge import plan_text
from shindan.service.fleet.inspector import taken_over
from shindan.service.fleet.yaml_file import FleetFileError, read, written

HEAD = "arn:aws:inspector:eu-central-1:123456789012"
GROUP, TARGET = f"{HEAD}:resourcegroup/0-abcdefgh", f"{HEAD}:target/0-abcdefgh"
TEMPLATE = f"{TARGET}/template/0-abcdefgh"
CVE = "arn:aws:inspector:eu-central-1:537503971621:rulespackage/0-wNqHa8M9"
CIS = "arn:aws:inspector:eu-central-1:537503971621:rulespackage/0-nZrAVuv8"
TOPIC = "arn:aws:sns:eu-central-1:123456789012:findings"

RECORDS: dict[str, list[dict[str, Any]]] = {
    "aws_inspector_resource_group": [{"arn": GROUP, "id": GROUP, "tags": {"env": "prod"}}],
    "aws_inspector_assessment_target": [{"arn": TARGET, "id": TARGET, "name": "web", "resource_group_arn": GROUP}],
    "aws_inspector_assessment_template": [
        {"arn": TEMPLATE, "name": "weekly", "duration": 900, "target_arn": TARGET, "rules_package_arns": [CVE, CIS],
         "event_subscription": [{"event": "FINDING_REPORTED", "topic_arn": TOPIC}], "tags": {"cost": "42"}, "tags_all": {}},
    ],
    "aws_cloudwatch_event_rule": [
        {"name": "weekly", "schedule_expression": "cron(0 3 ? * MON *)", "is_enabled": True},
        {"name": "often", "schedule_expression": "rate(5 minutes)"},
        {"name": "other", "schedule_expression": "rate(7 days)"},
    ],
    "aws_cloudwatch_event_target": [
        {"rule": "weekly", "arn": TEMPLATE}, {"rule": "often", "arn": TEMPLATE}, {"rule": "other", "arn": "arn:aws:lambda:x"},
    ],
    "aws_instance": [{"arn": "arn:aws:ec2:x", "id": "i-1"}],
}  # fmt: skip
STATE = {
    "version": 4,
    "terraform_version": "1.9.5",
    "resources": [
        {"mode": "managed", "type": type_, "name": "x", "instances": [{"schema_version": 0, "attributes": one} for one in records]}
        for type_, records in RECORDS.items()
    ] + [{"mode": "data", "type": "aws_inspector_rules_packages", "instances": [{"attributes": {}}]}],
}  # fmt: skip
SHOWN = {
    "format_version": "1.0",
    "values": {"root_module": {"resources": [], "child_modules": [{"resources": [
        {"mode": "managed", "type": type_, "values": one} for type_, records in RECORDS.items() for one in records
    ]}]}},
}  # fmt: skip
DESCRIBED = [
    {"assessmentTargets": [{"arn": TARGET, "name": "web", "resourceGroupArn": GROUP, "createdAt": 1.0}], "failedItems": {}},
    {"assessmentTemplates": [{"arn": TEMPLATE, "name": "weekly", "assessmentTargetArn": TARGET, "durationInSeconds": 900,
                              "rulesPackageArns": [CVE, CIS], "userAttributesForFindings": [{"key": "team", "value": "blue"}]}]},
    {"resourceGroups": [{"arn": GROUP, "tags": [{"key": "env", "value": "prod"}, {"key": "env", "value": "test"}, {"key": "any"}]}]},
    {"subscriptions": [{"resourceArn": TEMPLATE, "topicArn": TOPIC, "eventSubscriptions": [{"event": "OTHER", "subscribedAt": 1}]}]},
]  # fmt: skip


@pytest.mark.parametrize("state", [STATE, SHOWN], ids=["the state", "what terraform show prints"])
def test_terraforms_state(state: dict[str, Any]) -> None:
    fleet, remarks = taken_over([("terraform.tfstate", json.dumps(state).encode())], "moved")
    assert written(fleet) == (
        "version: 1\nfleet: moved\n"
        "targets:\n- name: web\n  tags:\n    env: prod\n"
        "templates:\n- name: weekly\n  target: web\n  packages:\n  - cis\n  - cve\n  duration: 15m\n  tags:\n    cost: '42'\n"
        f"  subscriptions:\n  - topic: {TOPIC}\n    events:\n    - FINDING_REPORTED\n"
        "schedules:\n- cron: 0 3 * * MON\n  name: weekly\n  template: weekly\n  target: web\n"
    )
    assert remarks == [
        "schedule often: rate(5 minutes) is not taken over: runs begin every 1 hour to 366 days, in whole hours"
    ]
    assert read(written(fleet), "f")[0].fleet == fleet


def test_what_the_command_line_describes() -> None:
    files = [(f"{number}.json", json.dumps(one).encode()) for number, one in enumerate(DESCRIBED)]
    fleet, remarks = taken_over(files, "default")
    (target,), (template,) = fleet.targets, fleet.templates
    assert (target.tags, remarks) == ({"any": None, "env": ("prod", "test")}, [])
    assert (template.attributes, template.packages) == ({"team": "blue"}, ("cis", "cve"))
    assert [(one.topic, one.events) for one in template.subscriptions] == [(TOPIC, ("OTHER",))]


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ([b"{"], "is no JSON"),
        ([b"[]"], "neither a Terraform state nor"),
        ([b"{}"], "describe no target and no template"),
        ([b"[" * 100_000], "is no JSON"),
        ([json.dumps(DESCRIBED[0]).encode()], f"tags of the target 'web' are in none of the files.*{GROUP}"),
        ([json.dumps(DESCRIBED[1]).encode()], f"target of the template 'weekly' is in none of the files: {TARGET}"),
        ([b'{"resources": [{"type": "aws_inspector_assessment_target", "instances": 3}]}'], "another form"),
        ([b'{"resources": [7]}'], "another form"),
        ([b'{"assessmentTargets": ["x"]}'], "another form"),
    ],
)  # fmt: skip
def test_what_cannot_be_taken_over_is_told(files: list[bytes], why: str) -> None:
    with pytest.raises(FleetFileError, match=why) as error:
        taken_over([("f", content) for content in files], "default")
    assert error.value.remedy


def test_a_package_that_nobody_knows_stays_and_is_told() -> None:
    strange = CVE[:-8] + "zzzzzzzz"
    described = [json.loads(json.dumps(one).replace(CIS, strange)) for one in DESCRIBED]
    fleet, remarks = taken_over([("f", json.dumps(one).encode()) for one in described], "default")
    assert strange in fleet.templates[0].packages and strange in remarks[0]


@pytest.mark.parametrize(
    ("expression", "plan"),
    [
        ("rate(7 days)", "7d"), ("rate(1 hour)", "1h"), ("rate(2 Days)", None), ("cron(15 10 * * ? *)", "15 10 * * *"),
        ("cron(0 18 ? * 2-6 *)", "0 18 * * 1-5"), ("cron(0 8 ? * 1,7 *)", "0 8 * * 0,6"), ("cron(0 8 1 * ? *)", "0 8 1 * *"),
        ("cron(0/15 8 ? * MON-FRI *)", "0/15 8 * * MON-FRI"), ("cron(0 9 ? * 2#1 *)", "0 9 * * 1#1"), ("cron(0 8 L * ? *)", "0 8 L * *"),
        ("cron(0 8 1W * ? *)", None), ("cron(0 8 ? * 6L *)", None), ("cron(0 8 1 1 ? 2027)", None), ("at(2027-01-01T00:00:00)", None),
        ("cron(0 8 * * *)", None),
    ],
)  # fmt: skip
def test_eventbridges_expressions(expression: str, plan: str | None) -> None:
    if plan is None:
        with pytest.raises(ValueError, match=r"not known|neither|no year|length"):
            plan_text(expression)
        return
    found = plan_text(expression)
    assert (found.cron or found.every) == plan
