"""Shapes that several answers share. Moments are in milliseconds; `spec` writes them as the protocol wants them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from ipaddress import IPv4Address, ip_address
from typing import Any


def pairs(found: Iterable[tuple[str, str | None]]) -> list[dict[str, str | None]]:
    """Tags and attributes. A value has at least one character here, so an empty one is told as none."""
    return [{"key": key, "value": value or None} for key, value in found]


def failed(items: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Items of a batch that could not be had, by their names, with the API's failure codes."""
    return {arn: {"failureCode": code, "retryable": code == "INTERNAL_ERROR"} for arn, code in items.items()}


def known(members: Mapping[str, Any]) -> dict[str, Any]:
    """The members that have something to say: without None and without empty texts."""
    return {key: value for key, value in members.items() if value is not None and value != ""}


def ipv4(addresses: Iterable[str]) -> list[str]:
    """The IPv4 addresses among a host's own, without its loopback; the length of the network may follow a slash."""
    found = []
    for text in addresses:
        try:
            address = ip_address(text.partition("/")[0])
        except ValueError:
            continue
        if isinstance(address, IPv4Address) and not address.is_loopback:
            found.append(str(address))
    return found
