"""One OSV record → one advisory.

Source: the OSV schema (https://ossf.github.io/osv-schema/), versions 1.0 to 1.7. Debian's and Ubuntu's own records name
source packages; a record that names binary ones says so in `database_specific.package_names`; other publishers' deb
records may mean either.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

import msgspec

from shindan.feeds.osv_ecosystems import DISTRIBUTIONS, Place, place
from shindan.feeds.osv_events import Event, Interval, intervals
from shindan.feeds.scores import vector
from shindan.model.advisory import Advisory, Affected, Condition, Names, State, Vector

_DESCRIPTION = 2000
_REFERENCES = 10
_SOURCE_NAMING = ("DSA-", "DLA-", "DTSA-", "DEBIAN-", "UBUNTU-", "USN-", "LSN-")
_STATES: dict[str, State] = {"end-of-life": "end_of_life"}
_VERSIONED = frozenset({"ECOSYSTEM", "SEMVER"})
_NOTHING = msgspec.Raw()
_NO_FLAW = ("ALBA-", "ALEA-")
_STREAM = re.compile(r"(?<![\w:.+-])(?![A-Z]{4}-\d{4}:)([\w.+-]*[A-Za-z][\w.+-]*:[\w.+-]*\w)")


class Range(msgspec.Struct, gc=False):
    """`affected[].ranges[]`."""

    type: str = ""
    events: list[Event] = []


class Package(msgspec.Struct, gc=False):
    """`affected[].package`."""

    name: str
    ecosystem: str
    purl: str | None = None


class AffectedEntry(msgspec.Struct, gc=False):
    """`affected[]`; the parts that each publisher fills its own way stay raw until they are asked for."""

    package: Package | None = None
    ranges: list[Range] | None = None
    versions: list[str] | None = None
    ecosystem_specific: msgspec.Raw = _NOTHING
    database_specific: msgspec.Raw = _NOTHING


class Score(msgspec.Struct, gc=False):
    """`severity[]`: a CVSS vector, or a word where `type` is a publisher's own (Ubuntu)."""

    type: str = ""
    score: str = ""


class Reference(msgspec.Struct, gc=False):
    """`references[]`."""

    url: str = ""


class Entry(msgspec.Struct, gc=False):
    """A record, as far as it is read."""

    id: str
    modified: str = ""
    published: str | None = None
    withdrawn: str | None = None
    aliases: list[str] | None = None
    upstream: list[str] | None = None
    related: list[str] | None = None
    summary: str | None = None
    details: str | None = None
    severity: list[Score] | None = None
    affected: list[AffectedEntry] | None = None
    references: list[Reference] | None = None
    database_specific: msgspec.Raw = _NOTHING


class _Specific(msgspec.Struct, gc=False):
    """What is read of `ecosystem_specific` and `database_specific`, which may hold anything."""

    urgency: Any = None
    ubuntu_priority: Any = None
    severity: Any = None
    package_names: Any = None


_SPECIFIC = msgspec.json.Decoder(_Specific)
_NONE = _Specific()


def advisory_of(entry: Entry) -> tuple[Advisory, int]:
    """The advisory of one record, and how many of its scores are no CVSS vectors."""
    vectors, word, bad = _scores(entry.severity or ())
    specific = _specific(entry.database_specific)
    aliases = tuple(entry.aliases or ())
    affected = tuple(_rows(entry, specific.package_names == "binary"))
    advisory = Advisory(
        id=entry.id,
        feed="osv",
        title=entry.summary or "",
        affected=affected,
        cves=_cves(entry, aliases, any(row.scheme in DISTRIBUTIONS for row in affected)),
        aliases=aliases,
        severity=word or (specific.severity if isinstance(specific.severity, str) else ""),
        vectors=vectors,
        description=(entry.details or "")[:_DESCRIPTION],
        references=tuple(reference.url for reference in (entry.references or ())[:_REFERENCES]),
        published=entry.published or "",
        modified=entry.modified,
        withdrawn=bool(entry.withdrawn),
    )
    return advisory, bad


def is_about_a_flaw(advisory: Advisory) -> bool:
    """Whether an advisory is about a flaw: AlmaLinux publishes what mends bugs (ALBA) or adds (ALEA) among them."""
    return bool(advisory.cves) or not advisory.id.startswith(_NO_FLAW)


def _scores(scores: Sequence[Score]) -> tuple[tuple[Vector, ...], str, int]:
    """CVSS vectors, the publisher's own word, and how many vectors could not be read."""
    found: list[Vector] = []
    word, bad = "", 0
    for score in scores:
        if not score.type.startswith("CVSS"):
            word = word or score.score
            continue
        known = vector("osv", score.score)
        if known is None:
            bad += 1
        else:
            found.append(known)
    return tuple(found), word, bad


def _cves(entry: Entry, aliases: tuple[str, ...], of_distribution: bool) -> tuple[str, ...]:
    """The CVE ids that a record is about: it is one, is an alias of some, or comes downstream of some.

    `related` counts only in a distribution's record, and where nothing else names any: AlmaLinux and others list
    their CVE ids there. Elsewhere it names similar flaws.
    """
    if entry.id.startswith("CVE-"):
        return (entry.id,)
    named = [id_ for id_ in (*(entry.upstream or ()), *aliases) if id_.startswith("CVE-")]
    if not named and of_distribution:
        named = [id_ for id_ in entry.related or () if id_.startswith("CVE-")]
    return tuple(dict.fromkeys(named))


def _rows(entry: Entry, binary: bool) -> Iterator[Affected]:
    # The hot loop of every import: what most entries lack is asked for in place.
    id_, made = entry.id, Affected._make
    for affected in entry.affected or ():
        package = affected.package
        if package is None:
            continue
        where = place(package.ecosystem)
        platform, scheme, names, only_if = where
        if binary or package.purl is not None or scheme == "deb":
            names = _names(id_, package, where, binary)
        plain = affected.ecosystem_specific is _NOTHING and affected.database_specific is _NOTHING
        severity, special = ("", None) if plain else _urgency(affected)
        name = package.name
        for introduced, fixed, last in _intervals(affected, scheme):
            state = special or ("fixed" if fixed else "affected")
            said = severity if special else ""
            if fixed == "0":
                fixed, state, said = "", "not_affected", "fixed in 0"
            guards = (*only_if, *_streams(entry.summary or "")) if ".module" in fixed and scheme == "rpm" else only_if
            yield made((platform, name, scheme, introduced, fixed, last, state, said, names, severity, guards))


@lru_cache(maxsize=4096)
def _streams(summary: str) -> tuple[Condition, ...]:
    """The module streams that a title names (`nginx:1.16 security update`): no other part of a record tells them."""
    named = _STREAM.findall(summary)
    return (Condition("module", tuple(dict.fromkeys(named))),) if named else ()


def _names(id_: str, package: Package, where: Place, binary: bool) -> Names:
    if binary:
        return "binary"
    if package.purl and ("arch=source" in package.purl or "arch=src" in package.purl):
        return "source"
    if where.scheme == "deb" and id_.startswith(_SOURCE_NAMING):
        return "source"
    return where.names


def _urgency(affected: AffectedEntry) -> tuple[str, State | None]:
    """Debian's urgency or Ubuntu's priority, and the state that `end-of-life` means."""
    for raw in (affected.ecosystem_specific, affected.database_specific):
        said = _specific(raw)
        word = said.urgency or said.ubuntu_priority or said.severity
        if isinstance(word, str):
            return word, _STATES.get(word)
    return "", None


def _specific(raw: msgspec.Raw) -> _Specific:
    """What a publisher's own part says; nothing where it is no object."""
    if raw is _NOTHING or not len(memoryview(raw)):
        return _NONE
    try:
        return _SPECIFIC.decode(raw)
    except msgspec.MsgspecError:
        return _NONE


def _intervals(affected: AffectedEntry, scheme: str) -> list[Interval]:
    """Every interval of the versioned ranges; the versions one by one where there is none."""
    ranges: Sequence[Range] = affected.ranges or ()
    if len(ranges) == 1 and ranges[0].type in _VERSIONED:
        return intervals(ranges[0].events, scheme)
    versioned = [each for each in ranges if each.type in _VERSIONED]
    if versioned:
        return [interval for each in versioned for interval in intervals(each.events, scheme)]
    return [(version, "", version) for version in affected.versions or ()]
