"""Where advisories and downloads live: `--data`, `SHINDAN_DATA`, or the user's own data folder."""

from __future__ import annotations

import os
from pathlib import Path

from shindan.model.errors import StoreError

_SYSTEM = Path("/var/lib/shindan")


def data_folder(chosen: Path | None = None) -> Path:
    """The folder to use; it need not exist. For root `/var/lib/shindan`, else below `XDG_DATA_HOME`."""
    if chosen is not None:
        return chosen
    named = os.environ.get("SHINDAN_DATA")
    if named:
        return Path(named)
    if os.geteuid() == 0:
        return _SYSTEM
    home = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(home) / "shindan"


def made(folder: Path) -> Path:
    """The folder, created if it is missing. Raises StoreError with the remedy where that fails."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"cannot use the data folder {folder}: {error.strerror or error}",
            remedy="name another with --data DIR or SHINDAN_DATA",
        ) from error
    return folder
