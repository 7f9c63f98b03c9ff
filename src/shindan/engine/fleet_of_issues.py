"""What is open now on an account's hosts, or on those of one target, as a fleet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from sqlalchemy import Connection

from shindan.engine.announcing import iso
from shindan.engine.clock import milliseconds
from shindan.engine.stored_results import Found, Texts, finding_of, host_of, ledger_of, tool_version
from shindan.model.arn import Arn, partition_of
from shindan.model.assessment import Pairs
from shindan.model.fleet import Fleet, FleetHost, Seen
from shindan.model.host import Host
from shindan.model.packages import PackageName, package
from shindan.model.result import ScanResult
from shindan.model.stored_finding import PACKAGE_BY_NUMBER
from shindan.store import groups, hosts, issues, judged, targets
from shindan.store.database import Database
from shindan.store.issues import Unmended

_HOSTS_AT_ONCE = 20


def fleet_of_issues(database: Database, region: str, account: str, target_id: str = "") -> Fleet | None:
    """The fleet of an account's hosts, or of a target's; None where the target is gone."""
    name, arn, tags = f"account {account}", "", None
    if target_id:
        with database.read() as connection:
            target = targets.get(connection, account, target_id)
            if target is None:
                return None
            group = groups.get(connection, account, target.group) if target.group else None
        name, arn = target.name, str(Arn(region, account, "target", (target_id,), partition_of(region)))
        tags = group.tags if group else None
    at = iso(milliseconds())

    def hosts_of() -> Iterator[FleetHost]:
        with database.read() as reading:
            yield from _hosts(reading, account, tags, at)

    return Fleet("open", name, arn, account, region, partition_of(region), at, tool_version(), hosts_of)


def _hosts(connection: Connection, account: str, tags: Pairs | None, at: str) -> Iterator[FleetHost]:
    texts, after = Texts(connection), None
    while part := hosts.selected(connection, account, tags, after=after, limit=_HOSTS_AT_ONCE):
        after = part[-1].id
        rows = issues.unmended(connection, [host.id for host in part])
        found = {id_: list(some) for id_, some in groupby(rows, key=lambda row: row.host)}
        texts.load({row.rule for some in found.values() for row in some})
        for host in part:
            yield _made(connection, host, found.get(host.id, []), texts, at)


def _made(connection: Connection, host: Host, rows: Sequence[Unmended], texts: Texts, at: str) -> FleetHost:
    known = texts.load({row.rule for row in rows})
    findings = []
    for row in rows:
        subject = f"{row.component}-{row.installed}" if row.component and row.installed else row.installed
        found = Found(host.id, row.severity, subject, (), row.reason)
        findings.append(finding_of(known[row.rule], PACKAGE_BY_NUMBER[row.package], found))
    names, gaps = _gaps(connection, host.id)
    about = host_of(host.id, host.hostname, host.platform, host.system, host.arch, host.kernel)
    result = ScanResult(tool_version(), at, about, tuple(findings), ledger_of(None, gaps), rules_packages=names)
    seen = [Seen(f"issue/{host.id}/{PACKAGE_BY_NUMBER[row.package]}/{row.number}", row.first, row.last) for row in rows]
    return FleetHost(host.id, result, seen, host.tags, host.image, host.scaling_group)


def _gaps(connection: Connection, host_id: str) -> tuple[tuple[PackageName, ...], tuple[tuple[str, str], ...]]:
    """The packages that judged a host last, and what they could not."""
    said = judged.of_host(connection, host_id)
    if not said:
        return (), (("every rules package", "this host was never judged"),)
    gaps = [
        (package(PACKAGE_BY_NUMBER[one.package]).title, f"{code}: {detail}" if detail else code)
        for one in said
        for code, detail in one.exclusions
    ]
    return tuple(PACKAGE_BY_NUMBER[one.package] for one in said), tuple(gaps)
