"""Notifications: channels that pages make, try, pause and remove, and for whom."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from service_world import OTHER
from shindan.model.channel import Channel
from shindan.model.schedule import Plan, ReportWish
from shindan.notify.presets import PRESETS
from shindan.service import channels, schedules
from shindan.service.channel_post import opened
from shindan.service.channel_text import ChannelText, TicketText
from shindan.store import channels as stored
from unit.console.visits import READER, Site, at_field, form_of, rows, words

LIST = "/console/notifications"
HOSTILE = '<script>alert("1")</script>\u202e\'"><img src=x onerror=alert(2)>'
SECRET = "https://127.0.0.1:1/hooks/s3cr3t-part"


def made(site: Site, name: str = "ops") -> Channel:
    """A channel to an address where nothing listens."""
    return channels.create(site.world.service, site.world.caller, ChannelText(name=name, address=SECRET))


@pytest.mark.parametrize("language", ["en", "ja"])
def test_an_empty_account_has_a_page_that_says_so(site: Site, language: str) -> None:
    page = words(site.entered(language=language).look(LIST))
    assert {"en": "There are no channels yet.", "ja": "チャネルはまだありません。"}[language] in page


def test_one_is_made_tried_paused_and_removed(site: Site) -> None:
    browser = site.entered()
    assert browser.look(f"{LIST}/new").status_code == 200
    form: dict[str, Any] = {
        "name": "ops", "address": SECRET, "event": ["run-failed", "finding-fixed"], "least": "High", "kev": "1",
        "tags": "stage=prod\r\nteam", "at": "08:30", "zone": "Asia/Tokyo",
    }  # fmt: skip
    assert "The channel is made" in browser.said(browser.fill(f"{LIST}/new", **form))
    (view,) = channels.list_(site.world.service, site.world.caller)
    one = view.channel
    assert (one.conditions.events, one.conditions.least) == (("finding-fixed", "run-failed"), "High")
    assert (one.conditions.kev, one.conditions.tags) == (True, (("stage", "prod"), ("team", None)))
    here = f"{LIST}/{one.id}"
    page = browser.look(here)
    assert "A run failed" in words(page)
    assert "08:30 Asia/Tokyo" in words(page)
    assert "s3cr3t" not in page.text + browser.look(LIST).text
    assert "The test message did not arrive" in browser.said(browser.fill(f"{here}/test"))
    assert len(channels.log(site.world.service, site.world.caller, one.id).items) == 1
    assert "Nothing has been sent yet." not in words(browser.look(here))
    assert "The channel is paused." in browser.said(browser.fill(f"{here}/pause"))
    assert channels.get(site.world.service, site.world.caller, one.id).channel.paused
    assert "The channel goes on." in browser.said(browser.fill(f"{here}/resume"))
    assert not channels.get(site.world.service, site.world.caller, one.id).channel.paused
    assert "The channel is removed." in browser.said(browser.fill(f"{here}/delete"))
    assert channels.list_(site.world.service, site.world.caller) == []


@pytest.mark.parametrize(
    "wrong",
    [{"address": "ftp//nowhere"}, {"address": ""}, {"name": ""}, {"event": []}, {"least": "Grave"}, {"every": "90s"}, {"zone": "No/Where", "at": "08:00"}],
)  # fmt: skip
def test_what_is_wrong_is_said_and_nothing_is_made(site: Site, wrong: dict[str, Any]) -> None:
    form = {"name": "ops", "address": SECRET, "event": ["run-failed"], "least": "High", "tags": "kept=1", **wrong}
    refused = site.entered().fill(f"{LIST}/new", **form)
    assert refused.status_code == 422
    assert "kept=1" in refused.text
    assert channels.list_(site.world.service, site.world.caller) == []


def test_who_may_only_read_sees_no_button_and_changes_nothing(site: Site) -> None:
    one = made(site)
    browser = site.entered(READER)
    for path in (LIST, f"{LIST}/{one.id}"):
        page = browser.look(path)
        assert page.status_code == 200
        assert 'method="post"' not in page.text.partition("<main")[2]
    assert browser.look(f"{LIST}/new").status_code == 403
    assert browser.fill(f"{LIST}/new", name="x", address=SECRET, event="run-failed").status_code == 403
    for path in ("test", "pause", "resume", "delete"):
        assert browser.fill(f"{LIST}/{one.id}/{path}").status_code == 403
    assert [view.channel for view in channels.list_(site.world.service, site.world.caller)] == [one]


def test_another_accounts_channel_is_not_there(site: Site) -> None:
    one = made(site)
    theirs = site.entered(account=OTHER)
    assert "There are no channels yet." in words(theirs.look(LIST))
    assert theirs.look(f"{LIST}/{one.id}").status_code == 404
    for path in ("test", "pause", "resume", "delete"):
        assert theirs.fill(f"{LIST}/{one.id}/{path}").status_code == 404
    assert [view.channel for view in channels.list_(site.world.service, site.world.caller)] == [one]


def test_hostile_names_are_inert(site: Site) -> None:
    one = made(site, HOSTILE)
    for path in (LIST, f"{LIST}/{one.id}"):
        page = site.entered().look(path)
        assert page.status_code == 200
        assert "<script>alert" not in page.text
        assert "<img src=x" not in page.text
        assert "\u202e" not in page.text


# ── changing one ──

TRACKER = "https://jira.example/rest/api/2/issue"
TOKEN = "Bearer hidden-word"


def secret(site: Site, one: Channel) -> tuple[str, dict[str, str]]:
    """What is sealed of a channel."""
    with site.world.database.read() as connection:
        kept = opened(site.world.service.keys["secrets"], one.id, stored.secret_of(connection, one.id))
    return kept.address, dict(kept.headers)


def the_one(site: Site) -> Channel:
    (view,) = channels.list_(site.world.service, site.world.caller)
    return view.channel


def ticketed(site: Site, **more: Any) -> Channel:
    text = ChannelText(
        name="jira", address=TRACKER, headers={"Authorization": TOKEN}, events=("finding-opened", "finding-fixed"),
        ticketing=TicketText(preset="jira", parameters={"project": "SEC", "type": "Task"}, **more),
    )  # fmt: skip
    return channels.create(site.world.service, site.world.caller, text)


def full(site: Site) -> Channel:
    text = ChannelText(
        name="ops", address=SECRET, events=("finding-fixed", "run-failed"), least="High", kev=True, new_only=True,
        packages=("openssl*", "lib[a-z]"), tags=("stage=prod", "team"), rules=("cve", "cis"), at="08:30",
        zone="Asia/Tokyo", most=7, language="ja",
    )  # fmt: skip
    return channels.create(site.world.service, site.world.caller, text)


@pytest.mark.parametrize("make", [made, full, ticketed, lambda site: ticketed(site, per="finding", open='{"a": {{ about }}}', close="")],
                         ids=["usual", "every member", "tickets", "own templates"])  # fmt: skip
def test_a_form_that_is_sent_back_as_it_came_changes_nothing(site: Site, make: Callable[[Site], Channel]) -> None:
    one = make(site)
    before = secret(site, one)
    browser, here = site.entered(), f"{LIST}/{one.id}/edit"
    page = browser.look(here)
    assert page.status_code == 200
    assert "s3cr3t" not in page.text and "hidden-word" not in page.text
    assert "The channel is changed." in browser.said(browser.fill(here, **form_of(page, here)))
    assert (the_one(site), secret(site, one)) == (one, before)


def test_one_is_changed(site: Site) -> None:
    one = made(site)
    browser, here = site.entered(), f"{LIST}/{one.id}"
    assert f'href="{here}/edit"' in browser.look(here).text
    given = form_of(browser.look(f"{here}/edit"), f"{here}/edit")
    assert given["address"] == ""
    given |= {
        "name": "morning", "event": ["feed-stale"], "least": "Medium", "packages": "openssl*\r\n", "rules": ["network"],
        "at": "07:45", "zone": "Europe/Berlin", "most": "3", "language": "ja",
    }  # fmt: skip
    page = browser.said(browser.fill(f"{here}/edit", **given))
    for text in (
        "The channel is changed.",
        "morning",
        "A feed is old",
        "openssl*",
        "Network Reachability",
        "07:45 Europe/Berlin",
        "日本語",
    ):
        assert text in page
    (row,) = rows(browser.look(LIST))[1:]
    assert "daily at 07:45" in row and "Europe/Berlin" in row
    changed = the_one(site)
    assert (changed.id, changed.shown, secret(site, one)) == (one.id, one.shown, (SECRET, {}))
    assert (changed.pace.at, changed.pace.most, changed.language) == ("07:45", 3, "ja")
    browser.fill(f"{here}/edit", **{**given, "address": "arn:aws:sns:us-west-2:123456789012:ops"})
    assert (the_one(site).kind, secret(site, one)[0][:12]) == ("sns", "arn:aws:sns:")


def test_tickets_are_set_up_from_nothing_to_a_sample(site: Site) -> None:
    browser = site.entered()
    assert "?tickets=jira" in browser.look(f"{LIST}/new").text
    given = form_of(browser.look(f"{LIST}/new?tickets=jira"), f"{LIST}/new")
    assert given["open"] == PRESETS["jira"].open and given["event"] == ["finding-opened", "finding-fixed"]
    given |= {"name": "jira", "address": TRACKER, "request_headers": f"Authorization: {TOKEN}\r\nX-Team: ops"}
    refused = browser.fill(f"{LIST}/new", **given)
    assert refused.status_code == 422 and "project" in at_field(refused, "parameters")
    given["parameters"] = given["parameters"].replace("project=", "project=SEC")
    shown = browser.fill(f"{LIST}/new", **given, preview="1")
    assert shown.status_code == 200 and channels.list_(site.world.service, site.world.caller) == []
    sample = words(shown).partition("A sample ticket")[2].partition("Name")[0]
    assert '"project": { "key": "SEC" }' in sample and "Test of Shindan" in sample and '"transition"' in sample
    page = browser.said(browser.fill(f"{LIST}/new", **given))
    assert "https://jira.example/rest/…" in page and "project=SEC" in page and "each rule, with all its hosts" in page
    one = the_one(site)
    assert (one.kind, one.ticketing and one.ticketing.key) == ("webhook", "key")
    assert secret(site, one) == (TRACKER, {"Authorization": TOKEN, "X-Team": "ops"})
    assert "hidden-word" not in browser.look(f"{LIST}/{one.id}").text + browser.look(f"{LIST}/{one.id}/edit").text


def test_headers_stay_are_replaced_and_go(site: Site) -> None:
    one = ticketed(site)
    browser, here = site.entered(), f"{LIST}/{one.id}/edit"
    given = form_of(browser.look(here), here)
    for more, headers in (
        ({"address": f"{TRACKER}?x=1"}, {"Authorization": TOKEN}),
        ({"request_headers": "X-Key: new"}, {"X-Key": "new"}),
        ({"drop_headers": "1"}, {}),
        ({"request_headers": "X-Key: third"}, {"X-Key": "third"}),
        ({"address": "https://elsewhere.example/issue"}, {}),
    ):
        assert browser.fill(here, **{**given, **more}).status_code == 303
        assert secret(site, one)[1] == headers
    shown = browser.fill(here, **given, preview="1")
    assert shown.status_code == 200 and "Test of Shindan" in words(shown)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"address": "ftp//nowhere"}, "address"),
        ({"address": "https://[::1"}, "address"),
        ({"name": "taken"}, "name"),
        ({"every": "90s"}, "every"),
        ({"at": "25:00"}, "at"),
        ({"every": "1h", "at": "08:00"}, "at"),
        ({"zone": "No/Where"}, "zone"),
        ({"most": "0"}, "most"),
        ({"most": "many"}, "most"),
        ({"least": "Grave"}, "least"),
        ({"packages": "x" * 300}, "packages"),
        ({"tags": "=x"}, "tags"),
        ({"request_headers": "no-colon"}, "request_headers"),
        ({"request_headers": "Host: x"}, "request_headers"),
        ({"parameters": "project=\ntype=Bug\ntransition=31"}, "parameters"),
        ({"parameters": "nonsense"}, "parameters"),
        ({"open": '{"a": "{{ about }}"}'}, "open"),
        ({"open": "{{ 7 * 7 }}"}, "open"),
        ({"open": ""}, "open"),
        ({"close": "{% set x = 1 %}"}, "close"),
        ({"close_path": "no/slash"}, "close_path"),
        ({"key": "a..b"}, "key"),
        ({"method": "TRACE"}, "method"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(site: Site, wrong: dict[str, str], field: str) -> None:
    made(site, "taken")
    one = ticketed(site)
    browser, here = site.entered(), f"{LIST}/{one.id}/edit"
    for path, more in ((here, {}), (f"{LIST}/new", {"name": "new", "address": TRACKER})):
        given = {**form_of(browser.look(here), here), **more, **wrong}
        refused = browser.fill(path, **given)
        assert refused.status_code == 422
        assert at_field(refused, field).startswith("This cannot be used:")
        assert sum("aria-invalid" in tag for tag in refused.text.split("<")) <= 1
        kept = form_of(refused, path)
        assert kept[field] == wrong[field] or field in ("least", "method"), "what was typed is kept"
    assert channels.get(site.world.service, site.world.caller, one.id).channel == one


def test_a_header_that_is_none_is_not_told_again(site: Site) -> None:
    one = ticketed(site)
    browser, here = site.entered(), f"{LIST}/{one.id}/edit"
    given = form_of(browser.look(here), here)
    assert "half-a-secret" not in at_field(
        browser.fill(here, **{**given, "request_headers": "half-a-secret"}), "request_headers"
    )


def test_a_channel_that_is_told_of_nothing_is_none(site: Site) -> None:
    one = made(site)
    browser, here = site.entered(language="ja"), f"{LIST}/{one.id}/edit"
    given = form_of(browser.look(here), here)
    del given["event"]
    refused = browser.fill(here, **given)
    assert refused.status_code == 422 and "この値は使えません：" in words(refused)
    assert the_one(site) == one


def test_schedules_that_send_their_reports_to_one_are_named_and_follow_it(site: Site) -> None:
    one = made(site)
    service, caller = site.world.service, site.world.caller
    template = site.world.template(site.world.target())
    plan = Plan("cron", "0 3 * * *", report=ReportWish("ops"))
    schedule = schedules.create(service, caller, template, "nightly", plan)
    browser, here = site.entered(), f"{LIST}/{one.id}"
    page = browser.look(here)
    assert f'href="/console/schedules/{schedule.id}"' in page.text
    assert "schedules send their reports nowhere then" in words(page)
    given = form_of(browser.look(f"{here}/edit"), f"{here}/edit") | {"name": "security"}
    assert "nightly" in browser.said(browser.fill(f"{here}/edit", **given))
    assert schedules.get(service, caller, "nightly").schedule.plan.report == ReportWish("security")


def test_who_may_not_change_one_does_not_come_to_its_form(site: Site) -> None:
    one = ticketed(site)
    here = f"{LIST}/{one.id}/edit"
    reader, theirs = site.entered(READER), site.entered(account=OTHER)
    assert "/edit" not in reader.look(f"{LIST}/{one.id}").text
    assert (reader.look(here).status_code, theirs.look(here).status_code) == (403, 404)
    given: dict[str, Any] = {"name": "x", "event": "run-failed", "least": "High"}
    assert (reader.fill(here, **given).status_code, theirs.fill(here, **given).status_code) == (403, 404)
    without = site.entered()
    without.look(here)
    assert without.fill(here, csrf="", **given).status_code == 403
    assert the_one(site) == one


def test_hostile_templates_are_inert(site: Site) -> None:
    one = ticketed(site, open='{"a": "' + HOSTILE.replace('"', "") + '", "b": {{ about }}}')
    for path in (f"{LIST}/{one.id}", f"{LIST}/{one.id}/edit", LIST):
        page = site.entered().look(path)
        assert page.status_code == 200
        assert "<script>alert" not in page.text and "<img src=x" not in page.text and "\u202e" not in page.text


@pytest.mark.parametrize(
    ("query", "current"), [("", "Messages"), ("?tickets=jira", "Tickets in Jira"), ("?tickets=generic-json", "Tickets elsewhere"), ("?tickets=x", "Messages")]
)  # fmt: skip
def test_the_kind_of_channel_that_is_being_made_is_marked(site: Site, query: str, current: str) -> None:
    browser = site.entered()
    page = browser.look(f"{LIST}/new{query}")
    given = form_of(page, f"{LIST}/new")
    for answer in (page, browser.fill(f"{LIST}/new", **{**given, "name": ""})):
        tabs = answer.text.partition('<nav class="tabs"')[2].partition("</nav>")[0]
        assert re.findall(r'aria-current="page">([^<]+)<', tabs) == [current]
