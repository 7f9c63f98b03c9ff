"""Issues that were chosen one by one to be suppressed, each by what identifies it for as long as its host lives."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, Select, and_, insert, select

from shindan.store.tables import issue, suppressed_issue

_KEY = ("host", "package", "rule_id", "subject")


def choose(connection: Connection, suppression: str, keys: Iterable[tuple[str, int, str, str]]) -> None:
    """Keeps what a suppression was chosen for."""
    rows = [{"suppression": suppression, **dict(zip(_KEY, key, strict=True))} for key in sorted(set(keys))]
    if rows:
        connection.execute(insert(suppressed_issue), rows)


def numbers(suppression: str) -> Select[tuple[int]]:
    """Numbers of the issues that a suppression was chosen for."""
    same = (issue.c[name] == suppressed_issue.c[name] for name in _KEY)
    return (
        select(issue.c.number)
        .select_from(suppressed_issue)
        .join(issue, and_(*same))
        .where(suppressed_issue.c.suppression == suppression)
    )
