"""One TCP or UDP socket as the kernel tells of it, and how its addresses are written. Python 3.6 grammar."""

import socket
from typing import NamedTuple, Optional

ESTABLISHED, SYN_SENT, SYN_RECV, TIME_WAIT, CLOSE, LISTEN, NEW_SYN_RECV = 1, 2, 3, 6, 7, 10, 12
"""States, numbered as the kernel does (`include/net/tcp_states.h`); an unconnected UDP socket is CLOSE."""

PROTOCOLS = {"tcp": socket.IPPROTO_TCP, "udp": socket.IPPROTO_UDP}
"""The protocols that are looked at, by the names that facts use."""

_MAPPED = b"\0" * 10 + b"\xff\xff"


class InetSocket(NamedTuple):
    """Addresses are packed, 4 or 16 bytes; `interface` is the index of the one it is bound to, or 0.

    `inode` is 0 for a socket that no process holds any more; `v6only` is None where the kernel does not tell.
    """

    protocol: str
    state: int
    local: bytes
    local_port: int
    remote: bytes
    remote_port: int
    interface: int
    uid: int
    inode: int
    v6only: Optional[bool] = None

    @property
    def listens(self) -> bool:
        """Whether it waits for others: a TCP socket that listens, or a bound UDP socket without a remote end."""
        if self.protocol == "tcp":
            return self.state == LISTEN
        return self.local_port != 0 and self.remote_port == 0 and self.state == CLOSE


def plain(address: bytes) -> bytes:
    """The IPv4 address inside `::ffff:192.0.2.1`; any other address as it is."""
    return address[12:] if len(address) == 16 and address[:12] == _MAPPED else address


def text(address: bytes) -> str:
    """`192.0.2.1`, `2001:db8::1`."""
    return socket.inet_ntop(socket.AF_INET if len(address) == 4 else socket.AF_INET6, address)


def endpoint(address: bytes, port: int = 0) -> str:
    """`192.0.2.1:22`, `[::1]:22`; without a port the address alone, IPv6 in brackets too."""
    written = text(address)
    if len(address) == 16:
        written = "[{}]".format(written)
    return "{}:{}".format(written, port) if port else written


def unspecified(address: bytes) -> bool:
    """Whether it is `0.0.0.0` or `::`."""
    return not any(address)


def loopback(local: bytes, remote: bytes) -> bool:
    """Whether a connection between the two never leaves the host."""
    local, remote = plain(local), plain(remote)
    return local == remote or (remote[:1] == b"\x7f" and len(remote) == 4) or remote == b"\0" * 15 + b"\1"
