"""This machine looked at by two processes: the slow kinds by a child, while this one reads the rest and gets ready.

The child is the collector as it ships to hosts: this very source, the standard library, and nothing else.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryFile
from types import TracebackType
from typing import IO, Self

import shindan
from shindan.collect import base
from shindan.collect.root import Root
from shindan.collect.scap_wanted import Wanted
from shindan.facts.fact import Fact
from shindan.facts.wire import read
from shindan.model.packages import PackageName

SLOW = frozenset({"language_package"})
"""Kinds whose collectors go through folders; they take longer than all others together."""

OF_PACKAGES = frozenset({"platform", "kernel", "repository", "package"})
"""The kinds that tell what packages a host has and where they come from."""

OF_RULES: Mapping[PackageName, frozenset[str]] = {
    "cis": frozenset(
        (
            "account",
            "audit_rule",
            "boot",
            "container",
            "cpu",
            "crypto_policy",
            "dconf",
            "file",
            "firewall",
            "group",
            "home",
            "interface",
            "kernel_module",
            "listener",
            "lsm",
            "mount",
            "process",
            "sshd",
            "sysctl",
            "text",
            "unit",
        )
    ),
    "network": frozenset(("firewall", "interface", "route", "listener", "container")),
    "practices": frozenset(("sshd", "account", "text", "sysctl", "boot", "cpu", "file", "group", "container")),
    "runtime": frozenset(("text", "container", "process", "listener", "connection")),
    "scap": frozenset(("scap",)),
}
"""Kinds that the rules packages want beside `OF_PACKAGES`, said here since to ask them means to load their rules."""

WALK = frozenset(("sweep",))
"""What goes through all file systems: minutes, where they are large; `cis` wants it, and it has to be asked for."""

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

_CODE_OF_RULES = """
import sys, time
sys.path.insert(0, sys.argv[1])
from shindan.collect.base import collected
from shindan.collect.collectors import COLLECTORS
from shindan.collect.root import Root
from shindan.collect.sampling import window
from shindan.facts.sampled import SAMPLED
from shindan.facts.wire import dumps
root, kinds, seconds = Root(sys.argv[2]), set(sys.argv[3].split(",")), float(sys.argv[4])
def told():
    yield from collected(COLLECTORS, root, kinds - SAMPLED if seconds else kinds)
    if seconds:
        yield from window(root, kinds & SAMPLED, 1.0, time.monotonic() + seconds, lambda: False)
for fact in told():
    sys.stdout.buffer.write(dumps(fact).encode("utf-8") + b"\\n")
"""


_CODE_OF_SCAP = """
import json, sys
sys.path.insert(0, sys.argv[1])
from shindan.collect.base import collected
from shindan.collect.root import Root
from shindan.collect.scap import Scap
from shindan.collect.scap_wanted import Wanted
from shindan.facts.wire import dumps
for fact in collected([Scap()], Root(sys.argv[2], scap=Wanted(*json.loads(sys.argv[3])))):
    sys.stdout.buffer.write(dumps(fact).encode("utf-8") + b"\\n")
"""


class Child:
    """What takes longest, on its way in processes of their own; a context manager that leaves none behind.

    `packages` are rules packages whose kinds are wanted, too, `slow` whether the slow kinds are, `walk`
    whether `WALK` is. Kinds that change are watched for `window` seconds. `scap` is content to have evaluated.
    """

    def __init__(
        self,
        folder: Path,
        packages: Collection[PackageName] = (),
        *,
        slow: bool = True,
        walk: bool = False,
        window: float = 0,
        scap: Wanted | None = None,
    ) -> None:
        self.folder = folder
        self._scap = scap
        self._parts: list[_Part] = []
        kinds = frozenset(kind for name in packages for kind in OF_RULES.get(name, ()) if name != "scap")
        if walk and "cis" in packages:
            kinds |= WALK
        try:
            if slow:
                self._parts.append(_Part(SLOW, _CODE, str(folder)))
            if kinds:
                self._parts.append(_Part(kinds, _CODE_OF_RULES, str(folder), ",".join(sorted(kinds)), str(window)))
            if scap is not None:
                self._parts.append(_Part(OF_RULES["scap"], _CODE_OF_SCAP, str(folder), json.dumps(scap)))
        except OSError:  # no more processes can be had: those that began are not left behind
            self._end()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def _end(self) -> None:
        for part in self._parts:
            part.end()

    def facts(self) -> Iterator[Fact]:
        """Its facts, once it has ended; where it failed, this process looks itself."""
        for part in self._parts:
            yield from part.facts() if part.good() else _collected(self.folder, part.kinds, self._scap)


class _Part:
    """One process, that collects some kinds into a file: a pipe would fill while nobody reads."""

    def __init__(self, kinds: frozenset[str], code: str, *arguments: str) -> None:
        self.kinds = kinds
        self._out: IO[bytes] = TemporaryFile()  # noqa: SIM115 - closed by `end`
        source = str(Path(shindan.__path__[0]).parent)
        command = [sys.executable, "-I", "-S", "-c", code, source, *arguments]
        self._process = subprocess.Popen(command, stdout=self._out, stderr=subprocess.DEVNULL)

    def good(self) -> bool:
        """Whether it did all; waits for it."""
        return self._process.wait() == 0

    def facts(self) -> Iterator[Fact]:
        """What it wrote."""
        self._out.seek(0)
        for _, item in read(self._out):
            if isinstance(item, Fact):
                yield item

    def end(self) -> None:
        """Leaves nothing behind."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self._out.close()


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


def _collected(folder: Path, kinds: Collection[str], scap: Wanted | None = None) -> Iterator[Fact]:
    return base.collected(_collectors(kinds), Root(str(folder), scap=scap), kinds)


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
