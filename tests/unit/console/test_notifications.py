"""Notifications: channels that pages make, try, pause and remove, and for whom."""

from __future__ import annotations

from typing import Any

import pytest

from service_world import OTHER
from shindan.model.channel import Channel
from shindan.service import channels
from shindan.service.channel_text import ChannelText
from unit.console.visits import READER, Site, words

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
