"""The page in a real browser: Debian's Chromium, at a desk, on a phone, in the dark, and on paper.

Screenshots lie in pytest's temporary folder, or in `SHINDAN_SCREENSHOTS` for looking at them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from results import clean, finding, large, package, rendered, sample
from shindan.model.result import ScanResult
from support import need_tool

pytestmark = [pytest.mark.system, pytest.mark.slow]

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESK, PHONE = 1280, 390
Scheme = Literal["light", "dark"]

# Contrast of every visible text with what is painted behind it, by WCAG 2.2 (1.4.3, relative luminance).
CONTRAST = """
() => {
  const parse = text => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => {
    const part = v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
    return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  };
  const behind = element => {
    for (let e = element; e; e = e.parentElement) {
      const colour = parse(getComputedStyle(e).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    const box = element.getBoundingClientRect();
    if (!walker.currentNode.textContent.trim() || !box.width || !box.height) continue;
    const style = getComputedStyle(element);
    const paint = element instanceof SVGElement ? style.fill : style.color;
    const pair = [light(parse(paint)), light(behind(element))].sort((a, b) => b - a);
    const ratio = (pair[0] + 0.05) / (pair[1] + 0.05);
    if (ratio < 4.5) found.push(`${ratio.toFixed(2)} ${element.className} ${walker.currentNode.textContent.trim()}`);
  }
  return found;
}
"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    chromium = need_tool("chromium", "chromium")
    with sync_playwright() as driver:
        # playwright gives every launch a user-data-dir of its own and removes it.
        started = driver.chromium.launch(executable_path=chromium, headless=True, args=FLAGS)
        yield started
        started.close()


@contextmanager
def shown(browser: Browser, folder: Path, result: ScanResult, width: int, scheme: Scheme = "light") -> Iterator[Page]:
    """The page of a result, all of it opened; fails on console messages, errors, and requests for anything else."""
    file = folder / "report.html"
    file.write_text(rendered("sample.html", result), encoding="utf-8")
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
    assert said == []
    assert [url for url in asked if url not in (file.as_uri(), "data:,")] == []


def overflow(page: Page) -> int:
    """Pixels by which the page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def open_all(page: Page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach(details => { details.open = true })")


def screenshot(page: Page, folder: Path, name: str) -> Path:
    path = Path(os.environ.get("SHINDAN_SCREENSHOTS") or folder) / f"{name}.png"
    page.screenshot(path=path, full_page=True)
    return path


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [DESK, PHONE], ids=["desk", "phone"])
def test_looks_right(browser: Browser, tmp_path: Path, width: int, scheme: Scheme) -> None:
    with shown(browser, tmp_path, sample(), width, scheme) as page:
        picture = screenshot(page, tmp_path, f"report-{width}-{scheme}")
        assert picture.read_bytes().startswith(b"\x89PNG")
        assert overflow(page) == 0
        open_all(page)
        assert overflow(page) == 0
        assert page.evaluate(CONTRAST) == []


def test_the_contrast_check_sees_pale_text(browser: Browser, tmp_path: Path) -> None:
    with shown(browser, tmp_path, sample(), DESK) as page:
        page.evaluate("document.querySelector('.verdict').style.color = '#9a9a9a'")
        assert [line.split()[1] for line in page.evaluate(CONTRAST)] == ["verdict"]


def test_the_chart_is_there_and_its_bars_are_in_proportion(browser: Browser, tmp_path: Path) -> None:
    with shown(browser, tmp_path, sample(), DESK) as page:
        chart = page.locator("svg.chart")
        assert chart.is_visible()
        assert "Critical: 3, of them 3 with a fix" in (chart.locator("desc").text_content() or "")
        box = chart.bounding_box()
        assert box is not None
        bars = [bar.bounding_box() for bar in chart.locator("rect.pale").all()]
        shares = [round(bar["width"] / box["width"], 2) for bar in bars if bar]
        assert shares == [0.75, 0.5, 1.0, 1.0, 0.25, 0.25]


def test_a_reason_opens_with_the_keyboard(browser: Browser, tmp_path: Path) -> None:
    with shown(browser, tmp_path, sample(), DESK) as page:
        why = page.locator("details.why").nth(1)
        assert not why.locator("dl").is_visible()
        why.locator("summary").focus()
        page.keyboard.press("Enter")
        assert why.locator("dl").is_visible()
        assert "1.9.13p3-1+deb12u1 < 1.9.13p3-1+deb12u2 by dpkg's order" in why.inner_text()


def test_paper_shows_every_finding(browser: Browser, tmp_path: Path) -> None:
    with shown(browser, tmp_path, sample(), DESK) as page:
        page.emulate_media(media="print")
        screenshot(page, tmp_path, "report-print")
        rows = page.locator("table.rows tbody tr").all()
        heights = [box["height"] for row in rows if (box := row.bounding_box())]
        assert len(heights) == len(rows) == 15  # libssl3 and openssl share two rows
        assert min(heights) > 10


@pytest.mark.parametrize("width", [DESK, PHONE], ids=["desk", "phone"])
def test_nothing_found_and_very_many_fit(browser: Browser, tmp_path: Path, width: int) -> None:
    for result in (clean(), large(600)):
        with shown(browser, tmp_path, result, width) as page:
            assert overflow(page) == 0
            assert page.locator("svg.chart").is_visible()


def test_hostile_text_is_shown_and_not_run(browser: Browser, tmp_path: Path) -> None:
    attack = "<img src=http://192.0.2.1/x onerror=alert(1)></style><script>document.title='owned'</script>"
    of = package(attack + "x" * 300, "1" * 200, "s")
    odd = finding(attack, of, "High", "2" * 200, title=attack, description=attack, references=("javascript:alert(1)",))
    result = ScanResult("0", "2026-11-24T12:00:00Z", sample().host, (odd,), sample().ledger)
    with shown(browser, tmp_path, result, PHONE) as page:
        open_all(page)
        assert page.title().startswith("web-01.example.net")
        assert attack in page.locator(".title").first.inner_text()
        assert page.locator("script, img, a[href^=javascript]").count() == 0
        assert overflow(page) == 0
