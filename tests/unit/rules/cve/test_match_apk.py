"""Cases of Alpine and its kin: origins, fixes of 0, streams."""

from __future__ import annotations

import pytest

from unit.rules.cve.cases import Case, apk, record, row

A320 = "alpine:3.20"
CASES = [
    Case("16: jq before its fix", A320, apk("jq", "1.6-r0"), {"alpine": [record("CVE-2016-4074", row(A320, "jq", "1.6-r1"))]}, {"CVE-2016-4074": "1.6-r1"}),
    Case("16: jq at its fix", A320, apk("jq", "1.6-r1"), {"alpine": [record("CVE-2016-4074", row(A320, "jq", "1.6-r1"))]}),
    Case("16: a version without a revision", A320, apk("ansible", "2.6.4"), {"alpine": [record("CVE-2019-10217", row(A320, "ansible", "2.8.4-r0"))]}, {"CVE-2019-10217": "2.8.4-r0"}),
    Case("16: an alpha before another", A320, apk("x", "0.1.0_alpha"), {"alpine": [record("CVE-1", row(A320, "x", "0.1.0_alpha2"))]}, {"CVE-1": "0.1.0_alpha2"}),
    Case(
        "16: a package by its origin",
        A320,
        apk("libcrypto3", "3.1.0-r0", source="openssl", source_version="3.1.0-r0"),
        {"alpine": [record("CVE-2023-0464", row(A320, "openssl", "3.1.0-r1"))]},
        {"CVE-2023-0464": "3.1.0-r1"},
    ),
    Case(
        "16: an origin without a version of its own has the package's",
        A320,
        apk("libcrypto3", "3.1.0-r0", source="openssl"),
        {"alpine": [record("CVE-2023-0464", row(A320, "openssl", "3.1.0-r1"))]},
        {"CVE-2023-0464": "3.1.0-r1"},
    ),
    Case(
        "16: a record about an origin is not about a package of that name and another origin",
        A320,
        apk("openssl", "1-r0", source="openssl-compat"),
        {"alpine": [record("CVE-1", row(A320, "openssl", "3-r0"))]},
    ),
    Case(
        "16: a fix of 0 is the word that it was never hit",
        A320,
        apk("x", "1-r0"),
        {
            "alpine": [record("CVE-1", row(A320, "x", state="not_affected", vendor_state="fixed in 0"))],
            "osv": [record("CVE-1", row(A320, "x", "2-r0"))],
        },
    ),
    Case("16: edge is a stream of its own", "alpine:edge", apk("x", "1-r0"), {"alpine": [record("CVE-1", row(A320, "x", "2-r0"))]}),
    Case("16: an older stream's record", "alpine:3.19", apk("x", "1-r0"), {"alpine": [record("CVE-1", row(A320, "x", "2-r0"))]}),
    Case("Wolfi has one stream", "wolfi", apk("x", "1-r0"), {"osv": [record("CVE-1", row("wolfi", "x", "2-r0"))]}, {"CVE-1": "2-r0"}),
    Case("3: r1 and r01 are one revision", A320, apk("x", "1-r01"), {"alpine": [record("CVE-1", row(A320, "x", "1-r1"))]}),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_verdict(case: Case) -> None:
    case.check()
