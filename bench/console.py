"""The console's pages at size: 1,000,000 findings over all runs, 10,000 hosts; every verb behind a page, timed.

    .venv/bin/python bench/console.py [sqlite|postgresql …]

Hosts are of eight platforms, each with 100 issues of the 2,500 that its platform knows, as packages bring them: of
60 packages with some forty flaws each. Every tenth issue is fixed, some are suppressed. Times are of one thread with
nothing else to do, in CPU time of this process and of its database's, the least of some; no HTTP and no HTML. All must
be below 100 ms.
"""

from __future__ import annotations

import functools
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from sqlalchemy import insert, text

from service_world import ACCOUNT, World, facts, world
from shindan.engine.clock import milliseconds
from shindan.model.issue_query import Facet, IssueQuery
from shindan.service import (
    bulk_suppression,
    feed_pages,
    host_detail,
    host_pages,
    issue_detail,
    issue_search,
    overview,
    rule_pages,
    usage,
)
from shindan.store import judged, rules, tally
from shindan.store.judged import Said
from shindan.store.rules import Rule
from shindan.store.tables import host, host_tag, issue
from stores import databases

HOSTS, EACH = 10_000, 100
PLATFORMS = ("debian:12", "debian:13", "ubuntu:22.04", "ubuntu:24.04", "rhel:9", "amzn:2023", "sles:15", "alpine:3.20")
COMPONENTS, FLAWS = 60, 40
DAY = 86_400_000
REPEATS, BAR = 7, 100.0


def furnish(made: World) -> list[str]:
    """A fleet with its findings; the ids of its hosts."""
    dice = random.Random(11)
    now = milliseconds()
    ids = [f"i-{number:017x}" for number in range(HOSTS)]
    digest = made.service.blobs.put(facts({f"package-{n}": "1.0-1" for n in range(800)}))
    with made.database.write() as connection:
        for start in range(0, HOSTS, 1000):
            part = range(start, start + 1000)
            connection.execute(insert(host), [_host(ids[number], number, digest, now) for number in part])
            connection.execute(insert(host_tag), [row for number in part for row in _tags(ids[number], number)])
    for platform in range(len(PLATFORMS)):
        known = _rules(made, platform)
        flaws = [(rule, number, dice.choices(range(4), (15, 45, 30, 10))[0]) for rule, number in known.items()]
        bundles = [flaws[at : at + FLAWS] for at in range(0, len(flaws), FLAWS)]
        mine = ids[platform :: len(PLATFORMS)]
        for start in range(0, len(mine), 250):
            rows = [row for id_ in mine[start : start + 250] for row in _issues(id_, bundles, dice, now)]
            with made.database.write() as connection:
                connection.execute(insert(issue), rows)
    with made.database.write() as connection:
        tally.recount(connection, ACCOUNT, now)
        codes = ((), (("NOT_JUDGED", "3 packages (foreign)"),), (("NOT_OBSERVED", "shadow: not permitted"),))
        for start in range(0, HOSTS - 200, 1000):
            said = [
                Said(ACCOUNT, id_, package, "", digest, 100, codes[dice.choices(range(3), (80, 15, 5))[0]], now)
                for id_ in ids[start : min(start + 1000, HOSTS - 200)]
                for package in (0, 1, 2)
            ]
            judged.note(connection, said)
    with made.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE" if made.database.is_sqlite else "VACUUM ANALYZE"))
    return ids


def _host(id_: str, number: int, digest: str, now: int) -> dict[str, Any]:
    return {
        "id": id_, "account": ACCOUNT, "hostname": f"{('web', 'db', 'app')[number % 3]}-{number:05}.example",
        "platform": PLATFORMS[number % len(PLATFORMS)], "system": "Linux", "kernel": "6.1", "arch": "amd64",
        "addresses": [f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"], "network": [],
        "health": "UNHEALTHY" if number % 50 == 0 else "HEALTHY", "health_code": "IDLE", "health_details": "",
        "last_seen": now - number * 1000, "facts": digest, "facts_at": now, "identity": id_, "archived": False,
        "created_at": now - 90 * DAY,
    }  # fmt: skip


def _tags(id_: str, number: int) -> list[dict[str, str]]:
    pairs = {
        "stage": ("prod", "test")[number * 7919 % 100 < 25],
        "team": f"team-{number % 40}",
        "site": f"site-{number % 7}",
    }
    return [{"host": id_, "key": key, "value": value} for key, value in pairs.items()]


def _rules(made: World, platform: int) -> dict[Rule, int]:
    texts = []
    for component in range(COMPONENTS):
        for flaw in range(FLAWS):
            # Half of the CVEs are the same on every platform, in other words.
            id_ = f"CVE-2026-{component * 100 + flaw + (0 if flaw % 2 else 10_000 * (platform + 1)):05}"
            name = f"package-{component}"
            fixed = f"1.{component}-{flaw % 3 + 2}" if flaw % 5 else ""
            kev = f"2026-{1 + flaw % 12:02}-15" if flaw == 7 and component % 3 == 0 else ""
            texts.append(
                Rule("cve", id_, f"Instance {{agent}} is vulnerable to {id_}", "A flaw. " * 60,
                     f"Bring {name} to {fixed}.", (("CVE_ID", id_),), name, fixed, "deb", kev)
            )  # fmt: skip
    for number in range(100):
        title = f"Rule {number} of the benchmark holds"
        texts.append(Rule("cis", title, f"Instance {{agent}}: {title}", "Why. " * 30, "Do it.", (("LEVEL", "1"),)))
    with made.database.write() as connection:
        return rules.numbers(connection, texts)


def _issues(id_: str, bundles: list[list[Any]], dice: random.Random, now: int) -> Iterator[dict[str, Any]]:
    """Two packages with all of their flaws, and some of others."""
    cve, cis = bundles[:COMPONENTS], [flaw for bundle in bundles[COMPONENTS:] for flaw in bundle]
    whole = dice.sample(range(COMPONENTS), 2)
    chosen = [flaw for at in whole for flaw in cve[at]]
    chosen += dice.sample(cis, EACH - len(chosen))
    for rule, number, severity in chosen:
        first = now - dice.choice((0, 1, 3, 8, 20, 45, 80)) * DAY - dice.randrange(DAY)
        status = dice.choices(("open", "fixed", "suppressed"), (86, 12, 2))[0]
        yield {
            "account": ACCOUNT, "host": id_, "package": 0 if rule.package == "cve" else 1, "rule": number,
            "rule_id": rule.id, "subject": "", "component": rule.component, "installed": "1.0-1", "severity": severity,
            "status": status, "first_observed": first, "last_observed": now,
            "fixed_at": now if status == "fixed" else None, "suppression": None,
        }  # fmt: skip


QUERIES: dict[str, IssueQuery] = {
    "open": IssueQuery(),
    "all statuses": IssueQuery(statuses=()),
    "High": IssueQuery(severities=("High",)),
    "Low and fixed": IssueQuery(statuses=("fixed",), severities=("Low",)),
    "platform": IssueQuery(platforms=("alpine:3.20",)),
    "host": IssueQuery(hosts=("i-0000000000000002a",)),
    "tag of most": IssueQuery(tags=(("stage", "prod"),)),
    "tag of few": IssueQuery(tags=(("team", "team-7"),)),
    "rule on all platforms": IssueQuery(rules=("CVE-2026-00101",)),
    "component": IssueQuery(components=("package-7",)),
    "KEV": IssueQuery(kev=True),
    "fix available": IssueQuery(fixable=True),
    "no fix": IssueQuery(fixable=False),
    "KEV + tag of few": IssueQuery(kev=True, tags=(("team", "team-7"),)),
    "fix + tag of most + Medium": IssueQuery(fixable=True, tags=(("stage", "prod"),), severities=("Medium",)),
    "component + tag of most": IssueQuery(components=("package-7",), tags=(("stage", "prod"),)),
    "text: a CVE": IssueQuery(text="cve-2026-00101"),
    "text: a package": IssueQuery(text="package-12"),
    "text: hosts": IssueQuery(text="web-00012"),
    "text: a package on hosts": IssueQuery(text="package-12 web"),
    "text: nothing": IssueQuery(text="nowhere"),
    "first seen today": IssueQuery(since=milliseconds() - DAY),
    "first seen today + KEV": IssueQuery(since=milliseconds() - DAY, kev=True),
    "package cis": IssueQuery(packages=("cis",)),
}


SERVERS: list[int] = []
"""Processes of PostgreSQL that serve this one."""


def spent_until_now() -> float:
    """CPU seconds of this process and of the servers: what others do on the machine is not in it."""
    served = sum(int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) for pid in SERVERS)
    return time.process_time() + served / 1e9


def find_servers(made: World) -> None:
    """Notes the servers of this process's connections."""
    SERVERS.clear()
    if not made.database.is_sqlite:
        with made.database.read() as connection:
            mine = "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
            SERVERS.extend(connection.execute(text(mine)).scalars())


MANY: tuple[Facet, ...] = ("rule", "component", "host", "tag", "since")


def searched(made: World) -> None:
    """Prints lists, facets and groups for every query."""
    service, caller = made.service, made.caller
    names = ("first", "deep", "back", "groups", "few", "rule", "component", "host", "tag", "since")
    print(f"  {'findings by':28}" + "".join(f"{name:>9}" for name in names) + "   ms")
    for name, query in QUERIES.items():
        first, page = timed(functools.partial(issue_search.list_, service, caller, query))
        deep = page
        for _ in range(6):
            if deep.next is None:
                break
            deep = issue_search.list_(service, caller, query, token=deep.next, max_results=500)
        far, last = timed(functools.partial(issue_search.list_, service, caller, query, token=deep.next))
        back, _ = timed(functools.partial(issue_search.list_, service, caller, query, token=last.previous))
        few, found = timed(functools.partial(issue_search.facets, service, caller, query))
        rest = [timed(functools.partial(issue_search.facets, service, caller, query, of=(facet,)))[0] for facet in MANY]
        group, _ = timed(functools.partial(issue_search.grouped, service, caller, query))
        said = f"{found.total.number:,}{'+' if found.total.more else ''}"
        line(f"{name}", [first, far, back, group, few, *rest], said)
    for sort in ("newest", "oldest", "host"):
        spent = [
            timed(functools.partial(issue_search.list_, service, caller, query, sort=sort))[0]
            for query in QUERIES.values()
        ]
        line(f"sorted: {sort}, the slowest", [max(spent)], list(QUERIES)[spent.index(max(spent))])


def looked_at(made: World, ids: list[str]) -> None:
    """Prints every other verb behind a page."""
    service, caller = made.service, made.caller
    some = ids[4242]
    row = issue_search.list_(service, caller, IssueQuery()).rows[7]
    tags = (("stage", "prod"), ("team", "team-7"))
    verbs: dict[str, Callable[[], Any]] = {
        "overview": lambda: overview.show(service, caller),
        "one finding": lambda: issue_detail.show(service, caller, row.number),
        "hosts that have it": lambda: issue_detail.hosts(service, caller, row),
        "hosts by name": lambda: host_pages.list_(service, caller),
        "hosts by findings": lambda: host_pages.list_(service, caller, sort="findings"),
        "hosts by text": lambda: host_pages.list_(service, caller, text="0042", sort="findings"),
        "hosts by tags": lambda: host_pages.list_(service, caller, tags=tags, sort="seen"),
        "one host": lambda: host_detail.show(service, caller, some),
        "its packages": lambda: host_detail.packages(service, caller, some),
        "its facts": lambda: host_detail.facts(service, caller, some, "package"),
        "its exposure": lambda: host_detail.exposure(service, caller, some),
        "hosts of tags": lambda: host_pages.preview(service, caller, tags),
        "every host": lambda: host_pages.preview(service, caller, None),
        "feeds": lambda: feed_pages.list_(service, caller),
        "rules": lambda: rule_pages.list_(service, caller, text="ssh"),
        "usage": lambda: usage.months(service, caller),
    }
    for name, verb in verbs.items():
        line(name, [timed(verb)[0]])
    begun = time.perf_counter()
    query = IssueQuery(components=("package-7",), severities=("High",))
    done = bulk_suppression.suppress(service, caller, "a bench", query=query)
    print(f"  {done.marked:,} findings suppressed in {time.perf_counter() - begun:.1f} s")


def line(name: str, spent: list[float], said: str = "") -> None:
    """Prints one row."""
    flag = "  <-- slow" if max(spent) >= BAR else ""
    print(f"  {name:28}" + "".join(f"{one:9.1f}" for one in spent) + f"   {said}{flag}", flush=True)


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """(the least disturbed ms of some, the last result)."""
    spent = []
    for _ in range(REPEATS):
        begun = spent_until_now()
        result = work()
        spent.append((spent_until_now() - begun) * 1000)
    return min(spent), result


def main(backends: list[str]) -> None:
    """Fills a database of each kind, then reads it."""
    for backend in backends or ["sqlite", "postgresql"]:
        with tempfile.TemporaryDirectory(prefix="shindan-bench-") as folder:
            for database in databases(backend, Path(folder)):
                made = world(database, Path(folder))
                begun = time.perf_counter()
                ids = furnish(made)
                find_servers(made)
                print(f"{backend}: {HOSTS * EACH:,} findings on {HOSTS:,} hosts in {time.perf_counter() - begun:.0f} s")
                searched(made)
                looked_at(made, ids)


if __name__ == "__main__":
    main(sys.argv[1:])
