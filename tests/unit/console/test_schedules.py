"""Schedules: what pages show, what they change, and for whom."""

from __future__ import annotations

from typing import Any

import pytest

from service_world import OTHER
from shindan.model.arn import parse
from shindan.model.refusals import NoSuchEntity
from shindan.model.schedule import Plan, ReportWish, Schedule
from shindan.service import channels, policies, schedules, users
from shindan.service.channel_text import ChannelText
from unit.console.visits import READER, Site, at_field, form_of, rows, words

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


# ── changing one ──

EVERY_MEMBER = (
    Plan("cron", "30 4 * * mon", zone="Asia/Tokyo", blackouts=("sat,sun", "2026-12-24"), in_blackout="skip",
         missed="skip", jitter=600, report=ReportWish("ops", "HTML", "FULL", "ja")),
    Plan("every", period=172_800, zone="Europe/Berlin", begins="2026-12-01T03:00"),
    Plan("first-contact", period=3600, blackouts=("daily 22:00-06:00",)),
)  # fmt: skip


def channel(site: Site, name: str = "ops") -> None:
    text = ChannelText(name=name, address="arn:aws:sns:us-west-2:123456789012:ops")
    channels.create(site.world.service, site.world.caller, text)


def the_one(site: Site) -> Schedule:
    (view,) = schedules.list_(site.world.service, site.world.caller)
    return view.schedule


@pytest.mark.parametrize("plan", EVERY_MEMBER, ids=lambda plan: plan.rhythm)
@pytest.mark.parametrize("name", ["nightly", "\"><b>'&amp;"])
def test_a_form_that_is_sent_back_as_it_came_changes_nothing(site: Site, plan: Plan, name: str) -> None:
    channel(site)
    one = made(site, name, plan)
    browser = site.entered()
    page = browser.look(f"{LIST}/{one.id}/edit")
    assert page.status_code == 200
    sent = browser.fill(f"{LIST}/{one.id}/edit", **form_of(page, f"{LIST}/{one.id}/edit"))
    assert "The schedule is changed." in browser.said(sent)
    assert the_one(site) == one


def test_one_is_changed_and_shown_before(site: Site) -> None:
    channel(site)
    one = made(site)
    browser = site.entered()
    here = f"{LIST}/{one.id}"
    assert f'href="{here}/edit"' in browser.look(here).text
    given = form_of(browser.look(f"{here}/edit"), f"{here}/edit")
    given |= {"name": "weekly", "rhythm": "every", "every": "2d", "begins": "2030-12-01T03:00", "jitter": "0m"}
    given |= {"channel": "ops", "format": "HTML", "type": "FULL", "language": "ja"}
    shown = browser.fill(f"{here}/edit", **given, preview="1")
    assert shown.status_code == 200
    assert shown.text.partition('id="preview"')[2].partition("</section>")[0].count("<li>") == 5
    assert the_one(site) == one, "nothing is done yet"
    page = browser.said(browser.fill(f"{here}/edit", **given))
    assert all(
        text in page
        for text in ("The schedule is changed.", "weekly", "every 2d", "ops", "HTML", "Full report", "日本語")
    )
    changed = the_one(site)
    assert (changed.id, changed.name, changed.template) == (one.id, "weekly", one.template)
    assert (changed.plan.rhythm, changed.plan.period, changed.plan.blackouts) == ("every", 172_800, NIGHTLY.blackouts)
    assert changed.plan.report == ReportWish("ops", "HTML", "FULL", "ja")
    given["channel"] = ""
    browser.fill(f"{here}/edit", **given)
    assert the_one(site).plan.report is None


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"cron": "nonsense"}, "cron"),
        ({"zone": "Nowhere/Land"}, "zone"),
        ({"rhythm": "every", "every": "often"}, "every"),
        ({"rhythm": "every", "every": "1d", "begins": "yesterday"}, "begins"),
        ({"rhythm": "first-contact", "settle": "-1"}, "settle"),
        ({"blackouts": "sometimes"}, "blackouts"),
        ({"blackouts": "daily"}, "blackouts"),
        ({"jitter": "-1"}, "jitter"),
        ({"jitter": "7h"}, "jitter"),
        ({"name": ""}, "name"),
        ({"name": "taken"}, "name"),
        ({"channel": "nobody"}, "channel"),
    ],
)
@pytest.mark.parametrize("language", ["en", "ja"])
def test_what_is_wrong_is_said_at_its_field(site: Site, wrong: dict[str, str], field: str, language: str) -> None:
    made(site, "taken")
    one = made(site)
    browser = site.entered(language=language)
    here = f"{LIST}/{one.id}/edit"
    given = form_of(browser.look(here), here) | wrong
    for path, more in ((here, {}), (f"{LIST}/new", {"template": one.template, "name": wrong.get("name", "new")})):
        refused = browser.fill(path, **{**given, **more})
        assert refused.status_code == 422
        said = at_field(refused, field)
        assert {"en": "This cannot be used:", "ja": "この値は使えません："}[language] in said
        assert sum("aria-invalid" in tag for tag in refused.text.split("<")) <= 1
        assert form_of(refused, path)[field] == wrong[field], "what was typed is kept"
    assert one in [view.schedule for view in schedules.list_(site.world.service, site.world.caller)]


def test_a_report_stays_though_its_channel_is_gone_or_out_of_sight(site: Site) -> None:
    channel(site)
    one = made(site, plan=EVERY_MEMBER[0])
    service, caller = site.world.service, site.world.caller
    statement = {
        "Effect": "Allow",
        "Action": ["shindan:*Schedule*", "inspector:*", "shindan:SendReport"],
        "Resource": "*",
    }
    policies.put(service, caller, "scheduler", {"Version": "2012-10-17", "Statement": [statement]})
    users.create(service, caller, "ann", policy_names=["scheduler"])
    browser, here = site.entered("ann"), f"{LIST}/{one.id}/edit"
    given = form_of(browser.look(here), here)
    assert given["channel"] == "ops"
    assert "The schedule is changed." in browser.said(browser.fill(here, **{**given, "jitter": "0m"}))
    assert the_one(site).plan.report == one.plan.report
    channels.delete(service, caller, "ops")
    browser = site.entered()
    assert "there is no such channel" in words(browser.look(f"{LIST}/{one.id}"))
    given = form_of(browser.look(here), here)
    assert browser.fill(here, **{**given, "jitter": "5m"}).status_code == 422
    assert "The schedule is changed." in browser.said(browser.fill(here, **{**given, "name": "other"}))
    assert the_one(site).name == "other"


def test_who_may_not_change_one_does_not_come_to_its_form(site: Site) -> None:
    one = made(site)
    here = f"{LIST}/{one.id}/edit"
    reader, theirs = site.entered(READER), site.entered(account=OTHER)
    assert "/edit" not in reader.look(f"{LIST}/{one.id}").text
    assert (reader.look(here).status_code, theirs.look(here).status_code) == (403, 404)
    given = form(one.template, name="x")
    assert (reader.fill(here, **given).status_code, theirs.fill(here, **given).status_code) == (403, 404)
    without = site.entered()
    without.look(here)
    assert without.fill(here, csrf="", **given).status_code == 403
    assert the_one(site) == one
