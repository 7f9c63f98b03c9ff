"""CISA's catalogue of known exploited vulnerabilities, as JSON or CSV.

Source: https://www.cisa.gov/known-exploited-vulnerabilities-catalog and its published schema.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from shindan.feeds.base import Downloader, Needs, Options, Role
from shindan.feeds.containers import members
from shindan.model.advisory import Enrichment, Kev, Knows, Record
from shindan.model.errors import FeedError

_FILE = "known_exploited_vulnerabilities.json"


class KevFeed:
    """See the module and `Feed`."""

    name = "kev"
    title = "CISA's known exploited vulnerabilities"
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
        catalogues = [
            (name, content)
            for name, content in members(source)
            if name.endswith((".json", ".csv")) and "schema" not in name
        ]
        if not catalogues:
            raise FeedError(f"{source} holds no KEV catalogue")
        name, content = next((pair for pair in catalogues if pair[0].endswith(".json")), catalogues[0])
        for record in _records(name, content):
            yield _enrichment(name, record)


def _records(name: str, content: bytes) -> list[Mapping[str, Any]]:
    if name.endswith(".csv"):
        return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig", "replace"))))
    try:
        listed = msgspec.json.decode(content)["vulnerabilities"]
    except (msgspec.MsgspecError, UnicodeDecodeError, KeyError, TypeError, RecursionError) as error:
        raise FeedError(f"{name} is no KEV catalogue: {error!r}") from error
    if not isinstance(listed, list):
        raise FeedError(f"{name} is no KEV catalogue: `vulnerabilities` is no list")
    return listed


def _enrichment(name: str, record: Any) -> Enrichment:
    try:
        kev = Kev(
            added=str(record["dateAdded"]),
            due=str(record["dueDate"]),
            name=str(record.get("vulnerabilityName") or ""),
            action=str(record.get("requiredAction") or ""),
            ransomware=str(record.get("knownRansomwareCampaignUse", "")).lower() == "known",
        )
        return Enrichment(str(record["cveID"]), kev=kev, published=kev.added)
    except (KeyError, TypeError, AttributeError) as error:
        raise FeedError(f"{name}: an entry is malformed: {error!r}") from error
