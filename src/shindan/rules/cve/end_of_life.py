"""When a release stops receiving security updates; past that day its silence means nothing.

The dates stand in `end_of_life.csv`: Debian's and Ubuntu's as in Debian's distro-info-data, the others' as in
https://endoflife.date, which names each vendor's own page. A release that its publisher has set no end for has no row,
nor has a rolling one.
"""

from __future__ import annotations

import csv
import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

AS_OF = datetime.date(2026, 8, 22)
"""The day as of which every date in the table was read; vendors move them."""


@dataclass(frozen=True, slots=True)
class Support:
    """The last day of a release's standard security support, and of what follows it ("" when nothing does).

    `free` is the last day of updates that every host receives. `extended` names a paid or opt-in service that goes on
    after it, until `extended_until`; a host with `entitlement` has it.
    """

    name: str
    standard: datetime.date
    free: datetime.date
    extended: str = ""
    entitlement: str = ""
    extended_until: datetime.date | None = None

    def ended(self, today: datetime.date, entitlements: frozenset[str] = frozenset()) -> datetime.date | None:
        """The day on which updates for this host ended, or None while they still come."""
        last = self.free
        if self.entitlement in entitlements and self.extended_until:
            last = self.extended_until
        return last if today > last else None


def read(lines: Iterable[str]) -> dict[str, Support]:
    """The table, by platform. Raises ValueError for a row that is none, and for two rows of one platform."""
    table: dict[str, Support] = {}
    for row in csv.DictReader(lines, strict=True):
        if row["platform"] in table:
            raise ValueError(f"{row['platform']} has two rows")
        until = row["extended_until"]
        table[row["platform"]] = Support(
            row["name"], _day(row["standard"]), _day(row["free"]), row["extended"], row["entitlement"],
            _day(until) if until else None,
        )  # fmt: skip
    return table


def _day(text: str) -> datetime.date:
    return datetime.date.fromisoformat(text)


SUPPORT: dict[str, Support] = read(Path(__file__).with_name("end_of_life.csv").read_text("utf-8").splitlines())
"""Keyed by platform; a platform without a row is not known to have ended."""
