"""The only door to a host: nothing outside the root is read, and nothing is waited for."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from shindan.collect import root as door
from shindan.collect.root import MAX_LINE, Root
from shindan.collect.unavailable import Unavailable
from unit.collect.trees import tree


@pytest.fixture
def host(tmp_path: Path) -> Root:
    (tmp_path / "secret").write_text("of this machine\n")
    return tree(
        tmp_path / "host",
        {
            "etc/plain": "one\r\ntwo\n\nlast",
            "etc/absolute": "-> /etc/plain",
            "etc/relative": "-> ../etc/plain",
            "etc/folder": "-> /srv",
            "srv/file": "in srv\n",
            "etc/outside": f"-> {tmp_path}/secret",
            "etc/above": "-> ../../../../../../../../secret",
            "etc/loop": "-> loop",
            "etc/ping": "-> pong",
            "etc/pong": "-> ping",
            "secret": "of the host\n",
        },
    )


@pytest.mark.parametrize(
    ("path", "first"),
    [
        ("/etc/plain", b"one"),
        ("/etc/absolute", b"one"),
        ("/etc/relative", b"one"),
        ("/etc/folder/file", b"in srv"),
        ("/etc/folder/../etc/plain", b"one"),
        ("/etc/../../../secret", b"of the host"),
        ("/etc/above", b"of the host"),
    ],
)
def test_links_are_resolved_inside_the_root(host: Root, path: str, first: bytes) -> None:
    assert next(host.lines(path)) == first
    assert host.exists(path)


def test_a_link_to_a_file_of_this_machine_leads_nowhere(host: Root) -> None:
    with pytest.raises(FileNotFoundError):
        host.text("/etc/outside")
    assert not host.exists("/etc/outside")


@pytest.mark.parametrize("path", ["/etc/loop", "/etc/ping"])
def test_a_loop_of_links_is_given_up(host: Root, path: str) -> None:
    with pytest.raises(Unavailable, match=path):
        host.text(path)
    assert not host.exists(path)


def test_lines_come_without_their_ends_or_with_a_newline_where_there_was_one(host: Root) -> None:
    assert list(host.lines("/etc/plain")) == [b"one", b"two", b"", b"last"]
    assert list(host.lines("/etc/plain", ends=True)) == [b"one\n", b"two\n", b"\n", b"last"]


@pytest.mark.parametrize("name", ["/etc", "/etc/pipe", "/etc/plain\0"])
def test_what_is_no_regular_file_is_refused_at_once(host: Root, name: str) -> None:
    os.mkfifo(Path(host.path, "etc/pipe"))
    with pytest.raises(Unavailable):
        host.head(name, 1)


@pytest.mark.parametrize("name", ["/nothing", "/etc/plain/below", "/nowhere/at/all"])
def test_what_is_not_there_is_not_found(host: Root, name: str) -> None:
    with pytest.raises(FileNotFoundError):
        host.text(name)
    assert host.names(name) == []


def test_a_giant_line_is_cut_and_the_next_one_is_whole(tmp_path: Path) -> None:
    host = tree(tmp_path, {"file": b"x" * (MAX_LINE * 3 + 5) + b"\nnext\n", "end": b"y" * (MAX_LINE + 1)})
    first, second = host.lines("/file")
    assert (len(first), second) == (MAX_LINE, b"next")
    assert [len(line) for line in host.lines("/end")] == [MAX_LINE]


@pytest.mark.parametrize("read", [lambda root: root.text("/big"), lambda root: list(root.lines("/big"))])
def test_a_file_beyond_all_bounds_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, read: Callable[[Root], object]
) -> None:
    monkeypatch.setattr(door, "MAX_FILE", 1000)
    monkeypatch.setattr(door, "MAX_TEXT", 1000)
    with pytest.raises(Unavailable, match="longer than"):
        read(tree(tmp_path, {"big": "line\n" * 300}))


def test_a_sparse_file_of_a_terabyte_is_no_trap(tmp_path: Path) -> None:
    host = tree(tmp_path, {"sparse": ""})
    os.truncate(tmp_path / "sparse", 10**12)
    with pytest.raises(Unavailable, match="longer than"):
        for line in host.lines("/sparse"):
            assert len(line) <= MAX_LINE


PACKED: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    ".gz": gzip.compress,
    ".xz": lzma.compress,
    ".bz2": bz2.compress,
}


@pytest.mark.parametrize("ending", PACKED)
def test_blocks_are_unpacked_as_the_ending_says(tmp_path: Path, ending: str) -> None:
    content = b"Package: a\n" * 100_000
    host = tree(tmp_path, {"list" + ending: PACKED[ending](content)})
    assert b"".join(host.blocks("/list" + ending)) == content


@pytest.mark.parametrize("ending", [".gz", ".xz", ".bz2"])
@pytest.mark.parametrize("damage", ["cut", "foreign"])
def test_a_torn_archive_is_unavailable(tmp_path: Path, ending: str, damage: str) -> None:
    packed = PACKED[ending](bytes(range(256)) * 4000)
    host = tree(tmp_path, {"list" + ending: packed[: len(packed) // 2] if damage == "cut" else b"no archive at all"})
    with pytest.raises(Unavailable, match="/list"):
        list(host.blocks("/list" + ending))


def test_a_bomb_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "MAX_UNPACKED", 1_000_000)
    host = tree(tmp_path, {"list.xz": lzma.compress(bytes(5_000_000))})
    with pytest.raises(Unavailable, match="too large"):
        list(host.blocks("/list.xz"))


@pytest.mark.parametrize("ending", [".lz4", ".zst"])
def test_below_a_root_no_tool_unpacks(tmp_path: Path, ending: str) -> None:
    host = tree(tmp_path, {"list" + ending: b"\x04\x22\x4d\x18"})
    with pytest.raises(Unavailable, match="no tool is run"):
        list(host.blocks("/list" + ending))


def test_a_folder_is_scanned_below_the_root_and_links_are_seen_as_such(host: Root) -> None:
    assert {entry.name: entry.is_symlink() for entry in host.scan("/etc/folder/..")} == {
        "etc": False,
        "srv": False,
        "secret": False,
    }
    assert {entry.name for entry in host.scan("/etc/folder")} == {"file"}
    assert {entry.name for entry in host.scan("/etc") if not entry.is_symlink()} == {"plain"}
    assert list(host.scan("/nothing")) == list(host.scan("/etc/plain")) == []
    with pytest.raises(Unavailable, match="/etc/loop"):
        list(host.scan("/etc/loop"))


@pytest.mark.parametrize(
    ("path", "resolved"),
    [("/etc/folder", "/srv"), ("/etc/above", "/secret"), ("/", "/"), ("/etc/../..", "/"), ("/no/such/", "/no/such")],
)
def test_a_path_is_resolved_on_the_host(host: Root, path: str, resolved: str) -> None:
    assert host.resolved(path) == resolved


def test_this_machine_is_live_by_whatever_name() -> None:
    assert Root("/").live
    assert Root("//usr/..").live
    assert not Root("/usr").live
