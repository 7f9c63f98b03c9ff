"""When a release stops receiving security updates; past that day its silence means nothing.

Dates are the distributions' own, as in Debian's distro-info-data (2026-10): the end of free updates that every
host receives. `extended` names a paid or opt-in service that goes on after it.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Support:
    """The last day of a release's standard security support, and of what follows it ("" when nothing does)."""

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


def _day(text: str) -> datetime.date:
    return datetime.date.fromisoformat(text)


def _debian(name: str, standard: str, lts: str) -> Support:
    return Support(name, _day(standard), _day(lts), "Freexian ELTS (paid)")


def _ubuntu(name: str, standard: str, pro: str = "") -> Support:
    extended = "Ubuntu Pro (esm-infra)" if pro else ""
    return Support(name, _day(standard), _day(standard), extended, "esm-infra", _day(pro) if pro else None)


SUPPORT: dict[str, Support] = {
    "debian:8": _debian("Debian 8 (jessie)", "2018-06-17", "2020-06-30"),
    "debian:9": _debian("Debian 9 (stretch)", "2020-07-18", "2022-06-30"),
    "debian:10": _debian("Debian 10 (buster)", "2022-09-10", "2024-06-30"),
    "debian:11": _debian("Debian 11 (bullseye)", "2024-08-14", "2026-08-31"),
    "debian:12": _debian("Debian 12 (bookworm)", "2026-07-11", "2028-06-30"),
    "debian:13": _debian("Debian 13 (trixie)", "2028-08-09", "2030-06-30"),
    "ubuntu:14.04": _ubuntu("Ubuntu 14.04 LTS", "2019-04-25", "2024-04-25"),
    "ubuntu:16.04": _ubuntu("Ubuntu 16.04 LTS", "2021-04-30", "2026-04-23"),
    "ubuntu:18.04": _ubuntu("Ubuntu 18.04 LTS", "2023-05-31", "2028-04-26"),
    "ubuntu:18.10": _ubuntu("Ubuntu 18.10", "2019-07-18"),
    "ubuntu:19.04": _ubuntu("Ubuntu 19.04", "2020-01-23"),
    "ubuntu:19.10": _ubuntu("Ubuntu 19.10", "2020-07-17"),
    "ubuntu:20.04": _ubuntu("Ubuntu 20.04 LTS", "2025-05-29", "2030-04-23"),
    "ubuntu:20.10": _ubuntu("Ubuntu 20.10", "2021-07-22"),
    "ubuntu:21.04": _ubuntu("Ubuntu 21.04", "2022-01-20"),
    "ubuntu:21.10": _ubuntu("Ubuntu 21.10", "2022-07-14"),
    "ubuntu:22.04": _ubuntu("Ubuntu 22.04 LTS", "2027-06-01", "2032-04-21"),
    "ubuntu:22.10": _ubuntu("Ubuntu 22.10", "2023-07-20"),
    "ubuntu:23.04": _ubuntu("Ubuntu 23.04", "2024-01-25"),
    "ubuntu:23.10": _ubuntu("Ubuntu 23.10", "2024-07-11"),
    "ubuntu:24.04": _ubuntu("Ubuntu 24.04 LTS", "2029-05-31", "2034-04-25"),
    "ubuntu:24.10": _ubuntu("Ubuntu 24.10", "2025-07-10"),
    "ubuntu:25.04": _ubuntu("Ubuntu 25.04", "2026-01-15"),
    "ubuntu:25.10": _ubuntu("Ubuntu 25.10", "2026-07-09"),
    "ubuntu:26.04": _ubuntu("Ubuntu 26.04 LTS", "2031-05-29", "2036-04-23"),
    "ubuntu:26.10": _ubuntu("Ubuntu 26.10", "2027-07-15"),
    "ubuntu:27.04": _ubuntu("Ubuntu 27.04", "2028-01-20"),
}
"""Keyed by platform; a platform without a row is not known to have ended."""
