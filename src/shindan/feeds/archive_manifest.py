"""What `archive` found at its last look: a JSON file that tells whether another look could find anything else."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from shindan.feeds.archive_changelogs import write
from shindan.feeds.archive_suites import Found, in_release_of
from shindan.feeds.base import Downloader, Mirror, Needs
from shindan.model.errors import FeedError
from shindan.versions import compare

_TRY_AGAIN_SECONDS = 3600.0
"""What could not be had is asked for again after so long; if it fails again, after twice as long, and so on."""

_MOST_DOUBLINGS = 5


class Manifest:
    """The manifest at `path`; one that is missing or torn is as if nothing had ever been found."""

    def __init__(self, path: Path, now: datetime) -> None:
        self._path = path
        self._now = now.strftime("%Y-%m-%dT%H:%M:%SZ")
        self._platforms, self._tries, self.fingerprint = _read(path)

    def dates(self, platform: str) -> dict[str, str]:
        """Suite as configured → the date of its index (ISO 8601)."""
        suites = self._platforms.get(platform, {}).get("suites", {})
        return {suite: str(one["date"]) for suite, one in suites.items()}

    def still_right(self, get: Downloader, needs: Needs, into: Path) -> bool:
        """Whether the signed indices are those of the last time and nothing more is wanted of them."""
        if set(self._platforms) != set(needs.mirrors) or needs.everything:
            return False
        age = time.time() - self._path.stat().st_mtime
        return all(
            said["mirrors"] == listed(needs.mirrors[platform])
            and said["complete"]
            and (not said["failed"] or age < self._pause(platform))
            and self._has_all(platform, said, needs, into)
            and self._same(said, get, into)
            for platform, said in self._platforms.items()
        )

    def write(self, platforms: Mapping[str, Any]) -> str:
        """Keeps what was found; returns its fingerprint. Raises FeedError."""
        tries = {platform: self._tried(platform, said["failed"]) for platform, said in platforms.items()}
        write(self._path, json.dumps({"platforms": platforms, "tries": tries}, sort_keys=True))
        return _fingerprint(platforms)

    def _tried(self, platform: str, failed: Sequence[str]) -> int:
        """How often in a row the same could not be had, this time included."""
        again = bool(failed) and failed == self._platforms.get(platform, {}).get("failed")
        return self._tries.get(platform, 1) + 1 if again else int(bool(failed))

    def _pause(self, platform: str) -> float:
        return float(_TRY_AGAIN_SECONDS * 2 ** min(self._tries.get(platform, 1) - 1, _MOST_DOUBLINGS))

    def _has_all(self, platform: str, said: Mapping[str, Any], needs: Needs, into: Path) -> bool:
        sources = said["sources"]
        newest = {package: entry["newest"] for package, entry in sources.items()}
        return all(
            package in said["failed"] or (into / "changelogs" / f"{sources[package].get('changelog')}.gz").exists()
            for package in wanted(platform, newest, needs)
        )

    def _same(self, said: Mapping[str, Any], get: Downloader, into: Path) -> bool:
        for suite, one in said["suites"].items():
            if one["valid_until"] and one["valid_until"] < self._now:
                return False
            try:
                if in_release_of(get, str(one["url"]), suite, into).sha256 != one["sha256"]:
                    return False
            except FeedError:
                return False
        return True


def described(
    mirrors: Sequence[Mirror], found: Found, examined: Mapping[str, str], failed: Mapping[str, FeedError]
) -> dict[str, Any]:
    """One platform's part of a manifest."""
    notes = list(found.notes)
    if failed:
        package, why = min(failed.items())
        notes.append(f"{len(failed)} changelogs could not be read, such as {package}'s: {why}")
    sources: dict[str, Any] = {}
    for package, source in sorted(found.sources.items()):
        sources[package] = {"newest": source.newest}
        if package in examined:
            sources[package] |= {"changelog": examined[package], "versions": sorted(source.versions)}
    suites = {
        suite.mirror.suite: {
            "date": suite.release.date,
            "valid_until": suite.release.valid_until,
            "url": suite.base,
            "sha256": suite.sha256,
        }
        for suite in found.suites
    }
    return {
        "codenames": sorted(found.codenames),
        "complete": not found.unread,
        "date": max((suite.release.date for suite in found.suites), default=""),
        "failed": sorted(failed),
        "mirrors": listed(mirrors),
        "notes": notes,
        "sources": sources,
        "suites": suites,
    }


def wanted(platform: str, newest: Mapping[str, str], needs: Needs, security: Collection[str] = ()) -> list[str]:
    """Sources whose newest version some host lacks; for a server, all that the security suites hold."""
    lacking = {
        package
        for (where, package), version in needs.sources.items()
        if where == platform and package in newest and compare("deb", version, newest[package]) == -1
    }
    return sorted(lacking | (set(security) if needs.everything else set()))


def listed(mirrors: Sequence[Mirror]) -> list[list[str]]:
    """Mirrors as JSON keeps them."""
    return [[mirror.url, mirror.suite, " ".join(mirror.components), mirror.signed_by] for mirror in mirrors]


def _read(path: Path) -> tuple[dict[str, Any], dict[str, int], str]:
    """What was found, how often in a row something could not be had, and the fingerprint."""
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        platforms = kept["platforms"]
        for said in platforms.values():
            for one in said["suites"].values():
                _ = one["date"], one["valid_until"], one["url"], one["sha256"]
            _ = said["mirrors"], said["complete"], said["failed"], said["sources"].items()
        tries = {str(platform): max(1, int(count)) for platform, count in kept.get("tries", {}).items()}
        return dict(platforms), tries, _fingerprint(platforms)
    except (OSError, ValueError, RecursionError, KeyError, TypeError, AttributeError):
        return {}, {}, ""


def _fingerprint(platforms: Mapping[str, Any]) -> str:
    """How often something could not be had is no part of it: it makes no new generation."""
    return hashlib.sha256(json.dumps({"platforms": platforms}, sort_keys=True).encode()).hexdigest()
