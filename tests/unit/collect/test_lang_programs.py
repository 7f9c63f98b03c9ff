"""Programs that carry what they were built from: Go's two forms, Rust's list, in every shape of ELF."""

from __future__ import annotations

import os
import random
import zlib
from pathlib import Path

import pytest

from shindan.collect.lang_budget import Budget, Reading
from shindan.collect.lang_go import listed, standard_library
from shindan.collect.lang_programs import ProgramReader
from shindan.collect.root import Root
from shindan.collect.unavailable import Unavailable
from unit.collect.lang_files import elf, go_inline, go_pointers, rust

LINES = (
    "path\texample.org/tool/cmd\nmod\texample.org/tool\tv1.2.3\th1:x=\n"
    "dep\tgolang.org/x/net\tv0.7.0\th1:y=\ndep\texample.org/old\tv1.0.0\n=>\texample.org/new\tv1.1.0\th1:z=\n"
    "dep\texample.org/local\tv1.0.0\n=>\t../local\t\nbuild\t-compiler=gc\n"
)
MODULES = [
    ("golang", "stdlib", "1.21.5"),
    ("golang", "example.org/tool", "v1.2.3"),
    ("golang", "golang.org/x/net", "v0.7.0"),
    ("golang", "example.org/new", "v1.1.0"),
]
CRATES = rust([{"name": "a", "version": "1.0.0"}, {"name": "cc", "version": "1.0.83", "kind": "build"}, {"name": 5}, 7])


def read(folder: Path, data: bytes) -> list[tuple[str, str, str]]:
    (folder / "program").write_bytes(data)
    found = list(ProgramReader().read(Reading(Root(str(folder)), Budget()), "/program"))
    return [(one.type, one.name, one.version) for one in found if one.sane]


@pytest.mark.parametrize("wide", [True, False], ids=["64 bits", "32 bits"])
@pytest.mark.parametrize("big", [True, False], ids=["big-endian", "little-endian"])
class TestEveryShape:
    def test_go_inline(self, tmp_path: Path, wide: bool, big: bool) -> None:
        parts = {".text": b"code", ".go.buildinfo": go_inline("go1.21.5", LINES)}
        assert read(tmp_path, elf(parts, wide=wide, big=big)) == MODULES

    def test_go_pointers(self, tmp_path: Path, wide: bool, big: bool) -> None:
        assert read(tmp_path, go_pointers("go1.21.5", LINES, wide=wide, big=big)) == MODULES

    def test_go_without_a_table_of_sections(self, tmp_path: Path, wide: bool, big: bool) -> None:
        parts = {".go.buildinfo": go_inline("go1.21.5", LINES)}
        assert read(tmp_path, elf(parts, wide=wide, big=big, sections=False)) == MODULES

    def test_rust(self, tmp_path: Path, wide: bool, big: bool) -> None:
        assert read(tmp_path, elf({".text": b"", ".dep-v0": CRATES}, wide=wide, big=big)) == [("cargo", "a", "1.0.0")]

    def test_neither(self, tmp_path: Path, wide: bool, big: bool) -> None:
        assert read(tmp_path, elf({".text": b"code", ".data": b"x" * 50}, wide=wide, big=big)) == []

    def test_a_torn_file_is_told_or_tells_less(self, tmp_path: Path, wide: bool, big: bool) -> None:
        draw = random.Random(20250703)
        whole = elf({".go.buildinfo": go_inline("go1.21.5", LINES), ".dep-v0": CRATES}, wide=wide, big=big)
        pointed = go_pointers("go1.21.5", LINES, wide=wide, big=big)
        for i in range(200):
            data = bytearray(whole if i % 2 else pointed)
            for _ in range(draw.randrange(1, 5)):
                data[draw.randrange(len(data))] = draw.choice((0, 0xFF, 0x7F, draw.randrange(256)))
            if draw.random() < 0.4:
                del data[draw.randrange(len(data)) :]
            try:
                read(tmp_path, bytes(data))
            except Unavailable as error:
                assert "/program" in str(error)


@pytest.mark.parametrize(
    ("toolchain", "version"),
    [
        ("go1.21.5", "1.21.5"),
        ("go1.20", "1.20.0"),
        ("go1.21rc2", "1.21.0-rc.2"),
        ("go1.9beta1", "1.9.0-beta.1"),
        ("go1.19.8 X:boringcrypto", "1.19.8"),
        ("go1.22.1 (Red Hat 1.22.1-1.el9)", "1.22.1"),
        ("devel go1.23-abcdef Mon", ""),
        ("", ""),
        ("gccgo", ""),
    ],
)
def test_the_standard_librarys_version(toolchain: str, version: str) -> None:
    assert standard_library(toolchain) == version


def test_a_program_built_in_its_own_folder_has_no_version() -> None:
    lines = ["mod\texample.org/a\t(devel)\t", "dep\tb\tv1\th1:", "dep\tc", "nonsense", ""]
    assert list(listed(lines)) == [("b", "v1")]


def test_a_program_without_modules_has_its_library(tmp_path: Path) -> None:
    assert read(tmp_path, elf({".go.buildinfo": go_inline("go1.4", "")})) == [("golang", "stdlib", "1.4.0")]


@pytest.mark.parametrize("data", [b"", b"#!/bin/sh\n", b"MZ" + bytes(100)])
def test_what_is_no_elf_file_is_passed_over(tmp_path: Path, data: bytes) -> None:
    assert read(tmp_path, data) == []


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"\x7fELF", "torn ELF header"),
        (b"\x7fELF\x02\x01" + bytes(50), "torn ELF header"),
        (elf({".go.buildinfo": go_inline("go1.21.5", LINES)[:40]}), "torn Go build information"),
        (elf({".dep-v0": b"no zlib"}), "torn list of crates"),
        (elf({".dep-v0": CRATES[:-8]}), "torn list of crates"),
        (elf({".dep-v0": zlib.compress(bytes(30_000_000))}), "torn list of crates"),
        (elf({".dep-v0": zlib.compress(b"[]")}), "torn list of crates"),
        (elf({".text": b""})[:-10], "torn table of sections"),
    ],
)
def test_a_torn_program_is_told(tmp_path: Path, data: bytes, why: str) -> None:
    with pytest.raises(Unavailable, match=f"/program .*{why}"):
        read(tmp_path, data)


def test_a_sparse_program_of_a_terabyte_is_no_trap(tmp_path: Path) -> None:
    (tmp_path / "program").write_bytes(elf({".text": b""}, sections=False))
    os.truncate(tmp_path / "program", 10**12)
    assert list(ProgramReader().read(Reading(Root(str(tmp_path)), Budget()), "/program")) == []
