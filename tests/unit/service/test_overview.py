"""The first page, hosts, feeds, rules and usage as pages show them; on both databases."""

from __future__ import annotations

import datetime
import io
import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from console_world import ALL, CURL, OPENSSL, OPENSSL_TOO, SETTING, furnished, see
from run_world import RunWorld, advisories, run_world
from service_world import ACCOUNT, World, facts, worlds
from shindan.engine.clock import milliseconds
from shindan.feeds.base import Needs
from shindan.model.exclusion import REASONS
from shindan.model.host import Host
from shindan.model.host_views import HOST_SORTS
from shindan.model.overview import Coverage, Day, NotJudged
from shindan.model.refusals import AccessDenied, InvalidInput, NoSuchEntity
from shindan.service import (
    feed_pages,
    host_detail,
    host_pages,
    hosts_admin,
    issue_detail,
    issue_search,
    issues,
    overview,
    rule_pages,
    submissions,
    usage,
)
from shindan.service.caller import Caller
from shindan.service.feeds import FeedDesk
from shindan.service.tags_of_hosts import UnknownHost
from shindan.store import hosts, judged
from shindan.store import usage as stored_usage
from shindan.store.judged import Said
from stores import BACKENDS, databases

DAY = 86_400_000
NOON = 1_795_521_600_000  # what the fixture `noon` says
OLD = {"openssl": "3.0.16-1~deb12u1", "curl": "7.88.1-10", "bash": "5.2-1"}


@pytest.fixture(params=BACKENDS)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    yield from worlds(request.param, tmp_path)


@pytest.fixture(params=BACKENDS)
def living(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RunWorld]:
    advisories(tmp_path / "data")
    for database in databases(request.param, tmp_path):
        with run_world(database, tmp_path / "data") as made:
            yield made


def words(high: int = 0, medium: int = 0, low: int = 0) -> dict[str, int]:
    return {"High": high, "Medium": medium, "Low": low, "Informational": 0, "Undefined": 0}


def test_days_without_a_change_are_as_the_day_before(world: World, noon: datetime.datetime) -> None:
    assert milliseconds() == NOON == noon.timestamp() * 1000
    web = world.host("web-1")
    see(world, [web], ALL, NOON - 5 * DAY)
    see(world, [web], [OPENSSL], NOON - 2 * DAY)
    history = overview.show(world.service, world.caller, days=4).history
    assert history == (
        Day("2026-11-21", words(1, 1, 1)),  # type: ignore[arg-type]
        Day("2026-11-22", words(1)),  # type: ignore[arg-type]
        Day("2026-11-23", words(1)),  # type: ignore[arg-type]
        Day("2026-11-24", words(1)),  # type: ignore[arg-type]
    )
    longer = overview.show(world.service, world.caller, days=8).history
    assert [sum(day.open.values()) for day in longer] == [0, 0, 3, 3, 3, 1, 1, 1]


def test_the_account_at_a_glance(world: World, noon: datetime.datetime) -> None:
    web, api, old = furnished(world, NOON)
    hosts_admin.archive(world.service, world.caller, old.id)
    found = overview.show(world.service, world.caller)
    assert found.open == words(2, 2, 2)
    assert (found.hosts, found.by_platform, found.by_health) == (2, (("debian:12", 2),), {"UNKNOWN": 2})
    (fix,) = found.top_fixes  # curl has no fix
    assert (fix.component, fix.findings, fix.hosts, fix.worst, fix.kev) == ("openssl", 4, 2, "High", True)
    assert fix.versions == (("debian:12", OPENSSL_TOO.fixed),)
    (due,) = found.kev_due
    assert (due.rule_id, due.due, due.days, due.findings) == (OPENSSL.id, "2026-10-01", 54, 2)
    theirs = overview.show(world.service, world.other)
    assert (theirs.hosts, theirs.open, theirs.top_fixes, theirs.kev_due) == (0, words(), (), ())
    with pytest.raises(AccessDenied):
        overview.show(world.service, Caller(ACCOUNT, world.service.region, "nobody"))
    del web, api


def test_coverage_counts_every_host_one_way(world: World) -> None:
    fleet = [world.host(f"web-{number}") for number in range(5)]
    said = [(0, ()), (1, (("NOT_JUDGED", "a"), ("NOT_OBSERVED", "b"))), (2, (("NOT_JUDGED", "c"), ("NOT_JUDGED", "d")))]
    with world.database.write() as connection:
        for at, exclusions in said:
            one = fleet[at]
            judged.note(connection, [Said(ACCOUNT, one.id, 0, "", one.facts or "", 3, exclusions, 5)])
        judged.note(connection, [Said(ACCOUNT, fleet[3].id, 0, "", "older", 3, (), 5)])
        judged.note(connection, [Said(ACCOUNT, "i-gone", 0, "", "older", 3, (), 5)])  # passed over
        hosts.add(connection, Host("i-0123456789abcdef0", ACCOUNT, "bare", 1))
    found = overview.show(world.service, world.caller)
    assert found.coverage == (Coverage("cve", 1, 2, 1, 2, (_why("NOT_JUDGED", 2), _why("NOT_OBSERVED", 1))),)
    assert (found.never_judged, found.without_facts) == (1, 1)


def _why(code: str, number: int) -> NotJudged:
    return NotJudged(code, REASONS[code].title, number)


def test_runs_and_judgements_between_them_are_told(living: RunWorld) -> None:
    service, caller = living.service, living.world.caller
    web = living.world.host("web-1", packages=OLD, tags={"stage": "prod"})
    view = living.ended(living.start(living.world.target("first")))
    found = overview.show(service, caller)
    (cve,) = found.coverage
    assert (cve.judged + cve.partly, cve.outdated, cve.never) == (1, 0, 0)
    assert found.open == words(1, 1, 1)
    assert found.runs == ()
    detail = host_detail.show(service, caller, web.id)
    assert detail.open == words(1, 1, 1)
    (run,) = detail.runs
    assert (run.name, run.evaluated, run.state) == (view.run.name, True, view.run.state)
    (said,) = detail.said
    assert (said.package, said.flaws, said.newest, said.run) == ("cve", 3, True, run.arn)
    row = issue_search.list_(service, caller, issue_search.parsed({"severities": ["High"]})).rows[0]
    history = issue_detail.show(service, caller, row.number).history
    assert [(one.run, one.run_name, one.said) for one in history] == [(run.arn, view.run.name, "found")]
    living.world.host("web-1", packages={"openssl": "3.0.99-1", "curl": "7.88.1-10"})
    assert overview.show(service, caller).coverage[0].outdated == 1
    issues.rejudge(living.work, caller.account)
    detail = host_detail.show(service, caller, web.id)
    assert (detail.open, detail.fixed) == (words(low=1), 2)
    assert [(one.run, one.newest) for one in detail.said] == [("", True)]
    assert overview.show(service, living.world.other).hosts == 0
    again = living.ended(living.start(living.world.target("second")))
    later = issue_detail.show(service, caller, row.number)
    assert [(one.run_name, one.said) for one in later.history] == [
        (again.run.name, "not_found"), (view.run.name, "found"),
    ]  # fmt: skip
    assert later.row.issue.status == "fixed"


def test_hosts_are_searched_and_sorted_forth_and_back(world: World) -> None:
    web, api, old = furnished(world)
    with world.database.write() as connection:
        hosts.change(connection, api.id, health="UNHEALTHY", last_seen=9)
        hosts.change(connection, old.id, platform="alpine:3.20", last_seen=7, addresses=["10.0.0.9"])

    def names(**wanted: object) -> list[str]:
        page = host_pages.list_(world.service, world.caller, **wanted)  # type: ignore[arg-type]
        assert page.total == len(page.rows)
        return [row.host.hostname for row in page.rows]

    assert names() == ["api-1", "old-1", "web-1"]
    assert names(sort="findings") == ["web-1", "api-1", "old-1"]
    assert names(sort="seen")[:2] in (["web-1", "api-1"], ["api-1", "old-1"])
    assert names(text="WEB") == ["web-1"]
    assert names(text="10.0.0.9") == ["old-1"]
    assert names(tags=(("stage", "prod"), ("team", None))) == ["api-1"]
    assert names(platforms=("alpine:3.20",)) == ["old-1"]
    assert names(healths=("UNHEALTHY",)) == ["api-1"]
    assert names(archived=True) == []
    for sort in HOST_SORTS:
        whole = host_pages.list_(world.service, world.caller, sort=sort).rows
        step = host_pages.list_(world.service, world.caller, sort=sort, max_results=1)
        seen = [*step.rows]
        while step.next:
            step = host_pages.list_(world.service, world.caller, sort=sort, max_results=1, token=step.next)
            seen += step.rows
        assert tuple(seen) == whole
        back = [*step.rows]
        while step.previous:
            step = host_pages.list_(world.service, world.caller, sort=sort, max_results=1, token=step.previous)
            back = [*step.rows, *back]
        assert tuple(back) == whole
    page = host_pages.list_(world.service, world.caller, healths=["UNHEALTHY"])
    assert page.by_health == {"UNKNOWN": 2, "UNHEALTHY": 1}
    assert page.by_platform == {"debian:12": 1}
    (row,) = host_pages.list_(world.service, world.caller, text="web").rows
    assert (row.open, row.suppressed) == (words(1, 1, 2), 0)
    assert host_pages.list_(world.service, world.other).total == 0
    with pytest.raises(InvalidInput):
        host_pages.list_(world.service, world.caller, sort="luck")  # type: ignore[arg-type]
    del web


def test_tags_show_what_a_target_would_have(world: World) -> None:
    furnished(world)
    world.host("theirs", account=world.other.account, tags={"stage": "prod"})

    def preview(*pairs: tuple[str, str | None]) -> tuple[int, list[str]]:
        found = host_pages.preview(world.service, world.caller, pairs)
        return found.total, sorted(one.hostname for one in found.hosts)

    assert preview(("stage", "prod")) == (2, ["api-1", "web-1"])
    assert preview(("stage", "test"), ("team", None)) == (1, ["api-1"])
    assert preview(("nothing", None)) == (0, [])
    assert preview() == (0, [])
    assert host_pages.preview(world.service, world.caller, None).total == 3
    with pytest.raises(InvalidInput):
        preview(("", "x"))


def test_a_hosts_facts_and_packages_come_in_pages(world: World) -> None:
    lines = facts(OLD)
    listener = {
        "kind": "listener",
        "subject": "tcp 0.0.0.0:22",
        "data": {"protocol": "tcp", "address": "0.0.0.0", "port": 22},
    }
    lines += json.dumps(listener).encode() + b"\n"
    host = submissions.submit(world.service, ACCOUNT, io.BytesIO(lines), about=submissions.About(hostname="web-1"))
    see(world, [host], [OPENSSL, OPENSSL_TOO, CURL], 1_000)
    see(world, [host], [SETTING], 1_000, package="cis")
    first = host_detail.packages(world.service, world.caller, host.id, max_results=2)
    assert [(row.name, row.findings, row.worst) for row in first.rows] == [("openssl", 2, "High"), ("curl", 1, "Low")]
    assert (first.rows[0].fixed, first.rows[0].kev, first.total) == ((OPENSSL.fixed, OPENSSL_TOO.fixed), True, 3)
    rest = host_detail.packages(world.service, world.caller, host.id, max_results=2, token=first.next)
    assert [(row.name, row.findings, row.worst, row.version) for row in rest.rows] == [("bash", 0, None, "5.2-1")]
    assert rest.next is None
    assert host_detail.packages(world.service, world.caller, host.id, text="BAS").total == 1
    page = host_detail.facts(world.service, world.caller, host.id, "package", max_results=1)
    assert (page.total, page.rows[0].subject) == (3, "openssl")
    assert [row.subject for row in host_detail.exposure(world.service, world.caller, host.id).listeners] == [
        "tcp 0.0.0.0:22"
    ]
    detail = host_detail.show(world.service, world.caller, host.id)
    assert detail.kinds == {"kernel": 1, "listener": 1, "package": 3, "platform": 1}
    assert (detail.agent, detail.cost, detail.exclusions, detail.runs) == (None, {}, (), ())
    with pytest.raises(InvalidInput):
        host_detail.facts(world.service, world.caller, host.id, "nonsense")
    for verb in (host_detail.show, host_detail.packages, host_detail.exposure, host_detail.runs_of):
        with pytest.raises(UnknownHost):
            verb(world.service, world.other, host.id)
    # Facts that are gone are told, and the rest is shown.
    world.service.blobs.remove(host.facts or "")
    lost = host_detail.show(world.service, world.caller, host.id)
    assert lost.kinds == {}
    assert "missing" in lost.unreadable
    assert "missing" in host_detail.exposure(world.service, world.caller, host.id).unreadable


def test_feeds_say_how_they_stand(living: RunWorld, refused: list[str]) -> None:
    found = feed_pages.list_(living.service, living.world.caller)
    assert [one.name for one in found if one.in_force] == ["osv"]
    assert (found[0].advisories, found[0].platforms) == (3, ("debian:12",))
    assert {"debian", "kev", "nvd"} <= {one.feed for one in found}
    assert not found[-1].in_force
    desk = FeedDesk(living.service.data)
    (failed,) = desk.update(needs=Needs(), names=["kev"])  # the network is poisoned
    assert failed.outcome == "failed"
    refused.clear()
    kev = next(one for one in feed_pages.list_(living.service, living.world.caller) if one.feed == "kev")
    assert kev.error == failed.text[:500]
    assert kev.failed < kev.next_try


def test_rules_say_why_and_which_benchmarks_ask_for_them(world: World) -> None:
    page = rule_pages.list_(world.service, world.caller, text="cramfs")
    (rule,) = page.rows
    assert rule.id == "module-cramfs-blocked"
    assert ("debian-12", "1.1.1.1", 1) in [(one.benchmark, one.number, one.level) for one in rule.benchmarks]
    assert rule.why
    assert rule.remedy
    every = rule_pages.list_(world.service, world.caller, max_results=500)
    assert set(every.by_package) == {"cis", "practices", "runtime", "network"}
    assert every.total == sum(every.by_package.values()) > 500
    seen = len(every.rows)
    while every.next:
        every = rule_pages.list_(world.service, world.caller, max_results=500, token=every.next)
        seen += len(every.rows)
    assert seen == every.total
    assert rule_pages.show(world.service, world.caller, rule.title) == rule
    of_one = rule_pages.list_(world.service, world.caller, benchmark="sles-15", severity="High", package="cis")
    assert all(one.severity == "High" for one in of_one.rows)
    with pytest.raises(NoSuchEntity):
        rule_pages.show(world.service, world.caller, "nothing")


def test_usage_is_told_by_month(world: World) -> None:
    with world.database.write() as connection:
        for month, meter, units in (("2026-10", "host", 300), ("2026-11", "host", 10), ("2026-11", "reachability", 10)):
            stored_usage.count(connection, ACCOUNT, month, meter, units)
    newest, before = usage.months(world.service, world.caller)
    assert (newest.month, newest.amount) == ("2026-11", Decimal("4.50"))
    assert [one.meter for one in newest.meters] == ["host", "reachability"]
    assert before.meters[0].tiers == (
        (250, Decimal("0.30"), Decimal("75.00")), (50, Decimal("0.25"), Decimal("12.50")),
    )  # fmt: skip
    assert usage.months(world.service, world.other) == []
