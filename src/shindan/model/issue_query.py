"""What issues are wanted, and how lists of them look: the same for pages, saved views and the command line."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple, get_args

from shindan.model.assessment import Pairs
from shindan.model.issue import Issue, Status
from shindan.model.packages import PackageName
from shindan.model.stored_finding import PACKAGE_NUMBERS, SHOWN_SEVERITIES, ShownSeverity

Sort = Literal["severity", "newest", "oldest", "host"]
"""`severity`: the worst first; `newest` and `oldest`: by when it was seen first."""

SORTS: tuple[Sort, ...] = get_args(Sort)
STATUSES: tuple[Status, ...] = get_args(Status)

Facet = Literal[
    "severity", "status", "package", "platform", "kev", "fixable", "rule", "component", "host", "tag", "since"
]


@dataclass(frozen=True, slots=True)
class IssueQuery:
    """What issues are wanted: every condition that is given must hold, by any of its values.

    `text` is words; each must begin a word of a rule's id, title or component, or stand in a host's name or id. `tags`
    are wanted all (a value of None asks for the key alone), `platforms` are keys such as `debian:12`, `components` the
    names of packages. `kev`: whether CISA's catalogue of exploited flaws has it; `fixable`: whether an update mends it.
    `since`: first seen at this moment (ms) or later; `days`: within so many days before the moment of asking, which
    stays true of a query that is kept. Issues of archived hosts are never wanted.
    """

    text: str = ""
    statuses: tuple[Status, ...] = ("open",)
    severities: tuple[ShownSeverity, ...] = ()
    packages: tuple[PackageName, ...] = ()
    platforms: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    tags: Pairs = ()
    rules: tuple[str, ...] = ()
    components: tuple[str, ...] = ()
    kev: bool | None = None
    fixable: bool | None = None
    since: int | None = None
    days: int | None = None

    def at(self, now: int) -> IssueQuery:
        """The same as it is meant at a moment (ms): with `since` in place of `days`."""
        if self.days is None:
            return self
        return replace(self, since=max(self.since or 0, now - self.days * _DAY), days=None)

    def without(self, facet: Facet) -> IssueQuery:
        """The same without the conditions of one facet: what its other values would bring."""
        if facet == "since":
            return replace(self, since=None, days=None)
        empty: dict[str, Any] = {_FIELDS.get(facet, facet): None if facet in ("kev", "fixable") else ()}
        return replace(self, **empty)

    def as_json(self) -> dict[str, Any]:
        """Only what is asked, as JSON."""
        found: dict[str, Any] = {"statuses": list(self.statuses)}
        for name in ("text", "severities", "packages", "platforms", "hosts", "rules", "components"):
            if value := getattr(self, name):
                found[name] = value if isinstance(value, str) else list(value)
        if self.tags:
            found["tags"] = [list(pair) for pair in self.tags]
        given = {name: getattr(self, name) for name in ("kev", "fixable", "since", "days")}
        return found | {name: value for name, value in given.items() if value is not None}


_FIELDS = {
    "severity": "severities", "status": "statuses", "package": "packages", "platform": "platforms", "rule": "rules",
    "component": "components", "host": "hosts", "tag": "tags",
}  # fmt: skip
_DAY, _MOST_DAYS, _LATEST = 86_400_000, 36_500, 2**53
_LISTS = ("platforms", "hosts", "rules", "components")
_WORDS = {"statuses": STATUSES, "severities": SHOWN_SEVERITIES, "packages": tuple(PACKAGE_NUMBERS)}


def query_of(said: Any) -> IssueQuery:
    """A query from its JSON. Raises ValueError for what is none, naming what is wrong."""
    if not isinstance(said, dict):
        raise ValueError("a query is an object")
    known = {*_LISTS, *_WORDS, "text", "tags", "kev", "fixable", "since", "days"}
    if unknown := sorted(set(said) - known):
        raise ValueError(f"a query knows no {unknown[0]!r}; it knows {', '.join(sorted(known))}")
    fields: dict[str, Any] = {name: _words(said, name, None) for name in _LISTS if name in said}
    fields |= {name: _words(said, name, words) for name, words in _WORDS.items() if name in said}
    if "tags" in said:
        fields["tags"] = tuple(_tag(pair) for pair in _typed(said, "tags", list))
    for name, kind in (("text", str), ("kev", bool), ("fixable", bool), ("since", int), ("days", int)):
        if name in said:
            fields[name] = _typed(said, name, kind)
    if not (0 <= fields.get("since", 0) <= _LATEST and 1 <= fields.get("days", 1) <= _MOST_DAYS):
        raise ValueError(f"since is a moment in ms, days are 1 to {_MOST_DAYS}")
    return IssueQuery(**fields)


def _typed(said: dict[str, Any], name: str, kind: type) -> Any:
    value = said[name]
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise ValueError(f"{name} must be {kind.__name__}")
    return value


def _words(said: dict[str, Any], name: str, choices: tuple[str, ...] | None) -> tuple[str, ...]:
    values = _typed(said, name, list)
    for value in values:
        if not isinstance(value, str) or (choices is not None and value not in choices):
            raise ValueError(f"{name}: {str(value)[:80]!r} is none of {', '.join(choices or ('texts',))}")
    return tuple(values)


def _tag(pair: Any) -> tuple[str, str | None]:
    if not isinstance(pair, list | tuple) or len(pair) != 2 or not isinstance(pair[0], str):
        raise ValueError("a tag is a list of key and value")
    if not isinstance(pair[1], str | None):
        raise ValueError("the value of a tag is a text, or null for any")
    return pair[0], pair[1]


class IssueRow(NamedTuple):
    """One issue in a list. `number` names it (in addresses of pages, and for choosing); `fixed` is the version that
    mends it and `kev` the day by which CISA wants it mended, "" where there is none.
    """

    number: int
    issue: Issue
    hostname: str
    platform: str
    fixed: str
    kev: str


class IssuePage(NamedTuple):
    """A page of a list: tokens of the pages around it, None where there is none.

    `partial`: the page is short since few of very many issues pass the filter; the next page goes on looking.
    """

    rows: tuple[IssueRow, ...]
    next: str | None
    previous: str | None
    partial: bool = False


class Count(NamedTuple):
    """How many; with `more`, at least so many: nobody counted further."""

    number: int
    more: bool = False


class FacetValue(NamedTuple):
    """One value of a facet as a query has it (`yes` and `no` for kev and fixable, `key=value` for a tag, days for
    `since`), what people call it, how many issues it would leave, and whether it is chosen.
    """

    value: str
    label: str
    issues: Count
    chosen: bool = False


FEW: tuple[Facet, ...] = ("severity", "status", "package", "platform", "kev", "fixable")
"""Facets with few values, which are counted at once; the others are better asked for one by one, for parts of pages."""


class Facets(NamedTuple):
    """Facets by name, each with its commonest values; `total` is how many issues pass the whole query."""

    total: Count
    values: dict[Facet, tuple[FacetValue, ...]]


class IssueGroup(NamedTuple):
    """One rule with what it was found on: `hosts` are some names (id, hostname), `issues` how many there are."""

    package: PackageName
    rule_id: str
    title: str
    severity: ShownSeverity
    issues: Count
    component: str
    fixed: tuple[str, ...]
    kev: str
    platforms: tuple[str, ...]
    hosts: tuple[tuple[str, str], ...]


class GroupPage(NamedTuple):
    """A page of groups, the worst first; see `IssuePage`."""

    groups: tuple[IssueGroup, ...]
    next: str | None
    previous: str | None
