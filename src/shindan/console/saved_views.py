"""Searches among findings that people keep: listed, kept under a name, let go."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import QueryParams
from starlette.responses import Response

from shindan.console import finding_search
from shindan.console.findings import TITLES, back_of
from shindan.console.page import Visit
from shindan.model.errors import ShindanError
from shindan.service import saved_views

_HERE = "/console/findings/views"


def list_(visit: Visit) -> Response:
    """Every view that the visitor may use."""
    found = [(one, finding_search.asked(one.query)) for one in saved_views.list_(visit.service, visit.caller)]
    return visit.page("saved_views.html.jinja", found=found, titles=TITLES, address_of=finding_search.address_of)


def save(visit: Visit) -> Response:
    """Keeps the search of the page that was come from."""
    name, back = visit.form.text("name"), back_of(visit)
    try:
        query = finding_search.query_of(QueryParams(urlsplit(back).query))
        saved_views.save(visit.service, visit.caller, name, query, shared=visit.form.yes("shared"))
    except ShindanError as error:
        return visit.redirect(back, " ".join(visit.words.said(error)).strip(), "bad")
    return visit.redirect(back, visit.gettext("The view is saved."))


def delete(visit: Visit) -> Response:
    """Lets go of a view of the visitor's own."""
    saved_views.delete(visit.service, visit.caller, visit.form["name"])
    return visit.redirect(_HERE, visit.gettext("The view is deleted."))
