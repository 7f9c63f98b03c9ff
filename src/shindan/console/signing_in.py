"""Signing in and out: password, then a code where the user has a second factor."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import urlsplit

from starlette.responses import Response

from shindan.console import cookies
from shindan.console.attempts import Attempts, TooManyAttempts
from shindan.console.failures import safe_next
from shindan.console.page import Visit
from shindan.locale import LANGUAGES
from shindan.model.errors import ShindanError
from shindan.service import second_factor, sessions, sign_in
from shindan.service.caller import Caller

STEP_SECONDS = 300
ATTEMPTS = Attempts(time.monotonic)


def form(visit: Visit) -> Response:
    """The form; whoever is signed in already goes on."""
    if visit.signed_in is not None:
        return visit.redirect(safe_next(visit.query("next")))
    return _form(visit)


def enter(visit: Visit) -> Response:
    """Takes a name and a password."""
    name, address = visit.form.text("user"), address_of(visit)
    only = sign_in.the_account(visit.service)
    account = only.id if only else visit.form.text("account")
    key = f"{account} {name}"
    try:
        ATTEMPTS.check(address, key)
    except TooManyAttempts as error:
        return _form(visit, error, 429)
    caller = sign_in.with_password(visit.service, account, name, visit.form["password"], address)
    if caller is None:
        ATTEMPTS.failed(address, key)
        return _form(visit, None, 401, wrong=True)
    if second_factor.in_force(visit.service, account, name):
        return _to_second_step(visit, caller)
    ATTEMPTS.succeeded(key)
    return let_in(visit, caller, "password", visit.form["next"])


def code_form(visit: Visit) -> Response:
    """The form for the code; without a good password before it there is none."""
    return _code_form(visit) if _step(visit) else visit.redirect("/console/login")


def enter_code(visit: Visit) -> Response:
    """Takes a code, or a recovery code."""
    step, address = _step(visit), address_of(visit)
    if not step:
        return visit.redirect("/console/login", visit.gettext("That took too long: sign in again."), "note")
    account, name = step["account"], step["user"]
    key = f"{account} {name} code"
    try:
        ATTEMPTS.check(address, key)
    except TooManyAttempts as error:
        return _code_form(visit, error, 429)
    how = second_factor.check(visit.service, account, name, visit.form["code"])
    if how is None:
        ATTEMPTS.failed(address, key)
        sign_in.note_failure(visit.service, account, name, "WRONG_CODE", address)
        return _code_form(visit, None, 401, wrong=True)
    ATTEMPTS.succeeded(key)
    ATTEMPTS.succeeded(f"{account} {name}")
    response = let_in(visit, Caller(account, visit.service.region, name), how, step["next"])
    cookies.take(visit.request, response, cookies.STEP)
    return response


def leave(visit: Visit) -> Response:
    """Signs out."""
    if visit.signed_in is not None:
        sessions.end(visit.service, visit.caller, visit.signed_in.session.id)
    response = visit.redirect("/console/login", visit.gettext("You are signed out."))
    cookies.take(visit.request, response, cookies.SESSION)
    return response


def look(visit: Visit) -> Response:
    """Keeps a theme or a language: with the user, else in a cookie."""
    chosen: dict[str, str] = {}
    if (theme := visit.form["theme"]) in ("auto", "light", "dark"):
        chosen["theme"] = "" if theme == "auto" else theme
    if (language := visit.form["language"]) in LANGUAGES:
        chosen["language"] = language
    response = visit.redirect(safe_next(visit.form["next"]) if visit.signed_in else _guests_next(visit))
    if chosen and visit.signed_in is not None:
        sessions.prefer(visit.service, visit.caller, **chosen)
    for name, value in chosen.items():  # for the sign-in page, too
        cookies.prefer(visit.request, response, {"theme": cookies.THEME, "language": cookies.LANGUAGE}[name], value)
    return response


def let_in(visit: Visit, caller: Caller, how: str, wanted: str) -> Response:
    """Begins a session and sends its holder to where they wanted to go. Raises AccessDenied for who is shut out."""
    client = visit.request.headers.get("user-agent", "")
    token = sessions.begin(visit.service, caller, how, address_of(visit), client, visit.options.terms)
    response = visit.redirect(safe_next(wanted))
    cookies.put(visit.request, response, cookies.SESSION, token, visit.options.terms.life)
    cookies.take(visit.request, response, cookies.GUEST)
    return response


def address_of(visit: Visit) -> str:
    """The visitor's address."""
    return visit.request.client.host if visit.request.client else ""


def _form(visit: Visit, error: ShindanError | None = None, status: int = 200, *, wrong: bool = False) -> Response:
    wanted = visit.form["next"] or visit.query("next")
    values: dict[str, Any] = {"error": error, "wrong": wrong, "wanted": wanted, "sso": visit.options.sso}
    return visit.page("login.html.jinja", status, several=sign_in.the_account(visit.service) is None, **values)


def _code_form(visit: Visit, error: ShindanError | None = None, status: int = 200, *, wrong: bool = False) -> Response:
    return visit.page("login_code.html.jinja", status, error=error, wrong=wrong)


def _to_second_step(visit: Visit, caller: Caller) -> Response:
    response = visit.redirect("/console/login/code")
    step = {"account": caller.account, "user": caller.user, "next": visit.form["next"][:500]}
    cookies.put(visit.request, response, cookies.STEP, visit.signed.seal("step", step), STEP_SECONDS)
    return response


def _step(visit: Visit) -> dict[str, str]:
    return visit.signed.unseal("step", cookies.read(visit.request, cookies.STEP), STEP_SECONDS) or {}


def _guests_next(visit: Visit) -> str:
    parts = urlsplit(visit.form["next"])
    known = not parts.scheme and not parts.netloc and parts.path in ("/console/login", "/console/login/code")
    return visit.form["next"] if known else "/console/login"
