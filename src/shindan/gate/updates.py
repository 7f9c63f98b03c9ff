"""Which version of the agent the server hands out, for agents to bring themselves up to."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field

_NUMBERS = re.compile(r"[0-9]+")
_LOOKED_UP_EACH = 60.0


@dataclass(slots=True)
class Updates:
    """`manifest` gives the text of the release's manifest (`version=…` is a line of it), None where there is none."""

    manifest: Callable[[], bytes | None]
    _version: str = ""
    _at: float = field(default=float("-inf"))

    def for_agent(self, version: str) -> dict[str, str] | None:
        """The newer version that there is for an agent; None where there is none, or none is handed out."""
        now = time.monotonic()
        if now - self._at > _LOOKED_UP_EACH:
            self._version, self._at = self._look(), now
        return {"version": self._version} if self._version and _key(self._version) > _key(version) else None

    def _look(self) -> str:
        try:
            text = (self.manifest() or b"").decode("utf-8", "replace")
        except OSError:
            return ""
        found = [line.partition("=")[2] for line in text.split("\n") if line.startswith("version=")]
        return found[0].strip()[:64] if found else ""


def _key(version: str) -> tuple[int, ...]:
    return tuple(int(number[:9]) for number in _NUMBERS.findall(version)[:8])
