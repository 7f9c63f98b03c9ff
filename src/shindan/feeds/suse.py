"""SUSE's word on each CVE id for SUSE Linux Enterprise and openSUSE, from its OVAL files.

The `-affected` files tell fixed, unfixed and unaffected packages of one service pack each.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from shindan.feeds.base import Downloader, Needs, Options, Role
from shindan.feeds.oval import definitions, files
from shindan.feeds.suse_oval import advisory_of
from shindan.model.advisory import Knows, Record
from shindan.model.errors import FeedError, Unreachable
from shindan.model.marking import N_

_KNOWN = ("sles:12.5", "sles:15.5", "sles:15.6", "sles:15.7", "opensuse-leap:15.6", "opensuse-tumbleweed")
_MAX_FILE = 512 * 1024**2


class SuseFeed:
    """See the module and `Feed`."""

    name = "suse"
    title = N_("SUSE's OVAL")
    url = "https://ftp.suse.com/pub/projects/security/oval"
    knows: Knows = "states"
    role: Role = "advisories"
    parser_version = 1

    def serves(self, needs: Needs) -> bool:
        """For SUSE's operating systems."""
        return bool(_wanted(needs))

    def fetch(self, get: Downloader, needs: Needs, into: Path, seen: str | None) -> str | None:
        """See `Feed.fetch`: one file for each service pack; an older form where there is no other."""
        digests = []
        for name in _wanted(needs):
            file = f"{name}-affected.xml.gz"
            try:
                fetched = get.fetch(f"{get.base(self)}/{file}", into / file, max_bytes=_MAX_FILE)
            except Unreachable:
                raise
            except FeedError:
                file = f"{name}.xml.gz"
                fetched = get.fetch(f"{get.base(self)}/{file}", into / file, max_bytes=_MAX_FILE)
            digests.append(fetched.sha256)
        fingerprint = " ".join(digests)
        return None if fingerprint == seen else fingerprint

    def parse(self, source: Path, options: Options) -> Iterator[Record]:
        """See `Feed.parse`."""
        count = 0
        for file in files(source):
            for definition in definitions(file):
                if not definition.id.startswith("oval:org.opensuse."):
                    raise FeedError(f"{file.name} is not SUSE's: {definition.id}", remedy="import it as another feed")
                yield advisory_of(definition)
                count += 1
                if count % 500 == 0:
                    options.progress("suse: definitions", count, None)


def _wanted(needs: Needs) -> list[str]:
    """Names of the files, without their endings."""
    names = (_file(key) for key in {*needs.platforms, *(_KNOWN if needs.everything else ())})
    return sorted({name for name in names if name})


def _file(platform: str) -> str:
    id_, _, release = platform.partition(":")
    major, _, pack = release.partition(".")
    if id_ in ("sles", "sled", "sle-hpc") and major:
        if int(major) >= 16 if major.isdigit() else False:
            return f"suse.linux.enterprise.{release}"
        return f"suse.linux.enterprise.{major}{'-sp' + pack if pack else ''}"
    return {
        "opensuse-leap": f"opensuse.leap.{release}",
        "opensuse-tumbleweed": "opensuse.tumbleweed",
        "leap-micro": f"opensuse.leap.micro.{release}",
        "sle-micro": f"suse.linux.enterprise.micro.{release}",
        "sl-micro": f"suse.linux.micro.{release}",
    }.get(id_, "")
