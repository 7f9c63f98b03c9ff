"""What a host delivered, counted by the API's message types (specification, section 10).

An inventory that did not change travels as its digest, and counts as what it stands for: those messages were sent,
once, and they are what the run is judged by. Lines that were refused do not count.
"""

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
    "listener": "Inspector{}ListeningPort",
    "connection": "Inspector{}Connection",
    "process": "InspectorCreateProcess",
}
"""By kind of fact; other kinds are called after themselves. `{}` is protocol and version of IP: `TcpV4`, `UdpV6`."""

# The subjects of sockets begin with the protocol; of the addresses only those of IPv6 stand in brackets.
_KIND = re.compile(rb'\{"kind":"([a-z_]+)"(?:,"subject":"(tcp|udp) (\[?))?')
_OPENING = b'{"kind":"'
_BEGIN = len(_OPENING)
_SOCKETS = (b"listener", b"connection")

Row = tuple[str, int, int]


def counts(facts: bytes) -> list[Row]:
    """(message type, count, bytes) of a host's facts (NDJSON), without the total."""
    found: dict[str, list[int]] = {}
    entries: dict[bytes, list[int]] = {}
    for line in facts.split(b"\n"):
        # Most kinds are told by the first bytes up to the quote behind the kind; only sockets need a look behind it.
        end = line.find(b'"', _BEGIN) if line.startswith(_OPENING) else -1
        head = line[:end]
        entry = entries.get(head) if end > 0 else None
        if entry is None:
            if not line:
                continue
            match = _KIND.match(line)
            name = _name(*match.groups()) if match else _name(_parsed(line), None, None)
            entry = found.setdefault(name, [0, 0])
            if match and match[1] not in _SOCKETS:
                entries[head] = entry
        entry[0] += 1
        entry[1] += len(line) + 1
    return [(name, count, size) for name, (count, size) in sorted(found.items())]


def summed(rows: Iterable[Row]) -> list[Row]:
    """Rows of several hosts as one list, with the row `Total`."""
    listed = added(rows)
    return [*listed, (TOTAL, sum(row[1] for row in listed), sum(row[2] for row in listed))]


def added(rows: Iterable[Row]) -> list[Row]:
    """Rows with one for each message type."""
    found: dict[str, list[int]] = {}
    for name, count, size in rows:
        entry = found.setdefault(name, [0, 0])
        entry[0] += count
        entry[1] += size
    return [(name, count, size) for name, (count, size) in sorted(found.items())]


def _name(kind: bytes, protocol: bytes | None, bracket: bytes | None) -> str:
    text = kind.decode()
    socket = f"{(protocol or b'tcp').decode().title()}V{6 if bracket else 4}"
    return (_TYPES.get(text) or "Inspector" + text.title().replace("_", "")).format(socket)


def _parsed(line: bytes) -> bytes:
    try:
        return loads(line).kind.encode()
    except ValueError:
        return b"unreadable"
