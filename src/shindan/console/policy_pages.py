"""Policies: documents that say what users may do."""

from __future__ import annotations

import json

from starlette.responses import Response

from shindan.console.page import Visit, link
from shindan.model.refusals import InvalidInput, NoSuchEntity
from shindan.service import policies, users
from shindan.service.accounts import must_administrate

EXAMPLE = {
    "Version": policies.VERSION,
    "Statement": [{"Effect": "Allow", "Action": ["inspector:List*", "inspector:Describe*"], "Resource": "*"}],
}


def list_(visit: Visit) -> Response:
    """All of them, with who has them."""
    must_administrate(visit.caller)
    known = policies.list_(visit.service, visit.caller)
    holders: dict[str, list[str]] = {name: [] for name in known}
    for user in users.list_(visit.service, visit.caller):
        for name in user.policies:
            holders.setdefault(name, []).append(user.name)
    rows = [(name, name in policies.MANAGED, holders[name]) for name in known]
    return visit.page("policies.html.jinja", rows=rows)


def form(visit: Visit) -> Response:
    """The form for a new one."""
    must_administrate(visit.caller)
    return visit.page("policy.html.jinja", name="", text=_text(EXAMPLE), own=True, new=True, error=None)


def create(visit: Visit) -> Response:
    """Keeps a new one. A name that is there already would be replaced unseen, so it is refused."""
    name, text = visit.form.text("name"), visit.form["document"]
    try:
        if name in policies.list_(visit.service, visit.caller):
            raise InvalidInput("POLICY_NAME_ALREADY_TAKEN", f"there is a policy {name[:128]!r} already")
        policies.put(visit.service, visit.caller, name, text)
    except InvalidInput as error:
        return visit.refused("policy.html.jinja", error, name=name, text=text, own=True, new=True)
    return visit.redirect(link("policies", name), visit.gettext("The policy is kept."))


def show(visit: Visit) -> Response:
    """One of them: to be read, and edited where it is the account's own."""
    must_administrate(visit.caller)
    name = visit.part("name")
    found = policies.list_(visit.service, visit.caller).get(name)
    if found is None:
        raise NoSuchEntity("POLICY_DOES_NOT_EXIST", f"there is no policy {name[:128]!r}")
    own = name not in policies.MANAGED
    return visit.page("policy.html.jinja", name=name, text=_text(found), own=own, new=False, error=None)


def change(visit: Visit) -> Response:
    """Replaces or removes one."""
    name, text = visit.part("name"), visit.form["document"]
    try:
        if visit.form["do"] == "remove":
            policies.remove(visit.service, visit.caller, name)
            return visit.redirect("/console/policies", visit.gettext("The policy is removed."))
        policies.put(visit.service, visit.caller, name, text)
    except InvalidInput as error:
        known = policies.list_(visit.service, visit.caller)
        text = text or _text(known.get(name, EXAMPLE))
        return visit.refused(
            "policy.html.jinja", error, name=name, text=text, own=name not in policies.MANAGED, new=False
        )
    return visit.redirect(link("policies", name), visit.gettext("The policy is kept."))


def _text(document: object) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False)
