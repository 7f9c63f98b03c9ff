"""OpenPGP keys and detached signatures over ECDSA P-256, for hosts whose only verifier is `gpgv`.

Debian's and Ubuntu's smallest installations have gpgv (apt needs it) but no openssl. Only what that takes is here: a
version 4 public key with one user id and its self-signature, and version 4 signatures of documents, all with SHA-256.
Source: RFC 4880 sections 4.2 (packet headers), 5.2.3 and 5.2.4 (signatures and what is hashed), 5.5.2 (public keys),
6 (ASCII armour), 12.2 (fingerprints); RFC 6637 sections 6 to 11 (ECDSA, curve P-256).
"""

from __future__ import annotations

import base64
import hashlib
import struct
from collections.abc import Iterable

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

_VERSION = b"\x04"
_ECDSA, _SHA256 = 19, 8
_P256 = bytes.fromhex("2a8648ce3d030107")
_DOCUMENT, _CERTIFICATION = 0x00, 0x13
_SIGNATURE, _PUBLIC_KEY, _USER_ID = 2, 6, 13
_CREATED, _ISSUER, _FLAGS, _FINGERPRINT = 2, 16, 27, 33
_MAY_CERTIFY_AND_SIGN = b"\x03"


class Signer:
    """Signs with one key. `created` (seconds since 1970) is part of the key: another moment is another key."""

    def __init__(self, key: ec.EllipticCurvePrivateKey, user_id: str, created: int) -> None:
        self._key = key
        self._user_id = user_id.encode()
        self._created = created
        body = _VERSION + struct.pack(">IB", created, _ECDSA) + bytes([len(_P256)]) + _P256 + _point(key)
        self._public = body
        self.fingerprint = hashlib.sha1(_hashed_key(body)).hexdigest().upper()  # noqa: S324 - version 4 has no other
        """Forty hex digits, as gpg prints them."""

    def public_key(self) -> bytes:
        """The key as a keyring that `gpgv --keyring` reads."""
        user_id = b"\xb4" + struct.pack(">I", len(self._user_id)) + self._user_id
        mine = _hashed_key(self._public) + user_id
        bound = self._signed(_CERTIFICATION, mine, self._created, [_subpacket(_FLAGS, _MAY_CERTIFY_AND_SIGN)])
        return _packet(_PUBLIC_KEY, self._public) + _packet(_USER_ID, self._user_id) + bound

    def detached(self, document: bytes, at: int) -> str:
        """The armoured signature of a document, made at a moment (seconds since 1970)."""
        return armoured("PGP SIGNATURE", self._signed(_DOCUMENT, document, at, []))

    def _signed(self, type_: int, what: bytes, at: int, more: Iterable[bytes]) -> bytes:
        fingerprint = bytes.fromhex(self.fingerprint)
        hashed = b"".join(
            [_subpacket(_FINGERPRINT, _VERSION + fingerprint), _subpacket(_CREATED, struct.pack(">I", at)), *more]
        )
        head = _VERSION + bytes([type_, _ECDSA, _SHA256]) + struct.pack(">H", len(hashed)) + hashed
        message = what + head + b"\x04\xff" + struct.pack(">I", len(head))
        signature = self._key.sign(message, ec.ECDSA(hashes.SHA256()))
        issuer = _subpacket(_ISSUER, fingerprint[-8:])
        numbers = b"".join(_number(part) for part in decode_dss_signature(signature))
        return _packet(
            _SIGNATURE, head + struct.pack(">H", len(issuer)) + issuer + hashlib.sha256(message).digest()[:2] + numbers
        )


def armoured(kind: str, content: bytes) -> str:
    """Binary packets as text between BEGIN and END lines, with the checksum that old readers want."""
    text = base64.b64encode(content).decode()
    lines = [text[at : at + 64] for at in range(0, len(text), 64)]
    check = base64.b64encode(_crc24(content).to_bytes(3, "big")).decode()
    return "\n".join([f"-----BEGIN {kind}-----", "", *lines, f"={check}", f"-----END {kind}-----", ""])


def _point(key: ec.EllipticCurvePrivateKey) -> bytes:
    numbers = key.public_key().public_numbers()
    return _number(int.from_bytes(b"\x04" + numbers.x.to_bytes(32, "big") + numbers.y.to_bytes(32, "big"), "big"))


def _hashed_key(body: bytes) -> bytes:
    return b"\x99" + struct.pack(">H", len(body)) + body


def _number(value: int) -> bytes:
    """A multiprecision integer: its length in bits, then its bytes."""
    return struct.pack(">H", value.bit_length()) + value.to_bytes((value.bit_length() + 7) // 8, "big")


def _subpacket(type_: int, content: bytes) -> bytes:
    return bytes([len(content) + 1, type_]) + content


def _packet(tag: int, body: bytes) -> bytes:
    """A packet with a new-format header; bodies here are always shorter than 8,384 bytes."""
    if len(body) < 192:
        length = bytes([len(body)])
    else:
        rest = len(body) - 192
        length = bytes([192 + (rest >> 8), rest & 0xFF])
    return bytes([0xC0 | tag]) + length + body


def _crc24(content: bytes) -> int:
    check = 0xB704CE
    for byte in content:
        check ^= byte << 16
        for _ in range(8):
            check <<= 1
            if check & 0x1000000:
                check ^= 0x1864CFB
    return check
