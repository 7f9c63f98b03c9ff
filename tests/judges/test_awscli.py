"""The AWS CLI as the judge: what people typed in 2016, from tagging a host to reading its findings.

One walk in the order in which people were introduced to the service: tag the hosts (step 2), target (5), template (6),
run (7), findings (8), and what it would have cost (10). `aws` is the only client but for the last, which the original
had on its bill.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from judges.aws import PROGRAM, aws, typed
from judges.installation import EXPECTED, FLAWS, Installation, eventually, installation
from receivers import REGION
from stores import BACKENDS
from unit.app.served import PATIENCE, served, shindan

pytestmark = pytest.mark.slow

CVE = f"arn:aws:inspector:{REGION}:758058086616:rulespackage/0-9hgA516p"


@pytest.fixture(scope="module", params=BACKENDS)
def home(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An installation on each database, as it is without any setting."""
    with installation(tmp_path_factory.mktemp("awscli"), request.param) as made:
        yield made


def _asked(home: Installation, *words: str) -> dict[str, Any]:
    """What `aws inspector` prints."""
    return aws(home, "inspector", *words)


def test_the_walk_from_a_tag_to_the_bill(home: Installation) -> None:
    _tagged(home)
    target = _target(home)
    template = _template(home, target)
    run = _run(home, template)
    _findings(home, run)
    _report(home, run)
    _told(home, run)
    _bill(home)
    _replaced(home, target, template)


def _tagged(home: Installation) -> None:
    """Step 2: a dry run first, as the blog posts had it."""
    ids = tuple(home.hosts.values())
    tag = ("ec2", "create-tags", "--resources", *ids, "--tags", "Key=inspector,Value=True")
    dry = typed(home, *tag, "--dry-run")
    assert dry.returncode != 0 and "(DryRunOperation)" in dry.stderr
    assert _tags(home) == set()
    aws(home, *tag)
    assert _tags(home) == {(id_, "True") for id_ in ids}


def _tags(home: Installation) -> set[tuple[str, str]]:
    """(host, value) of the tag `inspector`."""
    read = aws(home, "ec2", "describe-tags", "--filters", "Name=key,Values=inspector")
    return {(one["ResourceId"], one["Value"]) for one in read["Tags"]}


def _target(home: Installation) -> str:
    """Steps 1 and 5: the role, and whatever has the tag."""
    _asked(home, "register-cross-account-access-role", "--role-arn", f"arn:aws:iam::{home.account}:role/inspector")
    group = _asked(home, "create-resource-group", "--resource-group-tags", "key=inspector,value=True")
    made = ("--assessment-target-name", "web", "--resource-group-arn", group["resourceGroupArn"])
    target = str(_asked(home, "create-assessment-target", *made)["assessmentTargetArn"])
    seen = _asked(home, "preview-agents", "--preview-agents-arn", target)["agentPreviews"]
    assert {one["agentId"] for one in seen} == set(home.hosts.values())
    return target


def _template(home: Installation, target: str) -> str:
    """Step 6: packages, an hour, a topic, tags, attributes for findings."""
    assert CVE in _asked(home, "list-rules-packages")["rulesPackageArns"]
    template = str(_asked(home, "create-assessment-template", *_as_wanted(target))["assessmentTemplateArn"])
    topic = ("--event", "ASSESSMENT_RUN_COMPLETED", "--topic-arn", home.topic("findings"))
    _asked(home, "subscribe-to-event", "--resource-arn", template, *topic)
    _asked(home, "set-tags-for-resource", "--resource-arn", template, "--tags", "key=team,value=platform")
    tags = _asked(home, "list-tags-for-resource", "--resource-arn", template)["tags"]
    assert tags == [{"key": "team", "value": "platform"}]
    return template


def _as_wanted(target: str) -> tuple[str, ...]:
    return (
        "--assessment-target-arn", target, "--assessment-template-name", "inspector_templete",
        "--duration-in-seconds", "3600", "--rules-package-arns", CVE,
        "--user-attributes-for-findings", "key=Owner,value=platform",
    )  # fmt: skip


def _run(home: Installation, template: str) -> str:
    """Step 7, verbatim."""
    started = ("--assessment-run-name", "inspector_templete", "--assessment-template-arn", template)
    run = str(_asked(home, "start-assessment-run", *started)["assessmentRunArn"])
    read = eventually(lambda: _shown(home, run), lambda shown: "completedAt" in shown)
    assert (read["state"], read["name"]) == ("COMPLETED", "inspector_templete")
    assert sum(read["findingCounts"].values()) == len(EXPECTED)
    assert _asked(home, "list-assessment-runs")["assessmentRunArns"] == [run]
    return run


def _shown(home: Installation, run: str) -> dict[str, Any]:
    return dict(_asked(home, "describe-assessment-runs", "--assessment-run-arns", run)["assessmentRuns"][0])


def _findings(home: Installation, run: str) -> None:
    """Step 8: what was found, why it matters, what to do."""
    listed = ("list-findings", "--assessment-run-arns", run)
    arns = _asked(home, *listed)["findingArns"]
    assert sorted(_asked(home, *listed, "--page-size", "1")["findingArns"]) == sorted(arns)
    high = _asked(home, *listed, "--filter", '{"severities":["High"]}')["findingArns"]
    shown = _asked(home, "describe-findings", "--finding-arns", *arns)["findings"]
    names = {id_: name for name, id_ in home.hosts.items()}
    assert {(names[one["assetAttributes"]["agentId"]], one["id"]) for one in shown} == EXPECTED
    assert all(one["title"] and one["description"] and one["recommendation"] for one in shown)
    assert [one["arn"] for one in shown if one["severity"] == "High"] == high
    assert {(pair["key"], pair["value"]) for one in shown for pair in one["userAttributes"]} == {("Owner", "platform")}


def _report(home: Installation, run: str) -> None:
    wanted = ("--assessment-run-arn", run, "--report-file-format", "HTML", "--report-type", "FINDING")
    read = eventually(
        lambda: _asked(home, "get-assessment-report", *wanted), lambda answer: answer["status"] != "WORK_IN_PROGRESS"
    )
    assert read["status"] == "COMPLETED" and read["url"].startswith(home.server.address)
    text = httpx.get(read["url"]).raise_for_status().text
    assert all(id_ in text for id_ in FLAWS)


def _told(home: Installation, run: str) -> None:
    """The topic of step 6 was told that the run is complete."""
    notes = eventually(lambda: _shown(home, run)["notifications"], bool)
    assert {(one["event"], one["snsPublishStatusCode"]) for one in notes} == {("ASSESSMENT_RUN_COMPLETED", "SUCCESS")}


def _bill(home: Installation) -> None:
    """Step 10: a unit for each host and run, at 0.30 USD each."""
    more = {} if home.is_sqlite else {"SHINDAN_DATABASE_URL": home.database_url}
    said = shindan("usage", "--data", home.server.data, "--account", home.account, "--format", "json", env=more)
    assert said.returncode == 0, said.stderr
    (metered,) = json.loads(said.stdout)
    assert (metered["units"], metered["amount"]) == (len(home.hosts), "0.60")


def _replaced(home: Installation, target: str, template: str) -> None:
    """Step 6, last part: a template is not changed but deleted and created, at once and under the same name."""
    taken = typed(home, "inspector", "create-assessment-template", *_as_wanted(target))
    assert taken.returncode != 0 and "(InvalidInputException)" in taken.stderr
    _asked(home, "delete-assessment-template", "--assessment-template-arn", template)
    again = _asked(home, "create-assessment-template", *_as_wanted(target))["assessmentTemplateArn"]
    assert again != template
    assert _asked(home, "list-assessment-templates")["assessmentTemplateArns"] == [again]
    assert _asked(home, "list-findings")["findingArns"] == []


def test_errors_are_told_as_aws_tells_them(home: Installation) -> None:
    gone = f"arn:aws:inspector:{REGION}:{home.account}:target/0-00000000"
    done = typed(home, "inspector", "delete-assessment-target", "--assessment-target-arn", gone)
    assert done.returncode != 0
    assert "An error occurred (NoSuchEntityException) when calling the DeleteAssessmentTarget operation" in done.stderr
    done = typed(home, "ec2", "create-tags", "--resources", "i-00000000000000000", "--tags", "Key=a,Value=b")
    assert done.returncode != 0 and "(InvalidInstanceID.NotFound)" in done.stderr


def test_the_profile_that_init_prints_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SHINDAN_DATABASE_URL", raising=False)  # of an installation that other tests still use
    said = shindan("init", "--data", tmp_path / "data", "--region", REGION)
    assert said.returncode == 0, said.stderr
    printed = said.stdout
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
