"""Schedules: what pages show, what they change, and for whom."""

from __future__ import annotations

from typing import Any

import pytest

from service_world import OTHER
from shindan.model.arn import parse
from shindan.model.refusals import NoSuchEntity
from shindan.model.schedule import Plan, Schedule
from shindan.service import schedules
from unit.console.visits import READER, Site, rows, words

LIST = "/console/schedules"
HOSTILE = '<script>alert("1")</script>\u202e\'"><img src=x onerror=alert(2)>'
NIGHTLY = Plan("cron", "0 3 * * *", zone="Europe/Berlin", blackouts=("sat,sun 00:00-24:00",), jitter=600)


def made(site: Site, name: str = "nightly", plan: Plan = NIGHTLY, *, paused: bool = False) -> Schedule:
    """A schedule of a new template."""
    template = site.world.template(site.world.target(f"target of {name[:40]}"), f"template of {name[:40]}")
    return schedules.create(site.world.service, site.world.caller, template, name, plan, paused=paused)


def form(of: str, **more: Any) -> dict[str, Any]:
    """A form that makes one."""
    usual = {"name": "weekly", "template": of, "rhythm": "cron", "cron": "30 4 * * mon", "zone": "Asia/Tokyo"}
    return {**usual, **more}


@pytest.mark.parametrize("language", ["en", "ja"])
def test_an_empty_account_has_a_page_that_says_so(site: Site, language: str) -> None:
    page = words(site.entered(language=language).look(LIST))
    assert {"en": "There are no schedules yet.", "ja": "スケジュールはまだありません。"}[language] in page


@pytest.mark.parametrize(
    ("plan", "paused", "expected"),
    [
        (NIGHTLY, False, ["0 3 * * *", "Europe/Berlin"]),
        (Plan("every", period=172_800), False, ["every 2d", "UTC"]),
        (Plan("every", period=90_000), True, ["every 25h", "paused"]),
        (Plan("first-contact", period=900), False, ["15m after a host is new", "with the next new host"]),
    ],
)
def test_one_in_the_list_and_by_itself(site: Site, plan: Plan, paused: bool, expected: list[str]) -> None:
    one = made(site, plan=plan, paused=paused)
    browser = site.entered()
    (row,) = rows(browser.look(LIST))[1:]
    assert all(text in row for text in ("nightly", "template of nightly", *expected))
    page = browser.look(f"{LIST}/{one.id}")
    assert page.status_code == 200
    assert "It has not begun anything yet." in words(page)
    wanted = 5 if plan.rhythm != "first-contact" and not paused else 0
    assert page.text.partition("Next starts")[2].partition("</section>")[0].count("<li>") == wanted


def test_one_is_made_shown_before_and_removed(site: Site) -> None:
    template = parse(site.world.template(site.world.target())).id
    browser = site.entered()
    assert template in browser.look(f"{LIST}/new").text
    shown = browser.fill(f"{LIST}/new", **form(template, blackouts="2026-12-20..2027-01-06\r\n\r\n"), preview="1")
    assert shown.status_code == 200
    assert shown.text.partition('id="preview"')[2].partition("</section>")[0].count("<li>") == 5
    assert "2026-12-20..2027-01-06" in shown.text, "what was typed is kept"
    assert schedules.list_(site.world.service, site.world.caller) == []
    assert "The schedule is made." in browser.said(browser.fill(f"{LIST}/new", **form(template)))
    (view,) = schedules.list_(site.world.service, site.world.caller)
    assert (view.schedule.name, view.schedule.plan.cron, view.schedule.plan.zone) == (
        "weekly",
        "30 4 * * mon",
        "Asia/Tokyo",
    )
    here = f"{LIST}/{view.schedule.id}"
    assert "The schedule is paused." in browser.said(browser.fill(f"{here}/pause"))
    assert schedules.get(site.world.service, site.world.caller, "weekly").schedule.paused
    assert "The schedule goes on." in browser.said(browser.fill(f"{here}/resume"))
    assert not schedules.get(site.world.service, site.world.caller, "weekly").schedule.paused
    assert "The schedule is removed." in browser.said(browser.fill(f"{here}/delete"))
    with pytest.raises(NoSuchEntity):
        schedules.get(site.world.service, site.world.caller, "weekly")


@pytest.mark.parametrize(
    "wrong",
    [
        {"cron": "nonsense"},
        {"zone": "Nowhere/Land"},
        {"rhythm": "every", "every": "often"},
        {"rhythm": "every", "every": "1d", "begins": "yesterday"},
        {"blackouts": "sometimes"},
        {"jitter": "-1"},
        {"name": ""},
        {"name": "x" * 5_000},
        {"template": "0-abcdefgh"},
        {"template": HOSTILE},
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_made(site: Site, wrong: dict[str, str]) -> None:
    template = parse(site.world.template(site.world.target())).id
    refused = site.entered().fill(f"{LIST}/new", **form(template, **{"blackouts": "daily 22:00-06:00", **wrong}))
    assert refused.status_code == 422
    assert 'role="alert"' in refused.text
    assert schedules.list_(site.world.service, site.world.caller) == []


def test_a_name_is_taken_once(site: Site) -> None:
    one = made(site)
    refused = site.entered().fill(f"{LIST}/new", **form(one.template, name="nightly"))
    assert refused.status_code == 422
    assert 'value="30 4 * * mon"' in refused.text


def test_who_may_only_read_sees_no_button_and_changes_nothing(site: Site) -> None:
    one = made(site)
    browser = site.entered(READER)
    for path in (LIST, f"{LIST}/{one.id}"):
        page = browser.look(path)
        assert page.status_code == 200
        assert 'method="post"' not in page.text.partition("<main")[2]
        assert "New schedule" not in words(page)
    assert browser.look(f"{LIST}/new").status_code == 403
    assert browser.fill(f"{LIST}/new", **form(one.template)).status_code == 403
    for path in ("pause", "resume", "delete"):
        assert browser.fill(f"{LIST}/{one.id}/{path}").status_code == 403
    (view,) = schedules.list_(site.world.service, site.world.caller)
    assert view.schedule == one


def test_another_accounts_schedule_is_not_there(site: Site) -> None:
    one = made(site)
    theirs = site.entered(account=OTHER)
    assert "nightly" not in words(theirs.look(LIST))
    assert theirs.look(f"{LIST}/{one.id}").status_code == 404
    assert theirs.fill(f"{LIST}/new", **form(one.template)).status_code == 422
    for path in ("pause", "resume", "delete"):
        assert theirs.fill(f"{LIST}/{one.id}/{path}").status_code == 404
    (view,) = schedules.list_(site.world.service, site.world.caller)
    assert view.schedule == one


def test_hostile_names_are_inert(site: Site) -> None:
    one = made(site, HOSTILE)
    browser = site.entered()
    for path in (LIST, f"{LIST}/{one.id}", f"{LIST}/new"):
        page = browser.look(path)
        assert page.status_code == 200
        assert "<script>alert" not in page.text
        assert "<img src=x" not in page.text
        assert "\u202e" not in page.text
