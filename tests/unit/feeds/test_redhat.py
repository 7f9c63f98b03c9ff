"""Red Hat's VEX documents and OVAL: states, streams, modules, architectures, and the publisher's directory."""

from __future__ import annotations

import bz2
import io
import json
import tarfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import zstandard

from feed_golden import FOLDER, expected, parsed
from publisher import publishing
from shindan.feeds.base import Needs, Options
from shindan.feeds.download import Downloader
from shindan.feeds.redhat import RedhatFeed
from shindan.feeds.redhat_products import package, place
from shindan.model.advisory import Advisory, Affected, Condition
from shindan.model.errors import FeedError
from support import test_data
from unit.feeds.samples import VULS, unpacked

INPUT = FOLDER / "redhat" / "input"


def read(source: Path) -> list[Advisory]:
    records = list(RedhatFeed().parse(source, Options()))
    return [record for record in records if isinstance(record, Advisory)]


def vex(id_: str = "CVE-2026-0001", **changes: Any) -> dict[str, Any]:
    """A document about openssl on RHEL 9: fixed in the main stream and in one paid stream, deferred on RHEL 7."""

    def product(id_: str, **helper: str) -> dict[str, Any]:
        return {"product": {"product_id": id_, "name": id_, "product_identification_helper": helper}}

    builds = {
        "openssl-1:3.0.7-16.el9_2.x86_64": "pkg:rpm/redhat/openssl@3.0.7-16.el9_2?arch=x86_64&epoch=1",
        "openssl-1:3.0.7-16.el9_2.aarch64": "pkg:rpm/redhat/openssl@3.0.7-16.el9_2?arch=aarch64",
        "openssl-1:3.0.7-16.el9_2.src": "pkg:rpm/redhat/openssl@3.0.7-16.el9_2?arch=src&epoch=1",
        "openssl-1:3.0.1-47.el9_0.x86_64": "pkg:rpm/redhat/openssl@3.0.1-47.el9_0?arch=x86_64&epoch=1",
        "openssl": "pkg:rpm/redhat/openssl?arch=src",
        "image": "pkg:oci/ubi9@sha256:1",
    }
    streams = {
        "main": "cpe:/o:redhat:enterprise_linux:9::baseos", "eus": "cpe:/o:redhat:rhel_eus:9.0::baseos",
        "old": "cpe:/o:redhat:enterprise_linux:7",
    }  # fmt: skip
    fixed = [f"main:{build}" for build in list(builds)[:3]] + [f"eus:{list(builds)[3]}", "main:image"]
    listed = [*fixed, "old:openssl"]
    relations = [
        {
            "full_product_name": {"product_id": one},
            "product_reference": one.partition(":")[2],
            "relates_to_product_reference": one.partition(":")[0],
        }
        for one in listed
    ]
    vulnerability = {
        "cve": id_,
        "product_status": {"fixed": fixed, "known_affected": ["old:openssl"]},
        "remediations": [
            {"category": "vendor_fix", "url": "https://x/errata/RHSA-2026:1", "product_ids": fixed[:3]},
            {"category": "none_available", "details": "Fix deferred", "product_ids": ["old:openssl"]},
        ],
        "threats": [
            {"category": "impact", "details": "Low", "product_ids": fixed},
            {"category": "impact", "details": "Moderate", "product_ids": ["old:openssl"]},
        ],
    }
    tree = {
        "branches": [product(b, purl=p) for b, p in builds.items()] + [product(s, cpe=c) for s, c in streams.items()],
        "relationships": relations,
    }
    head = {"tracking": {"id": id_, "status": "final", "current_release_date": "2026-01-02T00:00:00+00:00"}}
    return {"document": head, "product_tree": tree, "vulnerabilities": [{**vulnerability, **changes}]}


def rows(tmp_path: Path, document: dict[str, Any]) -> tuple[Affected, ...]:
    (tmp_path / "x.json").write_text(json.dumps(document))
    (advisory,) = read(tmp_path / "x.json")
    return advisory.affected


def test_golden_records() -> None:
    assert parsed("redhat") == expected("redhat"), "tests/feed_golden.py rewrites them; read the diff"


@pytest.mark.parametrize(
    ("cpe", "platform", "entitlement"),
    [
        ("cpe:/o:redhat:enterprise_linux:8", "rhel:8", ""), ("cpe:/a:redhat:enterprise_linux:9::appstream", "rhel:9", ""),
        ("cpe:/o:redhat:enterprise_linux:10.0", "rhel:10", ""), ("cpe:/o:redhat:rhel_eus:9.2::baseos", "rhel:9", "eus-9.2"),
        ("cpe:/o:redhat:enterprise_linux_eus:10.0", "rhel:10", "eus-10.0"), ("cpe:/a:redhat:rhel_aus:8.4", "rhel:8", "aus-8.4"),
        ("cpe:/a:redhat:rhel_e4s:8.6::appstream", "rhel:8", "e4s-8.6"), ("cpe:/a:redhat:rhel_tus:8.4", "rhel:8", "tus-8.4"),
        ("cpe:/o:redhat:rhel_els:7", "rhel:7", "els-7"), ("cpe:/a:redhat:rhel_extras:7", "rhel:7", ""),
        ("cpe:/a:redhat:rhel_software_collections:3::el7", "rhel:7", ""),
        ("cpe:/a:redhat:openshift:4.16::el9", "openshift:4.16", ""),
        ("cpe:/a:redhat:jboss_enterprise_application_platform:7.4", "jboss_enterprise_application_platform:7.4", ""),
    ],
)  # fmt: skip
def test_the_place_of_a_product(cpe: str, platform: str, entitlement: str) -> None:
    found = place(cpe)
    assert found is not None
    assert (found.platform, [c.values for c in found.only_if]) == (platform, [(entitlement,)] if entitlement else [])


@pytest.mark.parametrize("cpe", ["", "cpe:/o", "cpe:2.3:o:redhat:enterprise_linux:8", "cpe:/o:suse:sles:15"])
def test_what_names_no_product_of_red_hats(cpe: str) -> None:
    assert place(cpe) is None


@pytest.mark.parametrize(
    ("purl", "nevra", "told"),
    [
        ("pkg:rpm/redhat/openssl@1.1.1k-5.el8?arch=x86_64&epoch=1", "", ("openssl", "1:1.1.1k-5.el8", "x86_64", "")),
        ("pkg:rpm/redhat/openssl@1.1.1k-5.el8?arch=x86_64", "openssl-1:1.1.1k-5.el8.x86_64", ("openssl", "1:1.1.1k-5.el8", "x86_64", "")),
        ("pkg:rpm/redhat/xz@5.2-1?epoch=0", "xz-0:5.2-1", ("xz", "5.2-1", "", "")),
        ("pkg:rpm/redhat/redis@6.2.17-1.module%2Bel8.10.0?arch=src&rpmmod=redis:6:8100:489197e6", "", ("redis", "6.2.17-1.module+el8.10.0", "src", "redis:6")),
        ("pkg:rpm/redhat/go-toolset@rhel8?arch=src&rpmmod=go-toolset:rhel8", "", ("go-toolset", "", "src", "go-toolset:rhel8")),
        ("pkg:rpm/redhat/samba", "samba", ("samba", "", "", "")),
    ],
)  # fmt: skip
def test_a_package_url(purl: str, nevra: str, told: tuple[str, str, str, str]) -> None:
    found = package(purl, nevra)
    assert found is not None
    assert (found.name, found.version, found.arch, found.module) == told
    assert package("pkg:oci/ubi9@sha256:1", nevra) is None


def test_streams_architectures_and_severities_by_product(tmp_path: Path) -> None:
    main, paid, old = rows(tmp_path, vex())
    assert (main.platform, main.fixed, main.names, main.severity) == ("rhel:9", "1:3.0.7-16.el9_2", "binary", "Low")
    assert (main.state, main.vendor_state, main.only_if) == (
        "fixed",
        "RHSA-2026:1",
        (Condition("arch", ("aarch64", "x86_64")),),
    )
    assert paid.only_if == (Condition("arch", ("x86_64",)), Condition("entitlement", ("eus-9.0",)))
    assert (old.state, old.vendor_state, old.names, old.severity) == ("deferred", "Fix deferred", "source", "Moderate")


@pytest.mark.parametrize(
    ("status", "category", "details", "state"),
    [
        ("known_affected", "none_available", "Affected", "affected"),
        ("known_affected", "no_fix_planned", "Will not fix", "will_not_fix"),
        ("known_affected", "none_available", "Fix deferred", "deferred"),
        ("known_affected", "no_fix_planned", "Out of support scope", "end_of_life"),
        ("known_affected", "none_available", "Some new word", "affected"),
        ("known_affected", "workaround", "Turn it off", "affected"),
        ("under_investigation", "none_available", "Under investigation", "under_investigation"),
        ("known_not_affected", "none_available", "", "not_affected"),
    ],
)
def test_every_state_keeps_the_vendors_word(
    tmp_path: Path, status: str, category: str, details: str, state: str
) -> None:
    remark = {"category": category, "details": details, "product_ids": ["old:openssl"]}
    changes: dict[str, Any] = {"product_status": {status: ["old:openssl"]}, "remediations": [remark]}
    if status == "known_not_affected":
        changes["flags"] = [{"label": "vulnerable_code_not_present", "product_ids": ["old:openssl"]}]
        details = "vulnerable_code_not_present"
    (row,) = rows(tmp_path, vex(**changes))
    assert row.state == state
    assert row.vendor_state == ("affected" if category == "workaround" else details)


def test_a_source_is_named_only_where_no_binary_is(tmp_path: Path) -> None:
    """A source's epoch is not its binaries': CVE-2020-10543, perl 4:5.26 builds perl-Errno 0:1.28."""
    only_source = {"fixed": ["main:openssl-1:3.0.7-16.el9_2.src"]}
    assert [row.names for row in rows(tmp_path, vex(product_status=only_source))] == ["source"]
    assert "source" not in [row.names for row in rows(tmp_path, vex()) if row.fixed]


def test_the_module_stream_of_a_fix_is_a_guard_and_flatpaks_are_elsewhere() -> None:
    found = [(advisory.id, row) for advisory in read(INPUT) for row in advisory.affected]
    redis = {row.fixed: row.only_if for id_, row in found if id_ == "CVE-2022-24834" and row.package == "redis"}
    guard = Condition("module", ("redis:6",))
    assert guard in redis["6.2.17-1.module+el8.10.0+22680+748527fd"]
    assert guard not in redis["6.2.17-1.el9_5"]
    bundled = {row.platform for id_, row in found if row.package == "python2-libs" and row.state == "will_not_fix"}
    assert bundled == {"rhel-flatpak:8"}


def test_a_deleted_document_is_withdrawn(tmp_path: Path) -> None:
    document = vex()
    document["document"]["tracking"]["status"] = "deleted"
    (tmp_path / "x.json").write_text(json.dumps(document))
    assert read(tmp_path / "x.json")[0].withdrawn


@pytest.mark.parametrize("content", ["", "{", "[]", '{"document": {}}'])
def test_what_is_torn_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "cve-2026-1.json").write_text(content)
    with pytest.raises(FeedError, match=r"cve-2026-1\.json"):
        read(tmp_path)


def test_what_holds_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FeedError, match="holds no document"):
        read(tmp_path)
    with pytest.raises(FeedError):
        read(tmp_path / "no")


# ── the publisher's directory ──


def archive(**documents: dict[str, Any]) -> bytes:
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as tar:
        for name, document in documents.items():
            content = json.dumps(document).encode()
            entry = tarfile.TarInfo(f"2026/{name.replace('_', '-')}.json")
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return zstandard.ZstdCompressor().compress(raw.getvalue())


def directory() -> dict[str, bytes]:
    whole = archive(
        cve_2026_0001=vex("CVE-2026-0001"), cve_2026_0002=vex("CVE-2026-0002"), cve_2026_0003=vex("CVE-2026-0003")
    )
    changed = vex("CVE-2026-0002", product_status={"known_not_affected": ["old:openssl"]})
    return {
        "/vex/archive_latest.txt": b"csaf_vex_2026-11-20.tar.zst\n",
        "/vex/csaf_vex_2026-11-20.tar.zst": whole,
        "/vex/changes.csv": b'"2026/cve-2026-0002.json","2026-11-21T10:00:00+00:00"\n'
        b'"2026/cve-2026-0004.json","2026-11-20T23:00:00+00:00"\n"2026/cve-2026-0001.json","2026-11-19T00:00:00+00:00"\n'
        b'"../../etc/passwd","2026-11-22T00:00:00+00:00"\n',
        "/vex/deletions.csv": b'"2026/cve-2026-0003.json","2026-11-21T00:00:00+00:00"\n',
        "/vex/2026/cve-2026-0002.json": json.dumps(changed).encode(),
        "/vex/2026/cve-2026-0004.json": json.dumps(vex("CVE-2026-0004")).encode(),
    }


def test_the_archive_and_what_changed_since(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    feed, files, needs = RedhatFeed(), directory(), Needs(frozenset({"rhel:9"}))
    assert feed.serves(needs) and not feed.serves(Needs(frozenset({"debian:12"})))
    with publishing(files) as publisher, Downloader() as get:
        monkeypatch.setenv("SHINDAN_FEED_REDHAT_URL", f"{publisher.url}/vex")
        first = feed.fetch(get, needs, tmp_path, None)
        found = {advisory.id: advisory for advisory in read(tmp_path)}
        assert sorted(found) == ["CVE-2026-0001", "CVE-2026-0002", "CVE-2026-0004"]
        assert [row.state for row in found["CVE-2026-0002"].affected] == ["not_affected"]
        publisher.asked.clear()
        assert feed.fetch(get, needs, tmp_path, first) is None
        documents = [path for path, _ in publisher.asked if path.endswith((".json", ".zst"))]
        assert documents == [], "nothing that is there already is fetched again"
        files["/vex/archive_latest.txt"] = b"csaf_vex_2026-11-23.tar.zst"
        files["/vex/csaf_vex_2026-11-23.tar.zst"] = archive(cve_2026_0009=vex("CVE-2026-0009"))
        assert feed.fetch(get, needs, tmp_path, first) not in (None, first)
    assert [advisory.id for advisory in read(tmp_path)] == ["CVE-2026-0009"]
    assert [path.name for path in tmp_path.glob("*.tar.zst")] == ["csaf_vex_2026-11-23.tar.zst"]


def test_a_strange_directory_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {"/archive_latest.txt": b"../../../etc/passwd"}
    with publishing(files) as publisher, Downloader() as get:
        monkeypatch.setenv("SHINDAN_FEED_REDHAT_URL", publisher.url)
        with pytest.raises(FeedError, match="names no archive"):
            RedhatFeed().fetch(get, Needs(), tmp_path, None)


def test_a_torn_manifest_or_archive_is_refused(tmp_path: Path) -> None:
    (tmp_path / "redhat.json").write_text("{")
    with pytest.raises(FeedError, match="torn"):
        read(tmp_path)
    whole = archive(cve_2026_0001=vex())
    (tmp_path / "redhat.json").write_text(json.dumps({"archive": "a.tar.zst"}))
    (tmp_path / "a.tar.zst").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(FeedError):
        read(tmp_path)


# ── the publisher's own files ──


@pytest.mark.data
def test_real_documents(tmp_path: Path) -> None:
    folder = unpacked(tmp_path, VULS, "/extract/redhat/vex/v1/testdata/fixtures/vex/")
    found = read(folder)
    assert len(found) == len(list(folder.rglob("CVE-*.json"))) == 14
    states = Counter(row.state for advisory in found for row in advisory.affected)
    assert set(states) == {"affected", "fixed", "not_affected", "will_not_fix", "deferred", "end_of_life"}


@pytest.mark.data
def test_no_rpm_of_a_real_document_is_lost(tmp_path: Path) -> None:
    folder = unpacked(tmp_path, VULS, "/extract/redhat/vex/v1/testdata/fixtures/vex/2023/CVE-2023-28484.json")
    (file,) = folder.rglob("*.json")
    document = json.loads(file.read_bytes())
    status = document["vulnerabilities"][0]["product_status"]
    binary = {id_.partition(":")[2] for id_ in status["fixed"] if not id_.endswith((".src", "_amd64"))}
    (advisory,) = read(file)
    told = {
        f"{row.package}-{row.fixed if ':' in row.fixed else '0:' + row.fixed}.{arch}"
        for row in advisory.affected
        if row.fixed and row.names == "binary"
        for arch in next((c.values for c in row.only_if if c.kind == "arch"), ("noarch",))
    }
    assert told == {name for name in binary if name and "@" not in name}, "'' is a product without packages"


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "definitions", "without_packages"),
    [("rhel-8.oval.xml.bz2", 181, 0), ("com.redhat.rhsa-RHEL8.xml.bz2", 129, 0), ("Red_Hat_Enterprise_Linux_3.xml.bz2", 327, 5)],
)  # fmt: skip
def test_real_oval(name: str, definitions: int, without_packages: int) -> None:
    path = test_data(f"redhat/{name}")
    found = read(path)
    assert len(found) == bz2.decompress(path.read_bytes()).count(b"<definition ") == definitions
    assert sum(not advisory.affected for advisory in found) == without_packages, "end of life notices"


@pytest.mark.data
def test_openssl_of_rhel_8_is_fixed_with_its_epoch() -> None:
    """RHEL 8, CVE-2018-0735: `openssl-libs 1:1.1.1b-1.el8` has it, `1:1.1.1c-2.el8` does not."""
    found = [a for a in read(test_data("redhat/com.redhat.rhsa-RHEL8.xml.bz2")) if "CVE-2018-0735" in a.cves]
    rows = {row.package: row for advisory in found for row in advisory.affected}
    assert (rows["openssl-libs"].fixed, rows["openssl-libs"].names) == ("1:1.1.1c-2.el8", "binary")


@pytest.mark.data
def test_releases_of_one_definition_stay_apart() -> None:
    for advisory in read(test_data("redhat/Red_Hat_Enterprise_Linux_3.xml.bz2")):
        for row in advisory.affected:
            release = row.platform.removeprefix("rhel:")
            for other in {"3", "4", "5"} - {release}:
                assert not row.fixed.endswith(f".el{other}") or not row.platform.startswith("rhel:"), (advisory.id, row)
