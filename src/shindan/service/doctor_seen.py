"""What the doctor looks at, and what it says of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from shindan.store.database import Database

Verdict = Literal["well", "note", "wrong"]


@dataclass(frozen=True, slots=True)
class Seen:
    """One thing that was looked at. A `note` is worth knowing, and nothing that must be mended now."""

    what: str
    verdict: Verdict
    text: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Patient:
    """What is looked over; `tls` are certificate and key, `listen` host and port.

    `own_rules` is the folder of users' own rules; None: `rules` in the data folder.
    """

    database: Database
    data: Path
    listen: tuple[str, int]
    tls: tuple[Path, Path] | None
    max_feed_age: float
    own_rules: Path | None = None
