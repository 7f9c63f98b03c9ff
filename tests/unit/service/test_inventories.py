"""Inventories of other tools are judged as the host itself would have been."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from shindan.facts.wire import loads
from shindan.model.errors import HostUnreadable
from shindan.model.result import ScanResult
from shindan.render.to_cyclonedx import write
from shindan.service.hosts import read_host
from shindan.service.inventories import host_of, lines_of
from shindan.service.local import assess
from unit.render.exchange import written
from worlds import BOOKWORM, deb, import_records, record, write_facts, write_json

FACTS = [
    BOOKWORM,
    deb("libssl3", "3.0.11-1~deb12u1", source="openssl"),
    deb("login", "1:4.13+dfsg1-1+b1", source="shadow", source_version="1:4.13+dfsg1-1"),
    deb("libstdc++6", "12.2.0-14", source="gcc-12"),
    deb("bash", "5.2.15-2"),
]
RECORDS = [
    record("CVE-2026-0001", "openssl", "3.0.13-1~deb12u1"),
    record("CVE-2026-0002", "shadow", "1:4.13+dfsg1-2"),
    record("CVE-2026-0003", "gcc-12", None),
    record("CVE-2026-0004", "bash", "5.2.15-1"),
]


def told(result: ScanResult) -> list[tuple[str, str, str, str | None]]:
    return [(f.id, f.package.name if f.package else "", f.reason.comparison, f.fixed_version) for f in result.findings]


def test_a_host_and_its_own_bill_of_materials_have_the_same_findings(tmp_path: Path, noon: datetime) -> None:
    import_records(tmp_path / "data", RECORDS)
    host = read_host(facts=str(write_facts(tmp_path / "facts.ndjson", FACTS)))
    first = assess(host, tmp_path / "data", update=False, max_feed_age=7)
    (tmp_path / "bom.json").write_text(written(write, first))
    second = assess(host_of(tmp_path / "bom.json"), tmp_path / "data", update=False, max_feed_age=7)
    assert [finding[0] for finding in told(first)] == ["CVE-2026-0001", "CVE-2026-0003", "CVE-2026-0002"]
    assert sorted(told(second)) == sorted(told(first))
    assert second.packages == first.packages
    assert (second.host.hostname, second.host.platform) == ("bom.json", "debian:12")


def test_what_could_not_be_used_stands_in_the_ledger(tmp_path: Path, noon: datetime) -> None:
    import_records(tmp_path / "data", RECORDS)
    items: list[dict[str, Any]] = [
        {"type": "library", "name": "bash", "purl": "pkg:deb/debian/bash@5.2.15-0?arch=amd64&distro=debian-12"},
        {"type": "library", "name": "Newtonsoft.Json", "purl": "pkg:nuget/Newtonsoft.Json@13"},
    ]
    path = write_json(tmp_path / "bom.json", {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": items})
    result = assess(host_of(path), tmp_path / "data", update=False, max_feed_age=7)
    assert [finding.id for finding in result.findings] == ["CVE-2026-0004"]
    ((name, reasons),) = result.ledger.gaps
    assert name == "CycloneDX"
    assert "1 components are of the kind `nuget`, which is not judged: Newtonsoft.Json" in reasons


@pytest.mark.parametrize(
    ("items", "message"),
    [
        ([{"type": "library", "name": "x", "purl": "pkg:deb/debian/x@1"}], "names no operating system"),
        ([{"type": "operating-system", "name": "debian", "version": "12"}], "no package list"),
    ],
    ids=["no platform", "no packages"],
)
def test_an_inventory_that_cannot_be_judged_says_why(items: list[dict[str, Any]], message: str, tmp_path: Path) -> None:
    path = write_json(tmp_path / "bom.json", {"bomFormat": "CycloneDX", "components": items})
    with pytest.raises(HostUnreadable, match=message):
        host_of(path)


def test_an_inventory_as_lines_of_facts(tmp_path: Path) -> None:
    vuls = {
        "jsonVersion": 4, "family": "debian", "release": "12", "scannedAt": "x",
        "packages": {"bash": {"name": "bash", "version": "5.2.15-2"}},
        "SrcPackages": {"bash": {"name": "bash", "version": "5.2.15-2", "binaryNames": ["bash"]}},
    }  # fmt: skip
    facts = [loads(line) for line in lines_of(write_json(tmp_path / "host.json", vuls))]
    assert [(fact.kind, fact.subject) for fact in facts] == [("platform", "os"), ("package", "bash")]
    assert json.loads(next(lines_of(tmp_path / "host.json")))["data"]["id"] == "debian"
