"""The master key beside the database, the keys derived from it, and secrets sealed with one of those.

The database alone gives no secret away: what it holds of access keys is encrypted (AES-256-GCM, NIST SP 800-38D) with
a key that is derived (HKDF, RFC 5869) from `keys/master` in the data folder. Whoever backs up one must back up both.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from shindan.engine.clock import milliseconds
from shindan.model.errors import StoreError
from shindan.store import access_keys, agents, channels, second_factors, settings_table
from shindan.store.database import Database

PURPOSES = ("paging", "links", "secrets", "console")
"""What keys are for: tokens of pages, download links, secrets at rest, cookies and forms of the console."""

_FILE = Path("keys", "master")
_BYTES = 32
_NONCE = 12
_FORM = b"\x01"
_CHECK = "vault.check"
_LOST = (
    "put the file back from a backup (`shindan db restore` brings both); if it is lost, the secrets of all access keys "
    "are lost with it: `shindan keys renew-master` makes another one and removes them all"
)


def open_keys(database: Database, data: Path) -> Mapping[str, bytes]:
    """The keys by purpose. The master key is made the first time, and never where secrets rest on another one.

    Raises StoreError where it is missing, torn, another one than the database's secrets were sealed with, or open to
    every user of the machine.
    """
    path = data / _FILE
    with database.read() as connection:
        check = settings_table.get(connection, _CHECK)
        sealed = check is not None or access_keys.any_there(connection) or agents.any_there(connection)
        sealed = sealed or channels.any_secret(connection)
    if not path.exists():
        if sealed:
            raise StoreError(f"{path} is missing, and the secrets in the database rest on it", remedy=_LOST)
        _make(path)
    master = _read(path)
    keys = {purpose: _derived(master, purpose) for purpose in PURPOSES}
    _compare(database, path, _derived(master, "check").hex()[:32])
    return keys


def renew(database: Database, data: Path) -> Mapping[str, bytes]:
    """Another master key in place of one that is lost: every access key goes, since nobody can read its secret.

    Agents' keys end for the same reason: agents enrol again, or have to be given a token. So do second factors;
    channels are paused until somebody gives them an address.
    """
    with database.write() as connection:
        access_keys.remove_all(connection)
        agents.revoke_all(connection, milliseconds())
        second_factors.remove_all(connection)
        channels.lose_secrets(connection)
        settings_table.remove(connection, _CHECK)
    (data / _FILE).unlink(missing_ok=True)
    return open_keys(database, data)


def seal(key: bytes, secret: str, about: str) -> bytes:
    """The secret, encrypted; `about` (whose it is) is bound to it, so that rows cannot be exchanged."""
    nonce = secrets.token_bytes(_NONCE)
    return _FORM + nonce + AESGCM(key).encrypt(nonce, secret.encode(), about.encode())


def unseal(key: bytes, sealed: bytes, about: str) -> str:
    """The secret that `seal` encrypted. Raises StoreError where the key or `about` is another one."""
    if sealed[:1] != _FORM:
        raise StoreError(f"the secret of {about} was sealed in a form that is unknown here", remedy="upgrade shindan")
    try:
        nonce, rest = sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :]
        return AESGCM(key).decrypt(nonce, rest, about.encode()).decode()
    except (InvalidTag, ValueError) as error:
        raise StoreError(f"the secret of {about} was sealed with another master key", remedy=_LOST) from error


def _make(path: Path) -> None:
    """Whole or not at all, readable by its owner alone; of two processes at once, the first one's stays."""
    beside = path.with_name(f".master.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as stream:
            stream.write(secrets.token_hex(_BYTES).encode() + b"\n")
            stream.flush()
            os.fsync(stream.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(beside, path)
    except OSError as error:
        raise StoreError(f"cannot keep the master key at {path}: {error.strerror or error}") from error
    finally:
        beside.unlink(missing_ok=True)


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_mode & 0o007:
            raise StoreError(f"every user of this machine may open {path}", remedy=f"run `chmod 600 {path}`")
        master = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except OSError as error:
        raise StoreError(f"cannot read the master key at {path}: {error.strerror or error}") from error
    except ValueError:
        master = b""
    if len(master) != _BYTES:
        raise StoreError(f"{path} is torn: it holds no key of {_BYTES} bytes as hexadecimal digits", remedy=_LOST)
    return master


def _derived(master: bytes, purpose: str) -> bytes:
    return HKDF(SHA256(), _BYTES, salt=None, info=f"shindan {purpose}".encode()).derive(master)


def _compare(database: Database, path: Path, check: str) -> None:
    """What the database says the key is, which the first one to come writes down."""
    with database.read() as connection:
        known = settings_table.get(connection, _CHECK)
    if known is None:
        with database.write() as connection:
            settings_table.put_first(connection, _CHECK, check)
            known = settings_table.get(connection, _CHECK)
    if known != check:
        raise StoreError(f"{path} is not the key that the secrets in the database were sealed with", remedy=_LOST)
