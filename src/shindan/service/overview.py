"""The first page of the console: how the account stands, and what to do first."""

from __future__ import annotations

import datetime
import functools
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from shindan.engine.clock import now
from shindan.model.errors import ShindanError
from shindan.model.exclusion import REASONS
from shindan.model.overview import Coverage, Day, FeedLine, KevDue, NotJudged, Overview, RunLine, Severities, TopFix
from shindan.model.packages import PACKAGES
from shindan.model.stored_finding import PACKAGE_NUMBERS, SHOWN_SEVERITIES
from shindan.service.caller import Caller
from shindan.service.host_pages import severities, summed
from shindan.service.rights import must
from shindan.service.service import Service
from shindan.service.status import feed_ages, is_stale
from shindan.store import host_pages, judged, overview
from shindan.store.host_pages import HostsWanted
from shindan.store.judged import Covered
from shindan.store.overview import FixCell, KevCell
from shindan.versions import compare

_FIXES, _KEV = 5, 10


def show(service: Service, caller: Caller, *, days: int = 90, max_feed_age: float = 7.0) -> Overview:
    """The account at a glance; `days` of history, today included, and from how many days on feeds are old.

    Needs `GetOverview`. Raises AccessDenied.
    """
    must(caller, "GetOverview")
    today = now().date()
    first = today - datetime.timedelta(days=max(1, min(days, 3660)) - 1)
    with service.database.read() as connection:
        counts = overview.by_status(connection, caller.account)
        changes = overview.days(connection, caller.account, first.isoformat())
        fleet = host_pages.counts(connection, caller.account, HostsWanted())
        chosen = _top(overview.fixes(connection, caller.account, _FIXES))
        kinds = overview.kinds(connection, [name for name, _ in chosen])
        due = overview.kev_due(connection, caller.account, today.isoformat())
        covered = judged.covered(connection, caller.account)
        never, unknown = judged.never(connection, caller.account)
        going = overview.going(connection, caller.account)
    open_ = {word: counts.get(("open", place), 0) for place, word in enumerate(SHOWN_SEVERITIES)}
    fixes = tuple(_fix(name, some, kinds.get(name, "")) for name, some in chosen)
    late = list(_late(due, today))
    health, platforms, hosts = summed(fleet, HostsWanted())
    return Overview(
        open=open_,
        suppressed=sum(number for (status, _), number in counts.items() if status == "suppressed"),
        history=tuple(_history(changes, first, today, open_)),
        hosts=hosts,
        by_health=health,
        by_platform=tuple(sorted(platforms.items(), key=lambda item: (-item[1], item[0]))),
        top_fixes=fixes,
        top_fixes_findings=sum(fix.findings for fix in fixes),
        kev_due=tuple(late[:_KEV]),
        more_kev=max(0, len(late) - _KEV),
        coverage=tuple(_coverage(covered, hosts)),
        never_judged=never,
        without_facts=unknown,
        feeds=_feeds(service, max_feed_age),
        runs=tuple(
            RunLine(str(caller.arn("run", run.target, run.template, run.id)), run, *numbers) for run, numbers in going
        ),
    )


def _history(
    changes: Sequence[tuple[str, tuple[int, ...]]], first: datetime.date, today: datetime.date, open_: Severities
) -> Iterator[Day]:
    """Every day: one without a change is as the day before it, and before the first of all there was nothing."""
    known = dict(changes)
    last = next((numbers for day, numbers in changes if day < first.isoformat()), (0,) * len(SHOWN_SEVERITIES))
    for number in range((today - first).days):
        day = (first + datetime.timedelta(days=number)).isoformat()
        last = known.get(day, last)
        yield Day(day, severities(last))
    yield Day(today.isoformat(), open_)


def _top(cells: Iterable[FixCell]) -> list[tuple[str, list[FixCell]]]:
    by_component: dict[str, list[FixCell]] = {}
    for cell in cells:
        by_component.setdefault(cell.component, []).append(cell)
    return sorted(by_component.items(), key=lambda item: (-sum(cell.issues for cell in item[1]), item[0]))


def _fix(component: str, cells: Sequence[FixCell], kind: str) -> TopFix:
    ordered = sorted(cells, key=lambda cell: cell.platform)
    by_platform = [list(group) for _, group in groupby(ordered, key=lambda cell: cell.platform)]
    return TopFix(
        component,
        tuple((group[0].platform, _newest(kind, [cell.fixed for cell in group])) for group in by_platform),
        sum(cell.issues for cell in cells),
        # One rule is one issue a host, so the commonest rule names as many hosts as there are at least.
        sum(max(cell.most for cell in group) for group in by_platform),
        SHOWN_SEVERITIES[min(cell.worst for cell in cells)],
        any(cell.kev for cell in cells),
    )


def _newest(kind: str, versions: Sequence[str]) -> str:
    def order(one: str, other: str) -> int:
        return compare(kind, one, other) or 0

    try:
        return max(versions, key=functools.cmp_to_key(order))
    except (KeyError, ValueError):
        return versions[-1]


def _late(cells: Sequence[KevCell], today: datetime.date) -> Iterator[KevDue]:
    for (rule_id, due), group in groupby(cells, key=lambda cell: (cell.rule_id, cell.due)):
        some = list(group)
        days = (today - datetime.date.fromisoformat(due)).days
        names = tuple(sorted({cell.component for cell in some}))
        yield KevDue(rule_id, due, days, names, sum(cell.issues for cell in some))


def _coverage(covered: Sequence[Covered], hosts: int) -> Iterator[Coverage]:
    """Packages that ever judged any host."""
    for package in PACKAGES:
        mine = [one for one in covered if one.package == PACKAGE_NUMBERS[package.name]]
        if not mine:
            continue
        fresh = [one for one in mine if one.fresh]
        reasons: Counter[str] = Counter()
        for one in fresh:
            reasons.update(dict.fromkeys(filter(None, one.codes.split(",")), one.hosts))
        yield Coverage(
            package.name,
            judged=sum(one.hosts for one in fresh if not one.codes),
            partly=sum(one.hosts for one in fresh if one.codes),
            outdated=sum(one.hosts for one in mine if not one.fresh),
            never=hosts - sum(one.hosts for one in mine),
            reasons=tuple(NotJudged(code, _title(code), number) for code, number in reasons.most_common()),
        )


def _title(code: str) -> str:
    reason = REASONS.get(code)
    return reason.title if reason else code


def _feeds(service: Service, max_age: float) -> tuple[FeedLine, ...]:
    """The feeds in force; none where they cannot be read, which the status page says more of."""
    try:
        ages = feed_ages(service.data)
    except ShindanError:
        return ()
    return tuple(FeedLine(one.generation.name, one.days, is_stale(one, max_age)) for one in ages)
