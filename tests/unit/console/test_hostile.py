"""Names and texts of others are inert: they neither become markup nor move, hide or turn what is around them."""

from __future__ import annotations

from html import unescape
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service_world import ACCOUNT
from shindan.console.columns import columns
from shindan.console.harmless import harmless
from shindan.console.pictures import bars, donut, share
from shindan.console.render import Words, environment
from shindan.store import audit
from unit.console.visits import Site

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "{{ 7*7 }}{% raw %}",
    "\u202eevil\u202c\u200b\u2066",
    "\x00\x1b[31m\r\n\u2028",
    "javascript:alert(1)",
    "%(user)s %s {0}",
    "ab" * 5000,
    "\U000e0041\ufeff",
]


class Marks(HTMLParser):
    """What elements and attributes a page has."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [(tag, ""), *((tag, name) for name, _ in attrs)]


def marks(text: str) -> set[tuple[str, str]]:
    parser = Marks()
    parser.feed(text)
    return set(parser.found)


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_text_in_the_audit_is_text(site: Site, text: str) -> None:
    def note(resource: str) -> str:
        with site.world.database.write() as connection:
            audit.note(connection, account=ACCOUNT, caller=f"arn:aws:iam::{ACCOUNT}:user/{resource}", action="x", resource=resource, outcome=resource, at=0, detail={"what": resource})  # fmt: skip
        return site.entered().look("/console/audit").text

    plain, page = note("plain"), note(text.replace("\x00", ""))
    assert marks(page) == marks(plain)
    assert not set(page) & set("\u202e\u202c\u200b\u2066\x1b\u2028\U000e0041\ufeff")


@pytest.mark.parametrize("text", HOSTILE[:9], ids=range(9))
def test_a_hostile_address_is_text(site: Site, text: str) -> None:
    from urllib.parse import quote

    browser = site.entered()
    for path in (
        f"/console/{quote(text[:500], safe='')}",
        f"/console/users/{quote(text[:500], safe='')}",
        f"/console/audit?user={quote(text[:500])}&resource={quote(text[:500])}",
    ):
        page = browser.look(path)
        assert page.status_code in (200, 400, 404)
        assert not {name for _, name in marks(page.text) if name.startswith("on")}
        assert ("img", "onerror") not in marks(page.text) and "alert(1)</script>" not in page.text


@given(st.text(max_size=60))
@settings(max_examples=100)
def test_any_text_comes_out_as_it_is_or_with_marks_in_its_place(text: str) -> None:
    made = environment().from_string("<p>{{ text }}</p>").render(text=text)
    assert unescape(made[3:-4]) == harmless(text)
    assert len(harmless(text)) == len(text)


@given(st.text(max_size=40), st.floats(min_value=0, max_value=1e9))
@settings(max_examples=60)
def test_pictures_and_columns_take_any_label(text: str, value: float) -> None:
    drawn = (
        str(donut([(text, value, "high")], text, text))
        + str(bars([(text, value, "low")], text))
        + str(share(value, 3.0))
    )
    plain = (
        str(donut([("x", max(value, 0), "high")], "x", "x"))
        + str(bars([("x", value, "low")], "x"))
        + str(share(value, 3.0))
    )
    assert marks(drawn) == marks(plain)
    cell = f"<td{columns(name=(text, 'num')).name}>"
    assert marks(cell) == {("td", ""), ("td", "data-label"), ("td", "class")}


def test_what_is_put_into_a_text_is_escaped_and_a_percent_sign_is_one() -> None:
    said: Any = Words("en").functions()
    assert said["_"]("Remove %(user)s?", user="<b>100%s</b>") == "Remove &lt;b&gt;100%s&lt;/b&gt;?"
    assert (
        str(said["ngettext"]("%(num)s recovery code is left.", "%(num)s recovery codes are left.", 1200))
        == "1,200 recovery codes are left."
    )
