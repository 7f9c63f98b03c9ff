"""The serial number of the last bundle of each key: what makes a roll-back visible."""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shindan.model.errors import BundleError


@dataclass(frozen=True, slots=True)
class Serials:
    """One small file: key id → (serial, digest of the manifest). Numbers only ever grow."""

    path: Path

    def next(self, key: str, moment: int) -> int:
        """A number higher than the last one; the time in seconds, so that a lost file does not start over."""
        last, _ = self._load().get(key, (0, ""))
        return max(last + 1, moment)

    def refuse_older(self, key: str, serial: int, digest: str) -> None:
        """Raises BundleError for an older bundle, and for another one of the same number."""
        last, known = self._load().get(key, (0, ""))
        if serial < last or (serial == last and digest != known):
            raise BundleError(
                f"the bundle (serial {serial}) is older than the last one of its key (serial {last})",
                remedy="take the newest bundle; --force goes back on purpose",
            )

    def keep(self, key: str, serial: int, digest: str) -> None:
        """Remember a bundle, whole or not at all; a forced one becomes the last. Raises BundleError."""
        body: dict[str, Any] = {**self._load(), key: (serial, digest)}
        beside = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        try:
            with beside.open("w", encoding="utf-8") as file:
                json.dump(body, file)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(self.path)
        except OSError as error:
            with contextlib.suppress(OSError):
                beside.unlink(missing_ok=True)
            raise BundleError(f"cannot write {self.path}: {error.strerror or error}") from error

    def _load(self) -> dict[str, tuple[int, str]]:
        """What is remembered. A torn file is an error: to forget it would let a roll-back pass."""
        try:
            said = json.loads(self.path.read_text(encoding="utf-8"))
            return {str(key): (int(serial), str(digest)) for key, (serial, digest) in said.items()}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, TypeError, AttributeError) as error:
            raise BundleError(
                f"{self.path}, which remembers the bundles so far, cannot be read: {error}",
                remedy="restore it, or remove it if you know that the bundle is newer than the last one",
            ) from error
