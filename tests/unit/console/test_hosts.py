"""Hosts, and one host: what is shown, and what is changed."""

from __future__ import annotations

import re

import pytest

from console_world import furnished
from service_world import OTHER
from shindan.console.host import shown
from shindan.engine.clock import milliseconds
from shindan.service import hosts_admin
from shindan.service.tags_of_hosts import UnknownHost
from unit.console.visits import READER, Site, rows, words

HOSTILE = '<script>alert("1")</script>\u202e\'"><img src=x onerror=alert(2)>' + "x" * 10_000
PARTS = ("", "/packages", "/facts", "/facts?kind=package", "/exposure", "/runs")


def names(site: Site, query: str = "") -> list[str]:
    """The hosts of a list, by name."""
    page = site.entered().look(f"/console/hosts{query}")
    assert page.status_code == 200
    return [found for row in rows(page) for found in re.findall(r"^(\w+-1)\b", row)]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["api-1", "old-1", "web-1"]),
        ("?q=web", ["web-1"]),
        ("?tag=stage%3Dprod", ["api-1", "web-1"]),
        ("?tag=team", ["api-1"]),
        ("?platform=debian:12&sort=findings", ["web-1", "api-1", "old-1"]),
        ("?platform=alpine:3.20", []),
        ("?health=HEALTHY", []),
        ("?health=UNKNOWN&q=old", ["old-1"]),
        ("?archived=1", []),
        ("?sort=nonsense", ["api-1", "old-1", "web-1"]),
    ],
)
def test_the_list_is_searched_filtered_and_sorted(site: Site, query: str, expected: list[str]) -> None:
    furnished(site.world, milliseconds())
    assert names(site, query) == expected


def test_the_list_has_pages(site: Site) -> None:
    for number in range(55):
        site.world.host(f"web{number:02d}-1")
    browser = site.entered()
    page = browser.look("/console/hosts")
    assert len(rows(page)) == 51
    following = re.search(r'rel="next" href="([^"]+)"', page.text)
    assert following
    assert len(rows(browser.look(following[1].replace("&amp;", "&")))) == 6
    assert browser.look("/console/hosts?page=nonsense").status_code == 400


def test_findings_of_a_host_lead_to_them(site: Site) -> None:
    web, *_ = furnished(site.world, milliseconds())
    page = site.entered().look("/console/hosts?q=web")
    assert f'href="/console/findings?host={web.id}&amp;severity=High"' in page.text


@pytest.mark.parametrize("part", PARTS)
def test_one_host(site: Site, part: str) -> None:
    web, *_ = furnished(site.world, milliseconds())
    page = site.entered().look(f"/console/hosts/{web.id}{part}")
    assert page.status_code == 200
    assert "web-1" in words(page)
    if part in ("/packages", "/facts?kind=package"):
        assert any("openssl" in row and "3.0.16-1~deb12u1" in row for row in rows(page))


@pytest.mark.parametrize("part", PARTS)
def test_another_accounts_host_is_not_there(site: Site, part: str) -> None:
    web, *_ = furnished(site.world, milliseconds())
    theirs = site.entered(account=OTHER)
    assert theirs.look(f"/console/hosts/{web.id}{part}").status_code == 404
    assert theirs.look("/console/hosts").text.count(web.id) == 0
    assert site.entered().look(f"/console/hosts/i-0123456789abcdef0{part}").status_code == 404


def test_tags_become_those_of_the_form(site: Site) -> None:
    web = site.world.host("web-1", tags={"stage": "prod", "team": "a"})
    browser = site.entered()
    page = browser.look(f"/console/hosts/{web.id}")
    assert 'name="tag_key" value="stage"' in page.text
    sent = browser.fill(f"/console/hosts/{web.id}/tags", tag_key=["stage", "", "site"], tag_value=["test", "", ""])
    assert "The tags are changed." in browser.said(sent)
    assert dict(hosts_admin.show(site.world.service, site.world.caller, web.id).tags) == {"stage": "test", "site": ""}


def test_what_was_typed_stays_where_tags_are_refused(site: Site) -> None:
    web = site.world.host("web-1", tags={"stage": "prod"})
    browser = site.entered()
    browser.look(f"/console/hosts/{web.id}")
    refused = browser.fill(f"/console/hosts/{web.id}/tags", tag_key=["stage", "k" * 129], tag_value=["prod", "kept"])
    assert refused.status_code == 422
    assert 'value="kept"' in refused.text
    assert hosts_admin.show(site.world.service, site.world.caller, web.id).tags == (("stage", "prod"),)


def test_a_host_is_archived_taken_back_and_removed(site: Site) -> None:
    web = site.world.host("web-1")
    browser = site.entered()
    browser.look(f"/console/hosts/{web.id}")
    assert "The host is archived." in browser.said(browser.fill(f"/console/hosts/{web.id}/archive", archived="1"))
    assert (names(site), names(site, "?archived=1")) == ([], ["web-1"])
    assert "The host is back." in browser.said(browser.fill(f"/console/hosts/{web.id}/archive", archived="0"))
    assert "The host is removed." in browser.said(browser.fill(f"/console/hosts/{web.id}/remove"))
    with pytest.raises(UnknownHost):
        hosts_admin.show(site.world.service, site.world.caller, web.id)


def test_who_may_only_read_sees_no_button_and_changes_nothing(site: Site) -> None:
    web = site.world.host("web-1", tags={"stage": "prod"})
    browser = site.entered(READER)
    page = words(browser.look(f"/console/hosts/{web.id}"))
    assert not {"Remove", "Archive"} & set(page.split())
    assert "Change tags" not in page
    assert "Add a host" not in words(browser.look("/console/hosts"))
    for path in ("tags", "archive", "remove"):
        assert (
            browser.fill(f"/console/hosts/{web.id}/{path}", archived="1", tag_key="a", tag_value="b").status_code == 403
        )
    assert hosts_admin.show(site.world.service, site.world.caller, web.id) == web


def test_another_account_changes_nothing(site: Site) -> None:
    web = site.world.host("web-1", tags={"stage": "prod"})
    browser = site.entered(account=OTHER)
    for path in ("tags", "archive", "remove"):
        assert (
            browser.fill(f"/console/hosts/{web.id}/{path}", archived="1", tag_key="a", tag_value="b").status_code == 404
        )
    assert hosts_admin.show(site.world.service, site.world.caller, web.id) == web


def test_hostile_names_are_inert(site: Site) -> None:
    host = site.world.host(HOSTILE[:200], tags={HOSTILE[:100]: HOSTILE[:250]}, packages={HOSTILE[:300]: "1<b>2"})
    for path in ("/console/hosts", *(f"/console/hosts/{host.id}{part}" for part in PARTS)):
        page = site.entered().look(path)
        assert page.status_code == 200
        assert "<script>alert" not in page.text
        assert "<img src=x" not in page.text
        assert "<b>2" not in page.text
        assert "\u202e" not in page.text


def test_every_part_speaks_japanese(site: Site) -> None:
    web, *_ = furnished(site.world, milliseconds())
    browser = site.entered(language="ja")
    expected = (
        "判定したルールパッケージ",
        "修正バージョン",
        "情報の種類別の件数",
        "情報の種類別の件数",
        "待ち受けているプログラム",
        "実行",
    )
    for part, text in zip(PARTS, expected, strict=True):
        assert text in browser.look(f"/console/hosts/{web.id}{part}").text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (None, "null"),
        (22, "22"),
        (1_795_521_600, "1795521600 (2026-11-24 12:00 UTC)"),
        (["a", 1], "a, 1"),
        ("x", "x"),
    ],
)
def test_fields_of_facts(value: object, text: str) -> None:
    assert shown(value) == text
