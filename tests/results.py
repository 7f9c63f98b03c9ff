"""Results to print: one small host on which everything happens once, and a large one for figures."""

from __future__ import annotations

import io

from shindan.model.advisory import Epss, Kev, Vector
from shindan.model.checked import Checked
from shindan.model.outcome import Evidence, Outcome
from shindan.model.packages import PackageName
from shindan.model.result import (
    Cvss,
    FeedRef,
    Finding,
    Host,
    JudgedBy,
    Ledger,
    NotJudged,
    Package,
    Reason,
    ScanResult,
)
from shindan.model.rule import Fix, Rule
from shindan.model.severity import SEVERITIES
from shindan.render import render
from shindan.service.rule_findings import counts_of, findings_of, not_told, sections_of

DEBIAN = FeedRef("debian", "4f1c" * 16, 0.4, "2026-11-24", stale=False)
ARCHIVE = FeedRef("archive", "9b03" * 16, 1.2, "2026-11-23", stale=False)
EPSS = FeedRef("epss", "77aa" * 16, 100.2, "2026-08-16", stale=True)


def package(name: str, version: str, source: str = "", *, arch: str = "amd64", type_: str = "deb") -> Package:
    """An installed package; the source has its version."""
    return Package(name, version, type_, arch, source or name, version)


LIBSSL = package("libssl3", "3.0.15-1~deb12u1", "openssl")
OPENSSL = package("openssl", "3.0.15-1~deb12u1", "openssl")
SUDO = package("sudo", "1.9.13p3-1+deb12u1")
ZLIB = package("zlib1g", "1:1.2.13.dfsg-1", "zlib")
ZLIB_I386 = package("zlib1g", "1:1.2.13.dfsg-1", "zlib", arch="i386")
PYTHON = package("python3.11-minimal", "3.11.2-6+deb12u5", "python3.11")
RUNNING = package("linux-image-6.1.0-37-amd64", "6.1.140-1", "linux")
OLD = package("linux-image-6.1.0-32-amd64", "6.1.129-1", "linux")


def finding(
    id_: str, of: Package | None, severity: str = "Medium", fixed: str | None = None, **more: object
) -> Finding:
    """A finding with what its kind must have; `more` overrides any field."""
    installed = (
        f"{of.type} package {of.name} {of.version} ({of.arch}), source {of.source}" if of else "platform debian:11"
    )
    plain = Finding(
        id=id_, aliases=(), package=of, fixed_version=fixed, state="fixed" if fixed else "affected", vendor_state="",
        active=True, inactive_reason="", severity=severity, vendor_severity="", nvd_severity="Undefined", cvss=None,  # type: ignore[arg-type]
        vectors=(), epss=None, kev=None, advisories=(id_,), title="", description="", references=(),
        reason=Reason(
            installed,
            f"{id_} of debian, generation 4f1c4f1c4f1c (2026-11-24)",
            f"{of.version} < {fixed} by dpkg's order" if of and fixed else "no fixed version is named",
        ),
        feed=DEBIAN,
    )  # fmt: skip
    return plain._replace(**more)  # type: ignore[arg-type]


def _scored(score: float, vector: str, source: str = "nvd") -> dict[str, object]:
    return {
        "cvss": Cvss(score, "3.1", f"CVSS:3.1/{vector}", source),
        "vectors": (Vector(source, "3.1", f"CVSS:3.1/{vector}", score),),
    }


def _findings() -> tuple[Finding, ...]:
    sudo_kev = Kev(
        "2026-09-29", "2026-10-20", "Sudo Inclusion of Functionality from Untrusted Control Sphere", "Update it.", True
    )
    ended = finding(
        "END-OF-LIFE-DEBIAN-11", None, "High", state="end_of_life", vendor_state="supported until 2026-08-31",
        advisories=(), feed=None, title="Debian 11 (bullseye) is out of support since 2026-08-31",
        description="Security updates have ended, so new flaws in this release are neither fixed nor always published.",
        reason=Reason("platform debian:11", "table of support periods", "today is after 2026-08-31"),
    )  # fmt: skip
    tls = {
        "title": "openssl - security update", "aliases": ("GHSA-aaaa-bbbb-cccc",), "advisories": ("DSA-5999-1",),
        "description": "A malformed certificate lets a peer run code. Servers that ask clients for certificates"
        " are open to anybody; clients to the servers they dial.",
        "references": ("https://security-tracker.debian.org/tracker/DSA-5999-1", "https://openssl-library.org/news/"),
        "vendor_severity": "critical", "nvd_severity": "Critical", "epss": Epss(0.0441, 0.912, "2026-08-16"),
        **_scored(9.8, "AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"),
    }  # fmt: skip
    return (
        ended,
        finding(
            "CVE-2025-32463", SUDO, "Critical", "1.9.13p3-1+deb12u2", kev=sudo_kev,
            title="sudo: --chroot loads a user's own libraries", epss=Epss(0.267, 0.963, "2026-08-16"),
            vendor_severity="high", nvd_severity="Critical", references=("https://www.sudo.ws/security/advisories/",),
            **_scored(9.3, "AV:L/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H"),
        ),
        finding("CVE-2026-1001", LIBSSL, "Critical", "3.0.16-1~deb12u1", **tls),
        finding("CVE-2026-1001", OPENSSL, "Critical", "3.0.16-1~deb12u1", **tls),
        finding(
            "CVE-2026-2002", RUNNING, "High", "6.1.147-1", title="net: use after free in a socket's last close",
            **_scored(7.8, "AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H"),
        ),
        finding("CVE-2026-1002", LIBSSL, "Medium", "3.0.17-1~deb12u1", epss=Epss(0.0004, 0.12, "2026-08-16")),
        finding("CVE-2026-1002", OPENSSL, "Medium", "3.0.17-1~deb12u1", epss=Epss(0.0004, 0.12, "2026-08-16")),
        finding(
            "CVE-2023-45853", ZLIB, "Medium", state="will_not_fix", vendor_state="ignored",
            title="zlib: MiniZip overflows on long names", reason=Reason(
                "deb package zlib1g 1:1.2.13.dfsg-1 (amd64), source zlib", "CVE-2023-45853 of debian",
                "no fixed version is named, so every version is affected", ("MiniZip is not built into the library",),
            ),
        ),
        finding("CVE-2023-45853", ZLIB_I386, "Medium", state="will_not_fix", vendor_state="ignored"),
        *(finding(f"CVE-2026-{4000 + n}", PYTHON, "Low", state="deferred") for n in range(4)),
        finding("CVE-2026-4100", PYTHON, "Undefined", state="under_investigation", feed=ARCHIVE),
        finding(
            "CVE-2026-4300", PYTHON, "High", "3.11.2-6+deb12u6", ignored="no mail is parsed here, see OPS-12",
            ignored_as="accepted",
        ),
        finding("CVE-2026-4200", PYTHON, "Informational", vendor_state="unimportant"),
        finding(
            "CVE-2026-2002", OLD, "High", "6.1.147-1", active=False,
            inactive_reason="kernel 6.1.0-32-amd64 does not run: 6.1.0-37-amd64 does",
        ),
    )  # fmt: skip


def sample() -> ScanResult:
    """A host with a critical flaw that is exploited, flaws without a fix, a kernel that does not run, an ignored one,
    an ended release, rejected ids, a stale feed, a gap, and packages that nobody judged."""
    return ScanResult(
        tool_version="0.1.0",
        generated_at="2026-11-24T12:00:00Z",
        host=Host(
            hostname="web-01.example.net", platform="debian:11", name="Debian GNU/Linux 11 (bullseye)", arch="amd64",
            kernel="6.1.0-37-amd64", end_of_life="Debian 11 (bullseye) is out of support since 2026-08-31",
        ),
        findings=_findings(),
        ledger=Ledger(
            packages=420,
            judged=(
                JudgedBy(DEBIAN, 409, "states"),
                JudgedBy(ARCHIVE, 402, "fixed", ("2 changelogs were larger than is read",)),
            ),
            not_judged=(
                NotJudged("foreign-origin", "not the distribution's own: Docker's repository", 8, ("docker-ce", "containerd.io")),
                NotJudged("not-examined", "the archive has a newer version whose changelog was not read", 3, ("vim",)),
                NotJudged("not-comparable", "advisories whose versions cannot be compared with the installed one", 1,
                          ("zlib1g (CVE-2018-1)",)),
            ),
            assumed_own=12,
            gaps=(("apt", "/var/lib/apt/lists: permission denied"),),
            stale=(EPSS,),
            notes=("2 rejected ids are left out: CVE-2024-0001, CVE-2024-0002",),
        ),
    )  # fmt: skip


def clean() -> ScanResult:
    """A host on which nothing was found."""
    found = sample()
    ledger = found.ledger._replace(not_judged=(), stale=(), gaps=(), notes=(), packages=409)
    host = found.host._replace(end_of_life=None)
    return found._replace(host=host, findings=(), ledger=ledger)


def large(findings: int, each: int = 12) -> ScanResult:
    """A host with so many findings, `each` of every package, in every severity."""
    sprinkled = [
        finding(
            f"CVE-2026-{10_000 + number}",
            package(f"package-{number // each}", "1.2.3-4", f"source-{number // each}"),
            SEVERITIES[number % len(SEVERITIES)],
            "1.2.4-1" if number % 3 else None,
            title="a title of the usual length that says which part is broken",
            description="What an attacker does, and to whom. " * 12,
            references=("https://example.org/advisory", "https://example.org/commit"),
            epss=Epss(0.01, 0.5, "2026-08-16"),
            **_scored(5.0, "AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:N/A:N"),
        )
        for number in range(findings)
    ]
    return sample()._replace(findings=tuple(sprinkled))


BY_HAND = Rule("journal-size", "The journal cannot fill the disk", "Low", "A full disk stops everything.", "Set it.")
ROOT_LOGIN = Rule(
    "5.1.20", "Root cannot log in over SSH", "High", "Nobody knows who it was.", "Put `PermitRootLogin no` first.",
    references=("man:sshd_config(5)",), fix=Fix("echo 'PermitRootLogin no' > /etc/ssh/sshd_config.d/00.conf"),
)  # fmt: skip
EXPOSED = Rule(
    "network-port", "Ports that are known are not reachable", "Medium", "It can be tried by everybody.", "Close it.",
    flaw="On instance {agent}, TCP port 22 is reachable from the internet",
)  # fmt: skip


def with_rules(packages: tuple[PackageName, ...] = ("cve", "cis", "network")) -> ScanResult:
    """The sample with what rules packages say: each verdict once, and two rules that do not hold."""
    seen = Evidence("sshd, PermitRootLogin", "yes", "no")
    cis = [
        Outcome(ROOT_LOGIN, "fail", "", (seen,), controls=("debian-11 5.1.20",)),
        Outcome(ROOT_LOGIN, "pass", "", (seen._replace(observed="no"),), controls=("debian-11 5.1.21",)),
        Outcome(BY_HAND, "manual", reason="to be looked at by hand", controls=("debian-11 6.1.1",)),
        Outcome(BY_HAND, "not_applicable", reason="auditd is not installed", controls=("debian-11 6.1.2",)),
        Outcome(BY_HAND, "unknown", reason="nobody looked at /etc/systemd", controls=("debian-11 6.1.10",)),
    ]
    network = [Outcome(EXPOSED, "fail", "tcp 22 from internet", (Evidence("nft line 4", "accept", "drop"),))]
    host = sample()
    return host._replace(
        findings=(
            *(host.findings if "cve" in packages else ()),
            *findings_of("cis", cis, host.host.hostname),
            *findings_of("network", network, host.host.hostname),
        ),
        rules_packages=packages,
        checked=(
            Checked(
                "cis", "CIS Operating System Security Configuration Benchmarks", counts_of(cis),
                "Debian Linux 11 1.0.0, level 2, server", sections_of(cis), not_told(cis), ("a note on the map",),
            ),
            Checked("network", "Network Reachability", counts_of(network)),
        ),
        outcomes=(*(("cis", one) for one in cis), *(("network", one) for one in network)),
    )  # fmt: skip


GOLDEN: dict[str, tuple[str, bool, int, int | None]] = {
    "sample.table.txt": ("table", False, 80, 4),
    "sample.wide.txt": ("table", False, 130, None),
    "sample.colour.txt": ("table", True, 100, 4),
    "sample.json": ("json", False, 100, None),
    "sample.csv": ("csv", False, 100, None),
    "sample.html": ("html", False, 100, None),
    "rules.table.txt": ("table", False, 100, 8),
    "rules.json": ("json", False, 100, None),
    "rules.html": ("html", False, 100, None),
}
"""Golden files of `tests/golden/render`: form, colour, width, limit."""


def rendered(name: str, result: ScanResult | None = None) -> str:
    """What a golden file holds: the sample in its form, or another result."""
    form, colour, width, limit = GOLDEN[name]
    stream = io.StringIO()
    result = result or (with_rules() if name.startswith("rules.") else sample())
    full = name == "rules.json"
    render(form, result, stream, colour=colour, width=width, limit=limit, full=full)
    return stream.getvalue()
