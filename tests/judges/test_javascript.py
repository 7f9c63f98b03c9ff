"""AWS's SDK for JavaScript as the judge: the main path, with its own types, paginators and exceptions.

The SDK is what tests/judges/javascript/package-lock.json pins, checked by its digests. npm fetches it once, into the
user's cache; where neither the cache nor npm's registry has it, the test says so.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from judges.installation import EXPECTED, Installation, installation
from npm_packages import fetched
from receivers import REGION
from support import REPOSITORY, need_tool
from unit.app.served import PATIENCE

pytestmark = [pytest.mark.slow, pytest.mark.system]

HERE = REPOSITORY / "tests" / "judges" / "javascript"
CVE = f"arn:aws:inspector:{REGION}:758058086616:rulespackage/0-9hgA516p"
OLDEST_NODE = 18


@pytest.fixture(scope="module")
def sdk() -> Path:
    """A folder with the SDK; fetched if it is not there yet."""
    node = subprocess.run([need_tool("node", "nodejs"), "--version"], capture_output=True, text=True, check=True)
    if int(node.stdout.lstrip("v").partition(".")[0]) < OLDEST_NODE:
        pytest.skip(f"needs: nodejs of version {OLDEST_NODE} or newer, not {node.stdout.strip()}")
    return fetched(HERE, "javascript")


@pytest.fixture(scope="module")
def home(sdk: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An installation as it is without any setting."""
    with installation(tmp_path_factory.mktemp("javascript")) as made:
        yield made


def test_the_main_path(home: Installation, sdk: Path) -> None:
    seen = _seen(home, sdk)
    assert CVE in seen["packages"] and len(seen["packages"]) == 5
    assert dict(seen["hosts"]) == home.hosts
    assert seen["state"] == "COMPLETED" and sum(seen["counts"].values()) == len(EXPECTED)
    assert all(isinstance(time, int) for time in seen["times"]) and seen["times"] == sorted(seen["times"])
    names = {id_: name for name, id_ in home.hosts.items()}
    assert {(names[one["host"]], one["id"]) for one in seen["findings"]} == EXPECTED
    assert {tuple(pair.values()) for one in seen["findings"] for pair in one["userAttributes"]} == {
        ("Owner", "platform")
    }
    assert seen["failed"] == {}
    assert [one["arn"] for one in seen["findings"]] == seen["listed"] and sorted(seen["paged"]) == sorted(
        seen["listed"]
    )
    assert seen["report"] == "COMPLETED" and seen["told"]
    request = seen["refusal"].pop("request")
    assert request and seen["refusal"] == {
        "typed": True, "code": "ASSESSMENT_TARGET_DOES_NOT_EXIST", "canRetry": False, "status": 400,
    }  # fmt: skip


def _seen(home: Installation, sdk: Path) -> dict[str, Any]:
    id_, secret = home.keys[home.account]
    settings = {
        "ENDPOINT": home.server.address, "REGION": REGION, "CVE": CVE, "TOPIC": home.topic("javascript"),
        "AWS_ACCESS_KEY_ID": id_, "AWS_SECRET_ACCESS_KEY": secret,
    }  # fmt: skip
    # Node looks for packages from where the program is: beside the SDK.
    program = Path(shutil.copy(HERE / "main_path.mjs", sdk))
    done = subprocess.run(
        ["node", str(program)], env={**os.environ, **settings}, capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))
