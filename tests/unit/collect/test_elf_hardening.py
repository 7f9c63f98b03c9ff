"""What ELF files say of their protection, against files that the compiler made; torn and hostile ones."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shindan.collect.elf_hardening import Hardening, Torn, hardening
from support import need_tool

SOURCE = """
#include <unistd.h>
#include <string.h>
int main(int argc, char **argv) { char b[64]; strcpy(b, argv[0]); return write(2, b, 0); }
"""
ASSEMBLY = ".globl nothing\nnothing: ret\n"


def compiled(folder: Path, name: str, *options: str, source: str = SOURCE, suffix: str = ".c") -> Path:
    """A program or library that gcc made."""
    compiler = need_tool("gcc", "gcc")
    path = folder / (name + suffix)
    path.write_text(source)
    subprocess.run([compiler, "-w", "-O0", *options, "-o", str(folder / name), str(path)], check=True)
    return folder / name


def read(path: Path, names: bool = True) -> Hardening | None:
    with path.open("rb", buffering=0) as stream:
        return hardening(stream, names)


@pytest.mark.system
@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("-fstack-protector-all",), ("protected", False, False, True)),
        (("-fno-stack-protector",), ("protected", False, False, False)),
        (("-z", "execstack", "-fno-stack-protector"), ("executable", False, False, False)),
        (("-fstack-protector-all", "-s"), ("protected", False, False, True)),
        (("-fstack-protector-all", "-static", "-no-pie"), ("protected", False, True, True)),
        (("-fstack-protector-all", "-shared", "-fPIC"), ("protected", False, True, True)),
    ],
    ids=["cookies", "no cookies", "executable stack", "stripped", "static", "library"],
)
def test_what_the_compiler_made(tmp_path: Path, options: tuple[str, ...], expected: tuple[object, ...]) -> None:
    found = read(compiled(tmp_path, "made", *options))
    assert found is not None
    assert (found.stack, found.writable_code, found.static, found.stack_check) == expected
    assert found.language == ""
    assert found.weak == (expected[0] != "protected" or expected[1])


@pytest.mark.system
def test_a_library_without_the_header_for_its_stack(tmp_path: Path) -> None:
    options = ("-shared", "-nostdlib", "-fPIC", "-Wl,-z,noexecstack")
    made = compiled(tmp_path, "made.so", *options, source=ASSEMBLY, suffix=".S")
    data = bytearray(made.read_bytes())
    at = data.index(b"\x51\xe5\x74\x64")
    data[at : at + 4] = b"\0\0\0\0"  # PT_NULL
    made.write_bytes(bytes(data))
    found = read(made)
    assert found is not None
    assert (found.stack, found.weak) == ("missing", True)


@pytest.mark.system
def test_code_that_can_be_written_to(tmp_path: Path) -> None:
    source = ".globl _start\n_start: jmp _start\n.data\n.long 1\n"
    options = ("-nostdlib", "-static", "-no-pie", "-Wl,-N", "-Wl,-z,noexecstack")
    found = read(compiled(tmp_path, "made", *options, source=source, suffix=".S"))
    assert found is not None
    assert (found.stack, found.writable_code, found.weak) == ("protected", True, True)


@pytest.mark.system
def test_without_sections_the_dynamic_segment_tells_the_names(tmp_path: Path) -> None:
    made = compiled(tmp_path, "made", "-fstack-protector-all")
    data = bytearray(made.read_bytes())
    data[40:48] = bytes(8)  # e_shoff
    data[60:64] = bytes(4)  # e_shnum, e_shstrndx
    made.write_bytes(bytes(data))
    found = read(made)
    assert found is not None
    assert found.stack_check is True


@pytest.mark.system
@pytest.mark.parametrize(
    ("section", "language"),
    [(".go.buildinfo", "go"), (".comment", "rust"), (".unknown", "")],
    ids=["go", "rust", "none"],
)
def test_languages_that_need_no_cookies(tmp_path: Path, section: str, language: str) -> None:
    said = f'__asm__(".section {section},\\"a\\"\\n.string \\"rustc version 1.79.0\\"\\n.text");'
    source = said.replace('comment,\\"a\\"', "comment") + SOURCE
    found = read(compiled(tmp_path, "made", "-fno-stack-protector", source=source))
    assert found is not None
    assert found.language == language


def test_names_are_read_only_where_they_are_asked_for() -> None:
    found = read(Path("/proc/self/exe"), names=False)
    assert found is not None
    assert (found.stack_check, found.language) == (None, "")


@pytest.mark.parametrize("data", [b"", b"#!/bin/sh\n", b"\x7fEL", b"PK\x03\x04" + bytes(100)])
def test_what_is_no_elf_file(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "file").write_bytes(data)
    assert read(tmp_path / "file") is None


WHOLE = Path("/proc/self/exe").resolve().read_bytes()[:4096]


@given(st.integers(4, 63), st.binary(min_size=1, max_size=8), st.integers(0, 4096))
@settings(max_examples=200)
def test_a_torn_or_hostile_file_ends_in_torn_or_an_answer(at: int, change: bytes, length: int) -> None:
    data = WHOLE[:at] + change + WHOLE[at + len(change) :]
    path = Path.home() / "torn"
    path.write_bytes(data[:length])
    try:
        found = read(path)
    except Torn as error:
        assert str(error)
    else:
        assert found is None or isinstance(found, Hardening)
