"""One folder for each feed: what was downloaded, and what is known of the last time."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
from pathlib import Path

from shindan.model.errors import StoreError


@dataclasses.dataclass(frozen=True, slots=True)
class State:
    """The last successful fetch (`fingerprint`, `checked`), the last failure, and by which parser it was loaded.

    `asked` is a digest of the needs that were asked for then; "" where it was not noted. `failures` counts those since
    the last success, and `error` says why the last of them failed.
    """

    fingerprint: str = ""
    checked: str = ""
    failed: str = ""
    parser_version: int = 0
    asked: str = ""
    failures: int = 0
    error: str = ""

    def replace(self, **changes: str | int) -> State:
        """The same with some fields changed."""
        return dataclasses.replace(self, **changes)  # type: ignore[arg-type]


class Workspace:
    """The folder of one feed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.input = folder / "input"

    def load(self) -> State:
        """The state; a missing or torn one is as if nothing had ever been fetched."""
        try:
            said = json.loads((self._folder / "state.json").read_text(encoding="utf-8"))
            return State(
                str(said["fingerprint"]),
                str(said["checked"]),
                str(said["failed"]),
                int(said["parser_version"]),
                str(said.get("asked", "")),
                int(said.get("failures", 0)),
                str(said.get("error", "")),
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return State()

    def save(self, state: State) -> None:
        """Keeps the state, whole or not at all. Raises StoreError."""
        beside = self._folder / f".state.{os.getpid()}"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            beside.write_text(json.dumps(dataclasses.asdict(state)), encoding="utf-8")
            beside.replace(self._folder / "state.json")
        except OSError as error:
            with contextlib.suppress(OSError):
                beside.unlink(missing_ok=True)
            raise StoreError(f"cannot write {self._folder}: {error.strerror or error}") from error
