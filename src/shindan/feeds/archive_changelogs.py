"""Brings the changelogs of sources from a mirror: out of their packaging, else out of one of their binary packages.

Many mirrors, and most of those that sites keep for themselves, hold no sources at all.
"""

from __future__ import annotations

import gzip
import hashlib
import itertools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from shindan.feeds.archive_packaging import extracted, extracted_from_deb
from shindan.feeds.archive_suites import Found, Source, Suite, SuiteReader
from shindan.feeds.base import Downloader
from shindan.feeds.deb_indices import SourceFile, binaries
from shindan.model.errors import FeedError

_MAX_PACKAGE = 256 * 1024**2
_THREADS = 6
_CANDIDATES = 8
_MAX_CANDIDATES = 64 * 1024**2
_DIGEST = re.compile(r"^[0-9a-f]{64}$")


class Changelogs:
    """The changelogs below `into`, gzipped, each under the checksum of the packaging that it belongs to."""

    def __init__(self, get: Downloader, reader: SuiteReader, into: Path) -> None:
        self._get = get
        self._reader = reader
        self._folder = into / "changelogs"
        self._packaging = into / "packaging"
        self.failed: dict[str, FeedError] = {}
        self.from_binaries: set[str] = set()

    def bring(self, found: Found, wanted: Sequence[str]) -> dict[str, str]:
        """Source → where its changelog is, of those wanted and of those that were brought before.

        What cannot be had stands in `failed`, and what came out of binary packages in `from_binaries`.
        """
        had = {path.name.removesuffix(".gz") for path in self._folder.glob("*.gz")}
        keys = {package: _key(package, source) for package, source in found.sources.items()}
        brought = {package: key for package, key in keys.items() if key in had}
        missing = [package for package in wanted if package not in brought]
        self._each(missing, lambda package: self._from_source(found.sources[package], keys[package]))
        lacking = {package: found.sources[package] for package in missing if package in self.failed}
        offered = self._offered(lacking)
        self._each(offered, lambda package: self._from_binaries(offered[package], keys[package]))
        self.from_binaries.update(package for package in offered if package not in self.failed)
        return brought | {package: keys[package] for package in missing if package not in self.failed}

    def _each(self, packages: Sequence[str] | Mapping[str, object], bring: Callable[[str], None]) -> None:
        def one(package: str) -> None:
            try:
                bring(package)
                self.failed.pop(package, None)
            except FeedError as error:
                self.failed.setdefault(package, error)

        with ThreadPoolExecutor(_THREADS) as pool:
            list(pool.map(one, packages))

    def _from_source(self, source: Source, key: str) -> None:
        failure = FeedError("the index names no file with its packaging")
        for suite, file in source.places:
            if file is None:
                continue
            try:
                self._keep(key, self._text(suite, file, extracted))
                return
            except FeedError as error:
                failure = error
        raise failure

    def _from_binaries(self, offered: Sequence[tuple[Suite, SourceFile]], key: str) -> None:
        failure = FeedError("no binary package of it is listed")
        for suite, file in offered:
            try:
                self._keep(key, self._text(suite, file, extracted_from_deb))
                return
            except FeedError as error:
                failure = error
        raise failure

    def _text(self, suite: Suite, file: SourceFile, extract: Callable[[Path], str]) -> str:
        if not _DIGEST.match(file.sha256):
            raise FeedError(f"the index gives {file.path} a checksum that is none")
        packed = self._packaging / f"{file.sha256[:16]}-{Path(file.path).name}"
        address = f"{suite.base}/{file.path}"
        self._get.fetch(address, packed, sha256=file.sha256, size=file.size, max_bytes=_MAX_PACKAGE)
        try:
            return extract(packed)
        finally:
            packed.unlink(missing_ok=True)
            packed.with_name(f".{packed.name}.seen").unlink(missing_ok=True)

    def _offered(self, lacking: Mapping[str, Source]) -> dict[str, list[tuple[Suite, SourceFile]]]:
        """The smallest binary packages of each source, with their suites."""
        offered: dict[str, list[tuple[Suite, SourceFile]]] = {}
        for suite in _distinct(place for source in lacking.values() for place, _ in source.places):
            here = {name: source.newest for name, source in lacking.items() if _lies_in(source, suite)}
            for component in suite.mirror.components:
                path = self._reader.binaries(suite, component)
                if path is None:
                    continue
                for name, version, file in binaries(path, here):
                    if here[name] == version:
                        offered.setdefault(name, []).append((suite, file))
        return {name: _likely(files) for name, files in offered.items()}

    def _keep(self, key: str, text: str) -> None:
        write(self._folder / f"{key}.gz", gzip.compress(text.encode("utf-8"), 6, mtime=0))


def write(path: Path, content: str | bytes) -> None:
    """Writes a file, whole or not at all. Raises FeedError."""
    beside = path.with_name(f".{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_bytes(content.encode() if isinstance(content, str) else content)
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise FeedError(f"cannot write {path}: {error.strerror or error}") from error


def _key(package: str, source: Source) -> str:
    for _, file in source.places:
        if file is not None and _DIGEST.match(file.sha256):
            return file.sha256
    return hashlib.sha256(f"{package} {source.newest}".encode()).hexdigest()


def _distinct(suites: Iterator[Suite]) -> list[Suite]:
    return list({id(suite): suite for suite in suites}.values())


def _likely(files: Sequence[tuple[Suite, SourceFile]]) -> list[tuple[Suite, SourceFile]]:
    """The smallest packages; more than one, for the least often share their documentation with another, by a link."""
    by_size = sorted(files, key=lambda one: one[1].size)
    totals = itertools.accumulate(file.size for _, file in by_size)
    small = [one for one, total in zip(by_size, totals, strict=True) if total <= _MAX_CANDIDATES]
    return small[:_CANDIDATES]


def _lies_in(source: Source, suite: Suite) -> bool:
    return any(place is suite for place, _ in source.places)
