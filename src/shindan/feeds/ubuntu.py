"""Ubuntu's own word on each CVE id: the per-series package feed (fetched), and the CVE tracker (imported).

Both speak of source packages, tell unfixed flaws too, and mark fixes that need Ubuntu Pro. Ubuntu's OSV records are
the feed `osv`'s.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from shindan.feeds import ubuntu_packages, ubuntu_tracker, ubuntu_vex
from shindan.feeds.base import Downloader, Needs, Options, Role
from shindan.feeds.containers import members
from shindan.feeds.ubuntu_series import codename
from shindan.model.advisory import Knows, Record
from shindan.model.errors import FeedError
from shindan.model.marking import N_

_SUPPORTED = ("ubuntu:16.04", "ubuntu:18.04", "ubuntu:20.04", "ubuntu:22.04", "ubuntu:24.04", "ubuntu:26.04")


class UbuntuFeed:
    """See the module and `Feed`."""

    name = "ubuntu"
    title = N_("Ubuntu's package feed and CVE tracker")
    url = "https://security-metadata.canonical.com/oval"
    knows: Knows = "states"
    role: Role = "advisories"
    parser_version = 2

    def serves(self, needs: Needs) -> bool:
        """Only where everything is wanted: by default OSV serves Ubuntu, with the same states in a published form."""
        return needs.everything and bool(_wanted(needs))

    def fetch(self, get: Downloader, needs: Needs, into: Path, seen: str | None) -> str | None:
        """See `Feed.fetch`: one file for each release."""
        digests = []
        for platform in _wanted(needs):
            name = f"com.ubuntu.{codename(platform)}.pkg.json.xz"
            digests.append(get.fetch(f"{get.base(self)}/{name}", into / name).sha256)
        fingerprint = " ".join(digests)
        return None if fingerprint == seen else fingerprint

    def parse(self, source: Path, options: Options) -> Iterator[Record]:
        """See `Feed.parse`: package feeds, or a checkout or archive of the tracker or of the VEX documents."""
        count = 0
        for record in _records(source):
            yield record
            count += 1
            if count % 500 == 0:
                options.progress("ubuntu: CVE ids", count, None)
        if not count:
            raise FeedError(f"{source} holds no package feed, no CVE tracker and no VEX documents")


def _records(source: Path) -> Iterator[Record]:
    files = [source] if source.is_file() else sorted(path for path in source.glob("*.pkg.json*") if path.is_file())
    feeds = [file for file in files if ubuntu_packages.FILE.match(file.name)]
    for file in feeds:
        yield from ubuntu_packages.advisories(file)
    if not feeds:
        for name, content in members(source):
            if ubuntu_tracker.FILE.search(f"/{name}"):
                yield ubuntu_tracker.advisory_of(name, content)
            elif ubuntu_vex.is_vex(name, content):
                yield from ubuntu_vex.advisories(name, content)


def _wanted(needs: Needs) -> list[str]:
    keys = {*needs.platforms, *(_SUPPORTED if needs.everything else ())}
    return sorted(key for key in keys if codename(key) not in ("", "devel"))
