"""Inventories that other tools wrote: judged like a host, or turned into facts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from shindan.facts.wire import dumps
from shindan.intake import read
from shindan.model.inventory import Inventory
from shindan.service.hosts import HostFacts, checked


def host_of(path: Path) -> HostFacts:
    """The host that a file describes, under the file's name. Raises HostUnreadable, as `service.hosts` does."""
    return checked(path.name, Inventory(read(path)))


def lines_of(path: Path) -> Iterator[str]:
    """The facts of a file as NDJSON, one line each. Raises HostUnreadable before the first."""
    return (dumps(fact) for fact in read(path))
