"""What a release's suites hold, read from a mirror's signed indices: each source's newest version and its packaging.

Source: Debian repository format (https://wiki.debian.org/DebianRepository/Format), with `by-hash` addresses.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from shindan.feeds.archive_release import Indexed, Release, expired, verified
from shindan.feeds.base import Downloader, Mirror
from shindan.feeds.deb_indices import SourceEntry, SourceFile, sources
from shindan.feeds.download import Fetched
from shindan.model.errors import FeedError, Unreachable
from shindan.versions import compare

ORIGINS = frozenset({"Debian", "Ubuntu"})
"""Origin of the suites that are read: those of the distributions that write CVE ids into their changelogs."""

_READ = ("http", "https", "file", "copy", "")
_OWN_ENDINGS = ("", "-security", "/updates", "-updates", "-proposed-updates", "-proposed")
_PACKED = (".xz", ".zst", ".gz", ".bz2", "")
_ARCHITECTURES = ("amd64", "arm64", "i386", "armhf", "ppc64el", "s390x", "riscv64", "armel", "mips64el")
_MAX_RELEASE = 4 * 1024**2
_MAX_INDEX = 256 * 1024**2


@dataclass(frozen=True, slots=True)
class Suite:
    """A suite that was read: its mirror, its verified index, and the address that they share."""

    mirror: Mirror
    release: Release
    sha256: str

    @property
    def base(self) -> str:
        """The mirror's address, without a slash at its end."""
        return self.mirror.url.rstrip("/")

    @property
    def secure(self) -> bool:
        """Whether it carries security updates."""
        return any("security" in name for name in (self.mirror.suite, self.release.suite, self.release.codename))


@dataclass(slots=True)
class Source:
    """One source package of a release: the versions its suites list, where the newest lies, and its packaging.

    `places` are (suite, packaging) pairs: the same version may lie in several suites.
    """

    newest: str = ""
    versions: set[str] = field(default_factory=set)
    places: list[tuple[Suite, SourceFile | None]] = field(default_factory=list)


@dataclass(slots=True)
class Found:
    """What the suites of one platform's mirrors hold; `unread` are reasons, by suite as configured."""

    suites: list[Suite] = field(default_factory=list)
    sources: dict[str, Source] = field(default_factory=dict)
    security: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)
    unread: dict[str, FeedError] = field(default_factory=dict)

    @property
    def codenames(self) -> set[str]:
        """What the release is called: `bookworm`."""
        return {suite.release.codename.partition("-")[0] for suite in self.suites} - {""}

    @property
    def missed(self) -> list[str]:
        """Suites of the distribution itself that could not be read."""
        names = self.codenames | {suite.release.suite.partition("-")[0] for suite in self.suites}
        own = {f"{name}{ending}" for name in names for ending in _OWN_ENDINGS}
        return sorted(own & set(self.unread))


class SuiteReader:
    """Reads the suites of one platform's mirrors below `into`."""

    def __init__(
        self, get: Downloader, into: Path, platform: str, now: datetime, known: Mapping[str, str] | None = None
    ) -> None:
        self._get = get
        self._into = into
        self._platform = platform
        self._now = now
        self._known = known or {}
        self._used: set[Path] = set()

    def read(self, mirrors: Sequence[Mirror]) -> Found:
        """Every suite once, from the first of its mirrors that serves. Raises FeedError where none could be read."""
        found = Found()
        for name, candidates in _by_suite(mirrors).items():
            for mirror in candidates:
                try:
                    read = self._suite(mirror, found)
                except FeedError as error:
                    found.unread.setdefault(name, error)
                    continue
                if read:
                    found.unread.pop(name, None)
                    break
        if not found.sources:
            if found.unread:
                raise next(iter(found.unread.values()))
            raise FeedError("no apt source of this host is its distribution's own archive")
        found.notes += [f"{name} was not read: {error}" for name, error in found.unread.items()]
        return found

    def index(self, suite: Suite, directory: str, name: str) -> Path | None:
        """The path of a verified index such as `main/source/Sources`; None where the suite has none."""
        listed = suite.release.files
        for packed in (f"{directory}/{name}{ending}" for ending in _PACKED):
            if packed in listed:
                return self._fetched(suite, packed, listed[packed])
        return None

    def binaries(self, suite: Suite, component: str) -> Path | None:
        """A `Packages` of a component, of whichever architecture the mirror holds; None where it holds none."""
        for architecture in _ARCHITECTURES:
            with contextlib.suppress(FeedError):
                path = self.index(suite, f"{component}/binary-{architecture}", "Packages")
                if path is not None:
                    return path
        return None

    def used(self) -> set[Path]:
        """The files that were read."""
        return set(self._used)

    def _suite(self, mirror: Mirror, found: Found) -> bool:
        """Whether the suite is read, or not to be read at all; False for a third party's: another may be meant."""
        suite = self._release(mirror)
        if suite is None:
            return False
        why_not = self._not_ours(suite)
        if why_not:
            found.notes.append(f"{mirror.suite} was not read: {why_not}")
            return True
        paths = [self._listing(suite, component) for component in mirror.components]
        if expired(suite.release, self._now):
            found.notes.append(
                f"{mirror.suite} of {mirror.url} calls itself outdated since {suite.release.valid_until}: "
                "the mirror stands still"
            )
        found.suites.append(suite)
        for path in filter(None, paths):
            _take(found, suite, sources(path))
        return True

    def _release(self, mirror: Mirror) -> Suite | None:
        scheme = mirror.url.partition(":")[0] if ":" in mirror.url else ""
        if scheme not in _READ:
            raise FeedError(
                f"{mirror.url} cannot be read: archive knows http, https and file mirrors",
                remedy="name a mirror by its own address",
            )
        fetched = in_release_of(self._get, mirror.url, mirror.suite, self._into)
        if not _speaks_for_distribution(fetched.path):
            return None
        release = verified(fetched.path, mirror.signed_by)
        self._used.add(fetched.path)
        if release.origin not in ORIGINS:
            return None
        before = self._known.get(mirror.suite, "")
        if release.date < before:
            raise FeedError(
                f"{mirror.url} offers a {mirror.suite} of {release.date}, older than the one of {before} seen before",
                remedy="the mirror fell behind: `apt update` against another one, or wait",
            )
        return Suite(mirror, release, fetched.sha256)

    def _not_ours(self, suite: Suite) -> str:
        """Why a suite of the distribution does not speak for this platform; "" where it does."""
        release = suite.release
        if any(name.endswith("-backports") for name in (suite.mirror.suite, release.suite, release.codename)):
            return "backports rebuild the next release"
        id_, _, version = self._platform.partition(":")
        if id_ != release.origin.lower():
            return f"it is of {release.origin}" if id_ in {one.lower() for one in ORIGINS} else ""
        if not version:
            return ""
        said = release.version.partition("-")[0]
        if not said:
            return f"it names no release, and this host's is {version}"
        return "" if (said + ".").startswith(version + ".") else f"it is of release {said}, not {version}"

    def _listing(self, suite: Suite, component: str) -> Path | None:
        """The index of a component's sources, or of its binaries where the mirror leaves sources out."""
        gone: FeedError | None = None
        try:
            path = self.index(suite, f"{component}/source", "Sources")
            if path is not None:
                return path
        except Unreachable:
            raise
        except FeedError as error:
            gone = error
        path = self.binaries(suite, component)
        if path is None and gone is not None:
            raise gone
        return path

    def _fetched(self, suite: Suite, name: str, indexed: Indexed) -> Path:
        path = self._into / "indices" / f"{indexed.sha256}{Path(name).suffix}"
        self._used.add(path)
        base = f"{suite.base}/dists/{suite.mirror.suite}"
        addresses = [f"{base}/{name}"]
        if suite.release.by_hash:
            addresses.insert(0, f"{base}/{Path(name).parent}/by-hash/SHA256/{indexed.sha256}")
        for address in addresses[:-1]:
            with contextlib.suppress(FeedError):
                return self._index_at(address, path, indexed)
        return self._index_at(addresses[-1], path, indexed)

    def _index_at(self, address: str, path: Path, indexed: Indexed) -> Path:
        return self._get.fetch(address, path, sha256=indexed.sha256, size=indexed.size, max_bytes=_MAX_INDEX).path


def in_release_of(get: Downloader, url: str, suite: str, into: Path) -> Fetched:
    """The signed index of a suite, asked for only if it changed. Raises FeedError."""
    base = f"{url.rstrip('/')}/dists/{suite}"
    place = into / "releases" / f"{hashlib.sha256(base.encode()).hexdigest()[:16]}.InRelease"
    return get.fetch(f"{base}/InRelease", place, max_bytes=_MAX_RELEASE)


def _by_suite(mirrors: Sequence[Mirror]) -> dict[str, list[Mirror]]:
    """Mirrors by suite, in order, those of one address and key joined with all their components."""
    joined: dict[tuple[str, str, str], list[str]] = {}
    for mirror in mirrors:
        place = (mirror.suite, mirror.url.rstrip("/"), mirror.signed_by)
        joined.setdefault(place, []).extend(mirror.components)
    found: dict[str, list[Mirror]] = {}
    for (suite, url, signed_by), components in joined.items():
        found.setdefault(suite, []).append(Mirror(url, suite, tuple(dict.fromkeys(components)), signed_by))
    return found


def _speaks_for_distribution(in_release: Path) -> bool:
    """A first look, before verification: a third party's archive is not ours to read."""
    head = in_release.read_bytes()[:8192].decode("utf-8", "replace").replace("\r", "")
    return "-----BEGIN PGP SIGNED MESSAGE-----" not in head or any(f"\nOrigin: {one}\n" in head for one in ORIGINS)


def _take(found: Found, suite: Suite, listed: Iterable[SourceEntry]) -> None:
    secure = suite.secure
    for entry in listed:
        known = found.sources.setdefault(entry.package, Source())
        known.versions.add(entry.version)
        if secure:
            found.security.add(entry.package)
        order = compare("deb", entry.version, known.newest) if known.newest else 1
        if order == 1:
            known.newest, known.places = entry.version, [(suite, entry.packaging)]
        elif order == 0 and (suite, entry.packaging) not in known.places:
            known.places.append((suite, entry.packaging))
