"""Advisories in OSV form: any zip, tar, folder or file of records, of any ecosystem.

Source: the OSV schema (https://ossf.github.io/osv-schema/); https://google.github.io/osv.dev/data/ (layout of the
bucket: one folder an ecosystem, with `all.zip`).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import msgspec

from shindan.feeds.base import Downloader, Needs, Options, Role
from shindan.feeds.containers import members
from shindan.feeds.osv_ecosystems import folders, has_no_tracker
from shindan.feeds.osv_record import Entry, advisory_of, is_about_a_flaw
from shindan.model.advisory import Knows, Note, Record
from shindan.model.errors import FeedError, Unreachable
from shindan.model.marking import N_

MAX_RECORD = 64 * 1024**2
"""Bytes of one file of records: the largest real ones have a few MB."""

_DECODER = msgspec.json.Decoder(Entry)
_LIST_DECODER = msgspec.json.Decoder(list[Entry])


class OsvFeed:
    """See the module and `Feed`.

    By default it serves Ubuntu, whose OSV records are one a CVE and tell all states, and the packages of languages.
    """

    name = "osv"
    title = N_("any advisories in OSV form")
    url = "https://osv-vulnerabilities.storage.googleapis.com"
    knows: Knows = "states"
    role: Role = "advisories"
    parser_version = 3

    def serves(self, needs: Needs) -> bool:
        """Where a release, or a language, has no tracker of its own."""
        return any(map(has_no_tracker, needs.platforms))

    def fetch(self, get: Downloader, needs: Needs, into: Path, seen: str | None) -> str | None:
        """See `Feed.fetch`: one zip for each release; those with fixes behind a subscription where there are any.

        Releases that have a tracker are fetched only where nothing else is wanted: then the feed was asked by name.
        """
        digests = []
        for platform in sorted(filter(has_no_tracker, needs.platforms)) or sorted(needs.platforms):
            for number, ecosystem in enumerate(folders(platform)):
                path = into / f"{quote(ecosystem, safe='')}.zip"
                try:
                    digests.append(get.fetch(f"{get.base(self)}/{quote(ecosystem)}/all.zip", path).sha256)
                except Unreachable:
                    raise
                except FeedError:
                    if not number:
                        raise
                    path.unlink(missing_ok=True)
        if not digests:
            raise FeedError(
                f"OSV has no ecosystem for {', '.join(sorted(needs.platforms)) or 'an unknown release'}",
                remedy="import a zip of records by hand: shindan feeds import osv FILE",
            )
        fingerprint = " ".join(digests)
        return None if fingerprint == seen else fingerprint

    def parse(self, source: Path, options: Options) -> Iterator[Record]:
        """See `Feed.parse`. A malformed record fails the whole import, naming it."""
        files = _files(source)
        told: set[str] | None = set() if len(files) > 1 else None
        unscored = count = mended = 0
        unfixed = False
        for file in files:
            for entry in _entries(file):
                if told is not None:
                    # One record stands in the zips of all its ecosystems.
                    if entry.id in told:
                        continue
                    told.add(entry.id)
                advisory, bad = advisory_of(entry)
                if not is_about_a_flaw(advisory):
                    mended += 1
                    continue
                unscored += bad
                count += 1
                unfixed = unfixed or any(row.state != "fixed" for row in advisory.affected)
                if count % 500 == 0:
                    options.progress(f"{self.name}: records", count, None)
                yield advisory
        if not unfixed:
            yield Note("every record names a fix: what has none yet is not told by these advisories")
        if mended:
            yield Note(
                f"left out: {mended:,} errata of AlmaLinux that name no CVE and only mend bugs or add to packages"
            )
        if unscored:
            yield Note(f"{unscored} severity scores are no CVSS vectors and were left out")


def _files(source: Path) -> list[Path]:
    """The zips below a folder (the bucket's layout, or what `fetch` left); else the path itself."""
    zips = sorted(path for path in source.rglob("*.zip") if not path.name.startswith(".")) if source.is_dir() else []
    return zips or [source]


def _entries(file: Path) -> Iterator[Entry]:
    for name, content in members(file, MAX_RECORD):
        begun = content[:1] if content[:1] in (b"{", b"[") else content[:64].lstrip()[:1]
        if name.lower().endswith(".json") or begun in (b"{", b"["):
            yield from _decoded(name, content, begun)


def _decoded(name: str, content: bytes, begun: bytes) -> list[Entry]:
    try:
        return _LIST_DECODER.decode(content) if begun == b"[" else [_DECODER.decode(content)]
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise FeedError(f"{name} is no OSV record: {error}") from error
