"""Advisories for one host before it is judged: the feeds it needs, else its own package mirror."""

from __future__ import annotations

from collections.abc import Callable

from shindan.feeds.base import Needs
from shindan.service.feeds import FeedDesk, Updated

Say = Callable[[str], None]


def refresh(desk: FeedDesk, needs: Needs, say: Say) -> None:
    """Updates what is due; falls back to `archive` where no feed with unfixed states covers the host's release.

    Never raises for an unreachable feed: what is at hand is used, and the ledger tells its age.
    """
    due = desk.due(needs)
    results = desk.update(needs, due) if due else []
    failed = [result for result in results if result.outcome == "failed"]
    for result in results:
        if result.outcome == "updated":
            say(f"{result.feed}: {result.text}")
    if failed:
        say(f"not reached: {', '.join(result.feed for result in failed)} ({_first_line(failed[0])})")
    if _tracked(desk, needs, failed):
        return
    _read_archive(desk, needs, say)


def _tracked(desk: FeedDesk, needs: Needs, failed: list[Updated]) -> bool:
    """Whether a feed that knows unfixed states covers what a package mirror could tell of, and was not just missed."""
    missed = {result.feed for result in failed}
    covered = {
        platform
        for generation in desk.generations()
        if generation.knows == "states" and generation.feed not in missed
        for platform in generation.platforms
    }
    return {platform for platform, mirrors in needs.mirrors.items() if mirrors} <= covered


def _read_archive(desk: FeedDesk, needs: Needs, say: Say) -> None:
    if not any(needs.mirrors.values()) or not desk.archive_is_due(needs):
        return
    say("reading this host's own package mirror instead: it tells fixed CVEs only")
    for result in desk.update(needs, ("archive",)):
        say(f"{result.feed}: {result.outcome}{', ' + result.text if result.text else ''}")


def _first_line(result: Updated) -> str:
    return result.text.splitlines()[0] if result.text else "no reason given"
