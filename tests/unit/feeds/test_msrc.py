"""Microsoft's CVRF and CSAF documents: products, builds and updates, and what is torn or hostile."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from feed_golden import expected, parsed
from publisher import publishing
from shindan.feeds.base import Needs, Options
from shindan.feeds.download import Downloader
from shindan.feeds.msrc import MsrcFeed
from shindan.feeds.msrc_products import platform, row
from shindan.model.advisory import Advisory, Condition
from shindan.model.errors import FeedError
from unit.feeds.samples import VULS, unpacked

MONTH = """<?xml version="1.0"?><cvrf:cvrfdoc xmlns:cvrf="http://www.icasi.org/CVRF/schema/cvrf/1.1"
 xmlns:prod="http://www.icasi.org/CVRF/schema/prod/1.1" xmlns:vuln="http://www.icasi.org/CVRF/schema/vuln/1.1">
<prod:ProductTree><prod:Branch><prod:FullProductName ProductID="1">Windows Server 2022</prod:FullProductName>
<prod:FullProductName ProductID="2">Windows 10 Version 22H2 for x64-based Systems</prod:FullProductName></prod:Branch>
</prod:ProductTree><vuln:Vulnerability><vuln:Title>A flaw</vuln:Title><vuln:CVE>CVE-2026-0001</vuln:CVE>
<vuln:ProductStatuses><vuln:Status Type="Known Affected"><vuln:ProductID>1</vuln:ProductID><vuln:ProductID>2</vuln:ProductID>
<vuln:ProductID>3</vuln:ProductID></vuln:Status></vuln:ProductStatuses><vuln:Threats><vuln:Threat Type="Severity">
<vuln:Description>Critical</vuln:Description><vuln:ProductID>1</vuln:ProductID></vuln:Threat></vuln:Threats>
<vuln:Remediations><vuln:Remediation Type="Vendor Fix"><vuln:Description>5035857</vuln:Description>
<vuln:ProductID>1</vuln:ProductID><vuln:FixedBuild>10.0.20348.2340</vuln:FixedBuild></vuln:Remediation>
<vuln:Remediation Type="Vendor Fix"><vuln:Description>5035845</vuln:Description><vuln:ProductID>2</vuln:ProductID>
</vuln:Remediation></vuln:Remediations></vuln:Vulnerability></cvrf:cvrfdoc>"""


def read(source: Path) -> list[Advisory]:
    return [record for record in MsrcFeed().parse(source, Options()) if isinstance(record, Advisory)]


def test_golden_records() -> None:
    assert parsed("msrc") == expected("msrc"), "tests/feed_golden.py rewrites them; read the diff"


@pytest.mark.parametrize(
    ("product", "key", "arches"),
    [
        ("Windows Server 2022", "windows:server-2022", ()),
        ("Windows Server 2012 R2 (Server Core installation)", "windows:server-2012-r2", ()),
        ("Windows 10 Version 22H2 for x64-based Systems", "windows:10-version-22h2", ("x86_64",)),
        ("Windows 11 Version 23H2 for ARM64-based Systems", "windows:11-version-23h2", ("aarch64",)),
        ("Windows 8.1 for 32-bit systems", "windows:8.1", ("i686",)),
        ("Microsoft Edge (Chromium-based)", "microsoft:edge-chromium-based", ()),
        (".NET 8.0", "microsoft:.net-8.0", ()),
    ],
)
def test_a_product(product: str, key: str, arches: tuple[str, ...]) -> None:
    assert platform(product) == key
    assert row(product, "", "", "").only_if == ((Condition("arch", arches),) if arches else ())


@pytest.mark.parametrize(
    ("update", "build", "told"),
    [
        ("5035857", "10.0.20348.2340", ("windows", "10.0.20348.2340", "KB5035857", "fixed")),
        ("5035857", "", ("kb", "KB5035857", "KB5035857", "fixed")),
        ("Release Notes", "17.9.3", ("windows", "17.9.3", "Release Notes", "fixed")),
        ("Click to Run", "https://aka.ms/x", ("windows", "", "Click to Run", "affected")),
        ("", "", ("windows", "", "Known Affected", "affected")),
    ],
)
def test_a_fix(update: str, build: str, told: tuple[str, str, str, str]) -> None:
    found = row("Windows", update, build, "")
    assert (found.scheme, found.fixed, found.vendor_state, found.state) == told


def test_every_affected_product_has_its_row(tmp_path: Path) -> None:
    (tmp_path / "2026-Jan.xml").write_text(MONTH)
    (advisory,) = read(tmp_path)
    assert [(one.package, one.fixed, one.severity) for one in advisory.affected] == [
        ("Windows Server 2022", "10.0.20348.2340", "Critical"),
        ("Windows 10 Version 22H2 for x64-based Systems", "KB5035845", ""),
        ("3", "", ""),
    ]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.xml", MONTH[:600]), ("x.xml", '<!DOCTYPE d [<!ENTITY a "b">]><d>&a;</d>'), ("x.xml", "<d/>"),
        ("x.json", '{"csaf_version": "2.0"'), ("x.json", '{"document": {"csaf_version": "2.0"}}'),
    ],
    ids=["cut", "entities", "other xml", "cut json", "no tracking"],
)  # fmt: skip
def test_what_is_torn_or_hostile_is_refused(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(FeedError):
        read(tmp_path)


def test_a_folder_without_any_is_refused(tmp_path: Path) -> None:
    (tmp_path / "updates").write_text('{"value": []}')
    with pytest.raises(FeedError, match="holds no document"):
        read(tmp_path)


def test_months_are_fetched_when_they_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def listing(*dates: str) -> bytes:
        months = [
            {"ID": f"2026-{name}", "CurrentReleaseDate": date} for name, date in zip(("Jan", "Feb"), dates, strict=True)
        ]
        return json.dumps({"value": [*months, {"ID": "../etc", "CurrentReleaseDate": ""}]}).encode()

    files = {"/updates": listing("2026-01-13T08:00:00Z", "2026-02-10T08:00:00Z")}
    files |= {
        f"/cvrf/2026-{name}": MONTH.replace("0001", f"000{number}").encode()
        for number, name in enumerate(("Jan", "Feb"))
    }
    feed, needs = MsrcFeed(), Needs(frozenset({"windows:server-2022"}))
    assert feed.serves(needs) and not feed.serves(Needs(frozenset({"debian:12"})))
    with publishing(files) as publisher, Downloader() as get:
        monkeypatch.setenv("SHINDAN_FEED_MSRC_URL", publisher.url)
        first = feed.fetch(get, needs, tmp_path, None)
        assert feed.fetch(get, needs, tmp_path, first) is None
        assert [path for path, _ in publisher.asked].count("/cvrf/2026-Jan") == 1
        files["/updates"] = listing("2026-01-13T08:00:00Z", "2026-02-12T08:00:00Z")
        assert feed.fetch(get, needs, tmp_path, first) not in (None, first)
        assert [path for path, _ in publisher.asked].count("/cvrf/2026-Feb") == 2
    assert sorted(advisory.id for advisory in read(tmp_path)) == ["CVE-2026-0000", "CVE-2026-0001"]


@pytest.mark.data
def test_real_documents(tmp_path: Path) -> None:
    cvrf = read(unpacked(tmp_path / "a", VULS, "/fetch/microsoft/cvrf/testdata/fixtures/happy/cvrf/"))
    assert {advisory.id: len(advisory.affected) for advisory in cvrf} == {"CVE-2016-0088": 6, "CVE-2024-21392": 6}
    csaf = read(unpacked(tmp_path / "b", VULS, "/fetch/microsoft/csaf/testdata/fixtures/happy/2025/"))
    assert {advisory.id: advisory.affected[0].fixed for advisory in csaf} == {
        "CVE-2025-29795": "1.3.195.45",
        "CVE-2025-29806": "129.0.2792.52",
    }
