"""Targets, templates, runs, findings, rules, feeds and usage: what pages show, what they change, and for whom."""

from __future__ import annotations

import re
from typing import Any

import pytest

from console_world import furnished
from service_world import OTHER
from shindan.model.arn import parse
from unit.console.visits import READER, Site, words

HOSTILE = '<script>alert("1")</script>\u202e\'"><img src=x onerror=alert(2)>'
READ = (
    "targets", "templates", "runs", "findings", "findings?by=rule", "findings/views", "suppressions", "rules", "feeds",
    "usage",
)  # fmt: skip


@pytest.mark.parametrize("page", READ)
@pytest.mark.parametrize("language", ["en", "ja"])
def test_an_empty_account_has_pages_that_say_so(site: Site, page: str, language: str) -> None:
    answer = site.entered(language=language).look(f"/console/{page}")
    assert answer.status_code == 200, words(answer)


@pytest.mark.parametrize("page", READ)
def test_who_may_only_read_sees_no_way_to_change(site: Site, page: str) -> None:
    furnished(site.world)
    answer = site.entered(READER).look(f"/console/{page}")
    assert answer.status_code == 200
    main = answer.text.partition("<main")[2]
    # A search is kept by whoever may search: it is the reader's own.
    assert 'method="post"' not in main.replace('method="post" action="/console/findings/views"', "")


def test_a_target_is_made_shown_and_removed(site: Site) -> None:
    furnished(site.world)
    browser = site.entered()
    form: dict[str, Any] = {"name": f"Web {HOSTILE}", "tag_key": ["stage", ""], "tag_value": ["prod", ""]}
    shown = browser.fill("/console/targets/new", **form, preview="1")
    assert shown.status_code == 200 and "2 hosts" in words(shown)
    anything = browser.fill("/console/targets/new", name="any", tag_key=["team", ""], tag_value=["", ""], preview="1")
    assert "1 host" in words(anything), "a tag without a value means any value"
    assert "The target is made." in browser.said(browser.fill("/console/targets/new", **form))
    page = browser.look("/console/targets")
    assert "stage" in words(page) and "<script>alert" not in page.text and "<img src=x" not in page.text
    again = browser.fill("/console/targets/new", **form)
    assert again.status_code == 422 and "Web " in again.text, "the name is taken, and what was typed is kept"
    (gone,) = re.findall(r'action="(/console/targets/[^"]+/delete)"', page.text)
    assert "The target is removed." in browser.said(browser.fill(gone))
    assert "There are no targets yet." in words(browser.look("/console/targets"))


def test_a_template_is_made_run_copied_and_removed(site: Site) -> None:
    furnished(site.world)
    browser = site.entered()
    browser.fill("/console/targets/new", name="everybody")
    (target,) = re.findall(r'<option value="(0-[^"]+)"', browser.look("/console/templates/new").text)
    form = {
        "name": "Nightly",
        "target": target,
        "minutes": "3",
        "package": ["cve", "cis"],
        "tag_key": "team",
        "tag_value": "a",
    }
    assert "The template is made." in browser.said(browser.fill("/console/templates/new", **form))
    page = browser.look("/console/templates")
    assert "Nightly" in words(page) and "everybody" in words(page)
    (copied,) = re.findall(r'href="(/console/templates/new\?copy=[^"]+)"', page.text)
    assert "Nightly, changed" in browser.look(copied).text
    refused = browser.fill("/console/templates/new", **{**form, "name": ""})
    assert refused.status_code == 422
    (gone,) = re.findall(r'action="(/console/templates/[^"]+/delete)"', page.text)
    assert "The template is removed." in browser.said(browser.fill(gone))


def test_a_run_is_shown_on_its_way_and_at_its_end(site: Site) -> None:
    hosts = furnished(site.world)
    template = parse(site.world.template(site.world.target()))
    going = site.world.run(template, hosts=[hosts[0].id])
    browser = site.entered()
    page = browser.look(f"/console/runs/{going.id}")
    assert "collecting" in words(page) and f"/console/runs/{going.id}/live" in page.text
    ended = site.world.run(template, "COMPLETED_WITH_ERRORS", hosts=[hosts[1].id])
    page = browser.look(f"/console/runs/{ended.id}")
    assert "completed with errors" in words(page) and "Run again" in words(page)
    assert "completed with errors" in words(browser.look("/console/runs"))
    assert going.id not in browser.look("/console/runs?state=COMPLETED_WITH_ERRORS").text
    reader = site.entered(READER)
    assert "Run again" not in words(reader.look(f"/console/runs/{ended.id}"))
    assert reader.fill(f"/console/runs/{ended.id}/delete").status_code == 403
    assert "The run is removed." in browser.said(browser.fill(f"/console/runs/{ended.id}/delete"))
    assert browser.look(f"/console/runs/{ended.id}").status_code == 404


def test_runs_of_others_and_what_is_no_run_are_not_there(site: Site) -> None:
    browser = site.entered()
    for id_ in ("0-abcdefgh", "nonsense", "0-%3Cscript%3E"):
        assert browser.look(f"/console/runs/{id_}").status_code == 404
        assert browser.fill(f"/console/templates/{id_}/run").status_code == 404
    theirs = site.entered(account=OTHER)
    theirs.fill("/console/targets/new", name="theirs")
    (target,) = re.findall(r'<option value="(0-[^"]+)"', theirs.look("/console/templates/new").text)
    form: dict[str, Any] = {"name": "Theirs", "target": target, "minutes": "3", "package": "cve"}
    theirs.fill("/console/templates/new", **form)
    (mine,) = re.findall(r"/console/templates/(0-[^/]+)/run", theirs.look("/console/templates").text)
    assert browser.fill(f"/console/templates/{mine}/run").status_code == 404
    assert browser.fill(f"/console/targets/{target}/delete").status_code == 404
    assert "Theirs" in words(theirs.look("/console/templates"))


@pytest.mark.parametrize("path", ["targets/new", "templates/new"])
def test_who_may_only_read_makes_nothing(site: Site, path: str) -> None:
    browser = site.entered(READER)
    assert browser.look(f"/console/{path}").status_code == 403
    assert browser.fill(f"/console/{path}", name="x").status_code == 403


def test_rules_are_searched_and_told_in_full(site: Site) -> None:
    browser = site.entered(READER)
    page = browser.look("/console/rules?q=root+login&benchmark=debian-12")
    assert "ssh-root-login" in page.text
    one = browser.look("/console/rules/ssh-root-login")
    assert "5.1.20" in words(one) and "PermitRootLogin" in one.text
    assert browser.look("/console/rules/no-such-rule").status_code == 404
