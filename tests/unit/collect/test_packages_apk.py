"""apk's database, world, repositories and cached indices."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shindan.collect.apk_database import records
from shindan.collect.packages_apk import ApkPackages
from shindan.collect.repositories_apk import ApkRepositories
from unit.collect.trees import gather, tree

INSTALLED = "lib/apk/db/installed"
MUSL = """C:Q1abc=
P:musl
V:1.2.5-r0
A:x86_64
S:400000
T:the musl c library (libc) implementation
L:MIT
o:musl
m:Timo Teräs <timo.teras@iki.fi>
t:1709818563
c:abcdef
F:lib
R:ld-musl-x86_64.so.1
a:0:0:755
Z:Q1def=
V:not the version

"""
LIBSSL = "P:libssl3\nV:3.3.1-r0\nA:x86_64\no:openssl\n\n"
Files = dict[str, str | bytes]


def packages(folder: Path, files: Files) -> tuple[dict[str, dict[str, Any]], str]:
    facts = gather(ApkPackages(), tree(folder, files))
    gaps = [fact.data["reason"] for fact in facts if fact.kind == "gap"]
    return {fact.subject: fact.data for fact in facts if fact.kind == "package"}, "; ".join(gaps)


def test_a_package_with_all_that_is_told_of_it(tmp_path: Path) -> None:
    found, gap = packages(tmp_path, {INSTALLED: MUSL})
    assert gap == ""
    assert found == {
        "musl": {
            "type": "apk", "version": "1.2.5-r0", "arch": "x86_64", "source": "musl", "source_version": "1.2.5-r0",
            "maintainer": "Timo Teräs <timo.teras@iki.fi>", "license": "MIT", "build_time": 1709818563,
        }
    }  # fmt: skip


@pytest.mark.parametrize("path", [INSTALLED, "usr/lib/apk/db/installed"])
def test_the_origin_is_the_source(tmp_path: Path, path: str) -> None:
    found, _ = packages(tmp_path, {path: LIBSSL + "P:own\nV:1\n\n"})
    assert (found["libssl3"]["source"], found["own"]["source"], found["own"]["arch"]) == ("openssl", "own", "")


@pytest.mark.parametrize(
    ("text", "names", "reason"),
    [
        ("", [], ""),
        ("\n\n\n", [], ""),
        (MUSL + "V:1\n\n", ["musl"], "1 damaged entry: a package has no name"),
        (MUSL + "P:x\n\n" + LIBSSL, ["libssl3", "musl"], "x has no version"),
        (MUSL + LIBSSL[:-1], ["musl"], "the file ends in the record of libssl3"),
        (MUSL + "P:libssl3\nV:3.3", ["musl"], "the file ends in the record of libssl3"),
        (MUSL + "P:lib", ["musl"], "the file ends in the record of a package"),
        (b"\x00\xff\n" * 100, [], "ends in the record of a package"),
    ],
)
def test_what_is_torn_is_told(tmp_path: Path, text: str | bytes, names: list[str], reason: str) -> None:
    found, gap = packages(tmp_path, {INSTALLED: text})
    assert sorted(found) == names
    assert reason in gap
    assert bool(reason) == bool(gap)


@settings(max_examples=100)
@given(st.lists(st.binary(max_size=20).map(lambda line: line.replace(b"\n", b"") + b"\n")))
def test_any_lines_end_in_records_or_damage(lines: list[bytes]) -> None:
    for entry in records(lines):
        assert entry.damage or (entry.fields["P"] and entry.fields["V"])


def test_what_an_administrator_asked_for(tmp_path: Path) -> None:
    world = "alpine-base musl=1.2.5-r0\nlibssl3@edge\n!conflict\nbusybox>1.0\n"
    installed = MUSL + LIBSSL + "P:busybox\nV:2\n\nP:zlib\nV:1\n\n"
    found, _ = packages(tmp_path, {INSTALLED: installed, "etc/apk/world": world})
    assert {name: (data.get("requested"), data.get("held")) for name, data in found.items()} == {
        "musl": (True, True), "libssl3": (True, None), "busybox": (True, True), "zlib": (None, None),
    }  # fmt: skip


def repositories(folder: Path, files: Files) -> list[tuple[str, dict[str, Any]]]:
    return [(fact.subject, fact.data) for fact in gather(ApkRepositories(), tree(folder, files))]


def test_repositories(tmp_path: Path) -> None:
    text = """# nothing here
https://dl-cdn.alpinelinux.org/alpine/v3.20/main/
#https://dl-cdn.alpinelinux.org/alpine/v3.20/community
@testing http://dl-cdn.alpinelinux.org/alpine/edge/testing
/home/me/packages
https://packages.wolfi.dev/os
"""
    files: Files = {
        "etc/apk/repositories": text,
        "etc/apk/repositories.d/more.list": "https://cdn/alpine/v3.22 main community\n",
        "etc/apk/repositories.d/no.txt": "https://no\n",
    }
    found = repositories(tmp_path, files)
    assert [
        (url, data.get("suite"), data.get("components"), data.get("tag"), data["enabled"]) for url, data in found
    ] == [
        ("https://dl-cdn.alpinelinux.org/alpine/v3.20/main", "v3.20", ["main"], None, True),
        ("https://dl-cdn.alpinelinux.org/alpine/v3.20/community", "v3.20", ["community"], None, False),
        ("http://dl-cdn.alpinelinux.org/alpine/edge/testing", "edge", ["testing"], "testing", True),
        ("/home/me/packages", None, None, None, True),
        ("https://packages.wolfi.dev/os", None, None, None, True),
        ("https://cdn/alpine/v3.22/main", "v3.22", ["main"], None, True),
        ("https://cdn/alpine/v3.22/community", "v3.22", ["community"], None, True),
    ]


def index(text: str) -> bytes:
    """An APKINDEX.tar.gz: a gzip member with the signature, whose tar has no end, then the rest."""

    def member(name: str, content: bytes, end: bool) -> bytes:
        stream = io.BytesIO()
        with tarfile.open(fileobj=stream, mode="w", format=tarfile.USTAR_FORMAT) as archive:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        data = stream.getvalue()
        return gzip.compress(data if end else data[: 512 + -(-len(content) // 512) * 512])

    signature = member(".SIGN.RSA.alpine@example.rsa.pub", b"s" * 256, False)
    return signature + member("DESCRIPTION", b"v3.20", False) + member("APKINDEX", text.encode(), True)


MAIN, EDGE = "https://dl-cdn.alpinelinux.org/alpine/v3.20/main", "https://dl-cdn.alpinelinux.org/alpine/edge/main"


def cached(url: str) -> str:
    return f"var/cache/apk/APKINDEX.{hashlib.sha1(url.encode()).hexdigest()[:8]}.tar.gz"


def test_a_package_comes_from_the_repository_whose_index_lists_this_version(tmp_path: Path) -> None:
    files: Files = {
        INSTALLED: MUSL + LIBSSL + "P:zlib\nV:1\n\n",
        "etc/apk/arch": "x86_64\n",
        "etc/apk/repositories": f"{MAIN}\n@edge {EDGE}\n#https://off/v3.20/main\n",
        cached(MAIN): index("P:musl\nV:1.2.5-r0\n\nP:libssl3\nV:3.3.0-r0\n\nP:zlib\nV:1"),
        cached(f"{EDGE}/x86_64/APKINDEX.tar.gz"): index("P:libssl3\nV:3.3.1-r0\n\nP:musl\nV:1.2.5-r0\n"),
        cached("https://off/v3.20/main"): b"not looked at",
    }
    found, gap = packages(tmp_path, files)
    assert gap == ""
    assert {name: data.get("repository") for name, data in found.items()} == {
        "musl": MAIN, "libssl3": EDGE, "zlib": MAIN,
    }  # fmt: skip


@pytest.mark.parametrize(
    "data",
    [b"", b"x" * 600, gzip.compress(b"x" * 600), index("P:a\n")[:-30]],
    ids=["empty", "no gzip", "no tar", "cut"],
)
def test_a_torn_index_is_a_gap_and_costs_no_package(tmp_path: Path, data: bytes) -> None:
    found, gap = packages(tmp_path, {INSTALLED: MUSL, "etc/apk/repositories": f"{MAIN}\n", cached(MAIN): data})
    assert list(found) == ["musl"]
    assert "APKINDEX" in gap
    assert "apk update" in gap


def test_the_name_of_a_cached_index_is_the_one_that_apk_gives_it() -> None:
    """As in many a log of Alpine 3.12."""
    assert cached("http://dl-cdn.alpinelinux.org/alpine/v3.12/main") == "var/cache/apk/APKINDEX.2c4ac24e.tar.gz"
