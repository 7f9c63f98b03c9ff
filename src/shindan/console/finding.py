"""One finding: evidence, reason, remedy, what runs said of it, and which hosts have it, too."""

from __future__ import annotations

from starlette.responses import Response

from shindan.console.findings import LASTS, SUPPRESS, TITLES
from shindan.console.first_run import run_link
from shindan.console.page import Visit
from shindan.model.refusals import NoSuchEntity
from shindan.service import issue_detail


def show(visit: Visit) -> Response:
    """The finding of the address; `page` is one of the hosts that have it."""
    number = visit.part("number")
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        raise NoSuchEntity("FINDING_DOES_NOT_EXIST", f"there is no finding {number[:30]}")
    one = issue_detail.show(visit.service, visit.caller, int(number))
    token = visit.query("page") or None
    hosts = (
        issue_detail.hosts(visit.service, visit.caller, one.row, token=token)
        if visit.may("shindan:ListFindings")
        else None
    )
    return visit.page(
        "finding.html.jinja", one=one, hosts=hosts, titles=TITLES, lasts=LASTS, may_suppress=visit.may(SUPPRESS),
        run_link=run_link,
    )  # fmt: skip
