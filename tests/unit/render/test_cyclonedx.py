"""CycloneDX: valid by the published schema, complete, and read back by ourselves as the facts it came from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.model.bom import Bom
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from shindan.intake import read
from shindan.model.result import Package, ScanResult
from shindan.render.to_cyclonedx import write
from unit.render.exchange import CLEAN, HOSTILE, RESULT, RESULTS, written

OTHERS = {
    "rhel:8": (
        Package("dbus-libs", "1:1.12.8-1.el8", "rpm", "x86_64", "dbus", "1:1.12.8-1.el8"),
        Package("tar", "1.34-6.el8", "rpm", "x86_64", "tar", "1.34-6.el8"),
    ),
    "alpine:3.20": (Package("libcrypto3", "3.0.8-r0", "apk", "x86_64", "openssl", "3.0.8-r0"),),
}


def document_of(result: ScanResult) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(written(write, result))
    return document


@pytest.mark.parametrize("result", RESULTS.values(), ids=RESULTS)
def test_it_is_valid_by_the_schema_and_the_reference_library_reads_it(result: ScanResult) -> None:
    text = written(write, result)
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    bom = Bom.from_json(json.loads(text))  # type: ignore[attr-defined]
    bom.validate()
    assert len(bom.components) >= len(result.packages)


def test_every_package_is_a_component_and_every_reference_exists() -> None:
    document = document_of(RESULT)
    names = {component["name"] for component in document["components"]}
    assert names == {"debian", *(package.name for package in RESULT.packages)}
    refs = [component["bom-ref"] for component in document["components"]]
    assert len(refs) == len(set(refs))
    for vulnerability in document["vulnerabilities"]:
        assert {one["ref"] for one in vulnerability["affects"]} <= set(refs)


def test_two_packages_with_one_purl_have_two_references() -> None:
    document = document_of(HOSTILE)
    refs = [component["bom-ref"] for component in document["components"]]
    assert len(refs) == len(set(refs))


def test_each_finding_has_its_analysis() -> None:
    entries = {entry["id"]: entry for entry in document_of(RESULT)["vulnerabilities"]}
    assert {id_: (e["analysis"]["state"], e["analysis"].get("response", [""])[0]) for id_, e in entries.items()} == {
        "CVE-2026-0001": ("exploitable", "update"),
        "END-OF-LIFE-DEBIAN-12": ("exploitable", "will_not_fix"),
        "CVE-2026-0002": ("exploitable", "will_not_fix"),
        "CVE-2026-0003": ("in_triage", ""),
        "CVE-2026-0004": ("not_affected", ""),
        "CVE-2026-0005": ("exploitable", "will_not_fix"),
        "CVE-2026-0006": ("not_affected", ""),
        "CVE-2026-0007": ("resolved", ""),
    }
    assert entries["CVE-2026-0004"]["analysis"]["justification"] == "code_not_reachable"
    assert entries["END-OF-LIFE-DEBIAN-12"]["affects"] == [{"ref": "os"}]
    assert [rating.get("method") for rating in entries["CVE-2026-0001"]["ratings"]] == [None, "CVSSv31", "CVSSv4"]


def test_the_ledger_is_told() -> None:
    notes = [entry["value"] for entry in document_of(RESULT)["metadata"]["properties"]]
    assert "not judged: 2 packages, it comes from download.docker.com" in notes
    assert "could not look: kernel: no /proc & no <uname>" in notes
    assert "properties" not in document_of(CLEAN)["metadata"]


@pytest.mark.parametrize("platform", ["debian:12", *OTHERS])
def test_what_we_write_we_read_back(platform: str, tmp_path: Path) -> None:
    packages = OTHERS.get(platform, RESULT.packages)
    result = RESULT._replace(findings=(), packages=packages, host=RESULT.host._replace(platform=platform))
    (tmp_path / "bom.json").write_text(written(write, result))
    facts = list(read(tmp_path / "bom.json"))
    found = {
        (
            f.subject,
            f.data["version"],
            f.data["type"],
            f.data["arch"],
            f.data.get("source", f.subject),
            f.data.get("source_version", f.data["version"]),
        )
        for f in facts
        if f.kind == "package"
    }
    assert found == {(p.name, p.version, p.type, p.arch, p.source, p.source_version) for p in packages}
    id_, _, release = platform.partition(":")
    assert [(f.data["id"], f.data["version_id"]) for f in facts if f.kind == "platform"] == [(id_, release)]
