"""What was found on hosts once and is not there any more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from sqlalchemy import Connection, select

from shindan.store.tables import issue

_AT_ONCE = 5000


def of_hosts(connection: Connection, account: str, hosts: Sequence[str], by: int) -> list[tuple[int, str, int]]:
    """(package, rule's id, on how many of these hosts) of issues that were mended by a moment (ms), in order."""
    found: Counter[tuple[int, str]] = Counter()
    for start in range(0, len(hosts), _AT_ONCE):
        mine = select(issue.c.host, issue.c.package, issue.c.rule_id).distinct()
        mine = mine.where(
            issue.c.host.in_(hosts[start : start + _AT_ONCE]),
            issue.c.account == account,
            issue.c.status == "fixed",
            issue.c.fixed_at <= by,
        )
        found.update((row.package, row.rule_id) for row in connection.execute(mine))
    return [(package, rule_id, number) for (package, rule_id), number in sorted(found.items())]
