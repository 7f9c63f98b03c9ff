"""The two sides of a question about issues: what it says of rules, and what it says of hosts.

An issue is a rule that fails on a host. What is asked of rules is answered from `issue_tally`, what is asked of hosts
from `host` and `host_tally`; only what is asked of both has to be looked for among the issues themselves.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Connection, Select, String, exists, func, literal, or_, select

from shindan.model.issue_query import STATUSES, IssueQuery
from shindan.model.stored_finding import PACKAGE_NUMBERS, SHOWN_SEVERITIES
from shindan.store.patterns import contains
from shindan.store.rule_words import asked, begins, rules_with
from shindan.store.tables import host, host_tag, host_tally, issue_sum, issue_tally, rule_word

Condition = ColumnElement[bool]
_NEAR = host.alias("near")
"""The host of an issue at hand, where others may be asked for beside it."""

_MOST_NAMED = 20_000
"""Hosts that are looked up once; more are asked for with each statement."""


@dataclass(frozen=True, slots=True)
class Sides:
    """A query of an account, with its words told apart: those that rules have, hosts have, or both have.

    `nothing`: some word is nowhere, so nothing passes. `archived`: whether the account has archived hosts. `chosen` are
    the hosts that are asked for, unless there are very many.
    """

    account: str
    query: IssueQuery
    rule_words: tuple[str, ...] = ()
    host_words: tuple[str, ...] = ()
    mixed_words: tuple[str, ...] = ()
    nothing: bool = False
    archived: bool = False
    chosen: tuple[str, ...] | None = None
    is_sqlite: bool = True

    @property
    def of_rules(self) -> bool:
        """Whether rules are narrowed, beyond the package that they are of."""
        return self.of_some_rules or self.query.kev is not None or self.query.fixable is not None

    @property
    def of_some_rules(self) -> bool:
        """Whether single rules are asked for, which `issue_sum` does not know."""
        return bool(self.query.rules or self.query.components or self.rule_words)

    @property
    def of_hosts(self) -> bool:
        """Whether hosts are narrowed, beyond their platform."""
        return bool(self.query.hosts or self.query.tags or self.host_words)

    @property
    def of_both(self) -> bool:
        """Whether something is asked that no tally knows."""
        return bool(self.mixed_words) or self.query.since is not None

    @property
    def by_rule(self) -> bool:
        """Whether `issue_tally` alone knows the answer."""
        return not (self.of_hosts or self.of_both)

    @property
    def by_host(self) -> bool:
        """Whether `host_tally` alone knows the answer."""
        return not (self.of_rules or self.of_both)


def sides_of(connection: Connection, account: str, query: IssueQuery) -> Sides:
    """The sides of a query; a few quick looks at what its words mean."""
    words: dict[str, list[str]] = {"rule": [], "host": [], "mixed": [], "none": []}
    for word in asked(query.text):
        at_rule = connection.execute(rules_with(word).limit(1)).first() is not None
        at_host = connection.execute(_hosts_with(account, word).limit(1)).first() is not None
        kind = ("mixed" if at_host else "rule") if at_rule else "host" if at_host else "none"
        words[kind].append(word)
    hidden = select(host.c.id).where(host.c.account == account, host.c.archived).limit(1)
    archived = connection.execute(hidden).first() is not None
    of_rules, of_hosts, mixed = (tuple(words[kind]) for kind in ("rule", "host", "mixed"))
    sides = Sides(account, query, of_rules, of_hosts, mixed, bool(words["none"]), archived)
    sides = replace(sides, is_sqlite=connection.dialect.name == "sqlite")
    if not (sides.of_hosts or query.platforms):
        return sides
    some = tuple(connection.execute(hosts_of(sides).limit(_MOST_NAMED + 1)).scalars())
    return sides if len(some) > _MOST_NAMED else replace(sides, chosen=some)


# ── conditions on the tallies ──


def on_sums(sides: Sides, *, without: Collection[str] = ()) -> Iterator[Condition]:
    """Of rows of `issue_sum`, which know nothing of rules beyond whether they are exploited and fixable."""
    c, query = issue_sum.c, sides.query
    yield c.account == sides.account
    if query.statuses and "status" not in without:
        yield c.status.in_(query.statuses)
    if query.severities and "severity" not in without:
        yield c.severity.in_(sorted(_severities(query)))
    if query.packages and "package" not in without:
        yield c.package.in_([PACKAGE_NUMBERS[name] for name in query.packages])
    if query.platforms and "platform" not in without:
        yield c.platform.in_(query.platforms)
    if query.kev is not None and "kev" not in without:
        yield c.exploited.is_(query.kev)
    if query.fixable is not None and "fixable" not in without:
        yield c.fixable.is_(query.fixable)


def on_rules(sides: Sides, *, without: str = "", of_one: bool = False) -> Iterator[Condition]:
    """Of rows of `issue_tally`: status, severity, package, platform, and all that is asked of rules; `without` the
    conditions of one facet. `of_one`: of one rule that is known.
    """
    c, query = issue_tally.c, sides.query
    yield c.account == sides.account
    if of_one and not query.statuses:
        yield c.status.in_(STATUSES)  # a rule is found behind them
    yield from _alike(c, query, without)
    if query.platforms and without != "platform":
        yield c.platform.in_(query.platforms)
    if query.rules and without != "rule":
        yield c.rule_id.in_(query.rules)
    if query.components and without != "component":
        yield c.component.in_(query.components)
    if query.kev is not None and without != "kev":
        yield c.kev != "" if query.kev else c.kev == ""
    if query.fixable is not None and without != "fixable":
        yield c.fixed != "" if query.fixable else c.fixed == ""
    for word in sides.rule_words:
        if of_one:
            yield exists().where(rule_word.c.rule == c.rule, begins(word))
        else:
            yield c.rule.in_(rules_with(word))


def on_hosts(sides: Sides, *, without: str = "") -> Iterator[Condition]:
    """Of rows of `host_tally`: status, package, and all that is asked of hosts. Severities are its columns."""
    c, query = host_tally.c, sides.query
    yield c.account == sides.account
    yield from _alike(c, query, without, severities=False)
    if _narrow(sides, without):
        yield c.host.in_(hosts_of(sides, without=without))


def hosts_of(sides: Sides, *, without: str = "") -> Select[Any]:
    """Ids of the hosts that are asked for."""
    if sides.chosen is not None and not without:
        return _named(sides)
    return select(host.c.id).where(*_hosts(sides, without, host.c))


def _named(sides: Sides) -> Select[Any]:
    """The hosts that were chosen, as one value: a statement with thousands of them takes long to be written."""
    ids = list(sides.chosen or ())
    if sides.is_sqlite:
        return select(func.json_each(json.dumps(ids)).table_valued("value").c.value)
    return select(func.unnest(literal(ids, ARRAY(String))).column_valued("chosen"))


def _hosts(sides: Sides, without: str, c: Any) -> Iterator[Condition]:
    query = sides.query
    yield c.account == sides.account
    yield ~c.archived
    if query.hosts and without != "host":
        yield c.id.in_(query.hosts)
    if query.platforms and without != "platform":
        yield c.platform.in_(query.platforms)
    for key, value in query.tags if without != "tag" else ():
        tagged = host_tag.c.key == key
        if c is _NEAR.c:
            tagged &= host_tag.c.host == c.id
        tagged = tagged if value is None else tagged & (host_tag.c.value == value)
        yield exists().where(tagged) if c is _NEAR.c else c.id.in_(select(host_tag.c.host).where(tagged))
    for word in sides.host_words:
        yield _has(word, c)


def severity_sums(sides: Sides) -> list[ColumnElement[Any]]:
    """What to add up in `host_tally` for the severities that are asked for: all five columns, or nought."""
    chosen = _severities(sides.query)
    return [
        func.coalesce(func.sum(host_tally.c[f"s{place}"]), 0) if place in chosen else func.max(0) for place in range(5)
    ]


# ── conditions on issues ──


def on_issues(sides: Sides, c: Any, *, few: bool = False) -> Iterator[Condition]:
    """Of issues, or of rows with their columns: all that is asked but status and severity.

    `few`: each host is looked up for the issue at hand, since the list will be full before a set of them were made.
    """
    query = sides.query
    if query.packages:
        yield c.package.in_([PACKAGE_NUMBERS[name] for name in query.packages])
    if sides.of_rules:
        yield exists().where(issue_tally.c.rule == c.rule, *on_rules(sides, of_one=True))
    if sides.chosen is not None and not few:
        yield c.host.in_(_named(sides))
    elif sides.of_hosts or query.platforms or sides.archived:
        yield exists().where(_NEAR.c.id == c.host, *_hosts(sides, "", _NEAR.c))
    if query.since is not None:
        yield c.first_observed >= query.since
    for word in sides.mixed_words:
        of_rule = exists().where(rule_word.c.rule == c.rule, begins(word))
        mine = (_NEAR.c.id == c.host, _NEAR.c.account == sides.account, ~_NEAR.c.archived)
        of_host = exists().where(*mine, _has(word, _NEAR.c))
        yield or_(of_rule, of_host)


def rules_of(sides: Sides) -> Select[Any]:
    """Numbers of the rules that are asked for and were found."""
    return select(issue_tally.c.rule).where(*on_rules(sides))


def statuses_and_severities(query: IssueQuery, c: Any) -> Iterator[Condition]:
    """Of issues: the two that on_issues leaves to whoever goes through an index by them."""
    if query.statuses:
        yield c.status.in_(query.statuses)
    if query.severities:
        yield c.severity.in_(sorted(_severities(query)))


def _severities(query: IssueQuery) -> set[int]:
    return {SHOWN_SEVERITIES.index(word) for word in query.severities} or set(range(5))


def _alike(c: Any, query: IssueQuery, without: str, *, severities: bool = True) -> Iterator[Condition]:
    """What both tallies have."""
    if query.statuses and without != "status":
        yield c.status.in_(query.statuses)
    if severities and query.severities and without != "severity":
        yield c.severity.in_(sorted(_severities(query)))
    if query.packages and without != "package":
        yield c.package.in_([PACKAGE_NUMBERS[name] for name in query.packages])


def _narrow(sides: Sides, without: str) -> bool:
    asked_ = {"host": sides.query.hosts, "tag": sides.query.tags, "platform": sides.query.platforms}
    return bool(sides.host_words) or any(values for name, values in asked_.items() if name != without)


def _hosts_with(account: str, word: str) -> Select[Any]:
    return select(host.c.id).where(host.c.account == account, ~host.c.archived, _has(word, host.c))


def _has(word: str, c: Any) -> Condition:
    return or_(contains(c.hostname, word), contains(c.id, word))
