"""The audit: who changed what, when, and how it ended."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from starlette.responses import Response

from shindan.console.page import Visit
from shindan.locale import formats
from shindan.model.account import AuditEntry
from shindan.service import audit_pages
from shindan.service.audit_pages import Question


def list_(visit: Visit) -> Response:
    """A page of entries, by what the address asks for."""
    question = Question(
        visit.query("user")[:64],
        visit.query("action")[:64],
        visit.query("resource")[:300],
        {"refused": True, "done": False}.get(visit.query("outcome")),
        _midnight(visit, visit.query("since"), 0),
        _midnight(visit, visit.query("until"), 1),
    )
    found = audit_pages.page(visit.service, visit.caller, question, visit.query("page") or None)
    return visit.page("audit.html.jinja", found=found, detail=detail, who=who)


def who(entry: AuditEntry) -> str:
    """The user's name in the principal of an entry."""
    return entry.caller.rpartition("user/")[2] or entry.caller


def detail(entry: AuditEntry) -> str:
    """What more an entry says, to be read by people; "" for nothing."""
    return json.dumps(entry.detail, indent=2, ensure_ascii=False, sort_keys=True) if entry.detail else ""


def _midnight(visit: Visit, text: str, days: int) -> int | None:
    """The beginning of a date (ISO 8601) in the visitor's time zone, or of a later day; None for what is no date."""
    try:
        day = datetime.strptime(text, "%Y-%m-%d") + timedelta(days=days)
        return round(day.replace(tzinfo=formats.zone(visit.words.zone)).timestamp() * 1000)
    except (ValueError, OverflowError):
        return None
