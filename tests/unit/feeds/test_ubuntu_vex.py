"""Ubuntu's VEX documents: one a CVE id, a row for each source package of a pocket."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from shindan.feeds import ubuntu_vex
from shindan.feeds.base import Options
from shindan.feeds.ubuntu import UbuntuFeed
from shindan.model.advisory import Advisory, Affected, Condition
from shindan.model.errors import FeedError
from unit.feeds.samples import VULS, unpacked

CURL = "pkg:deb/ubuntu/curl"


def statement(status: str, *products: str, id_: str = "CVE-2025-0167", **more: Any) -> dict[str, Any]:
    return {
        "vulnerability": {"name": id_, "description": "a leak", "aliases": ["https://ubuntu.com/security/" + id_, "X"]},
        "status": status,
        "products": [{"@id": product} for product in products],
        **more,
    }


def document(*statements: dict[str, Any]) -> bytes:
    head = {"@context": "https://openvex.dev/ns/v0.2.0", "timestamp": "2025-02-06T16:37:20.173026"}
    return json.dumps({"metadata": head, "statements": statements}).encode()


def rows(*statements: dict[str, Any]) -> list[Affected]:
    return [row for advisory in ubuntu_vex.advisories("a.json", document(*statements)) for row in advisory.affected]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (
            statement("affected", f"{CURL}@7.81.0-1ubuntu1.20?arch=source&distro=jammy", f"{CURL}@7.81.0-1ubuntu1.20?arch=amd64"),
            [Affected("ubuntu:22.04", "curl", "deb", state="affected", vendor_state="affected")],
        ),
        (
            statement("fixed", f"{CURL}@8.5.0-2ubuntu10.6?arch=source&distro=noble"),
            [Affected("ubuntu:24.04", "curl", "deb", fixed="8.5.0-2ubuntu10.6", state="fixed", vendor_state="fixed")],
        ),
        (
            statement(
                "not_affected",
                f"{CURL}@7.35.0-1ubuntu2.20%2Besm18?arch=source&distro=esm-infra-legacy/trusty",
                justification="vulnerable_code_not_present",
            ),
            [
                Affected(
                    "ubuntu:14.04", "curl", "deb", state="not_affected",
                    vendor_state="not_affected: vulnerable_code_not_present",
                    only_if=(Condition("entitlement", ("esm-infra-legacy",)),),
                )
            ],
        ),
        (statement("affected", f"{CURL}@1?arch=amd64", "pkg:deb/debian/curl@1?arch=source&distro=jammy", "no purl"), []),
        (statement("affected", f"{CURL}@1?arch=source&distro=jammy", id_="USN-7372-1"), []),
    ],
    ids=["affected", "fixed", "not affected, in a pocket of Pro", "no source package of Ubuntu", "a notice"],
)  # fmt: skip
def test_a_statement_is_a_row_for_each_source(said: dict[str, Any], expected: list[Affected]) -> None:
    assert rows(said) == expected


def test_what_stands_about_the_id() -> None:
    (advisory,) = ubuntu_vex.advisories("a", document(statement("affected", f"{CURL}@1?arch=source&distro=jammy")))
    assert (advisory.id, advisory.cves, advisory.modified) == (
        "CVE-2025-0167",
        ("CVE-2025-0167",),
        "2025-02-06T16:37:20",
    )
    assert advisory.references == ("https://ubuntu.com/security/CVE-2025-0167",)


@pytest.mark.parametrize(
    "content",
    [b"{", document(statement("maybe", f"{CURL}@1?arch=source&distro=jammy")), b'{"metadata": 1}', b"[" * 10_000],
    ids=["torn", "an unknown status", "wrong types", "nested too deeply"],
)
def test_what_is_malformed_is_named(content: bytes) -> None:
    with pytest.raises(FeedError, match=r"a\.json"):
        list(ubuntu_vex.advisories("a.json", content))


@pytest.mark.data
def test_the_real_archive_imports(tmp_path: Path) -> None:
    archive = next(unpacked(tmp_path, VULS, "ubuntu/vex/testdata/fixtures/vex-all.tar.xz").rglob("vex-all.tar.xz"))
    found = [one for one in UbuntuFeed().parse(archive, Options()) if isinstance(one, Advisory)]
    with tarfile.open(archive) as tar:
        names = [name for name in tar.getnames() if name.endswith(".json")]
    assert len(names) == 3
    assert [one.id for one in found] == ["CVE-2025-0167"], "one has no statements, one is a notice"
    states = {(row.platform, row.state) for row in found[0].affected}
    assert ("ubuntu:22.04", "affected") in states and ("ubuntu:14.04", "not_affected") in states
