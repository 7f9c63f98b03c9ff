"""Ubuntu's CVE tracker and package feed: every state, pockets behind Ubuntu Pro, priorities, and what is torn."""

from __future__ import annotations

import json
import lzma
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feed_golden import FOLDER, expected, lines, parsed
from publisher import publishing
from shindan.feeds.base import Needs, Options
from shindan.feeds.containers import members
from shindan.feeds.download import Downloader
from shindan.feeds.ubuntu import UbuntuFeed
from shindan.feeds.ubuntu_series import SERIES, codename, place
from shindan.feeds.ubuntu_tracker import FILE, advisory_of
from shindan.model.advisory import Advisory, Affected
from shindan.model.errors import FeedError
from support import test_data

PACKAGES = FOLDER / "ubuntu" / "packages"


def read(source: Path) -> list[Advisory]:
    return [record for record in UbuntuFeed().parse(source, Options()) if isinstance(record, Advisory)]


def tracked(*said: str) -> tuple[Affected, ...]:
    text = "Candidate: CVE-2026-0001\nPublicDate: 2026-01-02 03:04:05 UTC\nPriority: medium\n" + "\n".join(said)
    return advisory_of("active/CVE-2026-0001", text.encode()).affected


def services(row: Affected) -> tuple[str, ...]:
    return next((condition.values for condition in row.only_if if condition.kind == "entitlement"), ())


def test_golden_records() -> None:
    assert parsed("ubuntu") == expected("ubuntu"), "tests/feed_golden.py rewrites them; read the diff"


@pytest.mark.parametrize(
    ("line", "state", "fixed"),
    [
        ("focal_p: needed", "affected", ""),
        ("focal_p: in-progress", "affected", ""),
        ("focal_p: pending (1.2-3)", "affected", ""),
        ("focal_p: needs-triage", "under_investigation", ""),
        ("focal_p: deferred (2026-01-01)", "deferred", ""),
        ("focal_p: released (1:1.2-3ubuntu0.1)", "fixed", "1:1.2-3ubuntu0.1"),
        ("focal_p: released [1.2-3]", "fixed", "1.2-3"),
        ("focal_p: released 0.94.dfsg.1-1ubuntu0.1)", "fixed", "0.94.dfsg.1-1ubuntu0.1"),
        ("focal_p: not-affected 91:2.4.12+dfsg-1.3)", "not_affected", ""),
        ("focal_p: released (1.2-3, was pending)", "fixed", "1.2-3"),
        ("focal_p: released", "not_affected", ""),
        ("focal_p: not-affected (code not present)", "not_affected", ""),
        ("focal_p: DNE", "not_affected", ""),
        ("focal_p: DNE (focal was needed)", "end_of_life", ""),
        ("focal_p: DNE (focal was not-affected [1.2])", "not_affected", ""),
        ("focal_p: ignored (no fix is possible)", "will_not_fix", ""),
        ("focal_p: ignored (was needed ESM criteria)", "will_not_fix", ""),
        ("focal_p: ignored (end of standard support, was needed)", "end_of_life", ""),
        ("focal_p: ignored (was needs-triage now end-of-life)", "end_of_life", ""),
        ("focal_p: ignored (out of standard support)", "end_of_life", ""),
    ],
)
def test_every_state_of_the_tracker(line: str, state: str, fixed: str) -> None:
    (row,) = tracked(line)
    assert (row.platform, row.package, row.scheme, row.names) == ("ubuntu:20.04", "p", "deb", "source")
    assert (row.state, row.fixed) == (state, fixed)
    assert line.removeprefix("focal_p: ").startswith(row.vendor_state.split(" (")[0])


@pytest.mark.parametrize(
    "line", ["upstream_p: needed", "snap_p: needed", "Patches_p: x", "Tags_p_focal: y", "focal_p: invented", "focal_p:", "focal_: needed"]
)  # fmt: skip
def test_what_is_no_state_of_a_release(line: str) -> None:
    assert tracked(line) == ()


@pytest.mark.parametrize(
    ("pocket", "platform", "service"),
    [
        ("xenial", "ubuntu:16.04", ""), ("trusty/esm", "ubuntu:14.04", "esm-infra"), ("precise/esm", "ubuntu:12.04", "esm-infra"),
        ("esm-infra/xenial", "ubuntu:16.04", "esm-infra"), ("esm-apps/jammy", "ubuntu:22.04", "esm-apps"),
        ("esm-infra-legacy/trusty", "ubuntu:14.04", "esm-infra-legacy"), ("fips-updates/bionic", "ubuntu:18.04", "fips-updates"),
        ("ros-esm/foxy", None, ""), ("upstream", None, ""), ("devel", "ubuntu:devel", ""),
    ],
)  # fmt: skip
def test_pockets(pocket: str, platform: str | None, service: str) -> None:
    found = place(pocket)
    assert (found[0] if found else None) == platform
    if found:
        assert [condition.values for condition in found[1]] == ([(service,)] if service else [])


def test_the_priority_of_a_package_in_a_release_leads() -> None:
    said = ("Priority_p: low", "Priority_p_esm-infra/xenial: high", " since it is remote", "focal_p: needed",
            "esm-infra/xenial_p: needed", "focal_q: needed")  # fmt: skip
    assert {(row.package, row.platform): row.severity for row in tracked(*said)} == {
        ("p", "ubuntu:20.04"): "low", ("p", "ubuntu:16.04"): "high", ("q", "ubuntu:20.04"): "medium",
    }  # fmt: skip


def test_drafts_and_lists_beside_the_records_are_not_read() -> None:
    assert {advisory.id for advisory in read(FOLDER / "ubuntu" / "input")} == {
        path.name for path in (FOLDER / "ubuntu" / "input").rglob("CVE-*")
    }


def test_a_file_without_a_candidate_is_refused() -> None:
    with pytest.raises(FeedError, match="active/CVE-2026-0001"):
        advisory_of("active/CVE-2026-0001", b"Priority: low\n")


@settings(max_examples=150)
@given(st.binary(max_size=400))
def test_no_bytes_end_in_anything_but_an_advisory_or_a_feed_error(noise: bytes) -> None:
    try:
        assert advisory_of("x", b"Candidate: CVE-2026-0001\n" + noise).id
    except FeedError:
        assert b"Candidate" in noise


# ── the package feed ──


def test_golden_records_of_the_package_feed() -> None:
    told = lines(UbuntuFeed().parse(PACKAGES, Options()))
    assert [json.loads(line)["id"] for line in told] == [
        "CVE-2012-6655", "CVE-2023-3297", "CVE-2018-14036", "CVE-2020-16127", "CVE-2019-18276",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("id_", "package", "state", "fixed", "service", "severity"),
    [
        ("CVE-2012-6655", "accountsservice", "affected", "", (), "low"),
        ("CVE-2023-3297", "accountsservice", "fixed", "0.6.40-2ubuntu11.6+esm1", ("esm-infra",), "medium"),
        ("CVE-2018-14036", "accountsservice", "fixed", "0.6.40-2ubuntu11.6", (), ""),
        ("CVE-2020-16127", "accountsservice", "not_affected", "", (), ""),
        ("CVE-2019-18276", "bash", "fixed", "4.3-14ubuntu1.4+esm1", ("esm",), ""),
    ],
)
def test_what_the_ubuntu_pro_client_expects(
    id_: str, package: str, state: str, fixed: str, service: tuple[str, ...], severity: str
) -> None:
    """16.04: verdicts of the client's own test `features/api/cves.feature`."""
    (row,) = next(advisory.affected for advisory in read(PACKAGES) if advisory.id == id_)
    assert (row.platform, row.package, row.names) == ("ubuntu:16.04", package, "source")
    assert (row.state, row.fixed, services(row), row.severity) == (state, fixed, service, severity)


def feed_file(folder: Path, name: str, **changes: Any) -> Path:
    said = json.loads((PACKAGES / "com.ubuntu.xenial.pkg.json").read_text())
    path = folder / name
    path.write_bytes(lzma.compress(json.dumps({**said, **changes}).encode()))
    return path


def test_a_certified_series_needs_its_service(tmp_path: Path) -> None:
    path = feed_file(tmp_path, "com.ubuntu.fips-updates_xenial.pkg.json.xz")
    assert {services(row) for advisory in read(path) for row in advisory.affected} == {("fips-updates",)}


@pytest.mark.parametrize(
    "changes",
    [{"packages": 5}, {"packages": {"p": {"cves": {"CVE-1": {"source_fixed_version": 5}}}}}, {"release": "warthog"}],
    ids=["no packages", "no version", "unknown series"],
)
def test_what_is_no_package_feed_is_refused(tmp_path: Path, changes: dict[str, Any]) -> None:
    with pytest.raises(FeedError, match=r"com\.ubuntu\.xenial"):
        read(feed_file(tmp_path, "com.ubuntu.xenial.pkg.json.xz", **changes))


def test_what_is_torn_or_empty_is_refused(tmp_path: Path) -> None:
    path = feed_file(tmp_path, "com.ubuntu.xenial.pkg.json.xz")
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(FeedError):
        read(path)
    (tmp_path / "other").mkdir()
    with pytest.raises(FeedError, match="holds no package feed"):
        read(tmp_path / "other")


def test_one_file_a_release_is_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = feed_file(tmp_path, "com.ubuntu.xenial.pkg.json.xz").read_bytes()
    feed, into = UbuntuFeed(), tmp_path / "input"
    needs = Needs(frozenset({"ubuntu:16.04", "debian:12", "ubuntu:99.04"}))
    assert feed.serves(Needs(needs.platforms, everything=True)) and not feed.serves(needs)
    with publishing({"/com.ubuntu.xenial.pkg.json.xz": content}) as publisher, Downloader() as get:
        monkeypatch.setenv("SHINDAN_FEED_UBUNTU_URL", publisher.url)
        first = feed.fetch(get, needs, into, None)
        assert feed.fetch(get, needs, into, first) is None
        assert publisher.statuses() == [200, 304]
    assert len(read(into)) == 5


# ── the publishers' own files ──


@pytest.mark.data
def test_series_are_those_of_distro_info() -> None:
    rows = [line.split(",") for line in test_data("eol/distro-info/ubuntu.csv").read_text().splitlines()[1:] if line]
    assert {row[2]: row[0].removesuffix(" LTS") for row in rows} == {k: v for k, v in SERIES.items() if k != "devel"}
    assert codename("ubuntu:22.04") == "jammy"


@pytest.mark.data
@pytest.mark.slow
def test_no_line_of_the_real_tracker_is_lost() -> None:
    archive = test_data("ubuntu/ubuntu-cve-tracker-2020-06-18.tar.zst")
    states = "needed|active|in-progress|pending|needs-triage|deferred|released|not-affected|DNE|ignored"
    line = re.compile(rf"^(?!upstream|Tags|Patches)\S+?_\S+?:[ \t]*(?:{states})\b", re.M)
    differing, count = {}, 0
    for name, content in members(archive):
        if FILE.search(f"/{name}"):
            found = line.findall(content.decode("utf-8", "replace"))
            named = sum(place(one.partition("_")[0]) is not None for one in found)
            told = len(advisory_of(name, content).affected)
            count += 1
            if told != named:
                differing[name] = (named, told)
    assert count == 33_126
    assert not differing
