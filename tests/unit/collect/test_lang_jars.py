"""Java archives: what they tell, nested ones, and hostile ones."""

from __future__ import annotations

import io
import os
import random
import zipfile
from pathlib import Path

import pytest

from shindan.collect import lang_jars, lang_zip
from shindan.collect.lang_budget import Budget, Reading, Spent
from shindan.collect.lang_jars import JarReader, manifest
from shindan.collect.lang_zip import Memory, content, entries
from shindan.collect.root import Root
from shindan.collect.unavailable import Unavailable
from unit.collect.lang_files import jar, pom


def read(folder: Path, name: str, data: bytes, budget: Budget | None = None) -> tuple[list[tuple[str, str, str]], str]:
    """(name, version, where inside) of what is found, and what is told as damaged."""
    (folder / name).write_bytes(data)
    found, damage = [], ""
    try:
        for one in JarReader().read(Reading(Root(str(folder)), budget or Budget()), f"/{name}"):
            assert one.type == "maven"
            found.append((one.name, one.version, one.inside))
    except Unavailable as error:
        damage = str(error)
    return found, damage


LOG4J = pom("org.apache.logging.log4j", "log4j-core", "2.14.1")
NAME = "org.apache.logging.log4j:log4j-core"
MANIFEST = "META-INF/MANIFEST.MF"
CASES = {
    "Maven's own file": ("any.jar", jar(LOG4J), [(NAME, "2.14.1", "")]),
    "it outweighs the file's name": ("other-9.jar", jar(LOG4J), [(NAME, "2.14.1", "")]),
    "archives merged into one": ("a.jar", jar({**LOG4J, **pom("g", "a", "1")}), [(NAME, "2.14.1", ""), ("g:a", "1", "")]),
    "the file's name": ("guava-31.1-jre.jar", jar({"A.class": ""}), [("guava", "31.1-jre", "")]),
    "a name with digits": ("jsr305-3.0.2.jar", jar({}), [("jsr305", "3.0.2", "")]),
    "the manifest": (
        "cdi-api.jar", jar({MANIFEST: "Manifest-Version: 1.0\r\nImplementation-Version: 1.2\r\n"}), [("cdi-api", "1.2", "")],
    ),
    "the manifest's symbolic name": (
        "bundle.jar", jar({MANIFEST: "Bundle-SymbolicName: org.x.y;singleton:=true\nBundle-Version: 3.4.0\n"}),
        [("org.x.y", "3.4.0", "")],
    ),
    "nothing tells a version": ("app.jar", jar({MANIFEST: "Manifest-Version: 1.0\n"}), []),
    "a plugin": ("git.hpi", jar({MANIFEST: "Short-Name: git\nPlugin-Version: 5.2.0\n"}), [("git", "5.2.0", "")]),
    "nested, stored": (
        "app.war", jar({"WEB-INF/lib/x.jar": jar(LOG4J)}), [(NAME, "2.14.1", "WEB-INF/lib/x.jar")],
    ),
    "nested, packed": (
        "app.ear", jar({"inner.war": jar({"WEB-INF/lib/x.jar": jar(LOG4J)})}),
        [(NAME, "2.14.1", "inner.war!/WEB-INF/lib/x.jar")],
    ),
    "a program before the archive": ("run.jar", b"#!/bin/sh\nexec java\n" + jar(LOG4J), [(NAME, "2.14.1", "")]),
    "a comment after it": ("c.jar", jar(LOG4J)[:-2] + b"\x05\0hello", [(NAME, "2.14.1", "")]),
}  # fmt: skip


@pytest.mark.parametrize(("name", "data", "expected"), CASES.values(), ids=CASES)
def test_an_archive_tells(tmp_path: Path, name: str, data: bytes, expected: list[tuple[str, str, str]]) -> None:
    assert read(tmp_path, name, data) == (expected, "")


def test_a_manifests_long_lines_go_on() -> None:
    assert manifest(b"A: one\r\n two\r\nB:x\n\nName: y\nC: z\n") == {"A": "onetwo", "B": "x"}


@pytest.mark.slow
def test_an_archive_of_more_than_65535_entries(tmp_path: Path) -> None:
    files = {f"c{i}": "" for i in range(66_000)}
    assert read(tmp_path, "a.jar", jar({**files, **LOG4J}, zipfile.ZIP_STORED)) == ([(NAME, "2.14.1", "")], "")


def test_sizes_in_the_zip64_field_are_found() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive, archive.open("a", "w", force_zip64=True) as entry:
        entry.write(b"hello")
    source = Memory("a.zip", stream.getvalue(), Budget())
    assert [content(source, entry, 100) for entry in entries(source)] == [b"hello"]


def test_python_reads_the_same_entries() -> None:
    draw = random.Random(20250701)
    files = {f"d{i}/f{i}": draw.randbytes(draw.randrange(5000)) for i in range(200)}
    data = jar(files)
    source = Memory("a.zip", data, Budget())
    assert {entry.name: content(source, entry, 10_000) for entry in entries(source)} == files


# ── hostile ──


def test_a_bomb_is_given_up_and_told(tmp_path: Path) -> None:
    bomb = jar({"META-INF/maven/g/a/pom.properties": "groupId=g\n" + "#" * 50_000_000})
    found, damage = read(tmp_path, "bomb-1.0.jar", bomb)
    assert found == [("bomb", "1.0", "")]
    assert "pom.properties is larger than 256 KB" in damage


def test_a_packed_archive_too_large_to_unpack_is_taken_by_its_name(tmp_path: Path) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("lib/big-2.0.jar", bytes(20_000_000))
    found, damage = read(tmp_path, "a-1.jar", stream.getvalue())
    assert found == [("a", "1", ""), ("big", "2.0", "lib/big-2.0.jar")]
    assert "lib/big-2.0.jar is larger than 12288 KB" in damage


def test_unpacking_counts_against_the_budget(tmp_path: Path) -> None:
    bombs = jar({f"META-INF/maven/g/a{i}/pom.properties": "#" * 200_000 for i in range(100)})
    with pytest.raises(Spent, match="1 MB"):
        read(tmp_path, "bombs.jar", bombs, Budget(size=1024**2))


def test_endless_nesting_ends(tmp_path: Path) -> None:
    data = jar(LOG4J)
    for _ in range(20):
        data = jar({"inner.jar": data})
    found, damage = read(tmp_path, "deep.jar", data)
    assert found == []
    assert "nested too deep" in damage


def test_an_archive_that_holds_itself_ends(tmp_path: Path) -> None:
    """Its only entry is stored, and its content is said to be the whole file."""
    data = bytearray(jar({"a.jar": bytes(300)}, zipfile.ZIP_STORED))
    at = data.index(b"PK\1\2")
    data[at + 20 : at + 28] = len(data).to_bytes(4, "little") * 2
    found, damage = read(tmp_path, "self.jar", bytes(data))
    assert found == []
    assert damage


def test_too_many_archives_inside_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lang_jars, "_MOST_NAMES", 10)
    found, damage = read(tmp_path, "many.jar", jar({f"l/a-{i}.jar": jar({}) for i in range(50)}))
    assert len(found) == 10
    assert "holds too many packages" in damage


def test_a_directory_that_claims_more_than_it_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lang_zip, "MOST_ENTRIES", 3)
    assert "too many entries" in read(tmp_path, "a.jar", jar({f"{i}": "" for i in range(5)}))[1]


@pytest.mark.parametrize("data", [b"", b"PK", b"x" * 100_000, bytes(22), b"PK\5\6" + b"\xff" * 18])
def test_no_archive_at_all_is_told_and_named_by_its_file(tmp_path: Path, data: bytes) -> None:
    found, damage = read(tmp_path, "a-1.0.jar", data)
    assert found == [("a", "1.0", "")]
    assert "/a-1.0.jar" in damage


def test_an_encrypted_entry_is_told(tmp_path: Path) -> None:
    data = bytearray(jar(LOG4J))
    data[data.index(b"PK\1\2") + 8] |= 1
    assert "packed in a way unknown here" in read(tmp_path, "a.jar", bytes(data))[1]


def test_damaged_archives_never_crash_nor_take_long(tmp_path: Path) -> None:
    draw = random.Random(20250702)
    whole = jar({**LOG4J, MANIFEST: "A: b\n", "lib/b-2.jar": jar(pom("g", "b", "2")), "lib/c.jar": b"junk"})
    for _ in range(600):
        data = bytearray(whole)
        for _ in range(draw.randrange(1, 6)):
            data[draw.randrange(len(data))] = draw.choice((0, 0xFF, draw.randrange(256)))
        if draw.random() < 0.3:
            del data[draw.randrange(len(data)) :]
        read(tmp_path, "fuzz-1.jar", bytes(data), Budget(size=50 * 1024**2))


def test_a_sparse_file_of_a_terabyte_is_no_trap(tmp_path: Path) -> None:
    (tmp_path / "s-1.jar").write_bytes(b"")
    os.truncate(tmp_path / "s-1.jar", 10**12)
    reader = JarReader().read(Reading(Root(str(tmp_path)), Budget()), "/s-1.jar")
    assert next(reader).name == "s"
    with pytest.raises(Unavailable, match="no zip archive"):
        next(reader)
