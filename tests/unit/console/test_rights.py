"""Every page there is: what it gives and does for those who may not, and for another account's administrator.

Pages that are added are walked, too: an address with a part that `PARTS` does not know fails here until it has one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from service_world import OTHER
from shindan.console.page import ADMINISTRATOR, Page
from shindan.console.routes import PAGES
from shindan.model.arn import parse
from shindan.model.issue_query import IssueQuery
from shindan.service import agent_tokens, policies, saved_views, users
from two_accounts import MARK, Things, allow, deny, furnish, kept
from unit.console.visits import ADMINISTRATOR as ROOT
from unit.console.visits import READER, Browser, Site, sites, words

PERSONAL = frozenset({"/console/account", "/console/account/second-factor"})
"""About the visitor alone, whatever their rights."""

SHARED = frozenset({"/console/rules/{id}"})
"""What every account has."""

FORMS: Mapping[str, Mapping[str, Any]] = {
    "/console/targets/new": {"name": "x"},
    "/console/templates/new": {"name": "x", "minutes": "3", "package": "cve"},
    "/console/schedules/new": {"name": "x", "cron": "0 3 * * *", "zone": "UTC"},
    "/console/notifications/new": {"name": "x", "address": "https://127.0.0.1:9/x", "event": "run-failed"},
    "/console/users/new": {"name": "x"},
    "/console/users/{name}": {"do": "disable"},
    "/console/policies/{name}": {"do": "remove"},
    "/console/findings/suppress": {"reason": "x"},
    "/console/hosts/{id}/archive": {"archived": "1"},
}
"""What is sent; what is not here is sent nothing but its token."""


@dataclass(frozen=True, slots=True)
class Furnished:
    """An account with everything, and who comes to see it."""

    site: Site
    things: Things
    parts: Mapping[str, str]

    def address(self, page: Page) -> str:
        """The address of a page about what the account has."""
        return re.sub(r"\{\w+\}", lambda _: self.parts[_stem(page.path)], page.path)

    def visits(self, browser: Browser, *left_out: str) -> Iterator[tuple[Page, str, httpx.Response]]:
        """Every page that is looked at and every form that is sent; but for what would begin a stream or a run."""
        for page in PAGES:
            if page.open or page.path in (*PERSONAL, *left_out):
                continue
            if page.get is not None:
                yield page, "GET", browser.get(self.address(page))
            if page.post is not None:
                form = {"number": str(self.things.finding), **FORMS.get(page.path, {})}
                yield page, "POST", browser.fill(self.address(page), **form)

    def bound(self, *statements: Mapping[str, Any]) -> Browser:
        """The browser of a user whom these statements bind."""
        world = self.site.world
        document = {"Version": policies.VERSION, "Statement": list(statements) or [deny("*")]}
        policies.put(world.service, world.caller, "bound", document)
        users.create(world.service, world.caller, "eve", policy_names=["bound"])
        return self.site.entered("eve")


def _stem(path: str) -> str:
    return path.partition("/{")[0]


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Furnished]:
    for site in sites(tmp_path):
        world = site.world
        things = furnish(world)
        token = agent_tokens.create(world.service, world.caller).token
        users.create(world.service, world.caller, f"user-{MARK}")
        policies.put(
            world.service, world.caller, f"policy-{MARK}", {"Version": policies.VERSION, "Statement": [allow("ec2:*")]}
        )
        saved_views.save(world.service, world.caller, f"view {MARK}", IssueQuery(), shared=True)
        parts = {
            "/console/hosts/tokens": token.id,
            "/console/hosts": things.host,
            "/console/targets": parse(things.target).id,
            "/console/templates": parse(things.template).id,
            "/console/runs": parse(things.run).id,
            "/console/schedules": things.schedule,
            "/console/findings": str(things.finding),
            "/console/suppressions": things.suppression,
            "/console/rules": "ssh-root-login",
            "/console/notifications": things.channel,
            "/console/users": f"user-{MARK}",
            "/console/policies": f"policy-{MARK}",
        }
        yield Furnished(site, things, parts)


def test_who_may_nothing_sees_and_changes_nothing(full: Furnished) -> None:
    eve = full.bound()
    before = kept(full.site.world)
    for page, method, answer in full.visits(eve):
        if method == "GET":
            assert answer.status_code == 403, page.path
        else:
            # A form may lead back to its page with why; what counts is that nothing was done.
            assert answer.status_code in (303, 403, 422), (page.path, words(answer))
        assert MARK not in answer.text or MARK in full.address(page), page.path
    assert kept(full.site.world) == before


def test_who_may_only_read_changes_nothing(full: Furnished) -> None:
    """But for what is one's own."""
    reader = full.site.entered(READER)
    before = kept(full.site.world, ("saved_view",))
    for page, method, answer in full.visits(reader, "/console/first/live", "/console/runs/{id}/live"):
        if method == "GET" and page.path != "/console/runs/{id}/report":
            closed = page.needs == ADMINISTRATOR or page.path.endswith(("/new", "/edit"))
            assert answer.status_code == (403 if closed else 200), (page.path, words(answer))
        else:
            assert answer.status_code in (303, 400, 403, 404, 422), (page.path, words(answer))
    assert kept(full.site.world, ("saved_view",)) == before


def test_another_account_sees_and_changes_nothing(full: Furnished) -> None:
    other = full.site.entered(ROOT, OTHER)
    before = kept(full.site.world)
    # Later it will tell of what was asked for here.
    assert full.things.leaked(other.get("/console/audit").text) == []
    for page, method, answer in full.visits(other, "/console/audit", "/console/first/live", "/console/first/assess"):
        about = "{" in page.path and page.path not in SHARED
        if about:
            assert answer.status_code == 404, (page.path, words(answer))
        elif method == "GET":
            assert answer.status_code == 200, (page.path, words(answer))
        assert answer.status_code < 500, (page.path, words(answer))
        assert full.things.leaked(answer.text, full.address(page)) == [], page.path
    assert kept(full.site.world) == before


DENIED = {
    "inspector:DeleteAssessmentTarget": ("target", "targets/{id}/delete"),
    "inspector:DeleteAssessmentTemplate": ("template", "templates/{id}/delete"),
    "inspector:StartAssessmentRun": ("template", "templates/{id}/run"),
    "inspector:DeleteAssessmentRun": ("run", "runs/{id}/delete"),
    "inspector:StopAssessmentRun": ("run", "runs/{id}/stop"),
}


@pytest.mark.parametrize("action", DENIED)
def test_what_is_denied_of_one_thing_is_denied_on_its_page(full: Furnished, action: str) -> None:
    """As at the API: a denial that names one thing holds for whoever may do the same with any other."""
    kind, path = DENIED[action]
    eve = full.bound(allow("*"), deny(action, getattr(full.things, kind)))
    before = kept(full.site.world)
    answer = eve.fill(full.address(Page(f"/console/{path}")))
    assert answer.status_code == 403 and action in words(answer)
    assert kept(full.site.world) == before


def test_a_run_that_may_not_be_described_is_in_no_list(full: Furnished) -> None:
    eve = full.bound(allow("*"), deny("inspector:DescribeAssessmentRuns", full.things.run))
    run = parse(full.things.run).id
    for path in (f"/console/runs/{run}", f"/console/runs/{run}/live"):
        assert eve.get(path).status_code == 403
    assert run in full.site.entered().get("/console/runs").text
    assert run not in eve.get("/console/runs").text


def test_tags_of_a_host_are_kept_from_whom_its_instance_is_denied(full: Furnished) -> None:
    caller = full.site.world.caller
    arn = f"arn:aws:ec2:{caller.region}:{caller.account}:instance/{full.things.host}"
    eve = full.bound(allow("*"), deny("ec2:DeleteTags", arn))
    before = kept(full.site.world)
    assert eve.fill(f"/console/hosts/{full.things.host}/tags", tag_key="a", tag_value="b").status_code == 403
    assert kept(full.site.world) == before
