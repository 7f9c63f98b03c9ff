"""OSV records: ranges, names, ecosystems, states, hostile input, fetching, and the real zips."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feed_golden import expected, parsed
from publisher import publishing
from shindan.feeds.base import Needs, Options
from shindan.feeds.download import Downloader
from shindan.feeds.osv import OsvFeed
from shindan.feeds.osv_ecosystems import folders, place
from shindan.feeds.osv_events import Event, intervals
from shindan.model.advisory import Advisory, Condition, Note
from shindan.model.errors import FeedError
from shindan.versions import key
from support import test_data

JAMMY = Needs(platforms=frozenset({"ubuntu:22.04"}))


def record(**said: Any) -> dict[str, Any]:
    package = {"name": "hello", "ecosystem": said.pop("ecosystem", "Ubuntu:22.04:LTS")}
    ranges = [{"type": "ECOSYSTEM", "events": said.pop("events", [{"introduced": "0"}, {"fixed": "1-2"}])}]
    specific = said.pop("specific", {})
    return {
        "id": "X-1",
        "modified": "2026-01-01T00:00:00Z",
        "affected": [{"package": package, "ranges": ranges, **specific}],
        **said,
    }


def advisories(path: Path) -> list[Advisory]:
    return [found for found in OsvFeed().parse(path, Options()) if isinstance(found, Advisory)]


def advisory(folder: Path, content: Mapping[str, Any]) -> Advisory:
    path = folder / "record.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    (found,) = advisories(path)
    return found


def zipped(*records: Mapping[str, Any], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for content in records:
            archive.writestr(f"{content['id']}.json", json.dumps(content))
    return stream.getvalue()


def test_golden_records() -> None:
    assert parsed("osv") == expected("osv"), "tests/feed_golden.py rewrites them; read the diff"


# ── events ──


@pytest.mark.parametrize(
    ("events", "found"),
    [
        ([{"introduced": "0"}, {"fixed": "2"}], [("", "2", "")]),
        ([{"introduced": "0"}], [("", "", "")]),
        ([{"introduced": "1"}, {"last_affected": "3"}], [("1", "", "3")]),
        ([{"introduced": "0"}, {"fixed": "2"}, {"introduced": "4"}, {"fixed": "5"}], [("", "2", ""), ("4", "5", "")]),
        ([{"introduced": "4"}, {"fixed": "5"}, {"introduced": "0"}, {"fixed": "2"}], [("", "2", ""), ("4", "5", "")]),
        ([{"fixed": "2"}, {"introduced": "0"}], [("", "2", "")]),
        ([{"introduced": "0"}, {"fixed": "2"}, {"fixed": "5"}], [("", "2", "")]),
        ([{"introduced": "1"}, {"introduced": "2"}, {"fixed": "3"}], [("1", "3", "")]),
        ([{"fixed": "2"}], [("", "2", "")]),
        ([{"introduced": "0"}, {"limit": "9"}], [("", "", "")]),
        ([{"introduced": "0"}, {"fixed": "0"}], [("", "0", "")]),
        ([], [("", "", "")]),
    ],
    ids=[
        "until a fix", "no fix", "last affected", "two intervals", "two intervals in another order", "fix told first",
        "fixed twice", "introduced twice", "never introduced", "limit", "never affected", "no events",
    ],
)  # fmt: skip
def test_events_become_intervals(events: list[dict[str, str]], found: list[tuple[str, str, str]]) -> None:
    assert intervals([Event(**event) for event in events], "deb") == found


@given(st.permutations([("introduced", "0"), ("fixed", "2"), ("introduced", "4"), ("fixed", "6"), ("introduced", "8")]))
@settings(max_examples=60)
def test_the_order_of_events_does_not_matter(events: list[tuple[str, str]]) -> None:
    found = intervals([Event(**{name: version}) for name, version in events], "deb")
    affected = {
        version
        for version in "123456789"
        if any(
            (not since or key("deb", since) <= key("deb", version))
            and (not fix or key("deb", version) < key("deb", fix))
            for since, fix, _ in found
        )
    }
    assert affected == set("1458" + "9")


# ── ecosystems ──


@pytest.mark.parametrize(
    ("ecosystem", "platform", "scheme", "names"),
    [
        ("Debian:12", "debian:12", "deb", "any"),
        ("Debian:3.1", "debian:3.1", "deb", "any"),
        ("Debian:12.5", "debian:12", "deb", "any"),
        ("Debian", "debian", "deb", "any"),
        ("Ubuntu:22.04:LTS", "ubuntu:22.04", "deb", "any"),
        ("Ubuntu:24.10", "ubuntu:24.10", "deb", "any"),
        ("AlmaLinux:9", "almalinux:9", "rpm", "binary"),
        ("Rocky Linux:9", "rocky:9", "rpm", "source"),
        ("Red Hat:enterprise_linux:9::baseos", "rhel:9", "rpm", "binary"),
        ("SUSE:Linux Enterprise Server 15 SP5", "sles:15.5", "rpm", "source"),
        ("Alpine:v3.18", "alpine:3.18", "apk", "source"),
        ("PyPI", "pypi", "pypi", "any"),
        ("Plan 9:4", "plan 9:4", "plan 9", "any"),
    ],
)
def test_an_ecosystem_is_a_platform(ecosystem: str, platform: str, scheme: str, names: str) -> None:
    found = place(ecosystem)
    assert (found.platform, found.scheme, found.names) == (platform, scheme, names)


@pytest.mark.parametrize(
    ("ecosystem", "values"),
    [
        ("Ubuntu:Pro:18.04:LTS", ("esm",)),
        ("Ubuntu:Pro:FIPS-updates:20.04:LTS", ("fips-updates",)),
        ("Ubuntu:Pro:FIPS:22.04:LTS", ("fips",)),
    ],
)
def test_ubuntu_pro_is_an_entitlement(ecosystem: str, values: tuple[str, ...]) -> None:
    assert place(ecosystem).only_if == (Condition("entitlement", values),)
    assert place(ecosystem).platform.startswith("ubuntu:")


def test_folders_of_the_bucket() -> None:
    assert folders("ubuntu:22.04") == ("Ubuntu:22.04:LTS", "Ubuntu:Pro:22.04:LTS")
    assert folders("ubuntu:24.10") == ("Ubuntu:24.10", "Ubuntu:Pro:24.10")
    assert folders("almalinux:9") == ("AlmaLinux:9",)
    assert folders("pypi") == ("PyPI",)
    assert folders("plan9:4") == folders("") == ()


@pytest.mark.parametrize("scheme", ["pypi", "npm", "golang", "maven", "cargo", "gem", "composer"])
def test_every_language_has_a_folder_whose_records_are_its_own(scheme: str) -> None:
    (folder,) = folders(scheme)
    assert (place(folder).platform, place(folder).scheme) == (scheme, scheme)


def test_a_host_with_languages_fetches_those_and_not_what_its_tracker_tells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def zipped(record: dict[str, Any]) -> bytes:
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as archive:
            archive.writestr(f"{record['id']}.json", json.dumps(record))
        return stream.getvalue()

    flaw = {"id": "PYSEC-1", "modified": "2026-01-01T00:00:00Z", "affected": []}
    with publishing({"/PyPI/all.zip": zipped(flaw)}) as publisher, Downloader() as get:
        monkeypatch.setenv("SHINDAN_FEED_OSV_URL", publisher.url)
        needs = Needs(frozenset({"debian:12", "pypi"}))
        assert OsvFeed().serves(needs) and not OsvFeed().serves(Needs(frozenset({"debian:12"})))
        assert OsvFeed().fetch(get, needs, tmp_path / "input", None)
        assert publisher.statuses() == [200]


# ── records ──


def test_binary_names_are_said_by_the_record(tmp_path: Path) -> None:
    found = advisory(tmp_path, record(id="DSA-1-1", database_specific={"package_names": "binary"}))
    assert found.affected[0].names == "binary"


@pytest.mark.parametrize("id_", ["DSA-1-1", "DEBIAN-CVE-2026-1", "USN-1-1", "UBUNTU-CVE-2026-1"])
def test_the_distributions_own_records_name_sources(tmp_path: Path, id_: str) -> None:
    assert advisory(tmp_path, record(id=id_)).affected[0].names == "source"


def test_anybodys_own_record_may_mean_either(tmp_path: Path) -> None:
    assert advisory(tmp_path, record(id="OURS-1")).affected[0].names == "any"


@pytest.mark.parametrize(
    ("said", "cves"),
    [
        ({"id": "CVE-2026-1"}, ("CVE-2026-1",)),
        ({"upstream": ["CVE-2026-2", "GHSA-1"], "related": ["CVE-2026-9"]}, ("CVE-2026-2",)),
        ({"aliases": ["CVE-2026-3"]}, ("CVE-2026-3",)),
        ({"related": ["CVE-2026-4", "CVE-2026-5", "CVE-2026-4"]}, ("CVE-2026-4", "CVE-2026-5")),
        ({"related": ["CVE-2026-6"], "ecosystem": "PyPI"}, ()),
        ({}, ()),
    ],
    ids=["it is one", "downstream of one", "an alias", "a distribution relates", "a language only relates", "none"],
)
def test_which_cves_a_record_is_about(tmp_path: Path, said: dict[str, Any], cves: tuple[str, ...]) -> None:
    assert advisory(tmp_path, record(**said)).cves == cves


@pytest.mark.parametrize(
    "specific",
    [
        {"database_specific": {"severity": ["a", "list"]}},
        {"database_specific": "a word"},
        {"ecosystem_specific": None},
        {"ecosystem_specific": [1, {"urgency": "low"}]},
        {"database_specific": {"urgency": {"deep": 1}}},
    ],
    ids=str,
)
def test_a_publishers_own_part_may_hold_anything(tmp_path: Path, specific: dict[str, Any]) -> None:
    assert advisory(tmp_path, record(specific=specific)).affected[0].severity == ""


def test_a_folder_of_zips_tells_each_record_once(tmp_path: Path) -> None:
    for ecosystem in ("Ubuntu:22.04:LTS", "Ubuntu:Pro:22.04:LTS"):
        (tmp_path / ecosystem).mkdir()
        (tmp_path / ecosystem / "all.zip").write_bytes(zipped(record(), record(id=f"X-{ecosystem}")))
    assert sorted(found.id for found in OsvFeed().parse(tmp_path, Options()) if isinstance(found, Advisory)) == [
        "X-1", "X-Ubuntu:22.04:LTS", "X-Ubuntu:Pro:22.04:LTS",
    ]  # fmt: skip


def test_a_list_of_records_is_read(tmp_path: Path) -> None:
    path = tmp_path / "all.json"
    path.write_text(json.dumps([record(), record(id="X-2")]))
    assert len(advisories(path)) == 2


def test_records_that_all_name_a_fix_say_nothing_of_what_has_none(tmp_path: Path) -> None:
    path = tmp_path / "records.json"
    path.write_text(json.dumps([record(), record(id="X-2")]))
    assert any(isinstance(found, Note) for found in OsvFeed().parse(path, Options()))
    path.write_text(json.dumps([record(), record(id="X-2", events=[{"introduced": "0"}])]))
    assert not any(isinstance(found, Note) for found in OsvFeed().parse(path, Options()))


def test_errata_about_no_flaw_are_left_out_and_counted(tmp_path: Path) -> None:
    path = tmp_path / "records.json"
    alma = [record(id=id_, ecosystem="AlmaLinux:8") for id_ in ("ALBA-2019:0986", "ALEA-2021:1834", "ALSA-2022:1")]
    path.write_text(json.dumps([*alma, record(id="ALBA-2021:1", ecosystem="AlmaLinux:8", related=["CVE-2026-1"])]))
    assert [found.id for found in advisories(path)] == ["ALSA-2022:1", "ALBA-2021:1"]
    notes = [found.text for found in OsvFeed().parse(path, Options()) if isinstance(found, Note)]
    assert any(text.startswith("left out: 2 errata of AlmaLinux") for text in notes)


@pytest.mark.parametrize(
    ("summary", "fixed", "streams"),
    [
        ("Important: nginx:1.16 security update", "1:1.16.1-2.module_el8.4.0+2470+68135136.1.alma", ("nginx:1.16",)),
        (
            "Important: mariadb:10.3 and mariadb-devel:10.3 security update",
            "3:10.3.28-1.module_el8.3.0+2177+7adc332a", ("mariadb:10.3", "mariadb-devel:10.3"),
        ),
        ("Moderate: 389-ds:1.4 security update", "1.4.3.28-8.module_el8.7.0+3302+c2f5a2c8", ("389-ds:1.4",)),
        ("ALSA-2022:5468: php:8.0 security update", "8.0.13-3.module_el8.6.0+2739+efabdb8f", ("php:8.0",)),
        ("Important: varnish security update", "6.0.13-1.module_el8.9.0+3775+3d6e8ae6", ()),
        ("Moderate: python3:3.6.8 security update", "3.6.8-67.el8_10", ()),
        ("Moderate: nodejs:18 security update", "1-2", ()),
    ],
    ids=["one stream", "two modules", "a digit first", "an id in the title", "not told", "no module build", "plain"],
)  # fmt: skip
def test_module_streams_stand_in_the_title(tmp_path: Path, summary: str, fixed: str, streams: tuple[str, ...]) -> None:
    events = [{"introduced": "0"}, {"fixed": fixed}]
    found = advisory(tmp_path, record(id="ALSA-1", ecosystem="AlmaLinux:8", summary=summary, events=events))
    assert found.affected[0].only_if == ((Condition("module", streams),) if streams else ())


# ── hostile input ──


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{", b"null", b"5", b'{"id": 5}', b"{}", b'{"id": "X", "affected": {}}',
        b'{"id": "X", "affected": [{"ranges": [{"events": "none"}]}]}', b'{"id": "X", "summary": "\xff"}',
        b'{"id": "X", "database_specific": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    ],
    ids=lambda content: repr(content[:40]),
)  # fmt: skip
def test_what_is_no_record_is_refused_and_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "odd.json"
    path.write_bytes(content)
    with pytest.raises(FeedError, match=r"odd\.json"):
        list(OsvFeed().parse(path, Options()))


@given(cut=st.integers(min_value=0))
@settings(max_examples=60)
def test_a_torn_zip_is_refused(tmp_path_factory: pytest.TempPathFactory, cut: int) -> None:
    whole = zipped(*(record(id=f"X-{number}") for number in range(5)))
    path = tmp_path_factory.mktemp("torn") / "all.zip"
    path.write_bytes(whole[: cut % len(whole)])
    with pytest.raises(FeedError):
        list(OsvFeed().parse(path, Options()))


# ── fetching ──


def test_zips_are_fetched_conditionally_and_those_for_subscribers_where_there_are_any(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed, into = OsvFeed(), tmp_path / "input"
    files = {"/Ubuntu:22.04:LTS/all.zip": zipped(record())}
    with publishing(files) as publisher, Downloader() as get:
        monkeypatch.setenv("SHINDAN_FEED_OSV_URL", publisher.url)
        first = feed.fetch(get, JAMMY, into, None)
        assert publisher.statuses() == [200, 404]
        assert feed.fetch(get, JAMMY, into, first) is None
        assert publisher.statuses() == [304, 404]
        files["/Ubuntu:Pro:22.04:LTS/all.zip"] = zipped(record(), record(id="X-2"))
        assert feed.fetch(get, JAMMY, into, first) not in (None, first)
    assert len(advisories(into)) == 2


def test_a_release_without_records_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with publishing({}) as publisher, Downloader() as get:
        monkeypatch.setenv("SHINDAN_FEED_OSV_URL", publisher.url)
        with pytest.raises(FeedError, match="404"):
            OsvFeed().fetch(get, JAMMY, tmp_path, None)
        with pytest.raises(FeedError, match="no ecosystem"):
            OsvFeed().fetch(get, Needs(platforms=frozenset({"plan9:4"})), tmp_path, None)


# ── real data ──


@pytest.mark.data
@pytest.mark.parametrize(
    ("release", "about_flaws", "all_records", "unstreamed"),
    [("8", 2_043, 3_237, 7), ("9", 1_780, 1_783, 0), ("10", 660, 660, 0)],
)
def test_almalinux(release: str, about_flaws: int, all_records: int, unstreamed: int) -> None:
    path = test_data(f"osv/AlmaLinux:{release}/all.zip")
    records = list(OsvFeed().parse(path, Options()))
    found = [each for each in records if isinstance(each, Advisory)]
    assert len(found) == about_flaws
    left = [note.text for note in records if isinstance(note, Note) and "mend bugs" in note.text]
    assert [text.split()[2] for text in left] == (
        [f"{all_records - about_flaws:,}"] if all_records > about_flaws else []
    )
    assert all(row.names == "binary" and row.fixed for each in found for row in each.affected)
    modular = [{row.only_if for row in each.affected if ".module" in row.fixed} for each in found]
    assert all(len(conditions) <= 1 for conditions in modular)
    assert modular.count({()}) == unstreamed


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "records"),
    [
        ("AmazonLinux", 748),
        ("CentOS", 921),
        ("OracleLinux", 1_895),
        ("RedHat", 1_852),
        pytest.param("Ubuntu", 9_657, marks=pytest.mark.slow),
        pytest.param("Debian", 10_270, marks=pytest.mark.slow),
    ],
)
def test_advisories_that_name_binary_packages(name: str, records: int) -> None:
    path = test_data(f"advisories-lsc-osv/{name}.zip")
    count = 0
    for found in OsvFeed().parse(path, Options()):
        if isinstance(found, Advisory):
            count += 1
            assert all(row.names == "binary" for row in found.affected)
    assert count == records
