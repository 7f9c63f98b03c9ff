"""Searching findings over all runs: every way through the table finds the same, in order, forth and back."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from console_world import ALL, CURL, HIGH, OPENSSL, OPENSSL_TOO, SETTING, furnished, see
from service_world import World, worlds
from shindan.model.issue_query import SORTS, Facet, IssueQuery, IssueRow, Sort, query_of
from shindan.model.refusals import AccessDenied, InvalidInput, NoSuchEntity
from shindan.model.stored_finding import SHOWN_SEVERITIES
from shindan.service import bulk_suppression, hosts_admin, issue_detail, issue_search, saved_views, suppressions
from shindan.service.caller import Caller
from shindan.store import issue_facets, issue_pages, issue_ways
from shindan.store.tables import audit, issue
from stores import BACKENDS

FACETS = ("severity", "status", "package", "platform", "kev", "fixable", "rule", "component", "host", "tag", "since")


@pytest.fixture(params=BACKENDS)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    for made in worlds(request.param, tmp_path):
        web, _, old = furnished(made)
        see(made, [web], [OPENSSL, OPENSSL_TOO], 2_000)  # curl's flaw is mended
        suppressions.create(made.service, made.caller, [("cve", OPENSSL_TOO.id), ("host", web.id)], "no")
        away = made.host("away-1", tags={"stage": "prod"})
        see(made, [away], ALL, 2_000)
        hosts_admin.archive(made.service, made.caller, away.id)
        theirs = made.host("theirs", account=made.other.account, tags={"stage": "prod"})
        see(made, [theirs], ALL, 2_000)
        del old
        yield made


def pages(world: World, query: IssueQuery, sort: Sort = "severity", size: int = 2) -> list[list[IssueRow]]:
    """Every page, forth; that going back gives the same is seen on the way."""
    found, token = [], None
    while True:
        page = issue_search.list_(world.service, world.caller, query, sort=sort, token=token, max_results=size)
        found.append(list(page.rows))
        if page.next is None:
            break
        token = page.next
    rows = list(itertools.chain(*found))
    back, token = list(page.rows), page.previous
    while token is not None:
        page = issue_search.list_(world.service, world.caller, query, sort=sort, token=token, max_results=size)
        back, token = [*page.rows, *back], page.previous
    assert back == rows
    return found


def names(world: World, query: IssueQuery, **more: Any) -> list[tuple[str, str]]:
    return [(row.issue.rule_id, row.hostname) for page in pages(world, query, **more) for row in page]


A, B, C, S = OPENSSL.id, OPENSSL_TOO.id, CURL.id, SETTING.id
QUERIES: dict[str, tuple[IssueQuery, set[tuple[str, str]]]] = {
    "open": (IssueQuery(), {(A, "web-1"), (A, "api-1"), (B, "api-1"), (C, "old-1"), (S, "web-1")}),
    "any status": (
        IssueQuery(statuses=()),
        {(A, "web-1"), (B, "web-1"), (C, "web-1"), (S, "web-1"), (A, "api-1"), (B, "api-1"), (C, "old-1")},
    ),
    "suppressed and fixed": (IssueQuery(statuses=("suppressed", "fixed")), {(B, "web-1"), (C, "web-1")}),
    "severity": (IssueQuery(severities=("High", "Medium")), {(A, "web-1"), (A, "api-1"), (B, "api-1")}),
    "package": (IssueQuery(packages=("cis",)), {(S, "web-1")}),
    "platform": (IssueQuery(platforms=("debian:12",), severities=("High",)), {(A, "web-1"), (A, "api-1")}),
    "another platform": (IssueQuery(platforms=("alpine:3.20",)), set()),
    "tag": (IssueQuery(tags=(("team", "a"),)), {(A, "api-1"), (B, "api-1")}),
    "tag's key": (IssueQuery(tags=(("stage", None),), severities=("Low",)), {(S, "web-1")}),
    "both tags": (IssueQuery(tags=(("stage", "prod"), ("team", "a"))), {(A, "api-1"), (B, "api-1")}),
    "rule": (IssueQuery(rules=(A, C)), {(A, "web-1"), (A, "api-1"), (C, "old-1")}),
    "component": (IssueQuery(components=("openssl",)), {(A, "web-1"), (A, "api-1"), (B, "api-1")}),
    "exploited": (IssueQuery(kev=True), {(A, "web-1"), (A, "api-1")}),
    "not exploited": (IssueQuery(kev=False), {(B, "api-1"), (C, "old-1"), (S, "web-1")}),
    "fix": (IssueQuery(fixable=True), {(A, "web-1"), (A, "api-1"), (B, "api-1")}),
    "no fix": (IssueQuery(fixable=False), {(C, "old-1"), (S, "web-1")}),
    "since": (IssueQuery(since=1_001), set()),
    "since the first": (IssueQuery(since=1_000, components=("curl",)), {(C, "old-1")}),
    "words of a rule's id": (IssueQuery(text="cve-2026-0003"), {(C, "old-1")}),
    "the beginning of a word": (IssueQuery(text="OPEN"), {(A, "web-1"), (A, "api-1"), (B, "api-1")}),
    "words of a title": (IssueQuery(text="there cron"), {(S, "web-1")}),
    "a host's name": (IssueQuery(text="old-1"), {(C, "old-1")}),
    "part of a host's name, and a rule": (IssueQuery(text="pi-1 openssl"), {(A, "api-1"), (B, "api-1")}),
    "a word of no meaning": (IssueQuery(text="nowhere"), set()),
    "a wildcard is a character": (IssueQuery(text="%"), {*()}),
    "what a rule says and a tag": (IssueQuery(kev=True, tags=(("team", "a"),)), {(A, "api-1")}),
    "what never meets": (IssueQuery(components=("curl",), tags=(("team", "a"),)), set()),
}
WAYS = {
    "gathered": {},
    "walked": {"_GATHERED": -1},
    "walked with little patience": {"_GATHERED": -1, "_BUDGET": 2, "_LOOKS": 1},
    "walked in several looks": {"_GATHERED": -1, "_BUDGET": 2},
    "walked in several looks, and never gathered": {"_GATHERED": -1, "_GATHERED_LATE": -1, "_BUDGET": 2},
}


def limit(monkeypatch: pytest.MonkeyPatch, **limits: int) -> None:
    """Sets bounds of reading, wherever they are."""
    for name, value in limits.items():
        monkeypatch.setattr(issue_ways if name.startswith("_GATHERED") else issue_pages, name, value)


@pytest.mark.parametrize("way", WAYS)
def test_every_way_finds_the_same_in_order(world: World, monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    limit(monkeypatch, **WAYS[way])
    for case, (query, expected) in QUERIES.items():
        if case == "a wildcard is a character":
            query, expected = IssueQuery(text="%%%"), QUERIES["open"][1]  # no word at all is asked
        for sort in SORTS:
            found = [row for page in pages(world, query, sort) for row in page]
            said = [(row.issue.rule_id, row.hostname) for row in found]
            assert sorted(said) == sorted(expected), (case, sort)
            places = [_place(row, sort) for row in found]
            assert places == sorted(places), (case, sort)


def _place(row: IssueRow, sort: Sort) -> tuple[Any, ...]:
    one = row.issue
    return {
        "severity": (SHOWN_SEVERITIES.index(one.severity), row.number),
        "newest": (-one.first_observed, -row.number),
        "oldest": (one.first_observed, row.number),
        "host": (one.host, one.package == "cis", one.rule_id),
    }[sort]


def test_facets_count_what_their_values_would_leave(world: World) -> None:
    for case, (query, expected) in QUERIES.items():
        if case.startswith("a wildcard"):
            continue
        found = issue_search.facets(world.service, world.caller, query, of=FACETS)  # type: ignore[arg-type]
        assert found.total.number == len(expected), case
        assert not found.total.more
        for facet, values in found.values.items():
            for value in values:
                if facet == "since" or (value.chosen and not value.issues.number):
                    continue
                chosen = len(names(world, _with(query, facet, value.value)))
                by_tally = facet in ("rule", "component", "host", "tag") or not query.tags or not query.kev
                if not value.issues.more and by_tally and _is_narrower(query, facet):
                    assert value.issues.number == chosen, (case, facet, value)


def _is_narrower(query: IssueQuery, facet: str) -> bool:
    """Whether nothing of this facet was asked: then choosing a value leaves what it counts."""
    return query == query.without(facet)  # type: ignore[arg-type]


def _with(query: IssueQuery, facet: str, value: str) -> IssueQuery:
    said = query.as_json()
    if facet in ("kev", "fixable"):
        said[facet] = value == "yes"
    elif facet == "tag":
        said["tags"] = [*said.get("tags", []), value.split("=", 1)]
    else:
        plural = {"severity": "severities", "status": "statuses"}.get(facet, f"{facet}s")
        said[plural] = [value]
    return query_of(said)


def test_other_values_of_a_chosen_facet_can_be_chosen(world: World) -> None:
    query = IssueQuery(severities=("High",), components=("openssl",))
    found = issue_search.facets(world.service, world.caller, query, of=("severity", "component"))
    assert {one.value: (one.issues.number, one.chosen) for one in found.values["severity"]} == {
        "High": (2, True),
        "Medium": (1, False),
    }
    assert [one.value for one in found.values["component"]] == ["openssl"]  # no other has anything High
    hosts = issue_search.facets(world.service, world.caller, IssueQuery(tags=(("team", "a"),)), of=("tag", "host"))
    # Tags are wanted all: one more leaves less, so the others are counted with those that are chosen.
    assert {one.value: one.issues.number for one in hosts.values["tag"]} == {"stage=prod": 2, "team=a": 2}
    assert [one.label for one in hosts.values["host"]] == ["api-1"]


def test_what_is_not_counted_to_the_end_says_so(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(issue_facets, "MOST_COUNTED", 1)
    query = IssueQuery(kev=True, tags=(("stage", "prod"),))
    found = issue_search.facets(world.service, world.caller, query, of=("severity", "since"))
    assert found.total == (1, True)
    assert [one.issues for one in found.values["severity"]] == [(1, True)]
    assert [one.issues for one in found.values["since"]] == [(0, False)] * 3


def test_days_are_counted_back_from_the_moment_of_asking(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    week, now = 7 * 86_400_000, 50 * 86_400_000
    monkeypatch.setattr(issue_search, "milliseconds", lambda: now)
    new = world.host("new-1")
    see(world, [new], [CURL], now - week)
    query = IssueQuery(days=7)
    assert names(world, query) == [(C, "new-1")]
    assert [one.issues.number for one in issue_search.grouped(world.service, world.caller, query).groups] == [1]
    of_since: list[Facet] = ["since"]
    found = issue_search.facets(world.service, world.caller, query, of=of_since)
    assert [(one.value, one.issues.number, one.chosen) for one in found.values["since"]] == [
        ("1", 0, False), ("7", 1, True), ("30", 1, False),
    ]  # fmt: skip
    monkeypatch.setattr(issue_search, "milliseconds", lambda: now + 1)
    assert names(world, query) == []
    assert query.at(now) == IssueQuery(since=now - week)
    assert IssueQuery(days=7, since=now).at(now).since == now, "the later of the two"
    assert query.without("since") == IssueQuery() and query_of(query.as_json()) == query


def test_what_lies_together_far_from_where_a_walk_begins_is_found(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A walk that met nothing gives way to what reads all that the hosts have: no first page is empty for nothing."""
    limit(monkeypatch, _GATHERED=0, _BUDGET=1, _LOOKS=1)
    query = IssueQuery(tags=(("team", "a"),), severities=("High",))
    for sort in SORTS:
        page = issue_search.list_(world.service, world.caller, query, sort=sort)
        assert [one.hostname for one in page.rows] == ["api-1"], sort
    limit(monkeypatch, _GATHERED_LATE=0)
    assert issue_search.list_(world.service, world.caller, query).partial


def test_groups_are_rules_with_their_hosts(world: World) -> None:
    page = issue_search.grouped(world.service, world.caller, IssueQuery())
    assert [(one.rule_id, one.severity, one.issues.number) for one in page.groups] == [
        (A, "High", 2), (B, "Medium", 1), (C, "Low", 1), (S, "Low", 1),
    ]  # fmt: skip
    first = page.groups[0]
    assert {name for _, name in first.hosts} == {"web-1", "api-1"}
    assert (first.component, first.fixed, first.kev) == ("openssl", ("3.0.17-1~deb12u3",), "2026-10-01")
    assert first.platforms == ("debian:12",)
    for query in (IssueQuery(), IssueQuery(tags=(("stage", "prod"),))):
        whole = issue_search.grouped(world.service, world.caller, query).groups
        step = issue_search.grouped(world.service, world.caller, query, max_results=1)
        seen = [*step.groups]
        while step.next is not None:
            step = issue_search.grouped(world.service, world.caller, query, token=step.next, max_results=1)
            seen += step.groups
        assert tuple(seen) == whole
        back = [*step.groups]
        while step.previous is not None:
            step = issue_search.grouped(world.service, world.caller, query, token=step.previous, max_results=1)
            back = [*step.groups, *back]
        assert tuple(back) == whole


def test_one_finding_in_full(world: World) -> None:
    (row,) = [one for page in pages(world, IssueQuery(rules=(A,))) for one in page if one.hostname == "web-1"]
    detail = issue_detail.show(world.service, world.caller, row.number)
    assert detail.row == row
    assert detail.subject == "openssl-1.0-1"
    assert (detail.reason, detail.statement, detail.evidence) == ("Bad. openssl-1.0-1 is affected.", "", ())
    assert detail.fix.lines == ("apt-get install --only-upgrade openssl",)
    assert (detail.affected, detail.rules, detail.reference) == ((2, False), (), "")
    assert detail.history == ()  # no run found it, and none looked
    assert detail.suppression is None
    found = issue_detail.hosts(world.service, world.caller, detail.row)
    assert ({one.hostname for one in found.rows}, found.next) == ({"web-1", "api-1"}, None)
    hidden = next(one for page in pages(world, IssueQuery(statuses=("suppressed",))) for one in page)
    said = issue_detail.show(world.service, world.caller, hidden.number).suppression
    assert said is not None
    assert said.reason == "no"
    for number in (-1, 2**70, 10**6):
        with pytest.raises(NoSuchEntity):
            issue_detail.show(world.service, world.caller, number)
    with pytest.raises(NoSuchEntity):
        issue_detail.show(world.service, world.other, row.number)


def test_a_selection_is_suppressed_in_one_go(world: World) -> None:
    rows = [one for page in pages(world, IssueQuery(components=("openssl",))) for one in page]
    done = bulk_suppression.suppress(world.service, world.caller, "known", numbers=[one.number for one in rows[:2]])
    assert (done.chosen, done.marked) == (2, 2)
    assert len(names(world, IssueQuery(components=("openssl",)))) == 1
    # What is found later is not meant, and what was chosen stays so when it is looked for again.
    with world.database.read() as connection:
        (entry,) = connection.execute(select(audit).where(audit.c.resource == done.id)).all()
    assert (entry.action, entry.outcome, entry.detail["findings"]) == ("CreateSuppression", "done", 2)
    by_query = bulk_suppression.suppress(world.service, world.caller, "all", query=IssueQuery())
    assert by_query.marked == 3
    assert names(world, IssueQuery()) == []
    suppressions.delete(world.service, world.caller, by_query.id)
    assert len(names(world, IssueQuery())) == 3
    with world.database.read() as connection:
        theirs = select(issue.c.status).where(issue.c.account == world.other.account).distinct()
        assert list(connection.execute(theirs).scalars()) == ["open"]


def test_a_selection_that_cannot_be_is_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(kind: type[Exception], *, caller: Caller | None = None, reason: str = "no", **more: Any) -> None:
        with pytest.raises(kind):
            bulk_suppression.suppress(world.service, caller or world.caller, reason, **more)

    mine = next(one.number for page in pages(world, IssueQuery()) for one in page)
    refused(InvalidInput)
    refused(InvalidInput, numbers=[mine], query=IssueQuery())
    refused(InvalidInput, numbers=[mine], reason="")
    refused(InvalidInput, numbers=[mine], expires_at=1)
    refused(InvalidInput, query=IssueQuery(text="nowhere"))
    refused(NoSuchEntity, numbers=[mine], caller=world.other)
    refused(NoSuchEntity, numbers=[mine, 10**6])
    monkeypatch.setattr(bulk_suppression, "MOST", 2)
    with pytest.raises(Exception, match="at most 2"):
        bulk_suppression.suppress(world.service, world.caller, "no", query=IssueQuery())
    assert len(names(world, IssueQuery())) == 5


READER = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "shindan:List*", "Resource": "*"}]}


def test_views_are_the_users_own_unless_they_are_shared(world: World) -> None:
    account, region = world.caller.account, world.caller.region
    ada = Caller(account, region, "ada", policies=(READER,))
    query = IssueQuery(text="openssl", severities=("High",), tags=(("stage", None),), kev=True, since=5)
    saved_views.save(world.service, ada, "mine", query)
    saved_views.save(world.service, world.caller, "ours", IssueQuery(), shared=True)
    saved_views.save(world.service, world.caller, "private", IssueQuery())
    assert [(one.name, one.mine) for one in saved_views.list_(world.service, ada)] == [("mine", True), ("ours", False)]
    assert saved_views.get(world.service, ada, "mine").query == query
    assert saved_views.list_(world.service, world.other) == []
    saved_views.save(world.service, ada, "mine", IssueQuery())
    assert saved_views.get(world.service, ada, "mine").query == IssueQuery()
    for name in ("ours", "nothing"):
        with pytest.raises(NoSuchEntity):
            saved_views.delete(world.service, ada, name)
    with pytest.raises(AccessDenied):
        saved_views.save(world.service, ada, "more", IssueQuery(), shared=True)
    with pytest.raises(InvalidInput):
        saved_views.save(world.service, ada, "", IssueQuery())
    saved_views.delete(world.service, ada, "mine")
    with pytest.raises(NoSuchEntity):
        saved_views.get(world.service, ada, "mine")


def test_nobody_sees_without_the_right(world: World) -> None:
    nobody = Caller(world.caller.account, world.caller.region, "nobody")
    for verb in (issue_search.list_, issue_search.facets, issue_search.grouped):
        with pytest.raises(AccessDenied):
            verb(world.service, nobody, IssueQuery())
    with pytest.raises(AccessDenied):
        issue_detail.show(world.service, nobody, 1)
    with pytest.raises(AccessDenied):
        row = issue_search.list_(world.service, world.caller, IssueQuery()).rows[0]
        issue_detail.hosts(world.service, nobody, row)
    with pytest.raises(AccessDenied):
        bulk_suppression.suppress(world.service, nobody, "no", numbers=[1])
    with world.database.read() as connection:
        refused = select(audit.c.outcome).where(audit.c.caller == nobody.principal)
        assert list(connection.execute(refused).scalars()) == ["ACCESS_DENIED"]


@pytest.mark.parametrize(
    "said",
    [
        "text", {"severities": "High"}, {"severities": ["Critical"]}, {"nothing": 1}, {"tags": [["a"]]},
        {"tags": [["a", 1]]}, {"since": True}, {"since": "now"}, {"since": -1}, {"since": 2**60}, {"days": 0},
        {"days": 10**9}, {"days": "7"}, {"kev": "yes"}, {"hosts": [1]}, {"text": 1},
    ],
    ids=str,
)  # fmt: skip
def test_a_query_that_is_none_is_refused(said: Any) -> None:
    with pytest.raises(InvalidInput):
        issue_search.parsed(said)


def test_what_no_database_takes_is_refused(world: World) -> None:
    for query in (
        IssueQuery(text="a\0b"),
        IssueQuery(text="x" * 300),
        IssueQuery(hosts=("\ud800",)),
        IssueQuery(rules=tuple(map(str, range(300)))),
        IssueQuery(severities=("Critical",)),  # type: ignore[arg-type]
    ):
        with pytest.raises(InvalidInput):
            issue_search.list_(world.service, world.caller, query)
    token = issue_search.list_(world.service, world.caller, IssueQuery(), max_results=1).next
    with pytest.raises(InvalidInput):
        issue_search.list_(world.service, world.caller, IssueQuery(kev=True), token=token)
    with pytest.raises(InvalidInput):
        issue_search.list_(world.service, world.caller, IssueQuery(), sort="luck")  # type: ignore[arg-type]


def test_rows_say_what_a_list_shows(world: World) -> None:
    rows = [one for page in pages(world, IssueQuery()) for one in page]
    assert Counter(row.kev for row in rows) == {"2026-10-01": 2, "": 3}
    assert {row.fixed for row in rows if row.issue.component == "openssl"} == {OPENSSL.fixed, OPENSSL_TOO.fixed}
    assert SHOWN_SEVERITIES.index(rows[0].issue.severity) == HIGH
