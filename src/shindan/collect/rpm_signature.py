"""Which key signed a package: the issuer in an OpenPGP signature. Python 3.6 grammar.

Source: RFC 9580, 4.2 (packet headers), 5.2.2 and 5.2.3 (signature packets), 5.2.3.7 (subpackets), 5.2.3.12 and
5.2.3.35 (issuer key id and fingerprint); RFC 4880 for what they were before.
"""

from binascii import Error, a2b_base64, hexlify
from typing import Dict, Iterator, Optional, Tuple

from shindan.collect.rpm_header import Value

DSAHEADER, RSAHEADER, SIGPGP, SIGGPG, OPENPGP = 267, 268, 259, 262, 278
TAGS = (DSAHEADER, RSAHEADER, SIGGPG, SIGPGP, OPENPGP)
"""Tags that may hold signatures: of the header, then of header and payload (older); last those of rpm 6, in base64."""

_SIGNATURE = 2
_ISSUER, _FINGERPRINT = 16, 33


def signing_key(header: Dict[int, Value]) -> str:
    """The 16 hexadecimal digits of the signer's key id, as `rpm -qi` shows it; "" where nobody signed."""
    for tag in TAGS:
        value = header.get(tag)
        texts = value if isinstance(value, tuple) else (value,)
        for text in texts:
            if not isinstance(text, bytes):
                continue
            key = issuer(_from_base64(text) if tag == OPENPGP else text)
            if key:
                return key
    return ""


def issuer(packets: bytes) -> str:
    """The key id of the first signature that names one; "" for bytes that are no such packets."""
    for tag, body in _packets(packets):
        key = _issuer(body) if tag == _SIGNATURE else b""
        if key:
            return hexlify(key).decode("ascii")
    return ""


def _from_base64(text: bytes) -> bytes:
    try:
        return a2b_base64(text)
    except (Error, ValueError):
        return b""


def _issuer(body: bytes) -> bytes:
    version = body[0] if body else 0
    if version == 3:
        return body[7:15] if len(body) >= 15 else b""
    if version not in (4, 6):
        return b""
    width = 2 if version == 4 else 4
    at = 4
    for _ in ("hashed", "unhashed"):
        size = int.from_bytes(body[at : at + width], "big")
        key = _named(body[at + width : at + width + size])
        if key:
            return key
        at += width + size
    return b""


def _named(subpackets: bytes) -> bytes:
    """The key id among subpackets: its own, else the one that a fingerprint ends in (version 4) or begins with (6)."""
    by_fingerprint = b""
    for type_, body in _subpackets(subpackets):
        if type_ == _ISSUER and len(body) == 8:
            return body
        if type_ == _FINGERPRINT and len(body) >= 21:
            by_fingerprint = body[13:21] if body[0] == 4 else body[1:9]
    return by_fingerprint


def _subpackets(area: bytes) -> Iterator[Tuple[int, bytes]]:
    at = 0
    while at < len(area):
        size, at = _new_length(area, at, 255)
        if size < 1:
            return
        yield area[at] & 0x7F if at < len(area) else 0, area[at + 1 : at + size]
        at += size


def _packets(data: bytes) -> Iterator[Tuple[int, bytes]]:
    at = 0
    while at < len(data) and data[at] & 0x80:
        if data[at] & 0x40:
            tag = data[at] & 0x3F
            size, at = _new_length(data, at + 1, 224)
        else:
            tag = data[at] >> 2 & 0x0F
            width: Optional[int] = {0: 1, 1: 2, 2: 4}.get(data[at] & 3)
            size = len(data) if width is None else int.from_bytes(data[at + 1 : at + 1 + width], "big")
            at += 1 + (width or 0)
        if size < 1:
            return
        yield tag, data[at : at + size]
        at += size


def _new_length(data: bytes, at: int, partial: int) -> Tuple[int, int]:
    """A length of one, two or five bytes and where its subject begins; 0 for one that is cut or partial."""
    first = data[at] if at < len(data) else 0
    if first < 192:
        return first, at + 1
    if first < partial:
        return ((first - 192) << 8) + (data[at + 1] if at + 1 < len(data) else 0) + 192, at + 2
    if first == 255:
        return int.from_bytes(data[at + 1 : at + 5], "big"), at + 5
    return 0, at + 1
