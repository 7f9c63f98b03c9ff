"""Red Hat's word on each CVE id: CSAF VEX documents, and OVAL files for those who keep them.

Both tell fixed, affected, will not fix, deferred, under investigation, out of support scope and not affected, by
product. Source: https://security.access.redhat.com/data/csaf/v2/vex/ (licence CC BY 4.0).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from shindan.feeds.base import Downloader, Needs, Options, Role, silent
from shindan.feeds.containers import members
from shindan.feeds.csaf import decoded
from shindan.feeds.oval import definitions
from shindan.feeds.redhat_fetch import MANIFEST, Fetcher, manifest
from shindan.feeds.redhat_oval import advisory_of
from shindan.feeds.redhat_vex import advisories_of
from shindan.model.advisory import Knows, Record
from shindan.model.errors import FeedError
from shindan.model.marking import N_

_OVAL = (".xml", ".xml.bz2", ".xml.gz", ".xml.xz", ".xml.zst")
_LISTS = frozenset({MANIFEST, "changes.csv", "deletions.csv", "archive_latest.txt"})


class RedhatFeed:
    """See the module and `Feed`."""

    name = "redhat"
    title = N_("Red Hat's VEX documents and OVAL")
    url = "https://security.access.redhat.com/data/csaf/v2/vex"
    knows: Knows = "states"
    role: Role = "advisories"
    parser_version = 1

    def serves(self, needs: Needs) -> bool:
        """For Red Hat Enterprise Linux itself, and for CentOS, whose packages are its own."""
        return needs.everything or any(key.startswith(("rhel:", "centos:")) for key in needs.platforms)

    def fetch(self, get: Downloader, needs: Needs, into: Path, seen: str | None) -> str | None:
        """See `Feed.fetch`: the archive of all documents, then each that changed since."""
        into.mkdir(parents=True, exist_ok=True)
        _, fingerprint = Fetcher(get, get.base(self), into, silent).fetch()
        return None if fingerprint == seen else fingerprint

    def parse(self, source: Path, options: Options) -> Iterator[Record]:
        """See `Feed.parse`: a folder that `fetch` filled, or any documents, archives and OVAL files of Red Hat's."""
        count = 0
        for record in self._records(source):
            yield record
            count += 1
            if count % 500 == 0:
                options.progress("redhat: documents", count, None)
        if not count:
            raise FeedError(f"{source} holds no document of Red Hat's")

    def _records(self, source: Path) -> Iterator[Record]:
        haul = manifest(source) if source.is_dir() else None
        if haul is not None:
            gone = {*haul.changed, *haul.deleted}
            for name, content in members(source / haul.archive):
                if _path(name) not in gone:
                    yield from _documents(name, content)
            for path in sorted({*haul.changed} - {*haul.deleted}):
                yield from _documents(path, (source / "changed" / path).read_bytes())
            return
        files = [source] if not source.is_dir() else sorted(_visible(source))
        for file in files:
            if file.name.lower().endswith(_OVAL):
                yield from map(advisory_of, definitions(file))
            elif file.name not in _LISTS:
                for name, content in members(file):
                    yield from _documents(name, content)


def _visible(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))


def _documents(name: str, content: bytes) -> Iterator[Record]:
    if name.lower().endswith((".json", ".json.gz", ".json.bz2", ".json.xz", ".json.zst")):
        yield from advisories_of(decoded(name, content))


def _path(name: str) -> str:
    """`2024/cve-2024-0001.json` of a member's full name."""
    return "/".join(name.split("/")[-2:])
