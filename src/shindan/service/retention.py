"""Lets go of what has been kept for long enough; a job runs it once an hour."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field

from shindan.engine.clock import milliseconds
from shindan.service import accounts, hosts_admin
from shindan.service.agent_parts import Parts
from shindan.service.service import Service
from shindan.store import audit, channels, exports, schedules, tally
from shindan.store import retention as stored

_log = logging.getLogger("shindan.service")
_DAY = 86_400_000
_AT_ONCE = 20
_KEEP_DELIVERED = 30


@dataclass(frozen=True, slots=True)
class Keep:
    """Days that things are kept; 0: for ever."""

    runs: int = 400
    findings: int = 400
    facts: int = 30
    audit: int = 400


@dataclass(slots=True)
class Gone:
    """What was let go of; `archived` hosts are only out of sight."""

    runs: int = 0
    findings: int = 0
    events: int = 0
    audit: int = 0
    blobs: int = 0
    archived: list[str] = field(default_factory=list)


def prune(service: Service, keep: Keep) -> Gone:
    """Lets go of what is older. Safe to repeat, and to be killed in the middle."""
    gone, now = Gone(), milliseconds()
    for account in accounts.list_(service):
        gone.archived += hosts_admin.archive_unseen(service, account.id)
    if keep.runs:
        gone.runs = _runs(service, now - keep.runs * _DAY)
    with service.database.write() as connection:
        if keep.findings:
            gone.findings = stored.remove_fixed_issues(connection, now - keep.findings * _DAY)
        if keep.audit:
            gone.audit = audit.prune(connection, now - keep.audit * _DAY)
        exports.prune(connection, now - _DAY)
        channels.prune(connection, now - _KEEP_DELIVERED * _DAY)
        gone.events = stored.remove_delivered(connection, now - _KEEP_DELIVERED * _DAY)
        if keep.runs:
            schedules.prune(connection, now - keep.runs * _DAY)
    for account in accounts.list_(service):
        _heal(service, account.id)
    Parts(service.data).sweep()
    # Last: the runs that went named some of them.
    gone.blobs = _blobs(service, now - max(1, keep.facts) * _DAY)
    return gone


def _heal(service: Service, account: str) -> None:
    """Counts issues anew where what is kept of them is not what they are; nothing known leads there."""
    with service.database.read() as connection:
        wrong = tally.differs(connection, account)
    if wrong:
        _log.warning("tallies of issues were wrong and are counted anew: account %s", account)
        with service.database.write() as connection:
            tally.recount(connection, account, milliseconds())


def _runs(service: Service, before: int) -> int:
    """One transaction a run: one may have half a million findings, and others want to write, too."""
    count = 0
    while True:
        with service.database.read() as connection:
            old = stored.ended_runs(connection, before, _AT_ONCE)
        if not old:
            return count
        for id_ in old:
            with service.database.write() as connection:
                stored.remove_run(connection, id_)
        count += len(old)


def _blobs(service: Service, before: int) -> int:
    """Blobs that nothing names, if they are old: a young one may wait for the row that will name it."""
    old = [digest for digest, at in service.blobs.aged() if at < before]
    with service.database.read() as connection:
        named = stored.named_blobs(connection) if old else set()
    unnamed = [digest for digest in old if digest not in named]
    youngest = dict(service.blobs.aged()) if unnamed else {}
    unnamed = [digest for digest in unnamed if youngest.get(digest, before) < before]
    for digest in unnamed:
        service.blobs.remove(digest)
    return len(unnamed)
