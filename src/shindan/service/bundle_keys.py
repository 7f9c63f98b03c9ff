"""Keys of bundles: Ed25519 (RFC 8032), the private one in a file that only its owner reads.

A private key is PKCS #8 in PEM, a public one SubjectPublicKeyInfo in PEM: what `openssl genpkey -algorithm ed25519`
and `openssl pkey -pubout` write, so that keys can be kept and inspected with other tools too.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from shindan.model.errors import BundleError

TRUSTED = "trusted-keys"
"""Folder below the data folder: every `*.pub` in it may sign bundles."""

# Signatures of bundles are of no use for anything else, nor the other way round.
_CONTEXT = b"shindan bundle 1\0"
_LARGEST = 64 * 1024


def create_key(path: Path) -> str:
    """Make a private key file (mode 0600) and `<path>.pub`; returns the public key as PEM.

    Raises BundleError where a file of that name exists: a key is never replaced by accident.
    """
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = _pem(key.public_key())
    _write_new(path, private, 0o600)
    _write_new(path.with_name(f"{path.name}.pub"), public.encode(), 0o644)
    return public


def private_key(path: Path) -> Ed25519PrivateKey:
    """The key of a file. Raises BundleError: unreadable, readable by others, or no Ed25519 key."""
    data = _read(path)
    mode = path.stat().st_mode
    if mode & 0o077:
        raise BundleError(
            f"the private key {path} is open to others (mode {mode & 0o777:04o})", remedy=f"chmod 600 {path}"
        )
    try:
        key = serialization.load_pem_private_key(data, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise BundleError(f"{path} is no private key: {error}", remedy="make one with `shindan feeds key`") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise BundleError(f"{path} is no Ed25519 key", remedy="make one with `shindan feeds key`")
    return key


def public_key(path: Path) -> Ed25519PublicKey:
    """The key of a file. Raises BundleError."""
    try:
        key = serialization.load_pem_public_key(_read(path))
    except (ValueError, UnsupportedAlgorithm) as error:
        raise BundleError(f"{path} is no public key: {error}", remedy="give the .pub file of the exporter") from error
    if not isinstance(key, Ed25519PublicKey):
        raise BundleError(f"{path} is no Ed25519 key")
    return key


def trusted_keys(data: Path, more: Iterable[Path] = ()) -> list[Ed25519PublicKey]:
    """The keys below the data folder, and those of the files given. Raises BundleError where there are none."""
    paths: Sequence[Path] = [*sorted((data / TRUSTED).glob("*.pub")), *more]
    if not paths:
        raise BundleError(
            "no key is trusted, so no bundle can be taken in",
            remedy=f"give --trust FILE, or put the exporter's .pub file into {data / TRUSTED}",
        )
    return [public_key(path) for path in paths]


def sign(key: Ed25519PrivateKey, message: bytes) -> bytes:
    """The signature over a manifest's bytes."""
    return key.sign(_CONTEXT + message)


def signer(keys: Iterable[Ed25519PublicKey], message: bytes, signature: bytes) -> Ed25519PublicKey:
    """The trusted key that made the signature. Raises BundleError where none did."""
    for key in keys:
        try:
            key.verify(signature, _CONTEXT + message)
        except InvalidSignature:
            continue
        return key
    raise BundleError(
        "the bundle is signed by no trusted key, or was changed after it was signed",
        remedy="compare the exporter's key with the trusted ones; never force this",
    )


def key_id(key: Ed25519PublicKey) -> str:
    """A short name of a key: 16 hexadecimal digits of the SHA-256 of its 32 bytes."""
    raw = key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return hashlib.sha256(raw).hexdigest()[:16]


def _pem(key: Ed25519PublicKey) -> str:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_bytes(serialization.Encoding.PEM, form).decode()


def _write_new(path: Path, content: bytes, mode: int) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    except OSError as error:
        raise BundleError(f"cannot write the key {path}: {error.strerror or error}") from error
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_LARGEST)
    except OSError as error:
        raise BundleError(f"cannot read the key {path}: {error.strerror or error}") from error
