"""Network interfaces of hosts as the API shows them (shape NetworkInterface); only clouds tell of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, select

from shindan.store.tables import host

Network = tuple[dict[str, Any], ...]

_AT_ONCE = 1000


def of_hosts(connection: Connection, ids: Sequence[str]) -> dict[str, Network]:
    """The interfaces of each of these hosts that has any known."""
    found: dict[str, Network] = {}
    for start in range(0, len(ids), _AT_ONCE):
        mine = select(host.c.id, host.c.network).where(host.c.id.in_(ids[start : start + _AT_ONCE]))
        found.update({row.id: tuple(row.network) for row in connection.execute(mine) if row.network})
    return found
