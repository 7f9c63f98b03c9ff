"""Advisories in OSV form: any zip, tar, folder or file of records, of any ecosystem.

Source: the OSV schema (https://ossf.github.io/osv-schema/), versions 1.0 to 1.7. Debian's and Ubuntu's own records name
source packages; a record that names binary ones says so in `database_specific.package_names`; other publishers' deb
records may mean either.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec

from shindan.feeds.base import Downloader, Needs, Options, Role
from shindan.feeds.containers import members
from shindan.feeds.osv_ecosystems import Place, place
from shindan.feeds.scores import vector
from shindan.model.advisory import Advisory, Affected, Knows, Names, Note, Record, State
from shindan.model.errors import FeedError

_DESCRIPTION = 2000
_REFERENCES = 10
_SOURCE_NAMING = ("DSA-", "DLA-", "DTSA-", "DEBIAN-", "UBUNTU-", "USN-", "LSN-")
_STATES: dict[str, State] = {"end-of-life": "end_of_life"}
_VERSIONED = frozenset({"ECOSYSTEM", "SEMVER"})


class _Event(msgspec.Struct):
    introduced: str | None = None
    fixed: str | None = None
    last_affected: str | None = None
    limit: str | None = None


class _Range(msgspec.Struct):
    type: str = ""
    events: list[_Event] = []


class _Package(msgspec.Struct):
    name: str
    ecosystem: str
    purl: str | None = None


class _Affected(msgspec.Struct):
    package: _Package | None = None
    ranges: list[_Range] | None = None
    versions: list[str] | None = None
    ecosystem_specific: Any = None
    database_specific: Any = None


class _Severity(msgspec.Struct):
    type: str = ""
    score: str = ""


class _Reference(msgspec.Struct):
    url: str = ""


class _Entry(msgspec.Struct):
    id: str
    modified: str = ""
    published: str | None = None
    withdrawn: str | None = None
    aliases: list[str] | None = None
    upstream: list[str] | None = None
    related: list[str] | None = None
    summary: str | None = None
    details: str | None = None
    severity: list[_Severity] | None = None
    affected: list[_Affected] | None = None
    references: list[_Reference] | None = None
    database_specific: Any = None


_DECODER = msgspec.json.Decoder(_Entry)
_LIST_DECODER = msgspec.json.Decoder(list[_Entry])


class OsvFeed:
    """See the module and `Feed`. By default it serves Ubuntu, whose OSV records are one a CVE and tell all states."""

    name = "osv"
    title = "any advisories in OSV form"
    url = "https://osv-vulnerabilities.storage.googleapis.com"
    knows: Knows = "states"
    role: Role = "advisories"
    parser_version = 1

    def serves(self, needs: Needs) -> bool:
        """Where a release has no tracker of its own."""
        return any(platform.startswith("ubuntu:") for platform in needs.platforms)

    def fetch(self, get: Downloader, needs: Needs, into: Path, seen: str | None) -> str | None:
        """See `Feed.fetch`: one zip for each release."""
        digests = []
        for platform in sorted(needs.platforms):
            ecosystem = _ecosystem(platform)
            if ecosystem:
                address = f"{get.base(self)}/{quote(ecosystem)}/all.zip"
                digests.append(get.fetch(address, into / f"{platform.replace(':', '-')}.zip").sha256)
        fingerprint = " ".join(digests)
        return None if fingerprint == seen else fingerprint

    def parse(self, source: Path, options: Options) -> Iterator[Record]:
        """See `Feed.parse`. A malformed record fails the whole import, naming it."""
        unscored = count = 0
        files = [source] if source.is_file() or not list(source.glob("*.zip")) else sorted(source.glob("*.zip"))
        for file in files:
            for name, content in members(file):
                if not name.lower().endswith(".json") and content.lstrip()[:1] not in (b"{", b"["):
                    continue
                for entry in _decoded(name, content):
                    advisory, bad = advisory_of(entry)
                    unscored += bad
                    count += 1
                    if count % 500 == 0:
                        options.progress(f"{self.name}: records", count, None)
                    yield advisory
        if unscored:
            yield Note(f"{unscored} severity scores are no CVSS vectors and were left out")


def advisory_of(entry: _Entry) -> tuple[Advisory, int]:
    """The advisory of one record, and how many of its scores could not be read."""
    vectors = [vector("osv", severity.score) for severity in entry.severity or () if severity.type.startswith("CVSS")]
    aliases = tuple(entry.aliases or ())
    return (
        Advisory(
            id=entry.id,
            feed="osv",
            title=entry.summary or "",
            affected=tuple(_rows(entry)),
            cves=_cves(entry, aliases),
            aliases=aliases,
            vectors=tuple(v for v in vectors if v is not None),
            description=(entry.details or "")[:_DESCRIPTION],
            references=tuple(reference.url for reference in (entry.references or ())[:_REFERENCES]),
            published=entry.published or "",
            modified=entry.modified,
            withdrawn=bool(entry.withdrawn),
        ),
        sum(v is None for v in vectors),
    )


def _decoded(name: str, content: bytes) -> list[_Entry]:
    try:
        if content.lstrip()[:1] == b"[":
            return _LIST_DECODER.decode(content)
        return [_DECODER.decode(content)]
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise FeedError(f"{name} is no OSV record: {error}") from error


def _cves(entry: _Entry, aliases: tuple[str, ...]) -> tuple[str, ...]:
    """The CVE ids that a record is about: it is one, is an alias of some, or comes downstream of some.

    `related` counts only where nothing else names any: AlmaLinux lists its CVE ids there.
    """
    if entry.id.startswith("CVE-"):
        return (entry.id,)
    named = [id_ for id_ in (*(entry.upstream or ()), *aliases) if id_.startswith("CVE-")]
    named = named or [id_ for id_ in entry.related or () if id_.startswith("CVE-")]
    return tuple(dict.fromkeys(named))


def _rows(entry: _Entry) -> Iterator[Affected]:
    binary = isinstance(entry.database_specific, dict) and entry.database_specific.get("package_names") == "binary"
    for affected in entry.affected or ():
        if affected.package is None:
            continue
        where = place(affected.package.ecosystem)
        names = _names(entry.id, affected.package, where, binary)
        severity, state = _urgency(affected)
        for introduced, fixed, last in _intervals(affected):
            never = fixed == "0" and where.scheme in ("deb", "apk")
            yield Affected(
                platform=where.platform,
                package=affected.package.name,
                scheme=where.scheme,
                introduced=introduced,
                fixed="" if never else fixed,
                last_affected=last,
                state="not_affected" if never else state or ("fixed" if fixed else "affected"),
                vendor_state="fixed in 0" if never else "",
                names=names,
                severity=severity,
                only_if=where.only_if,
            )


def _names(id_: str, package: _Package, where: Place, binary: bool) -> Names:
    if binary:
        return "binary"
    if package.purl and ("arch=source" in package.purl or "arch=src" in package.purl):
        return "source"
    if where.scheme == "deb" and id_.startswith(_SOURCE_NAMING):
        return "source"
    return where.names


def _urgency(affected: _Affected) -> tuple[str, State | None]:
    """Debian's urgency or Ubuntu's priority, and the state that `end-of-life` means."""
    for said in (affected.ecosystem_specific, affected.database_specific):
        if isinstance(said, dict):
            word = said.get("urgency") or said.get("ubuntu_priority") or said.get("severity")
            if isinstance(word, str):
                return word, _STATES.get(word)
    return "", None


def _intervals(affected: _Affected) -> Iterator[tuple[str, str, str]]:
    """(introduced, fixed, last affected) of each interval; "" where unbounded."""
    ranges = [r for r in affected.ranges or () if r.type in _VERSIONED]
    for each in ranges:
        begun: str | None = None
        for event in each.events:
            if event.introduced is not None:
                if begun is not None:
                    yield begun, "", ""
                begun = "" if event.introduced == "0" else event.introduced
            elif event.fixed is not None:
                yield begun or "", event.fixed, ""
                begun = None
            elif event.last_affected is not None:
                yield begun or "", "", event.last_affected
                begun = None
        if begun is not None:
            yield begun, "", ""
    if not ranges:
        for version in affected.versions or ():
            yield version, "", version


def _ecosystem(platform: str) -> str:
    """The bucket folder of a release."""
    id_, _, release = platform.partition(":")
    if id_ == "ubuntu":
        even = release.endswith(".04") and release.split(".")[0].isdigit() and int(release.split(".")[0]) % 2 == 0
        return f"Ubuntu:{release}{':LTS' if even else ''}"
    if id_ == "debian":
        return f"Debian:{release}"
    return ""
