"""The changelog out of packaging and packages: torn ones, odd encodings, and the real tools' own archives."""

from __future__ import annotations

import gzip
import io
import subprocess
import tarfile
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shindan.feeds.archive_changelog import entries
from shindan.feeds.archive_packaging import extracted, extracted_from_deb
from shindan.model.errors import FeedError
from support import need_tool
from unit.feeds.mirror import make_deb

TEXT = "pkg (1-1) unstable; urgency=low\n\n  * CVE-2020-1111\n\n -- A <a@b>  Mon, 01 Jan 2024 00:00:00 +0000\n"


def tarred(path: Path, mode: str, *names: str, content: bytes = TEXT.encode()) -> Path:
    with tarfile.open(path, mode) as tar:  # type: ignore[call-overload]
        for name in names:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return path


@pytest.mark.parametrize(
    ("name", "mode", "member"),
    [
        ("p_1.debian.tar.xz", "w:xz", "debian/changelog"),
        ("p_1.debian.tar.gz", "w:gz", "debian/changelog"),
        ("p_1.debian.tar.bz2", "w:bz2", "./debian/changelog"),
        ("p_1.tar.xz", "w:xz", "p-1/debian/changelog"),
        ("p_1.tar.gz", "w:gz", "./p-1/debian/changelog"),
    ],
)
def test_every_form_of_packaging(tmp_path: Path, name: str, mode: str, member: str) -> None:
    assert extracted(tarred(tmp_path / name, mode, "debian/control", member)) == TEXT


@pytest.mark.parametrize("members", [(), ("debian/changelog.old",), ("a/b/debian/changelog",), ("xdebian/changelog",)])
def test_packaging_without_a_changelog_is_an_error(tmp_path: Path, members: tuple[str, ...]) -> None:
    with pytest.raises(FeedError, match="holds no changelog"):
        extracted(tarred(tmp_path / "p.debian.tar.xz", "w:xz", *members))


def test_a_changelog_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "p.tar.xz", "w:xz") as tar:
        link = tarfile.TarInfo("debian/changelog")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
    with pytest.raises(FeedError, match="holds no changelog"):
        extracted(tmp_path / "p.tar.xz")


@pytest.mark.parametrize(
    "diff",
    ["", "--- a\n+++ b/debian/rules\n+x\n", "+++ \n", "+++\n+x\n"],
    ids=["empty", "another file", "no name", "no space"],
)
def test_a_diff_without_a_changelog_is_an_error(tmp_path: Path, diff: str) -> None:
    path = tmp_path / "p_1.diff.gz"
    path.write_bytes(gzip.compress(diff.encode()))
    with pytest.raises(FeedError, match="holds no changelog"):
        extracted(path)


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "utf-16-be", "shift-jis"])
def test_a_maintainer_s_name_in_any_encoding_does_not_hide_an_id(tmp_path: Path, encoding: str) -> None:
    name = {"shift-jis": "日本語", "utf-16-be": "日本"}.get(encoding, "Jürgen")
    content = TEXT.encode().replace(b"A <", name.encode(encoding) + b" <") + TEXT.encode()
    text = extracted(tarred(tmp_path / "p.debian.tar.xz", "w:xz", "debian/changelog", content=content))
    assert [entry.fixes for entry in entries(text)] == [{"CVE-2020-1111"}] * 2


def test_a_binary_package_is_read_as_dpkg_built_it(tmp_path: Path) -> None:
    tool = need_tool("dpkg-deb", "dpkg")
    root = tmp_path / "root"
    (root / "DEBIAN").mkdir(parents=True)
    (root / "DEBIAN/control").write_text(
        "Package: p\nVersion: 1-1\nArchitecture: all\nMaintainer: A <a@b.c>\nDescription: x\n"
    )
    docs = root / "usr/share/doc/p"
    docs.mkdir(parents=True)
    (docs / "changelog.Debian.gz").write_bytes(gzip.compress(TEXT.encode()))
    (docs / "changelog.gz").write_bytes(gzip.compress(b"of upstream"))
    for packing in ("xz", "gzip", "zstd", "none"):
        package = tmp_path / f"{packing}.deb"
        subprocess.run(
            [tool, "--root-owner-group", f"-Z{packing}", "-b", root, package], check=True, capture_output=True
        )
        assert extracted_from_deb(package) == TEXT, packing
    assert not list(tmp_path.glob("shindan-deb-*"))


def test_a_package_whose_documentation_is_a_link_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "p.deb"
    path.write_bytes(make_deb("p", ""))
    with pytest.raises(FeedError, match="holds no changelog"):
        extracted_from_deb(path)


def test_a_torn_package_is_an_error_wherever_it_is_cut(tmp_path: Path) -> None:
    whole = make_deb("p", TEXT)
    path = tmp_path / "p.deb"
    for cut in (*range(0, 200, 7), len(whole) - 40, len(whole) - 9):
        path.write_bytes(whole[:cut])
        with pytest.raises(FeedError):
            extracted_from_deb(path)
    assert [one.name for one in tmp_path.iterdir()] == ["p.deb"]


@given(st.binary(max_size=400), st.sampled_from(["p.debian.tar.xz", "p.tar.gz", "p.diff.gz", "p.deb"]))
@settings(max_examples=100)
def test_any_bytes_end_in_a_changelog_or_in_an_error(content: bytes, name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes((b"!<arch>\n" if name == "p.deb" else b"") + content)
        with pytest.raises(FeedError):
            (extracted_from_deb if name == "p.deb" else extracted)(path)
