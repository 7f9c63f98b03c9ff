"""A run's report in a real browser: both languages, at a desk and on a phone, light and dark, and on paper."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from browser.test_report import CONTRAST, DESK, FLAGS, PHONE, Scheme, open_all, overflow, screenshot
from run_reports import finding, report
from shindan.model.report import Affected, Report
from shindan.render.run_report_html import write
from support import need_tool

pytestmark = [pytest.mark.system, pytest.mark.slow]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = need_tool("chromium", "chromium")
    with sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=chromium, headless=True, args=FLAGS)
        yield started
        started.close()


@contextmanager
def shown(browser: Browser, folder: Path, made: Report, width: int, language: str, scheme: Scheme) -> Iterator[Page]:
    """The page of a report; fails on console messages and on requests for anything else."""
    stream = io.StringIO()
    write(made, stream, language)
    file = folder / "report.html"
    file.write_text(stream.getvalue(), encoding="utf-8")
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(file.as_uri())
    yield page
    context.close()
    assert said == [] and [url for url in asked if url not in (file.as_uri(), "data:,")] == []


def long_names() -> Report:
    """A report with names that no window has room for."""
    name = "a-host-with-a-name-that-does-not-end." * 6
    one = finding(1, hosts=(Affected(name, name), Affected("i-2", "libssl3-0:1")), title=name)
    made = report()
    hosts = tuple(host._replace(hostname=name) for host in made.hosts)
    return replace(made, findings=(one, *made.findings[1:]), hosts=hosts, name=name)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("language", ["en", "ja"])
def test_looks_right(browser: Browser, tmp_path: Path, language: str, width: int, scheme: Scheme) -> None:
    with shown(browser, tmp_path, long_names(), width, language, scheme) as page:
        open_all(page)
        screenshot(page, tmp_path, f"run-report-{language}-{width}-{scheme}")
        assert overflow(page) == 0
        assert page.evaluate(CONTRAST) == []


def test_the_bars_are_there_and_end_where_they_should(browser: Browser, tmp_path: Path) -> None:
    with shown(browser, tmp_path, report(), DESK, "en", "light") as page:
        charts = page.locator("svg.chart")
        assert charts.count() == 4
        for chart in charts.all():
            box = chart.bounding_box()
            assert box is not None and chart.get_attribute("aria-label")
            for bar in chart.locator("rect.bar").all():
                part = bar.bounding_box()
                assert (
                    part is not None and part["width"] > 0 and part["x"] + part["width"] <= box["x"] + box["width"] + 1
                )


def test_paper_shows_what_is_folded_on_the_screen(browser: Browser, tmp_path: Path) -> None:
    with shown(browser, tmp_path, report(), DESK, "en", "light") as page:
        page.emulate_media(media="print")
        hidden = page.locator("details.group .body p").all()
        assert hidden and all(one.bounding_box() for one in hidden)
