"""The key that messages to HTTPS receivers are signed with: one for the whole installation, sealed in the database."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection

from shindan.engine.clock import now
from shindan.model.errors import StoreError
from shindan.notify.signing import Signer, fingerprint_of, new_key
from shindan.service import vault
from shindan.store import settings_table
from shindan.store.database import Database

_SETTING = "notifications.key"
_ABOUT = "the key of notifications"


def signer(database: Database, keys: Mapping[str, bytes]) -> Signer:
    """The installation's signer, made when it is first asked for. `keys`: those of `vault.open_keys`.

    One that was sealed with a master key that is lost is replaced: receivers fetch the new certificate by its name.
    """
    found = _kept(database, keys)
    if found is not None:
        return found
    key, certificate = new_key(now())
    sealed = vault.seal(keys["secrets"], key, _ABOUT).hex()
    with database.write() as connection:
        kept = _read(connection, keys)
        if kept is None:
            settings_table.put(connection, _SETTING, {"key": sealed, "certificate": certificate})
    return kept or Signer(key, certificate)


def certificate(database: Database, file_name: str) -> str | None:
    """The certificate (PEM) that is published under a name, `SimpleNotificationService-….pem`; None for another."""
    with database.read() as connection:
        kept = settings_table.get(connection, _SETTING)
    if not isinstance(kept, dict):
        return None
    pem = str(kept["certificate"])
    return pem if file_name == f"SimpleNotificationService-{fingerprint_of(pem)}.pem" else None


def _kept(database: Database, keys: Mapping[str, bytes]) -> Signer | None:
    with database.read() as connection:
        return _read(connection, keys)


def _read(connection: Connection, keys: Mapping[str, bytes]) -> Signer | None:
    kept = settings_table.get(connection, _SETTING)
    try:
        return Signer(vault.unseal(keys["secrets"], bytes.fromhex(kept["key"]), _ABOUT), kept["certificate"])
    except (StoreError, KeyError, TypeError, ValueError):
        return None
