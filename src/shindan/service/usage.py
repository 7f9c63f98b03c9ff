"""What an account used, month by month, and what Inspector Classic would have charged for it (section 12)."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from decimal import Decimal

from shindan.engine.recording import HOST_METER, REACHABILITY_METER
from shindan.model.catalogue_views import MeterLine, UsageMonth
from shindan.service.caller import Caller
from shindan.service.rights import must
from shindan.service.service import Service
from shindan.store import usage as stored

_TIERS = (250, 750, 4_000, 45_000, None)
_PRICES = {
    HOST_METER: ("0.30", "0.25", "0.15", "0.10", "0.05"),
    REACHABILITY_METER: ("0.15", "0.13", "0.10", "0.07", "0.04"),
}
"""US dollars for one assessed host, by tier of the month."""


@dataclass(frozen=True, slots=True)
class Tier:
    """One tier of a month: units that fell into it, the price of one, and both together, in US dollars."""

    units: int
    price: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Metered:
    """One meter (`host`, `reachability`) in one month (`2026-11`)."""

    month: str
    meter: str
    units: int
    tiers: tuple[Tier, ...]

    @property
    def amount(self) -> Decimal:
        """What it would have cost, in US dollars."""
        return sum((tier.amount for tier in self.tiers), Decimal(0))


def of_account(service: Service, caller: Caller) -> list[Metered]:
    """What the account used, oldest month first. Hosts that were excluded do not count."""
    with service.database.read() as connection:
        rows = stored.of_account(connection, caller.account)
    return [Metered(month, meter, units, tiers(meter, units)) for month, meter, units in rows]


def months(service: Service, caller: Caller) -> list[UsageMonth]:
    """The same month by month, the newest first, as a page shows it. Needs `GetUsage`. Raises AccessDenied."""
    must(caller, "GetUsage")
    by_month: dict[str, list[Metered]] = {}
    for one in of_account(service, caller):
        by_month.setdefault(one.month, []).append(one)
    return [
        UsageMonth(
            month,
            tuple(
                MeterLine(one.meter, one.units, one.amount, tuple(astuple(tier) for tier in one.tiers))
                for one in meters
            ),
            sum((one.amount for one in meters), Decimal(0)),
        )
        for month, meters in sorted(by_month.items(), reverse=True)
    ]


def tiers(meter: str, units: int) -> tuple[Tier, ...]:
    """How a month's units fall into the tiers; those that are reached."""
    found, left = [], units
    for width, text in zip(_TIERS, _PRICES[meter], strict=True):
        part = left if width is None else min(left, width)
        if part <= 0:
            break
        price = Decimal(text)
        found.append(Tier(part, price, part * price))
        left -= part
    return tuple(found)
