"""Generations that were written elsewhere come into force all at once, or not at all, even under `kill -9`."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from shindan.model.advisory import Generation
from shindan.model.errors import StoreError
from shindan.store import catalogue
from shindan.store.advisories import AdvisoryStore
from support import REPOSITORY
from unit.store.samples import advisory, ids, left, write


def made(folder: Path, number: int, feed: str = "osv") -> tuple[Generation, bytes]:
    """A generation of one advisory, and its file's bytes."""
    generation = write(folder, [advisory(number)], feed=feed)
    return generation, (folder / catalogue.file_name(generation)).read_bytes()


def chunks(data: bytes) -> Iterator[bytes]:
    yield from (data[at : at + 4096] for at in range(0, len(data), 4096))


def test_adopted_generations_are_in_force_and_others_stay(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    write(here, [advisory(1)])
    write(here, [advisory(9)], label="ours")
    pieces = [made(there, 2), made(there, 3, feed="debian")]
    store = AdvisoryStore(here)
    adopted = store.adopt([(generation, chunks(data)) for generation, data in pieces])
    assert adopted == tuple(generation for generation, _ in pieces)
    assert [generation.name for generation in store.generations()] == ["debian", "osv", "osv@ours"]
    assert sorted(ids(here)) == ["A-2", "A-3", "A-9"]
    store.rollback("osv")
    assert sorted(ids(here)) == ["A-1", "A-3", "A-9"]


def test_paths_are_those_of_the_files_in_force(tmp_path: Path) -> None:
    generation, data = made(tmp_path, 1)
    assert [(one, path.read_bytes()) for one, path in AdvisoryStore(tmp_path).paths()] == [(generation, data)]


class Torn(Exception):
    """What a source of chunks raises."""


def torn(data: bytes) -> Iterator[bytes]:
    yield data[:4096]
    raise Torn


@pytest.mark.parametrize("kind", ["torn", "cut", "another", "no generation", "a digest that is a path"])
def test_a_broken_piece_changes_nothing(kind: str, tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    write(here, [advisory(1)])
    before = left(here)
    (good, good_data), (bad, bad_data) = made(there, 2, feed="debian"), made(there, 3)
    pieces = {
        "torn": (bad, torn(bad_data)),
        "cut": (bad, chunks(bad_data[:-5000])),
        "another": (bad, chunks(good_data)),
        "no generation": (bad, chunks(b"hello")),
        "a digest that is a path": (replace(bad, digest="../../../../x"), chunks(bad_data)),
    }
    with pytest.raises(Torn if kind == "torn" else StoreError):
        AdvisoryStore(here).adopt([(good, chunks(good_data)), pieces[kind]])
    assert ids(here) == ["A-1"]
    assert left(here) == before
    assert {path.name for path in tmp_path.iterdir()} == {"here", "there"}


KILLED = """
import os, signal, sys
from pathlib import Path
from shindan.store import catalogue
from shindan.store.advisories import AdvisoryStore

here, there, when = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
die = lambda *_: os.kill(os.getpid(), signal.SIGKILL)

def chunks(path):
    data = path.read_bytes()
    yield data[:4096]
    if when == "half of a file":
        die()
    yield data[4096:]

def pieces():
    for generation, path in AdvisoryStore(there).paths():
        yield generation, chunks(path)
    if when == "before the renames":
        die()
    if when == "before the catalogue":
        catalogue.save = die

AdvisoryStore(here).adopt(pieces())
"""


@pytest.mark.parametrize("when", ["half of a file", "before the renames", "before the catalogue"])
def test_a_killed_import_changes_nothing_and_the_next_writer_sweeps(when: str, tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    write(here, [advisory(1)])
    before = left(here)
    made(there, 2)
    made(there, 3, feed="debian")
    child = subprocess.run(
        [sys.executable, "-c", KILLED, str(here), str(there), when],
        env={"PYTHONPATH": str(REPOSITORY / "src")}, timeout=60,
    )  # fmt: skip
    assert child.returncode == -signal.SIGKILL
    assert ids(here) == ["A-1"]
    assert left(here) != before, "the child died before it wrote anything"
    write(here, [advisory(9)], label="ours")
    assert sorted(ids(here)) == ["A-1", "A-9"]
    assert len(left(here)) == len(before) + 1
