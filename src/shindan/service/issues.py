"""Issues: what findings of many runs have in common, with when it was seen first and last, and what became of it."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from shindan.engine import refreshing
from shindan.engine.refreshing import Rejudged
from shindan.engine.work import Work
from shindan.model.arn import parse
from shindan.model.issue import Issue
from shindan.model.packages import PackageName, package_of
from shindan.model.stored_finding import PACKAGE_NUMBERS, SHOWN_SEVERITIES, ShownSeverity, StoredFinding
from shindan.service import paging
from shindan.service.caller import Caller
from shindan.service.service import Service
from shindan.store import issues as stored


def list_(
    service: Service,
    caller: Caller,
    *,
    statuses: Collection[str] = (),
    hosts: Collection[str] = (),
    rules: Collection[str] = (),
    severities: Collection[ShownSeverity] = (),
    packages: Collection[PackageName] = (),
    token: str | None = None,
    max_results: int | None = None,
) -> paging.Page[Issue]:
    """The account's issues, the worst first; each condition that is given must hold, by any of its values."""
    length = paging.size(max_results)
    wanted = stored.IssueFilter(
        tuple(sorted(statuses)),
        tuple(sorted(hosts)),
        tuple(sorted(rules)),
        tuple(sorted(SHOWN_SEVERITIES.index(word) for word in severities)),
        tuple(sorted(PACKAGE_NUMBERS[name] for name in packages)),
    )
    pager = paging.Pager(service.keys["paging"], paging.query("issues", caller.account, repr(wanted)))
    after = pager.after(token)
    with service.database.read() as connection:
        found = stored.listed(
            connection, caller.account, wanted, after=tuple(after) if after else None, limit=length + 1
        )
    part = paging.page(found, length, pager, lambda item: [SHOWN_SEVERITIES.index(item[1].severity), item[0]])
    return paging.Page(tuple(issue for _, issue in part.items), part.next_token)


def of_findings(service: Service, caller: Caller, findings: Sequence[StoredFinding]) -> dict[str, Issue]:
    """The issues behind findings, by `StoredFinding.fingerprint`; a finding that nothing was found has none."""
    keys = {
        (one.asset.agent, PACKAGE_NUMBERS[name], one.id, dict(one.attributes).get("about") or "")
        for one in findings
        if one.fingerprint and (name := package_of(parse(one.rules_package))) is not None
    }
    with service.database.read() as connection:
        return {issue.fingerprint: issue for issue in stored.by_key(connection, caller.account, keys).values()}


def rejudge(work: Work, account: str) -> Rejudged:
    """Judges the account's stored inventories by the advisories in force, without a run and without waking a host."""
    return refreshing.rejudge_account(work, account, always=True)
