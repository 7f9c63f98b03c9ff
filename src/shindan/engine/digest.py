"""One message's content: what happened in numbers, and the worst of it. The texts are made when it is sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection

from shindan.engine.announcing import iso
from shindan.model.channel import Channel, Happened
from shindan.model.stored_finding import SHOWN_SEVERITIES
from shindan.store import happenings
from shindan.store.happenings import RuleText

WORST = 10
_NAMED = 5
_LONGEST = 300


class Told(NamedTuple):
    """A message: its payload, and what the log calls it."""

    payload: dict[str, Any]
    what: str


class Group(NamedTuple):
    """A rule that came to the same on some hosts."""

    event: str
    rule: int
    severity: int
    hosts: frozenset[str]


def digest_of(connection: Connection, one: Channel, some: Sequence[Happened], now: int) -> Told | None:
    """The message that tells all of these; None where nothing of it is true any more."""
    every = list(groups(connection, some))
    others = [each for each in some if each.rule is None]
    if not every and not others:
        return None
    opened = [each for each in every if each.event == "finding-opened"]
    fixed = [each for each in every if each.event == "finding-fixed"]
    payload: dict[str, Any] = {
        "event": "DIGEST",
        "channel": one.name,
        "account": one.account,
        "since": iso(min(each.at for each in some)),
        "opened": _counts(opened),
        "fixed": _counts(fixed),
        "worst": _worst(connection, opened),
        "more": max(0, len(opened) - WORST),
        "happened": [_other(each) for each in others[:WORST]],
        "more_happened": max(0, len(others) - WORST),
        "time": iso(now),
    }
    return Told(payload, _what(payload["opened"], payload["fixed"], others))


def groups(connection: Connection, some: Iterable[Happened]) -> Iterable[Group]:
    """What is still so, by event, rule and severity: what was suppressed, mended or archived meanwhile is not told."""
    found: dict[tuple[str, int, int], set[str]] = {}
    for each in some:
        if each.rule is not None and each.severity is not None:
            found.setdefault((each.event, each.rule, each.severity), set()).update(each.hosts)
    hosts = {host for named in found.values() for host in named}
    known = happenings.hostnames(connection, hosts)
    open_: dict[int, set[str]] = {}
    for held in happenings.held(connection, {rule for event, rule, _ in found if event == "finding-opened"}, known):
        if held.status == "open":
            open_.setdefault(held.rule, set()).add(held.host)
    for (event, rule, severity), named in found.items():
        left = named & (open_.get(rule, set()) if event == "finding-opened" else known.keys())
        if left:
            yield Group(event, rule, severity, frozenset(left))


def rule_of(text: RuleText, names: Sequence[str]) -> dict[str, Any]:
    """A rule as messages tell it; `names` are those of the hosts that it is told about."""
    host = names[0] if len(names) == 1 else "…"
    return {
        "rule": text.rule_id, "title": text.title.replace("{agent}", host).replace("{subject}", "…")[:_LONGEST],
        "rules_package": text.package, "package": text.component[:_LONGEST], "fixed_in": text.fixed[:_LONGEST],
        "kev": text.kev,
    }  # fmt: skip


def _counts(some: Iterable[Group]) -> dict[str, int]:
    """Findings by severity, the worst first; those that there are."""
    found: Counter[int] = Counter()
    for one in some:
        found[one.severity] += len(one.hosts)
    return {SHOWN_SEVERITIES[severity]: found[severity] for severity in sorted(found)}


def _worst(connection: Connection, some: Sequence[Group]) -> list[dict[str, Any]]:
    texts = happenings.texts(connection, {one.rule for one in some})
    ordered = sorted(some, key=lambda one: _rank(one, texts[one.rule]))[:WORST]
    few = {host for one in ordered for host in sorted(one.hosts)[:_NAMED]}
    names = happenings.hostnames(connection, few)
    found = []
    for one in ordered:
        on = sorted(names.get(host, host)[:_LONGEST] for host in sorted(one.hosts)[:_NAMED])
        told = {"severity": SHOWN_SEVERITIES[one.severity], "hosts": len(one.hosts), "on": on}
        found.append({**rule_of(texts[one.rule], on), **told})
    return found


def _rank(one: Group, text: RuleText) -> tuple[int, bool, int, str]:
    return one.severity, not text.kev, -len(one.hosts), text.rule_id


def _other(one: Happened) -> Mapping[str, Any]:
    detail = {name: value[:_LONGEST] if isinstance(value, str) else value for name, value in one.detail.items()}
    return {"what": one.event, "at": iso(one.at), **detail}


def _what(opened: Mapping[str, int], fixed: Mapping[str, int], others: Sequence[Happened]) -> str:
    parts = [f"{number:,} {word}" for word, number in opened.items()]
    told = [f"opened: {', '.join(parts)}"] if parts else []
    told += [f"fixed: {sum(fixed.values()):,}"] if fixed else []
    told += [f"{event}: {number}" for event, number in sorted(Counter(one.event for one in others).items())]
    return "; ".join(told)
