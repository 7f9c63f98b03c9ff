"""SARIF: valid by the published schema, and right for code scanning services.

`tests/schemas/sarif-2.1.0-rtm.5.json` is Microsoft's copy of OASIS's schema (npm, `@microsoft/jest-sarif` 1.0.0-beta.0,
MIT), white space removed.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft4Validator

from shindan.model.result import ScanResult
from shindan.render.to_sarif import write
from support import REPOSITORY
from unit.render.exchange import ACCEPTED, FIXABLE, GLIBC, RESULT, RESULTS, UNFIXED, written

VALIDATOR = Draft4Validator(json.loads((REPOSITORY / "tests/schemas/sarif-2.1.0-rtm.5.json").read_text()))


def run_of(result: ScanResult) -> dict[str, Any]:
    run: dict[str, Any] = json.loads(written(write, result))["runs"][0]
    return run


@pytest.mark.parametrize("result", RESULTS.values(), ids=RESULTS)
def test_it_is_valid_by_the_schema(result: ScanResult) -> None:
    assert [error.message for error in VALIDATOR.iter_errors(json.loads(written(write, result)))] == []


def test_the_schema_sees_what_is_wrong() -> None:
    document = json.loads(written(write, RESULT))
    document["runs"][0]["results"][0]["level"] = "fatal"
    document["runs"][0]["results"][1]["verdict"] = "x"
    del document["runs"][0]["tool"]["driver"]["name"]
    assert len(list(VALIDATOR.iter_errors(document))) == 3


def test_a_rule_is_a_flaw_and_a_result_is_one_package(tmp_path: object) -> None:
    run = run_of(RESULT)
    ids = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert len(ids) == len(set(ids)) == 8
    assert [ids[entry["ruleIndex"]] for entry in run["results"]] == [f.id for f in RESULT.findings]
    rule = run["tool"]["driver"]["rules"][0]
    assert rule["properties"]["security-severity"] == "9.8"
    assert "known-exploited" in rule["properties"]["tags"]
    assert "A heap overflow." in rule["help"]["markdown"]
    assert rule["helpUri"] == "https://example.org/a"


def test_levels_follow_severity_and_what_is_inactive_is_no_failure() -> None:
    entries = {entry["ruleId"]: entry for entry in run_of(RESULT)["results"]}
    assert {id_: (entry["kind"], entry["level"]) for id_, entry in entries.items()} == {
        "CVE-2026-0001": ("fail", "error"),
        "END-OF-LIFE-DEBIAN-12": ("fail", "error"),
        "CVE-2026-0002": ("fail", "note"),
        "CVE-2026-0003": ("fail", "warning"),
        "CVE-2026-0004": ("informational", "none"),
        "CVE-2026-0005": ("fail", "error"),
        "CVE-2026-0006": ("fail", "error"),
        "CVE-2026-0007": ("fail", "error"),
    }


def test_an_ignored_finding_is_suppressed_with_its_reason_and_the_others_are_not() -> None:
    entries = {entry["ruleId"]: entry for entry in run_of(RESULT)["results"]}
    assert entries["CVE-2026-0005"]["suppressions"] == [
        {"kind": "external", "status": "accepted", "justification": "no shell users"}
    ]
    assert entries["CVE-2026-0001"]["suppressions"] == []
    assert "suppressions" not in run_of(RESULT._replace(findings=(FIXABLE,)))["results"][0]


def fingerprint(result: ScanResult) -> str:
    return str(run_of(result)["results"][0]["partialFingerprints"]["shindanFinding/v1"])


def test_a_fingerprint_outlives_versions_and_days_and_differs_by_host_flaw_and_package() -> None:
    first = fingerprint(RESULT)
    newer = FIXABLE._replace(package=GLIBC._replace(version="2.36-9+deb12u4.1"), fixed_version="3", severity="Low")
    assert fingerprint(RESULT._replace(findings=(newer,), generated_at="2027-01-01T00:00:00Z")) == first
    others = [
        RESULT._replace(host=RESULT.host._replace(hostname="other")),
        RESULT._replace(findings=(UNFIXED,)),
        RESULT._replace(findings=(ACCEPTED,)),
        RESULT._replace(findings=(FIXABLE._replace(package=GLIBC._replace(arch="i386")),)),
    ]
    assert len({first, *map(fingerprint, others)}) == 5


def test_the_ledger_is_told() -> None:
    texts = [note["message"]["text"] for note in run_of(RESULT)["invocations"][0]["toolExecutionNotifications"]]
    assert "2 packages were not judged: it comes from download.docker.com" in texts
    assert "could not look: kernel: no /proc & no <uname>" in texts
    assert "stale: debian, newest record 2026-11-20" in texts
