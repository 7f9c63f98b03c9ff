"""Zips, tars and compressed files: every form opens, and torn, lying or absurd ones end in a FeedError."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from shindan.feeds.containers import members, open_stream, read_all, streams
from shindan.model.errors import FeedError

CONTENT = b'{"hello": "world"}\n' * 2_000
FORMS: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.compress,
    ".xz": lzma.compress,
    ".bz2": bz2.compress,
    ".zst": zstandard.ZstdCompressor().compress,
    "": bytes,
}


def tarred(*contents: bytes) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for number, content in enumerate(contents):
            entry = tarfile.TarInfo(f"./{number}.json")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
        link = tarfile.TarInfo("link.json")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    return stream.getvalue()


def zipped(*contents: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.mkdir("folder") if hasattr(archive, "mkdir") else archive.writestr("folder/", b"")
        for number, content in enumerate(contents):
            archive.writestr(f"{number}.json", content)
    return stream.getvalue()


@pytest.mark.parametrize("ending", FORMS)
def test_every_form_opens_by_its_ending(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"it.json{ending}"
    path.write_bytes(FORMS[ending](CONTENT))
    assert read_all(path) == CONTENT
    assert list(members(path)) == [(path.name, CONTENT)]


@pytest.mark.parametrize("ending", FORMS)
def test_every_form_opens_by_its_first_bytes(tmp_path: Path, ending: str) -> None:
    path = tmp_path / "json"
    path.write_bytes(FORMS[ending](CONTENT))
    assert read_all(path) == CONTENT


@pytest.mark.parametrize("ending", [".gz", ".xz", ".bz2"])
@pytest.mark.parametrize("kept", [0.0, 0.3, 0.9])
def test_a_torn_file_is_refused_wherever_it_is_read(tmp_path: Path, ending: str, kept: float) -> None:
    path = tmp_path / f"it.json{ending}"
    whole = FORMS[ending](CONTENT)
    path.write_bytes(whole[: int(len(whole) * kept) or 3])
    with pytest.raises(FeedError, match="torn"):
        read_all(path)
    with pytest.raises(FeedError, match="torn"):
        list(members(path))
    with pytest.raises(FeedError, match="torn"), open_stream(path) as stream:
        stream.read()


@pytest.mark.parametrize("ending", FORMS)
def test_what_is_not_what_its_name_says_is_refused(tmp_path: Path, ending: str) -> None:
    if not ending:
        return
    path = tmp_path / f"it.json{ending}"
    path.write_bytes(b"<html>busy</html>")
    with pytest.raises(FeedError, match="torn"):
        list(members(path))


@pytest.mark.parametrize("ending", FORMS)
def test_tars_in_every_form(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"it.tar{ending}"
    path.write_bytes(FORMS[ending](tarred(b"one", b"two")))
    assert list(members(path)) == [("./0.json", b"one"), ("./1.json", b"two")], "links are not followed"


@pytest.mark.parametrize("form", [tarred, zipped])
def test_torn_archives_are_refused(tmp_path: Path, form: Callable[..., bytes]) -> None:
    whole = form(CONTENT, CONTENT)
    path = tmp_path / ("it.tar" if form is tarred else "it.zip")
    for cut in range(1, len(whole) - 10_240 if form is tarred else len(whole), max(1, len(whole) // 50)):
        path.write_bytes(whole[:cut])
        with pytest.raises(FeedError):
            list(members(path))


def test_a_damaged_zip_is_refused(tmp_path: Path) -> None:
    whole = bytearray(zipped(CONTENT))
    whole[70] ^= 0xFF
    path = tmp_path / "it.zip"
    path.write_bytes(whole)
    with pytest.raises(FeedError, match="torn"):
        list(members(path))


def test_an_encrypted_zip_and_an_unknown_method_are_refused(tmp_path: Path) -> None:
    for offset, value in ((6, 1), (8, 97)):
        whole = bytearray(zipped(CONTENT))
        directory = whole.rfind(b"PK\x01\x02")
        local = struct.unpack("<I", whole[directory + 42 : directory + 46])[0]
        for place in (local + offset, directory + offset + 2):
            whole[place] = value
        path = tmp_path / "it.zip"
        path.write_bytes(whole)
        with pytest.raises(FeedError, match="torn or not what"):
            list(members(path))


@pytest.mark.parametrize("name", ["it.zip", "it.tar.gz", "it.json.gz", "it.json.xz", "it.json.zst"])
def test_a_bomb_is_refused(tmp_path: Path, name: str) -> None:
    bomb = b"\0" * 20_000_000
    form = {"it.zip": zipped, "it.tar.gz": lambda content: gzip.compress(tarred(content))}.get(name)
    packed = form(bomb) if form else FORMS["." + name.rsplit(".", 1)[-1]](bomb)
    path = tmp_path / name
    path.write_bytes(packed)
    assert len(packed) < 100_000
    with pytest.raises(FeedError, match="larger than"):
        list(members(path, limit=1_000_000))


def test_a_folder_gives_its_files_in_order_and_decompressed(tmp_path: Path) -> None:
    (tmp_path / "b.json").write_bytes(b"2")
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "1.json.gz").write_bytes(gzip.compress(b"1"))
    (tmp_path / ".hidden").write_bytes(b"3")
    assert [(name, stream.read()) for name, stream in streams(tmp_path)] == [("a/1.json.gz", b"1"), ("b.json", b"2")]


@pytest.mark.parametrize("name", ["it", "it.zip", "it.tar.xz", "it.json.gz"])
def test_what_does_not_exist_is_told(tmp_path: Path, name: str) -> None:
    with pytest.raises(FeedError, match="does not exist"):
        list(members(tmp_path / name))
