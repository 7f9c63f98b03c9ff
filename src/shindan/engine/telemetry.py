"""What a host delivered, counted by the API's message types (specification, section 10)."""

from __future__ import annotations

import re
from collections.abc import Iterable

from shindan.facts.wire import loads

TOTAL = "Total"
_TYPES = {
    "platform": "InspectorOperatingSystem",
    "kernel": "InspectorOperatingSystem",
    "package": "InspectorPackageInfo",
    "language_package": "InspectorPackageInfo",
    "repository": "InspectorConfigurationInfo",
    "module": "InspectorConfigurationInfo",
    "sysctl": "InspectorConfigurationInfo",
    "config": "InspectorConfigurationInfo",
    "user": "InspectorUser",
    "group": "InspectorGroup",
    "interface": "InspectorNetworkInterface",
    "listener": "InspectorTcpV4ListeningPort",
    "process": "InspectorCreateProcess",
}
"""By kind of fact; other kinds are called after themselves."""

_KIND = re.compile(rb'\{"kind":"([a-z_]+)"')

Row = tuple[str, int, int]


def counts(facts: bytes) -> list[Row]:
    """(message type, count, bytes) of a host's facts (NDJSON), without the total."""
    found: dict[str, list[int]] = {}
    names: dict[bytes, str] = {}
    for line in facts.split(b"\n"):
        if not line:
            continue
        match = _KIND.match(line)
        kind = match[1] if match else _parsed(line)
        name = names.get(kind)
        if name is None:
            text = kind.decode()
            name = names[kind] = _TYPES.get(text) or "Inspector" + text.title().replace("_", "")
        entry = found.setdefault(name, [0, 0])
        entry[0] += 1
        entry[1] += len(line) + 1
    return [(name, count, size) for name, (count, size) in sorted(found.items())]


def summed(rows: Iterable[Row]) -> list[Row]:
    """Rows of several hosts as one list, with the row `Total`."""
    found: dict[str, list[int]] = {}
    for name, count, size in rows:
        entry = found.setdefault(name, [0, 0])
        entry[0] += count
        entry[1] += size
    listed = [(name, count, size) for name, (count, size) in sorted(found.items())]
    return [*listed, (TOTAL, sum(row[1] for row in listed), sum(row[2] for row in listed))]


def _parsed(line: bytes) -> bytes:
    try:
        return loads(line).kind.encode()
    except ValueError:
        return b"unreadable"
