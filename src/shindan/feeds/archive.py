"""The host's own package mirror as a feed: what its suites ship now, and which CVEs their changelogs say are fixed.

It needs nothing that `apt` does not reach already, and it knows fixed CVEs only. The mirror's indices are verified by
their signatures; every file below them by its checksum.
"""

from __future__ import annotations

import email.utils
import gzip
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shindan.feeds.archive_changelog import entries, extracted, fixes
from shindan.feeds.archive_release import Release, verified
from shindan.feeds.base import Downloader, Mirror, Needs, Options, Role
from shindan.feeds.deb_indices import SourceFile, sources
from shindan.model.advisory import Advisory, Affected, Coverage, Knows, Note, Record
from shindan.model.errors import FeedError, Unreachable
from shindan.versions import compare

_ORIGINS = frozenset({"Debian", "Ubuntu"})
_MANIFEST = "manifest.json"
_MAX_RELEASE = 4 * 1024**2
_MAX_INDEX = 256 * 1024**2
_MAX_PACKAGING = 256 * 1024**2
_THREADS = 6
_STABLE = ("stable", "oldstable", "oldoldstable")


@dataclass
class _Source:
    """One source package of a release: the versions its suites list, and the newest one's packaging."""

    newest: str = ""
    versions: list[str] = field(default_factory=list)
    address: str = ""
    file: SourceFile | None = None


@dataclass
class _Found:
    """What the suites of one platform's mirrors hold."""

    codenames: set[str] = field(default_factory=set)
    digests: list[str] = field(default_factory=list)
    dates: list[str] = field(default_factory=list)
    sources: dict[str, _Source] = field(default_factory=dict)
    security: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)


class ArchiveFeed:
    """See the module and `Feed`."""

    name = "archive"
    title = "the host's own package mirror: fixed CVEs by changelog"
    url = "(the host's apt sources)"
    knows: Knows = "fixed"
    role: Role = "advisories"
    parser_version = 1

    def serves(self, needs: Needs) -> bool:
        """Never by itself: it is asked where no other feed can be reached, or by name."""
        return False

    def fetch(self, get: Downloader, needs: Needs, into: Path, seen: str | None) -> str | None:
        """See `Feed.fetch`: indices of every suite, and the packaging of each source that the hosts have older."""
        if not any(needs.mirrors.values()):
            raise FeedError("no apt source of this host is known", remedy="archive reads the mirrors that apt uses")
        manifest: dict[str, Any] = {"platforms": {}}
        for platform, mirrors in needs.mirrors.items():
            found = _suites(get, mirrors, into)
            examined, failed = _examine(get, found, _wanted(platform, found, needs), into)
            manifest["platforms"][platform] = _described(found, examined, failed)
        text = json.dumps(manifest, sort_keys=True)
        fingerprint = hashlib.sha256(text.encode()).hexdigest()
        if fingerprint == seen and (into / _MANIFEST).exists():
            return None
        _write(into / _MANIFEST, text)
        return fingerprint

    def parse(self, source: Path, options: Options) -> Iterator[Record]:
        """Advisories and reach of a folder that `fetch` filled. See `Feed.parse`."""
        try:
            manifest = json.loads((source / _MANIFEST).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise FeedError(f"{source} is no folder that `shindan feeds update archive` filled: {error}") from error
        for platform, said in manifest["platforms"].items():
            for note in said["notes"]:
                yield Note(f"{platform}: {note}")
            for count, (package, entry) in enumerate(said["sources"].items()):
                options.progress("archive: sources", count, len(said["sources"]))
                yield Coverage(platform, package, "deb", entry["newest"], "changelog" in entry)
                if "changelog" in entry:
                    yield from _advisories(platform, package, entry, said, source)


def _suites(get: Downloader, mirrors: Sequence[Mirror], into: Path) -> _Found:
    """Reads the source indices of all suites that are the distribution's own."""
    found = _Found()
    failures: list[FeedError] = []
    for mirror in dict.fromkeys(mirrors):
        try:
            release = _release(get, mirror, into, found)
        except FeedError as error:
            failures.append(error)
            found.notes.append(f"{mirror.url} {mirror.suite} was not read: {error}")
            continue
        if release is None:
            continue
        for component in mirror.components:
            _index(get, mirror, release, component, into, found)
    if not found.sources:
        raise failures[0] if failures else FeedError("no apt source of this host is its distribution's own archive")
    return found


def _release(get: Downloader, mirror: Mirror, into: Path, found: _Found) -> Release | None:
    """The verified index of a suite; None for a third party's, for backports and for suites without sources."""
    base = f"{mirror.url.rstrip('/')}/dists/{mirror.suite}"
    digest = hashlib.sha256(base.encode()).hexdigest()[:16]
    fetched = get.fetch(f"{base}/InRelease", into / "releases" / f"{digest}.InRelease", max_bytes=_MAX_RELEASE)
    if not _speaks_for_distribution(fetched.path):
        return None
    release = verified(fetched.path, mirror.signed_by)
    if release.origin not in _ORIGINS or release.codename.endswith("-backports"):
        return None
    found.codenames.add(release.codename.split("-")[0])
    found.digests.append(fetched.sha256)
    found.dates.append(_date(release.date))
    return release


def _speaks_for_distribution(in_release: Path) -> bool:
    """A first look, before verification: a third party's archive is not ours to read."""
    head = in_release.read_bytes()[:8192].decode("utf-8", "replace")
    return any(f"\nOrigin: {origin}\n" in head.replace("\r", "") for origin in _ORIGINS)


def _index(get: Downloader, mirror: Mirror, release: Release, component: str, into: Path, found: _Found) -> None:
    name = next(
        (
            f"{component}/source/Sources{end}"
            for end in (".xz", ".gz")
            if f"{component}/source/Sources{end}" in release.files
        ),
        None,
    )
    if name is None:
        return
    indexed = release.files[name]
    path = into / "indices" / f"{indexed.sha256}{Path(name).suffix}"
    if not path.exists():
        base = f"{mirror.url.rstrip('/')}/dists/{mirror.suite}"
        address = f"{base}/{Path(name).parent}/by-hash/SHA256/{indexed.sha256}" if release.by_hash else f"{base}/{name}"
        get.fetch(address, path, sha256=indexed.sha256, size=indexed.size, max_bytes=_MAX_INDEX)
    secure = "security" in mirror.suite or "security" in release.codename
    for entry in sources(path):
        known = found.sources.setdefault(entry.package, _Source())
        known.versions.append(entry.version)
        if secure:
            found.security.add(entry.package)
        if not known.newest or compare("deb", entry.version, known.newest) == 1:
            known.newest, known.file, known.address = entry.version, entry.packaging, mirror.url.rstrip("/")


def _wanted(platform: str, found: _Found, needs: Needs) -> list[str]:
    """Sources whose newest version some host lacks; for a server, all that the security suites hold."""
    wanted = {
        package
        for (where, package), version in needs.sources.items()
        if where == platform
        and package in found.sources
        and compare("deb", version, found.sources[package].newest) == -1
    }
    return sorted(wanted | (found.security if needs.everything else set()))


def _examine(
    get: Downloader, found: _Found, wanted: Sequence[str], into: Path
) -> tuple[dict[str, str], dict[str, str]]:
    """Source → its changelog's checksum, and source → why its changelog could not be had."""
    examined: dict[str, str] = {}
    failed: dict[str, str] = {}

    def one(package: str) -> None:
        try:
            examined[package] = _changelog(get, found.sources[package], into)
        except FeedError as error:
            failed[package] = str(error)

    with ThreadPoolExecutor(_THREADS) as pool:
        list(pool.map(one, wanted))
    if wanted and not examined:
        raise Unreachable(f"no changelog could be had: {next(iter(failed.values()))}")
    return examined, failed


def _changelog(get: Downloader, source: _Source, into: Path) -> str:
    """The changelog's place in the cache, by the checksum of the file it came from."""
    if source.file is None:
        raise FeedError("the index names no file with the packaging")
    kept = into / "changelogs" / f"{source.file.sha256}.gz"
    if not kept.exists():
        name = Path(source.file.path).name
        packed = into / "packaging" / f"{source.file.sha256[:16]}-{name}"
        address = f"{source.address}/{source.file.path}"
        get.fetch(address, packed, sha256=source.file.sha256, size=source.file.size, max_bytes=_MAX_PACKAGING)
        try:
            text = extracted(packed)
        finally:
            packed.unlink(missing_ok=True)
        _write(kept, gzip.compress(text.encode("utf-8"), 6, mtime=0))
    return source.file.sha256


def _described(found: _Found, examined: Mapping[str, str], failed: Mapping[str, str]) -> dict[str, Any]:
    notes = list(found.notes)
    if failed:
        first = next(iter(failed.items()))
        notes.append(f"{len(failed)} changelogs could not be read, such as {first[0]}: {first[1]}")
    listed: dict[str, Any] = {}
    for package, source in sorted(found.sources.items()):
        listed[package] = {"newest": source.newest}
        if package in examined:
            listed[package] |= {"changelog": examined[package], "versions": sorted(set(source.versions))}
    return {
        "codenames": sorted(found.codenames),
        "date": max(found.dates, default=""),
        "releases": sorted(found.digests),
        "notes": notes,
        "sources": listed,
    }


def _advisories(
    platform: str, package: str, entry: Mapping[str, Any], said: Mapping[str, Any], folder: Path
) -> Iterator[Advisory]:
    """One advisory for each CVE that the changelog names as fixed."""
    kept = folder / "changelogs" / f"{entry['changelog']}.gz"
    try:
        text = gzip.decompress(kept.read_bytes()).decode("utf-8", "replace")
    except (OSError, EOFError) as error:
        raise FeedError(f"{kept.name} is torn or gone: {error}", remedy="run `shindan feeds update archive`") from error
    codenames = [*said["codenames"], *_STABLE]
    for fix in fixes(entries(text), codenames, entry["versions"]):
        row = Affected(
            platform,
            package,
            "deb",
            fixed=fix.fixed,
            last_affected=fix.lacking,
            state="fixed",
            vendor_state=f"named by the changelog of {package} {entry['newest']}",
        )
        yield Advisory(fix.cve, "archive", affected=(row,), modified=said["date"])


def _date(text: str) -> str:
    """A Release file's date as ISO 8601; "" where it is none."""
    try:
        return email.utils.parsedate_to_datetime(text).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, TypeError):
        return ""


def _write(path: Path, content: str | bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.new")
    try:
        beside.write_bytes(content.encode() if isinstance(content, str) else content)
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise FeedError(f"cannot write {path}: {error.strerror or error}") from error
