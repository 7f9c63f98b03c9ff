"""Cases of the rpm family that tell accurate engines from the rest; each with its published versions and verdict."""

from __future__ import annotations

import pytest

from shindan.model.advisory import State
from shindan.rules.cve.context import Context
from unit.rules.cve.cases import Case, Guard, record, row, rpm

R8, R9, A8, OL7, OL8 = "rhel:8", "rhel:9", "almalinux:8", "ol:7", "ol:8"

# 1, 2: names and epochs
PERL = {"redhat": [record("CVE-2020-10543", row(R8, "perl", "4:5.26.3-419.el8", names="source"))]}
OPENSSL = {"redhat": [record("CVE-2018-0735", row(R8, "openssl", "1:1.1.1c-2.el8", names="any"))]}
SOURCES = [
    Case(
        "1: openssl-libs by its source's row",
        R8,
        rpm("openssl-libs", "1:1.1.1b-1.el8", source="openssl", source_version="1.1.1b-1.el8"),
        OPENSSL,
        {"CVE-2018-0735": "1:1.1.1c-2.el8"},
    ),
    Case(
        "1: openssl-libs past its source's fix",
        R8,
        rpm("openssl-libs", "1:1.1.1c-2.el8", source="openssl", source_version="1.1.1c-2.el8"),
        OPENSSL,
    ),
    Case(
        "1: perl-Errno has epoch 0, its source perl has 4, SOURCERPM has none: not affected",
        R8,
        rpm("perl-Errno", "0:1.28-419.el8_4.1", source="perl", source_version="5.26.3-419.el8_4.1"),
        PERL,
    ),
    Case(
        "1: perl-Errno of a source before the fix",
        R8,
        rpm("perl-Errno", "0:1.28-416.el8", source="perl", source_version="5.26.3-416.el8"),
        PERL,
        {"CVE-2020-10543": "4:5.26.3-419.el8"},
    ),
    Case(
        "1: a record that names a sibling binary is not inherited (Hummingbird)",
        R9,
        rpm("libexpat-devel", "2.5.0-1.el9", source="expat", source_version="2.5.0-1.el9"),
        {"redhat": [record("CVE-1", row(R9, "expat", "2.5.0-5.el9", names="binary"))]},
    ),
    Case(
        "1: a fixed binary row of RHEL names the binary and not its source",
        R8,
        rpm("openssl", "1:1.1.1c-2.el8", source="openssl", source_version="1.1.1c-2.el8"),
        {"redhat": [record("CVE-1", row(R8, "openssl-libs", "1:1.1.1d-1.el8"))]},
    ),
    Case(
        "2: source path, the fix alone has an epoch: left out on both sides",
        R8,
        rpm("x-libs", "1.0-1.el8", source="x", source_version="1.0"),
        {"redhat": [record("CVE-1", row(R8, "x", "2:1.0", names="source"))]},
    ),
    Case(
        "2: source path, the installed side alone has an epoch: left out on both sides",
        "rhel:7",
        rpm("x-libs", "3:4.19.0-1.el7_5", source="x", source_version="3:4.19.0-1.el7_5"),
        {"redhat": [record("CVE-1", row("rhel:7", "x", "4.21.0-1.el7", names="source"))]},
        {"CVE-1": "4.21.0-1.el7"},
    ),
    Case(
        "2: source path, both have an epoch: it counts",
        R8,
        rpm("x-libs", "1-1.el8", source="x", source_version="2:1.0-1.el8"),
        {"redhat": [record("CVE-1", row(R8, "x", "1:9.0-1.el8", names="source"))]},
    ),
    Case(
        "2: binary path, a missing epoch is 0: openssl 1.1.1z-99 is below 1:1.1.1c",
        R8,
        rpm("openssl", "1.1.1z-99.el8"),
        {"redhat": [record("CVE-1", row(R8, "openssl", "1:1.1.1c-2.el8"))]},
        {"CVE-1": "1:1.1.1c-2.el8"},
    ),
    Case(
        "2: binary path, a higher epoch wins",
        R8,
        rpm("openssl", "2:1.1.1b-1.el8"),
        {"redhat": [record("CVE-1", row(R8, "openssl", "1:1.1.1c-2.el8"))]},
    ),
    Case(
        "2: a row that may mean source or binary of one name compares the binary, whose epoch is known",
        R8,
        rpm("openssl", "2:1.1.1b-1.el8", source="openssl", source_version="1.1.1b-1.el8"),
        {"redhat": [record("CVE-1", row(R8, "openssl", "1:1.1.1c-2.el8", names="any"))]},
    ),
]

# 4: states
VENDOR_WORDS: tuple[tuple[State, str], ...] = (
    ("affected", "Affected"),
    ("will_not_fix", "Will not fix"),
    ("deferred", "Fix deferred"),
    ("end_of_life", "Out of support scope"),
    ("under_investigation", "Under investigation"),
)
STATES = [
    Case(
        "4: glibc 2.28-100: one id fixed in -151, one that never hit it",
        R8,
        rpm("glibc", "2.28-100.el8"),
        {
            "redhat": [
                record("CVE-2016-10228", row(R8, "glibc", "0:2.28-151.el8")),
                record("CVE-1999-0199", row(R8, "glibc", state="not_affected", names="any")),
            ]
        },
        {"CVE-2016-10228": "0:2.28-151.el8"},
    ),
    *(
        Case(
            f"4: {vendor_state} is reported, in the vendor's own words",
            R8,
            rpm("tar", "2:1.30-5.el8"),
            {"redhat": [record("CVE-2005-2541", row(R8, "tar", state=state, vendor_state=vendor_state, names="any"))]},
            {"CVE-2005-2541": None},
        )
        for state, vendor_state in VENDOR_WORDS
    ),
    Case(
        "4: two rows of one standing disagree: unfixed is preferred to fixed (SUSE)",
        "sles:15.5",
        rpm("x", "1.0-150500.1.1"),
        {"suse": [record("CVE-1", row("sles:15.5", "x"), row("sles:15.5", "x", "1.0-150500.3.1"))]},
        {"CVE-1": None},
    ),
    Case(
        "4: two rows of one standing are fixed: the higher fix counts",
        "sles:15.5",
        rpm("x", "1.0-150500.2.1"),
        {"suse": [record("CVE-1", row("sles:15.5", "x", "1.0-150500.1.1"), row("sles:15.5", "x", "1.0-150500.3.1"))]},
        {"CVE-1": "1.0-150500.3.1"},
    ),
    Case(
        "4: an erratum that was shipped resolves what Red Hat's word still calls affected",
        R9,
        rpm("x", "1.0-2.el9"),
        {
            "redhat": [record("CVE-1", row(R9, "x", state="affected", names="any"))],
            "updateinfo": [record("RHSA-2025:1", row(R9, "x", "1.0-2.el9"), cves=["CVE-1"])],
        },
    ),
    Case(
        "4: an erratum that was shipped names the fix that Red Hat's word lacks",
        R9,
        rpm("x", "1.0-1.el9"),
        {
            "redhat": [record("CVE-1", row(R9, "x", state="affected", names="any"))],
            "updateinfo": [record("RHSA-2025:1", row(R9, "x", "1.0-2.el9"), cves=["CVE-1"])],
        },
        {"CVE-1": "1.0-2.el9"},
    ),
]

# 8: architectures
RSYSLOG = {
    "updateinfo": [
        record(
            "ELSA-2022-4803",
            row(OL7, "rsyslog", "8.24.0-57.0.1.el7_9.3", only_if=(Guard("arch", ("x86_64",)),)),
            row(OL7, "rsyslog", "8.24.0-57.0.4.el7_9.3", only_if=(Guard("arch", ("aarch64",)),)),
            cves=["CVE-2022-24903"],
        )
    ]
}
DIRTYCOW = {
    "redhat": [
        record(
            "CVE-2016-5195",
            row("rhel:7", "kernel-headers", "3.10.0-327.36.3.el7", only_if=(Guard("arch", ("ppc64le", "x86_64")),)),
            row("rhel:7", "kernel-headers", "4.5.0-15.2.1.el7", only_if=(Guard("arch", ("aarch64",)),)),
        )
    ]
}
BPFTOOL = {
    "osv": [
        record(
            "RLSA-2023:1",
            row("rocky:8", "bpftool", "4.18.0-425.19.2.el8_7", only_if=(Guard("arch", ("aarch64",)),)),
            cves=["CVE-2023-0361"],
        )
    ]
}
ARCHITECTURES = [
    Case("8: rsyslog on x86_64 is fixed", OL7, rpm("rsyslog", "8.24.0-57.0.1.el7_9.3"), RSYSLOG),
    Case(
        "8: the same version on aarch64 is not",
        OL7,
        rpm("rsyslog", "8.24.0-57.0.1.el7_9.3", arch="aarch64"),
        RSYSLOG,
        {"CVE-2022-24903": "8.24.0-57.0.4.el7_9.3"},
    ),
    Case("8: kernel-headers on x86_64", "rhel:7", rpm("kernel-headers", "3.10.0-326.36.3.el7"), DIRTYCOW, {"CVE-2016-5195": "3.10.0-327.36.3.el7"}),
    Case(
        "8: kernel-headers on aarch64",
        "rhel:7",
        rpm("kernel-headers", "3.10.0-326.36.3.el7", arch="aarch64"),
        DIRTYCOW,
        {"CVE-2016-5195": "4.5.0-15.2.1.el7"},
    ),
    Case("8: bpftool where only aarch64 is hit", "rocky:8", rpm("bpftool", "4.18.0-305.el8"), BPFTOOL),
    Case("8: bpftool on aarch64", "rocky:8", rpm("bpftool", "4.18.0-305.el8", arch="aarch64"), BPFTOOL, {"CVE-2023-0361": "4.18.0-425.19.2.el8_7"}),
    Case("8: a noarch package is hit on any", "rocky:8", rpm("bpftool", "4.18.0-305.el8", arch="noarch"), BPFTOOL, {"CVE-2023-0361": "4.18.0-425.19.2.el8_7"}),
    Case(
        "8: an erratum without a list of architectures is about all",
        OL7,
        rpm("x", "1-1.el7", arch="aarch64"),
        {"updateinfo": [record("ELSA-1", row(OL7, "x", "2-1.el7"), cves=["CVE-1"])]},
        {"CVE-1": "2-1.el7"},
    ),
]  # fmt: skip


# 14, 15, 18, 21, 23
PARALLEL = (Guard("installed", ("kernel6.12",)),)
AMAZON = "amzn:2023"
SHARED_TOOLS = ("kernel-tools", "bpftool", "kernel-headers", "perf")
ALAS6_12 = {
    "updateinfo": [
        record(
            "ALAS2023-2025-935",
            *(row(AMAZON, name, "1:6.12.22-27.96.amzn2023", only_if=PARALLEL) for name in SHARED_TOOLS),
            cves=["CVE-1"],
        )
    ]
}
WITH_6_12 = Context(installed=frozenset({"kernel6.12", *SHARED_TOOLS}))
WITHOUT_6_12 = Context(installed=frozenset({"kernel", *SHARED_TOOLS}))
KPATCH = {
    "updateinfo": [
        record(
            "RHSA-2022:5214",
            row(
                R9,
                "kpatch-patch-5_14_0-70_13_1",
                "1-1.el9_0",
                only_if=(Guard("repository", ("rhel-9-for-x86_64-baseos-rpms",)),),
            ),
            cves=["CVE-2022-27666"],
        )
    ]
}
TOPIC = (Guard("repository", ("amzn2extra-docker",)),)
VENDORS = [
    *(
        Case(f"14: {name} without kernel6.12 is not measured by its advisories", AMAZON, rpm(name, "6.1.79-99.164.amzn2023"), ALAS6_12, context=WITHOUT_6_12)
        for name in SHARED_TOOLS
    ),
    *(
        Case(f"14: {name} beside kernel6.12", AMAZON, rpm(name, "6.1.79-99.164.amzn2023"), ALAS6_12, {"CVE-1": "1:6.12.22-27.96.amzn2023"}, context=WITH_6_12)
        for name in SHARED_TOOLS
    ),
    Case(
        "14: openssh of Amazon Linux 2023",
        AMAZON,
        rpm("openssh", "8.7p1-8.amzn2023.0.9"),
        {"updateinfo": [record("ALAS2023-2024-488", row(AMAZON, "openssh", "8.7p1-8.amzn2023.0.10"), cves=["CVE-2023-51385"])]},
        {"CVE-2023-51385": "8.7p1-8.amzn2023.0.10"},
    ),
    Case(
        "14: a topic's advisory and a package of the core repository",
        "amzn:2",
        rpm("runc", "1.0.0-2.amzn2", repository="amzn2-core"),
        {"updateinfo": [record("ALASDOCKER-2024-1", row("amzn:2", "runc", "1.1.11-1.amzn2", only_if=TOPIC), cves=["CVE-1"])]},
    ),
    Case(
        "14: a topic's advisory and a package of that topic",
        "amzn:2",
        rpm("runc", "1.0.0-2.amzn2", repository="amzn2extra-docker"),
        {"updateinfo": [record("ALASDOCKER-2024-1", row("amzn:2", "runc", "1.1.11-1.amzn2", only_if=TOPIC), cves=["CVE-1"])]},
        {"CVE-1": "1.1.11-1.amzn2"},
    ),
    Case(
        "14: a topic's kernel line says nothing of another line",
        "amzn:2",
        rpm("kernel", "4.14.314-237.533.amzn2"),
        {"updateinfo": [record("ALASKERNEL-5.10-2024-1", row("amzn:2", "kernel", "5.10.205-195.804.amzn2", introduced="5.10"), cves=["CVE-1"])]},
    ),
    Case("7: a kpatch of an advisory's own repository", R9, rpm("kpatch-patch-5_14_0-70_13_1", "0-1.el9_0", repository="rhel-9-for-x86_64-baseos-rpms"), KPATCH, {"CVE-2022-27666": "1-1.el9_0"}),
    Case("7: a kpatch of another repository", R9, rpm("kpatch-patch-5_14_0-70_13_1", "0-1.el9_0", repository="rhel-9-for-x86_64-rt-rpms"), KPATCH),
    Case(
        "15: Werkzeug past its fix on SP6",
        "sles:15.6",
        rpm("python311-Werkzeug", "0:2.3.6-150400.6.12.1"),
        {"suse": [record("CVE-2024-49766", row("sles:15.6", "python311-Werkzeug", "2.3.6-150400.6.12.1"))]},
    ),
    Case(
        "15: Werkzeug before its fix on SP6",
        "sles:15.6",
        rpm("python311-Werkzeug", "2.3.0-150400.6.1.1"),
        {"suse": [record("CVE-2023-25577", row("sles:15.6", "python311-Werkzeug", "2.3.6-150400.6.9.1"))]},
        {"CVE-2023-25577": "2.3.6-150400.6.9.1"},
    ),
    Case("15: a record for SP6 does not leak into SP7", "sles:15.7", rpm("x", "1-1"), {"suse": [record("CVE-1", row("sles:15.6", "x", "2-1"))]}),
    Case("15: SLES 15 means its first release only", "sles:15", rpm("x", "1-1"), {"suse": [record("CVE-1", row("sles:15.1", "x", "2-1"))]}),
    Case("15: an unknown service pack has no rows", "sles:15.99", rpm("x", "1-1"), {"suse": [record("CVE-1", row("sles:15.6", "x", "2-1"))]}),
    Case(
        "15: libopenssl1_1 of SLES 15 (CVE-2002-20001)",
        "sles:15.1",
        rpm("libopenssl1_1", "1.1.0i-150100.14.42.1"),
        {"suse": [record("CVE-2002-20001", row("sles:15.1", "libopenssl1_1", "1.1.0i-150100.14.62.1"))]},
        {"CVE-2002-20001": "1.1.0i-150100.14.62.1"},
    ),
    Case(
        "18: python3-requests with the backported fix, though upstream's number is higher",
        R8,
        rpm("python3-requests", "2.20.0-3.el8_8"),
        {"redhat": [record("CVE-2023-32681", row(R8, "python3-requests", "2.20.0-3.el8_8"))]},
    ),
    *(
        Case(f"18: openssl CVE-2023-0464 on {platform} at the fix", platform, rpm("openssl", fixed), {"osv": [record("CVE-2023-0464", row(platform, "openssl", fixed))]})
        for platform, fixed in ((R9, "1:3.0.7-16.el9_2"), ("almalinux:9", "1:3.0.7-16.el9_2"), (AMAZON, "1:3.0.8-1.amzn2023.0.2"))
    ),
    Case(
        "21: a kernel is judged by its distribution's rows, never by an upstream number",
        R9,
        rpm("kernel-core", "5.14.0-503.15.1.el9_5", source="kernel", source_version="5.14.0-503.15.1.el9_5"),
        {"redhat": [record("CVE-1", row(R9, "kernel-core", "5.14.0-503.14.1.el9_5"))], "osv": [record("CVE-2", row("linux", "kernel", "6.12"))]},
    ),
    Case(
        "23: an erratum without a CVE keeps its own id",
        A8,
        rpm("x", "1-1.el8"),
        {"osv": [record("ALSA-2021:9999", row(A8, "x", "2-1.el8"))]},
        {"ALSA-2021:9999": "2-1.el8"},
    ),
    Case(
        "23: one flaw under the names of several publishers is one finding",
        "amzn:2",
        rpm("x", "1-1.amzn2"),
        {
            "osv": [record("CVE-1", row("amzn:2", "x", "2-1.amzn2"))],
            "updateinfo": [record("ALAS2-2024-1", row("amzn:2", "x", "2-1.amzn2"), cves=["CVE-1"])],
        },
        {"CVE-1": "2-1.amzn2"},
    ),
]  # fmt: skip

ALL = [*SOURCES, *STATES, *ARCHITECTURES, *VENDORS]


@pytest.mark.parametrize("case", ALL, ids=lambda case: case.name)
def test_verdict(case: Case) -> None:
    case.check()


def test_case_names_are_unique() -> None:
    assert len({case.name for case in ALL}) == len(ALL)


def test_the_reason_of_a_source_row_says_that_epochs_are_left_out() -> None:
    subject = rpm("perl-Errno", "0:1.28-416.el8", source="perl", source_version="5.26.3-416.el8")
    (decision,) = Case("", R8, subject, PERL).judgement().affected
    assert "5.26.3-416.el8 < 4:5.26.3-419.el8" in decision.comparison and "epochs left out" in decision.comparison
