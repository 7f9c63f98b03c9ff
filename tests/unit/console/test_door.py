"""What holds for every page: who may come, where forms come from, what browsers are told, and how errors look."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from service_world import ACCOUNT
from shindan.console import cookies, forms, routes
from shindan.console.door import Console
from shindan.console.headers import POLICY
from shindan.console.navigation import NAVIGATION
from shindan.console.page import Page, Visit, link
from shindan.model.errors import StoreUnavailable
from shindan.model.refusals import AccessDenied, InvalidInput, NoSuchEntity
from unit.console.visits import ADMINISTRATOR, PASSWORD, READER, Site, give_password, sites, words

ANYBODY = {"/console/login", "/console/login/code", "/console/login/oidc", "/console/login/oidc/back", "/console/logout", "/console/look"}  # fmt: skip
"""Pages that are for guests, too: a new one is written here after thought."""


def filled(path: str) -> str:
    """An address with something in its braces."""
    return path.replace("{name}", "nobody").replace("{id}", "0-aaaaaaaa").replace("{", "").replace("}", "")


def test_pages_for_guests_are_those_and_no_more() -> None:
    assert {page.path for page in routes.PAGES if page.open} == ANYBODY


@pytest.mark.parametrize("page", [page for page in routes.PAGES if not page.open], ids=lambda page: page.path)
def test_a_guest_sees_no_page(site: Site, page: Page) -> None:
    browser = site.browser()
    browser.look("/console/login")
    if page.get:
        assert browser.get(filled(page.path)).headers["location"].startswith("/console/login")
    if page.post:
        assert browser.fill(filled(page.path)).headers["location"] == "/console/login"


@pytest.mark.parametrize(
    "page", [page for page in routes.PAGES if page.post and page.path != "/console/logout"], ids=lambda page: page.path
)
def test_no_page_takes_a_form_without_its_token(site: Site, page: Page) -> None:
    browser = site.entered()
    for csrf in (
        "",
        "nonsense",
        site.entered(READER).look("/console/account").text.partition('csrf" value="')[2].partition('"')[0],
    ):
        answer = browser.fill(filled(page.path), csrf=csrf)
        assert answer.status_code == 403, csrf
        assert "The form came from another place" in words(answer)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"origin": "http://console.test"}, 303),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://console.test.evil.example"}, 403),
        ({"origin": "http://console.test:8080"}, 403),
    ],
)  # fmt: skip
def test_a_form_comes_from_a_page_of_ours(site: Site, headers: dict[str, str], status: int) -> None:
    browser = site.entered()
    browser.look("/console/account")
    assert browser.fill("/console/look", headers=headers, theme="dark").status_code == status


@pytest.mark.parametrize(
    ("site_of", "status"), [("same-origin", 303), ("none", 303), ("cross-site", 403), ("same-site", 403)]
)
def test_where_no_origin_is_said_the_browsers_word_counts(site: Site, site_of: str, status: int) -> None:
    browser = site.entered()
    browser.look("/console/account")
    answer = browser.post(
        "/console/look", data={"csrf": browser.csrf, "theme": "dark"}, headers={"sec-fetch-site": site_of}
    )
    assert answer.status_code == status


def test_a_token_of_a_guest_is_worth_nothing_in_a_session(site: Site) -> None:
    give_password(site)
    browser = site.browser()
    browser.look("/console/login")
    guest = browser.csrf
    assert browser.fill("/console/login", account=ACCOUNT, user=ADMINISTRATOR, password=PASSWORD).status_code == 303
    assert browser.fill("/console/look", csrf=guest, theme="dark").status_code == 403


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"csrf=a&x=%ff", "application/x-www-form-urlencoded"),
        (b"\xff\xfe", "application/x-www-form-urlencoded"),
        (b"&".join(b"a=1" for _ in range(3000)), "application/x-www-form-urlencoded"),
        (b"x=" + b"y" * forms.LARGEST, "application/x-www-form-urlencoded"),
        (b"csrf=a&x=%00", "application/x-www-form-urlencoded"),
        (b'{"csrf": "a"}', "application/json"),
        (b"--x\r\n", "multipart/form-data; boundary=x"),
        (b"", ""),
    ],
    ids=["no UTF-8", "no ASCII", "many fields", "large", "NUL", "JSON", "multipart", "no type"],
)
def test_a_form_that_cannot_be_read_is_told(site: Site, body: bytes, kind: str) -> None:
    answer = site.entered().post("/console/look", content=body, headers={"content-type": kind})
    assert answer.status_code == 400
    assert "The form cannot be read" in words(answer)


@pytest.mark.parametrize("address", ["/console/hosts/a%00b", "/console/hosts?q=%00", "/console/audit?resource=a%00"])
def test_an_address_with_a_nul_is_none(site: Site, address: str) -> None:
    answer = site.entered().get(address)
    assert answer.status_code == 404 and "\0" not in answer.text


def test_every_page_says_what_may_be_loaded_and_that_it_is_not_kept(site: Site) -> None:
    for browser, path in (
        (site.browser(), "/console/login"),
        (site.entered(), "/console/audit"),
        (site.entered(), "/console/no/such"),
    ):
        headers = browser.get(path).headers
        assert headers["content-security-policy"] == POLICY
        assert "unsafe" not in POLICY and "*" not in POLICY and "http" not in POLICY
        assert headers["cache-control"] == "no-store"
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "same-origin"
        assert {"Cookie", "Accept-Language"} <= set(headers["vary"].split(", "))
        assert "strict-transport-security" not in headers
    assert "strict-transport-security" in site.browser("https://console.test").get("/console/login").headers


def test_what_browsers_kept_from_happening_is_logged_and_counted(site: Site) -> None:
    old = {
        "csp-report": {
            "document-uri": "http://console.test/console/",
            "blocked-uri": "inline",
            "violated-directive": "script-src",
            "line-number": 3,
        }
    }
    new = [
        {
            "type": "csp-violation",
            "body": {
                "documentURL": "http://x/",
                "blockedURL": "https://evil.example/",
                "effectiveDirective": "img-src",
            },
        }
    ]
    browser = site.browser()
    for report in (json.dumps(old), json.dumps(new), "no JSON", "[" * 10_000, "[1, null]", "x" * 20_000):
        assert browser.post("/console/csp-report", content=report).status_code == 204
    assert site.console.reports.count == 2
    assert [(one["event"], one["blocked"], one["directive"], one["line"]) for one in site.events] == [
        ("console.csp", "inline", "script-src", "3"),
        ("console.csp", "https://evil.example/", "img-src", ""),
    ]


def test_nobody_can_flood_the_log_with_reports(site: Site) -> None:
    browser = site.browser()
    for _ in range(10):
        browser.post("/console/csp-report", content=json.dumps([{"body": {"blockedURL": "x"}}] * 20))
    assert (site.console.reports.count, len(site.events)) == (200, 60)


def test_the_navigation_leads_where_one_may_go(site: Site) -> None:
    page, readers = site.entered().look("/console/account").text, site.entered(READER).look("/console/account").text
    assert 'href="/console/users"' in page and 'href="/console/users"' not in readers
    assert 'href="/console/audit"' in readers
    known = {page.path for page in routes.PAGES}
    for _, ways in NAVIGATION:
        for way in ways:
            assert (f'href="{way.path}"' in page) == (way.path in known)


@pytest.mark.parametrize("path", [page.path for page in routes.PAGES if page.needs == "administrator" and page.get])
def test_a_reader_is_told_that_they_may_not(site: Site, path: str) -> None:
    answer = site.entered(READER).get(filled(path))
    assert answer.status_code == 403
    assert "Your policies do not allow this." in words(answer)


def failing(error: Exception) -> Page:
    def answer(_: Visit) -> None:
        raise error

    return Page("/console/fails", get=answer)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (AccessDenied("ACCESS_DENIED", "no"), 403, "Your policies do not allow this."),
        (NoSuchEntity("POLICY_DOES_NOT_EXIST", "no"), 404, "There is no such policy."),
        (InvalidInput("UNHEARD_OF", "the name <b>x</b> is taken"), 400, "the name <b>x</b> is taken"),
        (StoreUnavailable("away"), 503, "The database cannot be reached just now"),
        (RuntimeError("a secret <script>"), 500, "Something went wrong here that should not have."),
    ],
    ids=["refused", "nothing", "wrong", "database away", "a mistake of ours"],
)
def test_errors_are_pages_with_a_remedy(site: Site, error: Exception, status: int, said: str) -> None:
    site.console = Console(site.world.service, site.options, [failing(error)])
    answer = site.entered().get("/console/fails")
    assert answer.status_code == status
    assert said in words(answer)
    assert "a secret" not in answer.text and "<b>x" not in answer.text and "Traceback" not in answer.text
    assert bool(site.events) == (status >= 500)


def test_a_fragment_of_somebody_who_is_out_has_the_whole_page_go(site: Site) -> None:
    answer = site.browser().get("/console/audit", headers={"hx-request": "true"})
    assert answer.headers["hx-redirect"] == "/console/login"


def test_a_message_is_shown_once_and_cannot_be_made_up(site: Site) -> None:
    browser = site.entered()
    browser.look("/console/account")
    to = browser.fill(
        "/console/policies/new",
        name="Mine",
        document='{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "inspector:List*", "Resource": "*"}}',
    )
    assert "The policy is kept." in browser.said(to)
    assert "The policy is kept." not in words(browser.look("/console/policies"))
    browser.cookies.set(cookies.FLASH, "WyJnb29kIiwiPGI+Il0.x.y")
    assert browser.look("/console/policies").status_code == 200


def test_addresses_are_made_of_anything() -> None:
    assert link("users", "a/b?c#d%", tab="x y", none=None) == "/console/users/a%2Fb%3Fc%23d%25?tab=x+y"


def test_a_required_second_factor_comes_first(tmp_path: Path) -> None:
    for site in sites(tmp_path, totp_required=True):
        browser = site.entered()
        for path in ("/console/", "/console/account", "/console/audit", "/console/users"):
            assert browser.get(path).headers["location"] == "/console/account/second-factor"
        assert "A second factor is required here" in words(browser.look("/console/account/second-factor"))
        assert browser.fill("/console/account", do="everywhere").headers["location"] == "/console/account/second-factor"
        assert browser.fill("/console/look", theme="dark").status_code == 303
        assert site.entered(how="oidc").get("/console/account").status_code == 200
