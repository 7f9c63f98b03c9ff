"""Advisories for releases that nobody speaks for: one job fetches for all hosts, and then wakes whoever waits for it.

A fetch that brought nothing is noted with its reason, release by release: who has waited since before it waits no
longer, and says the reason.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from shindan.engine.clock import milliseconds
from shindan.engine.jobs import Jobs
from shindan.engine.judge import HostVerdict, Judge
from shindan.engine.work import Work, advance_key
from shindan.model.errors import ShindanError
from shindan.model.packages import PackageName
from shindan.store import exclusions, hosts, runs, samples, settings_table

FETCH = "fetch"
UNSUPPORTED = "UNSUPPORTED_OS"

Missing = Mapping[PackageName, tuple[str, ...]]
"""Releases (`debian:12`) that a package's knowledge says nothing of."""

_SAMPLES = 20
_NOBODY = "Nothing here fetches advisories of it."
_log = logging.getLogger("shindan.engine")


def ask(jobs: Jobs, connection: Connection) -> None:
    """Has advisories fetched for all hosts that lack them; part of the caller's transaction."""
    jobs.enqueue(FETCH, {}, key=FETCH, conn=connection)


def missing(work: Work, names: Iterable[PackageName], platforms: Iterable[str]) -> Missing:
    """What the packages that can be evaluated lack of these releases; packages that lack nothing are left out."""
    wanted = sorted(set(platforms))
    found = {name: work.judges[name].missing(wanted) for name in names if name in work.judges}
    return {name: lacking for name, lacking in found.items() if lacking}


def patience(work: Work, connection: Connection, lacking: Missing, since: int) -> float:
    """Seconds for which who has waited for these since a moment goes on waiting; 0 where nothing more will come."""
    left = since + work.timing.feed_wait * 1000 - milliseconds()
    pairs = ((name, platform) for name, platforms in lacking.items() for platform in platforms)
    hope = any(_tried_at(connection, name, platform) < since for name, platform in pairs)
    return max(left, 0) / 1000 if hope else 0.0


def fetch(work: Work, _: Mapping[str, Any]) -> None:
    """The job: tries to get advisories for the releases of all hosts that nobody speaks for, and wakes who waits."""
    with work.database.read() as connection:
        known = samples.facts_by_platform(connection, _SAMPLES)
    for name, judge in work.judges.items():
        lacking = judge.missing(known)
        if not lacking:
            continue
        why = _fetched(judge, lacking, _facts(work, [digest for platform in lacking for digest in known[platform]]))
        if why is None:
            return  # somebody else is at it, and does this when it is done
        still = set(judge.missing({*lacking, *why}))
        with work.database.write() as connection:
            for platform in {*lacking, *why}:
                _note(connection, name, platform, (why.get(platform) or _NOBODY) if platform in still else "")
    _wake(work)


def why_not(connection: Connection, name: PackageName, platform: str) -> str:
    """Why the last fetch for a release brought nothing; "" where there was none, or it did."""
    kept = settings_table.get(connection, _key(name, platform))
    return str(kept["why"]) if kept else ""


def with_reasons(
    work: Work, account: str, name: PackageName, verdicts: Mapping[str, HostVerdict]
) -> dict[str, HostVerdict]:
    """The verdicts of hosts; where a release is spoken for by nobody, with the reason why none could be fetched."""
    unsupported = [host for host, said in verdicts.items() if any(code == UNSUPPORTED for code, _ in said.exclusions)]
    if not unsupported:
        return dict(verdicts)
    with work.database.read() as connection:
        platforms = {host.id: host.platform for host in hosts.named(connection, account, unsupported)}
        why = {platform: why_not(connection, name, platform) for platform in {*platforms.values()}}
    return dict(verdicts) | {
        host: _explained(verdicts[host], why.get(platforms.get(host, ""), "")) for host in unsupported
    }


def _explained(said: HostVerdict, why: str) -> HostVerdict:
    told = [(code, f"{detail} {why}".strip() if code == UNSUPPORTED else detail) for code, detail in said.exclusions]
    return replace(said, exclusions=told)


def _fetched(judge: Judge, lacking: Iterable[str], facts: Iterable[bytes]) -> Mapping[str, str] | None:
    """See `Judge.fetch`; what fails in a way that nobody foresaw is a reason, too, and keeps nobody waiting."""
    try:
        return judge.fetch(facts)
    except Exception as error:  # noqa: BLE001 - whatever a package does is its own trouble
        _log.exception("advisories not fetched")
        return dict.fromkeys(lacking, f"Fetching advisories of it failed: {type(error).__name__}: {error}"[:300])


def _facts(work: Work, digests: Iterable[str]) -> Iterator[bytes]:
    for digest in digests:
        try:
            yield work.blobs.get(digest)
        except ShindanError as error:
            _log.warning("inventory not read: %s", error)


def _wake(work: Work) -> None:
    with work.database.write() as connection:
        for run_id in runs.in_progress(connection):
            work.jobs.enqueue("advance", {"run": run_id}, key=advance_key(run_id), conn=connection)
        for token, account in exclusions.previews_in_progress(connection):
            args = {"token": token, "account": account}
            work.jobs.enqueue("preview", args, key=f"preview {token}", conn=connection)


def _note(connection: Connection, name: PackageName, platform: str, why: str) -> None:
    if why:
        settings_table.put(connection, _key(name, platform), {"at": milliseconds(), "why": why})
    else:
        settings_table.remove(connection, _key(name, platform))


def _tried_at(connection: Connection, name: PackageName, platform: str) -> int:
    kept = settings_table.get(connection, _key(name, platform))
    return int(kept["at"]) if kept else -1


def _key(name: PackageName, platform: str) -> str:
    return f"unfetched {name} {platform}"
