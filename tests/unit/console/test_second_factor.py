"""Codes of telephones: set up, asked for at the door, used once, replaced by recovery codes, taken away."""

from __future__ import annotations

import re
from datetime import datetime

import pyotp
import pytest
from sqlalchemy import select

from service_world import ACCOUNT, OTHER
from shindan.console import cookies
from shindan.model.refusals import AccessDenied, InvalidInput, NoSuchEntity
from shindan.service import second_factor
from shindan.service.caller import Caller
from shindan.store.tables import second_factor as table
from unit.console.visits import ADMINISTRATOR, PASSWORD, READER, Browser, Site, give_password, words

ME = Caller(ACCOUNT, "", READER)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The moment in seconds; add to it with `later`."""
    moment = [1_795_000_020]
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(moment[0]))
    return moment


def later(clock: list[int], monkeypatch: pytest.MonkeyPatch, seconds: int = 30) -> None:
    clock[0] += seconds
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(clock[0]))


def code(secret: str, clock: list[int], steps: int = 0) -> str:
    """The code that an app shows, as RFC 6238 has it."""
    return str(pyotp.TOTP(secret).at(datetime.fromtimestamp(clock[0] + 30 * steps)))


def set_up(site: Site, browser: Browser, clock: list[int]) -> tuple[str, list[str]]:
    """Sets it up by the page; (secret, recovery codes)."""
    page = browser.look("/console/account/second-factor")
    secret = re.search(r"<code[^>]*>([A-Z2-7]{32})</code>", page.text)
    assert secret and 'src="data:image/svg+xml' in page.text
    done = browser.fill("/console/account/second-factor", do="confirm", code=code(secret[1], clock))
    assert done.status_code == 200, words(done)
    return secret[1], re.findall(r"^(?:.*<code[^>]*>)?([a-z2-9]{5}-[a-z2-9]{5})(?:</code>.*)?$", done.text, re.M)


def at_the_door(site: Site) -> Browser:
    """Somebody who gave the right password."""
    browser = site.browser()
    browser.look("/console/login")
    answer = browser.fill("/console/login", account=ACCOUNT, user=READER, password=PASSWORD, next="/console/audit")
    assert answer.headers["location"] == "/console/login/code"
    assert cookies.SESSION not in browser.cookies
    browser.look("/console/login/code")
    return browser


def test_the_whole_way(site: Site, clock: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    give_password(site, READER)
    other = site.entered(READER)
    own = site.entered(READER)
    secret, recovery = set_up(site, own, clock)
    assert len(set(recovery)) == 10
    assert own.get("/console/account").status_code == 200
    assert other.get("/console/account").status_code == 303, "who came without it is out"
    browser = at_the_door(site)
    used = code(secret, clock)
    assert browser.fill("/console/login/code", code=used).status_code == 401, "the code that set it up is used up"
    later(clock, monkeypatch)
    answer = browser.fill("/console/login/code", code=code(secret, clock))
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/audit")
    assert browser.get("/console/account").status_code == 200
    again = at_the_door(site)
    assert again.fill("/console/login/code", code=code(secret, clock)).status_code == 401, "no code is good twice"
    assert again.fill("/console/login/code", code=recovery[0].upper().replace("-", " ")).status_code == 303
    assert at_the_door(site).fill("/console/login/code", code=recovery[0]).status_code == 401
    assert "9 recovery codes are left." in words(again.look("/console/account"))


@pytest.mark.parametrize(("steps", "good"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_code_is_good_for_a_minute_and_a_half(
    site: Site, clock: list[int], monkeypatch: pytest.MonkeyPatch, steps: int, good: bool
) -> None:
    made = second_factor.propose(site.world.service, ME)
    second_factor.confirm(site.world.service, ME, code(made.secret, clock))
    later(clock, monkeypatch, 3000)
    found = second_factor.check(site.world.service, ACCOUNT, READER, code(made.secret, clock, steps))
    assert found == ("totp" if good else None)


@pytest.mark.parametrize("typed", ["", "000000", "12345", "1234567", "٠٠٠٠٠٠", "\x00", "x" * 10_000])
def test_what_is_no_code_is_none(site: Site, clock: list[int], typed: str) -> None:
    made = second_factor.propose(site.world.service, ME)
    second_factor.confirm(site.world.service, ME, code(made.secret, clock))
    assert second_factor.check(site.world.service, ACCOUNT, READER, typed) is None


def test_nothing_is_asked_for_before_it_is_confirmed(site: Site, clock: list[int]) -> None:
    first = second_factor.propose(site.world.service, ME)
    assert second_factor.propose(site.world.service, ME) == first, "loading the page again changes nothing"
    assert not second_factor.in_force(site.world.service, ACCOUNT, READER)
    assert second_factor.check(site.world.service, ACCOUNT, READER, code(first.secret, clock)) is None
    with pytest.raises(InvalidInput):
        second_factor.confirm(site.world.service, ME, "000000")
    second_factor.confirm(site.world.service, ME, code(first.secret, clock))
    with pytest.raises(InvalidInput):
        second_factor.propose(site.world.service, ME)
    with pytest.raises(NoSuchEntity):
        second_factor.confirm(site.world.service, ME, code(first.secret, clock, 1))


def test_the_database_holds_no_secret(site: Site, clock: list[int]) -> None:
    made = second_factor.propose(site.world.service, ME)
    codes = second_factor.confirm(site.world.service, ME, code(made.secret, clock))
    with site.world.database.read() as connection:
        (row,) = connection.execute(select(table)).all()
    assert made.secret.encode() not in row.secret
    assert not set(codes) & set(row.recovery)


def test_it_is_removed_with_a_code_or_by_an_administrator(site: Site, clock: list[int]) -> None:
    browser = site.entered(READER)
    secret, recovery = set_up(site, browser, clock)
    page = browser.look("/console/account/second-factor")
    assert secret not in page.text
    wrong = browser.fill("/console/account/second-factor", do="remove", code="123456")
    assert (wrong.status_code, "The code is wrong" in words(wrong)) == (422, True)
    assert "The second factor is removed." in browser.said(
        browser.fill("/console/account/second-factor", do="remove", code=recovery[3])
    )
    set_up(site, browser, clock)
    with pytest.raises(AccessDenied):
        second_factor.reset(site.world.service, ME, READER)
    with pytest.raises(NoSuchEntity):
        second_factor.reset(site.world.service, Caller(OTHER, "", ADMINISTRATOR, administrator=True), READER)
    keeper = site.entered()
    keeper.look(f"/console/users/{READER}")
    assert "The second factor is removed." in keeper.said(
        keeper.fill(f"/console/users/{READER}", do="reset-second-factor")
    )
    assert not second_factor.in_force(site.world.service, ACCOUNT, READER)


def test_guesses_are_counted(site: Site, clock: list[int]) -> None:
    give_password(site, READER)
    set_up(site, site.entered(READER), clock)
    browser = at_the_door(site)
    found = [browser.fill("/console/login/code", code=f"{number:06}").status_code for number in range(11)]
    assert found == [401] * 10 + [429]


def test_without_a_password_before_it_no_code_is_taken(site: Site, clock: list[int]) -> None:
    secret, _ = set_up(site, site.entered(READER), clock)
    browser = site.browser()
    browser.look("/console/login")
    assert browser.get("/console/login/code").headers["location"] == "/console/login"
    assert browser.fill("/console/login/code", code=code(secret, clock, 1)).headers["location"] == "/console/login"
    browser.cookies.set(cookies.STEP, "e30.x.y")
    assert browser.fill("/console/login/code", code=code(secret, clock, 1)).headers["location"] == "/console/login"
