"""What an account wanted otherwise of rules, as a run's report shows it: which rule, what, where, why, until when."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import NamedTuple, get_args

from shindan.model.report import Tailored
from shindan.model.stored_finding import ShownSeverity
from shindan.model.tailoring import Entry
from shindan.render.run_report_words import Tongue, labels, severities

_LONGEST = 300


class TailoredRow(NamedTuple):
    """One entry: the rule or control with its `title`, the change, on which hosts, why, by whom, and the last day."""

    name: str
    title: str
    change: str
    where: str
    reason: str
    owner: str
    until: str


def row_of(one: Tailored, tongue: Tongue) -> TailoredRow:
    """An entry as it is shown."""
    entry, label = one.entry, labels(tongue)
    return TailoredRow(
        name=entry.name,
        title=one.title,
        change="; ".join(_changes(entry, tongue)),
        where=_where(entry, tongue),
        reason=entry.reason,
        owner=entry.owner,
        until=entry.until or label["for_ever"],
    )


def _changes(entry: Entry, tongue: Tongue) -> Iterator[str]:
    label = labels(tongue)
    if entry.off:
        yield label["switched_off"]
    for name, value in entry.values.items():
        told = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
        yield f"{name} = {told if len(told) <= _LONGEST else f'{told[:_LONGEST]}…'}"
    if entry.severity:
        yield label["severity_set"].format(word=_severity(entry.severity, tongue))


def _severity(word: str, tongue: Tongue) -> str:
    known = {name.lower(): severities(tongue)[name] for name in get_args(ShownSeverity)}
    return known.get(word.lower(), word)


def _where(entry: Entry, tongue: Tongue) -> str:
    label = labels(tongue)
    if not entry.tags:
        return label["all_hosts"]
    tags = ", ".join(f"{key}={value}" if value else key for key, value in entry.tags)
    return label["hosts_with"].format(tags=tags)
