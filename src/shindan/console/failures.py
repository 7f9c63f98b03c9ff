"""What goes wrong, as a page that says what to do about it."""

from __future__ import annotations

import traceback
from typing import Any
from urllib.parse import urlencode, urlsplit

from starlette.responses import PlainTextResponse, Response

from shindan.console.errors import BadForm, NotFromHere, NoUserHere, ProviderAway, ProviderRefused
from shindan.console.page import Visit
from shindan.model.errors import ShindanError, StoreUnavailable
from shindan.model.refusals import AccessDenied, NoSuchEntity, Refusal


def nothing_here(visit: Visit) -> Response:
    """The page of an address that is none."""
    return visit.page("failure.html.jinja", 404, error=None, code=404)


def page_of(visit: Visit, error: ShindanError) -> Response:
    """The page of an error."""
    status = status_of(error)
    if visit.is_fragment:
        return visit.page("failure_fragment.html.jinja", status, error=error)
    return visit.page("failure.html.jinja", status, error=error, code=status)


def plain(error: ShindanError) -> Response:
    """An error that keeps every page from being shown, such as a database that is away."""
    return PlainTextResponse(f"{error}. {error.remedy}\n", status_code=status_of(error))


def status_of(error: ShindanError) -> int:
    """The HTTP status that says what kind of error it is."""
    if isinstance(error, AccessDenied | NotFromHere | NoUserHere):
        return 403
    if isinstance(error, NoSuchEntity):
        return 404
    if isinstance(error, Refusal | BadForm | ProviderRefused):
        return 400
    return 503 if isinstance(error, StoreUnavailable | ProviderAway) else 500


def event_of(visit: Visit, error: Exception) -> dict[str, Any]:
    """An error of ours, for the log."""
    return {
        "event": "console.error",
        "path": visit.path[:300],
        "error": f"{type(error).__name__}: {error}"[:500],
        "trace": "".join(traceback.format_exception(error))[-8000:],
    }


def with_next(path: str, wanted: str) -> str:
    """An address that comes back to the wanted one afterwards."""
    return f"{path}?{urlencode({'next': wanted})}" if wanted and wanted != "/console/" else path


def safe_next(wanted: str) -> str:
    """The wanted address where it is one of the console's, else its first page: nobody is sent elsewhere."""
    parts = urlsplit(wanted)
    if parts.scheme or parts.netloc or "\\" in wanted or not wanted.isprintable():
        return "/console/"
    return wanted if parts.path.startswith("/console/") and not parts.path.startswith("/console/login") else "/console/"
