"""Hosts are found, tagged, archived, merged and removed; runs keep what they found."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select

from service_world import ACCOUNT, OTHER, World, pages, worlds
from shindan.model.arn import parse
from shindan.model.refusals import InvalidInput, Refusal, RunInProgress
from shindan.service import hosts_admin, tags_of_hosts
from shindan.service.submissions import About
from shindan.service.tags_of_hosts import TooManyTags, UnknownHost
from shindan.store import hosts as stored
from shindan.store.tables import host, host_tag, issue, rule, run_host
from stores import BACKENDS


@pytest.fixture(params=BACKENDS)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    yield from worlds(request.param, tmp_path)


def names(world: World, **wanted: Any) -> list[str]:
    return sorted(found.hostname for found in hosts_admin.list_(world.service, world.caller, **wanted).items)


def test_searching(world: World) -> None:
    web = world.host("Web-1", about=About("Web-1", addresses=("10.0.0.7",)), tags={"role": "web", "stage": "live"})
    world.host("db_1", tags={"role": "db", "stage": "live"})
    world.host("web-9", account=OTHER)
    assert names(world) == ["Web-1", "db_1"]
    assert names(world, text="WEB") == ["Web-1"]
    assert names(world, text="_") == ["db_1"]
    assert names(world, text=web.id[2:]) == ["Web-1"]
    assert names(world, text="10.0.0.7") == ["Web-1"]
    assert names(world, text="debian:12") == ["Web-1", "db_1"]
    assert names(world, tags=[("stage", "live")]) == ["Web-1", "db_1"]
    assert names(world, tags=[("stage", "live"), ("role", None)], text="db_") == ["db_1"]  # `db` may be part of an id
    assert names(world, tags=[("stage", "live"), ("role", "x")]) == []
    with pytest.raises(InvalidInput):
        names(world, text="x" * 257)


def test_pages_hold_every_host_once(world: World) -> None:
    made = sorted(world.host(f"host-{number}").id for number in range(5))
    found = pages(hosts_admin.list_, world.service, world.caller, max_results=2)
    assert [one.id for page in found for one in page] == made


def test_archived_hosts_are_out_of_sight_until_asked_for(world: World) -> None:
    gone, kept = world.host("old"), world.host("new")
    hosts_admin.archive(world.service, world.caller, gone.id)
    assert names(world) == ["new"]
    assert names(world, archived=True) == ["old"]
    assert names(world, archived=None) == ["new", "old"]
    assert hosts_admin.show(world.service, world.caller, gone.id).archived
    assert [one.id for one in tags_of_hosts.hosts(world.service, world.caller)] == [kept.id]
    hosts_admin.archive(world.service, world.caller, gone.id, archived=False)
    assert names(world) == ["new", "old"]


def test_hosts_that_nobody_hears_of_are_archived(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1800000000")
    old = world.host("old")
    world.host("other", account=OTHER)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(1800000000 + 29 * 86400))
    world.host("new")
    assert hosts_admin.archive_unseen(world.service, ACCOUNT) == []
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(1800000000 + 31 * 86400))
    assert hosts_admin.archive_unseen(world.service, ACCOUNT) == [old.id]
    assert hosts_admin.archive_unseen(world.service, ACCOUNT) == []
    assert names(world) == ["new"]
    assert names(world, archived=True) == ["old"]


def test_tags(world: World) -> None:
    found = world.host("web", tags={"a": "1", "b": "2"})
    hosts_admin.tag(world.service, world.caller, found.id, [("b", "3"), ("c", None), ("c", "4")])
    assert hosts_admin.show(world.service, world.caller, found.id).tags == (("a", "1"), ("b", "3"), ("c", "4"))
    hosts_admin.untag(world.service, world.caller, found.id, ["a", "zzz"])
    hosts_admin.untag(world.service, world.caller, found.id, [])
    assert hosts_admin.show(world.service, world.caller, found.id).tags == (("b", "3"), ("c", "4"))


def test_tags_of_many_hosts_as_ec2_has_them(world: World) -> None:
    one, two = world.host("one"), world.host("two")
    both = [one.id, two.id]
    tags_of_hosts.add(world.service, world.caller, both, [("a", "1"), ("b", "2")])
    tags_of_hosts.remove(world.service, world.caller, both, [("a", "other"), ("b", "2")])
    assert [found.tags for found in tags_of_hosts.hosts(world.service, world.caller, both)] == [(("a", "1"),)] * 2
    tags_of_hosts.remove(world.service, world.caller, [one.id], [])
    left = {found.id: found.tags for found in tags_of_hosts.hosts(world.service, world.caller)}
    assert left == {one.id: (), two.id: (("a", "1"),)}


def test_all_hosts_are_tagged_or_none(world: World) -> None:
    mine, theirs, archived = world.host("web"), world.host("web", account=OTHER), world.host("old")
    hosts_admin.archive(world.service, world.caller, archived.id)
    for stranger in (theirs.id, archived.id, "i-00000000"):
        for verb in (tags_of_hosts.add, tags_of_hosts.remove):
            with pytest.raises(UnknownHost) as caught:
                verb(world.service, world.caller, [mine.id, stranger], [("a", "1")])
            assert caught.value.id == stranger
    with pytest.raises(TooManyTags):
        tags_of_hosts.add(world.service, world.caller, [mine.id], [(str(n), "") for n in range(51)])
    with pytest.raises(InvalidInput):
        tags_of_hosts.add(world.service, world.caller, [mine.id], [("a", "x" * 257)])
    assert hosts_admin.show(world.service, world.caller, mine.id).tags == ()
    assert hosts_admin.show(world.service, world.other, theirs.id).tags == ()


def test_merging_two_hosts_that_are_one(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1800000000")
    gone = world.host("before", tags={"a": "1", "b": "2"}, packages={"bash": "5.2"})
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1800000100")
    kept = world.host("after", tags={"b": "3"})
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1800000200")
    newest = world.host("before", packages={"bash": "5.3"})
    weekly = parse(world.template(world.target()))
    world.run(weekly, "COMPLETED", [gone.id])
    merged = hosts_admin.merge(world.service, world.caller, gone.id, kept.id)
    assert (merged.id, merged.hostname, merged.tags) == (kept.id, "after", (("a", "1"), ("b", "3")))
    assert (merged.facts, merged.facts_at, merged.created_at) == (newest.facts, newest.facts_at, gone.created_at)
    with pytest.raises(UnknownHost):
        hosts_admin.show(world.service, world.caller, gone.id)
    with world.database.read() as connection:
        assert connection.execute(select(run_host.c.host)).scalars().all() == [gone.id]
        assert set(connection.execute(select(host_tag.c.host)).scalars()) == {kept.id}


def test_older_facts_do_not_replace_newer_ones(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1800000000")
    gone = world.host("before", packages={"bash": "5.2"})
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1800000100")
    kept = world.host("after")
    merged = hosts_admin.merge(world.service, world.caller, gone.id, kept.id)
    assert (merged.facts, merged.last_seen) == (kept.facts, kept.last_seen)


def test_issues_of_merged_hosts_remember_when_they_were_first_observed(world: World) -> None:
    gone, kept = world.host("before"), world.host("after")
    with world.database.write() as connection:
        common = {"account": ACCOUNT, "package": 0, "status": "open", "severity": 3, "last_observed": 9, "rule": 1}
        connection.execute(
            insert(rule).values(
                number=1,
                package="cve",
                id="CVE-1",
                digest="",
                title="",
                description="",
                recommendation="",
                attributes=[],
            )
        )
        rows = [
            {"number": 1, "host": gone.id, "rule_id": "CVE-1", "subject": "x", "first_observed": 1},
            {"number": 2, "host": kept.id, "rule_id": "CVE-1", "subject": "x", "first_observed": 5},
            {"number": 3, "host": kept.id, "rule_id": "CVE-1", "subject": "y", "first_observed": 5},
            {"number": 4, "host": gone.id, "rule_id": "CVE-1", "subject": "z", "first_observed": 1},
        ]
        connection.execute(insert(issue), [{**common, **row} for row in rows])
    hosts_admin.merge(world.service, world.caller, gone.id, kept.id)
    with world.database.read() as connection:
        left = connection.execute(select(issue.c.number, issue.c.first_observed).order_by(issue.c.number))
        assert [tuple(row) for row in left] == [(2, 1), (3, 5)]


def test_removing(world: World) -> None:
    gone = world.host("web", tags={"a": "1"})
    weekly = parse(world.template(world.target()))
    busy = world.run(weekly, hosts=[gone.id])
    calls: list[Callable[[], object]] = [
        lambda: hosts_admin.remove(world.service, world.caller, gone.id),
        lambda: hosts_admin.merge(world.service, world.caller, gone.id, world.host("x").id),
    ]
    for call in calls:
        with pytest.raises(RunInProgress) as caught:
            call()
        assert caught.value.runs == [str(busy)]
    with world.database.write() as connection:
        connection.execute(run_host.delete())
    hosts_admin.remove(world.service, world.caller, gone.id)
    assert names(world) == ["x"]
    back = world.host("web")
    assert (back.tags, back.id == gone.id) == ((), False)


@pytest.mark.parametrize("verb", ["show", "tag", "untag", "archive", "remove", "merge", "merge into"])
def test_another_accounts_hosts_are_unknown(world: World, verb: str) -> None:
    theirs, mine = world.host("web", account=OTHER), world.host("web")
    calls: dict[str, Callable[[], object]] = {
        "show": lambda: hosts_admin.show(world.service, world.caller, theirs.id),
        "tag": lambda: hosts_admin.tag(world.service, world.caller, theirs.id, [("a", "1")]),
        "untag": lambda: hosts_admin.untag(world.service, world.caller, theirs.id, ["a"]),
        "archive": lambda: hosts_admin.archive(world.service, world.caller, theirs.id),
        "remove": lambda: hosts_admin.remove(world.service, world.caller, theirs.id),
        "merge": lambda: hosts_admin.merge(world.service, world.caller, theirs.id, mine.id),
        "merge into": lambda: hosts_admin.merge(world.service, world.caller, mine.id, theirs.id),
    }
    with pytest.raises(Refusal) as caught:
        calls[verb]()
    assert getattr(caught.value, "code", "") == "HOST_DOES_NOT_EXIST"
    with world.database.read() as connection:
        assert stored.get(connection, OTHER, theirs.id) == theirs
        assert len(connection.execute(select(host.c.id)).all()) == 2


def test_a_host_is_not_merged_into_itself(world: World) -> None:
    found = world.host("web")
    with pytest.raises(InvalidInput):
        hosts_admin.merge(world.service, world.caller, found.id, found.id)
