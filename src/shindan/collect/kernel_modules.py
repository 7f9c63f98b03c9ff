"""Kernel modules: loaded, built in, or at hand on disk. Python 3.6 grammar.

Source: proc_modules(5), modules.dep(5), and the kernel's Documentation/kbuild/kbuild.rst (`modules.builtin`);
sysfs has a folder below /sys/module for what is built in, too, where it has parameters or a version.
"""

import re
from typing import FrozenSet, Iterator, Set, Tuple

from shindan.collect.base import Collector
from shindan.collect.plan_modules import FILE_SYSTEMS, MODULES
from shindan.collect.root import Root
from shindan.collect.unavailable import Unavailable
from shindan.facts.fact import Fact

_FOLDERS = ("/lib/modules", "/usr/lib/modules")
_LOADED = "/proc/modules"
_REGISTERED = "/proc/filesystems"
_SYSFS = "/sys/module"
_MOST_KERNELS = 50
_FILE = re.compile(rb"([^/\s:]+)\.ko(?:\.(?:xz|gz|zst))?(?=:|$)")


class KernelModules(Collector):
    """One fact for each module of the plan, and for each that is loaded."""

    name = "modules"
    kinds = ("kernel_module",)

    def collect(self, root: Root) -> Iterator[Fact]:
        """See `Collector.collect`."""
        loaded = frozenset(_loaded(root)) if root.live else frozenset()
        wanted = frozenset(MODULES) | loaded
        available, builtin = _on_disk(root, wanted)
        if root.live:
            builtin |= _running_builtin(root, wanted - loaded)
        for name in sorted(wanted):
            said = {"loaded": name in loaded, "builtin": name in builtin, "available": name in available}
            yield Fact("kernel_module", name, said)


def _loaded(root: Root) -> Iterator[str]:
    """None where the kernel cannot load modules at all."""
    try:
        for line in root.lines(_LOADED):
            yield _called(line.split(b" ", 1)[0])
    except FileNotFoundError:
        return


def _on_disk(root: Root, wanted: FrozenSet[str]) -> Tuple[Set[str], Set[str]]:
    """(modules that some installed kernel has as a file, modules that are part of one)."""
    available: Set[str] = set()
    builtin: Set[str] = set()
    # Where /lib leads to /usr/lib the two are one folder.
    for folder in _FOLDERS[: 1 if root.link("/lib") is not None else 2]:
        for release in root.names(folder)[:_MOST_KERNELS]:
            for name, found in (("modules.dep", available), ("modules.builtin", builtin)):
                found |= wanted & frozenset(_named(root, "{}/{}/{}".format(folder, release, name)))
    return available, builtin


def _named(root: Root, path: str) -> Iterator[str]:
    try:
        for line in root.lines(path):
            match = _FILE.search(line.split(b":", 1)[0])
            if match is not None:
                yield _called(match.group(1))
    except FileNotFoundError:
        return


def _running_builtin(root: Root, wanted: FrozenSet[str]) -> Set[str]:
    """Of the kernel that runs, whose folder may not be on this disk: what is there and was not loaded."""
    found = {name for name in wanted if root.exists("{}/{}".format(_SYSFS, name))}
    try:
        registered = {line.split(b"\t")[-1].decode("ascii", "replace") for line in root.lines(_REGISTERED)}
    except (FileNotFoundError, Unavailable):
        return found
    return found | (registered & wanted & frozenset(FILE_SYSTEMS))


def _called(name: bytes) -> str:
    return name.decode("ascii", "replace").replace("-", "_")
