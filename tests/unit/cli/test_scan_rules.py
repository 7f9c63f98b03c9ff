"""`shindan scan` with rules packages: which are judged, from which facts, and what is printed of them."""

from __future__ import annotations

import csv
import io
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from shindan.cli import scan_asked
from shindan.service import assessing
from support import REPOSITORY
from unit.cli.console import Console, console


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Console:
    return console(monkeypatch, capsys)


@pytest.fixture
def host(tmp_path: Path) -> list[str]:
    """Options that name a recorded host, with its packages and its configuration; there is no feed at all."""
    for recorded in (REPOSITORY / "tests/hosts", REPOSITORY / "tests/configured"):
        shutil.copytree(recorded / "debian-12/root", tmp_path / "host", symlinks=True, dirs_exist_ok=True)
    return ["--root", str(tmp_path / "host"), "--data", str(tmp_path / "data"), "--no-update"]


def told(run: Console, *words: Any) -> dict[str, Any]:
    said = run("scan", *words, "--format", "json")
    assert said.code == 0, said.err
    result: dict[str, Any] = json.loads(said.out)
    return result


def test_the_defaults_are_the_services_own() -> None:
    assert scan_asked.DEFAULT == assessing.WITHOUT_WINDOW
    assert set(scan_asked.NAMES.values()) == {"cve", "cis", "practices", "network", "runtime", "scap"}


def test_without_cve_no_feed_is_needed_and_it_is_said_that_none_was_asked(run: Console, host: list[str]) -> None:
    result = told(run, *host, "--package", "cis,best-practices", "--package", "network")
    assert result["rules_packages"] == ["cis", "practices", "network"]
    assert [one["rules_package"] for one in result["rules"]] == ["cis", "practices", "network"]
    assert {one["rules_package"] for one in result["findings"]} <= {"cis", "practices", "network"}
    assert not (Path(host[3]) / "advisories").exists()
    assert "known flaws were not looked for" in run("scan", *host, "--package", "cis").out


def test_every_rule_has_an_outcome_and_the_counts_are_theirs(run: Console, host: list[str]) -> None:
    result = told(run, *host, "--package", "cis", "--full")
    (cis,) = result["rules"]
    words = ("passed", "failed", "not_applicable", "manual", "not_told")
    assert sum(cis[word] for word in words) == len(result["outcomes"]) > 250
    for word in words:
        assert cis[word] == sum(section[word] for section in cis["sections"])
    failed = [one for one in result["outcomes"] if one["verdict"] == "fail"]
    assert len(failed) == cis["failed"] == len(result["findings"]) > 0
    assert all(one["evidence"] and one["controls"] for one in failed)
    assert sum(one["rules"] for one in cis["not_told_because"]) == cis["not_told"]
    assert cis["score"] == round(cis["passed"] / (cis["passed"] + cis["failed"]), 4)


def test_level_and_benchmark_are_those_asked_for(run: Console, host: list[str]) -> None:
    first = told(run, *host, "--package", "cis", "--level", "1", "--full")
    both = told(run, *host, "--package", "cis", "--full")
    assert len(first["outcomes"]) < len(both["outcomes"])
    assert "level 1, server" in first["rules"][0]["benchmark"]
    other = told(run, *host, "--package", "cis", "--benchmark", "rhel-9")
    assert other["rules"][0]["benchmark"].startswith("Red Hat")
    assert "was asked for" in other["rules"][0]["notes"][0]


def test_a_system_without_a_map_is_judged_without_numbers(run: Console, host: list[str], tmp_path: Path) -> None:
    root = tmp_path / "host"
    (root / "etc/os-release").unlink()
    (root / "etc/os-release").write_text('ID=debian\nVERSION_ID="11"\nPRETTY_NAME="Debian 11"\n')
    result = told(run, "--root", root, *host[2:], "--package", "cis")
    (cis,) = result["rules"]
    assert cis["benchmark"] is None and "no benchmark map" in cis["notes"][0]
    assert result["findings"] and not any(one["controls"] for one in result["findings"])


def test_benchmarks_are_listed(run: Console) -> None:
    out = run("scan", "--benchmark", "list").out
    assert "debian-12" in out and "controls are checked" in out


def test_thresholds_and_filters_hold_for_rules_too(run: Console, host: list[str]) -> None:
    assert run("scan", *host, "--package", "cis", "--fail-on", "high").code == 1
    severe = told(run, *host, "--package", "cis", "--severity", "high")
    assert {one["severity"] for one in severe["findings"]} == {"High"}


def test_remedies_become_a_script_that_does_nothing_by_accident(run: Console, host: list[str], tmp_path: Path) -> None:
    script = tmp_path / "mend.sh"
    assert run("scan", *host, "--package", "cis", "--fix-script", "sh", "--out", script).code == 0
    assert subprocess.run(["dash", "-n", script], capture_output=True).returncode == 0
    done = subprocess.run(["dash", script], capture_output=True, text=True, cwd=tmp_path)
    assert (done.returncode, done.stdout.strip()) == (
        0, "Nothing was done. Read this script, then run it as root with --apply.",
    )  # fmt: skip
    text = script.read_text()
    assert "step_1() {" in text and "# debian-12 " in text and "# By hand:" in text


def test_remedies_become_ansible_tasks(run: Console, host: list[str]) -> None:
    yaml = pytest.importorskip("yaml")
    (play,) = yaml.safe_load(run("scan", *host, "--package", "cis", "--fix-script", "ansible").out)
    assert play["become"] is True and play["tasks"]
    assert all(set(task) == {"name", "ansible.builtin.shell"} for task in play["tasks"])


@pytest.mark.parametrize("form", ["table", "html", "sarif", "csv", "markdown", "junit"])
def test_every_form_names_what_does_not_hold(run: Console, host: list[str], form: str) -> None:
    first = told(run, *host, "--package", "cis")["findings"][0]
    number = first["controls"][0].partition(" ")[2]
    said = run("scan", *host, "--package", "cis", "--format", form, "--all")
    assert said.code == 0 and number in said.out.replace("\\.", ".")


@pytest.mark.parametrize("form", ["cyclonedx", "openvex"])
def test_forms_of_vulnerabilities_leave_rules_out_and_say_how_many(run: Console, host: list[str], form: str) -> None:
    number = len(told(run, *host, "--package", "cis")["findings"])
    said = run("scan", *host, "--package", "cis", "--format", form)
    assert said.code == 0 and "debian-12/" not in said.out
    sentence = f"{number} findings of rules are left out: this form speaks of vulnerabilities alone"
    assert number > 1 and said.err == f"{sentence}\n"
    document = json.loads(said.out)
    if form == "openvex":
        assert document["tooling"].endswith(f"; {sentence}")
    else:
        assert {"name": "shindan:ledger", "value": sentence} in document["metadata"]["properties"]


@pytest.mark.parametrize("form", ["json", "sarif", "csv", "markdown", "junit", "html", "table"])
def test_other_forms_leave_nothing_out(run: Console, host: list[str], form: str) -> None:
    assert "left out: this form" not in run("scan", *host, "--package", "cis", "--format", form).err


def test_csv_has_numbers_evidence_and_remedies_of_rules(run: Console, host: list[str]) -> None:
    said = run("scan", *host, "--package", "cis", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(said.out)))
    found = told(run, *host, "--package", "cis")["findings"]
    assert [row["controls"] for row in rows] == ["; ".join(one["controls"]) for one in found]
    for row, one in zip(rows, found, strict=True):
        cells = {name: cell.removeprefix("'") for name, cell in row.items()}
        assert all(f"{it['subject']}: {it['observed']}" in cells["observed"] for it in one["evidence"])
        assert all(it["wanted"] in cells["wanted"] for it in one["evidence"])
        assert cells["remedy"] == (one["remedy"] or "")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ([], "with --window SECONDS"),
        (["--package", "cis"], ""),
        (["--package", "runtime"], ""),
    ],
    ids=["by default", "chosen", "asked for"],
)
def test_what_was_left_out_since_nobody_watched_is_said_with_its_option(
    run: Console, host: list[str], monkeypatch: pytest.MonkeyPatch, options: list[str], says: str
) -> None:
    monkeypatch.setattr(scan_asked, "DEFAULT", ("practices",))  # there is no feed to ask of flaws here
    notes = told(run, *host, *options)["ledger"]["notes"]
    assert [note for note in notes if "Runtime Behavior Analysis was left out" in note and says in note] == (
        notes if says else []
    )
    assert bool(says) is ("Runtime Behavior Analysis was left out" in run("scan", *host, *options).out)


def test_a_window_brings_what_it_is_for() -> None:
    assert scan_asked.packages_of(None, None, None, 5) == (*scan_asked.DEFAULT, "runtime")
    assert scan_asked.packages_of(["cis"], None, None, 5) == ("cis",)
    assert "--package runtime" in scan_asked.passed_over(None, scan_asked.DEFAULT, "facts.ndjson", None)
    assert scan_asked.passed_over(None, ("cve",), None, Path("bom.json")) == ""
