"""This machine looked at by two processes: the slow kinds by a child, while this one reads the rest and gets ready.

The child is the collector as it ships to hosts: this very source, the standard library, and nothing else.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Collection, Iterator
from pathlib import Path
from tempfile import TemporaryFile
from types import TracebackType
from typing import IO, Self

import shindan
from shindan.collect import base
from shindan.collect.root import Root
from shindan.facts.fact import Fact
from shindan.facts.wire import read

SLOW = frozenset({"language_package"})
"""Kinds whose collectors go through folders; they take longer than all others together."""

OF_PACKAGES = frozenset({"platform", "kernel", "repository", "package"})
"""The kinds that tell what packages a host has and where they come from."""

# No more is imported than what yields the slow kinds: a start of all collectors takes as long as some collect.
_CODE = """
import sys
sys.path.insert(0, sys.argv[1])
from shindan.collect.base import collected
from shindan.collect.languages import LanguagePackages
from shindan.collect.root import Root
from shindan.facts.wire import dumps
for fact in collected([LanguagePackages()], Root(sys.argv[2])):
    sys.stdout.buffer.write(dumps(fact).encode("utf-8") + b"\\n")
"""


class Child:
    """The slow kinds on their way; a context manager that leaves no process behind."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        # A file, for a pipe would fill while nobody reads.
        self._out: IO[bytes] = TemporaryFile()  # noqa: SIM115 - closed in __exit__
        source = str(Path(shindan.__path__[0]).parent)
        command = [sys.executable, "-I", "-S", "-c", _CODE, source, str(folder)]
        self._process = subprocess.Popen(command, stdout=self._out, stderr=subprocess.DEVNULL)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self._out.close()

    def facts(self) -> Iterator[Fact]:
        """Its facts, once it has ended; where it failed, this process looks itself."""
        if self._process.wait() != 0:
            yield from _collected(self.folder, SLOW)
            return
        self._out.seek(0)
        for _, item in read(self._out):
            if isinstance(item, Fact):
                yield item


def collected(folder: Path, kinds: Collection[str], child: Child | None = None) -> Iterator[Fact]:
    """The facts of these kinds below a folder; `child` is already on its way there, and its caller ends it."""
    if not SLOW & set(kinds):
        yield from _collected(folder, kinds)
        return
    if child is None:
        with Child(folder) as own:
            yield from collected(folder, kinds, own)
        return
    yield from _collected(folder, set(kinds) - SLOW)
    yield from child.facts()


def _collected(folder: Path, kinds: Collection[str]) -> Iterator[Fact]:
    return base.collected(_collectors(kinds), Root(str(folder)), kinds)


def _collectors(kinds: Collection[str]) -> list[base.Collector]:
    """Those of `collect.collectors` that yield these kinds; where no others are wanted, no others are imported."""
    if not set(kinds) <= OF_PACKAGES:
        from shindan.collect.collectors import COLLECTORS

        return COLLECTORS
    from shindan.collect.kernel import Kernels
    from shindan.collect.os_release import OsRelease
    from shindan.collect.packages_apk import ApkPackages
    from shindan.collect.packages_deb import DpkgPackages
    from shindan.collect.packages_rpm import RpmPackages
    from shindan.collect.repositories import AptRepositories
    from shindan.collect.repositories_apk import ApkRepositories
    from shindan.collect.repositories_rpm import RpmRepositories

    return [
        OsRelease(),
        Kernels(),
        AptRepositories(),
        RpmRepositories(),
        ApkRepositories(),
        DpkgPackages(),
        RpmPackages(),
        ApkPackages(),
    ]
