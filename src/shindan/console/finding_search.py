"""A search among findings as addresses have it, read and written; and its facets as a page shows them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from shindan.console.hosts import pairs_of
from shindan.console.marking import N_
from shindan.console.page import Visit
from shindan.model.issue_query import FEW, Facet, Facets, FacetValue, IssueQuery
from shindan.service import issue_search

FACETS: tuple[tuple[Facet, str], ...] = (
    ("severity", N_("Severity")),
    ("status", N_("State")),
    ("since", N_("First seen")),
    ("package", N_("Rules package")),
    ("kev", N_("Known to be exploited")),
    ("fixable", N_("An update mends it")),
    ("platform", N_("Platform")),
    ("component", N_("Package")),
    ("rule", N_("Rule")),
    ("host", N_("Host")),
    ("tag", N_("Tag")),
)
"""In the order of the page. Those that are not in `FEW` are counted where somebody opened them."""

_LISTS = {
    "severities": "severity", "packages": "package", "platforms": "platform", "hosts": "host", "rules": "rule",
    "components": "component",
}  # fmt: skip
_YES_NO = ("kev", "fixable")
_ONE = (*_YES_NO, "since")
"""Facets of which one value is asked for at most."""
_MOMENTS = {"days": "since", "since": "after"}
"""Field of a query → parameter: `since=7` are days, `after` is a moment (ms), which only programs write."""


class ShownFacet(NamedTuple):
    """A facet of the page: values with the address that chooses each, or lets go of it; None where it is folded."""

    name: Facet
    label: str
    values: tuple[tuple[FacetValue, str], ...] | None


def query_of(params: QueryParams) -> IssueQuery:
    """What an address asks for; findings that are open, where it names no state. Raises InvalidInput."""

    def several(name: str) -> list[str]:
        return [value for value in params.getlist(name) if value]

    said: dict[str, Any] = {"statuses": several("status") or ["open"], "text": params.get("q", "").strip()}
    said |= {field: several(name) for field, name in _LISTS.items() if several(name)}
    said["tags"] = [list(pair) for pair in pairs_of(several("tag"))]
    said |= {name: params[name] == "yes" for name in _YES_NO if params.get(name) in ("yes", "no")}
    for field, name in _MOMENTS.items():
        text = params.get(name, "")
        if text:
            said[field] = int(text) if text.isascii() and text.isdigit() and len(text) < 17 else text[:40]
    return issue_search.parsed(said)


def address_of(query: IssueQuery) -> str:
    """The page that shows what a query finds: `query_of` reads the same from it."""
    pairs = [("q", query.text)] if query.text else []
    statuses = query.statuses or ("open", "fixed", "suppressed")
    pairs += [("status", one) for one in statuses if statuses != ("open",)]
    pairs += [(name, one) for field, name in _LISTS.items() for one in getattr(query, field)]
    pairs += [("tag", key if value is None else f"{key}={value}") for key, value in query.tags]
    pairs += [(name, "yes" if getattr(query, name) else "no") for name in _YES_NO if getattr(query, name) is not None]
    pairs += [(name, str(getattr(query, field))) for field, name in _MOMENTS.items() if getattr(query, field)]
    return f"/console/findings?{urlencode(pairs)}" if pairs else "/console/findings"


def counted(visit: Visit, query: IssueQuery) -> Facets:
    """How many findings a visitor's search has, with the facets that its page shows: few values, chosen, or opened."""
    opened = {name for name, _ in FACETS if visit.queries(name) or name == visit.query("more")}
    return issue_search.facets(visit.service, visit.caller, query, of=[*FEW, *sorted(opened - set(FEW))])


def shown(visit: Visit, found: Facets) -> Iterator[ShownFacet]:
    """The facets of a page; those that would have no value are left out."""
    for name, label in FACETS:
        values = found.values.get(name)
        if values:
            yield ShownFacet(name, label, tuple((one, _toggled(visit, name, one, values)) for one in values))
        elif name not in FEW and values is None and found.total.number:
            yield ShownFacet(name, label, None)


def _toggled(visit: Visit, name: Facet, one: FacetValue, values: Iterable[FacetValue]) -> str:
    kept = [] if name in _ONE else [other.value for other in values if other.chosen and other is not one]
    return visit.url(**{name: kept if one.chosen else [*kept, one.value], "page": None})


def asked(query: IssueQuery) -> list[tuple[Facet, str, str]]:
    """What a query asks, as (facet, its label, value); its text and a moment are left out."""
    values: dict[Facet, list[str]] = {name: issue_search.chosen(name, query) for name, _ in FACETS}
    return [(name, label, value) for name, label in FACETS for value in values[name]]
