"""One's own account: password, second factor, sessions, how the console looks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from starlette.responses import Response

from shindan.console import browsers, cookies
from shindan.console.attempts import TooManyAttempts
from shindan.console.page import Visit
from shindan.console.signing_in import ATTEMPTS, address_of
from shindan.model.errors import ShindanError
from shindan.model.refusals import InvalidInput, NoSuchEntity
from shindan.service import access_keys, second_factor, sessions, sign_in, users
from shindan.service.sessions import SignedIn

HERE = "/console/account"


def show(visit: Visit) -> Response:
    """All of it."""
    return _page(visit)


def change(visit: Visit) -> Response:
    """What a form of the page asks for: its field `do` says what."""
    action = _ACTIONS.get(visit.form["do"])
    if action is None:
        raise InvalidInput("INVALID_ACTION", "the form asks for nothing that is known here")
    try:
        return action(visit)
    except (InvalidInput, NoSuchEntity, TooManyAttempts) as error:
        return _page(visit, error)


def factor(visit: Visit) -> Response:
    """The second factor: a secret to take up, or how to be rid of it."""
    return _factor(visit)


def change_factor(visit: Visit) -> Response:
    """Puts it in force with a first code, or removes it with a last one. Guesses are counted, as at the door."""
    key = f"{visit.caller.account} {visit.caller.user} code"
    try:
        ATTEMPTS.check(address_of(visit), key)
        if visit.form["do"] == "remove":
            second_factor.remove(visit.service, visit.caller, visit.form["code"])
            return visit.redirect(HERE, visit.gettext("The second factor is removed."))
        codes = second_factor.confirm(visit.service, visit.caller, visit.form["code"])
    except (InvalidInput, NoSuchEntity) as error:
        ATTEMPTS.failed(address_of(visit), key)
        return _factor(visit, error)
    except TooManyAttempts as error:
        return _factor(visit, error)
    # Whoever was signed in elsewhere without it is out.
    sessions.end_all(visit.service, visit.caller, visit.caller.user, but=_signed_in(visit).session.id)
    return visit.page("recovery_codes.html.jinja", codes=codes)


def _password(visit: Visit) -> Response:
    caller, address = visit.caller, address_of(visit)
    key = f"{caller.account} {caller.user}"
    if _signed_in(visit).has_password:
        ATTEMPTS.check(address, key)
        if sign_in.with_password(visit.service, caller.account, caller.user, visit.form["old"], address) is None:
            ATTEMPTS.failed(address, key)
            raise InvalidInput("WRONG_PASSWORD", "the present password is wrong")
    if visit.form["new"] != visit.form["again"]:
        raise InvalidInput("PASSWORDS_DIFFER", "the new password was typed in two ways")
    users.set_password(visit.service, caller, caller.user, visit.form["new"], keep_session=_signed_in(visit).session.id)
    return visit.redirect(HERE, visit.gettext("The password is changed; other sessions are ended."))


def _end(visit: Visit) -> Response:
    sessions.end(visit.service, visit.caller, visit.form["session"])
    return visit.redirect(HERE, visit.gettext("The session is ended."))


def _everywhere(visit: Visit) -> Response:
    sessions.end_all(visit.service, visit.caller, visit.caller.user)
    response = visit.redirect("/console/login", visit.gettext("You are signed out everywhere."))
    cookies.take(visit.request, response, cookies.SESSION)
    return response


def _rotate(visit: Visit) -> Response:
    return _page(visit, key=access_keys.rotate(visit.service, visit.caller, visit.form["key"]))


def _key_off(visit: Visit) -> Response:
    access_keys.set_active(visit.service, visit.caller, visit.form["key"], False)
    return visit.redirect(HERE, visit.gettext("The access key is switched off."))


_ACTIONS: dict[str, Callable[[Visit], Response]] = {
    "password": _password,
    "end": _end,
    "everywhere": _everywhere,
    "rotate-key": _rotate,
    "key-off": _key_off,
}


def _page(visit: Visit, error: ShindanError | None = None, **shown: Any) -> Response:
    values = {
        "sessions": sessions.list_(visit.service, visit.caller, visit.options.terms),
        "keys": access_keys.list_(visit.service, visit.caller, visit.caller.user),
        "recovery_left": second_factor.recovery_left(visit.service, visit.caller),
        "here": _signed_in(visit), "key": None, "browser": browsers.named, **shown,
    }  # fmt: skip
    if isinstance(error, TooManyAttempts):
        return visit.page("account.html.jinja", 429, error=None, tried=error, **values)
    if error is not None:
        return visit.refused("account.html.jinja", error, tried=None, **values)
    return visit.page("account.html.jinja", error=None, tried=None, **values)


def _factor(visit: Visit, error: ShindanError | None = None) -> Response:
    tried = error if isinstance(error, TooManyAttempts) else None
    refusal = None if tried else error
    left = second_factor.recovery_left(visit.service, visit.caller)
    proposal = second_factor.propose(visit.service, visit.caller) if left is None else None
    values = {"left": left, "proposal": proposal, "picture": _picture(proposal.uri) if proposal else "", "tried": tried}
    status = 429 if tried else 422 if refusal else 200
    return visit.page("second_factor.html.jinja", status, error=refusal, **values)


def _picture(uri: str) -> str:
    """A QR code as the address of an image, which the policy lets pages show."""
    import segno  # with the first who wants a second factor

    return str(segno.make(uri, error="m").svg_data_uri(scale=4, border=2, light="#fff"))


def _signed_in(visit: Visit) -> SignedIn:
    return cast("SignedIn", visit.signed_in)  # only who is signed in comes here
