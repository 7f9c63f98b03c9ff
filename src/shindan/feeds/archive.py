"""The host's own package mirror as a feed: what its suites ship now, and which CVEs their changelogs say are fixed.

It needs nothing that `apt` does not reach already, and it knows fixed CVEs only. The mirror's indices are verified by
their signatures; every file below them by its checksum.
"""

from __future__ import annotations

import contextlib
import gzip
import json
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from shindan.feeds.archive_changelog import entries, fixes
from shindan.feeds.archive_changelogs import Changelogs
from shindan.feeds.archive_manifest import Manifest, described, wanted
from shindan.feeds.archive_proxy import apt_proxies
from shindan.feeds.archive_suites import Found, SuiteReader
from shindan.feeds.base import Downloader, Mirror, Needs, Options, Role
from shindan.feeds.download_reach import Proxies
from shindan.model.advisory import Advisory, Affected, Coverage, Knows, Note, Record
from shindan.model.errors import FeedError, Unreachable
from shindan.model.marking import N_

_MANIFEST = "manifest.json"
_STABLE = ("stable", "oldstable", "oldoldstable")
_KEPT_DAYS = 30
_DIGEST = re.compile(r"^[0-9a-f]{64}$")


class ArchiveFeed:
    """See the module and `Feed`. `clock` tells whether an index is outdated, `proxies` how apt reaches its mirrors."""

    name = "archive"
    title = N_("the host's own package mirror: fixed CVEs by changelog")
    url = "(the host's apt sources)"
    knows: Knows = "fixed"
    role: Role = "advisories"
    parser_version = 3

    def __init__(
        self,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        proxies: Callable[[], Proxies] = apt_proxies,
    ) -> None:
        self._clock = clock
        self._proxies = proxies

    def serves(self, needs: Needs) -> bool:
        """Never by itself: it is asked where no other feed can be reached, or by name."""
        return False

    def fetch(self, get: Downloader, needs: Needs, into: Path, seen: str | None) -> str | None:
        """See `Feed.fetch`: indices of every suite, and the changelog of each source that the hosts have older.

        A suite of the distribution that cannot be read fails it all where a generation is in force (`seen`): what is
        known of that suite must not vanish. Without one, the rest is better than nothing.
        """
        if not any(needs.mirrors.values()):
            raise FeedError("no apt source of this host is known", remedy="archive reads the mirrors that apt uses")
        get = get.through(self._proxies())
        manifest = Manifest(into / _MANIFEST, self._clock())
        if seen is not None and seen == manifest.fingerprint and manifest.still_right(get, needs, into):
            return None
        platforms: dict[str, Any] = {}
        used: set[Path] = set()
        for platform, mirrors in needs.mirrors.items():
            reader = SuiteReader(get, into, platform, self._clock(), manifest.dates(platform))
            found = _read(reader, mirrors, seen)
            changelogs = Changelogs(get, reader, into)
            newest = {package: source.newest for package, source in found.sources.items()}
            examined = changelogs.bring(found, wanted(platform, newest, needs, found.security))
            if changelogs.failed and not examined:
                raise _all_failed(changelogs.failed)
            platforms[platform] = described(mirrors, found, examined, changelogs.failed)
            used |= reader.used() | {into / "changelogs" / f"{key}.gz" for key in examined.values()}
        fingerprint = manifest.write(platforms)
        _prune(into, used)
        return None if fingerprint == seen else fingerprint

    def parse(self, source: Path, options: Options) -> Iterator[Record]:
        """Advisories and reach of a folder that `fetch` filled. See `Feed.parse`."""
        try:
            manifest = json.loads((source / _MANIFEST).read_text(encoding="utf-8"))
            yield from _records(manifest, source, options)
        except (OSError, ValueError, RecursionError, KeyError, TypeError, AttributeError) as error:
            raise FeedError(
                f"{source} is no folder that `shindan feeds update archive` filled: {type(error).__name__}: {error}"
            ) from error


def _read(reader: SuiteReader, mirrors: Iterable[Mirror], seen: str | None) -> Found:
    found = reader.read(tuple(mirrors))
    if found.missed and seen is not None:
        raise found.unread[found.missed[0]]
    return found


def _all_failed(failed: Mapping[str, FeedError]) -> FeedError:
    package, why = min(failed.items())
    kind = Unreachable if isinstance(why, Unreachable) else FeedError
    return kind(f"no changelog could be had, such as {package}'s: {why}", remedy=why.remedy)


def _prune(into: Path, used: set[Path]) -> None:
    """Throws away indices that are not in use any more, and changelogs and cut downloads that nobody came back for."""
    oldest = time.time() - _KEPT_DAYS * 86400
    for folder, at_once in (("indices", True), ("releases", False), ("changelogs", False), ("packaging", False)):
        for path in (into / folder).glob("*"):
            plain = path.with_name(path.name.removeprefix(".").removesuffix(".seen"))
            with contextlib.suppress(OSError):
                if (
                    path not in used
                    and plain not in used
                    and ((at_once and not path.name.startswith(".")) or path.stat().st_mtime < oldest)
                ):
                    path.unlink()


def _records(manifest: Any, folder: Path, options: Options) -> Iterator[Record]:
    for platform, said in manifest["platforms"].items():
        for note in said["notes"]:
            yield Note(f"{platform}: {note}")
        total = len(said["sources"])
        for count, (package, entry) in enumerate(said["sources"].items()):
            if count % 1000 == 0:
                options.progress("archive: sources", count, total)
            yield Coverage(platform, package, "deb", entry["newest"], "changelog" in entry)
            if "changelog" in entry:
                yield from _advisories(platform, package, entry, said, folder)


def _advisories(
    platform: str, package: str, entry: Mapping[str, Any], said: Mapping[str, Any], folder: Path
) -> Iterator[Advisory]:
    """One advisory for each CVE that the changelog names as fixed."""
    if not _DIGEST.match(entry["changelog"]):
        raise ValueError(f"the changelog of {package} has no checksum for a name")
    kept = folder / "changelogs" / f"{entry['changelog']}.gz"
    try:
        text = gzip.decompress(kept.read_bytes()).decode("utf-8", "replace")
    except (OSError, EOFError) as error:
        kept.unlink(missing_ok=True)
        raise FeedError(f"{kept.name} is torn or gone: {error}", remedy="run `shindan feeds update archive`") from error
    codenames = [*said["codenames"], *_STABLE]
    for fix in fixes(entries(text), codenames, entry["versions"]):
        row = Affected(
            platform,
            package,
            "deb",
            fixed=fix.fixed,
            last_affected=fix.until,
            state="fixed",
            vendor_state=f"named by the changelog of {package} {entry['newest']}",
        )
        yield Advisory(fix.cve, "archive", title=fix.text, affected=(row,), modified=said["date"])
