"""What channels are to be told, noted by the transaction that makes it true (`digesting` puts messages together).

Of many alike there is one row: a rule that came to the same on all hosts of a batch. Where an account has no channel,
all this costs one look into a table for each batch.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from shindan.engine.clock import milliseconds
from shindan.engine.conditions import Flawed, Turn, about_issue, tagged, wants_findings
from shindan.engine.jobs import Jobs
from shindan.model.channel import Conditions, Happened, Happens
from shindan.model.run import Run
from shindan.model.stored_finding import PACKAGE_BY_NUMBER
from shindan.store import channels, happenings
from shindan.store.channels import Listener
from shindan.store.happenings import RuleText
from shindan.store.tally import Move
from shindan.store.turned import Change, State, changes

DIGEST = "digest"
"""The job that puts messages together."""

SETTLE = 5.0
"""Seconds after which it looks: what happens at the same time is told together."""

_RUN_EVENTS: Mapping[str, Happens] = {
    "COMPLETED": "run-completed",
    "COMPLETED_WITH_ERRORS": "run-completed",
    "FAILED": "run-failed",
    "ERROR": "run-failed",
}

Key = tuple[Happens, int, int]
"""What is told together: the event, the rule's number, the severity."""


def note_issues(connection: Connection, jobs: Jobs, account: str, moves: Sequence[Move], run: str = "") -> None:
    """Has channels told of issues that opened or were mended; what a run brings (`run`) waits until it has ended."""
    if not moves:
        return
    listening = [one for one in channels.listeners(connection, account) if wants_findings(one.conditions)]
    if not listening:
        return
    changed = changes(moves)
    texts = happenings.texts(connection, {state.rule for one in changed for state in (one.was, one.now) if state})
    labelled = any(one.conditions.tags for one in listening)
    tags = happenings.tags(connection, {move.host for move in moves}) if labelled else {}
    at = milliseconds()
    for one in listening:
        some = _of_channel(one.conditions, changed, texts, tags)
        _add(connection, jobs, one, [Happened(0, *_parts(key, run, hosts), {}, at) for key, hosts in some.items()])


def note_run(connection: Connection, jobs: Jobs, run: Run, state: str, counts: Mapping[str, int] | None) -> None:
    """Has channels told that a run ended, and of all that it brought."""
    listening = channels.listeners(connection, run.account)
    if not listening:
        return
    event = _RUN_EVENTS.get(state)
    detail = {
        "run": run.id, "name": run.name, "target": run.target, "template": run.template, "state": state,
        "counts": dict(counts or {}),
    }  # fmt: skip
    for one in listening:
        if event in one.conditions.events:
            _add(connection, jobs, one, [_plain(event, detail)])
    jobs.enqueue(DIGEST, {}, key=DIGEST, delay=SETTLE, conn=connection)


def note_silent(connection: Connection, jobs: Jobs, hosts: Sequence[str]) -> None:
    """Has channels told of hosts whose agents are not heard from any more."""
    if not hosts or not (listening := _asking(channels.listeners(connection), "agent-unhealthy")):
        return
    tags = happenings.tags(connection, hosts) if any(one.conditions.tags for one in listening) else {}
    for account, rows in happenings.accounts_of(connection, hosts).items():
        for one in _asking(channels.listeners(connection, account), "agent-unhealthy"):
            _add(
                connection, jobs, one,
                [
                    _plain("agent-unhealthy", {"host": row.id, "hostname": row.hostname, "why": row.health_details})
                    for row in rows
                    if tagged(one.conditions, tags.get(row.id, {}))
                ],
            )  # fmt: skip


def note_installation(connection: Connection, jobs: Jobs, event: Happens, detail: Mapping[str, Any]) -> None:
    """Has the channels of all accounts told of something that is about the installation: a feed, the certificate."""
    for one in _asking(channels.listeners(connection), event):
        _add(connection, jobs, one, [_plain(event, detail)])


def _asking(listening: Iterable[Listener], event: Happens) -> list[Listener]:
    return [one for one in listening if event in one.conditions.events]


def _of_channel(
    conditions: Conditions,
    changed: Mapping[Change, Sequence[str]],
    texts: Mapping[int, RuleText],
    tags: Mapping[str, Mapping[str, str]],
) -> dict[Key, list[str]]:
    """What a channel is told, with the hosts."""
    found: dict[Key, list[str]] = {}
    for change, hosts in changed.items():
        event = about_issue(conditions, _turn(change, texts))
        if event is None:
            continue
        some = [host for host in hosts if tagged(conditions, tags.get(host, {}))] if conditions.tags else hosts
        if some:
            found.setdefault((event, change.now.rule, change.now.severity), []).extend(some)
    return found


def _turn(one: Change, texts: Mapping[int, RuleText]) -> Turn:
    was = _flawed(one.package, one.was, texts) if one.was is not None else None
    now = _flawed(one.package, one.now, texts)
    return Turn(was, one.was.status if one.was is not None else "", now, one.now.status)


def _flawed(package: int, state: State, texts: Mapping[int, RuleText]) -> Flawed:
    text = texts[state.rule]
    return Flawed(PACKAGE_BY_NUMBER[package], state.severity, text.component, bool(text.kev))


def _parts(key: Key, run: str, hosts: Sequence[str]) -> tuple[Happens, str, int, int, tuple[str, ...]]:
    event, rule, severity = key
    return event, run, rule, severity, tuple(hosts)


def _plain(event: Happens | None, detail: Mapping[str, Any]) -> Happened:
    assert event is not None
    return Happened(0, event, "", None, None, (), detail, milliseconds())


def _add(connection: Connection, jobs: Jobs, one: Listener, some: Sequence[Happened]) -> None:
    if some:
        happenings.add(connection, one.id, some)
        jobs.enqueue(DIGEST, {}, key=DIGEST, delay=SETTLE, conn=connection)
