"""Findings for Security Hub, judged by AWS's own model, and for DefectDojo, by the fields that its reader allows."""

from __future__ import annotations

import functools
import json
from dataclasses import replace
from datetime import date
from typing import Any

import botocore.session
import pytest
from botocore.validate import ParamValidator

from fleets import FLEETS, fleet, host, hostile, small, written
from results import finding, package, sample
from shindan.render.fleet_asff import AT_ONCE, LARGEST, batches

everything = pytest.mark.parametrize("made", FLEETS.values(), ids=FLEETS)

# The user guide, "Required top-level ASFF attributes" and "Optional top-level ASFF attributes".
LONGEST = {"Title": 256, "Description": 1024, "Id": 512, "GeneratorId": 512}


@functools.cache
def shape() -> Any:
    model = botocore.session.get_session().get_service_model("securityhub")
    return model.operation_model("BatchImportFindings").input_shape


def wrong(batch: dict[str, Any]) -> str:
    """What AWS's model forbids in a batch, its patterns included, which botocore does not look at."""
    report = ParamValidator().validate(batch, shape())
    told: str = report.generate_report()
    blank = [path for path, text in texts(batch) if not text.strip()]
    return told + "".join(f"blank: {path}; " for path in blank)


def texts(value: Any, path: str = "") -> list[tuple[str, str]]:
    if isinstance(value, str):
        return [(path, value)]
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [found for key, part in parts for found in texts(part, f"{path}/{key}")]


# ── Security Hub ──


@everything
def test_every_batch_is_what_the_model_wants(made: Any) -> None:
    lines = [json.loads(line) for line in written("ASFF", made()).splitlines()]
    findings = [one for batch in lines for one in batch["Findings"]]
    assert len(findings) == sum(len(one.result.findings) for one in made().hosts())
    for batch in lines:
        assert wrong(batch) == "" and 1 <= len(batch["Findings"]) <= AT_ONCE
    for one in findings:
        assert {name: len(one[name]) for name in LONGEST if len(one[name]) > LONGEST[name]} == {}
        assert len(one.get("Remediation", {}).get("Recommendation", {}).get("Text", "")) <= 512
        assert len(one["ProductFields"]) <= 50 and len(json.dumps(one)) <= LARGEST
        assert all(len(key) <= 128 and len(text) <= 2048 for key, text in one["ProductFields"].items())
    assert len({one["Id"] for one in findings}) == len(findings)


def test_the_judge_sees_what_is_wrong() -> None:
    (line,) = written("ASFF", small()).splitlines()
    batch = json.loads(line)
    batch["Findings"][0]["Severity"] = "HIGH"
    del batch["Findings"][1]["Title"]
    batch["Findings"][2]["Description"] = " "
    told = wrong(batch)
    assert "Severity" in told and 'Missing required parameter in Findings[1]: "Title"' in told and "Description" in told


def test_many_findings_are_cut_into_batches() -> None:
    many = tuple(finding(f"CVE-2026-{n:04}", package(f"p{n}", "1")) for n in range(AT_ONCE * 2 + 1))
    made = fleet(host(1, sample()._replace(findings=many)))
    assert [len(batch) for batch in batches(made)] == [AT_ONCE, AT_ONCE, 1]


def test_what_a_flaw_becomes() -> None:
    flaw, accepted = next(batches(small()))[:2]
    assert flaw["Vulnerabilities"] == [
        {
            "Id": "CVE-2026-1001",
            "VulnerablePackages": [
                {
                    "Name": "libssl3",
                    "Version": "3.0.15-1~deb12u1",
                    "FixedInVersion": "3.0.16-1~deb12u1",
                    "PackageManager": "OS",
                }
            ],
            "FixAvailable": "YES",
            "ExploitAvailable": "YES",
            "Cvss": [
                {"Version": "3.1", "BaseScore": 9.8, "BaseVector": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}
            ],
            "ReferenceUrls": ["https://www.cve.org/CVERecord?id=CVE-2026-1001"],
        }
    ]
    assert flaw["Resources"][0]["Type"] == "Other" and flaw["Resources"][0]["Tags"] == {"role": "web", "owner": "-"}
    assert (flaw["Severity"]["Label"], flaw["Workflow"]["Status"]) == ("HIGH", "NEW")
    assert (accepted["Workflow"]["Status"], accepted["ProductFields"]["shindan/ignored"]) == (
        "SUPPRESSED",
        "not reachable",
    )


def test_a_rule_is_no_vulnerability_and_an_instance_is_named_as_ec2_names_it() -> None:
    rule = next(
        one for batch in batches(small()) for one in batch if one["Types"][0].endswith("CIS Host Hardening Benchmarks")
    )
    assert "Vulnerabilities" not in rule
    assert rule["Compliance"] == {"Status": "FAILED", "RelatedRequirements": ["debian-11 5.1.20"]}
    (resource,) = rule["Resources"]
    assert (resource["Type"], resource["Id"]) == (
        "AwsEc2Instance",
        "arn:aws:ec2:us-west-2:123456789012:instance/i-00000000000000002",
    )


def test_the_same_issue_has_the_same_id_in_a_later_run() -> None:
    later = replace(small(), arn="arn:of:another:run", generated_at="2026-12-24T12:00:00.000Z")
    assert [one["Id"] for one in next(batches(small()))] == [one["Id"] for one in next(batches(later))]


def test_an_unknown_severity_does_not_look_harmless() -> None:
    unknown = sample()._replace(findings=(finding("CVE-2026-1", package("p", "1"), "Undefined"),))
    (batch,) = batches(fleet(host(1, unknown)))
    assert batch[0]["Severity"] == {"Label": "MEDIUM", "Original": "Undefined"}


# ── DefectDojo ──

# dojo/tools/generic/json_parser.py of DefectDojo: what a finding may have, and what it is taken out of before.
ALLOWED = {
    "title", "severity", "description", "date", "cwe", "cve", "epss_score", "epss_percentile", "cvssv3", "cvssv3_score",
    "cvssv4", "cvssv4_score", "mitigation", "impact", "steps_to_reproduce", "severity_justification", "references",
    "active", "verified", "false_p", "out_of_scope", "risk_accepted", "under_review", "is_mitigated", "thread_id",
    "mitigated", "numerical_severity", "param", "payload", "line", "file_path", "component_name", "component_version",
    "static_finding", "dynamic_finding", "scanner_confidence", "unique_id_from_tool", "vuln_id_from_tool",
    "sast_source_object", "sast_sink_object", "sast_source_line", "sast_source_file_path", "nb_occurences",
    "publish_date", "service", "planned_remediation_date", "planned_remediation_version", "effort_for_fixing", "tags",
    "kev_date", "known_exploited", "ransomware_used", "fix_available", "fix_version",
    "endpoints", "files", "vulnerability_ids", "cwes",
}  # fmt: skip
FIELDS = {"title": 511, "component_name": 500, "component_version": 100, "service": 200, "unique_id_from_tool": 500}


@everything
def test_defectdojo_takes_every_finding(made: Any) -> None:
    document = json.loads(written("DEFECTDOJO", made()))
    assert {"name", "type", "findings"} <= document.keys() and document["type"] == "Shindan"
    for one in document["findings"]:
        assert one.keys() <= ALLOWED
        assert one["title"].strip() and one["description"].strip()
        assert one["severity"] in ("Critical", "High", "Medium", "Low", "Info")
        assert {name: len(one[name]) for name in FIELDS if len(one.get(name, "")) > FIELDS[name]} == {}
        date.fromisoformat(one["date"])
        assert "\0" not in json.dumps(one) and "\\u0000" not in json.dumps(one)
        assert all(
            set(place) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.[]:")
            for place in one.get("endpoints", ())
        )
    assert len({one["unique_id_from_tool"] for one in document["findings"]}) == len(document["findings"])


def test_what_a_flaw_is_for_defectdojo() -> None:
    flaw, accepted, *_ = json.loads(written("DEFECTDOJO", small()))["findings"]
    shown = {
        name: flaw[name]
        for name in ("title", "severity", "cvssv3_score", "vulnerability_ids", "fix_version", "endpoints", "tags")
    }
    assert shown == {
        "title": "CVE-2026-1001 in libssl3 3.0.15-1~deb12u1",
        "severity": "High",
        "cvssv3_score": 9.8,
        "vulnerability_ids": ["CVE-2026-1001"],
        "fix_version": "3.0.16-1~deb12u1",
        "endpoints": ["web-1"],
        "tags": ["role:web", "owner"],
    }
    assert (flaw["active"], flaw["known_exploited"], flaw["risk_accepted"]) == (True, True, False)
    assert (accepted["active"], accepted["risk_accepted"]) == (False, True)


def test_a_name_that_is_no_host_s_is_no_endpoint() -> None:
    (one, *_) = json.loads(written("DEFECTDOJO", hostile()))["findings"]
    assert "endpoints" not in one
    v6 = host(1, sample())._replace(result=sample()._replace(host=sample().host._replace(hostname="2001:db8::1")))
    assert json.loads(written("DEFECTDOJO", fleet(v6)))["findings"][0]["endpoints"] == ["[2001:db8::1]"]
