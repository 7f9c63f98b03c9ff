"""The first page, and the guide of an account that has nothing yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, select

from console_world import OPENSSL, furnished
from service_world import ACCOUNT, OTHER, NoJobs
from shindan.console.door import Console
from shindan.engine.clock import milliseconds
from shindan.model.packages import PACKAGES
from shindan.model.stored_finding import SHOWN_SEVERITIES
from shindan.service import policies, runs, targets, templates, users
from shindan.service.certificates import Certificate
from shindan.store import judged
from shindan.store.judged import Said
from shindan.store.tables import agent_token
from unit.console.visits import READER, Site, rows, words

HOSTILE = '<script>alert("1")</script>\u202e\'"><img src=x onerror=alert(2)>'


class Noted(NoJobs):
    """A job engine that only takes note."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def enqueue(
        self, name: str, args: Mapping[str, Any], *, key: str, delay: float = 0, conn: Connection | None = None
    ) -> None:
        """See `Jobs.enqueue`."""
        self.names.append(name)


def judge(site: Site, *hosts: Any, exclusions: tuple[tuple[str, str], ...] = ()) -> None:
    """What a rules package says of hosts, with which an account has something to look at."""
    with site.world.database.write() as connection:
        for host in hosts:
            judged.note(connection, [Said(ACCOUNT, host.id, 0, "", host.facts or "", 3, exclusions, milliseconds())])


def test_an_empty_account_is_led_to_its_first_findings(site: Site) -> None:
    browser = site.entered()
    page = browser.look("/console/")
    assert "From nothing to first findings" in words(page)
    assert "Waiting for the first host" in words(page)
    assert 'data-live="/console/first/live"' in page.text
    assert "Assess now" not in words(page)


def test_a_token_is_made_with_a_click_and_the_line_is_shown_once(site: Site) -> None:
    browser = site.entered()
    browser.look("/console/")
    made = browser.fill("/console/first/token")
    assert made.status_code == 200
    with site.world.database.read() as connection:
        (kept,) = connection.execute(select(agent_token)).all()
    assert f"shat_{kept.id}_" in made.text
    assert 0 < kept.expires_at - milliseconds() <= 7 * 86_400_000
    assert f"shat_{kept.id}_" not in browser.look("/console/").text


def test_the_line_is_what_the_roof_says(site: Site) -> None:
    options = replace(site.options, install_lines=lambda token: [f"curl {token} | one", f"wget {token} | two"])
    site.console = Console(site.world.service, options)
    browser = site.entered()
    browser.look("/console/first")
    said = words(browser.fill("/console/first/token"))
    assert " | one" in said
    assert "Another way" in said


@pytest.mark.parametrize(
    ("days", "said"),
    [(20.5, "certificate ends in 20 days"), (1.5, "certificate ends in 1 day."), (-1, "certificate has ended")],
)
def test_a_certificate_that_ends_soon_is_told_to_administrators(site: Site, days: float, said: str) -> None:
    ending = Certificate(Path("server.pem"), "s", "i", ("s",), "", "", days, "")
    site.console = Console(site.world.service, replace(site.options, ending=lambda: ending))
    judge(site, *furnished(site.world))
    assert said in words(site.entered().look("/console/"))
    assert "certificate" not in words(site.entered(READER).look("/console/"))


def test_one_click_makes_target_template_and_run_and_makes_them_once(site: Site) -> None:
    jobs = Noted()
    service = replace(site.world.service, jobs=jobs)
    site.console = Console(service, site.options)
    site.world.host("web-1")
    browser = site.entered()
    assert "Assess now" in words(browser.look("/console/"))
    answer = browser.fill("/console/first/assess")
    assert answer.headers["location"] == "/console/first"
    page = words(browser.look("/console/first"))
    assert "The assessment has begun." in page
    assert "1 of 1 host has delivered" in page
    assert jobs.names == ["advance"]
    (run,) = runs.list_(service, site.world.caller).items
    described = runs.describe(service, site.world.caller, [run]).items[0].run
    assert len(described.packages) == len(PACKAGES)
    again = browser.fill("/console/first/assess")
    assert again.status_code == 422
    assert "another run" in words(again)
    assert len(targets.list_(service, site.world.caller).items) == 1
    assert len(templates.list_(service, site.world.caller).items) == 1


def test_the_part_that_is_sent_anew_shows_hosts_and_findings(site: Site) -> None:
    browser = site.entered()
    assert "To the findings" not in words(browser.look("/console/first"))
    web, *_ = furnished(site.world, milliseconds())
    judge(site, web)
    page = browser.look("/console/first")
    assert f'href="/console/hosts/{web.id}"' in page.text
    assert "To the findings" in words(page)


def test_who_may_only_read_gets_no_button_and_changes_nothing(site: Site) -> None:
    site.world.host("web-1")
    browser = site.entered(READER)
    page = browser.look("/console/")
    assert "Make a" not in words(page)
    assert "Assess now" not in words(page)
    for path in ("/console/first/token", "/console/first/assess"):
        assert browser.fill(path).status_code == 403
    with site.world.database.read() as connection:
        assert connection.execute(select(agent_token)).all() == []
    assert targets.list_(site.world.service, site.world.caller).items == ()


def test_the_account_at_a_glance(site: Site) -> None:
    web, *_ = furnished(site.world, milliseconds())
    judge(site, web, exclusions=(("NOT_JUDGED", "something"),))
    page = site.entered().look("/console/")
    said = words(page)
    assert "Update this package and 4 findings go." in said
    assert "exploited" in said
    assert any(row.startswith(OPENSSL.id) for row in rows(page))
    assert "wholly 0 partly 1 never 2" in said
    assert 'data-chart="' in page.text
    assert all(f"severity={word}" in page.text for word in SHOWN_SEVERITIES)


def test_nothing_of_another_account_is_shown(site: Site) -> None:
    web, *_ = furnished(site.world, milliseconds())
    judge(site, web)
    page = site.entered(account=OTHER).look("/console/")
    assert "From nothing to first findings" in words(page)
    assert web.hostname not in page.text


def test_hostile_names_are_inert(site: Site) -> None:
    host = site.world.host(HOSTILE, tags={HOSTILE[:60]: HOSTILE})
    for path in ("/console/", "/console/first"):
        page = site.entered().look(path).text
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "\u202e" not in page
    judge(site, host)
    assert "<img src=x" not in site.entered().look("/console/").text


def test_who_may_not_see_the_overview_begins_elsewhere(site: Site) -> None:
    policy = {"Statement": [{"Effect": "Allow", "Action": "shindan:ListHosts", "Resource": "*"}]}
    policies.put(site.world.service, site.world.caller, "HostsOnly", policy | {"Version": "2012-10-17"})
    users.create(site.world.service, site.world.caller, "clerk", policy_names=["HostsOnly"])
    answer = site.entered("clerk").get("/console/")
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/hosts")


@pytest.mark.parametrize("language", ["en", "ja"])
def test_every_language_is_whole(site: Site, language: str) -> None:
    web, *_ = furnished(site.world, milliseconds())
    assert site.entered(language=language).look("/console/first").status_code == 200
    judge(site, web)
    said = words(site.entered(language=language).look("/console/"))
    assert ("更新すると" in said) == (language == "ja")
