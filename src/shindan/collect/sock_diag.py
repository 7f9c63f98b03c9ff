"""Sockets by netlink: all there are now, and each one that is closed. Python 3.6 grammar.

Source: sock_diag(7), netlink(7), and the kernel's `include/uapi/linux/{inet_diag,sock_diag}.h`. Neither needs a
privilege. A netlink socket speaks of the network namespace in which it was made.
"""

import errno
import os
import socket
import struct
from typing import Iterator, List, Tuple

from shindan.collect.inet_socket import CLOSE, LISTEN, PROTOCOLS, InetSocket

_NETLINK_SOCK_DIAG = 4
_SOL_NETLINK, _ADD_MEMBERSHIP = 270, 1
_DESTROY_GROUPS = (1, 2, 3, 4)  # SKNLGRP_INET{,6}_{TCP,UDP}_DESTROY; since Linux 4.2
_SO_RCVBUFFORCE = 33
RECEIVE_BYTES = 16 * 1024 * 1024
"""What is asked of the kernel for messages that wait to be fetched, some 20,000; without CAP_NET_ADMIN it is less."""

_BY_FAMILY = 20
_REQUEST_DUMP = 0x301
_ERROR, _DONE = 2, 3
_HEADER = struct.Struct("=IHHII")
_REQUEST = struct.Struct("=BBBBI48x")
_MESSAGE = struct.Struct("=BBBB2s2s16s16sI8xIIIII")
_V6ONLY, _PROTOCOL = 11, 10
_TYPE = struct.pack("=HH", 5, _PROTOCOL)
_AT_TYPE = _HEADER.size + _MESSAGE.size
_AT_PROTOCOL = _AT_TYPE + len(_TYPE)
_IPV4 = int(socket.AF_INET)
_SECONDS = 5.0
_BLOCK = 64 * 1024
# Of a message about a closed socket no more is wanted: header, socket, and the first attribute, its protocol.
_BEGINNING = 128
_MOST_AT_ONCE = 10000
_NAMES = {number: name for name, number in PROTOCOLS.items()}


def opened() -> socket.socket:
    """A socket to ask by, of the network namespace in force. Raises OSError."""
    made = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, _NETLINK_SOCK_DIAG)
    made.settimeout(_SECONDS)
    return made


def dump(asked: socket.socket, protocol: str, wanted: int) -> Iterator[InetSocket]:
    """Every socket of a protocol, both families, whose state is in the mask `wanted`.

    Raises OSError: ENOENT where the kernel cannot tell of this protocol, or a family of it, by netlink.
    """
    for family in (socket.AF_INET, socket.AF_INET6):
        body = _REQUEST.pack(family, PROTOCOLS[protocol], 0, 0, wanted)
        asked.send(_HEADER.pack(_HEADER.size + len(body), _BY_FAMILY, _REQUEST_DUMP, 1, 0) + body)
        for found in _answers(asked, protocol):
            yield found


def _answers(asked: socket.socket, protocol: str) -> Iterator[InetSocket]:
    while True:
        for type_, body in _messages(asked.recv(_BLOCK)):
            if type_ == _DONE:
                return
            if type_ == _ERROR:
                code = -struct.unpack_from("=i", body)[0] if len(body) >= 4 else errno.EPROTO
                raise OSError(code, os.strerror(code))
            if type_ == _BY_FAMILY and len(body) >= _MESSAGE.size:
                yield parsed(body, protocol)


class Destroyed:
    """Tells of every TCP and UDP socket of a network namespace that is closed from now on, however short it lived.

    `lost` counts how often the kernel had to drop messages because they were not drained in time.
    """

    def __init__(self, receive_bytes: int = RECEIVE_BYTES) -> None:
        """Listens in the network namespace in force. Raises OSError where the kernel does not tell of it."""
        self.lost = 0
        self._socket = opened()
        try:
            self._socket.setblocking(False)
            # Bound before it joins a group: an unbound socket is sent nothing.
            self._socket.bind((0, 0))
            _enlarge(self._socket, receive_bytes)
            for group in _DESTROY_GROUPS:
                self._socket.setsockopt(_SOL_NETLINK, _ADD_MEMBERSHIP, group)
        except BaseException:
            self._socket.close()
            raise

    def fileno(self) -> int:
        """For select(2): readable when there is something to drain."""
        return self._socket.fileno()

    def drain(self) -> Iterator[InetSocket]:
        """What was closed since the last time, without waiting; a bounded part of it where there is much."""
        # First the queue is emptied, then read: the kernel tells of thousands at once where it was kept from it.
        for block in self._taken():
            if len(block) >= _HEADER.size + _MESSAGE.size and _HEADER.unpack_from(block)[1] == _BY_FAMILY:
                # The protocol is the first attribute; to look for it takes twice as long.
                protocol = _NAMES.get(block[_AT_PROTOCOL], "") if block[_AT_TYPE:_AT_PROTOCOL] == _TYPE else ""
                yield parsed(block[_HEADER.size :], protocol)

    def _taken(self) -> List[bytes]:
        """The beginnings of messages; the kernel sends each by itself."""
        taken: List[bytes] = []
        while len(taken) < _MOST_AT_ONCE:
            try:
                taken.append(self._socket.recv(_BEGINNING))
            except BlockingIOError:
                break
            except OSError as error:
                if error.errno != errno.ENOBUFS:
                    raise
                self.lost += 1
        return taken

    def close(self) -> None:
        """Listens no longer. An open one would keep a network namespace alive that everybody else has left."""
        self._socket.close()


def _enlarge(made: socket.socket, size: int) -> None:
    try:
        made.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, size)
    except OSError:
        # Without CAP_NET_ADMIN up to net.core.rmem_max.
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, size)


def _messages(block: bytes) -> Iterator[Tuple[int, bytes]]:
    at = 0
    while at + _HEADER.size <= len(block):
        length, type_ = _HEADER.unpack_from(block, at)[:2]
        if length < _HEADER.size or at + length > len(block):
            return
        yield type_, block[at + _HEADER.size : at + length]
        at += (length + 3) & ~3


def parsed(body: bytes, protocol: str = "") -> InetSocket:
    """The socket of a `struct inet_diag_msg` and its attributes; the protocol is one of them where not given."""
    family, state, _, _, sport, dport, source, remote, interface, _, _, _, uid, inode = _MESSAGE.unpack_from(body)
    v6only = None
    for type_, value in _attributes(body) if not protocol or (state in (LISTEN, CLOSE) and family != _IPV4) else ():
        if type_ == _PROTOCOL and not protocol:
            protocol = _NAMES.get(value[0], "")
            break
        if type_ == _V6ONLY:
            v6only = bool(value[0])
    size = 4 if family == _IPV4 else 16
    local_port, remote_port = int.from_bytes(sport, "big"), int.from_bytes(dport, "big")
    # Kernels that leave the attribute out tell of TCP only.
    protocol = protocol or "tcp"
    return InetSocket(
        protocol, state, source[:size], local_port, remote[:size], remote_port, interface, uid, inode, v6only
    )


def _attributes(body: bytes) -> Iterator[Tuple[int, bytes]]:
    at = _MESSAGE.size
    while at + 4 <= len(body):
        length, type_ = struct.unpack_from("=HH", body, at)
        if length <= 4 or at + length > len(body):
            return
        yield type_, body[at + 4 : at + length]
        at += (length + 3) & ~3
