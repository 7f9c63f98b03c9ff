"""Chromium and a console with something in it, once for a file of tests.

Not longer: while Playwright's driver lives, an event loop runs in this thread, and whoever comes next in this process
could not run one of their own.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from browser.visitors import inhabited
from judges.installation import Installation
from npm_packages import fetched
from support import REPOSITORY, need_tool

FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"]  # fmt: skip


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Debian's."""
    path = need_tool("chromium", "chromium")
    with sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=path, headless=True, args=FLAGS)
        yield started
        started.close()


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """A running server with hosts and findings."""
    with inhabited(tmp_path_factory.mktemp("console")) as site:
        yield site


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core, which finds what keeps people out."""
    folder = fetched(REPOSITORY / "tests" / "browser" / "axe", "axe")
    return (folder / "node_modules/axe-core/axe.min.js").read_text(encoding="utf-8")
