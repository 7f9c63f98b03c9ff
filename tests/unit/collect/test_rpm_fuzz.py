"""Torn and hostile databases: the readers end, tell packages or gaps, and nothing else. See tests/fuzz/README.md."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shindan.collect.packages_rpm import RpmPackages
from shindan.collect.root import Root
from support import REPOSITORY
from unit.collect import rpm_writers as write
from unit.collect.trees import gather, tree

CORPUS = sorted((REPOSITORY / "tests/fuzz/corpus/rpm").iterdir())
FORMS = ("Packages", "Packages.db", "rpmdb.sqlite")
HEADERS = [
    write.package("bash", "5.1-1", vendor="V", buildtime=1, installtime=2, rsaheader=b"\x89\0\x0f\x03\x05" + bytes(13)),
    write.package(
        "nginx", "1:2-3", modularitylabel="a:b:c:d", basenames=["x"] * 300, dirindexes=[0] * 300, dirnames=["/"]
    ),
    write.key("fd431d51", "4ae0493b"),
]


def written(folder: Path) -> dict[str, bytes]:
    write.sqlite(folder / "made.sqlite", HEADERS, 1024)
    return {
        "Packages": write.berkeley(HEADERS, page_size=1024),
        "Packages.db": write.ndb(HEADERS),
        "rpmdb.sqlite": (folder / "made.sqlite").read_bytes(),
    }


def survives(folder: Path, name: str, data: bytes) -> None:
    """Every fact is well-formed (`gather` asserts it) and no error but a gap comes out."""
    path = folder / "var/lib/rpm" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    facts = gather(RpmPackages(), Root(os.fspath(folder)))
    assert all("unexpected" not in fact.data["reason"] for fact in facts if fact.kind == "gap")


MUTATIONS = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255), st.integers(1, 4)), min_size=1, max_size=12)


@pytest.mark.parametrize("name", FORMS)
@settings(max_examples=150)
@given(mutations=MUTATIONS, cut=st.floats(0, 1))
def test_a_database_with_wrong_bytes(
    tmp_path_factory: pytest.TempPathFactory, name: str, mutations: list[tuple[float, int, int]], cut: float
) -> None:
    folder = tmp_path_factory.mktemp("host")
    data = bytearray(_form(name))
    for place, byte, count in mutations:
        at = int(place * (len(data) - 1))
        data[at : at + count] = bytes([byte]) * len(data[at : at + count])
    survives(folder, name, bytes(data[: int(len(data) * cut)] if cut > 0.5 else data))


@pytest.mark.parametrize("name", FORMS)
@settings(max_examples=150)
@given(place=st.floats(0, 1), value=st.integers(0, 2**32 - 1))
def test_a_database_whose_structure_lies(
    tmp_path_factory: pytest.TempPathFactory, name: str, place: float, value: int
) -> None:
    """Numbers are replaced where the forms keep theirs: in the first bytes of a page or a block."""
    folder = tmp_path_factory.mktemp("host")
    data = bytearray(_form(name))
    at = int(place * (len(data) // 1024)) * 1024 + int(place * 7919) % 16 * 4
    data[at : at + 4] = value.to_bytes(4, "little")
    survives(folder, name, bytes(data))


_WRITTEN: dict[str, bytes] = {}


def _form(name: str) -> bytes:
    if not _WRITTEN:
        with TemporaryDirectory() as folder:
            _WRITTEN.update(written(Path(folder)))
    return _WRITTEN[name]


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.name)
def test_the_corpus_is_survived(tmp_path: Path, path: Path) -> None:
    """The first byte of an input is the form, as tests/fuzz/rpm_database.py has it."""
    data = path.read_bytes()
    survives(tmp_path, FORMS[data[0] % 3], data[1:])


def test_there_is_a_corpus_and_it_is_small() -> None:
    assert len(CORPUS) >= 30
    assert sum(path.stat().st_size for path in CORPUS) < 400_000


COLLECT = """
import resource, sys
resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
sys.path.insert(0, sys.argv[1])
from shindan.collect.command import main
main(["--root", sys.argv[2], "--kinds", "package", "--out", "/dev/null"])
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


def _peak(folder: Path) -> int:
    """kB of a collection by a Python of its own; getrusage would count what it was forked from."""
    command = [sys.executable, "-I", "-S", "-c", COLLECT, str(REPOSITORY / "src"), str(folder)]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def test_memory_is_bounded_on_a_host_of_3000_packages(tmp_path: Path) -> None:
    files = [f"file-with-a-name-{number}" for number in range(200)]
    headers = [
        write.package(
            f"package-{number}", f"1:{number}-1", basenames=files, dirindexes=[0] * 200, dirnames=["/usr/lib/"]
        )
        for number in range(3000)
    ]
    tree(tmp_path, {"etc/os-release": "ID=fedora\nVERSION_ID=40\n", "var/lib/rpm/.keep": ""})
    write.sqlite(tmp_path / "var/lib/rpm/rpmdb.sqlite", headers)
    assert _peak(tmp_path) < 30_000


def test_memory_is_bounded_for_the_greediest_headers(tmp_path: Path) -> None:
    """As many index entries as rpm allows, and every value as long as we take it."""
    many = dict.fromkeys(range(2000, 67000), "x")
    greedy = write.header(
        {1000: "n" * 60000, 1001: "v" * 60000, 1002: "r" * 60000, 1044: "s" * 60000, **many}, {268: b"\x89" * 60000}
    )
    tree(
        tmp_path, {"etc/os-release": "ID=fedora\nVERSION_ID=40\n", "var/lib/rpm/Packages.db": write.ndb([greedy] * 20)}
    )
    assert _peak(tmp_path) < 64_000
