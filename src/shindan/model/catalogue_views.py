"""Feeds, rules and usage as pages show them."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from shindan.model.packages import PackageName
from shindan.model.severity import Severity


class FeedState(NamedTuple):
    """One feed: what it is, and how it stands.

    `days` is how old its newest record is (None: unknown, or nothing in force), `stale` whether that is too old.
    `advisories` and `enrichments` are those in force, for these `platforms`; `notes` its limits in its own words.
    `checked`, `failed` and `next_try` are ISO 8601 moments, "" for never, for no failure since, and for at once;
    `error` is why the last try failed. `in_force` is False for a feed that nobody has loaded.
    """

    name: str
    feed: str
    title: str
    url: str
    knows: str
    in_force: bool
    generation: str
    days: float | None
    stale: bool
    advisories: int
    enrichments: int
    platforms: tuple[str, ...]
    notes: tuple[str, ...]
    checked: str
    failed: str
    error: str
    next_try: str


class BenchmarkNumber(NamedTuple):
    """Where a benchmark numbers a rule: its id and title, the number, the level (1 or 2)."""

    benchmark: str
    title: str
    number: str
    level: int


class RuleView(NamedTuple):
    """One rule of a package over hosts: what should hold, why, what to do, and who asks for it.

    `shell` and `ansible` mend it, "" where nobody wrote that down; `params` are (name, default) of what can be
    tailored. `own`: whether it comes from a folder of the users'.
    """

    id: str
    package: PackageName
    title: str
    severity: Severity
    why: str
    remedy: str
    maturity: str
    shell: str
    ansible: str
    references: tuple[str, ...]
    params: tuple[tuple[str, str], ...]
    benchmarks: tuple[BenchmarkNumber, ...]
    own: bool = False


class RulePage(NamedTuple):
    """A page of rules, by package and id; `total` is how many pass the search, the rest how many would by package, by
    severity and by benchmark.
    """

    rows: tuple[RuleView, ...]
    total: int
    next: str | None
    by_package: dict[str, int]
    by_severity: dict[str, int]
    by_benchmark: dict[str, int]


class MeterLine(NamedTuple):
    """One meter in one month: assessed hosts (`host`), or hosts looked at for reachability (`reachability`); what
    Inspector Classic would have charged, in US dollars, and by tier (units, price of one, amount).
    """

    meter: str
    units: int
    amount: Decimal
    tiers: tuple[tuple[int, Decimal, Decimal], ...]


class UsageMonth(NamedTuple):
    """One month (`2026-11`) with its meters, and all of it together in US dollars."""

    month: str
    meters: tuple[MeterLine, ...]
    amount: Decimal
