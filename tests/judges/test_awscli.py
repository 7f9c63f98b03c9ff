"""The AWS CLI as the judge: what people typed in 2016, from tagging a host to reading its findings."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from judges.installation import EXPECTED, Installation, eventually, installation
from receivers import REGION
from unit.app.served import PATIENCE, served, shindan

pytestmark = pytest.mark.slow

PROGRAM = (sys.executable, "-m", "awscli")
CVE = f"arn:aws:inspector:{REGION}:758058086616:rulespackage/0-9hgA516p"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An installation as it is without any setting."""
    with installation(tmp_path_factory.mktemp("awscli")) as made:
        yield made


def _typed(home: Installation, *words: str) -> subprocess.CompletedProcess[str]:
    """What `aws` does with these words; only the endpoint is ours."""
    id_, secret = home.keys[home.account]
    settings = {
        "AWS_ACCESS_KEY_ID": id_, "AWS_SECRET_ACCESS_KEY": secret, "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL": home.server.address, "AWS_PAGER": "", "AWS_DEFAULT_OUTPUT": "json", "AWS_MAX_ATTEMPTS": "1",
    }  # fmt: skip
    return subprocess.run(
        [*PROGRAM, *words],
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def _aws(home: Installation, *words: str) -> dict[str, Any]:
    """What `aws` prints, which must have worked."""
    done = _typed(home, *words)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout)) if done.stdout.strip() else {}


def test_from_a_tag_to_findings(home: Installation) -> None:
    ids = tuple(home.hosts.values())
    tag = ("ec2", "create-tags", "--resources", *ids, "--tags", "Key=inspector,Value=True")
    dry = _typed(home, *tag, "--dry-run")
    assert dry.returncode != 0 and "(DryRunOperation)" in dry.stderr
    assert _tags(home) == set()
    _aws(home, *tag)
    assert _tags(home) == {(id_, "True") for id_ in ids}

    role = f"arn:aws:iam::{home.account}:role/inspector"
    _aws(home, "inspector", "register-cross-account-access-role", "--role-arn", role)
    group = _aws(home, "inspector", "create-resource-group", "--resource-group-tags", "key=inspector,value=True")
    made = ("--assessment-target-name", "web", "--resource-group-arn", group["resourceGroupArn"])
    target = _aws(home, "inspector", "create-assessment-target", *made)["assessmentTargetArn"]
    seen = _aws(home, "inspector", "preview-agents", "--preview-agents-arn", target)["agentPreviews"]
    assert {one["agentId"] for one in seen} == set(ids)
    template = _template(home, target)
    run = _run(home, template)
    _findings(home, run)
    _report(home, run)


def _tags(home: Installation) -> set[tuple[str, str]]:
    """(host, value) of the tag `inspector`."""
    read = _aws(home, "ec2", "describe-tags", "--filters", "Name=key,Values=inspector")
    return {(one["ResourceId"], one["Value"]) for one in read["Tags"]}


def _template(home: Installation, target: str) -> str:
    assert CVE in _aws(home, "inspector", "list-rules-packages")["rulesPackageArns"]
    made = _aws(
        home, "inspector", "create-assessment-template", "--assessment-target-arn", target,
        "--assessment-template-name", "inspector_templete", "--duration-in-seconds", "3600",
        "--rules-package-arns", CVE, "--user-attributes-for-findings", "key=Owner,value=platform",
    )  # fmt: skip
    template = str(made["assessmentTemplateArn"])
    topic = ("--event", "ASSESSMENT_RUN_COMPLETED", "--topic-arn", home.topic("findings"))
    _aws(home, "inspector", "subscribe-to-event", "--resource-arn", template, *topic)
    return template


def _run(home: Installation, template: str) -> str:
    started = ("--assessment-run-name", "inspector_templete", "--assessment-template-arn", template)
    run = str(_aws(home, "inspector", "start-assessment-run", *started)["assessmentRunArn"])
    read = eventually(
        lambda: _aws(home, "inspector", "describe-assessment-runs", "--assessment-run-arns", run)["assessmentRuns"][0],
        lambda shown: "completedAt" in shown,
    )
    assert (read["state"], read["name"]) == ("COMPLETED", "inspector_templete")
    assert sum(read["findingCounts"].values()) == len(EXPECTED)
    assert _aws(home, "inspector", "list-assessment-runs")["assessmentRunArns"] == [run]
    return run


def _findings(home: Installation, run: str) -> None:
    listed = ("inspector", "list-findings", "--assessment-run-arns", run)
    arns = _aws(home, *listed)["findingArns"]
    assert sorted(_aws(home, *listed, "--page-size", "1")["findingArns"]) == sorted(arns)
    high = _aws(home, *listed, "--filter", '{"severities":["High"]}')["findingArns"]
    shown = _aws(home, "inspector", "describe-findings", "--finding-arns", *arns)["findings"]
    names = {id_: name for name, id_ in home.hosts.items()}
    assert {(names[one["assetAttributes"]["agentId"]], one["id"]) for one in shown} == EXPECTED
    assert all(one["title"] and one["description"] and one["recommendation"] for one in shown)
    assert [one["arn"] for one in shown if one["severity"] == "High"] == high
    assert {(pair["key"], pair["value"]) for one in shown for pair in one["userAttributes"]} == {("Owner", "platform")}


def _report(home: Installation, run: str) -> None:
    wanted = ("--assessment-run-arn", run, "--report-file-format", "HTML", "--report-type", "FINDING")
    read = eventually(
        lambda: _aws(home, "inspector", "get-assessment-report", *wanted),
        lambda answer: answer["status"] != "WORK_IN_PROGRESS",
    )
    assert read["status"] == "COMPLETED" and read["url"].startswith(home.server.address)


def test_errors_are_told_as_aws_tells_them(home: Installation) -> None:
    gone = f"arn:aws:inspector:{REGION}:{home.account}:target/0-00000000"
    done = _typed(home, "inspector", "delete-assessment-target", "--assessment-target-arn", gone)
    assert done.returncode != 0
    assert "An error occurred (NoSuchEntityException) when calling the DeleteAssessmentTarget operation" in done.stderr
    done = _typed(home, "ec2", "create-tags", "--resources", "i-00000000000000000", "--tags", "Key=a,Value=b")
    assert done.returncode != 0 and "(InvalidInstanceID.NotFound)" in done.stderr


def test_the_profile_that_init_prints_is_one(tmp_path: Path) -> None:
    printed = shindan("init", "--data", tmp_path / "data", "--region", REGION).stdout
    profile = printed[printed.index("[profile shindan]") :].split("\n\n")[0]
    without = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    with served(tmp_path / "data", {}) as server:
        (config := tmp_path / "config").write_text(profile.replace("http://127.0.0.1:8443", server.address) + "\n")
        done = subprocess.run(
            [*PROGRAM, "--profile", "shindan", "--output", "json", "inspector", "list-rules-packages"],
            env={**without, "AWS_CONFIG_FILE": str(config)}, capture_output=True, text=True, timeout=PATIENCE, check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout)["rulesPackageArns"]) == 5
