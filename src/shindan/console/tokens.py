"""Tokens that agents enrol with: made with the line to type on a host, listed, revoked."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from shindan.console.marking import N_
from shindan.console.page import Visit
from shindan.model.agent import AgentToken
from shindan.model.errors import ShindanError
from shindan.model.refusals import InvalidInput
from shindan.service import agent_tokens
from shindan.service.present import milliseconds

ADDRESS = "/console/hosts/tokens"
TERMS = (
    ("3600", N_("One hour")),
    ("86400", N_("One day")),
    ("604800", N_("One week")),
    ("2592000", N_("30 days")),
    ("31536000", N_("One year")),
    ("", N_("Until it is revoked")),
)
_USUAL = "604800"


def list_(visit: Visit) -> Response:
    """All tokens, those in force first, then the newest."""
    found = agent_tokens.list_(visit.service, visit.caller)
    at = milliseconds()
    rows = [(one, state(one, at)) for one in found]
    rows.sort(key=lambda row: (row[1] != "good", -row[0].created_at))
    return visit.page("tokens.html.jinja", rows=rows)


def form(visit: Visit) -> Response:
    """The form for a new one."""
    return visit.page("token_new.html.jinja", error=None, **_written(visit, _USUAL))


def create(visit: Visit) -> Response:
    """Makes one, and shows once what to type on a host."""
    term = visit.form.text("term")
    try:
        made = agent_tokens.create(
            visit.service, visit.caller, seconds=_seconds(term), max_uses=_uses(visit), tags=visit.form.tags()
        )
    except ShindanError as error:
        return visit.refused("token_new.html.jinja", error, **_written(visit, term))
    lines = list(visit.options.install_lines(made.text))
    return visit.page("token_made.html.jinja", made=made, lines=lines)


def revoke(visit: Visit) -> Response:
    """Ends one at once."""
    agent_tokens.revoke(visit.service, visit.caller, visit.part("id"))
    return visit.redirect(ADDRESS, visit.gettext("The token is revoked. Hosts that joined with it stay."))


def state(token: AgentToken, at: int) -> str:
    """`good`, or why it is not any more: `revoked`, `expired`, `used up`."""
    if token.revoked_at is not None:
        return "revoked"
    if token.expires_at is not None and token.expires_at <= at:
        return "expired"
    return "used up" if token.max_uses is not None and token.uses >= token.max_uses else "good"


def _written(visit: Visit, term: str) -> dict[str, Any]:
    return {"terms": TERMS, "term": term, "max_uses": visit.form.text("max_uses"), "tags": visit.form.tags()}


def _seconds(term: str) -> int | None:
    if term not in dict(TERMS):
        raise InvalidInput("INVALID_DURATION", f"a token is good for one of the spans of the form, not {term[:40]!r}")
    return int(term) if term else None


def _uses(visit: Visit) -> int | None:
    if not visit.form.text("max_uses"):
        return None
    number = visit.form.number("max_uses")
    if number is None:
        raise InvalidInput("INVALID_MAX_USES", "how often a token may be used is a whole number")
    return number
