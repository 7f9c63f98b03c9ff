"""Feeds, rules and usage: what the service knows, by what it judges, and what that would have cost."""

from __future__ import annotations

from starlette.responses import Response

from shindan.console.finding_search import address_of
from shindan.console.page import Visit
from shindan.model.issue_query import IssueQuery
from shindan.model.packages import PACKAGES
from shindan.service import feed_pages, rule_pages, usage


def feeds(visit: Visit) -> Response:
    """Every feed, and how it stands."""
    return visit.page("feeds.html.jinja", found=feed_pages.list_(visit.service, visit.caller))


def rules(visit: Visit) -> Response:
    """The rules of packages over hosts, searched."""
    found = rule_pages.list_(
        visit.service,
        visit.caller,
        text=visit.query("q"),
        package=visit.query("package") or None,  # type: ignore[arg-type]
        severity=visit.query("severity") or None,  # type: ignore[arg-type]
        benchmark=visit.query("benchmark") or None,
        token=visit.query("page") or None,
    )
    return visit.page("rules.html.jinja", found=found, titles={one.name: one.title for one in PACKAGES})


def rule(visit: Visit) -> Response:
    """One rule: why, what to do, and where benchmarks ask for it."""
    one = rule_pages.show(visit.service, visit.caller, visit.part("id"))
    # Findings are called by the rule's title, and where a benchmark numbers it by that number, too.
    names = dict.fromkeys((one.title, *(f"{place.number} {one.title}" for place in one.benchmarks)))
    return visit.page("rule.html.jinja", one=one, findings=address_of(IssueQuery(rules=tuple(names))))


def used(visit: Visit) -> Response:
    """Assessed hosts by month."""
    return visit.page("usage.html.jinja", found=usage.months(visit.service, visit.caller))
