"""The first packet of a connection, as rules look at it; its source is left open."""

from __future__ import annotations

from typing import NamedTuple

PROTOCOLS = ("tcp", "udp")


class Packet(NamedTuple):
    """`family` 4 or 6, where it goes (`target` as a number), `protocol` `tcp` or `udp`, and the interface by which it
    comes in. `local`: whether the target is this host; what is not is forwarded, by the interface `out` ("" where that
    is not known). `asked` are target and port before they were translated, None where they were not.
    """

    family: int
    target: int
    protocol: str
    port: int
    into: str
    local: bool = True
    out: str = ""
    asked: tuple[int, int] | None = None
