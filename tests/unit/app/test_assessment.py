"""From nothing to findings, as a person types it: facts handed in beside a running server, a run, its findings."""

from __future__ import annotations

import json
import time
from pathlib import Path

import boto3
import pytest

from service_world import facts
from unit.app.served import PATIENCE, Served, init, served, shindan
from worlds import import_records, record


@pytest.mark.slow
def test_a_run_from_the_command_line(tmp_path: Path) -> None:
    data, cache = tmp_path / "data", tmp_path / "cache"
    # The advisories lie in the user's own folder: the server takes them over when a host of their release appears.
    import_records(cache, [record("CVE-2023-5678", "openssl", "3.0.13-1~deb12u1", urgency="high")])
    (tmp_path / "web1.ndjson").write_bytes(facts({"openssl": "3.0.11-1~deb12u1", "bash": "5.2-1"}))
    here = ("--data", data)
    with served(data, init(data, "--region", "us-west-2"), SHINDAN_FEEDS_CACHE=str(cache)) as server:
        for command in (
            ("hosts", "submit", tmp_path / "web1.ndjson", "--tag", "inspector=True"),
            ("targets", "create", "web", "--tag", "inspector=True"),
            ("templates", "create", "weekly", "--target", "web", "--package", "cve", "--duration", "180s"),
        ):
            assert shindan(*command, *here).returncode == 0
        done = shindan("run", "start", "weekly", "--name", "first", "--wait", "--fail-on", "high", *here)
        assert (done.returncode, "first: COMPLETED; 1 High" in done.stdout) == (1, True), done.stderr
        assert shindan("run", "watch", "first", *here).returncode == 0
        (found,) = json.loads(shindan("findings", "list", "--run", "first", "--format", "json", *here).stdout)
        assert (found["id"], found["severity"], found["host"]) == ("CVE-2023-5678", "High", "web1")
        for asked in ((found["arn"],), ("CVE-2023-5678",), ("CVE-2023-5678", "--run", "first")):
            shown = shindan("findings", "show", *asked, *here).stdout
            assert "CVE-2023-5678" in shown and "recommendation" in shown
        assert shindan("findings", "show", "CVE-1999-1", *here).returncode == 2
        assert shindan("run", "exclusions", "first", *here).stdout == "nothing was left out\n"
        report = tmp_path / "first.html"
        assert shindan("run", "report", "first", "--out", report, *here).returncode == 0
        assert "CVE-2023-5678" in report.read_text()
        (issue,) = json.loads(shindan("findings", "list", "--format", "json", *here).stdout)
        assert (issue["rule_id"], issue["status"], issue["component"]) == ("CVE-2023-5678", "open", "openssl")
        (metered,) = json.loads(shindan("usage", "--format", "json", *here).stdout)
        assert (metered["units"], metered["amount"]) == (1, "0.30")
        assert 'shindan_runs{state="COMPLETED"} 1.0' in server.get("/metrics").text
        _reported(server)
        assert server.stop() == 0


def _reported(server: Served) -> None:
    """A report is made in the background, and its address works without a key until somebody changes it."""
    asked = boto3.client(
        "inspector",
        endpoint_url=server.address,
        region_name=server.made["region"],
        aws_access_key_id=server.made["access_key_id"],
        aws_secret_access_key=server.made["secret_access_key"],
    )
    (run,) = asked.list_assessment_runs()["assessmentRunArns"]
    wanted = {"assessmentRunArn": run, "reportFileFormat": "HTML", "reportType": "FINDING"}
    until = time.monotonic() + PATIENCE
    while (answer := asked.get_assessment_report(**wanted))["status"] == "WORK_IN_PROGRESS":
        assert time.monotonic() < until
        time.sleep(0.2)
    assert answer["status"] == "COMPLETED"
    path = "/" + answer["url"].split("/", 3)[3]
    found = server.get(path)
    assert found.status_code == 200 and "CVE-2023-5678" in found.text
    assert "default-src 'none'" in found.headers["content-security-policy"]
    assert path not in json.dumps(server.events)
    assert server.get(path[:-2]).status_code == 404
    assert server.get("/SimpleNotificationService-0.pem").status_code == 404
