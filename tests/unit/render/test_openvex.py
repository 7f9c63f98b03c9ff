"""OpenVEX: no package of a registry ships its schema, so the check is written from the specification (0.2.0)."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest
from packageurl import PackageURL

from shindan.model.result import ScanResult
from shindan.render.to_openvex import write
from unit.render.exchange import CLEAN, FIXABLE, RESULT, RESULTS, SAME_FLAW, written

# Section "The OpenVEX specification": document, statement, vulnerability and product structs.
DOCUMENT = {"@context", "@id", "author", "role", "timestamp", "last_updated", "version", "tooling", "statements"}
STATEMENT = {
    "@id", "version", "vulnerability", "timestamp", "last_updated", "products", "status", "supplier", "status_notes",
    "justification", "impact_statement", "action_statement", "action_statement_timestamp",
}  # fmt: skip
STATUSES = {"not_affected", "affected", "fixed", "under_investigation"}


def wrong(document: dict[str, Any]) -> list[str]:
    """What the specification forbids in a document."""
    found = [f"document: {key}" for key in document.keys() - DOCUMENT]
    found += [
        f"missing {key}"
        for key in ("@context", "@id", "author", "timestamp", "version", "statements")
        if not document.get(key)
    ]
    if document.get("@context") != "https://openvex.dev/ns/v0.2.0":
        found.append("context")
    datetime.fromisoformat(document["timestamp"])
    for statement in document["statements"]:
        found += _wrong_statement(statement)
    serial = [json.dumps(statement, sort_keys=True) for statement in document["statements"]]
    return found + ([] if len(serial) == len(set(serial)) else ["statements repeat"])


def _wrong_statement(statement: dict[str, Any]) -> list[str]:
    found = [f"statement: {key}" for key in statement.keys() - STATEMENT]
    status = statement["status"]
    if status not in STATUSES:
        found.append(f"status {status}")
    reasons = [key for key in ("justification", "impact_statement") if statement.get(key)]
    if status == "not_affected" and len(reasons) != 1:
        found.append("not_affected needs a justification or an impact statement")
    if status == "affected" and not statement.get("action_statement"):
        found.append("affected needs an action statement")
    if not statement["vulnerability"].get("name") or statement["vulnerability"].keys() - {
        "@id",
        "name",
        "description",
        "aliases",
    }:
        found.append("vulnerability")
    products = statement["products"]
    if not products or len({product["@id"] for product in products}) != len(products):
        found.append("products")
    for product in products:
        if (
            product.keys() - {"@id", "identifiers", "hashes", "subcomponents"}
            or product["@id"] != product["identifiers"]["purl"]
        ):
            found.append("product")
        PackageURL.from_string(product["@id"])
    return found


def statements(result: ScanResult) -> dict[str, dict[str, Any]]:
    return {one["vulnerability"]["name"]: one for one in json.loads(written(write, result))["statements"]}


@pytest.mark.parametrize("name", ["everything", "hostile texts"])
def test_it_keeps_to_the_specification(name: str) -> None:
    assert wrong(json.loads(written(write, RESULTS[name]))) == []


def test_the_check_sees_what_is_wrong() -> None:
    document = json.loads(written(write, RESULT))
    del document["statements"][0]["action_statement"]
    document["statements"][1]["status"] = "maybe"
    document["statements"][2]["verdict"] = "x"
    assert wrong(document) == ["affected needs an action statement", "status maybe", "statement: verdict"]


def test_a_host_without_findings_makes_no_statement() -> None:
    assert json.loads(written(write, CLEAN))["statements"] == []


def test_each_finding_has_its_status() -> None:
    said = statements(RESULT)
    assert {id_: one["status"] for id_, one in said.items()} == {
        "CVE-2026-0001": "affected",
        "END-OF-LIFE-DEBIAN-12": "affected",
        "CVE-2026-0002": "affected",
        "CVE-2026-0003": "under_investigation",
        "CVE-2026-0004": "not_affected",
        "CVE-2026-0005": "affected",
        "CVE-2026-0006": "not_affected",
        "CVE-2026-0007": "fixed",
    }
    assert said["CVE-2026-0001"]["action_statement"] == "Update to 2.36-9+deb12u5 or later."
    assert (
        said["CVE-2026-0002"]["action_statement"] == "No update mends it: will not be fixed (the vendor says: no-dsa)."
    )
    assert said["CVE-2026-0005"]["action_statement"] == "Accepted: no shell users"
    assert said["CVE-2026-0006"]["impact_statement"] == "code not built in"
    assert said["END-OF-LIFE-DEBIAN-12"]["products"][0]["@id"] == "pkg:generic/debian@12"


@pytest.mark.parametrize(("fix", "count"), [("2.36-9+deb12u5", 1), ("12.2.0-15", 2)], ids=["one fix", "two fixes"])
def test_packages_share_a_statement_if_they_share_flaw_and_remedy(fix: str, count: int) -> None:
    document = json.loads(written(write, RESULT._replace(findings=(FIXABLE, SAME_FLAW._replace(fixed_version=fix)))))
    assert len(document["statements"]) == count
    products = [
        [p["@id"] for p in s["products"]]
        for s in document["statements"]
        if s["vulnerability"]["name"] == "CVE-2026-0001"
    ]
    assert [purl for purls in products for purl in purls] == [
        "pkg:deb/debian/libc6@2.36-9%2Bdeb12u4?arch=amd64&distro=debian-12&upstream=glibc",
        "pkg:deb/debian/libstdc%2B%2B6@12.2.0-14?arch=amd64&distro=debian-12&upstream=gcc-12",
    ]


def test_the_id_stays_with_the_content() -> None:
    ids = [json.loads(written(write, r))["@id"] for r in (RESULT, RESULT, RESULT._replace(findings=(FIXABLE,)))]
    assert ids[0] == ids[1] != ids[2]
