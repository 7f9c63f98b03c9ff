"""boto3 and the AWS CLI whose own copy of the model is gone: the line that a running server gives brings it back."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import awscli
import botocore
import pytest

from judges.aws import typed
from judges.installation import Installation, installation
from receivers import REGION
from support import need_tool

pytestmark = [pytest.mark.slow, pytest.mark.system]

PROGRAM = """
import boto3, json, os
asked = boto3.client("inspector", region_name=os.environ["REGION"], endpoint_url=os.environ["ENDPOINT"])
arns = [arn for page in asked.get_paginator("list_rules_packages").paginate() for arn in page["rulesPackageArns"]]
try:
    asked.delete_assessment_target(assessmentTargetArn=os.environ["GONE"])
except asked.exceptions.NoSuchEntityException as error:
    print(json.dumps([len(arns), error.response["errorCode"]]))
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder to import from first: botocore and the AWS CLI as they are, but for the model of the service."""
    folder = tmp_path_factory.mktemp("site")
    _mirror(Path(botocore.__file__).parent, folder / "botocore", ("data",))
    _mirror(Path(awscli.__file__).parent, folder / "awscli", ("botocore", "data"))
    return folder


def _mirror(source: Path, target: Path, way: tuple[str, ...]) -> None:
    """Links to all that a package has; where `way` ends, the folder of models, without the service's."""
    target.mkdir()
    for entry in source.iterdir():
        if way and entry.name == way[0]:
            _mirror(entry, target / entry.name, way[1:])
        elif way or entry.name != "inspector":
            (target / entry.name).symlink_to(entry)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An installation as it is without any setting."""
    with installation(tmp_path_factory.mktemp("lost")) as made:
        yield made


def _boto3(home: Installation, site: Path, user: Path) -> subprocess.CompletedProcess[str]:
    id_, secret = home.keys[home.account]
    settings = {
        "PYTHONPATH": str(site), "HOME": str(user), "REGION": REGION, "ENDPOINT": home.server.address,
        "AWS_ACCESS_KEY_ID": id_, "AWS_SECRET_ACCESS_KEY": secret,
        "GONE": f"arn:aws:inspector:{REGION}:{home.account}:target/0-00000000",
    }  # fmt: skip
    command = [sys.executable, "-c", PROGRAM]
    return subprocess.run(command, env={**os.environ, **settings}, capture_output=True, text=True, check=False)


def test_both_speak_again_after_one_line(home: Installation, site: Path, tmp_path: Path) -> None:
    need_tool("curl", "curl")
    where = {"PYTHONPATH": str(site), "HOME": str(tmp_path)}
    lost = _boto3(home, site, tmp_path)
    assert "UnknownServiceError" in lost.stderr
    lost = typed(home, "inspector", "list-rules-packages", **where)
    assert lost.returncode != 0 and "Invalid choice" in lost.stderr

    line = home.server.get("/sdk").text
    subprocess.run(["sh", "-ec", line], env={**os.environ, "HOME": str(tmp_path)}, cwd=tmp_path, check=True)

    found = _boto3(home, site, tmp_path)
    assert found.returncode == 0, found.stderr
    assert json.loads(found.stdout) == [5, "ASSESSMENT_TARGET_DOES_NOT_EXIST"]
    done = typed(home, "inspector", "list-rules-packages", "--page-size", "2", **where)
    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout)["rulesPackageArns"]) == 5
    made = ("--resource-group-tags", "key=inspector,value=True")
    done = typed(home, "inspector", "create-resource-group", *made, **where)
    assert done.returncode == 0 and ":resourcegroup/0-" in done.stdout, done.stderr
