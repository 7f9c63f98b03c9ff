"""The page: nothing from elsewhere, everything escaped, every finding and its reason on it."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from results import LIBSSL, clean, finding, large, rendered, sample
from shindan.model.result import ScanResult
from shindan.render.html_view import link

VOID = {"meta", "link", "br", "rect"}


class Page(HTMLParser):
    """Elements, attributes and text of a page; fails on elements that do not close."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    @property
    def words(self) -> str:
        return " ".join("".join(self.text).split())

    @property
    def shape(self) -> list[tuple[str, tuple[str, ...]]]:
        return [(tag, tuple(attributes)) for tag, attributes in self.elements]


def page(result: ScanResult) -> Page:
    return Page(rendered("sample.html", result))


@pytest.mark.parametrize("result", [sample(), clean(), large(60)], ids=["everything", "nothing found", "many"])
def test_takes_nothing_from_elsewhere_and_forbids_it(result: ScanResult) -> None:
    text = rendered("sample.html", result)
    shown = Page(text)
    tags = {tag for tag, _ in shown.elements}
    assert not tags & {"script", "iframe", "img", "object", "embed", "form", "base", "video", "audio"}
    policies = [attributes["content"] for _, attributes in shown.elements if "http-equiv" in attributes]
    assert policies == [
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
    ]
    loading = [
        v
        for tag, a in shown.elements
        for n, v in a.items()
        if n in ("src", "srcset", "data") or (tag == "link" and n == "href")
    ]
    assert loading == ["data:,"]
    assert not re.search(r"url\(|@import|\bon[a-z]+=", text)


def test_every_finding_shows_with_its_reason() -> None:
    words = page(sample()).words
    for one in sample().findings:
        assert one.id in words
    for text in (
        "3.0.15-1~deb12u1 < 3.0.16-1~deb12u1 by dpkg's order",
        "CVE-2026-1001 of debian, generation 4f1c4f1c4f1c (2026-11-24)",
        "deb package libssl3 3.0.15-1~deb12u1 (amd64), source openssl",
        "15 open findings, 3 of them critical. 1 is known to be exploited by attackers. Updating 4 packages removes 6 findings.",
        "End of life. Debian 11 (bullseye) is out of support since 2026-08-31",
        "Stale data. epss: 100 days old.",
        "409 of 420",
        "inactive: kernel 6.1.0-32-amd64 does not run: 6.1.0-37-amd64 does",
        "ignored (accepted): no mail is parsed here, see OPS-12",
        "listed 2026-09-29, due 2026-10-20, used by ransomware",
        "apt-get install --only-upgrade sudo libssl3 openssl",
        "not the distribution's own: Docker's repository",
        "/var/lib/apt/lists: permission denied",
    ):
        assert text in words


def test_a_zero_names_what_was_judged() -> None:
    assert "No known flaw was found in the 409 packages that were judged." in page(clean()).words


def test_links_open_no_door() -> None:
    links = [attributes for tag, attributes in page(sample()).elements if tag == "a"]
    outward = [attributes for attributes in links if not (attributes["href"] or "").startswith("#")]
    assert outward
    assert {attributes["rel"] for attributes in outward} == {"noopener noreferrer"}
    assert all(re.match(r"https?://", attributes["href"] or "") for attributes in outward)


@pytest.mark.parametrize(
    ("text", "is_link"),
    [
        ("https://example.org/a?b=c#d", True),
        ("HTTP://example.org", True),
        ("javascript:alert(1)", False),
        ("JaVaScRiPt:alert(1)", False),
        (" https://example.org", False),
        ("java\nscript:alert(1)", False),
        ("data:text/html,<script>", False),
        ("//example.org", False),
        ("https://user@example.org/", False),
        ("https://", False),
        ("ftp://example.org/", False),
    ],
)
def test_only_web_addresses_become_links(text: str, is_link: bool) -> None:
    assert link(text) == (text if is_link else "")


HOSTILE = ["</style><script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 7*7 }}", "{% raw %}", "<!--", "]]>", "\0", "\ud800", "&lt;b&gt;", "' autofocus onfocus='x"]  # fmt: skip


@given(st.text(st.characters(), min_size=1) | st.sampled_from(HOSTILE))
@settings(max_examples=80)
def test_no_text_becomes_markup(text: str) -> None:
    assert _hostile(text).shape == _hostile("x").shape


def _hostile(text: str) -> Page:
    """A page on which everything that comes from outside is `text`."""
    odd = finding(
        f"X {text}", LIBSSL._replace(name=f"X {text}", version=f"X {text}"), "High", f"X {text}", title=f"X {text}",
        description=f"X {text}", references=(f"X {text}",), vendor_state=f"X {text}", aliases=(f"X {text}",),
    )  # fmt: skip
    old = sample()
    host = old.host._replace(hostname=f"X {text}", name=f"X {text}", kernel=f"X {text}", arch=f"X {text}")
    return page(
        old._replace(findings=(odd,), host=host, ledger=old.ledger._replace(notes=(text,), gaps=((text, text),)))
    )


def test_hostile_text_is_shown_as_it_is() -> None:
    assert "<script>alert(1)</script>" in _hostile(HOSTILE[0]).words
    assert "{{ 7*7 }}" in _hostile("{{ 7*7 }}").words
