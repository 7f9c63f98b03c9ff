"""Users and keys: who may do what in this account."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from starlette.responses import Response

from shindan.console.page import Visit, link
from shindan.model.account import User
from shindan.model.refusals import InvalidInput, NoSuchEntity, Refusal
from shindan.service import access_keys, federated, policies, second_factor, sessions, users


def list_(visit: Visit) -> Response:
    """All users."""
    found = users.list_(visit.service, visit.caller)
    holders = second_factor.holders(visit.service, visit.caller)
    return visit.page("users.html.jinja", users=found, holders=holders)


def form(visit: Visit) -> Response:
    """The form for a new user."""
    return visit.page("user_new.html.jinja", error=None, known=_policies(visit), chosen=["ReadOnly"])


def create(visit: Visit) -> Response:
    """Makes a user; a password is made for them where that is wanted, and shown once."""
    name, chosen = visit.form.text("name"), visit.form.all("policy")
    password = secrets.token_urlsafe(18) if visit.form.yes("password") else None
    administrator = visit.form["rights"] == "administrator"
    try:
        users.create(
            visit.service, visit.caller, name, administrator=administrator,
            policy_names=() if administrator else chosen, password=password,
        )  # fmt: skip
    except (InvalidInput, NoSuchEntity) as error:
        return visit.refused("user_new.html.jinja", error, known=_policies(visit), chosen=chosen)
    return _page(visit, name, password=password, made=True)


def show(visit: Visit) -> Response:
    """One user: rights, password, second factor, keys."""
    return _page(visit, visit.part("name"))


def change(visit: Visit) -> Response:
    """What a form of the page asks for: its field `do` says what."""
    action = _ACTIONS.get(visit.form["do"])
    if action is None:
        raise InvalidInput("INVALID_ACTION", "the form asks for nothing that is known here")
    try:
        return action(visit, visit.part("name"))
    except Refusal as error:
        if isinstance(error, NoSuchEntity) and error.code == "USER_DOES_NOT_EXIST":
            raise
        return _page(visit, visit.part("name"), error=error)


def _rights(visit: Visit, name: str) -> Response:
    administrator = visit.form["rights"] == "administrator"
    users.set_administrator(visit.service, visit.caller, name, administrator)
    if not administrator:
        users.set_policies(visit.service, visit.caller, name, visit.form.all("policy"))
    return _back(visit, name, visit.gettext("The rights are changed."))


def _disable(visit: Visit, name: str) -> Response:
    users.set_disabled(visit.service, visit.caller, name, True)
    return _back(visit, name, visit.gettext("The user is shut out, with all keys and sessions."))


def _enable(visit: Visit, name: str) -> Response:
    users.set_disabled(visit.service, visit.caller, name, False)
    return _back(visit, name, visit.gettext("The user may come in again."))


def _reset(visit: Visit, name: str) -> Response:
    return _page(visit, name, password=users.reset(visit.service, visit.caller, name))


def _reset_second_factor(visit: Visit, name: str) -> Response:
    second_factor.reset(visit.service, visit.caller, name)
    return _back(visit, name, visit.gettext("The second factor is removed."))


def _sign_out(visit: Visit, name: str) -> Response:
    own = visit.signed_in.session.id if visit.signed_in and visit.caller.user == name else ""
    sessions.end_all(visit.service, visit.caller, name, but=own)
    return _back(visit, name, visit.gettext("All sessions of the user are ended."))


def _remove(visit: Visit, name: str) -> Response:
    users.remove(visit.service, visit.caller, name)
    return visit.redirect("/console/users", visit.gettext("The user is removed."))


def _create_key(visit: Visit, name: str) -> Response:
    return _page(visit, name, key=access_keys.create(visit.service, visit.caller, name))


def _rotate_key(visit: Visit, name: str) -> Response:
    return _page(visit, name, key=access_keys.rotate(visit.service, visit.caller, visit.form["key"]))


def _key_off(visit: Visit, name: str) -> Response:
    access_keys.set_active(visit.service, visit.caller, visit.form["key"], False)
    return _back(visit, name, visit.gettext("The access key is switched off."))


def _key_on(visit: Visit, name: str) -> Response:
    access_keys.set_active(visit.service, visit.caller, visit.form["key"], True)
    return _back(visit, name, visit.gettext("The access key is switched on."))


def _delete_key(visit: Visit, name: str) -> Response:
    access_keys.delete(visit.service, visit.caller, visit.form["key"])
    return _back(visit, name, visit.gettext("The access key is deleted."))


def _link(visit: Visit, name: str) -> Response:
    if visit.options.sso is None:
        raise InvalidInput("INVALID_ACTION", "no provider is set up")
    federated.link(visit.service, visit.caller, name, visit.options.sso.issuer, visit.form.text("subject"))
    return _back(visit, name, visit.gettext("Whoever has this subject comes in as this user."))


def _unlink(visit: Visit, name: str) -> Response:
    federated.unlink(visit.service, visit.caller, name, visit.form["issuer"], visit.form["subject"])
    return _back(visit, name, visit.gettext("The subject does not come in any more."))


_ACTIONS: dict[str, Callable[[Visit, str], Response]] = {
    "rights": _rights,
    "disable": _disable,
    "enable": _enable,
    "reset": _reset,
    "reset-second-factor": _reset_second_factor,
    "sign-out": _sign_out,
    "remove": _remove,
    "create-key": _create_key,
    "rotate-key": _rotate_key,
    "key-off": _key_off,
    "key-on": _key_on,
    "delete-key": _delete_key,
    "link": _link,
    "unlink": _unlink,
}


def _page(visit: Visit, name: str, error: Refusal | None = None, **shown: Any) -> Response:
    """The page of a user. Secrets that are `shown` are in this one answer and nowhere else."""
    user = _find(visit, name)
    values = {
        "user": user,
        "known": _policies(visit),
        "keys": access_keys.list_(visit.service, visit.caller, user.name),
        "has_second_factor": user.id in second_factor.holders(visit.service, visit.caller),
        "subjects": federated.subjects(visit.service, visit.caller, user.name),
        "password": None, "key": None, "made": False, **shown,
    }  # fmt: skip
    if error is not None:
        return visit.refused("user.html.jinja", error, **values)
    return visit.page("user.html.jinja", error=None, **values)


def _find(visit: Visit, name: str) -> User:
    found = next((user for user in users.list_(visit.service, visit.caller) if user.name == name), None)
    if found is None:
        raise NoSuchEntity("USER_DOES_NOT_EXIST", f"account {visit.caller.account} has no user {name[:64]!r}")
    return found


def _policies(visit: Visit) -> list[str]:
    return list(policies.list_(visit.service, visit.caller))


def _back(visit: Visit, name: str, said: str) -> Response:
    return visit.redirect(link("users", name), said)
