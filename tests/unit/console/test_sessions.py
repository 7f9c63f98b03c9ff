"""Signing in, staying so, and being out again."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from service_world import ACCOUNT, OTHER
from shindan.console import cookies
from shindan.model.refusals import AccessDenied
from shindan.service import sessions, users
from shindan.service.caller import Caller
from shindan.service.sessions import Terms
from shindan.store.tables import audit, session
from unit.console.visits import ADMINISTRATOR, PASSWORD, READER, Browser, Site, give_password, sites, words


def sign_in(
    browser: Browser, name: str = ADMINISTRATOR, password: str = PASSWORD, account: str = ACCOUNT, to: str = ""
) -> int:
    """Sends the form; its status."""
    browser.look("/console/login")
    return browser.fill("/console/login", account=account, user=name, password=password, next=to).status_code


def test_who_is_not_signed_in_is_sent_to_the_form_and_back(site: Site) -> None:
    give_password(site)
    browser = site.browser()
    sent = browser.get("/console/audit?action=Create")
    assert (sent.status_code, sent.headers["location"]) == (
        303,
        "/console/login?next=%2Fconsole%2Faudit%3Faction%3DCreate",
    )
    page = browser.look(sent.headers["location"])
    assert 'name="next" value="/console/audit?action=Create"' in page.text
    answer = browser.fill(
        "/console/login", account=ACCOUNT, user=ADMINISTRATOR, password=PASSWORD, next="/console/audit?action=Create"
    )
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/audit?action=Create")
    assert browser.get("/console/audit").status_code == 200


@pytest.mark.parametrize(
    "wanted",
    ["https://evil.example/", "//evil.example/console/", "/\\evil.example", "/console/login", "javascript:alert(1)", "/status", "/console/\n//x", "/console/../x\\"],
)  # fmt: skip
def test_nobody_is_sent_elsewhere(site: Site, wanted: str) -> None:
    give_password(site)
    browser = site.browser()
    browser.look("/console/login")
    answer = browser.fill("/console/login", account=ACCOUNT, user=ADMINISTRATOR, password=PASSWORD, next=wanted)
    assert answer.headers["location"] == "/console/"


@pytest.mark.parametrize(
    ("name", "password", "account"),
    [
        (ADMINISTRATOR, "wrong horse battery", ACCOUNT),
        ("nobody", PASSWORD, ACCOUNT),
        (READER, PASSWORD, ACCOUNT),
        (ADMINISTRATOR, PASSWORD, OTHER),
        (ADMINISTRATOR, PASSWORD, "000000000000"),
        ("", "", ""),
        ("\ud800".encode("utf-8", "surrogatepass").decode("utf-8", "replace"), "x" * 5000, ACCOUNT),
    ],
    ids=["wrong password", "unknown name", "no password set", "another account", "no account", "nothing", "hostile"],
)
def test_whatever_is_wrong_is_answered_alike(site: Site, name: str, password: str, account: str) -> None:
    give_password(site)
    browser = site.browser()
    browser.look("/console/login")
    answer = browser.fill("/console/login", account=account, user=name, password=password)
    assert answer.status_code == 401
    assert "Name or password is wrong." in words(answer)
    assert cookies.SESSION not in browser.cookies


def test_the_only_account_need_not_be_named(tmp_path: Path) -> None:
    for site in sites(tmp_path):
        with site.world.database.write() as connection:
            connection.exec_driver_sql(f"DELETE FROM account WHERE id = '{OTHER}'")
        give_password(site)
        browser = site.browser()
        assert 'name="account"' not in browser.look("/console/login").text
        assert browser.fill("/console/login", user=ADMINISTRATOR, password=PASSWORD).status_code == 303


def test_the_cookie_is_for_this_site_alone(site: Site) -> None:
    give_password(site)
    for address, name, secure in (
        ("http://console.test", "shindan", False),
        ("https://console.test", "__Host-shindan", True),
    ):
        browser = site.browser(address)
        browser.look("/console/login")
        answer = browser.fill("/console/login", account=ACCOUNT, user=ADMINISTRATOR, password=PASSWORD)
        made = next(one for one in answer.headers.get_list("set-cookie") if one.startswith(f"{name}="))
        assert {"HttpOnly", "Path=/", "SameSite=lax"} <= set(made.split("; "))
        assert ("Secure" in made) == secure
        assert "Domain" not in made
        assert browser.get("/console/audit").status_code == 200


def test_the_table_holds_no_token(site: Site) -> None:
    browser = site.entered()
    token = browser.cookies[cookies.SESSION]
    with site.world.database.read() as connection:
        assert connection.execute(select(session.c.id)).scalars().all() == [sessions.hashed(token)]
    assert token not in sessions.hashed(token)


def test_a_session_is_over_after_a_while_without_requests_and_after_its_life(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [1_795_000_000]
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(clock[0]))

    def later(seconds: int) -> None:
        clock[0] += seconds
        monkeypatch.setenv("SOURCE_DATE_EPOCH", str(clock[0]))

    browser, idle = site.entered(), site.entered()
    terms = site.options.terms
    for _ in range(7):
        later(terms.idle - 10)
        assert browser.get("/console/account").status_code == (200 if clock[0] < 1_795_000_000 + terms.life else 303)
    assert idle.get("/console/account").status_code == 303
    with site.world.database.read() as connection:
        assert len(connection.execute(select(session.c.id)).all()) == 2
    site.entered()  # whoever comes next sweeps what is over
    with site.world.database.read() as connection:
        assert len(connection.execute(select(session.c.id)).all()) == 1


def test_signing_out_ends_the_session_itself(site: Site) -> None:
    browser = site.entered()
    token = browser.cookies[cookies.SESSION]
    assert "You are signed out." in browser.said(browser.fill("/console/logout"))
    other = site.browser()
    other.cookies.set(cookies.SESSION, token)
    assert other.get("/console/account").status_code == 303


def test_own_sessions_are_listed_and_ended_one_by_one_or_all(site: Site) -> None:
    first, second = site.entered(READER), site.entered(READER)
    stranger = site.entered()
    page = first.look("/console/account")
    assert page.text.count("Firefox, Linux") == 2
    ids = [one.id for one in sessions.list_(site.world.service, Caller(ACCOUNT, "", READER), Terms())]
    other = next(one for one in ids if one != sessions.hashed(first.cookies[cookies.SESSION]))
    foreign = sessions.hashed(stranger.cookies[cookies.SESSION])
    assert "There is no such session" in words(first.fill("/console/account", do="end", session=foreign))
    assert "The session is ended." in first.said(first.fill("/console/account", do="end", session=other))
    assert second.get("/console/account").status_code == 303
    assert first.fill("/console/account", do="everywhere").status_code == 303
    assert first.get("/console/account").status_code == 303
    assert stranger.get("/console/account").status_code == 200


def shut_out(site: Site, how: str) -> None:
    """What ends a user's sessions."""
    service, caller = site.world.service, site.world.caller
    ways: dict[str, Callable[[], object]] = {
        "disabled": lambda: users.set_disabled(service, caller, READER, True),
        "removed": lambda: users.remove(service, caller, READER),
        "new password": lambda: users.set_password(service, caller, READER, PASSWORD),
        "reset": lambda: users.reset(service, caller, READER),
        "by an administrator": lambda: sessions.end_all(service, caller, READER),
    }
    ways[how]()


@pytest.mark.parametrize("how", ["disabled", "removed", "new password", "reset", "by an administrator"])
def test_what_shuts_a_user_out_ends_their_sessions(site: Site, how: str) -> None:
    browser, other = site.entered(READER), site.entered()
    assert browser.get("/console/account").status_code == 200
    shut_out(site, how)
    assert browser.get("/console/account").status_code == 303
    assert other.get("/console/account").status_code == 200


def test_a_disabled_user_cannot_begin_a_session(site: Site) -> None:
    users.set_disabled(site.world.service, site.world.caller, READER, True)
    with pytest.raises(AccessDenied):
        site.entered(READER)


def test_one_user_ends_no_sessions_of_another(site: Site) -> None:
    reader = Caller(ACCOUNT, "", READER)
    with pytest.raises(AccessDenied):
        sessions.end_all(site.world.service, reader, ADMINISTRATOR)


def test_who_signed_in_and_who_could_not_is_written_down(site: Site) -> None:
    give_password(site)
    assert sign_in(site.browser(), "nobody") == 401
    assert sign_in(site.browser()) == 303
    with site.world.database.read() as connection:
        found = connection.execute(select(audit).where(audit.c.action == "SignIn").order_by(audit.c.number)).all()
    assert [(row.resource, row.outcome, row.detail["address"]) for row in found] == [
        ("nobody", "WRONG_PASSWORD", "192.0.2.7"),
        (ADMINISTRATOR, "done", "192.0.2.7"),
    ]


def test_too_many_failures_of_a_name_wait_and_known_names_are_not_told_from_others(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    give_password(site)
    for name in (ADMINISTRATOR, "nobody"):
        browser = site.browser(peer=f"192.0.2.{len(name)}")
        assert [sign_in(browser, name, "wrong wrong wrong") for _ in range(11)] == [401] * 10 + [429]
        begun = time.process_time()
        answer = browser.fill("/console/login", account=ACCOUNT, user=name, password=PASSWORD)
        assert answer.status_code == 429, "the right password does not help now"
        assert "Too many attempts failed: try again in" in words(answer)
        assert time.process_time() - begun < 5
    elsewhere = time.monotonic() + 301
    monkeypatch.setattr("shindan.console.signing_in.ATTEMPTS._clock", lambda: elsewhere)
    assert sign_in(site.browser()) == 303


def test_too_many_failures_from_an_address_wait_whatever_the_name(site: Site) -> None:
    browser = site.browser()
    found = [sign_in(browser, f"user{number}", "wrong wrong wrong") for number in range(31)]
    assert found == [401] * 30 + [429]
    assert sign_in(site.browser(peer="198.51.100.1"), "somebody", "wrong wrong wrong") == 401
