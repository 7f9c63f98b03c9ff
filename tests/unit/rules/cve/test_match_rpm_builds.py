"""Builds of rpm packages that follow one another or do not: modules, ksplice, FIPS, live patches, rebuilds of RHEL."""

from __future__ import annotations

import pytest

from shindan.model.advisory import Advisory
from shindan.rules.cve.context import Context
from shindan.rules.cve.subject import Subject
from unit.rules.cve.cases import Case, Guard, record, row, rpm

R8, R9, A8, OL7, OL8 = "rhel:8", "rhel:9", "almalinux:8", "ol:7", "ol:8"


def elsa(platform: str, package: str, fixed: str) -> dict[str, list[Advisory]]:
    return {"updateinfo": [record("ELSA-1", row(platform, package, fixed), cves=["CVE-1"])]}


# 6: modules
HTTPD24 = (Guard("module", ("httpd:2.4",)),)
HTTPD = {
    "redhat": [record("CVE-2018-17199", row(R8, "httpd", "2.4.37-39.module+el8.4.0+9658+b87b2deb", only_if=HTTPD24))]
}
FIX = {"CVE-2018-17199": "2.4.37-39.module+el8.4.0+9658+b87b2deb"}
OLD = "2.4.37-30.module+el8.3.0+7001+0766b9e7"
MARIADB103 = (Guard("module", ("mariadb:10.3",)),)
PHP72 = (Guard("module", ("php:7.2",)),)
MODULES = [
    Case("6: httpd of the stream that the advisory is about", R8, rpm("httpd", OLD, module="httpd:2.4:8030020200818000036:30b713e6"), HTTPD, FIX),
    Case("6: httpd of another stream", R8, rpm("httpd", OLD, module="httpd:2.6:8030020200818000036:30b713e6"), HTTPD),
    Case("6: a stream is no beginning of another: 2.4 and 2.40", R8, rpm("httpd", OLD, module="httpd:2.40:1:1"), HTTPD),
    Case("6: a module build without a label still matches", R8, rpm("httpd", OLD), HTTPD, FIX),
    Case(
        "6: Rocky nginx 1.16",
        "rocky:8",
        rpm("nginx", "1:1.16.1-2.module+el8.4.0+543+efbf198b.0", module="nginx:1.16:8040020210610090123:9f9e2e7e"),
        {
            "updateinfo": [
                record(
                    "RLSA-2021:2290",
                    row("rocky:8", "nginx", "1:1.16.1-2.module+el8.4.0+543+efbf198b.1", only_if=(Guard("module", ("nginx:1.16",)),)),
                    cves=["CVE-2021-23017"],
                )
            ]
        },
        {"CVE-2021-23017": "1:1.16.1-2.module+el8.4.0+543+efbf198b.1"},
    ),
    Case(
        "6: Alma nginx without a label: skipped, and said so",
        A8,
        rpm("nginx", "1:1.14.1-8.module_el8.3.0+2165+af250afe.alma"),
        {"osv": [record("ALSA-2021:2258", row(A8, "nginx", "1:1.14.1-9.module_el8.3.0+2165+af250afe.alma"), cves=["CVE-2021-23017"])]},
        apart=frozenset({"CVE-2021-23017"}),
    ),
    Case(
        "6: mariadb 10.5: only the 10.3 stream is hit by CVE-2021-27928",
        R8,
        rpm("mariadb", "3:10.5.16-1.module+el8.6.0+15522+7adc332a", module="mariadb:10.5:8060020220715142200:d63f516d"),
        {
            "redhat": [
                record("CVE-2021-27928", row(R8, "mariadb", "3:10.3.28-1.module+el8.3.0+10472+7adc332a", only_if=MARIADB103)),
            ]
        },
    ),
    Case(
        "6: mariadb 10.3 is not measured by a fix of the 10.5 stream",
        R8,
        rpm("mariadb", "3:10.3.35-1.module+el8.6.0+15949+4ba4ec26", module="mariadb:10.3:8060020220715142200:d63f516d"),
        {"redhat": [record("CVE-1", row(R8, "mariadb", "3:10.5.22-1.module+el8.8.0+20134+a92c7654", only_if=(Guard("module", ("mariadb:10.5",)),)))]},
    ),
    Case(
        "6: a plain php is not compared with a module's fix",
        R8,
        rpm("php", "7.2.11-1.el8"),
        {"redhat": [record("CVE-2019-11043", row(R8, "php", "7.2.11-4.module+el8.1.0+4555+f5cb8e18", only_if=PHP72))]},
    ),
    Case(
        "6: a module's php that is not fixed says nothing of a plain one",
        R8,
        rpm("php", "7.2.11-1.el8"),
        {"redhat": [record("CVE-1", row(R8, "php", state="will_not_fix", names="any", only_if=PHP72))]},
    ),
    Case(
        "6: a plain component that is not fixed says nothing of a module build",
        R9,
        rpm("nodejs", "1:18.20.4-1.module+el9.4.0+22195+c221878e", module="nodejs:18:9040020240807131341:rhel9"),
        {"redhat": [record("CVE-1", row(R9, "nodejs", state="will_not_fix", names="any"))]},
    ),
    Case(
        "6: a module row that is not fixed hits its own stream",
        R9,
        rpm("nodejs", "1:18.20.4-1.module+el9.4.0+22195+c221878e", module="nodejs:18:9040020240807131341:rhel9"),
        {"redhat": [record("CVE-1", row(R9, "nodejs", state="affected", names="any", only_if=(Guard("module", ("nodejs:18",)),)))]},
        {"CVE-1": None},
    ),
]  # fmt: skip

# 9: ksplice, FIPS, live patches
APART = frozenset({"CVE-1"})
LIVEPATCH = "kernel-livepatch-5_3_18-150300_59_43-default"
SUSE_KERNEL = {
    "suse": [
        record(
            "CVE-2021-33655",
            row(
                "sles:15.3",
                "kernel-default",
                "5.3.18-150300.59.87.1",
                only_if=(Guard("not_installed", (f"{LIVEPATCH}>=10-150300.2.1",)),),
            ),
            row("sles:15.3", LIVEPATCH, "10-150300.2.1"),
        )
    ]
}


def having(*versions: str) -> Context:
    """A SLES host with these live patches."""
    builds = {(LIVEPATCH, "rpm", version) for version in versions} | {
        ("kernel-default", "rpm", "5.3.18-150300.59.43.1")
    }
    return Context(installed=frozenset(name for name, _, _ in builds), builds=frozenset(builds))


FLAVOURS = [
    Case("9: a plain glibc and a ksplice fix", OL7, rpm("glibc", "2.17-317.0.1.el7"), elsa(OL7, "glibc", "2:2.17-157.ksplice1.el7_3.4"), apart=APART),
    Case("9: a ksplice glibc before its fix", OL7, rpm("glibc", "2:2.17-156.ksplice1.el7"), elsa(OL7, "glibc", "2:2.17-157.ksplice1.el7_3.4"), {"CVE-1": "2:2.17-157.ksplice1.el7_3.4"}),
    Case("9: another ksplice line", OL8, rpm("glibc", "2:2.28-151.0.1.ksplice2.el8"), elsa(OL8, "glibc", "2:2.28-157.ksplice1.el8"), apart=APART),
    Case("9: a ksplice glibc and a plain fix", OL8, rpm("glibc", "2:2.28-151.0.1.ksplice2.el8"), elsa(OL8, "glibc", "2.28-164.el8"), apart=APART),
    Case(
        "9: gnutls of the FIPS line by its own fix",
        OL8,
        rpm("gnutls", "10:3.6.15-4.0.1.el8_fips"),
        {"updateinfo": [record("ELSA-2022-9221", row(OL8, "gnutls", "10:3.6.16-4.0.1.el8_fips"), cves=["CVE-2021-20232"])]},
        {"CVE-2021-20232": "10:3.6.16-4.0.1.el8_fips"},
    ),
    Case("9: a plain gnutls and a FIPS fix", OL8, rpm("gnutls", "3.6.16-4.el8"), elsa(OL8, "gnutls", "10:3.6.16-4.0.1.el8_fips"), apart=APART),
    Case(
        "9: a plain fix beside a ksplice one: the plain one decides",
        OL8,
        rpm("glibc", "2.28-164.el8"),
        {
            "updateinfo": [
                record("ELSA-1", row(OL8, "glibc", "2:2.28-157.ksplice1.el8"), cves=["CVE-1"]),
                record("ELSA-2", row(OL8, "glibc", "2.28-164.el8"), cves=["CVE-1"]),
            ]
        },
    ),
    Case(
        "9: a kpatch is a package of its own and says nothing of the kernel",
        R9,
        rpm("kernel", "5.14.0-70.13.1.el9_0"),
        {"updateinfo": [record("RHSA-2022:5214", row(R9, "kpatch-patch-5_14_0-70_13_1", "1-1.el9_0"), cves=["CVE-2022-27666"])]},
    ),
    Case(
        "9: a kernel that a live patch would mend, without it",
        "sles:15.3",
        rpm("kernel-default", "5.3.18-150300.59.43.1"),
        SUSE_KERNEL,
        {"CVE-2021-33655": "5.3.18-150300.59.87.1"},
        context=having(),
    ),
    Case(
        "9: the same kernel with the live patch",
        "sles:15.3",
        rpm("kernel-default", "5.3.18-150300.59.43.1"),
        SUSE_KERNEL,
        context=having("10-150300.2.1"),
    ),
    Case(
        "9: a live patch that is too old leaves the kernel affected",
        "sles:15.3",
        rpm("kernel-default", "5.3.18-150300.59.43.1"),
        SUSE_KERNEL,
        {"CVE-2021-33655": "5.3.18-150300.59.87.1"},
        context=having("9-150300.2.1"),
    ),
    Case(
        "9: and is affected itself",
        "sles:15.3",
        rpm(LIVEPATCH, "9-150300.2.1"),
        SUSE_KERNEL,
        {"CVE-2021-33655": "10-150300.2.1"},
        context=having("9-150300.2.1"),
    ),
]  # fmt: skip

# 13, 17: rebuilds of RHEL
CENTOS = {"redhat": [record("CVE-1", row("rhel:7", "httpd", "2.4.6-93.el7"))]}
TAR = record("CVE-2005-2541", row(R8, "tar", state="will_not_fix", vendor_state="Will not fix", names="any"))
ALMA_MARIADB = {
    "osv": [
        record(
            "ALSA-2021:1242", row(A8, "mariadb", "3:10.3.28-1.module_el8.3.0+2177+7adc332a"), cves=["CVE-2021-27928"]
        )
    ],
    "redhat": [
        record("CVE-2021-27928", row(R8, "mariadb", "3:10.3.28-1.module+el8.3.0+10472+7adc332a", only_if=MARIADB103)),
    ],
}
ALMA_HTTPD = {
    "osv": [
        record(
            "ALSA-2021:4537",
            row(A8, "httpd", "2.4.37-43.module_el8.5.0+2597+c4b14997.alma", only_if=HTTPD24),
            cves=["CVE-2021-40438"],
        )
    ],
    "redhat": [
        record("CVE-2021-40438", row(R8, "httpd", "2.4.37-39.module+el8.4.0+12865+a7065a39.1", only_if=HTTPD24))
    ],
}
ALMA_PATCH = {
    "osv": [record("ALSA-2020:1852", row(A8, "patch", "2.7.6-11.el8"), cves=["CVE-2019-13636"])],
    "redhat": [TAR],
}
REBUILDS = [
    Case("13: CentOS 7 takes RHEL's word", "centos:7", rpm("httpd", "2.4.6-90.el7"), CENTOS, {"CVE-1": "2.4.6-93.el7"}),
    Case("13: CentOS 7 past RHEL's fix", "centos:7", rpm("httpd", "2.4.6-93.el7"), CENTOS),
    Case("13: a rebuild with .centos is not compared with RHEL's build", "centos:7", rpm("httpd", "2.4.6-93.el7.centos"), CENTOS, apart=APART),
    Case(
        "13: two builds with .centos are compared",
        "centos:7",
        rpm("httpd", "2.4.6-90.el7.centos"),
        {"osv": [record("CESA-2020:1", row("centos:7", "httpd", "2.4.6-93.el7.centos"), cves=["CVE-1"])]},
        {"CVE-1": "2.4.6-93.el7.centos"},
    ),
    Case("13: another el major is not compared", "centos:8", rpm("httpd", "2.4.6-90.el7"), {"redhat": [record("CVE-1", row(R8, "httpd", "2.4.37-1.el8"))]}, apart=APART),
    Case("13: RHEL's alternative kernel is another line", "rhel:7", rpm("kernel", "3.10.0-1160.el7"), {"redhat": [record("CVE-1", row("rhel:7", "kernel", "4.14.0-115.el7a"))]}, apart=APART),
    Case("13: CentOS Stream takes RHEL's word", "centos-stream:9", rpm("expat", "2.5.0-1.el9"), {"redhat": [record("CVE-1", row(R9, "expat", "2.5.0-2.el9_4"))]}, {"CVE-1": "2.5.0-2.el9_4"}),
    Case("17: Alma's mariadb build is fixed, though RHEL counts higher", A8, rpm("mariadb", "3:10.3.28-1.module_el8.3.0+2177+7adc332a", module="mariadb:10.3:8030020210225113451:9edba152"), ALMA_MARIADB),
    Case(
        "17: an older mariadb names Alma's fix",
        A8,
        rpm("mariadb", "3:10.3.27-3.module_el8.3.0+2028+5e3224e9", module="mariadb:10.3:8030020210225113451:9edba152"),
        ALMA_MARIADB,
        {"CVE-2021-27928": "3:10.3.28-1.module_el8.3.0+2177+7adc332a"},
    ),
    Case(
        "17: httpd names Alma's fix",
        A8,
        rpm("httpd", "2.4.37-30.module_el8.3.0+2000+abcdef01", module="httpd:2.4:8030020200818000036:9edba152"),
        ALMA_HTTPD,
        {"CVE-2021-40438": "2.4.37-43.module_el8.5.0+2597+c4b14997.alma"},
    ),
    Case("17: httpd of another stream", A8, rpm("httpd", "2.4.37-30.module_el8.3.0+2000+abcdef01", module="httpd:2.6:1:9edba152"), ALMA_HTTPD),
    Case("17: patch before the fix", A8, rpm("patch", "2.7.6-10.el8"), ALMA_PATCH, {"CVE-2019-13636": "2.7.6-11.el8"}),
    Case("17: patch at the fix", A8, rpm("patch", "2.7.6-11.el8"), ALMA_PATCH),
    Case("17: what Red Hat will not fix passes through", A8, rpm("tar", "2:1.30-5.el8"), ALMA_PATCH, {"CVE-2005-2541": None}),
    Case(
        "17: what Red Hat clears, Alma's own erratum makes affected",
        A8,
        rpm("x", "1-1.el8"),
        {"osv": [record("ALSA-1", row(A8, "x", "1-2.el8"), cves=["CVE-1"])], "redhat": [record("CVE-1", row(R8, "x", state="not_affected", names="any"))]},
        {"CVE-1": "1-2.el8"},
    ),
    Case(
        "17: httpd of Alma 8 (CVE-2020-35452)",
        A8,
        rpm("httpd", "2.4.37-46.module_el8.6.0+2872+fe0ff7aa.1.alma", module="httpd:2.4:8060020220510105858:9edba152"),
        {"osv": [record("ALSA-2022:1915", row(A8, "httpd", "2.4.37-47.module_el8.6.0+2935+fb177b09.2"), cves=["CVE-2020-35452"])]},
        {"CVE-2020-35452": "2.4.37-47.module_el8.6.0+2935+fb177b09.2"},
    ),
    Case(
        "17: python3-libs of Alma 8 (CVE-2020-26116)",
        A8,
        rpm("python3-libs", "3.6.8-36.el8.alma", source="python3", source_version="3.6.8-36.el8.alma"),
        {"osv": [record("ALSA-2021:1633", row(A8, "python3-libs", "3.6.8-37.el8.alma"), cves=["CVE-2020-26116"])]},
        {"CVE-2020-26116": "3.6.8-37.el8.alma"},
    ),
    Case("17: Rocky's cloud kernel is not compared with the base one", "rocky:9", rpm("kernel", "5.14.0-284.30.1.el9_2.cloud.1.0"), {"osv": [record("RLSA-1", row("rocky:9", "kernel", "5.14.0-362.8.1.el9_3"), cves=["CVE-1"])]}, apart=APART),
]  # fmt: skip

ALL = [*MODULES, *FLAVOURS, *REBUILDS]


@pytest.mark.parametrize("case", ALL, ids=lambda case: case.name)
def test_verdict(case: Case) -> None:
    case.check()


def test_case_names_are_unique() -> None:
    assert len({case.name for case in ALL}) == len(ALL)


NOTES = [
    ("CentOS", "centos:7", "approximate (RHEL data)"),
    ("CentOS Stream", "centos-stream:7", "approximate (RHEL data)"),
    ("AlmaLinux", "almalinux:7", "RHEL data"),
]


@pytest.mark.parametrize(("name", "platform", "text"), NOTES, ids=[n[0] for n in NOTES])
def test_a_borrowed_verdict_says_so(name: str, platform: str, text: str) -> None:
    (decision,) = Case(name, platform, rpm("httpd", "2.4.6-90.el7"), CENTOS).judgement().affected
    assert any("rhel:7" in note and text in note for note in decision.notes)


def test_a_verdict_of_its_own_borrows_nothing() -> None:
    (decision,) = Case("", A8, rpm("patch", "2.7.6-10.el8"), ALMA_PATCH).judgement().affected
    assert decision.notes == ()


REASONS = [
    ("module", rpm("httpd", "2.4.37-1.el8"), "2.4.37-39.module+el8.4.0+1+b", "module build"),
    ("ksplice", rpm("httpd", "2.17-317.0.1.el8"), "2:2.17-157.ksplice1.el8", "ksplice1"),
    ("el major", rpm("httpd", "2.4.6-90.el7"), "2.4.37-1.el8", "el7"),
    ("stream", rpm("httpd", "1-1.module_el8.3.0+1+b"), "1-2.module_el8.3.0+1+b", "label"),
]


@pytest.mark.parametrize(("name", "subject", "fixed", "text"), REASONS, ids=[r[0] for r in REASONS])
def test_the_reason_why_two_builds_are_not_compared(name: str, subject: Subject, fixed: str, text: str) -> None:
    (decision,) = Case("", R8, subject, elsa(R8, "httpd", fixed)).judgement().not_comparable
    assert text in decision.comparison and subject.version in decision.comparison
