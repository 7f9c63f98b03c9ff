"""Agent tokens: made, listed, revoked."""

from __future__ import annotations

from typing import Any

import pytest

from service_world import OTHER
from shindan.console.tokens import state
from shindan.engine.clock import milliseconds
from shindan.model.agent import AgentToken
from shindan.service import agent_tokens
from unit.console.visits import READER, Site, rows, words

LIST, NEW = "/console/hosts/tokens", "/console/hosts/tokens/new"


def kept(site: Site) -> list[AgentToken]:
    """The account's tokens."""
    return agent_tokens.list_(site.world.service, site.world.caller)


def test_a_token_is_made_as_the_form_says_and_shown_once(site: Site) -> None:
    browser = site.entered()
    browser.look(NEW)
    made = browser.fill(NEW, term="3600", max_uses="5", tag_key=["stage", ""], tag_value=["prod", ""])
    assert made.status_code == 200
    (token,) = kept(site)
    assert f"shat_{token.id}_" in made.text
    assert (token.max_uses, token.tags) == (5, (("stage", "prod"),))
    assert 0 < (token.expires_at or 0) - milliseconds() <= 3_600_000
    listed = browser.look(LIST)
    assert f"shat_{token.id}_" not in listed.text
    assert any(token.id in row and "in force" in row and "0 / 5" in row for row in rows(listed))


def test_a_token_without_end_and_bounds(site: Site) -> None:
    browser = site.entered()
    assert browser.fill(NEW, term="", max_uses="").status_code == 200
    (token,) = kept(site)
    assert (token.expires_at, token.max_uses, token.tags) == (None, None, ())


@pytest.mark.parametrize(
    "form",
    [
        {"term": "12"},
        {"term": "3600", "max_uses": "0"},
        {"term": "3600", "max_uses": "many"},
        {"term": "3600", "tag_key": "", "tag_value": "alone"},
        {"term": "3600", "tag_key": "k" * 200, "tag_value": "v"},
    ],
)
def test_what_was_typed_stays_where_the_form_is_refused(site: Site, form: dict[str, Any]) -> None:
    browser = site.entered()
    browser.look(NEW)
    refused = browser.fill(NEW, **form)
    assert refused.status_code == 422
    assert 'role="alert"' in refused.text
    if value := form.get("tag_value"):
        assert f'name="tag_value" value="{value}"' in refused.text
    assert kept(site) == []


def test_a_token_is_revoked(site: Site) -> None:
    id_ = agent_tokens.create(site.world.service, site.world.caller).token.id
    browser = site.entered()
    assert 'popover role="dialog"' in browser.look(LIST).text
    assert "The token is revoked." in browser.said(browser.fill(f"{LIST}/{id_}/revoke"))
    assert kept(site)[0].revoked_at is not None
    assert any("revoked" in row for row in rows(browser.look(LIST)))


def test_only_administrators_come_here(site: Site) -> None:
    id_ = agent_tokens.create(site.world.service, site.world.caller).token.id
    browser = site.entered(READER)
    assert browser.look(LIST).status_code == 403
    assert browser.look(NEW).status_code == 403
    assert browser.fill(NEW, term="3600").status_code == 403
    assert browser.fill(f"{LIST}/{id_}/revoke").status_code == 403
    assert [one.revoked_at for one in kept(site)] == [None]


def test_another_accounts_token_is_not_there(site: Site) -> None:
    id_ = agent_tokens.create(site.world.service, site.world.caller).token.id
    browser = site.entered(account=OTHER)
    assert id_ not in browser.look(LIST).text
    assert browser.fill(f"{LIST}/{id_}/revoke").status_code == 404
    assert kept(site)[0].revoked_at is None


def test_hostile_tags_are_inert(site: Site) -> None:
    tags = [('<script>alert("1")</script>', "\u202e<img src=x onerror=alert(2)>")]
    agent_tokens.create(site.world.service, site.world.caller, tags=tags)
    page = site.entered(language="ja").look(LIST)
    assert "エージェントトークン" in words(page)
    assert "<script>alert" not in page.text
    assert "<img src=x" not in page.text
    assert "\u202e" not in page.text


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, "good"),
        ({"expires_at": 10}, "expired"),
        ({"expires_at": 11}, "good"),
        ({"max_uses": 2, "uses": 2}, "used up"),
        ({"max_uses": 2, "uses": 1}, "good"),
        ({"revoked_at": 5, "expires_at": 3}, "revoked"),
    ],
)
def test_states(more: dict[str, Any], expected: str) -> None:
    assert state(AgentToken("k3vq7xw2ma", "123456789012", 1, "somebody", **more), 10) == expected
