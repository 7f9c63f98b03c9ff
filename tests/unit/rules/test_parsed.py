"""TOML that ships, parsed once: what is kept is what would be parsed, and is never trusted beyond its source."""

from __future__ import annotations

import os
import sys
import tomllib
from pathlib import Path

import pytest

from shindan.rules import catalog
from shindan.rules.cis import benchmark
from shindan.rules.cis.benchmarks import library
from shindan.rules.parsed import parsed

HOST = Path(catalog.__file__).parent / "host"
BENCHMARKS = Path(benchmark.__file__).parent / "benchmarks"
TEXT = '[a]\nb = [1, 2.5, true, "ä"]\n'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(sys, "pycache_prefix", None)
    (tmp_path / "one.toml").write_text(TEXT)
    return tmp_path


def kept(folder: Path) -> list[Path]:
    return sorted((folder / "__pycache__").glob("*.json"))


def test_what_is_kept_is_what_would_be_parsed(folder: Path) -> None:
    path = folder / "one.toml"
    assert parsed("x", [path]) == [tomllib.loads(TEXT)]
    (first,) = kept(folder)
    assert parsed("x", [path]) == [tomllib.loads(TEXT)]
    path.write_text(TEXT + "c = 1\n")
    assert parsed("x", [path])[0]["a"]["c"] == 1
    (second,) = kept(folder)
    assert first != second, "the older one is let go of"


@pytest.mark.parametrize("torn", [b"", b"{", b"[]", b'[{"a": 1}, {}]', b"[1]", b"\xff"])
def test_a_torn_file_is_parsed_anew(folder: Path, torn: bytes) -> None:
    parsed("x", [folder / "one.toml"])
    kept(folder)[0].write_bytes(torn)
    assert parsed("x", [folder / "one.toml"]) == [tomllib.loads(TEXT)]


def test_nothing_is_kept_where_python_keeps_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    parsed("x", [folder / "one.toml"])
    assert not kept(folder)


def test_a_folder_that_cannot_be_written_is_no_matter(folder: Path) -> None:
    (folder / "__pycache__").write_text("a file, not a folder")
    assert parsed("x", [folder / "one.toml"]) == [tomllib.loads(TEXT)]
    assert sorted(os.listdir(folder)) == ["__pycache__", "one.toml"], "no half of a file is left"


def test_what_ships_is_read_as_users_files_are() -> None:
    """Nobody looks over what ships when it is loaded: here it is looked over, and means the same."""
    looked_over, quick = catalog.read_all(HOST), library().rules
    assert list(quick) == list(looked_over)
    for id_, rule in looked_over.items():
        assert quick[id_].rule == rule.rule and quick[id_].facts == rule.facts
        assert [way.check for way in quick[id_].ways.values()] == [way.check for way in rule.ways.values()]
        assert all(callable(way.ask) and callable(way.applies) for way in quick[id_].ways.values()), "made late"
    for path in BENCHMARKS.glob("*.toml"):
        found = benchmark.read(path, looked_over)
        assert found == library().benchmarks[path.stem], "files are named as their benchmarks"
        head = library().heads[path.stem]
        assert head == (found.id, found.title, found.version, found.platforms)
