"""Debian's security tracker: every source package, issue and release, with all states.

Source: https://security-tracker.debian.org/tracker/data/json, one object
`{source: {issue: {description, scope, debianbug, releases: {codename: {status, repositories, fixed_version, urgency,
nodsa, nodsa_reason}}}}}`. An issue is a CVE id, or the tracker's own `TEMP-…` until it has one.

What the tracker leaves open is inferred from the versions that the releases ship, by their `Sources` indices:

1. A release that ships the source and has no entry has what sid's entry says, against the shipped version.
2. A minor issue left open (no-dsa, postponed, ignored) is fixed where the release ships a version with sid's fix.
3. A fix newer than what the archive ships cannot be had yet: affected, no fix.

Without indices these are skipped, and a note says so.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

import msgspec

from shindan.feeds.base import Downloader, Needs, Options, Role
from shindan.feeds.containers import open_stream
from shindan.feeds.debian_indices import KEYRINGS, fetch_indices, remarks
from shindan.feeds.debian_releases import UNSTABLE, codename_of, platform_of
from shindan.feeds.debian_shipped import Shipped, shipped
from shindan.feeds.debian_states import Said, Stand, fix_in, implied, inferred, stated
from shindan.feeds.json_objects import objects
from shindan.model.advisory import Advisory, Affected, Knows, Note, Record
from shindan.model.errors import FeedError
from shindan.model.marking import N_

INDICES = "indices"
_DESCRIPTION = 2000
_ISSUE = "https://security-tracker.debian.org/tracker/"
_BUG = "https://bugs.debian.org/"
_ENDINGS = (".json", ".json.gz", ".json.xz", ".json.bz2", ".json.zst")
_PACKED = (".gz", ".xz", ".bz2", ".zst")


class _Issue(msgspec.Struct):
    description: str | None = None
    debianbug: int | str | None = None
    releases: dict[str, Said] = {}


_SOURCES = msgspec.json.Decoder(dict[str, dict[str, _Issue]])


class DebianFeed:
    """See the module and `Feed`. `keyrings` are those that may sign the indices."""

    name = "debian"
    title = N_("Debian's security tracker: fixed, open and cleared issues of every release")
    url = "https://security-tracker.debian.org/tracker/data/json"
    knows: Knows = "states"
    role: Role = "advisories"
    parser_version = 1

    def __init__(self, keyrings: Collection[Path] = KEYRINGS) -> None:
        self._keyrings = keyrings

    def serves(self, needs: Needs) -> bool:
        """Where a host runs Debian, or has backports of it."""
        return any(codename_of(platform) for platform in needs.platforms)

    def fetch(self, get: Downloader, needs: Needs, into: Path, seen: str | None) -> str | None:
        """See `Feed.fetch`: the tracker's JSON, and the `Sources` of the releases that are needed.

        Indices that cannot be had are no failure: the inferences that need them are skipped.
        """
        address = get.base(self)
        elsewhere = address != self.url.rstrip("/")
        ending = next((end for end in _PACKED if address.endswith(end)), "")
        tracker = get.fetch(address, into / f"tracker.json{ending}")
        for stale in into.glob("tracker.json*"):
            if stale != tracker.path and not stale.name.endswith((".part", ".etag")):
                stale.unlink(missing_ok=True)
        indices = fetch_indices(get, needs, into / INDICES, elsewhere, self._keyrings)
        fingerprint = " ".join([tracker.sha256, *indices])
        return None if fingerprint == seen else fingerprint

    def parse(self, source: Path, options: Options) -> Iterator[Record]:
        """See `Feed.parse`: the JSON (or a folder with it), with `options.sources` or an `indices` folder beside it."""
        path = _tracker(source)
        folder = options.sources or (source / INDICES if (source / INDICES).is_dir() else None)
        held = shipped(folder, options.progress) if folder is not None and _holds(folder) else Shipped()
        seen: set[str] = set()
        odd: dict[str, int] = {}
        unfixed = False
        with open_stream(path) as stream:
            for count, (package, issues) in enumerate(_sources(stream, path.name)):
                if count % 100 == 0:
                    options.progress("debian: sources", count, None)
                for id_, issue in issues.items():
                    seen.update(issue.releases)
                    _count_odd(issue, odd)
                    unfixed = unfixed or any(said.status != "resolved" for said in issue.releases.values())
                    yield _advisory(package, id_, issue, held)
        if not unfixed:
            yield Note("every entry is resolved: what has no fix yet is not told by this file")
        yield from _notes(held, seen, odd, options, by_hand=source == path)
        if source.is_dir():
            yield from map(Note, remarks(source / INDICES))


def _tracker(source: Path) -> Path:
    """The JSON file that a path is or holds."""
    if not source.is_dir():
        return source
    found = sorted(path for path in source.iterdir() if path.name.endswith(_ENDINGS) and not path.name.startswith("."))
    named = [path for path in found if path.name.startswith("tracker")]
    if len(named or found) != 1:
        raise FeedError(f"{source} holds {len(found)} JSON files", remedy="name the tracker's JSON file itself")
    return (named or found)[0]


def _holds(folder: Path) -> bool:
    """A folder of indices into which none could be fetched is as if it were not there."""
    return folder.name != INDICES or any(folder.glob("[!.]*"))


def _sources(stream: BinaryIO, name: str) -> Iterator[tuple[str, Mapping[str, _Issue]]]:
    """(source, its issues), one at a time."""
    for number, (before, text) in enumerate(objects(stream, name)):
        head = before.lstrip()
        if bool(number) != head.startswith(b",") and (text or head):
            raise FeedError(f"{name} is no tracker data: {head[:40]!r} where a source should be")
        piece = b"{" + head.removeprefix(b",") + text + b"}"
        try:
            yield from _SOURCES.decode(piece).items()
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise FeedError(f"{name}: {head.strip(b', :')[:60]!r} is no source of the tracker: {error}") from error


def _advisory(package: str, id_: str, issue: _Issue, held: Shipped) -> Advisory:
    bug = (f"{_BUG}{issue.debianbug}",) if issue.debianbug else ()
    return Advisory(
        id=id_,
        feed="debian",
        affected=tuple(_rows(package, issue, held)),
        cves=(id_,) if id_.startswith("CVE-") else (),
        description=(issue.description or "")[:_DESCRIPTION],
        references=(f"{_ISSUE}{id_}", *bug),
    )


def _rows(package: str, issue: _Issue, held: Shipped) -> Iterator[Affected]:
    """One row for each release with an entry, and for each that ships the source without one."""
    sid = issue.releases.get(UNSTABLE)
    sid_fix = fix_in(sid)
    for codename, said in issue.releases.items():
        stand = stated(said)
        ships = held.version(codename, package)
        if ships:
            stand = inferred(said, stand, sid_fix, ships, held.is_complete(codename))
        yield _row(package, codename, stand, said.urgency or "")
    if sid is None:
        return
    for codename in held.codenames:
        ships = held.version(codename, package)
        if ships and codename not in issue.releases:
            yield _row(package, codename, implied(sid, ships), sid.urgency or "")


def _row(package: str, codename: str, stand: Stand, urgency: str) -> Affected:
    return Affected(
        platform=platform_of(codename),
        package=package,
        scheme="deb",
        fixed=stand.fixed,
        last_affected=stand.last_affected,
        state=stand.state,
        vendor_state=stand.vendor_state,
        severity=urgency,
    )


def _count_odd(issue: _Issue, odd: dict[str, int]) -> None:
    for said in issue.releases.values():
        if said.status not in ("resolved", "open", "undetermined"):
            word = said.status[:40] if len(odd) < 5 else "others"
            odd[word] = odd.get(word, 0) + 1


def _notes(held: Shipped, seen: set[str], odd: Mapping[str, int], options: Options, by_hand: bool) -> Iterator[Note]:
    """What people must know of this load."""
    wanted = {codename_of(platform) for platform in options.needs.platforms} - {""} or seen
    blind = sorted(codename for codename in wanted - {UNSTABLE} if not held.is_complete(codename))
    if blind:
        yield Note(
            f"the indices (Sources) of {', '.join(blind)} were not all at hand: the tracker's word was taken as it is,"
            " without looking at what these releases ship"
        )
    for name in held.unplaced[:5]:
        yield Note(f"the index {name} names no suite of a Debian release and was left out")
    for word, count in odd.items():
        yield Note(f"{count} entries have the unknown status {word!r}: kept as under investigation")
    if by_hand:
        yield Note("the tracker's JSON has no dates: its age counts from the day it was loaded")
