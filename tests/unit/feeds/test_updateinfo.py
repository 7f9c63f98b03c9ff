"""updateinfo.xml of every rpm distribution: platforms, guards, caches, mirrors, and what is torn."""

from __future__ import annotations

import gzip
import hashlib
import lzma
import re
import shutil
from pathlib import Path

import pytest
import zstandard

from feed_golden import FOLDER, expected, parsed
from publisher import publishing
from shindan.feeds.base import Needs, Options, Repository
from shindan.feeds.containers import open_stream
from shindan.feeds.download import Downloader
from shindan.feeds.updateinfo import UpdateinfoFeed
from shindan.feeds.updateinfo_platforms import platform_of
from shindan.feeds.updateinfo_repositories import PLATFORMS, published
from shindan.model.advisory import Advisory, Affected, Condition, Note, Record
from shindan.model.errors import FeedError
from unit.feeds.samples import VULS, unpacked

INPUT = FOLDER / "updateinfo" / "input"
UPDATE = """<update type="security" status="final"><id>{id}</id><title>t</title><severity>Low</severity>
<references><reference type="cve" id="CVE-2026-0001" href=""/></references><pkglist>{lists}</pkglist></update>"""
PACKAGE = '<package name="{0}" epoch="{1}" version="{2}" release="{3}" arch="{4}"/>'


def document(
    *packages: tuple[str, str, str, str, str], short: str = "amazon-linux-2", id_: str = "ALAS2-2026-1"
) -> str:
    listed = "".join(PACKAGE.format(*package) for package in packages)
    lists = f'<collection short="{short}"><name/>{listed}</collection>'
    return f"<updates>{UPDATE.format(id=id_, lists=lists)}</updates>"


def read(source: Path) -> list[Record]:
    return list(UpdateinfoFeed().parse(source, Options()))


def rows(tmp_path: Path, text: str) -> dict[str, Affected]:
    (tmp_path / "updateinfo.xml").write_text(text)
    (advisory,) = (record for record in read(tmp_path / "updateinfo.xml") if isinstance(record, Advisory))
    return {row.package: row for row in advisory.affected}


def golden(id_: str) -> Advisory:
    (found,) = (record for record in read(INPUT) if isinstance(record, Advisory) and record.id == id_)
    return found


def test_golden_records() -> None:
    assert parsed("updateinfo") == expected("updateinfo"), "tests/feed_golden.py rewrites them; read the diff"


@pytest.mark.parametrize(
    ("words", "advisory", "release", "platform"),
    [
        (("amazon-linux-2023---kernel-livepatch", "", ""), "ALAS2023LIVEPATCH-2023-001", "", "amzn:2023"),
        (("amazon-linux-2---kernel-5.10", "", ""), "ALAS2KERNEL-5.10-2022-001", "", "amzn:2"),
        (("amazon-linux-2", "Amazon Linux 2", ""), "ALAS2-2018-939", "", "amzn:2"),
        (("amazon-linux-ami", "", ""), "ALAS-2011-1", "", "amzn:1"),
        (("almalinux-9-for-x86_64-baseos-rpms__9_1_default", "", ""), "ALSA-2022:4940", "", "almalinux:9"),
        (("RL8", "Rocky Linux 8", ""), "RLSA-2021:1", "", "rocky:8"),
        (("ol8_baseos_latest", "Oracle Linux 8", ""), "ELSA-2021-1", "", "ol:8"),
        (("F43", "Fedora 43", "Fedora 43"), "FEDORA-2025-4a08954c02", "", "fedora:43"),
        (("EL-6", "Fedora EPEL 6", ""), "FEDORA-EPEL-2018-abe0e978c0", "", "epel:6"),
        (("rhel-9-for-x86_64-baseos-rpms__9_2", "", ""), "RHSA-2023:1", "", "rhel:9"),
        (("", "", ""), "SUSE-SLE-Module-Basesystem-15-SP5-2023-2894", "", "sles:15.5"),
        (("", "", ""), "SUSE-SLE-SERVER-12-SP5-2023-2894", "", "sles:12.5"),
        (("", "", ""), "SUSE-SLE-Product-SLES-15-2018-1", "", "sles:15"),
        (("openSUSE-SLE-15.5", "", ""), "openSUSE-SLE-15.5-2023-2894", "", "opensuse-leap:15.5"),
        (("anything", "", ""), "ALSA-2023:1", "3.el8_7", "almalinux:8"),
        (("anything", "", ""), "ELSA-2023:1", "3.0.1.el7uek", "ol:7"),
        (("docker-ce", "Docker CE", ""), "DOCKER-1", "3.el9", ""),
    ],
    ids=lambda value: value if isinstance(value, str) else value[0],
)  # fmt: skip
def test_the_platform_of_an_update(words: tuple[str, ...], advisory: str, release: str, platform: str) -> None:
    assert platform_of(words, advisory, release) == platform


def test_shared_tools_of_a_parallel_kernel_count_only_beside_it() -> None:
    by_name = {row.package: row.only_if for row in golden("ALAS2023-2025-935").affected}
    guard = Condition("installed", ("kernel6.12",))
    assert all(guard in by_name[name] for name in ("bpftool", "kernel-headers"))
    assert all(guard not in by_name[name] for name in ("kernel6.12", "perf6.12", "kernel-livepatch-6.12.22-27.96"))


def test_a_topic_of_amazon_linux_2_speaks_of_its_own_line_only(tmp_path: Path) -> None:
    found = rows(
        tmp_path,
        document(
            ("kernel", "0", "5.10.160", "143.637.amzn2", "x86_64"),
            ("bpftool", "0", "7.0", "1.amzn2", "x86_64"),
            short="amazon-linux-2---kernel-5.10",
        ),
    )
    assert found["kernel"].introduced == "5.10", "a 4.14 kernel of the core repository is another line"
    assert Condition("repository", ("amzn2extra-kernel-5.10",)) in found["bpftool"].only_if


@pytest.mark.parametrize(
    ("topic", "version", "introduced"),
    [("php8.2", "8.2.9", "8.2"), ("php8.2", "8.20.1", ""), ("nginx1", "1.22.1", "1"), ("docker", "20.10", "")],
)
def test_a_topics_line(tmp_path: Path, topic: str, version: str, introduced: str) -> None:
    text = document(("p", "2", version, "1.amzn2", "x86_64"), short=f"amazon-linux-2---{topic}")
    row = rows(tmp_path, text)["p"]
    assert row.introduced == (f"2:{introduced}" if introduced else "")
    assert any(condition.kind == "repository" for condition in row.only_if) == (not introduced)


def test_architectures_of_one_build_are_one_row_and_sources_none(tmp_path: Path) -> None:
    found = rows(
        tmp_path,
        document(
            ("a", "0", "1", "1", "x86_64"), ("a", "0", "1", "1", "aarch64"), ("b", "3", "1", "1", "noarch"),
            ("c", "0", "1", "1", "src"),
        ),
    )  # fmt: skip
    assert found["a"].only_if == (Condition("arch", ("aarch64", "x86_64")),)
    assert (found["b"].only_if, found["b"].fixed) == ((), "3:1-1")
    assert "c" not in found


def test_builds_that_differ_by_architecture_stay_apart(tmp_path: Path) -> None:
    """Oracle Linux 7, rsyslog, CVE-2022-24903: 57.0.1 fixes x86_64, aarch64 needs 57.0.4."""
    (tmp_path / "u.xml").write_text(
        document(
            ("rsyslog", "0", "8.24.0", "57.0.1.el7_9.3", "x86_64"),
            ("rsyslog", "0", "8.24.0", "57.0.4.el7_9.3", "aarch64"),
            short="ol7_latest", id_="ELSA-2022-4803",
        )
    )  # fmt: skip
    (advisory,) = read(tmp_path / "u.xml")
    assert isinstance(advisory, Advisory)
    assert {(row.fixed, row.only_if[0].values) for row in advisory.affected} == {
        ("8.24.0-57.0.1.el7_9.3", ("x86_64",)),
        ("8.24.0-57.0.4.el7_9.3", ("aarch64",)),
    }


def test_module_streams_and_paid_streams_are_guards() -> None:
    assert all(Condition("module", ("nodejs:18",)) in row.only_if for row in golden("ALSA-2023:7549").affected)
    assert golden("FEDORA-MODULAR-2024-deafa21e1d").withdrawn


def test_a_paid_stream_of_red_hats_needs_its_entitlement(tmp_path: Path) -> None:
    text = document(("a", "0", "1", "1.el9_2", "x86_64"), short="rhel-9-for-x86_64-baseos-eus-rpms", id_="RHSA-2024:1")
    assert Condition("entitlement", ("eus",)) in rows(tmp_path, text)["a"].only_if


def test_what_is_no_security_update_is_left_out() -> None:
    assert "ALBA-2023:0123" not in {record.id for record in read(INPUT) if isinstance(record, Advisory)}


def test_fedora_names_flaws_in_the_text_too() -> None:
    assert golden("FEDORA-EPEL-2024-0a1b2c3d4e").cves == ("CVE-2024-0519", "CVE-2024-0517", "CVE-2024-0518")
    assert golden("ALAS-2011-1").cves == ("CVE-2011-3192",)


def test_an_index_beside_the_files_tells_which_one_counts(tmp_path: Path) -> None:
    folder = tmp_path / "amzn2-core" / "repodata"
    shutil.copytree(INPUT / "amzn2-core-0123456789abcdef" / "repodata", folder)
    (folder / "old-updateinfo.xml").write_text(document(("old", "0", "1", "1", "x86_64"), id_="ALAS2-2001-1"))
    assert [record.id for record in read(tmp_path) if isinstance(record, Advisory)] == ["ALAS2-2018-939"]


def test_the_repository_is_known_by_its_cache_folder(tmp_path: Path) -> None:
    folder = tmp_path / "amzn2extra-docker-0123456789abcdef" / "repodata"
    folder.mkdir(parents=True)
    (folder / "updateinfo.xml").write_text(document(("runc", "0", "1.0", "1.amzn2", "x86_64")))
    (advisory,) = read(tmp_path)
    assert isinstance(advisory, Advisory)
    assert Condition("repository", ("amzn2extra-docker",)) in advisory.affected[0].only_if


def test_updates_of_an_unknown_distribution_are_told(tmp_path: Path) -> None:
    (tmp_path / "updateinfo.xml").write_text(document(("a", "0", "1", "1", "x86_64"), short="acme", id_="ACME-1"))
    notes = [record.text for record in read(tmp_path) if isinstance(record, Note)]
    assert notes == ["1 updates do not tell their distribution, such as ACME-1 in updateinfo.xml"]


@pytest.mark.parametrize("ending", ["", ".gz", ".xz", ".zst"])
def test_every_compression(tmp_path: Path, ending: str) -> None:
    pack = {"": bytes, ".gz": gzip.compress, ".xz": lzma.compress, ".zst": zstandard.ZstdCompressor().compress}
    content = document(("a", "0", "1", "1", "x86_64")).encode()
    (tmp_path / f"updateinfo.xml{ending}").write_bytes(pack[ending](content))  # type: ignore[operator]
    assert len(read(tmp_path)) == 1


@pytest.mark.parametrize(
    "content",
    [
        b"", b"<updates>", b"{}", b'<!DOCTYPE u [<!ENTITY a "b">]><updates>&a;</updates>',
        document(("a", "0", "1", "1", "x86_64")).encode()[:-30],
    ],
    ids=["empty", "cut", "json", "entities", "torn"],
)  # fmt: skip
def test_what_is_torn_or_hostile_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "updateinfo.xml").write_bytes(content)
    with pytest.raises(FeedError):
        read(tmp_path)
    (tmp_path / "updateinfo.xml.gz").write_bytes(gzip.compress(document().encode())[:-9])
    with pytest.raises(FeedError):
        read(tmp_path / "updateinfo.xml.gz")


def test_a_folder_without_any_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FeedError, match=r"holds no updateinfo\.xml"):
        read(tmp_path)
    with pytest.raises(FeedError, match="does not exist"):
        read(tmp_path / "no")


# ── fetching ──


def repository(address: str, content: bytes, files: dict[str, bytes], sha256: str = "") -> None:
    digest = sha256 or hashlib.sha256(content).hexdigest()
    files[f"{address}/repodata/x-updateinfo.xml.gz"] = content
    files[f"{address}/repodata/repomd.xml"] = (
        f'<repomd><data type="primary"><location href="p.xml"/></data><data type="updateinfo">'
        f'<checksum type="sha256">{digest}</checksum><location href="repodata/x-updateinfo.xml.gz"/></data></repomd>'
    ).encode()


def test_the_hosts_own_repositories_lead(tmp_path: Path) -> None:
    files: dict[str, bytes] = {}
    text = document(("a", "0", "1", "1", "x86_64"), short="rocky-linux-9", id_="RLSA-1")
    repository("/r9/baseos", gzip.compress(text.encode()), files)
    feed, into = UpdateinfoFeed(), tmp_path / "input"
    with publishing(files) as publisher, Downloader() as get:
        own = {"rocky:9": (Repository("baseos", f"{publisher.url}/r9/baseos"),)}
        needs = Needs(frozenset({"rocky:9"}), repositories=own)
        assert feed.serves(needs)
        first = feed.fetch(get, needs, into, None)
        assert [path for path, _ in publisher.asked] == [
            "/r9/baseos/repodata/repomd.xml", "/r9/baseos/repodata/x-updateinfo.xml.gz",
        ]  # fmt: skip
        publisher.asked.clear()
        assert feed.fetch(get, needs, into, first) is None
        assert [path for path, _ in publisher.asked] == ["/r9/baseos/repodata/repomd.xml"]
    (advisory,) = feed.parse(into, Options())
    assert isinstance(advisory, Advisory) and advisory.affected[0].platform == "rocky:9"


def test_amazon_linux_2_and_its_topics_from_a_mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cdn = "/cdn.amazonlinux.com/2"
    files = {
        "/amazonlinux.default.amazonaws.com/2/extras-catalog.json": b'{"topics": [{"n": "docker"}, {"n": "emacs"}]}',
        f"{cdn}/extras/emacs/latest/x86_64/mirror.list": b"https://cdn.amazonlinux.com/2/emacs\n",
        "/cdn.amazonlinux.com/2/emacs/repodata/repomd.xml": b"<repomd/>",
    }
    for part, name in (("core", "bash"), ("extras/docker", "runc")):
        files[f"{cdn}/{part}/latest/x86_64/mirror.list"] = f"https://cdn.amazonlinux.com/2/{part}/abc/\n".encode()
        repository(f"{cdn}/{part}/abc", gzip.compress(document((name, "0", "1", "1", "x86_64")).encode()), files)
    feed, into = UpdateinfoFeed(), tmp_path / "input"
    with publishing(files) as publisher, Downloader() as get:
        monkeypatch.setenv("SHINDAN_FEED_UPDATEINFO_URL", publisher.url)
        assert feed.fetch(get, Needs(frozenset({"amzn:2"})), into, None)
    found = {row.package: row for record in feed.parse(into, Options()) if isinstance(record, Advisory)
             for row in record.affected}  # fmt: skip
    assert set(found) == {"bash", "runc"}
    assert Condition("repository", ("amzn2extra-docker",)) in found["runc"].only_if


def test_a_metalink_is_a_list_of_mirrors(tmp_path: Path) -> None:
    files: dict[str, bytes] = {}
    repository("/f43", gzip.compress(document(("a", "0", "1", "1", "x86_64"), short="F43").encode()), files)
    with publishing(files) as publisher, Downloader() as get:
        files["/metalink"] = (
            f'<metalink xmlns="urn:m"><files><file name="repomd.xml"><resources><url protocol="rsync">rsync://no</url>'
            f"<url>{publisher.url}/f43/repodata/repomd.xml</url></resources></file></files></metalink>"
        ).encode()
        own = {"fedora:43": (Repository("updates", f"{publisher.url}/metalink", mirrorlist=True),)}
        assert UpdateinfoFeed().fetch(get, Needs(repositories=own), tmp_path, None)


def test_a_repository_that_fails_is_told_and_all_failing_is_an_error(tmp_path: Path) -> None:
    files: dict[str, bytes] = {}
    repository("/good", gzip.compress(document(("a", "0", "1", "1", "x86_64")).encode()), files)
    repository("/torn", b"other content", files, sha256="0" * 64)
    files["/outside/repodata/repomd.xml"] = b'<r><data type="updateinfo"><location href="../../x"/></data></r>'
    with publishing(files) as publisher, Downloader() as get:
        good, torn, outside, gone = (
            Repository(name, f"{publisher.url}/{name}") for name in ("good", "torn", "outside", "gone")
        )
        needs = Needs(repositories={"amzn:2": (good, torn, outside, gone)})
        assert UpdateinfoFeed().fetch(get, needs, tmp_path, None)
        with pytest.raises(FeedError, match="outside its repository"):
            UpdateinfoFeed().fetch(get, Needs(repositories={"amzn:2": (outside, gone)}), tmp_path / "b", None)
    notes = [record.text for record in read(tmp_path) if isinstance(record, Note)]
    assert [note.split(" was not read")[0] for note in notes] == ["amzn:2: torn", "amzn:2: outside", "amzn:2: gone"]


def test_where_the_distributions_publish() -> None:
    assert {"almalinux:9", "rocky:9", "ol:8", "amzn:2", "amzn:2023", "amzn:1", "fedora:43", "epel:9"} <= set(PLATFORMS)
    assert all(
        repository.url.startswith(("https://", "http://repo.us-west-2."))
        for p in PLATFORMS
        for repository in published(p)
    )
    assert published("fedora:99")[0].url.endswith("/updates/99/Everything/x86_64")
    assert published("debian:12") == published("sles:15.5") == published("amzn:2099") == ()


# ── the publishers' own files ──


REAL = [
    ("/fetch/amazon/testdata/fixtures/updateinfo_1.xml.gz", "amzn:1", 1),
    ("/fetch/amazon/testdata/fixtures/updateinfo_2.xml.gz", "amzn:2", 1),
    ("/fetch/amazon/testdata/fixtures/updateinfo_2_kernel-5.15.xml.gz", "amzn:2", 1),
    ("/fetch/amazon/testdata/fixtures/updateinfo_2023.xml.gz", "amzn:2023", 1),
    ("/fetch/amazon/testdata/fixtures/updateinfo_2023_nvidia.xml.gz", "amzn:2023", 1),
    ("/fetch/alma/updateinfo/testdata/fixtures/happy", "almalinux:9", 2),
    ("/fetch/rocky/updateinfo/testdata/fixtures/happy/pub", "rocky:9", 2),
]


def builds_named(folder: Path) -> set[tuple[str, str]]:
    """(name, version-release) of every package that a security update lists, by a plain search of the text."""
    found = set()
    for file in (path for path in folder.rglob("*updateinfo*.xml*") if path.is_file()):
        with open_stream(file) as stream:
            document = stream.read().decode()
        for update in re.split(r"<update ", document)[1:]:
            if 'type="security"' in update.partition(">")[0]:
                packages = [
                    dict(re.findall(r'(\w+)="([^"]*)"', one)) for one in re.findall(r"<package ([^>]*)>", update)
                ]
                found |= {(p["name"], f"{p['version']}-{p['release']}") for p in packages if p["arch"] != "src"}
    return found


@pytest.mark.data
@pytest.mark.parametrize(("part", "platform", "advisories"), REAL, ids=lambda value: str(value).rpartition("/")[2])
def test_no_package_of_a_real_file_is_lost(tmp_path: Path, part: str, platform: str, advisories: int) -> None:
    folder = unpacked(tmp_path, VULS, part)
    found = [record for record in read(folder) if isinstance(record, Advisory)]
    affected = [row for record in found for row in record.affected]
    assert len(found) == advisories
    assert {row.platform for row in affected} == {platform}
    assert {(row.package, row.fixed.rpartition(":")[2]) for row in affected} == builds_named(folder)
