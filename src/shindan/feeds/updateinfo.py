"""Security updates as rpm repositories list them (updateinfo.xml): Amazon, Alma, Rocky, Oracle, SUSE, Fedora, EPEL.

They come from the host's own repositories or the distributions' mirrors, or from a host's yum, dnf or zypper cache that
somebody imports as a folder: what `archive` is for apt. They name fixed flaws only.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

from shindan.feeds.base import Downloader, Needs, Options, Repository, Role
from shindan.feeds.containers import open_stream
from shindan.feeds.updateinfo_fetch import Fetcher, Haul, Held, updateinfo_of
from shindan.feeds.updateinfo_records import advisory_of, is_security
from shindan.feeds.updateinfo_repositories import PLATFORMS, published
from shindan.feeds.xml_stream import elements
from shindan.model.advisory import Knows, Note, Record
from shindan.model.errors import FeedError
from shindan.model.marking import N_

_MANIFEST = "updateinfo.json"
_CACHE_SUFFIX = re.compile(r"-[0-9a-f]{16}$")


class _Manifest(msgspec.Struct):
    files: list[Held]
    notes: list[str] = []


class UpdateinfoFeed:
    """See the module and `Feed`."""

    name = "updateinfo"
    title = N_("security updates of rpm repositories")
    url = "(the distributions' mirrors)"
    knows: Knows = "fixed"
    role: Role = "advisories"
    parser_version = 1

    def serves(self, needs: Needs) -> bool:
        """Where a platform has open repositories, or the host told its own."""
        return bool(_wanted(needs))

    def fetch(self, get: Downloader, needs: Needs, into: Path, seen: str | None) -> str | None:
        """See `Feed.fetch`. A mirror set for this feed keeps each address below it: `MIRROR/repo.example/path`."""
        base = get.base(self)
        fetcher = Fetcher(get, into, "" if base == self.url else base, Haul())
        wanted = _wanted(needs)
        if not wanted:
            raise FeedError(
                "no rpm repository is known for these hosts", remedy="import a folder such as /var/cache/dnf"
            )
        for platform, repositories in wanted.items():
            own = platform in needs.repositories
            topics = fetcher.topics() if platform == "amzn:2" and not own else ()
            fetcher.platform(platform, (*repositories, *topics))
        content = msgspec.json.encode(_Manifest(fetcher.haul.held, fetcher.haul.notes))
        fingerprint = hashlib.sha256(content).hexdigest()
        if fingerprint == seen and (into / _MANIFEST).exists():
            return None
        (into / _MANIFEST).write_bytes(content)
        return fingerprint

    def parse(self, source: Path, options: Options) -> Iterator[Record]:
        """See `Feed.parse`. A folder may be a cache of yum, dnf or zypper; a file is one updateinfo.xml."""
        manifest = _manifest(source) if (source / _MANIFEST).is_file() else _found(source)
        yield from map(Note, manifest.notes)
        folder = source if source.is_dir() else source.parent
        homeless: list[str] = []
        count = 0
        for held in manifest.files:
            with open_stream(folder / held.file) as stream:
                for update in elements(stream, held.file, ("update",)):
                    if not is_security(update):
                        continue
                    advisory = advisory_of(update, held.platform, held.repository)
                    if any(not row.platform for row in advisory.affected):
                        homeless.append(f"{advisory.id} in {held.file}")
                    count += 1
                    if count % 500 == 0:
                        options.progress("updateinfo: updates", count, None)
                    yield advisory
        if homeless:
            yield Note(f"{len(homeless)} updates do not tell their distribution, such as {homeless[0]}")


def _wanted(needs: Needs) -> dict[str, tuple[Repository, ...]]:
    """Platform → repositories: the host's own where they are known, else the published ones."""
    platforms = {*needs.platforms, *needs.repositories, *(PLATFORMS if needs.everything else ())}
    wanted = {platform: needs.repositories.get(platform) or published(platform) for platform in sorted(platforms)}
    return {platform: repositories for platform, repositories in wanted.items() if repositories}


def _manifest(source: Path) -> _Manifest:
    try:
        return msgspec.json.decode((source / _MANIFEST).read_bytes(), type=_Manifest)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise FeedError(f"{source / _MANIFEST} is torn: {error}", remedy="fetch the feed again") from error


def _found(source: Path) -> _Manifest:
    """The updateinfo files of a folder: those that a repomd.xml beside them names, and any where there is none."""
    if source.is_file():
        return _Manifest([Held(source.name, "", "", "")])
    if not source.is_dir():
        raise FeedError(f"{source} does not exist")
    files: list[Held] = []
    for file in sorted(path for path in source.rglob("*updateinfo*") if _is_updateinfo(path)):
        if _current(file):
            relative = file.relative_to(source)
            files.append(Held(str(relative), "", _repository(file), ""))
    if not files:
        raise FeedError(
            f"{source} holds no updateinfo.xml", remedy="`dnf makecache` or `zypper refresh` on the host makes one"
        )
    return _Manifest(files)


def _is_updateinfo(path: Path) -> bool:
    return ".xml" in path.name and not path.name.startswith(".") and path.is_file()


def _current(file: Path) -> bool:
    """Whether the index beside a file still names it; yum keeps older ones."""
    repomd = file.parent / "repomd.xml"
    listed = updateinfo_of(repomd) if repomd.is_file() else None
    return listed is None or listed[0].rsplit("/", 1)[-1] == file.name


def _repository(file: Path) -> str:
    """The repository's id, as the cache's folder is called: `amzn2-core`, `appstream-0123456789abcdef`."""
    folder = file.parent
    while folder.name in ("repodata", "gen", "os"):
        folder = folder.parent
    return _CACHE_SUFFIX.sub("", folder.name)
