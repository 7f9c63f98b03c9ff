"""What became of a run's rules on its hosts is counted, and how far the package without a list of rules came."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select

from run_world import RunWorld, advisories, run_world
from service_world import CIS, CVE, facts
from shindan.engine.advance import advance
from shindan.engine.evaluating import BATCH
from shindan.engine.fleet_of_run import number_order, rule_counts
from shindan.engine.gathering import gather
from shindan.engine.judge import Judge
from shindan.model.arn import Arn
from shindan.model.fleet import RuleCounts
from shindan.model.packages import PackageName
from shindan.rules.packages import HOST_PACKAGES
from shindan.service import submissions
from shindan.service.cis_flaws import cis_flaw_of
from shindan.service.host_judging import HostJudge
from shindan.store import run_looked, runs
from shindan.store.tables import run_rule
from stores import BACKENDS, databases
from unit.engine.test_host_packages import PRACTICES, sshd


@pytest.fixture(params=BACKENDS)
def living(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RunWorld]:
    """A world whose runs are moved by the test, with packages that have lists of rules."""
    advisories(tmp_path / "data")
    for database in databases(request.param, tmp_path):
        with run_world(database, tmp_path / "data", working=False) as made:
            new: dict[PackageName, Judge] = {
                "practices": HostJudge(HOST_PACKAGES["practices"]),
                "cis": HostJudge(HOST_PACKAGES["cis"], show=cis_flaw_of),
            }
            made.work = replace(made.work, judges={**made.work.judges, **new})
            yield made


def hand_in(living: RunWorld, hostname: str, *lines: bytes) -> None:
    given = b"".join([facts({"bash": "5.2.15-2", "openssl": "3.0.16-1~deb12u1"}), *lines])
    submissions.submit(
        living.service, living.world.caller.account, io.BytesIO(given), about=submissions.About(hostname=hostname)
    )


def counted(living: RunWorld, arn: Arn) -> dict[str, RuleCounts]:
    with living.work.database.read() as connection:
        return {one.rule: one for one in rule_counts(connection, arn.id)}


def test_each_rule_is_counted_once_with_all_hosts(living: RunWorld) -> None:
    hand_in(living, "good", sshd(permitrootlogin="no", passwordauthentication="no", usepam="no"))
    hand_in(living, "bad", sshd(permitrootlogin="yes", passwordauthentication="no", usepam="no"))
    hand_in(living, "blind")
    arn = living.start(packages=[PRACTICES])
    advance(living.work, {"run": arn.id})
    found = counted(living, arn)
    root = next(one for one in found.values() if one.title == "Disable root login over SSH")
    assert (root.package, root.benchmark) == ("practices", "")
    assert root.counts._asdict() == {"passed": 1, "failed": 1, "not_applicable": 0, "manual": 0, "not_told": 1}
    assert {sum(one.counts) for one in found.values()} == {3}, "every host is in every rule's figures"
    assert len(found) == len(HOST_PACKAGES["practices"].rules)  # type: ignore[attr-defined]


def test_controls_are_counted_by_their_numbers(living: RunWorld) -> None:
    hand_in(living, "web-1")
    arn = living.start(packages=[CIS])
    advance(living.work, {"run": arn.id})
    found = counted(living, arn)
    assert len(found) > 250 and {one.benchmark for one in found.values()} == {"debian-12"}
    assert {sum(one.counts) for one in found.values()} == {1} and any(one.counts.manual for one in found.values())
    order = [number_order(one) for one in found]
    assert order == sorted(order) and list(found).index("1.1.1.9") < list(found).index("1.1.1.10")


def test_rows_do_not_grow_with_hosts_nor_names_with_runs(living: RunWorld) -> None:
    for number in range(BATCH + 3):
        hand_in(living, f"web-{number}")
    arns = [living.start(packages=[PRACTICES]) for _ in range(1)]
    advance(living.work, {"run": arns[0].id})
    hand_in(living, "another")
    arns.append(living.start(packages=[PRACTICES]))
    advance(living.work, {"run": arns[1].id})
    first, second = (counted(living, arn) for arn in arns)
    assert {sum(one.counts) for one in first.values()} == {BATCH + 3}, "two batches were added up"
    assert {sum(one.counts) for one in second.values()} == {BATCH + 4}
    with living.work.database.read() as connection:
        rows, names = connection.execute(select(func.count(), func.count(run_rule.c.rule.distinct()))).one()
    assert rows == 2 * len(first) and names == len(first)


def test_how_far_the_package_without_a_list_came(living: RunWorld) -> None:
    hand_in(living, "web-1")
    hand_in(living, "web-2")
    arn = living.start(packages=[CVE])
    advance(living.work, {"run": arn.id})
    assert counted(living, arn) == {}
    with living.work.database.read() as connection:
        looked = run_looked.of_run(connection, arn.id)
        run = runs.get(connection, arn.id)
        assert run is not None
        report = gather(connection, living.work.region, run, "FULL")
    assert looked is not None and looked.packages == 4
    assert sum(looked.judged.values()) + sum(looked.not_judged.values()) >= 4
    assert [one.name for one in looked.feeds] == ["osv"] and looked.judged["osv"] == 4
    assert report.looked == looked and [host.findings for host in report.hosts] == [
        sum(host.severities) for host in report.hosts
    ]


def test_a_run_of_other_packages_says_nothing_of_it(living: RunWorld) -> None:
    hand_in(living, "web-1")
    arn = living.start(packages=[PRACTICES])
    advance(living.work, {"run": arn.id})
    with living.work.database.read() as connection:
        assert run_looked.of_run(connection, arn.id) is None
