"""Findings over all runs: searched, narrowed by facets, suppressed; and one of them in full."""

from __future__ import annotations

from typing import Any, cast

from starlette.responses import Response

from shindan.console.hosts import pairs_of
from shindan.console.marking import N_
from shindan.console.page import Visit, link
from shindan.model.errors import ShindanError
from shindan.model.issue_query import SORTS, IssueQuery, Sort
from shindan.model.packages import PACKAGES
from shindan.model.refusals import NoSuchEntity
from shindan.service import bulk_suppression, issue_detail, issue_search, suppressions
from shindan.service.present import milliseconds

_DAY = 86_400_000
_LASTS = (0, 7, 30, 90, 365)
FACETS: tuple[tuple[str, str], ...] = (
    ("severity", N_("Severity")),
    ("status", N_("State")),
    ("package", N_("Rules package")),
    ("platform", N_("Platform")),
    ("kev", N_("Known to be exploited")),
    ("fixable", N_("An update mends it")),
)


def list_(visit: Visit) -> Response:
    """A page of findings, one by one or by rule."""
    query = query_of(visit)
    sort = visit.query("sort", SORTS[0])
    token = visit.query("page") or None
    values: dict[str, Any] = {
        "facets": issue_search.facets(visit.service, visit.caller, query),
        "names": FACETS,
        "titles": {one.name: one.title for one in PACKAGES},
        "sort": sort if sort in SORTS else SORTS[0],
        "grouped": visit.query("by") == "rule",
        "may_suppress": visit.may("shindan:CreateSuppression"),
    }
    if values["grouped"]:
        found: Any = issue_search.grouped(visit.service, visit.caller, query, token=token)
    else:
        order = cast("Sort", values["sort"])
        found = issue_search.list_(visit.service, visit.caller, query, sort=order, token=token)
    return visit.page("findings.html.jinja", found=found, lasts=_LASTS, **values)


def suppress(visit: Visit) -> Response:
    """Marks the chosen findings, with a reason and for how long."""
    days = visit.form.number("days") or 0
    expires = milliseconds() + days * _DAY if days > 0 else None
    numbers = [int(text) for text in visit.form.all("number") if text.isascii() and text.isdigit()]
    back = visit.form.text("back")
    back = back if back.startswith("/console/findings") else "/console/findings"
    try:
        done = bulk_suppression.suppress(
            visit.service, visit.caller, visit.form.text("reason"), numbers=numbers, expires_at=expires
        )
    except ShindanError as error:
        return visit.redirect(back, str(error), "bad")
    said = visit.ngettext("%(num)s finding is suppressed.", "%(num)s findings are suppressed.", done.marked)
    return visit.redirect(back, said)


def show(visit: Visit) -> Response:
    """One finding: evidence, reason, remedy, history."""
    number = visit.part("number")
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        raise NoSuchEntity("FINDING_DOES_NOT_EXIST", f"there is no finding {number[:30]}")
    one = issue_detail.show(visit.service, visit.caller, int(number))
    titles = {package.name: package.title for package in PACKAGES}
    may = visit.may("shindan:CreateSuppression")
    return visit.page("finding.html.jinja", one=one, titles=titles, may_suppress=may, lasts=_LASTS)


def suppressed(visit: Visit) -> Response:
    """Why findings are not counted: every suppression."""
    found = suppressions.list_(visit.service, visit.caller)
    return visit.page("suppressions.html.jinja", found=found, may=visit.may("shindan:DeleteSuppression"))


def end(visit: Visit) -> Response:
    """Ends a suppression: what it marked comes back."""
    suppressions.delete(visit.service, visit.caller, visit.part("id"))
    return visit.redirect("/console/suppressions", visit.gettext("Its findings count again."))


def query_of(visit: Visit) -> IssueQuery:
    """What the address asks for. Raises InvalidInput for words that are none."""
    said: dict[str, Any] = {"statuses": visit.queries("status") or ["open"], "text": visit.query("q")}
    names = {"severities": "severity", "packages": "package", "platforms": "platform", "hosts": "host"}
    names |= {"rules": "rule", "components": "component"}
    said |= {field: visit.queries(name) for field, name in names.items() if visit.queries(name)}
    if visit.queries("tag"):
        said["tags"] = [list(pair) for pair in pairs_of(visit.queries("tag"))]
    for name in ("kev", "fixable"):
        if visit.query(name) in ("yes", "no"):
            said[name] = visit.query(name) == "yes"
    return issue_search.parsed(said)


def link_of(number: int) -> str:
    """The page of a finding."""
    return link("findings", number)
