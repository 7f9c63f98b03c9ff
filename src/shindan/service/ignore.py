"""One decision to ignore a flaw."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Literal

Status = Literal["accepted", "not_affected", "fixed"]
"""What the decision claims; see `model.result.IgnoredAs`."""


@dataclass(frozen=True, slots=True)
class Meant:
    """The parts of a purl that name a package as a host has it; an empty version or architecture means any."""

    type: str
    name: str
    version: str
    arch: str


@dataclass(frozen=True, slots=True)
class Ignore:
    """`ids` in upper case (none: every flaw), `package` a glob (empty: every package) or `purl`, and why.

    `expires` is the last day on which it holds; None for ever. `where` is file and line, for people.
    """

    ids: frozenset[str]
    reason: str
    where: str
    package: str = ""
    purl: Meant | None = None
    owner: str = ""
    expires: datetime.date | None = None
    status: Status = "accepted"

    def has_expired(self, today: datetime.date) -> bool:
        """Whether its last day is over."""
        return self.expires is not None and today > self.expires

    @property
    def about(self) -> str:
        """What it is about, for people."""
        what = ", ".join(sorted(self.ids)) or "every flaw"
        package = self.package or (self.purl.name if self.purl else "")
        return what + (f" in {package}" if package else "") + (f" ({self.owner})" if self.owner else "")
