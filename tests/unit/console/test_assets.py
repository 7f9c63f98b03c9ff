"""Style sheets and scripts: what others wrote is as they wrote it, all of it is small, and addresses change with it."""

from __future__ import annotations

import gzip
import hashlib
import re
import tomllib

import pytest

from shindan.console import assets
from support import REPOSITORY
from unit.console.visits import Site

STATIC = REPOSITORY / "src/shindan/console/static"
VENDOR = tomllib.loads((STATIC / "vendor.toml").read_text())
OWN = {"console.css", "console.js", "mark.svg"}


@pytest.mark.parametrize("name", sorted(VENDOR))
def test_a_vendored_file_is_unchanged_and_named_in_the_notice(name: str) -> None:
    said = VENDOR[name]
    assert hashlib.sha256((STATIC / name).read_bytes()).hexdigest() == said["sha256"]
    assert set(said) == {"package", "version", "file", "source", "sha256", "licence"}
    assert said["version"] in said["source"]
    project = {"htmx.org": "htmx", "@alpinejs/csp": "Alpine.js", "uplot": "uPlot"}[said["package"]]
    assert project in (REPOSITORY / "NOTICE").read_text()


def test_every_file_is_ours_or_has_its_origin() -> None:
    assert set(assets.names()) == OWN | set(VENDOR)


def test_all_assets_together_are_small() -> None:
    assert sum(len(assets.asset(name).packed) for name in assets.names()) <= 95_000


def test_no_template_has_what_the_policy_forbids() -> None:
    for path in sorted((REPOSITORY / "src/shindan/console/templates").glob("*.jinja")):
        text = path.read_text()
        found = re.findall(
            r"\sstyle=|<style|<script(?![^>]*\ssrc=)|\son[a-z]+=|javascript:|\|\s*safe\b|hx-on|(?:src|href|action)=\"?https?://",
            text,
        )
        assert not found, (path.name, found)


@pytest.mark.parametrize("name", assets.names())
def test_an_asset_is_kept_for_ever_by_its_address(site: Site, name: str) -> None:
    made = assets.asset(name)
    browser = site.browser()
    for encoding, packed in (("gzip, br", True), ("identity", False)):
        answer = browser.get(made.address, headers={"accept-encoding": encoding})
        assert answer.content == (STATIC / name).read_bytes()
        assert ("content-encoding" in answer.headers) == packed
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert "set-cookie" not in answer.headers
    assert gzip.decompress(made.packed) == made.content


@pytest.mark.parametrize(
    "path",
    [
        "console.css",
        "console.000000000000.css",
        "..%2Frender.py",
        "vendor.toml",
        "vendor.000000000000.toml",
        "x.y.z",
        "",
        "%00.css",
    ],
)
def test_what_is_no_asset_of_today_is_not_kept(site: Site, path: str) -> None:
    answer = site.browser().get(f"/console/static/{path}")
    assert answer.status_code in (200, 303, 404)
    assert "immutable" not in answer.headers.get("cache-control", "")
    assert answer.status_code != 200 or path.endswith(".css")
