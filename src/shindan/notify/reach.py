"""Where messages may go: a caller must not make the service knock at doors that only the service can see.

Without leave only addresses of the public internet are dialled: no loopback, no private network, and no link-local
address, which is where clouds keep a machine's credentials (169.254.169.254). The address that was looked at is the
one that is dialled, so that a name cannot change its mind in between.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import SplitResult, quote, urlsplit

from shindan.notify.base import Network

Address = IPv4Address | IPv6Address

_KEPT = "!#$%&'()*+,/:;=?@[]^|~"
"""What stands in a path or query as it was written; all else that is no letter or digit is escaped."""


class Forbidden(Exception):
    """The address may not be sent to."""


class NoSuchName(Exception):
    """The address has no meaning: its name is unknown, or it is malformed."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where to connect: `addresses` are those of `host`, every one of them looked at; the first is dialled.

    `host` goes into the handshake, `authority` into the header, `target` (path and query) into the request.
    """

    host: str
    port: int
    addresses: tuple[str, ...]
    authority: str
    target: str

    @property
    def url(self) -> str:
        """The address with what is dialled in place of the name."""
        address = self.addresses[0]
        return f"https://{f'[{address}]' if ':' in address else address}:{self.port}{self.target}"


def look_up(url: str, allowed: Iterable[Network]) -> Place:
    """The place behind an https address. Raises Forbidden, NoSuchName, and OSError where names cannot be looked up."""
    parts = urlsplit(url)
    try:
        host, port = parts.hostname or "", parts.port or 443
    except ValueError:
        host, port = "", 0
    if parts.scheme != "https" or not host or "@" in parts.netloc or not url.isascii() or not url.isprintable():
        raise NoSuchName(f"{url[:200]!r} is no address of the form https://HOST[:PORT]/PATH")
    networks = tuple(allowed)
    addresses = _resolved(host, port)
    for address in addresses:
        # Every one of a name's addresses is looked at: one that points inside makes the name suspicious.
        if not may_reach(address, networks):
            raise Forbidden(
                f"{host} is {address}, which is not public; the setting `notify_networks` can open its network"
            )
    return _place(parts, addresses, host, port)


def may_reach(address: Address, allowed: Iterable[Network]) -> bool:
    """Whether an address is public, or of an allowed network; one that carries an IPv4 address is judged by it too."""
    inner = _inner(address)
    if inner is not None and not may_reach(inner, allowed):
        return False
    if any(address.version == network.version and address in network for network in allowed):
        return True
    if inner is not None:
        return True
    return address.is_global and not address.is_multicast


def _inner(address: Address) -> IPv4Address | None:
    """The IPv4 address inside an IPv6 one: mapped (RFC 4291), 6to4 (RFC 3056), NAT64 (RFC 6052)."""
    if isinstance(address, IPv4Address):
        return None
    if int(address) >> 32 == 0x0064FF9B << 64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


def _resolved(host: str, port: int) -> list[Address]:
    try:
        return [ip_address(host)]
    except ValueError:
        pass
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        if error.errno in (socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)):
            raise NoSuchName(f"there is no host {host}") from None
        raise
    except UnicodeError:
        raise NoSuchName(f"there is no host {host[:100]!r}") from None
    return [ip_address(str(row[4][0]).partition("%")[0]) for row in found]


def _place(parts: SplitResult, addresses: Sequence[Address], host: str, port: int) -> Place:
    shown = f"[{host}]" if ":" in host else host
    query = f"?{parts.query}" if parts.query else ""
    return Place(
        host=host,
        port=port,
        addresses=tuple(str(address) for address in addresses),
        authority=shown if port == 443 else f"{shown}:{port}",
        target=quote(f"{parts.path or '/'}{query}", safe=_KEPT),
    )
