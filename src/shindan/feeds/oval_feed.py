"""Oracle Linux's errata as OVAL, and AlmaLinux's for those who keep them. They name fixed flaws only."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from shindan.feeds.base import Downloader, Needs, Options, Role
from shindan.feeds.oval import definitions, files
from shindan.feeds.oval_errata import advisory_of
from shindan.model.advisory import Knows, Record
from shindan.model.errors import FeedError
from shindan.model.marking import N_

_FILE = "com.oracle.elsa-all.xml.bz2"


class OvalFeed:
    """See the module and `Feed`."""

    name = "oval"
    title = N_("OVAL of Oracle Linux and AlmaLinux")
    url = "https://linux.oracle.com/security/oval"
    knows: Knows = "fixed"
    role: Role = "advisories"
    parser_version = 1

    def serves(self, needs: Needs) -> bool:
        """For Oracle Linux."""
        return needs.everything or any(key.startswith("ol:") for key in needs.platforms)

    def fetch(self, get: Downloader, needs: Needs, into: Path, seen: str | None) -> str | None:
        """See `Feed.fetch`."""
        fingerprint = get.fetch(f"{get.base(self)}/{_FILE}", into / _FILE).sha256
        return None if fingerprint == seen else fingerprint

    def parse(self, source: Path, options: Options) -> Iterator[Record]:
        """See `Feed.parse`. Definitions of other publishers have feeds of their own, and are refused."""
        count = 0
        for file in files(source):
            for definition in definitions(file):
                if not definition.id.startswith(("oval:com.oracle.", "oval:org.almalinux.")):
                    raise FeedError(
                        f"{file.name} is neither Oracle's nor AlmaLinux's: {definition.id}",
                        remedy="import it as `redhat` or `suse`",
                    )
                yield advisory_of(definition)
                count += 1
                if count % 500 == 0:
                    options.progress("oval: definitions", count, None)
