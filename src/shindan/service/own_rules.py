"""Users' own rules and benchmarks in a folder beside the service: read anew when they change, without a restart.

A folder that is malformed is told loudly, and what was read before stays in force; a process that has read nothing
before takes what is well-formed.
"""

from __future__ import annotations

import functools
import logging
import threading
from collections.abc import Sequence
from pathlib import Path

from shindan.rules.cis.benchmarks import Library, checked, library, read
from shindan.rules.fault import Fault, RuleRefused
from shindan.service.own_files import fingerprint
from shindan.service.service import Service

_log = logging.getLogger("shindan.rules")
_SHOWN = 20


def strictly(folder: Path | None) -> Library:
    """What ships and what is in a folder, if any. Raises RuleRefused for what is malformed, and for no such folder."""
    if folder is None:
        return library()
    if not folder.is_dir():
        raise RuleRefused(f"there is no folder {folder}")
    return read([folder])


def leniently(folder: Path) -> tuple[Library, Sequence[Fault]]:
    """What ships and what is well-formed of a folder, which need not be there, with every fault of the rest."""
    return checked([folder]) if fingerprint(folder) else (library(), [])


class OwnRules:
    """The rules of a folder, which need not be there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = threading.Lock()
        self._seen = ""
        self._faults: tuple[Fault, ...] = ()
        self._library: Library | None = None

    def library(self) -> Library:
        """Everything that ships, and what is well-formed of the folder."""
        return self._read()[0]

    def faults(self) -> Sequence[Fault]:
        """What is wrong with the folder as it is now."""
        return self._read()[1]

    def state(self) -> str:
        """What identifies the folder's files; "" where there are none."""
        return fingerprint(self.folder)

    def _read(self) -> tuple[Library, tuple[Fault, ...]]:
        with self._lock:
            now = fingerprint(self.folder)
            if self._library is None or now != self._seen:
                found, faults = leniently(self.folder)
                if self._library is None or not faults:
                    self._library = found
                self._seen, self._faults = now, tuple(faults)
                self._tell()
            return self._library, self._faults

    def _tell(self) -> None:
        for one in self._faults[:_SHOWN]:
            _log.error("own rules are malformed: %s", one)
        if self._faults:
            _log.error(
                "%d faults in %s: what was read before stays in force; `shindan rules check %s` shows all",
                len(self._faults), self.folder, self.folder,
            )  # fmt: skip
        elif self._seen and self._library is not None:
            own = self._library
            _log.info("own rules are in force: %d rules, %d benchmarks", len(own.own), len(own.own_benchmarks))


def of_service(service: Service) -> Library:
    """Every rule that a service knows, users' own among them."""
    return _kept(service.own_rules or service.data / "rules").library()


@functools.lru_cache(maxsize=8)
def _kept(folder: Path) -> OwnRules:
    """Kept: its files are read anew only where they changed."""
    return OwnRules(folder)
