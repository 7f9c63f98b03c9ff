"""Letters: what a digest says in words, in both languages, and that names in it are never more than words."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import pytest

from shindan.render.letter import letter_of, report_letter

LINK = "https://shindan.test/console/findings?severity=High&x=1"


def digest(**more: Any) -> dict[str, Any]:
    worst = {
        "rule": "CVE-2026-0001", "title": "a flaw", "rules_package": "cve", "package": "openssl", "fixed_in": "3.0.17",
        "kev": "2026-12-24", "severity": "High", "hosts": 7, "on": ["web-1", "web-2"],
    }  # fmt: skip
    base: dict[str, Any] = {
        "event": "DIGEST", "channel": "ops", "account": "123456789012", "opened": {"High": 7, "Low": 1200}, "fixed": {},
        "worst": [worst], "more": 41, "happened": [], "more_happened": 0, "time": "2026-11-24T12:00:00.000Z",
    }  # fmt: skip
    return {**base, **more}


def test_in_english() -> None:
    made = letter_of(digest(fixed={"Medium": 2}), "en", LINK)
    assert made.subject == "[Shindan] new findings: High 7, Low 1,200; fixed: 2"
    assert made.text == (
        "1,207 findings opened: High 7, Low 1,200\n"
        "- High  CVE-2026-0001 openssl (known to be exploited, fixed in 3.0.17) – 7 hosts: web-1, web-2, …\n"
        "- and 41 more\n\n"
        "2 findings were fixed: Medium 2\n\n"
        f"In the console: {LINK}\n"
    )
    assert '<a href="https://shindan.test/console/findings?severity=High&amp;x=1">' in made.html


def test_in_japanese() -> None:
    made = letter_of(digest(quiet_until=1_795_525_200_000), "ja", LINK)
    assert made.subject == "[Shindan] 新しい検出結果：高 7、低 1,200"
    assert (
        "- 高  CVE-2026-0001 openssl（悪用確認済み、修正バージョン 3.0.17） – ホスト 7 台：web-1、web-2、…" in made.text
    )
    assert "ほか 41 件" in made.text and "2026年11月24日 13:00 UTC を過ぎてから" in made.text
    assert '<html lang="ja">' in made.html


def test_other_things_that_happened() -> None:
    some = [
        {"what": "run-failed", "name": "nightly", "state": "ERROR", "counts": {}, "run": "0-a"},
        {
            "what": "run-completed",
            "name": "weekly",
            "state": "COMPLETED",
            "counts": {"High": 3, "Low": 0},
            "run": "0-b",
        },
        {"what": "agent-unhealthy", "host": "i-1", "hostname": "", "why": "no contact since noon"},
        {"what": "agent-unhealthy", "host": "i-2", "hostname": "web-2", "why": "no contact since noon"},
        {"what": "feed-stale", "name": "debian", "why": "its newest record is 9 days old"},
        {"what": "certificate-ending", "name": "server.pem", "why": "it ends at 2026-12-01"},
    ]
    made = letter_of(digest(opened={}, worst=[], more=0, happened=some, more_happened=5), "en", "")
    assert made.subject == (
        "[Shindan] run failed; run completed; agent not heard from (2); advisories are out of date;"
        " the server's certificate is about to end"
    )
    for line in ("- nightly: ERROR", "- weekly: High 3", "- i-1: no contact since noon", "and 5 more"):
        assert line in made.text


HOSTILE = {
    "markup": "<script>alert(1)</script>",
    "an attribute": '" onmouseover="x',
    "a header": "a\r\nBcc: everybody@example.org",
    "turned text": "a\u202egpj.exe",
    "controls": "\x1b]0;title\x07",
    "half a character": "\ud800",
    "very long": "A" * 10_000,
}


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.parametrize("language", ["en", "ja"])
def test_names_are_words(name: str, language: str) -> None:
    worst = {**digest()["worst"][0], "rule": name, "package": name, "fixed_in": name, "on": [name]}
    some = [{"what": "agent-unhealthy", "host": name, "hostname": name, "why": name}]
    made = letter_of(digest(worst=[worst], happened=some, channel=name), language, LINK)
    test = letter_of({"event": "TEST", "channel": name}, language, LINK)
    for one in (made, test, report_letter(name, language, [name])):
        assert one.subject.isprintable() and len(one.subject) <= 220
        assert all(line.isprintable() and len(line) < 1000 for line in one.text.split("\n"))
        parser = Tags()
        parser.feed(one.html)
        assert parser.seen <= {"html", "head", "meta", "title", "body", "h2", "ul", "li", "strong", "p", "a"}
        assert parser.attributes <= {"lang", "charset", "style", "href"}
        one.subject.encode(), one.text.encode(), one.html.encode()


class Tags(HTMLParser):
    """What there is of tags and attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.attributes.update(name for name, _ in attrs)
