"""Whose a data folder is: what another user writes there, the service can perhaps not read."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

from shindan.model.errors import StoreError


def refuse_root(data: Path) -> None:
    """Raises StoreError for root on a folder that a service of another user works on.

    Root may do everything there, and leaves files that only root can change: inventories that the service cannot
    replace, a key that it cannot read. The master key tells whose service it is, since only its owner may read it.
    """
    master = data / "keys" / "master"
    if os.geteuid() != 0 or not master.exists() or (owner := master.stat().st_uid) == 0:
        return
    name = name_of(owner)
    raise StoreError(
        f"{data} belongs to {name}, who could not change what root writes there",
        remedy=f"say it as that user: runuser -u {name} -- shindan …",
    )


def name_of(user: int) -> str:
    """A user's name; the number where there is none."""
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return str(user)
