"""Browsers at a running console: what they look like, and what each of them must not meet."""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

import catalogues
from browser.pages import Look
from judges.installation import Installation, eventually, installation
from receivers import REGION
from service_world import facts
from shindan.locale import translator
from unit.app.served import shindan

PASSWORD = "correct horse battery"
DESK, PHONE = 1280, 390
CVE, CIS = (f"arn:aws:inspector:{REGION}:758058086616:rulespackage/{id_}" for id_ in ("0-9hgA516p", "0-H5hpSawc"))
HOSTILE = "\"><script>alert('name')</script>\u202egnp\u202c" + "長い名前" * 20
_LISTS = ("", "new", "tokens", "views")
"""What stands below a list and is not one of what it lists."""
OWN_RULE = """
[own-telnet]
title = "Our own rule: no telnet server"
severity = "High"
why = "Telnet sends passwords in the clear."
remedy = "Remove it, and look at who used it."
fix = { sh = "systemctl disable --now telnet.socket\\napt-get purge telnetd" }
check = { package = { name = "telnetd", installed = false } }
"""
Scheme = Literal["light", "dark"]

# Texts that a reader sees, by element, without those that say themselves that they are in another language.
TEXTS = """
() => {
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (element.closest('script, style, code, pre, [lang="en"]')) continue;
    found.push(walker.currentNode.textContent.trim());
  }
  for (const element of document.querySelectorAll('[aria-label], [placeholder], [title], [data-label]'))
    if (!element.closest('[lang="en"]')) found.push(...['aria-label', 'placeholder', 'title', 'data-label'].map(name => element.getAttribute(name) || ''));
  return found.filter(text => text);
}
"""


@dataclass
class Visitor:
    """A browser's window. `said` are console messages and errors, `asked` addresses beyond the console."""

    page: Page
    address: str
    language: str
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def go(self, path: str) -> int:
        """Opens a page and gives its status."""
        answer = self.page.goto(self.address + path)
        assert answer is not None
        return answer.status

    def sign_in(self, user: str = "administrator", password: str = PASSWORD) -> None:
        """By the form, as a person does."""
        self.go("/console/login")
        if self.page.locator("#f-account").count():
            self.page.fill("#f-account", self.account)
        self.page.fill("#f-user", user)
        self.page.fill("#f-password", password)
        self.page.locator("main form.form button").click()
        self.page.wait_for_url(lambda url: not url.endswith("/console/login"))

    account: str = ""

    def overflow(self) -> int:
        """Pixels by which the page is wider than its window."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))

    def untranslated(self) -> list[str]:
        """English texts of ours on a page that is in another language."""
        return [text for text in self.page.evaluate(TEXTS) if text in _english(self.language)]

    def violations(self, axe: str) -> list[str]:
        """What axe finds against WCAG 2.2 A and AA, and its own best practices."""
        self.page.evaluate(axe)
        found: list[dict[str, Any]] = self.page.evaluate(
            "async () => (await axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})).violations"
        )
        return [
            f"{one['id']}: {node['html'][:160]}: {node.get('failureSummary', '')[:200]}"
            for one in found
            for node in one["nodes"]
        ]

    def picture(self, folder: Path, name: str) -> None:
        """Keeps a screenshot: in the test's folder, or in `SHINDAN_SCREENSHOTS` for looking at."""
        kept = Path(os.environ.get("SHINDAN_SCREENSHOTS") or folder)
        kept.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=kept / f"{re.sub('[^a-z0-9]+', '-', name)}.png", full_page=True)

    def open(self, look: Look) -> int:
        """Opens a page of the table and gives its status; fails where the list has no link to it."""
        if not look.at:
            return self.go(look.path)
        self.go(look.at)
        links = [str(one.get_attribute("href")) for one in self.page.locator(f'main a[href^="{look.path}"]').all()]
        found = next(
            (one for one in links if one.partition("?")[0].removeprefix(look.path) not in _LISTS),
            None,
        )
        if found is None:
            pytest.fail(f"{look.at} has no link to {look.path}…")
        return self.go(found + look.more)


@functools.cache
def _english(language: str) -> frozenset[str]:
    """Texts of several words that read differently in a language."""
    known = translator(language)
    said = [text for text in catalogues.wanted() if isinstance(text, str)]
    return frozenset(text for text in said if " " in text and known.gettext(text) != text)


@contextmanager
def visitor(
    browser: Browser, site: Installation, width: int = DESK, scheme: Scheme = "light", language: str = "en", **more: Any
) -> Iterator[Visitor]:
    """A window of its own, with cookies of its own."""
    context: BrowserContext = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, locale=language, timezone_id="UTC", **more
    )
    page = context.new_page()
    made = Visitor(page, site.server.address, language, account=site.account)
    page.on("console", lambda message: made.said.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: made.said.append(str(error)))
    page.on("request", lambda request: made.asked.append(request.url))
    try:
        yield made
    finally:
        context.close()


@contextmanager
def inhabited(folder: Path) -> Iterator[Installation]:
    """A server with hosts (one with a hostile name), a rule of its own, a run that ended, and an administrator."""
    with installation(folder) as site:
        data = site.server.data
        done = shindan(
            "users", "password", "administrator", "--data", data, "--account", site.account, input=f"{PASSWORD}\n"
        )
        assert done.returncode == 0, done.stderr
        (file := folder / "hostile.ndjson").write_bytes(
            facts({"openssl": "3.0.16-1~deb12u1", "curl": "7.88.1-10", "telnetd": "0.17-46"})
        )
        (data / "rules").mkdir()
        (data / "rules" / "own.toml").write_text(OWN_RULE)
        done = shindan("hosts", "submit", file, "--hostname", HOSTILE[:200], "--tag", f"owner={HOSTILE[:100]}", "--data", data, "--account", site.account)  # fmt: skip
        assert done.returncode == 0, done.stderr
        _assessed(site.client())
        _told(site)
        yield site


def _told(site: Installation) -> None:
    """A channel of tickets, and a schedule that sends its reports there."""
    for words in (
        ("notifications", "create", HOSTILE[:140], "https://jira.example/rest/api/2/issue", "--ticket", "jira", "--set", f"project={HOSTILE[:60]}",
         "--on", "finding-opened", "--on", "finding-fixed", "--tag", f"owner={HOSTILE[:100]}", "--at", "08:30", "--zone", "Asia/Tokyo"),
        ("schedules", "create", HOSTILE[:140], "weekly", "--every", "2d", "--begins", "2030-12-01T03:00", "--zone", "Asia/Tokyo", "--jitter", "10m",
         "--blackout", "mon-fri 08:00-18:00", "--report-to", HOSTILE[:140], "--report-language", "ja"),
    ):  # fmt: skip
        done = shindan(*words, "--data", site.server.data, "--account", site.account)
        assert done.returncode == 0, done.stderr


def _assessed(asked: Any) -> None:
    target = asked.create_assessment_target(assessmentTargetName=HOSTILE[:100])["assessmentTargetArn"]
    template = asked.create_assessment_template(
        assessmentTargetArn=target, assessmentTemplateName="weekly", durationInSeconds=180, rulesPackageArns=[CVE, CIS]
    )["assessmentTemplateArn"]
    run = asked.start_assessment_run(assessmentTemplateArn=template)["assessmentRunArn"]
    ended = ("COMPLETED", "COMPLETED_WITH_ERRORS", "FAILED", "ERROR")
    eventually(
        lambda: asked.describe_assessment_runs(assessmentRunArns=[run])["assessmentRuns"][0]["state"],
        ended.__contains__,
    )
