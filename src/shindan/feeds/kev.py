"""CISA's catalogue of known exploited vulnerabilities, as JSON or CSV.

Source: https://www.cisa.gov/known-exploited-vulnerabilities-catalog and its published schema.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from shindan.feeds.base import Downloader, Needs, Options, Role
from shindan.feeds.containers import streams
from shindan.model.advisory import Enrichment, Kev, Knows, Record
from shindan.model.errors import FeedError
from shindan.model.marking import N_

_CVE = re.compile(r"^CVE-\d{4}-\d{4,}$")
_DAY = re.compile(r"^\d{4}-\d{2}-\d{2}$")
_MAX_CATALOGUE = 32 * 1024**2
_FILE = "known_exploited_vulnerabilities.json"


class KevFeed:
    """See the module and `Feed`."""

    name = "kev"
    title = N_("CISA's known exploited vulnerabilities")
    url = "https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json"
    knows: Knows = "enrichment"
    role: Role = "enrichment"
    parser_version = 1

    def serves(self, needs: Needs) -> bool:
        """Always: it is small, and tells what is urgent."""
        return True

    def fetch(self, get: Downloader, needs: Needs, into: Path, seen: str | None) -> str | None:
        """See `Feed.fetch`."""
        fingerprint = get.fetch(get.base(self), into / _FILE).sha256
        return None if fingerprint == seen else fingerprint

    def parse(self, source: Path, options: Options) -> Iterator[Record]:
        """See `Feed.parse`. A folder may hold both forms and the schema: the JSON catalogue counts."""
        catalogues: dict[str, bytes] = {}
        for name, stream in streams(source):
            form = next((form for form in (".json", ".csv") if form in name.lower()), "")
            if form and "schema" not in name.lower():
                catalogues.setdefault(form, _whole(name, stream))
        if not catalogues:
            raise FeedError(f"{source} holds no KEV catalogue", remedy="give the catalogue's .json or .csv")
        form = next(form for form in (".json", ".csv") if form in catalogues)
        for record in _records(f"{source.name} ({form})", form, catalogues[form]):
            yield _enrichment(source.name, record)


def _whole(name: str, stream: BinaryIO) -> bytes:
    parts, size = [], 0
    while block := stream.read(1024 * 1024):
        size += len(block)
        if size > _MAX_CATALOGUE:
            raise FeedError(f"{name} is larger than {_MAX_CATALOGUE:,} bytes: it is no KEV catalogue")
        parts.append(block)
    return b"".join(parts)


def _records(name: str, form: str, content: bytes) -> list[Mapping[str, Any]]:
    if form == ".csv":
        try:
            return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig", "replace")), strict=True))
        except csv.Error as error:
            raise FeedError(f"{name} is no KEV catalogue: {error}") from error
    try:
        listed = msgspec.json.decode(content)["vulnerabilities"]
    except (msgspec.MsgspecError, UnicodeDecodeError, KeyError, TypeError, RecursionError) as error:
        raise FeedError(f"{name} is no KEV catalogue: {error!r}") from error
    if not isinstance(listed, list):
        raise FeedError(f"{name} is no KEV catalogue: `vulnerabilities` is no list")
    return listed


def _enrichment(name: str, record: Any) -> Enrichment:
    if not isinstance(record, dict):
        raise FeedError(f"{name}: an entry is malformed: {str(record)[:60]!r}")
    kev = Kev(
        added=_day(name, record, "dateAdded"),
        due=_day(name, record, "dueDate"),
        name=_text(record, "vulnerabilityName"),
        action=_text(record, "requiredAction"),
        ransomware=_text(record, "knownRansomwareCampaignUse").lower() == "known",
    )
    id_ = _text(record, "cveID")
    if not _CVE.match(id_):
        raise FeedError(f"{name}: an entry is malformed: {id_[:60]!r} is no CVE id")
    return Enrichment(id_, kev=kev, published=kev.added)


def _text(record: Mapping[str, Any], key: str) -> str:
    value = record.get(key)
    return value if isinstance(value, str) else ""


def _day(name: str, record: Mapping[str, Any], key: str) -> str:
    """A day that an entry must have: who sorts by it must not be misled."""
    value = _text(record, key)
    if not _DAY.match(value):
        raise FeedError(f"{name}: an entry is malformed: {key} {value[:60]!r} is no day")
    return value
