"""A host's facts, from this machine, from a folder, or from a file that `shindan collect` wrote."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from shindan.facts.fact import Fact
from shindan.facts.wire import read
from shindan.model.errors import HostUnreadable
from shindan.model.inventory import Inventory
from shindan.rules.cve.subject import Subject, subject_of
from shindan.service.collecting import Child, collected

KINDS = ("platform", "kernel", "repository", "package", "language_package")
"""What the CVE package wants to know of a host."""


@dataclass(frozen=True, slots=True)
class HostFacts:
    """One host, ready to be judged. `name` is what to call it; `malformed` are lines of a facts file left out."""

    name: str
    inventory: Inventory
    subjects: tuple[Subject, ...]
    malformed: tuple[str, ...] = ()


def read_host(root: Path | None = None, facts: str | None = None, child: Child | None = None) -> HostFacts:
    """The host to judge; `child` is already looking at it. Raises HostUnreadable when its platform or its package list
    cannot be read.
    """
    malformed: list[str] = []
    if facts is not None:
        if root is not None:
            raise HostUnreadable("--root and --facts name two hosts", remedy="give one of them")
        name = "stdin" if facts == "-" else Path(facts).name
        inventory = Inventory(_from_file(facts, malformed))
        if inventory.platform is None and not inventory.all("package") and not inventory.gaps:
            said = f": {malformed[0]}" if malformed else ""
            raise HostUnreadable(
                f"{name} holds no facts of a host{said}",
                remedy="give what `shindan collect` printed, all of it; a bill of materials goes to --sbom",
            )
    else:
        folder = root if root is not None else Path("/")
        if not folder.is_dir():
            raise HostUnreadable(f"{folder} is not a folder", remedy="--root takes a mounted disk or an unpacked image")
        name = _hostname(folder)
        inventory = Inventory(collected(folder, KINDS, child))
    return checked(name, inventory, tuple(malformed))


def checked(name: str, inventory: Inventory, malformed: tuple[str, ...] = ()) -> HostFacts:
    """A host that can be judged. Raises HostUnreadable, naming the gaps, where it cannot."""
    reasons = "; ".join(f"{collector}: {reason}" for collector, reason in inventory.gaps.items())
    if inventory.platform is None:
        raise HostUnreadable(
            f"the platform of {name} could not be read{f' ({reasons})' if reasons else ''}",
            remedy="it needs /etc/os-release or one of its relatives",
        )
    packages = inventory.all("package")
    subjects = tuple(subject_of(fact) for fact in (*packages, *inventory.all("language_package")))
    if not packages:
        raise HostUnreadable(
            f"no package list of {name} could be read{f' ({reasons})' if reasons else ''}",
            remedy="the databases of dpkg, rpm and apk are looked for, wherever they are kept",
        )
    return HostFacts(name, inventory, subjects, malformed)


def _from_file(path: str, malformed: list[str]) -> Iterator[Fact]:
    with _opened(path) as stream:
        for number, item in read(stream):
            if isinstance(item, Fact):
                yield item
            else:
                malformed.append(f"line {number}: {item}")


@contextlib.contextmanager
def _opened(path: str) -> Iterator[IO[bytes]]:
    if path == "-":
        yield sys.stdin.buffer
        return
    try:
        stream = Path(path).open("rb")  # noqa: SIM115 - closed below; only the open itself is guarded
    except OSError as error:
        raise HostUnreadable(f"cannot read {path}: {error.strerror or error}") from error
    with stream:
        yield stream


def _hostname(folder: Path) -> str:
    try:
        return (folder / "etc/hostname").read_text(encoding="utf-8", errors="replace").strip()[:253] or str(folder)
    except OSError:
        return str(folder)
