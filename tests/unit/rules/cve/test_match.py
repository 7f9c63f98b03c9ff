"""The cases that tell accurate engines from the rest, each with the package, version and verdict of its source."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from fakes import FakeAdvisories, generation
from shindan.facts.fact import Fact
from shindan.model.advisory import Advisory, Affected, Condition, State
from shindan.rules.cve.context import Context
from shindan.rules.cve.match import Matcher
from shindan.rules.cve.subject import Subject, subject_of

TRACKER = generation("debian")
OSV = generation("osv")
ARCHIVE = generation("archive", knows="fixed")


def deb(name: str, version: str, **data: Any) -> Subject:
    """The subject of a dpkg package fact."""
    return subject_of(Fact("package", name, {"type": "deb", "version": version, "arch": "amd64", **data}))


def row(
    package: str, fixed: str = "", *, platform: str = "debian:12", state: State | None = None, **more: Any
) -> Affected:
    """An affected row; fixed rows are in state `fixed`."""
    return Affected(platform, package, "deb", fixed=fixed, state=state or ("fixed" if fixed else "affected"), **more)


def cve(id_: str, *rows: Affected, feed: str = "debian", name: str = "", cves: tuple[str, ...] = ()) -> Advisory:
    """An advisory about one id, or one that groups several."""
    return Advisory(name or id_, feed, affected=rows, cves=cves or ((id_,) if name else ()))


@dataclass
class Case:
    """A host's package, what feeds say, and the affected ids with the fix that is named."""

    name: str
    subject: Subject
    tracker: list[Advisory] = field(default_factory=list)
    osv: list[Advisory] = field(default_factory=list)
    archive: list[Advisory] = field(default_factory=list)
    expected: dict[str, str | None] = field(default_factory=dict)
    platform: str = "debian:12"
    context: Context = field(default_factory=Context)


SAMBA = [cve("CVE-2023-34966", row("samba", "2:4.17.10+dfsg-0+deb12u1"))]
LDB = [cve("CVE-2023-34966", row("libldb2", "2:2.6.2+samba4.17.10+dfsg-0+deb12u1", names="binary"))]

CASES = [
    # 1: source and binary packages
    Case(
        "a binary is judged by its source's version, not its own",
        deb("libldb2", "2:2.6.2+samba4.17.9+dfsg-0+deb12u1", source="samba", source_version="2:4.17.9+dfsg-0+deb12u1"),
        tracker=SAMBA,
        expected={"CVE-2023-34966": "2:4.17.10+dfsg-0+deb12u1"},
    ),
    Case(
        "a source past the fix clears its binary",
        deb("libldb2", "2:2.6.2+samba4.17.12+dfsg-0+deb12u1", source="samba", source_version="2:4.17.12+dfsg-0+deb12u1"),
        tracker=SAMBA,
    ),
    Case(
        "an advisory that names the binary compares the binary's version",
        deb("libldb2", "2:2.6.2+samba4.17.9+dfsg-0+deb12u1", source="samba", source_version="2:4.17.9+dfsg-0+deb12u1"),
        osv=[Advisory("DSA-1-1", "osv", affected=LDB[0].affected, cves=("CVE-2023-34966",))],
        expected={"CVE-2023-34966": "2:2.6.2+samba4.17.10+dfsg-0+deb12u1"},
    ),
    Case(
        "a binary-only rebuild is its source's version: fixed in it means clean",
        deb("tar", "1.27.1-2+b1", source="tar", source_version="1.27.1-2"),
        tracker=[cve("CVE-2099-0001", row("tar", "1.27.1-2"))],
    ),
    Case(
        "a binary-only rebuild without a recorded source version is read as its source's",
        deb("tar", "1.27.1-2+b1"),
        tracker=[cve("CVE-2099-0001", row("tar", "1.27.1-3"))],
        expected={"CVE-2099-0001": "1.27.1-3"},
    ),
    Case(
        "a record that names a sibling binary is not inherited",
        deb("samba-libs", "2:4.17.9+dfsg-0+deb12u1", source="samba"),
        osv=[Advisory("DSA-2-1", "osv", affected=LDB[0].affected, cves=("CVE-2023-34966",))],
    ),
    Case(
        "a record that says not whether it names source or binary means both",
        deb("libssl3", "3.0.15-1", source="openssl", source_version="3.0.15-1"),
        osv=[cve("CVE-2099-0002", row("openssl", "3.0.16-1", names="any"), feed="osv")],
        expected={"CVE-2099-0002": "3.0.16-1"},
    ),
    Case(
        "19: bsdutils carries an epoch that its source does not",
        deb("bsdutils", "1:2.36.1-8", source="util-linux", source_version="2.36.1-8"),
        tracker=[cve("CVE-2099-0003", row("util-linux", "2.36.1-8+deb11u1")), cve("CVE-2099-0004", row("util-linux", "2.36.1-8"))],
        expected={"CVE-2099-0003": "2.36.1-8+deb11u1"},
    ),
    # 2: epochs
    Case("a missing epoch is 0", deb("x", "1.0"), tracker=[cve("CVE-1", row("x", "2:1.0"))], expected={"CVE-1": "2:1.0"}),
    Case("a higher epoch wins", deb("x", "3:4.19.0-1"), tracker=[cve("CVE-1", row("x", "4.21.0-1"))]),
    Case(
        "the fix's epoch counts",
        deb("x", "1.5.4-2+deb9u1"),
        tracker=[cve("CVE-1", row("x", "1:1.5.4-2+deb9u1"))],
        expected={"CVE-1": "1:1.5.4-2+deb9u1"},
    ),
    Case("epochs are numbers: 10 is more than 9", deb("x", "10:1-1"), tracker=[cve("CVE-1", row("x", "9:2-1"))]),
    # 3: order
    Case("a release candidate is older", deb("x", "1.0~rc1-1"), tracker=[cve("CVE-1", row("x", "1.0-1"))], expected={"CVE-1": "1.0-1"}),
    # 4: states
    Case("not affected is data", deb("dacs", "1.4.38a-2"), tracker=[cve("CVE-2021-29629", row("dacs", state="not_affected"))]),
    Case(
        "will not fix is reported, not dropped",
        deb("dacs", "1.4.38a-2"),
        tracker=[cve("CVE-2021-29629", row("dacs", state="will_not_fix", vendor_state="open/no-dsa (ignored)"))],
        expected={"CVE-2021-29629": None},
    ),
    Case(
        "two rows of one rank: the newest fix counts",
        deb("x", "1.0-1+deb12u1"),
        osv=[
            Advisory("DSA-5-1", "osv", affected=(row("x", "1.0-1+deb12u1"),), cves=("CVE-1",)),
            Advisory("DSA-5-2", "osv", affected=(row("x", "1.0-1+deb12u2"),), cves=("CVE-1",)),
        ],
        expected={"CVE-1": "1.0-1+deb12u2"},
    ),
    Case(
        "4: a record without a CVE id keeps its own",
        deb("x", "1"),
        osv=[Advisory("DSA-3714-1", "osv", affected=(row("x", "2"),))],
        expected={"DSA-3714-1": "2"},
    ),
    Case("introduced later than installed", deb("x", "1.0-1"), tracker=[cve("CVE-1", row("x", "1.4-1", introduced="1.2-1"))]),
    Case(
        "disjoint ranges: past the first, in the second",
        deb("x", "2.1-1"),
        tracker=[cve("CVE-1", row("x", "1.0-1"), row("x", "2.3-1", introduced="2.0-1"))],
        expected={"CVE-1": "2.3-1"},
    ),
    Case("last affected is inclusive", deb("x", "2"), osv=[cve("CVE-1", row("x", last_affected="2"), feed="osv")], expected={"CVE-1": None}),
    Case("beyond the last affected", deb("x", "2.1"), osv=[cve("CVE-1", row("x", last_affected="2"), feed="osv")]),
    Case("another release's row says nothing", deb("x", "1"), tracker=[cve("CVE-1", row("x", "2", platform="debian:11"))]),
    # two passes
    Case(
        "the tracker clears what a grouped advisory lists",
        deb("x", "1"),
        tracker=[cve("CVE-1", row("x", state="not_affected"))],
        osv=[Advisory("DSA-7-1", "osv", affected=(row("x", "2"),), cves=("CVE-1", "CVE-2"))],
        expected={"CVE-2": "2"},
    ),
    Case(
        "a changelog resolves what the tracker still calls open",
        deb("x", "1.0-1+deb12u1"),
        tracker=[cve("CVE-1", row("x"))],
        archive=[cve("CVE-1", row("x", "1.0-1+deb12u1"), feed="archive")],
    ),
    Case(
        "a changelog names the fix that the tracker lacks",
        deb("x", "1.0-1"),
        tracker=[cve("CVE-1", row("x"))],
        archive=[cve("CVE-1", row("x", "1.0-1+deb12u1"), feed="archive")],
        expected={"CVE-1": "1.0-1+deb12u1"},
    ),
    Case(
        "a changelog does not make affected what the tracker calls fixed",
        deb("x", "1.0-1"),
        tracker=[cve("CVE-1", row("x", "0.9-1"))],
        archive=[cve("CVE-1", row("x", "1.0-1+deb12u1"), feed="archive")],
    ),
    Case("archive alone", deb("x", "1"), archive=[cve("CVE-1", row("x", "2"), feed="archive")], expected={"CVE-1": "2"}),
    # 12: grouped advisories
    Case(
        "12: USN-7027-1 groups nine ids; emacs in 24.04 is not hit by CVE-2024-30205",
        deb("emacs-common", "1:29.3+1-1ubuntu2", source="emacs"),
        platform="ubuntu:24.04",
        osv=[
            Advisory(
                "USN-7027-1", "osv", affected=(row("emacs", "1:29.3+1-1ubuntu2.1", platform="ubuntu:24.04"),),
                cves=("CVE-2024-30203", "CVE-2024-30204", "CVE-2024-30205", "CVE-2024-39331"),
            ),
            cve("CVE-2024-30205", row("emacs", "1:27.1+1-3ubuntu5.2", platform="ubuntu:22.04"), name="UBUNTU-CVE-2024-30205", feed="osv"),
            cve("CVE-2024-30203", row("emacs", platform="ubuntu:22.04"), name="UBUNTU-CVE-2024-30203", feed="osv"),
            cve("CVE-2024-30204", row("emacs", platform="ubuntu:22.04"), name="UBUNTU-CVE-2024-30204", feed="osv"),
            cve("CVE-2024-39331", row("emacs", "1:29.3+1-1ubuntu2.1", platform="ubuntu:24.04"), name="UBUNTU-CVE-2024-39331", feed="osv"),
        ],
        expected={"CVE-2024-39331": "1:29.3+1-1ubuntu2.1"},
    ),
    Case(
        "a single-id DSA of another package does not clear a grouped one",
        deb("x", "1"),
        osv=[
            Advisory("DSA-8-1", "osv", affected=(row("y", "2", platform="debian:11"),), cves=("CVE-1",)),
            Advisory("DSA-8-2", "osv", affected=(row("x", "2"),), cves=("CVE-1", "CVE-2")),
        ],
        expected={"CVE-1": "2", "CVE-2": "2"},
    ),
    # 18: backported fixes
    Case(
        "18: the distribution's version with the fix, though upstream's is higher",
        deb("libssl3", "3.0.9-1+deb12u1", source="openssl"),
        tracker=[cve("CVE-2023-0464", row("openssl", "3.0.9-1"))],
    ),
    # 26: backports suites
    Case(
        "26: a kernel from bookworm-backports is judged by trixie's row",
        deb("linux-image-6.12.95+bpo12-amd64", "6.12.95-1~bpo12+1", source="linux"),
        tracker=[cve("CVE-2026-45988", row("linux", "6.12.94-1", platform="debian:13"), row("linux", "6.1.170-1"))],
    ),
    Case(
        "26: an older backport is affected by trixie's fix",
        deb("linux-image-6.12.90+bpo12-amd64", "6.12.90-1~bpo12+1", source="linux"),
        tracker=[cve("CVE-2026-45988", row("linux", "6.12.94-1", platform="debian:13"), row("linux", "6.1.170-1"))],
        expected={"CVE-2026-45988": "6.12.94-1"},
    ),
    Case(
        "26: a backport of the fixed version itself is fixed",
        deb("linux-image-6.12.94+bpo12-amd64", "6.12.94-1~bpo12+1", source="linux"),
        tracker=[cve("CVE-2026-45988", row("linux", "6.12.94-1", platform="debian:13"))],
    ),
    # 5: kernels
    Case(
        "5: the signed image is judged by the unsigned source",
        deb("linux-image-6.1.0-35-amd64", "6.1.137-1", source="linux-signed-amd64", source_version="6.1.137+1"),
        tracker=[cve("CVE-2025-1", row("linux", "6.1.140-1"))],
        expected={"CVE-2025-1": "6.1.140-1"},
    ),
    Case(
        "5: an HWE kernel is judged by linux-hwe-6.8's row, not linux's (CVE-2024-38541)",
        deb("linux-headers-6.8.0-50-generic", "6.8.0-50.51~22.04.1", source="linux-hwe-6.8"),
        platform="ubuntu:22.04",
        osv=[
            cve(
                "CVE-2024-38541",
                row("linux", platform="ubuntu:22.04"),
                row("linux-hwe-6.8", "6.8.0-44.44~22.04.1", platform="ubuntu:22.04"),
                feed="osv",
            )
        ],
    ),
    # conditions
    Case(
        "an arch condition of another architecture does not count",
        deb("x", "1"),
        tracker=[cve("CVE-1", row("x", "2", only_if=(Condition("arch", ("arm64",)),)))],
    ),
    Case(
        "a fix behind an entitlement is no fix for a host without it",
        deb("libwayland-client0", "1.11.0-2", source="wayland"),
        platform="ubuntu:16.04",
        osv=[cve("CVE-2021-3782", row("wayland", "1.12.0-1~ubuntu16.04.3+esm1", platform="ubuntu:16.04", only_if=(Condition("entitlement", ("esm",)),)), feed="osv")],
        expected={"CVE-2021-3782": None},
    ),
    Case(
        "the same host with the entitlement has the fix",
        deb("libwayland-client0", "1.11.0-2", source="wayland"),
        platform="ubuntu:16.04",
        context=Context(frozenset({"esm-infra"})),
        osv=[cve("CVE-2021-3782", row("wayland", "1.12.0-1~ubuntu16.04.3+esm1", platform="ubuntu:16.04", only_if=(Condition("entitlement", ("esm",)),)), feed="osv")],
        expected={"CVE-2021-3782": "1.12.0-1~ubuntu16.04.3+esm1"},
    ),
    # a leading feed that has no row, or is of another opinion
    Case("a tracker without a row for the package leaves the word to others", deb("x", "1"), tracker=[cve("CVE-1", row("y", "2"))], osv=[cve("CVE-1", row("x", "2"), feed="osv")], expected={"CVE-1": "2"}),
    Case("a tracker that knows the id elsewhere does not undo a changelog", deb("x", "1"), tracker=[cve("CVE-1", row("y", "2"))], archive=[cve("CVE-1", row("x", "2"), feed="archive")], expected={"CVE-1": "2"}),
    Case("a tracker's row for another release leaves the word to others", deb("x", "1"), tracker=[cve("CVE-1", row("x", "2", platform="debian:11"))], osv=[cve("CVE-1", row("x", "3"), feed="osv")], expected={"CVE-1": "3"}),
    Case("a record of one id does not make affected what the tracker calls fixed", deb("x", "2"), tracker=[cve("CVE-1", row("x", "2"))], osv=[cve("CVE-1", row("x", "3"), feed="osv")]),
    Case("two ids in one row, one of them cleared", deb("x", "1"), tracker=[cve("CVE-1", row("x", state="not_affected")), cve("CVE-2", row("x", state="affected"))], osv=[Advisory("DSA-9-1", "osv", affected=(row("x", "2"),), cves=("CVE-1", "CVE-2"))], expected={"CVE-2": None}),
    Case("several fixed branches: in the first", deb("x", "1.5-1"), tracker=[cve("CVE-1", row("x", "1.6-1"), row("x", "2.3-1", introduced="2.0-1"))], expected={"CVE-1": "1.6-1"}),
    Case("several fixed branches: between them", deb("x", "1.8-1"), tracker=[cve("CVE-1", row("x", "1.6-1"), row("x", "2.3-1", introduced="2.0-1"))]),
    Case("several fixed branches: past all", deb("x", "2.3-1"), tracker=[cve("CVE-1", row("x", "1.6-1"), row("x", "2.3-1", introduced="2.0-1"))]),
    # 4: what vendors say
    Case("4: a package that no row names is silent (CVE-2016-4606)", deb("dacs", "1.4.38a-2"), tracker=[cve("CVE-2016-4606", row("curl", "7.50-1"))]),
    Case("4: gnutls28: a fix that the archive does not carry is none", deb("libgnutls30", "3.7.1-5+deb11u3", source="gnutls28"), platform="debian:11", tracker=[cve("CVE-2023-5981", row("gnutls28", platform="debian:11", vendor_state="open"))], expected={"CVE-2023-5981": None}),
    Case("4: cloud-init: the release carries the fix, whatever no-dsa says", deb("cloud-init", "20.4.1-2"), platform="debian:11", tracker=[cve("CVE-2020-8631", row("cloud-init", "19.4-2", platform="debian:11", vendor_state="resolved"))]),
    Case("4: libgcrypt20 of buster before its DLA", deb("libgcrypt20", "1.8.4-5+deb10u0"), platform="debian:10", tracker=[cve("CVE-2021-33560", row("libgcrypt20", "1.8.4-5+deb10u1", platform="debian:10"), row("libgcrypt20", "1.8.7-6", platform="debian:11"), row("libgcrypt20", "1.7.6-2+deb9u4", platform="debian:9"))], expected={"CVE-2021-33560": "1.8.4-5+deb10u1"}),
    Case("4: libgcrypt20 of buster at its DLA", deb("libgcrypt20", "1.8.4-5+deb10u1"), platform="debian:10", tracker=[cve("CVE-2021-33560", row("libgcrypt20", "1.8.4-5+deb10u1", platform="debian:10"), row("libgcrypt20", "1.8.7-6", platform="debian:11"))]),
    # 23: ids that are gone
    Case("23: a withdrawn advisory says nothing", deb("x", "1"), osv=[Advisory("CVE-2024-23252", "osv", affected=(row("x", "2"),), withdrawn=True)]),
    Case("23: one flaw under two names is one finding", deb("x", "1"), tracker=[cve("CVE-1", row("x", "2"))], osv=[Advisory("GHSA-1", "osv", affected=(row("x", "2"),), aliases=("CVE-1",))], expected={"CVE-1": "2"}),
    # 18
    Case("18: python3-requests with a backported fix below upstream's number", deb("python3-requests", "2.28.1+dfsg-1+deb12u1", source="requests"), tracker=[cve("CVE-2023-32681", row("requests", "2.28.1+dfsg-1+deb12u1"))]),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_verdict(case: Case) -> None:
    advisories = FakeAdvisories({TRACKER: case.tracker, OSV: case.osv, ARCHIVE: case.archive})
    judgement = Matcher(advisories).judge(case.subject, case.platform, case.context)
    found = {d.lead: d.fix.fixed if d.fix else None for d in judgement.affected}
    assert found == case.expected


def test_one_call_gives_a_hit_and_a_clean_id_of_one_package() -> None:
    """glibc 2.28-100: one id fixed in -151, one recorded as never affecting it."""
    tracker = [
        cve("CVE-2016-10228", row("glibc", "2.28-151")),
        cve("CVE-1999-0199", row("glibc", state="not_affected")),
    ]
    matcher = Matcher(FakeAdvisories({TRACKER: tracker}))
    subject = deb("libc6", "2.28-100", source="glibc")
    assert [d.lead for d in matcher.judge(subject, "debian:12").affected] == ["CVE-2016-10228"]
    cleared = matcher.trace(subject, "debian:12", "CVE-1999-0199")
    assert cleared is not None and cleared.verdict == "not_affected"


def test_a_version_that_is_none_is_said_not_to_compare() -> None:
    matcher = Matcher(FakeAdvisories({TRACKER: [cve("CVE-1", row("x", "not a version"))]}))
    judgement = matcher.judge(deb("x", "1"), "debian:12")
    assert not judgement.affected
    assert [d.lead for d in judgement.not_comparable] == ["CVE-1"]


def test_schemes_never_mix() -> None:
    advisory = Advisory("CVE-1", "debian", affected=(Affected("debian:12", "x", "rpm", fixed="2", state="fixed"),))
    judgement = Matcher(FakeAdvisories({TRACKER: [advisory]})).judge(deb("x", "1"), "debian:12")
    assert not judgement.affected and judgement.not_comparable


def test_the_reason_states_the_comparison() -> None:
    matcher = Matcher(FakeAdvisories({TRACKER: [cve("CVE-1", row("openssl", "3.0.22-1~deb12u2"))]}))
    subject = deb("libssl3", "3.0.19-1~deb12u2", source="openssl", source_version="3.0.19-1~deb12u2")
    (decision,) = matcher.judge(subject, "debian:12").affected
    assert decision.comparison == "3.0.19-1~deb12u2 < 3.0.22-1~deb12u2 by dpkg's order"
    assert "source openssl" in subject.line


def test_a_package_is_judged_once_for_all_hosts_that_have_it() -> None:
    matcher = Matcher(FakeAdvisories({TRACKER: [cve("CVE-1", row("x", "2"))]}))
    one, other = matcher.judge(deb("x", "1"), "debian:12"), matcher.judge(deb("x", "1"), "debian:12")
    assert one is other


def test_a_host_wide_condition_is_judged_for_each_host() -> None:
    guarded = row("x", "2", only_if=(Condition("installed", ("kernel6.12",)),))
    matcher = Matcher(FakeAdvisories({TRACKER: [cve("CVE-1", guarded)]}))
    without = matcher.judge(deb("x", "1"), "debian:12", Context(installed=frozenset({"x"})))
    having = matcher.judge(deb("x", "1"), "debian:12", Context(installed=frozenset({"x", "kernel6.12"})))
    assert not without.affected and having.affected
