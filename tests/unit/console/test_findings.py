"""Findings: narrowed by facets, kept as views, suppressed, and one of them in full."""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.datastructures import QueryParams

from console_world import CURL, OPENSSL, OPENSSL_TOO, furnished, see
from service_world import CIS, OTHER, World
from shindan.console.finding_search import address_of, query_of
from shindan.model.arn import parse
from shindan.model.issue_query import STATUSES, IssueQuery
from shindan.model.packages import PackageName
from shindan.model.stored_finding import PACKAGE_NUMBERS, SHOWN_SEVERITIES
from shindan.service import bulk_suppression, saved_views
from shindan.service.caller import Caller
from shindan.store.rules import Rule
from unit.console.visits import ADMINISTRATOR, READER, Browser, Site, rows, words

HOSTILE = '<script>alert("1")</script>\u202e\'"><img src=x onerror=alert(2)>'
OWN_RULE = """
[own-telnet]
title = "No telnet server"
severity = "Low"
why = "Telnet sends passwords in the clear."
remedy = "Remove it."
fix = { sh = "apt-get purge telnetd" }
check = { package = { name = "telnetd", installed = false } }
"""
OWN = Rule(
    "cis", "No telnet server", "Instance {agent}: No telnet server",
    "Telnet sends passwords in the clear.\n\nObserved: {subject}.", "Remove it.", (("BENCHMARK_ID", "own rules"),),
)  # fmt: skip


def links(answer: httpx.Response, beginning: str) -> list[str]:
    """Where the links of a page lead whose addresses begin so."""
    return [unescape(one) for one in re.findall(r'href="([^"]*)"', answer.text) if unescape(one).startswith(beginning)]


def numbers(answer: httpx.Response) -> list[str]:
    return re.findall(r'name="number" value="(\d+)"', answer.text)


def facet(answer: httpx.Response, name: str) -> str:
    """What a facet says."""
    found = re.search(rf'<div class="facet" id="facet-{name}">(.*?)</div>', answer.text, re.S)
    return " ".join(unescape(re.sub("<[^>]*>", " ", found[1])).split()) if found else ""


@pytest.mark.parametrize(
    ("name", "label", "values"),
    [
        ("component", "Package", "openssl 4 curl 2"),
        ("rule", "Rule", "CVE-2026-0001 2 CVE-2026-0002 2 CVE-2026-0003 2 Cron is there 1"),
        ("host", "Host", "web-1 4 api-1 2 old-1 1"),
        ("tag", "Tag", "stage=prod 6 team=a 2"),
        ("since", "First seen", "within 1 day 0 within 7 days 0 within 30 days 0"),
    ],
)
def test_facets_of_many_values_are_counted_when_they_are_opened(site: Site, name: str, label: str, values: str) -> None:
    furnished(site.world)
    browser = site.entered()
    page = browser.look("/console/findings")
    assert facet(page, name) == label
    (way,) = [one for one in links(page, "/console/findings?") if one.endswith(f"#facet-{name}")]
    assert facet(browser.look(way.partition("#")[0]), name) == f"{label} {values}"


def test_what_is_chosen_is_shown_and_let_go_of(site: Site) -> None:
    web, api, _ = furnished(site.world)
    browser = site.entered()
    page = browser.look(f"/console/findings?host={api.id}&severity=High")
    assert len(rows(page)) == 2 and "api-1" in rows(page)[1]
    assert all(f" {name} 1" in facet(page, "host") for name in ("web-1", "api-1")), "others can be chosen, too"
    without = re.findall(r'<a class="chip" href="([^"]*)" aria-label="Without ([^"]*)"', page.text)
    assert [unescape(name) for _, name in without] == ["Severity: High", "Host: api-1"]
    assert [unescape(way) for way, _ in without] == [
        f"/console/findings?host={api.id}", "/console/findings?severity=High",
    ]  # fmt: skip
    both = browser.look(f"/console/findings?host={api.id}&host={web.id}&severity=High")
    assert len(rows(both)) == 3
    assert f"host={web.id}&severity=High" in " ".join(links(both, "/console/findings?"))


def test_of_some_facets_one_value_is_asked_for(site: Site) -> None:
    furnished(site.world)
    page = site.entered().look("/console/findings?kev=yes")
    assert "/console/findings?kev=no" in links(page, "/console/findings?"), "the other answer, not both"
    fixed = site.entered().look("/console/findings?since=7")
    assert "within 7 days 0" in facet(fixed, "since") and "/console/findings?since=30" in links(fixed, "/console/")


@pytest.mark.parametrize(
    "asked", ["severity=Grave", "status=closed", "package=x", "since=0", "since=soon", "since=99999999", "after=-1", "q=" + "x" * 300]
)  # fmt: skip
def test_what_cannot_be_asked_is_refused(site: Site, asked: str) -> None:
    assert site.entered().look(f"/console/findings?{asked}").status_code == 400


TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=8)
KEYS = TEXTS.filter(lambda key: "=" not in key)


def some(*values: str) -> Any:
    return st.lists(st.sampled_from(values), unique=True, max_size=3).map(tuple)


@settings(max_examples=200)
@given(
    st.builds(
        IssueQuery,
        text=TEXTS.map(str.strip) | st.just(""),
        statuses=some(*STATUSES).filter(bool),
        severities=some(*SHOWN_SEVERITIES),
        packages=some(*PACKAGE_NUMBERS),
        platforms=st.lists(TEXTS, max_size=2).map(tuple),
        hosts=st.lists(TEXTS, max_size=2).map(tuple),
        rules=st.lists(TEXTS, max_size=2).map(tuple),
        components=st.lists(TEXTS, max_size=2).map(tuple),
        tags=st.lists(st.tuples(KEYS, st.none() | TEXTS | st.just("")), max_size=2).map(tuple),
        kev=st.none() | st.booleans(),
        fixable=st.none() | st.booleans(),
        since=st.none() | st.integers(1, 2**50),
        days=st.none() | st.integers(1, 400),
    )
)
def test_the_address_of_a_search_is_read_as_that_search(query: IssueQuery) -> None:
    assert query_of(QueryParams(urlsplit(address_of(query)).query)) == query


def test_of_any_state_is_an_address_too() -> None:
    assert query_of(QueryParams(urlsplit(address_of(IssueQuery(statuses=()))).query)).statuses == STATUSES


# ── views ──


def keep(browser: Browser, back: str, name: str, **more: Any) -> str:
    return browser.said(browser.fill("/console/findings/views", back=back, name=name, **more))


def test_a_search_is_kept_opened_and_let_go_of(site: Site) -> None:
    furnished(site.world)
    browser = site.entered()
    search = "/console/findings?q=cve&severity=High&tag=stage%3Dprod&since=30&status=open&status=fixed"
    assert "The view is saved." in keep(browser, search, f"Mine {HOSTILE}")
    page = browser.look("/console/findings")
    assert "<script>alert" not in page.text and "<img src=x" not in page.text
    (way,) = [one for one in links(page, "/console/findings?") if "tag=stage" in one]
    assert query_of(QueryParams(urlsplit(way).query)) == query_of(QueryParams(urlsplit(search).query))
    opened = browser.look(way)
    assert opened.status_code == 200 and re.search(r'class="chip"[^>]* aria-current="true">Mine', opened.text)
    told = browser.look("/console/findings/views")
    assert "<script>alert" not in told.text
    for said in ("Search cve", "Severity High", "State fixed", "First seen within 30 days", "Tag stage=prod"):
        assert said in words(told)
    name = f"Mine {HOSTILE}"
    assert "The view is deleted." in browser.said(browser.fill("/console/findings/views/delete", name=name))
    assert "No view is saved yet." in words(browser.look("/console/findings/views"))
    assert browser.fill("/console/findings/views/delete", name=name).status_code == 404


def test_views_are_shared_by_who_may_and_deleted_by_whose_they_are(site: Site) -> None:
    furnished(site.world)
    browser, reader = site.entered(), site.entered(READER)
    keep(browser, "/console/findings?kev=yes", "Urgent", shared="1")
    keep(browser, "/console/findings?kev=no", "Private")
    page = reader.look("/console/findings/views")
    assert "Urgent" in words(page) and "shared" in words(page) and "Private" not in words(page)
    assert "Delete" not in words(page)
    assert reader.fill("/console/findings/views/delete", name="Urgent").status_code == 404
    assert "Your policies do not allow this." in keep(reader, "/console/findings", "Ours", shared="1")
    assert "Others of the account may use it" not in words(reader.look("/console/findings"))
    assert "The view is saved." in keep(reader, "/console/findings?kev=yes", "My own")
    assert "My own" not in words(browser.look("/console/findings/views"))
    assert "Urgent" not in words(site.entered(account=OTHER).look("/console/findings/views"))


@pytest.mark.parametrize(
    ("name", "back"), [("", "/console/findings"), ("x" * 101, "/console/findings"), ("x", "/console/findings?status=no")]
)  # fmt: skip
def test_a_view_that_cannot_be_is_refused(site: Site, name: str, back: str) -> None:
    browser = site.entered()
    answer = browser.fill("/console/findings/views", name=name, back=back)
    assert answer.status_code == 303
    assert "No view is saved yet." in words(browser.look("/console/findings/views"))


def test_many_views_are_not_all_on_the_page(site: Site) -> None:
    ada = Caller(site.world.caller.account, site.world.caller.region, ADMINISTRATOR, administrator=True)
    for at in range(14):
        saved_views.save(site.world.service, ada, f"View {at:02}", IssueQuery(days=at + 1))
    page = site.entered().look("/console/findings")
    assert "View 11" in words(page) and "View 12" not in words(page) and "2 more" in words(page)


# ── suppressions ──


def test_findings_are_suppressed_and_come_back(site: Site) -> None:
    furnished(site.world)
    browser = site.entered()
    chosen = numbers(browser.look("/console/findings"))[:1]
    said = browser.said(browser.fill("/console/findings/suppress", number=chosen, reason=HOSTILE, days="7"))
    assert "1 finding is suppressed." in said
    one = browser.look(f"/console/findings/{chosen[0]}")
    assert "<script>alert" not in one.text and "until" in words(one)
    listed = browser.look("/console/suppressions")
    assert "<script>alert" not in listed.text
    (end,) = re.findall(r'action="(/console/suppressions/[^"]+/end)"', listed.text)
    assert "Its findings count again." in browser.said(browser.fill(end))
    reader = site.entered(READER)
    refused = reader.fill("/console/findings/suppress", number=chosen, reason="no")
    assert refused.headers["location"] == "/console/findings"
    assert "Your policies do not allow this." in reader.said(refused)
    assert "Nothing is suppressed." in words(reader.look("/console/suppressions"))
    assert "/console/findings/suppress" not in reader.look("/console/findings").text
    assert "/console/findings/suppress" not in reader.look(f"/console/findings/{chosen[0]}").text


def test_all_that_a_search_finds_is_suppressed_at_once(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    furnished(site.world)
    browser = site.entered()
    form: dict[str, Any] = {"which": "search", "reason": "known", "back": "/console/findings?component=openssl"}
    assert "at most 4" in words(browser.look(form["back"]))
    assert "4 findings are suppressed." in browser.said(browser.fill("/console/findings/suppress", **form))
    assert "3 findings" in words(browser.look("/console/findings"))
    monkeypatch.setattr(bulk_suppression, "MOST", 2)
    assert "where that is 2 at most: narrow it." in words(browser.look("/console/findings"))
    said = browser.said(browser.fill("/console/findings/suppress", **{**form, "back": "/console/findings"}))
    assert "suppressed." not in said


@pytest.mark.parametrize("back", ["//evil.test/console/findings", "https://evil.test/console/findings", "/console/findingsx", "javascript:0"])  # fmt: skip
def test_nobody_is_led_away_from_the_console(site: Site, back: str) -> None:
    answer = site.entered().fill("/console/findings/suppress", reason="x", back=back)
    assert answer.headers["location"] == "/console/findings"


# ── one finding ──


def number_of(browser: Browser, search: str) -> str:
    found = numbers(browser.look(f"/console/findings?{search}"))
    assert found
    return found[0]


def test_a_flaw_of_a_package_in_full(site: Site) -> None:
    furnished(site.world)
    fixing = OPENSSL._replace(
        id="CVE-2026-0009", description="It leaks.\n\nThe installed package {subject} is affected; mend it (by osv).",
        recommendation="Bring it up. Reference: [CVE-2026-0009](https://www.cve.org/CVERecord?id=CVE-2026-0009).",
    )  # fmt: skip
    web = site.world.host("web-9")
    see_as(site.world, [web], fixing)
    browser = site.entered()
    page = browser.look(f"/console/findings/{number_of(browser, 'q=CVE-2026-0009')}")
    said = words(page)
    assert "It leaks." in said and "The installed package openssl-1.0-1 is affected; mend it (by osv)." in said
    assert "apt-get install --only-upgrade openssl" in said and "To be mended by 2026-10-01" in said
    assert "https://www.cve.org/CVERecord?id=CVE-2026-0009" in links(page, "https://")
    assert "Reference:" not in said and "No run looked for it on this host" in said
    assert f"/console/hosts/{web.id}/packages?q=openssl" in links(page, "/console/hosts/")


def see_as(world: World, hosts: Any, flaw: Rule, observed: str = "absent", package: PackageName = "cve") -> None:
    see(world, hosts, [flaw], 2_000, package=package, severity=2, observed=observed)


def test_a_users_own_rule_in_full(site: Site) -> None:
    folder = site.world.service.data / "rules"
    folder.mkdir()
    (folder / "own.toml").write_text(OWN_RULE)
    web = site.world.host(HOSTILE)
    see_as(site.world, [web], OWN, "telnetd: 1; /etc/<b>: 022 (wanted: not installed)", "cis")
    browser = site.entered()
    number = number_of(browser, "package=cis")
    page = browser.look(f"/console/findings/{number}")
    said = words(page)
    assert "Telnet sends passwords in the clear." in said and "apt-get purge telnetd" in said
    assert "telnetd: 1 /etc/<b>: 022 wanted: not installed" in said
    assert "<script>alert" not in page.text and "<b>: 022" not in page.text
    (way,) = links(page, "/console/rules/")
    assert "No telnet server" in words(browser.look(way))
    (folder / "own.toml").unlink()
    gone = browser.look(f"/console/findings/{number}")
    assert "Remove it." in words(gone) and links(gone, "/console/rules/") == [], "what was found stays told"


def test_what_runs_said_of_it(site: Site) -> None:
    world = site.world
    web, _, _ = furnished(world)
    target = world.target()
    cve = parse(world.template(target))
    runs = [
        world.run(cve, "COMPLETED", hosts=[web.id]),
        world.run(cve, "COLLECTING_DATA", hosts=[web.id]),
        world.run(parse(world.template(target, "cis", packages=[CIS])), "COMPLETED", hosts=[]),
    ]
    browser = site.entered()
    page = browser.look(f"/console/findings/{number_of(browser, f'host={web.id}&package=cve')}")
    assert [one.rpartition("/")[2] for one in links(page, "/console/runs/")] == [runs[0].id]
    assert "not judged" in words(page), "the host was not evaluated in it"


def test_hosts_that_have_it_are_paged(site: Site) -> None:
    hosts = [site.world.host(f"node-{at:02}") for at in range(30)]
    see(site.world, hosts, [CURL], 1_000)
    browser = site.entered()
    page = browser.look(f"/console/findings/{number_of(browser, 'sort=newest')}")
    assert "Hosts that have it 30" in words(page) and "this one" in words(page)
    first = set(re.findall(r"node-\d\d", " ".join(rows(page))))
    (following,) = [one for one in links(page, "/console/findings/") if "page=" in one]
    second = set(re.findall(r"node-\d\d", " ".join(rows(browser.look(following)))))
    assert (len(first), len(second), first & second) == (25, 5, set())


def test_findings_of_others_and_what_is_none_are_not_there(site: Site) -> None:
    furnished(site.world)
    number = number_of(site.entered(), "")
    assert site.entered(account=OTHER).look(f"/console/findings/{number}").status_code == 404
    for none in ("999999999", "x", "9" * 30, "%3Cscript%3E"):
        assert site.entered().look(f"/console/findings/{none}").status_code == 404


def test_a_rule_leads_to_its_findings_by_whichever_number(site: Site) -> None:
    web = site.world.host("web-1")
    title = "Root cannot log in over SSH"
    found = [OWN._replace(id=title), OWN._replace(id=f"5.1.20 {title}"), OWN._replace(id=f"9.9.99 {title}")]
    see(site.world, [web], found, 2_000, package="cis", severity=2)
    browser = site.entered()
    (way,) = links(browser.look("/console/rules/ssh-root-login"), "/console/findings?rule=")
    told = rows(browser.look(way))[1:]
    assert len(told) == 2 and not any("9.9.99" in one for one in told)


def test_by_rule_leads_to_its_hosts(site: Site) -> None:
    furnished(site.world)
    browser = site.entered(language="ja")
    page = browser.look("/console/findings?by=rule")
    ways = [one for one in links(page, "/console/findings?rule=") if OPENSSL_TOO.id in one]
    assert len(rows(browser.look(ways[0]))) == 3
