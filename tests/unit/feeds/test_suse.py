"""SUSE's OVAL: products to platforms without leaks between service packs, and every state."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from feed_golden import FOLDER, expected, parsed
from publisher import publishing
from shindan.feeds.base import Needs, Options
from shindan.feeds.download import Downloader
from shindan.feeds.suse import SuseFeed
from shindan.feeds.suse_products import places
from shindan.model.advisory import Advisory, Condition
from shindan.model.errors import FeedError
from unit.feeds.samples import VULS, unpacked

INPUT = FOLDER / "suse" / "input"
SMALL = """<oval_definitions><definitions><definition class="vulnerability" id="oval:org.opensuse.security:def:1">
<metadata><title>CVE-2026-0001</title></metadata><criteria operator="AND"><criteria operator="OR">
<criterion test_ref="a" comment="SUSE Linux Enterprise Server 15 SP6 is installed"/></criteria><criteria operator="OR">
<criterion test_ref="b" comment="kernel-default is affected"/><criterion test_ref="c" comment="curl is not affected"/>
<criterion test_ref="d" comment="xz-5.2.3-150000.4.7.1 is installed"/></criteria></criteria></definition></definitions>
</oval_definitions>"""


def read(source: Path) -> list[Advisory]:
    return [record for record in SuseFeed().parse(source, Options()) if isinstance(record, Advisory)]


def test_golden_records() -> None:
    assert parsed("suse") == expected("suse"), "tests/feed_golden.py rewrites them; read the diff"


@pytest.mark.parametrize(
    ("product", "platforms", "entitlement"),
    [
        ("SUSE Linux Enterprise Server 15", ["sles:15"], ()),
        ("SUSE Linux Enterprise Server 15 SP6", ["sles:15.6"], ()),
        ("SUSE Linux Enterprise Server 15 SP7", ["sles:15.7"], ()),
        ("SUSE Linux Enterprise Server 15-SP4", ["sles:15.4"], ()),
        ("SUSE Linux Enterprise Server 15 SP3-LTSS", ["sles:15.3"], ("ltss",)),
        ("SUSE Linux Enterprise Server 15-LTSS", ["sles:15"], ("ltss",)),
        ("SUSE Linux Enterprise Server for SAP Applications 15 SP1", ["sles:15.1"], ("sap",)),
        ("SUSE Linux Enterprise Server 16.0", ["sles:16.0"], ()),
        ("SUSE Linux Enterprise Module for Basesystem 15 SP5", ["sles:15.5"], ()),
        ("SUSE Linux Enterprise Live Patching 15 SP3", ["sles:15.3"], ()),
        ("SUSE Linux Enterprise Module for Public Cloud 12", ["sles:12", "sles:12.1", "sles:12.2", "sles:12.3", "sles:12.4", "sles:12.5"], ()),
        ("SUSE Linux Enterprise Server 12", ["sles:12"], ()),
        ("SUSE Linux Enterprise Desktop 15 SP4", ["sled:15.4"], ()),
        ("SUSE Linux Enterprise High Performance Computing 15 SP2-ESPOS", ["sle-hpc:15.2"], ("espos",)),
        ("SUSE Linux Enterprise Micro 5.4", ["sle-micro:5.4"], ()),
        ("SUSE Linux Micro 6.1", ["sl-micro:6.1"], ()),
        ("SUSE Manager Server 4.3", ["suse-product:suse-manager-server-4.3"], ()),
        ("SUSE Linux Enterprise Real Time 15 SP2", ["suse-product:suse-linux-enterprise-real-time-15-sp2"], ()),
        ("openSUSE Leap 15.5", ["opensuse-leap:15.5"], ()),
        ("openSUSE Leap Micro 5.2", ["leap-micro:5.2"], ()),
        ("openSUSE Tumbleweed", ["opensuse-tumbleweed"], ()),
        ("sles10-sp4", ["sles:10.4"], ()), ("suse102", ["opensuse:10.2"], ()), ("core9", ["sles:9"], ()),
    ],
)  # fmt: skip
def test_the_platforms_of_a_product(product: str, platforms: list[str], entitlement: tuple[str, ...]) -> None:
    found = places(product)
    assert [place.platform for place in found] == platforms
    wanted = (Condition("entitlement", entitlement),) if entitlement else ()
    assert all(place.only_if == wanted for place in found)


def test_every_state_of_one_service_pack(tmp_path: Path) -> None:
    """The tests themselves are cut off here: their names tell enough."""
    (tmp_path / "x.xml").write_text(SMALL)
    (advisory,) = read(tmp_path)
    assert [(row.platform, row.package, row.state, row.fixed, row.names) for row in advisory.affected] == [
        ("sles:15.6", "kernel-default", "affected", "", "any"),
        ("sles:15.6", "curl", "not_affected", "", "any"),
        ("sles:15.6", "xz", "fixed", "5.2.3-150000.4.7.1", "binary"),
    ]


def test_a_number_for_an_operation_is_understood() -> None:
    (found,) = (advisory for advisory in read(INPUT) if advisory.id == "CVE-2010-1323")
    assert {row.fixed for row in found.affected if row.package == "krb5"} == {"1.15.2-4.25"}


@pytest.mark.parametrize(
    "content",
    ["", SMALL[:300], "<oval_definitions/>", SMALL.replace("org.opensuse", "com.redhat"),
     '<!DOCTYPE d [<!ENTITY a "b">]>' + SMALL],
    ids=["empty", "cut", "nothing in it", "another publisher's", "entities"],
)  # fmt: skip
def test_what_is_torn_or_hostile_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "x.xml").write_text(content)
    with pytest.raises(FeedError, match=r"x\.xml"):
        read(tmp_path)


def test_each_service_pack_has_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = gzip.compress(SMALL.encode())
    files = {"/suse.linux.enterprise.15-sp6-affected.xml.gz": content, "/opensuse.leap.15.5.xml.gz": content}
    feed, needs = SuseFeed(), Needs(frozenset({"sles:15.6", "opensuse-leap:15.5", "debian:12"}))
    assert feed.serves(needs) and not feed.serves(Needs(frozenset({"debian:12"})))
    with publishing(files) as publisher, Downloader() as get:
        monkeypatch.setenv("SHINDAN_FEED_SUSE_URL", publisher.url)
        first = feed.fetch(get, needs, tmp_path, None)
        assert feed.fetch(get, needs, tmp_path, first) is None
        with pytest.raises(FeedError, match="404"):
            feed.fetch(get, Needs(frozenset({"sles:15.9"})), tmp_path / "other", None)
    assert len(read(tmp_path)) == 2


@pytest.mark.data
def test_real_files(tmp_path: Path) -> None:
    folder = unpacked(tmp_path, VULS, "/fetch/suse/oval/testdata/fixtures/happy/")
    files = [path for path in folder.rglob("*.xml.gz") if path.is_file()]
    assert len(files) == 14
    for file in files:
        found = read(file)
        assert len(found) == gzip.decompress(file.read_bytes()).count(b"<definition "), file.name
        assert all(advisory.affected for advisory in found), file.name


@pytest.mark.data
def test_a_record_of_one_service_pack_never_speaks_of_another(tmp_path: Path) -> None:
    folder = unpacked(tmp_path, VULS, "/suse.linux.enterprise.12-affected.xml.gz")
    rows = [row for advisory in read(folder) for row in advisory.affected]
    assert {row.platform for row in rows if row.platform.startswith("sles:")} == {
        "sles:12.2", "sles:12.3", "sles:12.4", "sles:12.5",
    }  # fmt: skip
