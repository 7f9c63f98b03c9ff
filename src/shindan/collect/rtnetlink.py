"""Addresses and routes by netlink. Python 3.6 grammar.

Source: rtnetlink(7), netlink(7), and the kernel's `include/uapi/linux/{rtnetlink,if_addr}.h`. No privilege is needed; a
netlink socket speaks of the network namespace in which it was made.
"""

import errno
import os
import socket
import struct
from typing import Dict, Iterator, NamedTuple, Optional, Tuple

from shindan.collect.unavailable import Unavailable

_ROUTE = 0
_GET_ADDRESS, _NEW_ADDRESS = 22, 20
_GET_ROUTE, _NEW_ROUTE = 26, 24
_DUMP = 0x301
_ERROR, _DONE = 2, 3
_HEADER = struct.Struct("=IHHII")
_ADDRESS = struct.Struct("=BBBBI")
_MESSAGE = struct.Struct("=BBBBBBBBI")
_SECONDS = 5.0
_BLOCK = 64 * 1024
_TYPES = {1: "unicast", 6: "blackhole", 7: "unreachable", 8: "prohibit", 9: "throw"}
_CLONED = 0x200


class Address(NamedTuple):
    """`device` is the interface's number; `text` the address with its prefix, `10.0.0.5/24`."""

    device: int
    text: str


class Route(NamedTuple):
    """`destination` as `10.0.0.0/8`; `via` "" and `device` 0 where there is none."""

    destination: str
    via: str
    device: int
    table: int
    kind: str
    metric: int


def addresses() -> Iterator[Address]:
    """Every address of every interface. Raises Unavailable."""
    for family, size in ((socket.AF_INET, 4), (socket.AF_INET6, 16)):
        for body in _dump(_GET_ADDRESS, _NEW_ADDRESS, _ADDRESS.pack(family, 0, 0, 0, 0)):
            length, index = _ADDRESS.unpack_from(body)[1], _ADDRESS.unpack_from(body)[4]
            said = _attributes(body, _ADDRESS.size)
            # IFA_LOCAL where it differs from IFA_ADDRESS: point to point, the other end.
            raw = said.get(2) or said.get(1) or b""
            if len(raw) == size:
                yield Address(index, "{}/{}".format(socket.inet_ntop(family, raw), length))


def routes() -> Iterator[Route]:
    """Every route but those to the host's own addresses and to many at once. Raises Unavailable."""
    for family, size in ((socket.AF_INET, 4), (socket.AF_INET6, 16)):
        for body in _dump(_GET_ROUTE, _NEW_ROUTE, _MESSAGE.pack(family, 0, 0, 0, 0, 0, 0, 0, 0)):
            _, length, _, _, table, _, _, type_, flags = _MESSAGE.unpack_from(body)
            if type_ not in _TYPES or flags & _CLONED:
                continue
            said = _attributes(body, _MESSAGE.size)
            raw = (said.get(1) or b"") + bytes(size)
            via = said.get(5, b"")
            yield Route(
                "{}/{}".format(socket.inet_ntop(family, raw[:size]), length),
                socket.inet_ntop(family, via) if len(via) == size else "",
                _number(said.get(4)),
                _number(said.get(15)) or table,
                _TYPES[type_],
                _number(said.get(6)),
            )


def _number(raw: Optional[bytes]) -> int:
    return int(struct.unpack("=I", raw)[0]) if raw is not None and len(raw) == 4 else 0


def _dump(ask: int, answer: int, body: bytes) -> Iterator[bytes]:
    try:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, _ROUTE) as asked:
            asked.settimeout(_SECONDS)
            asked.send(_HEADER.pack(_HEADER.size + len(body), ask, _DUMP, 1, 0) + body)
            for type_, found in _messages(asked):
                if type_ == answer:
                    yield found
    except OSError as error:
        raise Unavailable("netlink: {}".format(error.strerror or error)) from error


def _messages(asked: socket.socket) -> Iterator[Tuple[int, bytes]]:
    while True:
        block = asked.recv(_BLOCK)
        at = 0
        while at + _HEADER.size <= len(block):
            length, type_ = _HEADER.unpack_from(block, at)[:2]
            body = block[at + _HEADER.size : at + length]
            if type_ == _DONE or length < _HEADER.size:
                return
            if type_ == _ERROR:
                code = -struct.unpack_from("=i", body)[0] if len(body) >= 4 else errno.EPROTO
                raise OSError(code, os.strerror(code))
            yield type_, body
            at += (length + 3) & ~3


def _attributes(body: bytes, at: int) -> Dict[int, bytes]:
    found: Dict[int, bytes] = {}
    while at + 4 <= len(body):
        length, type_ = struct.unpack_from("=HH", body, at)
        if length < 4 or at + length > len(body):
            break
        found[type_ & 0x3FFF] = body[at + 4 : at + length]
        at += (length + 3) & ~3
    return found
