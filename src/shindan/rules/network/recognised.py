"""Ports that are recognised: which service uses them, and how bad it is that it can be reached; recognised.csv."""

from __future__ import annotations

import csv
import functools
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from shindan.model import severity
from shindan.model.severity import Severity

_FILE = Path(__file__).with_name("recognised.csv")
_SOFTER: tuple[Severity, ...] = ("Critical", "High", "Medium", "Low", "Informational")


class Service(NamedTuple):
    """A service, and the severity of a finding that the internet reaches it."""

    name: str
    severity: Severity


@functools.cache
def services() -> Mapping[tuple[str, int], Service]:
    """(protocol, port) → service."""
    found: dict[tuple[str, int], Service] = {}
    with _FILE.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(line for line in stream if not line.startswith("#")):
            service = Service(row["service"], severity.parse(row["severity"]))
            for protocol in ("tcp", "udp"):
                for port in row[protocol].split():
                    found.setdefault((protocol, int(port)), service)
    return found


def lowered(word: Severity, steps: int) -> Severity:
    """A severity some steps below another; nothing is below Informational."""
    return _SOFTER[min(_SOFTER.index(word) + steps, len(_SOFTER) - 1)]
