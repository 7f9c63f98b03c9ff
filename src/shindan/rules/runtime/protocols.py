"""What is known of protocols in the clear and of the programs that speak them: data, in protocols.toml beside."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

_FILE = Path(__file__).with_name("protocols.toml")


class Protocol(NamedTuple):
    """One protocol; ports as `tcp 23`. `programs` speak nothing else, `capable` ones may speak it on these ports."""

    name: str
    login: bool
    starttls: bool
    client: frozenset[str]
    server: frozenset[str]
    programs: frozenset[str]
    capable: frozenset[str]
    packages: frozenset[str]
    units: frozenset[str]


class Known(NamedTuple):
    """Every protocol, and programs and addresses that are told apart."""

    protocols: tuple[Protocol, ...]
    other: frozenset[str]
    signed: frozenset[str]
    signed_folders: tuple[str, ...]
    metadata: frozenset[str]
    forwarders: frozenset[str]


@functools.lru_cache(maxsize=1)
def known() -> Known:
    """The data, read once."""
    tables = tomllib.loads(_FILE.read_text("utf-8"))
    also: Mapping[str, Any] = tables["known"]
    return Known(
        tuple(_protocol(one) for one in tables["protocol"]),
        frozenset(also["other"]),
        frozenset(also["signed"]),
        tuple(also["signed_folders"]),
        frozenset(also["metadata"]),
        frozenset(also["forwarders"]),
    )


def _protocol(table: Mapping[str, Any]) -> Protocol:
    sets = {name: frozenset(table.get(name, ())) for name in Protocol._fields[3:]}
    return Protocol(table["name"], table.get("login", False), table.get("starttls", False), **sets)
