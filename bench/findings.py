"""Pages of findings at size: every shape of filter over 1,000,000 findings, by the verb that the API calls.

    .venv/bin/python bench/findings.py [sqlite|postgresql …]

Ten runs of 1,000 hosts with 100 findings each, of 1,000 rules in all five packages, on ten days. Times are those of one
thread with nothing else to do, first pages and pages behind the middle of the list; `empty` are filters that nothing
passes, which no page may be slow about. No HTTP and no signature: bench/server.py has those.
"""

from __future__ import annotations

import functools
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from sqlalchemy import insert, text, update

from service_world import ACCOUNT, World, world
from shindan.model.arn import Arn
from shindan.model.packages import package_arn
from shindan.model.stored_finding import PACKAGE_BY_NUMBER, id_of
from shindan.service import stored_findings
from shindan.service.stored_findings import FindingFilter
from shindan.store import finding_traits, findings, rules
from shindan.store.findings import NewFinding
from shindan.store.rules import Rule
from shindan.store.tables import run as run_table
from shindan.store.tables import run_host
from stores import databases

RUNS, HOSTS, EACH = 10, 1_000, 100
PACKAGE_SIZES = (800, 120, 20, 50, 10)
SEVERITIES = (30, 40, 20, 10)
FIRST, DAY = 1_760_000_000_000, 86_400_000
REPEATS = 21


def furnish(made: World) -> list[Arn]:
    """A million findings; the names of their runs."""
    dice = random.Random(7)
    texts = [(number, _rule(number, count)) for number, size in enumerate(PACKAGE_SIZES) for count in range(size)]
    template = Arn("us-west-2", ACCOUNT, "template", _template(made), "aws")
    names = [made.run(template, "COMPLETED") for _ in range(RUNS)]
    with made.database.write() as connection:
        known = rules.numbers(connection, [rule for _, rule in texts])
    severities = {rule: dice.choices(range(4), SEVERITIES)[0] for _, rule in texts}
    flaws = [(number, rule, severities[rule]) for number, rule in texts]
    hosts = [f"i-{number:017x}" for number in range(HOSTS)]
    has = {host: sorted(dice.sample(range(len(flaws)), EACH)) for host in hosts}
    for day, name in enumerate(names):
        at = FIRST + day * DAY
        attributes = (("team", "a"),) if day == 3 else ()
        for start in range(0, HOSTS, 100):
            part = hosts[start : start + 100]
            new = [_finding(host, *flaws[index], known) for host in part for index in has[host]]
            with made.database.write() as connection:
                findings.add(connection, ACCOUNT, name.id, new, attributes, at + start)
        _ended(made, name, at, hosts, attributes)
    _analysed(made)
    return names


def _template(made: World) -> tuple[str, ...]:
    name = made.template(made.target())
    return tuple(part for part in name.split(":")[-1].split("/") if part not in ("target", "template"))


def _rule(package: int, number: int) -> Rule:
    id_ = f"CVE-2026-{number:05}" if package == 0 else f"{PACKAGE_BY_NUMBER[package]} rule {number}"
    attributes = (("CVE_ID", id_), ("CVSS3_SCORE", f"{number % 90 / 10}")) if package == 0 else (("LEVEL", "1"),)
    return Rule(PACKAGE_BY_NUMBER[package], id_, f"{id_} on {{agent}}", "A flaw. " * 50, "Update it.", attributes)


def _finding(host: str, package: int, rule: Rule, severity: int, known: dict[Rule, int]) -> NewFinding:
    number = known[rule]
    own = (("TCP_PORT", str(20 + number % 5)),) if package == 2 else ()
    return NewFinding(host, package, number, severity, f"source-{number % 60}-1.0" if package == 0 else "", own)


def _ended(made: World, name: Arn, at: int, hosts: list[str], attributes: tuple[tuple[str, str], ...]) -> None:
    with made.database.write() as connection:
        values = {"created_at": at - 1000, "started_at": at, "completed_at": at + 60_000}
        finding_traits.note_run(connection, ACCOUNT, name.id, attributes)

        connection.execute(update(run_table).where(run_table.c.id == name.id).values(**values))
        rows: list[dict[str, Any]] = [
            {"run": name.id, "host": host, "health": "HEALTHY", "health_code": "IDLE", "telemetry": [],
             "asset": {"agent": host, "hostname": host, "scaling_group": "web" if place < 5 else "", "image": "",
                       "tags": [], "addresses": [], "network": []},
             "scaling_group": "web" if place < 5 else ""}
            for place, host in enumerate(hosts)
        ]  # fmt: skip
        connection.execute(insert(run_host), rows)


def _analysed(made: World) -> None:
    """What PostgreSQL's own housekeeping does in its own time."""
    with made.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE" if made.database.is_sqlite else "VACUUM ANALYZE"))


def shapes(names: list[Arn], some: list[str], region: str) -> dict[str, dict[str, Any]]:
    """Arguments of the verb by what they ask for; `some` are ids of hosts."""

    def only(**wanted: Any) -> dict[str, Any]:
        return {"filter": FindingFilter(**wanted)}

    packages = {name: str(package_arn(region, name)) for name in ("cve", "cis", "network", "runtime")}
    newest, cve = str(names[-1]), "CVE-2026-00007"
    high = ("High",)
    return {
        "everything": {},
        "run": {"runs": [newest]},
        "run + High": {"runs": [newest], **only(severities=high)},
        "ten runs": {"runs": [str(name) for name in names]},
        "High": only(severities=high),
        "host": only(hosts=(some[0],)),
        "50 hosts": only(hosts=tuple(some[:50])),
        "CVE rule": only(rules=(cve,)),
        "50 rules": only(rules=tuple(f"CVE-2026-{number:05}" for number in range(50))),
        "host + CVE rule + High": only(hosts=(some[0],), rules=(cve,), severities=high),
        "run + CVE rule": {"runs": [newest], **only(rules=(cve,))},
        "run + host": {"runs": [newest], **only(hosts=(some[0],))},
        "package cve": only(packages=(packages["cve"],)),
        "package runtime": only(packages=(packages["runtime"],)),
        "run + package network": {"runs": [newest], **only(packages=(packages["network"],))},
        "package cis + Low": only(packages=(packages["cis"],), severities=("Low",)),
        "attribute CVE_ID": only(attributes=(("CVE_ID", cve),)),
        "attribute package_name": only(attributes=(("package_name", "source-8-1.0"),)),
        "attribute INSTANCE_ID": only(attributes=(("INSTANCE_ID", some[0]),)),
        "attribute of many rules": only(attributes=(("LEVEL", "1"),)),
        "attribute of its own": only(attributes=(("TCP_PORT", "21"),)),
        "two attributes": only(attributes=(("INSTANCE_ID", some[0]), ("CVE_ID", cve))),
        "user attribute of a run": only(user_attributes=(("team", "a"),)),
        "user attribute of a few": only(user_attributes=(("owner", "ada"),)),
        "one day": only(created=(FIRST + 5 * DAY - 5000, FIRST + 5 * DAY + 90_000)),
        "last days + High": only(created=(FIRST + 7 * DAY - 5000, None), severities=high),
        "scaling group": only(scaling_groups=("web",)),
        "empty: package and severity": only(packages=(packages["runtime"],), severities=("Undefined",)),
        "empty: host": only(hosts=("i-0123456789abcdef0",)),
        "empty: rule": only(rules=("CVE-1999-00001",)),
        "empty: attribute": only(attributes=(("package_name", "nothing"),)),
        "empty: user attribute": only(user_attributes=(("owner", "nobody"),)),
        "empty: long ago": only(created=(None, FIRST - DAY)),
        "empty: to come": only(created=(FIRST + 400 * DAY, None)),
        "empty: host without the rule": only(hosts=(some[1],), rules=("runtime rule 1",)),
    }


def measured(made: World, names: list[Arn]) -> None:
    """Prints the median of first and deep pages of every shape."""
    some = [f"i-{number * 13 % HOSTS:017x}" for number in range(60)]
    region = made.service.region
    print(f"  {'ListFindings by':32} {'found':>8} {'first page':>11} {'deep page':>10} {'of 100':>8}   ms")
    for name, arguments in shapes(names, some, region).items():
        first, page = _timed(functools.partial(_page, made, arguments))
        deep, token = page, page.next_token
        for _ in range(12):
            if deep.next_token is None:
                break
            token = deep.next_token
            deep = stored_findings.list_(made.service, made.caller, **arguments, token=token, max_results=100)
        far, _ = _timed(functools.partial(_page, made, arguments, token))
        large, most = _timed(functools.partial(_page, made, arguments, None, 100))
        flag = " <-- slow" if max(first, far) >= 5 else ""
        print(f"  {name:32} {len(most.items):8} {first:11.2f} {far:10.2f} {large:8.2f}{flag}", flush=True)
    ten = [f"{names[number]}/finding/{id_of(number * 100_000 + 77)}" for number in range(10)]
    cost, found = _timed(lambda: stored_findings.describe(made.service, made.caller, ten))
    print(f"  DescribeFindings of {len(found.items)}: {cost:.2f} ms")


def _page(made: World, arguments: dict[str, Any], token: str | None = None, length: int = 10) -> Any:
    return stored_findings.list_(made.service, made.caller, **arguments, token=token, max_results=length)


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """(median ms, the last result)."""
    spent = []
    for _ in range(REPEATS):
        begun = time.perf_counter()
        result = work()
        spent.append((time.perf_counter() - begun) * 1000)
    return statistics.median(spent), result


def main(backends: list[str]) -> None:
    """Fills a database of each kind, then reads it."""
    for backend in backends or ["sqlite", "postgresql"]:
        with tempfile.TemporaryDirectory(prefix="shindan-bench-") as folder:
            for database in databases(backend, Path(folder)):
                made = world(database, Path(folder))
                begun = time.perf_counter()
                names = furnish(made)
                print(f"{backend}: {RUNS * HOSTS * EACH:,} findings in {time.perf_counter() - begun:.0f} s", flush=True)
                tag(made)
                measured(made, names)


def tag(made: World) -> None:
    """A few findings get an attribute of somebody's own."""
    page = stored_findings.list_(made.service, made.caller, filter=FindingFilter(severities=("Low",)), max_results=20)
    assert stored_findings.add_attributes(made.service, made.caller, page.items, (("owner", "ada"),)) == {}


if __name__ == "__main__":
    main(sys.argv[1:])
