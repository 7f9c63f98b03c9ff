"""Results that the tests of the forms for other tools share, and how a form is written."""

from __future__ import annotations

import io

from shindan.model.advisory import Epss, Kev, Vector
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
from shindan.render.look import Look, Renderer

FEED = FeedRef("debian", "d" * 64, 1.5, "2026-11-20", stale=True)
VECTOR = Vector("nvd", "3.1", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 9.8)
GLIBC = Package("libc6", "2.36-9+deb12u4", "deb", "amd64", "glibc", "2.36-9+deb12u4")
SHADOW = Package("login", "1:4.13+dfsg1-1+b1", "deb", "amd64", "shadow", "1:4.13+dfsg1-1")
STDCXX = Package("libstdc++6", "12.2.0-14", "deb", "amd64", "gcc-12", "12.2.0-14")
KERNEL = Package("linux-image-6.1.0-10-amd64", "6.1.37-1", "deb", "amd64", "linux", "6.1.37-1")

FIXABLE = Finding(
    id="CVE-2026-0001",
    aliases=("DSA-1-1",),
    package=GLIBC,
    fixed_version="2.36-9+deb12u5",
    state="fixed",
    vendor_state="resolved",
    active=True,
    inactive_reason="",
    severity="Critical",
    vendor_severity="high",
    nvd_severity="Critical",
    cvss=Cvss(9.8, "3.1", VECTOR.vector, "nvd"),
    vectors=(VECTOR, Vector("cna", "4.0", "CVSS:4.0/AV:N", 9.1)),
    epss=Epss(0.42, 0.97, "2026-11-20"),
    kev=Kev("2026-11-01", "2026-11-22", "glibc overflow", "Update."),
    advisories=("CVE-2026-0001",),
    title="glibc: heap overflow in | <getaddrinfo> @someone",
    description="A heap overflow.",
    references=("https://example.org/a", "not an address at all"),
    reason=Reason("deb package libc6", "CVE-2026-0001 of debian", "2.36-9+deb12u4 < 2.36-9+deb12u5"),
    feed=FEED,
)
UNFIXED = FIXABLE._replace(
    id="CVE-2026-0002", aliases=(), package=SHADOW, fixed_version=None, state="will_not_fix", vendor_state="no-dsa",
    severity="Low", cvss=None, vectors=(), epss=None, kev=None, title="", description="",
)  # fmt: skip
UNDECIDED = UNFIXED._replace(id="CVE-2026-0003", package=STDCXX, state="under_investigation", severity="Undefined")
INACTIVE = FIXABLE._replace(
    id="CVE-2026-0004", package=KERNEL, active=False, inactive_reason="kernel 6.1.0-10 does not run", kev=None
)
ACCEPTED = FIXABLE._replace(id="CVE-2026-0005", package=SHADOW, ignored="no shell users", ignored_as="accepted")
DENIED = FIXABLE._replace(id="CVE-2026-0006", package=SHADOW, ignored="code not built in", ignored_as="not_affected")
MENDED = FIXABLE._replace(id="CVE-2026-0007", package=SHADOW, ignored="patched in place", ignored_as="fixed")
ENDED = FIXABLE._replace(
    id="END-OF-LIFE-DEBIAN-12", aliases=(), package=None, fixed_version=None, state="end_of_life", severity="High", cvss=None,
    vectors=(), kev=None, title="Debian 12 is out of support", feed=None, references=(),
)  # fmt: skip
SAME_FLAW = FIXABLE._replace(package=STDCXX)

LEDGER = Ledger(
    packages=5,
    judged=(JudgedBy(FEED, 3, "states"),),
    not_judged=(NotJudged("foreign", "it comes from download.docker.com", 2, ("docker-ce", "containerd.io")),),
    assumed_own=1,
    gaps=(("kernel", "no /proc & no <uname>"),),
    stale=(FEED,),
    notes=("1 rejected ids are left out",),
)
HOST = Host("web | 1", "debian:12", "Debian GNU/Linux 12 (bookworm)", "amd64", "6.1.0-11-amd64")
RESULT = ScanResult(
    "0.1.0",
    "2026-11-24T12:00:00Z",
    HOST,
    (FIXABLE, SAME_FLAW, ENDED, UNFIXED, UNDECIDED, INACTIVE, ACCEPTED, DENIED, MENDED),
    LEDGER,
    (GLIBC, SHADOW, STDCXX, KERNEL, Package("bash", "5.2.15-2", "deb", "amd64", "bash", "5.2.15-2")),
)
CLEAN = RESULT._replace(findings=(), ledger=LEDGER._replace(not_judged=(), gaps=(), stale=(), notes=()))
HOSTILE_TEXT = "\ud800\x00\x1b[31m]]> & <b> \"'`|\u202e\uffff 脆弱 😀"
HOSTILE = RESULT._replace(
    host=HOST._replace(hostname=HOSTILE_TEXT, name=HOSTILE_TEXT),
    findings=tuple(
        finding._replace(
            id=f"X-{number}{HOSTILE_TEXT}", title=HOSTILE_TEXT, description=HOSTILE_TEXT, aliases=(HOSTILE_TEXT,),
            vendor_state=HOSTILE_TEXT, ignored=HOSTILE_TEXT if finding.ignored else "", inactive_reason=HOSTILE_TEXT,
            references=(f"https://example.org/{HOSTILE_TEXT}",), advisories=(HOSTILE_TEXT,),
            package=finding.package and finding.package._replace(name=HOSTILE_TEXT, version=HOSTILE_TEXT, source=HOSTILE_TEXT),
            reason=Reason(HOSTILE_TEXT, HOSTILE_TEXT, HOSTILE_TEXT, (HOSTILE_TEXT,)),
        )
        for number, finding in enumerate(RESULT.findings)
    ),
    ledger=LEDGER._replace(gaps=((HOSTILE_TEXT, HOSTILE_TEXT),), notes=(HOSTILE_TEXT,)),
)  # fmt: skip
RESULTS = {"everything": RESULT, "nothing found": CLEAN, "hostile texts": HOSTILE}


def written(write: Renderer, result: ScanResult) -> str:
    """A result in a form; the stream, unlike a terminal, refuses what UTF-8 cannot hold."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="\n")
    write(result, stream, Look())
    stream.flush()
    return stream.buffer.getvalue().decode()
