"""Benchmarks that ship: known by what their heads say, read when somebody wants one."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from shindan.rules.cis import benchmark
from shindan.rules.cis.benchmark import Benchmark
from shindan.rules.parsed import parsed

_HEAD = 2048
"""Bytes of a file in which its controls begin; a test holds it."""


class Head(NamedTuple):
    """What a benchmark says of itself."""

    id: str
    title: str
    version: str
    platforms: tuple[str, ...]


class Shelf(Mapping[str, Benchmark]):
    """Benchmark by id: those of a folder, named as its files are, and `more` that were read already."""

    def __init__(self, folder: Path, more: Mapping[str, Benchmark] = MappingProxyType({})) -> None:
        self._paths = {path.stem: path for path in sorted(folder.glob("*.toml"))}
        self._names = tuple(dict.fromkeys((*self._paths, *more)))
        self._read = dict(more)

    def heads(self) -> dict[str, Head]:
        """Every head, without reading what comes behind."""
        more = {id_: Head(id_, one.title, one.version, one.platforms) for id_, one in self._read.items()}
        return {**{id_: _head(path) for id_, path in self._paths.items()}, **more}

    def __getitem__(self, id_: str) -> Benchmark:
        if id_ not in self._read:
            (said,) = parsed(id_, [self._paths[id_]])
            self._read[id_] = benchmark.made(said)
        return self._read[id_]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def _head(path: Path) -> Head:
    with path.open("rb") as stream:
        text = stream.read(_HEAD).decode("utf-8", "ignore")
    said = tomllib.loads(text.partition("\n[controls")[0])
    return Head(said["id"], said["title"], said["version"], tuple(said["platforms"]))
