"""The first page: how the service is."""

from __future__ import annotations

from starlette.responses import Response

from shindan.console.page import Visit
from shindan.service.status import status


def show(visit: Visit) -> Response:
    """Hosts, runs, troubles and the ages of feeds."""
    return visit.page("home.html.jinja", state=status(visit.service, None, 7.0))
