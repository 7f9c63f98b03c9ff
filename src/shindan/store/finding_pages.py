"""Pages of findings: which way through the table a filter goes, so that no page reads much more than it shows.

Findings are listed by their numbers, which rise as they are written. A filter becomes some *legs*, each a stretch of
one index in that order (a host's, a rule's, or of one package and severity in a run or an account), and conditions that
are left to be checked on the way; `finding_legs` reads them. Moments and runs narrow the numbers between which there is
anything to find (`finding_spans`), and attributes become rules, runs or findings (`finding_traits`).
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from shindan.model.assessment import Pairs
from shindan.store.finding_legs import (
    HOST,
    MARKED,
    MOST_LEGS,
    OF_A_RUN,
    OF_ACCOUNT,
    OF_THE_RUN,
    RULE,
    Place,
    Plan,
    read,
)
from shindan.store.finding_spans import NOTHING, Span, of_moments, of_run, runs_amid
from shindan.store.finding_traits import as_text, marked, rules_of, runs_of

_PACKAGES, _SEVERITIES = range(5), range(5)
_MOST_RULES = 200
"""Rules that are read one by one; an attribute of more is common enough to be met on the way."""

_FEW_MARKS = 1000


@dataclass(frozen=True, slots=True)
class FindingFilter:
    """What findings are wanted: every condition that is given; alternatives inside a list, but for attributes.

    `packages` and `severities` are numbers, `rules` ids (a CVE id, a rule's title). All of `attributes` and
    `user_attributes` must be there. `created` includes both ends, in milliseconds.
    """

    hosts: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    severities: tuple[int, ...] = ()
    packages: tuple[int, ...] = ()
    attributes: Pairs = ()
    user_attributes: Pairs = ()
    created: tuple[int | None, int | None] = (None, None)


def listed(
    connection: Connection,
    account: str,
    wanted: FindingFilter,
    *,
    runs: Collection[str] = (),
    hidden: Collection[str] = (),
    after: int | None = None,
    limit: int,
) -> list[Place]:
    """(number, run) of the account's findings that pass the filter, oldest first, from behind `after` on.

    `runs` are the only ones wanted (none: all) and have ended, `hidden` are left out.
    """
    span = of_moments(connection, account, wanted.created) & Span((after or 0) + 1, None)
    hosts, pairs = _hosts(wanted)
    if hosts == ():
        return []
    rules, plan = _rules(connection, account, wanted, pairs)
    if rules == () or not _check(plan, wanted, hidden):
        return []
    runs = runs or runs_amid(connection, account, wanted.created)
    if runs:
        return _in_runs(connection, plan, wanted, hosts, rules, runs, span, limit)
    _choose(connection, plan, wanted, hosts, rules)
    return read(connection, plan, span, limit)


def _hosts(wanted: FindingFilter) -> tuple[tuple[str, ...] | None, Pairs]:
    """Hosts that are wanted (None: any), and the attributes that do not say so."""
    named = [value for key, value in wanted.attributes if key == "INSTANCE_ID"]
    rest = tuple(pair for pair in wanted.attributes if pair[0] != "INSTANCE_ID")
    hosts = set(wanted.hosts)
    for value in named:
        hosts = hosts & {value or ""} if hosts or wanted.hosts else {value or ""}
    return (tuple(sorted(hosts)) if wanted.hosts or named else None), rest


def _rules(
    connection: Connection, account: str, wanted: FindingFilter, pairs: Pairs
) -> tuple[tuple[int, ...] | None, Plan]:
    """Numbers of the rules to read (None: of any), and a plan with what is to be checked of attributes."""
    plan = Plan(account)
    rules: set[int] | None = None
    if wanted.rules:
        chosen = text(f"SELECT number FROM rule WHERE id IN ({', '.join(plan.given('id', wanted.rules))})")  # noqa: S608
        rules = set(connection.execute(chosen, plan.values).scalars())
        plan.values.clear()
    for number, (key, value) in enumerate(pairs):
        found = rules_of(connection, key, value, _MOST_RULES)
        if found is not None:
            rules = found.keys() if rules is None else rules & found.keys()  # type: ignore[assignment]
        if found is None or not all(found.values()):
            plan.checks.append(_shows(plan, number, key, value))
    return (None if rules is None else tuple(sorted(rules))), plan


def _shows(plan: Plan, number: int, key: str, value: str | None) -> str:
    """Whether a finding shows an attribute: with its rule, in the column `subject`, or as one of its own."""
    plan.values[f"pair{number}"] = as_text(key, value)
    ways = [
        f"find(attributes, :pair{number})",
        f"EXISTS (SELECT 1 FROM rule_trait WHERE pair = :pair{number} AND rule = finding.rule AND shared)",  # noqa: S608
    ]
    if key == "package_name":
        plan.values[f"subject{number}"] = value
        ways.append(f"subject = :subject{number}")
    return f"({' OR '.join(ways)})"


def _check(plan: Plan, wanted: FindingFilter, hidden: Collection[str]) -> bool:
    """Adds the checks that every way needs; False where nothing can pass."""
    if hidden:
        plan.among("run", "hidden", hidden, "NOT IN")
    for name, operator, moment in (("low", ">=", wanted.created[0]), ("high", "<=", wanted.created[1])):
        if moment is not None:
            plan.values[name] = moment
            plan.checks.append(f"created_at {operator} :{name}")
    for number, (key, value) in enumerate(wanted.user_attributes):
        plan.values[f"mine{number}"] = as_text(key, value)
        plan.checks.append(f"find(user_attributes, :mine{number})")
    return not wanted.packages or any(number in _PACKAGES for number in wanted.packages)


def _in_runs(
    connection: Connection,
    plan: Plan,
    wanted: FindingFilter,
    hosts: Sequence[str] | None,
    rules: Sequence[int] | None,
    runs: Collection[str],
    span: Span,
    limit: int,
) -> list[Place]:
    """Run by run, in the order of their numbers, until the page is full and no other run begins before its end."""
    spans = {run: of_run(connection, run) & span for run in runs}
    found: list[Place] = []
    _choose(connection, plan, wanted, hosts, rules, run=True)
    for run in sorted((run for run in runs if spans[run] != NOTHING), key=lambda run: spans[run].low):
        if len(found) >= limit and spans[run].low > found[limit - 1][0]:
            break
        plan.values["run"] = run
        found = sorted([*found, *read(connection, plan, spans[run], limit)])[:limit]
    return found


def _choose(
    connection: Connection,
    plan: Plan,
    wanted: FindingFilter,
    hosts: Sequence[str] | None,
    rules: Sequence[int] | None,
    *,
    run: bool = False,
) -> None:
    """Adds the legs: of the hosts or the rules, whichever are fewer, else of packages and severities."""
    by_host = hosts is not None and len(hosts) <= MOST_LEGS and (rules is None or len(hosts) <= len(rules))
    by_rule = not by_host and rules is not None and len(rules) <= MOST_LEGS
    sorts = _sorts(wanted)
    labels = None if by_host or by_rule or not wanted.user_attributes else _labels(connection, plan, wanted)
    if hosts is not None and not by_host:
        plan.among("host", "host", hosts)
    if rules is not None and not by_rule:
        plan.among("rule", "rule", rules)
    plan.checks.append("account = :account")
    plan.values["account"] = plan.account
    if by_host or by_rule or labels is not None:
        if run:
            plan.checks.append("run = :run")
        plan.checks.extend(_of_sorts(wanted))
    if by_host:
        plan.legs = [(HOST, (host,)) for host in hosts or ()]
    elif by_rule:
        plan.legs = [(RULE, (rule,)) for rule in rules or ()]
    elif labels is not None:
        plan.legs = labels
    else:
        plan.legs = [(OF_THE_RUN if run else OF_ACCOUNT, sort) for sort in sorts]


def _labels(connection: Connection, plan: Plan, wanted: FindingFilter) -> list[Any] | None:
    """Legs of the findings that have somebody's attribute: of a few that were given it, and of runs that began so.

    None where they are so many that the ordinary way meets enough of them.
    """
    key, value = wanted.user_attributes[0]
    runs = runs_of(connection, plan.account, key, value)
    if len(runs) * len(_sorts(wanted)) > MOST_LEGS or marked(connection, plan.account, key, value) > _FEW_MARKS:
        return None
    return [*((OF_A_RUN, (run, *sort)) for run in runs for sort in _sorts(wanted)), (MARKED, ())]


def _sorts(wanted: FindingFilter) -> list[tuple[int, int]]:
    packages = [number for number in wanted.packages if number in _PACKAGES] or list(_PACKAGES)
    return list(itertools.product(packages, wanted.severities or _SEVERITIES))


def _of_sorts(wanted: FindingFilter) -> Iterator[str]:
    if wanted.packages:
        yield f"package IN ({', '.join(str(number) for number in wanted.packages)})"
    if wanted.severities:
        yield f"severity IN ({', '.join(str(number) for number in wanted.severities)})"
