"""Hosts as pages show them. Moments are ms since the epoch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple, get_args

from shindan.model.agent import Agent
from shindan.model.exclusion import Exclusion
from shindan.model.host import Host
from shindan.model.issue_query import IssueRow
from shindan.model.overview import Severities
from shindan.model.packages import PackageName
from shindan.model.stored_finding import ShownSeverity

HostSort = Literal["name", "findings", "seen"]
"""`name`: by hostname; `findings`: whose are worst first; `seen`: who was heard from last first."""

HOST_SORTS: tuple[HostSort, ...] = get_args(HostSort)


class HostRow(NamedTuple):
    """A host in a list, with its open findings by severity and how many are suppressed."""

    host: Host
    open: Severities
    suppressed: int


class HostPage(NamedTuple):
    """A page of hosts: how many pass in all, tokens of the pages around it, and how many would pass by health and by
    platform (each without its own condition).
    """

    rows: tuple[HostRow, ...]
    total: int
    next: str | None
    previous: str | None
    by_health: dict[str, int]
    by_platform: dict[str, int]


class PackageSaid(NamedTuple):
    """What a rules package said last of a host: when, in which run (its ARN; "" between runs), of its newest facts or
    not, how many flaws, and what it left out.
    """

    package: PackageName
    at: int
    run: str
    newest: bool
    flaws: int
    exclusions: tuple[Exclusion, ...]


class RunOfHost(NamedTuple):
    """A run that the host took part in: ARN, name, state, when it began, whether the host delivered and was judged;
    `telemetry` are (message type, count, bytes).
    """

    arn: str
    name: str
    state: str
    created_at: int
    delivered_at: int | None
    evaluated: bool
    telemetry: tuple[tuple[str, int, int], ...]


class HostDetail(NamedTuple):
    """One host in full. `kinds` are how many facts there are of each kind (facts come by `facts`), {} where there are
    none or where they cannot be read: then `unreadable` says why. `cost` is what its agent said of its own cost with
    its last poll. `exclusions` are those of the last run that it took part in, whatever they are about.
    """

    host: Host
    open: Severities
    suppressed: int
    fixed: int
    agent: Agent | None
    cost: Mapping[str, Any]
    said: tuple[PackageSaid, ...]
    runs: tuple[RunOfHost, ...]
    exclusions: tuple[Exclusion, ...]
    kinds: dict[str, int]
    unreadable: str = ""


class FactRow(NamedTuple):
    """One fact: its subject and fields."""

    subject: str
    data: Mapping[str, Any]


class FactPage(NamedTuple):
    """A page of facts of one kind, in the order collected; `total` is how many there are."""

    rows: tuple[FactRow, ...]
    total: int
    next: str | None


class PackageRow(NamedTuple):
    """An installed package with its open findings: how many, the worst (None without any), and what mends them."""

    name: str
    version: str
    type: str
    arch: str
    source: str
    findings: int
    worst: ShownSeverity | None
    fixed: tuple[str, ...]
    kev: bool


class PackagePage(NamedTuple):
    """A page of a host's packages, those with findings first; `total` is how many pass the search."""

    rows: tuple[PackageRow, ...]
    total: int
    next: str | None


class Exposure(NamedTuple):
    """What of a host can be reached: sockets that programs listen on, as collected, and findings about reachability."""

    listeners: tuple[FactRow, ...]
    findings: tuple[IssueRow, ...]
    unreadable: str = ""


class TargetPreview(NamedTuple):
    """Which hosts a set of tags would select: how many, and the first of them by id."""

    total: int
    hosts: tuple[Host, ...]
