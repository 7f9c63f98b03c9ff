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
from shindan.collect.collectors import run
from shindan.collect.root import Root
from shindan.facts.fact import Fact
from shindan.facts.wire import read

SLOW = frozenset({"language_package"})
"""Kinds whose collectors go through folders; they take longer than all others together."""

_CODE = (
    "import sys; sys.path.insert(0, sys.argv[1]); "
    "from shindan.collect.command import main; sys.exit(main(sys.argv[2:]))"
)
_NOTHING = 3


class Child:
    """The slow kinds on their way; a context manager that leaves no process behind."""

    def __init__(self, folder: Path, kinds: Collection[str]) -> None:
        self._folder, self._kinds = folder, frozenset(kinds)
        # A file, for a pipe would fill while nobody reads.
        self._out: IO[bytes] = TemporaryFile()  # noqa: SIM115 - closed in __exit__
        command = [sys.executable, "-I", "-S", "-c", _CODE, str(Path(shindan.__path__[0]).parent)]
        options = ["--root", str(folder), "--kinds", ",".join(sorted(kinds))]
        self._process = subprocess.Popen([*command, *options], stdout=self._out, stderr=subprocess.DEVNULL)

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
        if self._process.wait() not in (0, _NOTHING):
            yield from run(Root(str(self._folder)), self._kinds)
            return
        self._out.seek(0)
        for _, item in read(self._out):
            if isinstance(item, Fact):
                yield item


def collected(folder: Path, kinds: Collection[str]) -> Iterator[Fact]:
    """The facts of these kinds below a folder."""
    slow = SLOW & set(kinds)
    if not slow:
        yield from run(Root(str(folder)), kinds)
        return
    with Child(folder, slow) as child:
        yield from run(Root(str(folder)), set(kinds) - slow)
        yield from child.facts()
