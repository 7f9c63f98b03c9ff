"""A small fleet with findings over all runs, for tests of what the console shows; and a count of what is really there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from sqlalchemy import func, select

from service_world import ACCOUNT, World
from shindan.model.host import Host
from shindan.model.stored_finding import PACKAGE_NUMBERS
from shindan.store import issues, issues_seen, rules, tally
from shindan.store.issues_seen import Observed
from shindan.store.rules import Rule
from shindan.store.tables import host, host_tally, issue, issue_sum, issue_tally, rule

HIGH, MEDIUM, LOW = 0, 1, 2
OPENSSL = Rule(
    "cve", "CVE-2026-0001", "Instance {agent} is vulnerable to CVE-2026-0001", "Bad. {subject} is affected.",
    "Bring openssl to 3.0.17.", (("CVE_ID", "CVE-2026-0001"),), "openssl", "3.0.17-1~deb12u3", "deb", "2026-10-01",
)  # fmt: skip
OPENSSL_TOO = Rule(
    "cve", "CVE-2026-0002", "Instance {agent} is vulnerable to CVE-2026-0002", "Worse. {subject} is affected.",
    "Bring openssl to 3.0.18.", (("CVE_ID", "CVE-2026-0002"),), "openssl", "3.0.18-1~deb12u1", "deb",
)  # fmt: skip
CURL = Rule(
    "cve", "CVE-2026-0003", "Instance {agent} is vulnerable to CVE-2026-0003", "Minor. {subject} is affected.",
    "Remove curl.", (("CVE_ID", "CVE-2026-0003"),), "curl", "", "deb",
)  # fmt: skip
SETTING = Rule("cis", "Cron is there", "Instance {agent}: Cron is there", "Why.\n\nObserved: {subject}.", "Mend it.")
SEVERITY = {OPENSSL: HIGH, OPENSSL_TOO: MEDIUM, CURL: LOW, SETTING: LOW}
ALL = tuple(SEVERITY)


def see(
    world: World,
    hosts: Sequence[Host],
    found: Sequence[Rule],
    at: int,
    *,
    package: str = "cve",
    severity: int | None = None,
    observed: str = "absent",
) -> None:
    """What a package finds on hosts at a moment, and nothing else any more; `observed` is the evidence of settings."""
    name, number = package, PACKAGE_NUMBERS[package]  # type: ignore[index]
    mine = [one for one in found if one.package == package]
    with world.database.write() as connection:
        known = rules.numbers(connection, mine)
        seen = sorted(
            Observed(
                one.account, one.id, number, known[flaw], flaw.id, "", flaw.component, "1.0-1" if flaw.component else observed,
                SEVERITY[flaw] if severity is None else severity,
            )
            for one in hosts
            for flaw in mine
        )  # fmt: skip
        moves = issues_seen.observe(connection, seen, at)
        moves += issues.fix(connection, [one.id for one in hosts], name, at, at)  # type: ignore[arg-type]
        tally.apply(connection, moves, at)


def furnished(world: World, at: int = 1_000) -> tuple[Host, Host, Host]:
    """Two hosts with a tag, one without; the first has every flaw, the second what openssl has, the third curl's."""
    web = world.host("web-1", tags={"stage": "prod"})
    api = world.host("api-1", tags={"stage": "prod", "team": "a"})
    old = world.host("old-1")
    see(world, [web], ALL, at)
    see(world, [api], [OPENSSL, OPENSSL_TOO], at)
    see(world, [old], [CURL], at)
    see(world, [web], [SETTING], at, package="cis")
    return web, api, old


def really(world: World) -> tuple[Counter[object], Counter[object], Counter[object]]:
    """What the tallies by rule, by likeness and by host should be, counted issue by issue."""
    by_rule: Counter[object] = Counter()
    alike: Counter[object] = Counter()
    by_host: Counter[object] = Counter()
    columns = (issue, host.c.platform, rule.c.kev, rule.c.fixed)
    statement = (
        select(*columns).join_from(issue, rule, rule.c.number == issue.c.rule).join(host, host.c.id == issue.c.host)
    )
    with world.database.read() as connection:
        for row in connection.execute(statement.where(~host.c.archived)):
            by_rule[row.account, row.status, row.rule, row.severity, row.platform] += 1
            kind = (row.account, row.status, row.severity, row.package, row.platform, bool(row.kev), bool(row.fixed))
            alike[kind] += 1
            by_host[row.account, row.host, row.status, row.package, row.severity] += 1
    return by_rule, alike, by_host


def kept(world: World) -> tuple[Counter[object], Counter[object], Counter[object]]:
    """The same as the tallies have it."""
    by_rule: Counter[object] = Counter()
    alike: Counter[object] = Counter()
    by_host: Counter[object] = Counter()
    with world.database.read() as connection:
        for row in connection.execute(select(issue_tally)):
            by_rule[row.account, row.status, row.rule, row.severity, row.platform] += row.number
        for row in connection.execute(select(issue_sum)):
            kind = (row.account, row.status, row.severity, row.package, row.platform, row.exploited, row.fixable)
            alike[kind] += row.number
        for row in connection.execute(select(host_tally)):
            for place in range(5):
                if number := getattr(row, f"s{place}"):
                    by_host[row.account, row.host, row.status, row.package, place] += number
    return by_rule, alike, by_host


def open_now(world: World, account: str = ACCOUNT) -> int:
    """How many issues are open on hosts that are not archived."""
    statement = select(func.count()).select_from(issue.join(host, host.c.id == issue.c.host))
    mine = (issue.c.account == account, issue.c.status == "open", ~host.c.archived)
    with world.database.read() as connection:
        return connection.execute(statement.where(*mine)).scalar_one()
