"""`run report` and `findings export` against a service at work; what is pushed arrives in Security Hub, as moto has it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest
from defusedxml.ElementTree import fromstring

from fleets import small, written
from receivers import REGION, moto
from run_world import RunWorld, advisories, run_world
from shindan.app.local_api import LocalApi
from shindan.cli import findings_export, run_outcome, watching
from shindan.cli import run as run_command
from shindan.cli.exporting import save
from shindan.service.security_hub import NoExport, push
from stores import databases
from support import REPOSITORY, need_tool
from unit.cli.console import Console, console

OLD = {"openssl": "3.0.16-1~deb12u1", "curl": "7.88.1-10"}


@pytest.fixture
def living(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunWorld]:
    """A service at work behind the commands, whose hosts were assessed."""
    advisories(tmp_path / "data")
    for database in databases("sqlite", tmp_path):
        with run_world(database, tmp_path / "data") as made:
            for name in ("web-1", "web-2"):
                made.world.host(name, packages=OLD)
            made.ended(made.start(name="weekly"))

            @contextmanager
            def api(*_: Any) -> Iterator[LocalApi]:
                yield LocalApi(made.service, made.world.caller)

            for module in (findings_export, run_outcome, run_command):
                monkeypatch.setattr(module, "api", api)
            for module in (findings_export, run_outcome, watching):
                monkeypatch.setattr(module, "need_worker", lambda *_: None)
            yield made


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Console:
    return console(monkeypatch, capsys)


def name_of(living: RunWorld) -> str:
    asked = LocalApi(living.service, living.world.caller)
    return str(asked.call("ListAssessmentRuns")["assessmentRunArns"][0])


def test_files_are_written_whole_and_their_size_is_said(living: RunWorld, run: Console, tmp_path: Path) -> None:
    out = tmp_path / "findings.json"
    said = run("findings", "export", "--out", out)
    assert (said.code, said.out) == (0, "") and f"{out.stat().st_size:,} bytes" in said.err
    assert len(json.loads(out.read_text())["hosts"]) == 2
    assert [path.name for path in tmp_path.glob("*findings*")] == ["findings.json"]
    said = run("run", "report", name_of(living), "--format", "sarif", "--out", tmp_path / "x.sarif")
    assert said.code == 0 and len(json.loads((tmp_path / "x.sarif").read_text())["runs"]) == 2
    said = run(
        "run", "report", name_of(living), "--as", "html", "--full", "--language", "ja", "--out", tmp_path / "x.html"
    )
    assert said.code == 0 and '<html lang="ja">' in (tmp_path / "x.html").read_text()


def test_what_is_usage(living: RunWorld, run: Console, tmp_path: Path) -> None:
    name = name_of(living)
    for arguments in (
        ("findings", "export", "--format", "html"),
        ("findings", "export", "--format", "json", "--push"),
        ("findings", "export", "--format", "asff", "--push", "--out", tmp_path / "x"),
        ("findings", "export", "--run", name, "--target", "x"),
        ("findings", "export", "--out", tmp_path / "no" / "folder"),
        ("run", "report", name, "--language", "fr", "--out", tmp_path / "x"),
        ("run", "report", name, "--format", "doc", "--out", tmp_path / "x"),
    ):
        assert run(*arguments).code == 2, arguments


@pytest.mark.slow
def test_pushed_findings_are_in_security_hub_once(
    living: RunWorld, run: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    with moto(monkeypatch) as address:
        hub = boto3.client("securityhub", region_name=REGION, endpoint_url=address)
        for _ in range(2):
            said = run("findings", "export", "--format", "asff", "--push", "--aws-endpoint", address)
            assert said.code == 0 and "6 findings imported into Security Hub of us-west-2" in said.err, said
        found = hub.get_findings()["Findings"]
    assert {one["Vulnerabilities"][0]["Id"] for one in found} == {"CVE-2026-0001", "CVE-2026-0002", "CVE-2026-0003"}
    assert len({one["Id"] for one in found}) == 6


def test_an_export_of_another_form_is_not_pushed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):  # else they are asked of EC2's own address
        monkeypatch.setenv(name, "x")
    (tmp_path / "x").write_text('{"findings": []}\n')
    with (tmp_path / "x").open("rb") as stream, pytest.raises(NoExport):
        push(stream, REGION, "http://127.0.0.1:9")


# ── what pipelines show ──


def test_a_run_that_is_waited_for_leaves_junit_that_jenkins_takes(
    living: RunWorld, run: Console, tmp_path: Path
) -> None:
    asked = LocalApi(living.service, living.world.caller)
    template = asked.call("ListAssessmentTemplates")["assessmentTemplateArns"][0]
    junit, sarif = tmp_path / "findings.xml", tmp_path / "findings.sarif"
    said = run("run", "start", template, "--junit", junit, "--report", f"sarif={sarif}", "--format", "json")
    assert said.code == 0, said.err
    shown = json.loads(said.out)
    assert shown["state"] == "COMPLETED" and sum(shown["findings"].values()) > 0
    suites = fromstring(junit.read_text()).findall("testsuite")
    assert sorted(suite.get("name") for suite in suites) == ["web-1", "web-2"]
    failed = sum(int(suite.get("failures")) for suite in suites)
    assert failed == sum(shown["findings"].values())
    lint = need_tool("xmllint", "libxml2-utils")
    schema = REPOSITORY / "tests/schemas/junit-10.xsd"
    assert subprocess.run([lint, "--noout", "--schema", schema, junit], capture_output=True).returncode == 0
    assert len(json.loads(sarif.read_text())["runs"]) == 2
    assert f"{junit}: {junit.stat().st_size:,} bytes" in said.err


@pytest.mark.parametrize("form", ["openvex", "cyclonedx"])
def test_what_a_file_leaves_out_is_said_wherever_it_goes(form: str, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    text = written(form.upper(), small()).encode()

    class Server:
        def save(self, url: str, stream: Any) -> int:
            return sum(stream.write(text[start : start + 100]) for start in range(0, len(text), 100))

    save(Server(), "x", None)
    said = capfdbinary.readouterr()
    assert said.out == text
    assert said.err.decode() == "2 findings of rules are left out: this form speaks of vulnerabilities alone\n"
