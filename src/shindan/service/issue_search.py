"""Findings over all runs as pages of lists: searched, counted by facet, and grouped by rule."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from shindan.engine.clock import milliseconds
from shindan.model.issue_query import (
    FEW,
    SORTS,
    Count,
    Facet,
    Facets,
    FacetValue,
    GroupPage,
    IssuePage,
    IssueQuery,
    Sort,
    query_of,
)
from shindan.model.refusals import InvalidInput
from shindan.model.stored_finding import PACKAGE_BY_NUMBER, SHOWN_SEVERITIES
from shindan.service import both_ways, checks, paging
from shindan.service.caller import Caller
from shindan.service.rights import must
from shindan.service.service import Service
from shindan.store import host_names, issue_facets, issue_groups, issue_pages
from shindan.store.issue_facets import Counted
from shindan.store.issue_sides import sides_of

DAYS = (1, 7, 30)
"""What can be chosen of the facet `since`."""
_CODE = "INVALID_ATTRIBUTE"
_LONGEST_TEXT, _MOST_VALUES = 256, 200
_MOST_FACETED = 12
_DEFAULT, _GROUPS = 50, 25
_DAY = 86_400_000


def list_(
    service: Service,
    caller: Caller,
    query: IssueQuery,
    *,
    sort: Sort = "severity",
    token: str | None = None,
    max_results: int | None = None,
) -> IssuePage:
    """A page of the account's findings over all runs. Needs `ListFindings`. Raises InvalidInput, AccessDenied."""
    must(caller, "ListFindings")
    check(query)
    if sort not in SORTS:
        raise InvalidInput(_CODE, f"lists are sorted by {', '.join(SORTS)}, not {str(sort)[:40]!r}")
    length = paging.size(max_results, default=_DEFAULT, cap=paging.MAXIMUM)
    pager = paging.Pager(service.keys["paging"], _identity(caller, "issues", query, sort))
    back, place = both_ways.place(pager, token)
    there = both_ways.with_place(pager, token)
    with service.database.read() as connection:
        sides = sides_of(connection, caller.account, query.at(milliseconds()))
        found = issue_pages.page(connection, sides, sort, place=place, back=back, limit=length + 1, there=there)
        cut = both_ways.cut(found.items, length, back, token is not None, lambda item: item[1])
        rows = issue_pages.rows(connection, [number for number, _ in cut.items])
    more = pager.token([back, list(found.end)]) if found.end is not None else None
    following, previous = both_ways.tokens(pager, cut)
    if not rows and place is not None:  # where it came from, whatever stands there included
        turned = both_ways.turned(pager, back, place)
        following, previous = (turned, None) if back else (None, turned)
    if more is not None:
        following, previous = (following, more) if back else (more, previous)
    return IssuePage(tuple(rows), following, previous, partial=found.end is not None)


def facets(service: Service, caller: Caller, query: IssueQuery, of: Collection[Facet] = FEW) -> Facets:
    """How many findings pass a query, and what each value of some facets would leave. Needs `ListFindings`.

    Those with many values (`rule`, `component`, `host`, `tag`, `since`) take longer: ask for each by itself.
    """
    must(caller, "ListFindings")
    check(query)
    now = milliseconds()
    moments = {now - days * _DAY: days for days in DAYS}
    with service.database.read() as connection:
        sides = sides_of(connection, caller.account, query.at(now))
        counting = issue_facets.Counting(connection, sides)
        total, counted = counting.total(), counting.facets(of, _MOST_FACETED)
        since = issue_facets.since(connection, sides, list(moments)) if "since" in of else {}
        names = host_names.named(connection, caller.account, [*counted["host"].counts] if "host" in counted else [])
    values: dict[Facet, tuple[FacetValue, ...]] = {
        facet: tuple(_values(facet, one, query, names)) for facet, one in counted.items()
    }
    if since:
        values["since"] = tuple(
            FacetValue(str(days), str(days), since[moment], query.days == days) for moment, days in moments.items()
        )
    return Facets(total, values)


def grouped(
    service: Service, caller: Caller, query: IssueQuery, *, token: str | None = None, max_results: int | None = None
) -> GroupPage:
    """A page of rules with what each was found on, the worst and the commonest first. Needs `ListFindings`."""
    must(caller, "ListFindings")
    check(query)
    length = paging.size(max_results, default=_GROUPS, cap=paging.MAXIMUM)
    pager = paging.Pager(service.keys["paging"], _identity(caller, "groups", query))
    back, place = both_ways.place(pager, token)
    with service.database.read() as connection:
        sides = sides_of(connection, caller.account, query.at(milliseconds()))
        found, more = issue_groups.page(connection, sides, place=place, back=back, limit=length + 1)
        cut = both_ways.cut(found, length, back, token is not None, lambda item: item.place)
        groups = issue_groups.told(connection, sides, cut.items, more=more)
    following, previous = both_ways.tokens(pager, cut)
    return GroupPage(tuple(groups), following, previous)


def parsed(said: Any) -> IssueQuery:
    """A query from its JSON. Raises InvalidInput for what is none."""
    try:
        return query_of(said)
    except ValueError as error:
        raise InvalidInput(_CODE, str(error)) from error


def check(query: IssueQuery) -> None:
    """Raises InvalidInput for a query that no database should be asked."""
    checks.text(query.text, _CODE, "a text to search for", _LONGEST_TEXT, shortest=0)
    try:
        query_of(query.as_json())
    except ValueError as error:
        raise InvalidInput(_CODE, str(error)) from error
    for values in (query.platforms, query.hosts, query.rules, query.components, [key for key, _ in query.tags]):
        if len(values) > _MOST_VALUES:
            raise InvalidInput(_CODE, f"a query has at most {_MOST_VALUES} values of one kind")
        for value in values:
            checks.text(value, _CODE, "a value of a query", 1000, shortest=0)
    for _, wanted in query.tags:
        checks.text(wanted or "", _CODE, "the value of a tag", 1000, shortest=0)


def chosen(facet: Facet, query: IssueQuery) -> list[str]:
    """The values of a facet that a query asks for, as `FacetValue` has them."""
    given: Mapping[str, Sequence[str]] = {
        "severity": query.severities, "status": query.statuses, "package": query.packages, "platform": query.platforms,
        "rule": query.rules, "component": query.components, "host": query.hosts,
        "tag": [key if value is None else f"{key}={value}" for key, value in query.tags],
    }  # fmt: skip
    if facet in ("kev", "fixable"):
        asked = query.kev if facet == "kev" else query.fixable
        return [] if asked is None else ["yes" if asked else "no"]
    if facet == "since":
        return [] if query.days is None else [str(query.days)]
    return list(given[facet])


def _identity(caller: Caller, what: str, query: IssueQuery, *more: object) -> str:
    return str(paging.query(what, caller.account, sorted(query.as_json().items()), *more))


def _values(facet: Facet, counted: Counted, query: IssueQuery, names: Mapping[str, str]) -> Iterator[FacetValue]:
    asked = chosen(facet, query)
    told = {_word(facet, value): number for value, number in counted.counts.items()}
    missing = [value for value in asked if value not in told]
    order = SHOWN_SEVERITIES.index if facet == "severity" else lambda value: (-told[value], value)
    for value in [*missing, *sorted(told, key=order)]:
        count = Count(told.get(value, 0), counted.more)
        yield FacetValue(value, names.get(value, value) if facet == "host" else value, count, value in asked)


def _word(facet: Facet, value: Any) -> str:
    if facet == "severity":
        return SHOWN_SEVERITIES[int(value)]
    if facet == "package":
        return PACKAGE_BY_NUMBER[int(value)]
    if facet in ("kev", "fixable"):
        return "yes" if value else "no"
    return f"{value[0]}={value[1]}" if facet == "tag" else str(value)
