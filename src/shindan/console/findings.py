"""Findings over all runs: searched, narrowed by facets, suppressed; and what is suppressed."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import QueryParams
from starlette.responses import Response

from shindan.console import finding_search
from shindan.console.page import Visit
from shindan.model.errors import ShindanError
from shindan.model.issue_query import SORTS, IssueQuery
from shindan.model.packages import PACKAGES, SCAP
from shindan.service import bulk_suppression, issue_search, saved_views, suppressions
from shindan.service.present import milliseconds

LASTS = (0, 7, 30, 90, 365)
"""Days that a suppression may last; 0 for good."""
TITLES = {one.name: one.title for one in (*PACKAGES, SCAP)}
SUPPRESS = "shindan:CreateSuppression"
_HERE = "/console/findings"
_DAY = 86_400_000
_VIEWS = 12


def list_(visit: Visit) -> Response:
    """A page of findings, one by one or by rule."""
    query = finding_search.query_of(visit.request.query_params)
    sort, token = visit.query("sort", SORTS[0]), visit.query("page") or None
    grouped = visit.query("by") == "rule"
    if grouped:
        found: Any = issue_search.grouped(visit.service, visit.caller, query, token=token)
    else:
        sort = sort if sort in SORTS else SORTS[0]
        found = issue_search.list_(visit.service, visit.caller, query, sort=sort, token=token)
    counted = finding_search.counted(visit, query)
    views = saved_views.list_(visit.service, visit.caller)
    return visit.page(
        "findings.html.jinja", found=found, grouped=grouped, sort=sort, total=counted.total,
        facets=list(finding_search.shown(visit, counted)), titles=TITLES, lasts=LASTS, most=bulk_suppression.MOST,
        may_suppress=visit.may(SUPPRESS), may_share=visit.may("shindan:ShareView"), views=views[:_VIEWS],
        more_views=len(views) - _VIEWS, query=query, address_of=finding_search.address_of,
    )  # fmt: skip


def suppress(visit: Visit) -> Response:
    """Marks findings with a reason and for how long: those that were ticked, or all that a search finds (`which`)."""
    back = back_of(visit)
    days = visit.form.number("days") or 0
    try:
        done = bulk_suppression.suppress(
            visit.service,
            visit.caller,
            visit.form.text("reason"),
            **_meant(visit, back),
            expires_at=milliseconds() + days * _DAY if days > 0 else None,
        )
    except ShindanError as error:
        return visit.redirect(back, " ".join(visit.words.said(error)).strip(), "bad")
    said = visit.ngettext("%(num)s finding is suppressed.", "%(num)s findings are suppressed.", done.marked)
    return visit.redirect(back, said)


def suppressed(visit: Visit) -> Response:
    """Why findings are not counted: every suppression."""
    found = suppressions.list_(visit.service, visit.caller)
    return visit.page("suppressions.html.jinja", found=found, may=visit.may("shindan:DeleteSuppression"))


def end(visit: Visit) -> Response:
    """Ends a suppression: what it marked comes back."""
    suppressions.delete(visit.service, visit.caller, visit.part("id"))
    return visit.redirect("/console/suppressions", visit.gettext("Its findings count again."))


def back_of(visit: Visit) -> str:
    """Where a form of these pages leads back to: an address of theirs, or else the list."""
    parts = urlsplit(visit.form.text("back"))
    is_ours = not parts.netloc and (parts.path == _HERE or parts.path.startswith(f"{_HERE}/"))
    return parts._replace(scheme="", fragment="").geturl() if is_ours else _HERE


def _meant(visit: Visit, back: str) -> dict[str, Any]:
    if visit.form["which"] == "search":
        query: IssueQuery = finding_search.query_of(QueryParams(urlsplit(back).query))
        return {"query": query}
    return {"numbers": [int(text) for text in visit.form.all("number") if text.isascii() and text.isdigit()]}
