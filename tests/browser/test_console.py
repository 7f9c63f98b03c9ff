"""The console in a real browser: every page in both languages, light and dark, at a desk and on a telephone."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pyotp
import pytest
from playwright.sync_api import Browser

from browser.pages import PAGES, Look
from browser.visitors import DESK, PASSWORD, PHONE, Scheme, Visitor, visitor
from judges.installation import Installation, eventually
from shindan.console import routes
from unit.app.served import shindan

pytestmark = [pytest.mark.system, pytest.mark.slow]

WAYS: tuple[tuple[str, Scheme, int], ...] = tuple(
    (language, scheme, width) for language in ("en", "ja") for scheme in ("light", "dark") for width in (DESK, PHONE)
)
Window = dict[tuple[str, Scheme, int], Visitor]


@pytest.fixture(scope="module")
def windows(chromium: Browser, console: Installation) -> Iterator[Window]:
    """A window for each way of looking, signed in."""
    with ExitStack() as stack:
        found = {}
        for language, scheme, width in WAYS:
            made = stack.enter_context(visitor(chromium, console, width, scheme, language))
            made.sign_in()
            found[language, scheme, width] = made
        yield found


def csp_reports(site: Installation) -> list[object]:
    return [event for event in site.server.events if event["event"] == "console.csp"]


@pytest.mark.parametrize("look", PAGES, ids=lambda look: look.name)
def test_a_page(windows: Window, console: Installation, axe: str, tmp_path: Path, look: Look) -> None:
    before = len(csp_reports(console))
    status = 404 if look.name == "not found" else 200
    for (language, scheme, width), window in windows.items():
        window.said.clear()
        window.asked.clear()
        assert window.open(look) == status
        way = f"{look.name}-{language}-{scheme}-{width}"
        window.picture(tmp_path, way)
        assert window.overflow() <= 0, way
        assert window.page.evaluate("document.documentElement.lang") == language
        assert window.untranslated() == [], way
        assert [text for text in window.said if "status of 404" not in text or status != 404] == [], way
        assert [url for url in window.asked if not url.startswith((console.server.address, "data:"))] == [], way
        if width == (DESK if scheme == "light" else PHONE):
            assert window.violations(axe) == [], way
    assert csp_reports(console)[before:] == []


def test_pages_that_are_not_looked_at_are_few() -> None:
    """Every page with an address of its own is in the table; those below it are parts, or answers to forms."""
    looked = {look.path for look in PAGES}
    whole = {
        page.path
        for page in routes.PAGES
        if page.get and not page.open and "{" not in page.path and not page.path.endswith("/live")
    }
    assert sorted(whole - looked) == []


def test_the_listener_hears_what_the_policy_forbids(chromium: Browser, console: Installation) -> None:
    with visitor(chromium, console) as window:
        window.go("/console/login")
        before = len(csp_reports(console))
        window.page.evaluate(
            "document.body.append(Object.assign(document.createElement('script'), {textContent: 'window.bad = 1'}))"
        )
        eventually(lambda: len(csp_reports(console)) - before, lambda count: count > 0)
        assert window.page.evaluate("window.bad") is None


def test_the_door_looks_right_too(chromium: Browser, console: Installation, axe: str, tmp_path: Path) -> None:
    for language, scheme, width in WAYS:
        with visitor(chromium, console, width, scheme, language) as window:
            for path, status in (("/console/login", 200), ("/console/login?next=/console/audit", 200)):
                assert window.go(path) == status
                assert window.overflow() <= 0
                assert window.untranslated() == []
                assert window.violations(axe) == []
            window.picture(tmp_path, f"login-{language}-{scheme}-{width}")
            assert window.said == []


def test_a_second_factor_from_nothing_to_the_next_sign_in(chromium: Browser, console: Installation) -> None:
    data, account = console.server.data, console.account
    for command in (("users", "create", "ann", "--policy", "ReadOnly"), ("users", "password", "ann")):
        done = shindan(*command, "--data", data, "--account", account, input=f"{PASSWORD}\n")
        assert done.returncode == 0, done.stderr
    with visitor(chromium, console, PHONE, "dark", "ja") as window:
        page = window.page
        window.sign_in("ann")
        window.go("/console/account/second-factor")
        assert page.locator("img.qr").evaluate("image => image.complete && image.naturalWidth > 0")
        secret = page.locator("main code").inner_text()
        used = pyotp.TOTP(secret).now()
        page.fill("#f-code", used)
        page.locator("main form.form button").click()
        recovery = page.locator("main code").inner_text().split()
        assert len(recovery) == 10
        page.locator(".bar button").click()
        page.locator('form[action="/console/logout"] button').click()
        page.wait_for_url(re.compile("/console/login$"))
        window.sign_in("ann")
        assert page.url.endswith("/console/login/code")
        page.fill("#f-code", _fresh(secret, used))
        page.locator("main form.form button").click()
        page.wait_for_url(re.compile("/console/$"))
        assert window.go("/console/users") == 403
        assert page.locator('a[href="/console/users"]').count() == 0
        assert [text for text in window.said if "status of 403" not in text] == []


def _fresh(secret: str, used: str) -> str:
    """A code that was not used: that of the next half minute is good already."""
    totp = pyotp.TOTP(secret)
    return next(code for code in (totp.at(time.time() + 30), totp.now()) if code != used)


def test_without_scripts_everything_can_be_read_and_sent(chromium: Browser, console: Installation) -> None:
    with visitor(chromium, console, java_script_enabled=False) as window:
        window.go("/console/login")
        window.page.fill("#f-account", console.account)
        window.page.fill("#f-user", "administrator")
        window.page.fill("#f-password", PASSWORD)
        window.page.locator("main form.form button").click()
        assert window.page.url.endswith("/console/")
        for path in ("/console/hosts", "/console/findings", "/console/users", "/console/audit"):
            window.go(path)
            assert window.page.locator("main table tbody tr").count() > 0
        window.go("/console/account")
        window.page.locator('.side button[name="theme"][value="dark"]').click()
        assert 'data-theme="dark"' in window.page.content()
        window.page.locator('.side button[name="theme"][value="auto"]').click()


def test_schedules_and_tickets_are_set_up_and_changed_without_scripts(
    chromium: Browser, console: Installation, tmp_path: Path
) -> None:
    with visitor(chromium, console, PHONE, "dark", "ja", java_script_enabled=False) as window:
        window.sign_in()
        page = window.page
        window.go("/console/notifications/new?tickets=generic-json")
        page.fill("#f-name", "tracker")
        page.fill("#f-address", "https://tracker.example/a/secret-part")
        page.fill("#f-request_headers", "Authorization: Bearer hidden-word")
        page.locator('button[name="preview"]').click()
        assert '"action": "close"' in page.locator("#sample").inner_text()
        window.picture(tmp_path, "sample ticket")
        assert window.overflow() <= 0 and window.untranslated() == []
        page.locator("main form.form button").first.click()
        page.locator('main a[href$="/edit"]').click()
        assert page.locator("#f-address").input_value() == page.locator("#f-request_headers").input_value() == ""
        page.fill("#f-at", "8 o'clock")
        page.locator("main form.form button").first.click()
        assert page.locator("#f-at").get_attribute("aria-invalid") == "true"
        assert "この値は使えません" in page.locator("#h-at").inner_text()
        window.picture(tmp_path, "refused channel")
        assert window.overflow() <= 0 and window.untranslated() == []
        page.fill("#f-at", "08:15")
        page.locator("main form.form button").first.click()
        assert "08:15" in page.locator("main").inner_text() and "tracker.example/a/…" in page.content()
        window.go("/console/schedules")
        page.locator('main a[href^="/console/schedules/0-"]').first.click()
        page.locator('main a[href$="/edit"]').click()
        page.fill("#f-every", "12h")
        page.select_option("#f-channel", "")
        page.locator('button[name="preview"]').click()
        assert page.locator("#preview li").count() == 5
        page.locator("main form.form button").first.click()
        assert "12h ごと" in page.locator("main").inner_text()


def test_by_keyboard_alone(chromium: Browser, console: Installation) -> None:
    with visitor(chromium, console, PHONE) as window:
        page = window.page
        window.sign_in()
        window.go("/console/users/administrator")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"
        button = page.locator(".bar button")
        button.focus()
        page.keyboard.press("Enter")
        assert page.locator("#side").is_visible()
        page.keyboard.press("Escape")
        assert not page.locator("#side").is_visible()
        asks = page.locator('button[popovertarget="remove"]').first
        asks.focus()
        page.keyboard.press("Enter")
        assert page.locator("#remove").is_visible()
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.closest('.dialog')?.id") == "remove"
        page.keyboard.press("Escape")
        assert not page.locator("#remove").is_visible()
        assert page.evaluate("document.activeElement.getAttribute('popovertarget')") == "remove"


def test_on_paper_there_is_the_content_alone(chromium: Browser, console: Installation) -> None:
    with visitor(chromium, console, scheme="dark") as window:
        window.sign_in()
        window.go("/console/users")
        window.page.emulate_media(media="print")
        assert not window.page.locator(".side").is_visible()
        assert window.page.locator("main table").is_visible()
        assert window.page.evaluate("getComputedStyle(document.body).colorScheme") in ("light", "normal", "light dark")


def test_findings_are_narrowed_and_a_search_kept_without_scripts(chromium: Browser, console: Installation) -> None:
    with visitor(chromium, console, PHONE, "light", "en", java_script_enabled=False) as window:
        window.sign_in()
        page = window.page
        window.go("/console/findings")
        assert not page.locator("#facet-component a").is_visible(), "what is asked for comes before what could be"
        page.locator("summary", has_text="Filters").press("Enter")
        page.locator("#facet-component a").click()
        page.locator("#facet-component a", has_text="curl").click()
        assert page.locator("tbody tr").count() == 2
        page.locator("summary", has_text="Save this search").press("Enter")
        page.fill("#f-name", "All of curl")
        page.get_by_role("button", name="Save").click()
        assert "The view is saved." in page.locator("main").inner_text()
        window.go("/console/findings")
        page.get_by_role("link", name="All of curl").click()
        assert page.locator(".chip[aria-current]").inner_text() == "All of curl"
        assert page.locator("tbody tr").count() == 2
        assert window.overflow() <= 0


def test_filters_are_there_at_a_desk_and_all_of_a_page_is_ticked(chromium: Browser, console: Installation) -> None:
    with visitor(chromium, console) as window:
        window.sign_in()
        page = window.page
        window.go("/console/findings")
        page.locator("#facet-component a").focus()
        page.keyboard.press("Enter")
        page.wait_for_url("**/findings?more=component*")
        boxes = page.locator("tbody input[type=checkbox]")
        page.get_by_label("Choose all of this page").check()
        assert boxes.count() == page.locator("tbody input[type=checkbox]:checked").count() > 0
        assert window.said == []
