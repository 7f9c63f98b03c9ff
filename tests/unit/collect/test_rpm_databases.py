"""rpm's database in its three forms and places, against rpm itself; torn, hostile, in use, and unreadable."""

from __future__ import annotations

import os
import shutil
import sqlite3
import struct
from pathlib import Path
from typing import Any

import pytest

from shindan.collect.packages_rpm import RpmPackages
from shindan.collect.root import Root
from shindan.collect.rpm_database import PLACES
from shindan.facts.fact import Fact
from support import REPOSITORY
from unit.collect import rpm_writers as write
from unit.collect.rpm_tools import built, installed, rpm, told
from unit.collect.trees import gather, tree

BASH = write.package("bash", "5.1.8-9.el9", vendor="AlmaLinux", buildtime=1700000001, installtime=1700000002)
NGINX = write.package("nginx", "1:1.16.1-2.module+el8", arch="noarch", modularitylabel="nginx:1.16:804:522a")
KEY = write.key("fd431d51", "4ae0493b")
LONG = write.package("long", "0:1-1", basenames=[f"file-{number}" for number in range(3000)])
HEADERS = [BASH, NGINX, KEY, LONG]
NAMES = ["bash", "gpg-pubkey", "long", "nginx"]

BERKELEY = {
    "little-endian": write.berkeley(HEADERS),
    "big-endian": write.berkeley(HEADERS, ">"),
    "small pages and many buckets": write.berkeley(HEADERS, "<", 512, 8),
    "one bucket, its page full": write.berkeley(HEADERS * 30, "<", 2048, 1),
    "large pages": write.berkeley(HEADERS, ">", 65536 // 2, 3),
}


def row(fact: Fact) -> tuple[str, ...]:
    """A package fact in the words of rpm's query."""
    data: dict[str, Any] = fact.data
    source = f"{data['source']}-{data['source_version']}.src.rpm" if "source" in data else "(none)"
    texts = [str(data.get(key, "(none)")) for key in ("vendor", "module", "build_time", "install_time")]
    return (fact.subject, data["version"], data["arch"], source, *texts, data.get("signing_key", ""))


def rows(root: Path) -> list[tuple[str, ...]]:
    facts = gather(RpmPackages(), Root(os.fspath(root)))
    assert [fact.data for fact in facts if fact.kind == "gap"] == []
    return sorted(map(row, facts))


def facts_of(folder: Path, name: str, data: bytes) -> tuple[list[str], str]:
    """Subjects of the packages, and what the gap says, of a host with this database."""
    facts = gather(RpmPackages(), tree(folder, {f"var/lib/rpm/{name}": data}))
    gaps = [fact.data["reason"] for fact in facts if fact.kind == "gap"]
    return sorted(fact.subject for fact in facts if fact.kind == "package"), "; ".join(gaps)


# ── rpm is the judge ──


@pytest.mark.system
def test_a_database_that_rpm_wrote(tmp_path: Path) -> None:
    packages = [
        built(tmp_path, "plain", "1.0-1.el9"),
        built(tmp_path, "epoch", "2:1.0~rc1-1.el9", "Vendor: Some Vendor", "BuildArch: noarch"),
        built(tmp_path, "zero", "0:1^git-1"),
        built(tmp_path, "module", "1-2.module+el8", "ModularityLabel: nginx:1.16:804:522a"),
    ]
    installed(tmp_path / "root", *packages)
    expected = told(tmp_path / "root")
    assert [one[0] for one in expected] == ["epoch", "module", "plain", "zero"]
    assert rows(tmp_path / "root") == expected


@pytest.mark.system
@pytest.mark.parametrize("place", PLACES)
def test_every_place_where_rpm_keeps_it(tmp_path: Path, place: str) -> None:
    installed(tmp_path / "root", built(tmp_path, "here", "1-1"), place=place)
    assert rows(tmp_path / "root") == told(tmp_path / "root", place=place)


@pytest.mark.system
@pytest.mark.parametrize("case", BERKELEY)
def test_a_hash_of_berkeley_db_is_read_as_rpm_reads_it(tmp_path: Path, case: str) -> None:
    tree(tmp_path, {"var/lib/rpm/Packages": BERKELEY[case]})
    expected = told(tmp_path, "bdb_ro")
    assert sorted({one[0] for one in expected}) == NAMES
    assert rows(tmp_path) == expected


def test_ndb_holds_what_was_written(tmp_path: Path) -> None:
    """Debian's rpm has no ndb; the writer's output was judged once by `rpmpkgVerify` of rpm 4.18's `rpmpkg.c`."""
    tree(tmp_path / "ndb", {"usr/lib/sysimage/rpm/Packages.db": write.ndb(HEADERS * 80, pages=2)})
    tree(tmp_path / "bdb", {"var/lib/rpm/Packages": write.berkeley(HEADERS * 80)})
    assert len(rows(tmp_path / "ndb")) == 320
    assert rows(tmp_path / "ndb") == rows(tmp_path / "bdb")


@pytest.mark.system
def test_removed_and_replaced_packages_are_gone(tmp_path: Path) -> None:
    root = tmp_path / "root"
    old, new = (built(tmp_path / version, "moved", f"{version}-1") for version in "12")
    installed(root, *(built(tmp_path, f"p{number}", "1-1") for number in range(30)), old)
    installed(root, new)
    rpm(root, "-e", "--justdb", "--nodeps", *(f"p{number}" for number in range(0, 30, 2)))
    assert rows(root) == told(root)
    assert len(rows(root)) == 16


@pytest.mark.system
@pytest.mark.parametrize("host", ["almalinux-9", "centos-6", "centos-7", "amazonlinux-2", "amazonlinux-2023"])
def test_the_databases_of_the_fake_hosts_are_read_by_rpm(tmp_path: Path, host: str) -> None:
    """rpm's SQLite form wants tables that a fake host does without: its headers are dealt to a hash for rpm."""
    shutil.copytree(REPOSITORY / "tests/hosts" / host / "root", tmp_path / "root", symlinks=True)
    database = tmp_path / "root/var/lib/rpm/rpmdb.sqlite"
    if database.exists():
        with sqlite3.connect(database) as connection:
            headers = [one for (one,) in connection.execute("SELECT blob FROM Packages ORDER BY hnum")]
        connection.close()
        expected = rows(tmp_path / "root")
        tree(tmp_path / "hash", {"var/lib/rpm/Packages": write.berkeley(headers)})
        assert told(tmp_path / "hash", "bdb_ro") == expected
    else:
        assert told(tmp_path / "root", "bdb_ro") == rows(tmp_path / "root")


# ── the write-ahead log ──


def with_log(folder: Path, made: Path | None = None) -> Path:
    """A database of which three packages stand in the log alone, as a killed rpm leaves it."""
    path = made or folder / "made/rpmdb.sqlite"
    if made is None:
        path.parent.mkdir(parents=True)
        write.sqlite(path, [BASH])
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    for header in (NGINX, KEY, LONG):
        connection.execute("INSERT INTO Packages (blob) VALUES (?)", (header,))
        connection.commit()
    connection.execute("INSERT INTO Packages (blob) VALUES (?)", (write.package("uncommitted", "1-1"),))
    place = folder / "root/var/lib/rpm"
    place.mkdir(parents=True)
    for name in ("rpmdb.sqlite", "rpmdb.sqlite-wal"):
        shutil.copy(path.with_name(name), place / name)
    connection.rollback()
    connection.close()
    return folder / "root"


def test_what_stands_in_the_log_alone_is_read_and_nothing_is_written_beside_it(tmp_path: Path) -> None:
    root = with_log(tmp_path)
    place = root / "var/lib/rpm"
    before = {path.name: path.read_bytes() for path in place.iterdir()}
    assert [one[0] for one in rows(root)] == NAMES
    assert {path.name: path.read_bytes() for path in place.iterdir()} == before
    (place / "rpmdb.sqlite-wal").unlink()
    assert [one[0] for one in rows(root)] == ["bash"]


@pytest.mark.system
def test_the_log_is_read_as_rpm_reads_it(tmp_path: Path) -> None:
    installed(tmp_path / "first", built(tmp_path, "first", "1-1"))
    root = with_log(tmp_path, tmp_path / "first/var/lib/rpm/rpmdb.sqlite")
    found = rows(root)
    assert [one[0] for one in found] == ["first", *NAMES[1:]]
    assert found == told(root)


def test_a_log_that_is_torn_counts_up_to_its_last_whole_commit(tmp_path: Path) -> None:
    root = with_log(tmp_path)
    log = root / "var/lib/rpm/rpmdb.sqlite-wal"
    whole = log.read_bytes()
    seen = set()
    for size in (0, 20, 32, 3000, *range(4152, len(whole), 4120)):
        log.write_bytes(whole[:size] + b"\xff" * 100)
        seen.add(tuple(one[0] for one in rows(root)))
    assert ("bash",) in seen
    assert ("bash", "nginx") in seen
    assert all(names in (("bash",), ("bash", "nginx"), ("bash", "gpg-pubkey", "nginx"), tuple(NAMES)) for names in seen)


def test_an_unfinished_change_in_a_journal_is_a_gap(tmp_path: Path) -> None:
    path = tmp_path / "var/lib/rpm/rpmdb.sqlite"
    path.parent.mkdir(parents=True)
    write.sqlite(path, [BASH])
    path.with_name("rpmdb.sqlite-journal").write_bytes(b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7" + bytes(504))
    (gap,) = gather(RpmPackages(), Root(os.fspath(tmp_path)))
    assert "unfinished change" in gap.data["reason"]
    path.with_name("rpmdb.sqlite-journal").write_bytes(bytes(512))
    assert [fact.kind for fact in gather(RpmPackages(), Root(os.fspath(tmp_path)))] == ["package"]


def test_a_database_that_is_written_to_while_it_is_read_is_told(tmp_path: Path) -> None:
    root = tree(tmp_path, {"var/lib/rpm/Packages.db": write.ndb(HEADERS)})
    facts = RpmPackages().collect(root)
    assert next(facts).kind == "package"
    with (tmp_path / "var/lib/rpm/Packages.db").open("ab") as stream:
        stream.write(bytes(16))
    (gap,) = [fact for fact in facts if fact.kind == "gap"]
    assert "written to while it was read: collect again" in gap.data["reason"]


# ── damage ──


def sqlite_of(folder: Path, headers: list[bytes]) -> bytes:
    write.sqlite(folder / "made.sqlite", headers)
    return (folder / "made.sqlite").read_bytes()


@pytest.mark.parametrize("name", ["Packages", "Packages.db", "rpmdb.sqlite"])
@pytest.mark.parametrize(
    ("data", "reason"),
    [(b"", "no database of rpm's"), (b"x" * 100, "no database of rpm's"), (bytes(20), "no database of rpm's")],
    ids=["empty", "text", "zeros"],
)
def test_what_is_no_database_is_a_gap_that_says_whom_to_ask(
    tmp_path: Path, name: str, data: bytes, reason: str
) -> None:
    names, gap = facts_of(tmp_path, name, data)
    assert names == []
    assert reason in gap
    assert "rpm cannot be asked below --root" in gap


def test_one_damaged_header_costs_one_package(tmp_path: Path) -> None:
    torn = BASH[:8] + b"\xff" * 16 * 3 + BASH[56:]
    for form, data in {
        "Packages": write.berkeley([NGINX, torn, KEY]),
        "Packages.db": write.ndb([NGINX, torn, KEY]),
        "rpmdb.sqlite": sqlite_of(tmp_path, [NGINX, torn, KEY]),
    }.items():
        names, gap = facts_of(tmp_path / form, form, data)
        assert names == ["gpg-pubkey", "nginx"]
        assert "1 damaged entry" in gap


@pytest.mark.parametrize("form", ["Packages", "Packages.db", "rpmdb.sqlite"])
def test_a_database_that_is_cut_tells_what_is_left_of_it(tmp_path: Path, form: str) -> None:
    headers = [*HEADERS, *(write.package(f"p{number}", "1-1", summary="x" * 2000) for number in range(40))]
    whole = {
        "Packages": write.berkeley(headers, buckets=8),
        "Packages.db": write.ndb(headers),
        "rpmdb.sqlite": sqlite_of(tmp_path, headers),
    }[form]
    names, gap = facts_of(tmp_path / "whole", form, whole)
    assert (len(names), gap) == (44, "")
    for part in (0.2, 0.5, 0.9, 0.999):
        found, gap = facts_of(tmp_path / str(part), form, whole[: int(len(whole) * part)])
        assert set(found) < set(names)
        assert gap


def test_a_chain_of_pages_that_bites_its_tail_ends(tmp_path: Path) -> None:
    data = bytearray(write.berkeley([LONG]))
    chained = [at for at in range(0, len(data), 4096) if data[at + 25] == 7]
    for at in chained:
        data[at + 16 : at + 20] = struct.pack("<I", chained[0] // 4096)
    names, gap = facts_of(tmp_path, "Packages", bytes(data))
    assert names == ["long"] or "damaged" in gap


def test_a_million_records_on_one_chain_end(tmp_path: Path) -> None:
    slots = 254 + 256 * 99
    one = write.ndb([write.package("x" * 60_000, "1-1", summary="y" * 60_000)], pages=100)
    data = bytearray(one)
    for slot in range(slots):
        at = 32 + 16 * slot
        data[at : at + 16] = one[32:48][:4] + struct.pack("<I", 1) + one[40:48]
    names, gap = facts_of(tmp_path, "Packages.db", bytes(data))
    assert names == ["x" * 60_000]
    assert "refer to each other without end" in gap


def test_a_b_tree_that_is_its_own_child_ends(tmp_path: Path) -> None:
    data = bytearray(
        sqlite_of(tmp_path, [write.package(f"p{number}", "1-1", summary="x" * 900) for number in range(60)])
    )
    interior = next(at for at in range(4096, len(data), 4096) if data[at] == 5)
    data[interior + 8 : interior + 12] = struct.pack(">I", interior // 4096 + 1)
    names, gap = facts_of(tmp_path / "root", "rpmdb.sqlite", bytes(data))
    assert len(set(names)) <= 60
    assert "levels deep" in gap


def test_the_newer_form_counts_where_a_place_has_two(tmp_path: Path) -> None:
    tree(tmp_path, {"var/lib/rpm/Packages": write.berkeley([BASH])})
    write.sqlite(tmp_path / "var/lib/rpm/rpmdb.sqlite", [NGINX])
    assert [one[0] for one in rows(tmp_path)] == ["nginx"]


def test_a_host_without_rpm_has_nothing_to_tell(tmp_path: Path) -> None:
    assert gather(RpmPackages(), tree(tmp_path, {"etc/os-release": "ID=debian\n"})) == []


def test_a_database_that_may_not_be_read_is_a_gap(tmp_path: Path) -> None:
    root = tree(tmp_path, {"var/lib/rpm/.keep": ""})
    os.mkfifo(tmp_path / "var/lib/rpm/rpmdb.sqlite")
    (gap,) = gather(RpmPackages(), root)
    assert "no regular file" in gap.data["reason"]
