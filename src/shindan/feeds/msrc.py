"""Microsoft's security updates: monthly CVRF documents, and CSAF documents of single CVE ids.

They are kept as published; their fixes are builds and updates, not package versions.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

from shindan.feeds import msrc_cvrf
from shindan.feeds.base import Downloader, Needs, Options, Role
from shindan.feeds.containers import members
from shindan.feeds.csaf import Csaf, Vulnerability, by_product, decoded, description_of, products_of, vectors_of
from shindan.feeds.msrc_products import row
from shindan.model.advisory import Advisory, Affected, Knows, Record
from shindan.model.errors import FeedError
from shindan.model.marking import N_

_MONTH = re.compile(r"^\d{4}-[A-Za-z]{3}$")
_BELOW = re.compile(r"^(.*?) <(\S+)$")
_DESCRIPTION = 2000
_MAX_DOCUMENT = 256 * 1024**2


class MsrcFeed:
    """See the module and `Feed`."""

    name = "msrc"
    title = N_("Microsoft's security updates")
    url = "https://api.msrc.microsoft.com/cvrf/v3.0"
    knows: Knows = "states"
    role: Role = "advisories"
    parser_version = 1

    def serves(self, needs: Needs) -> bool:
        """For Windows."""
        return any(key.startswith("windows") for key in needs.platforms)

    def fetch(self, get: Downloader, needs: Needs, into: Path, seen: str | None) -> str | None:
        """See `Feed.fetch`: the list of months, and each month that changed since it was fetched."""
        base, listing = get.base(self), into / "updates"
        digest = get.fetch(f"{base}/updates", listing).sha256
        fingerprint = hashlib.sha256(digest.encode()).hexdigest()
        for month, changed in _months(listing):
            file = into / f"{month}.{_safe(changed)}.xml"
            if file.exists():
                continue
            get.fetch(f"{base}/cvrf/{month}", file, max_bytes=_MAX_DOCUMENT)
            for older in into.glob(f"{month}.*.xml"):
                if older != file:
                    older.unlink()
        return None if fingerprint == seen else fingerprint

    def parse(self, source: Path, options: Options) -> Iterator[Record]:
        """See `Feed.parse`: documents of either form, alone, in a folder or in an archive."""
        count = 0
        for name, content in members(source):
            found = _records(name, content)
            for record in found:
                yield record
                count += 1
                if count % 500 == 0:
                    options.progress("msrc: CVE ids", count, None)
        if not count:
            raise FeedError(f"{source} holds no document of Microsoft's")


def _records(name: str, content: bytes) -> Iterator[Advisory]:
    start = content.lstrip(b"\xef\xbb\xbf \r\n\t")[:1]
    if start == b"<":
        yield from msrc_cvrf.advisories(name, content)
    elif start == b"{" and b'"csaf_version"' in content:
        yield from _csaf(decoded(name, content))


def _csaf(document: Csaf) -> Iterator[Advisory]:
    head, products = document.document, products_of(document)
    for vulnerability in document.vulnerabilities:
        names = {id_: product.name for id_, product in products.by_id.items()}
        yield Advisory(
            id=vulnerability.cve or head.tracking.id,
            feed="msrc",
            title=vulnerability.title or head.title,
            affected=tuple(dict.fromkeys(_rows(vulnerability, names, head.aggregate_severity.text))),
            cves=(vulnerability.cve,) if vulnerability.cve else (),
            severity=head.aggregate_severity.text,
            vectors=vectors_of("microsoft", vulnerability),
            description=description_of(vulnerability, document)[:_DESCRIPTION],
            references=tuple(reference.url for reference in head.references[:10]),
            published=head.tracking.initial_release_date,
            modified=head.tracking.current_release_date,
        )


def _rows(vulnerability: Vulnerability, names: dict[str, str], severity: str) -> Iterator[Affected]:
    fixes = by_product(vulnerability.remediations, "vendor_fix")
    for id_ in vulnerability.product_status.get("known_affected", []):
        below = _BELOW.match(names.get(id_, id_))
        product, build = (below[1], below[2]) if below else (names.get(id_, id_), "")
        update = fixes[id_].details.split(":")[0] if id_ in fixes else ""
        yield row(product, "" if update == build else update, build, severity)


def _months(listing: Path) -> list[tuple[str, str]]:
    """(month, time of its last change) of every document that is listed."""
    try:
        listed = msgspec.json.decode(listing.read_bytes())["value"]
        months = [(str(entry["ID"]), str(entry["CurrentReleaseDate"])) for entry in listed]
    except (msgspec.MsgspecError, UnicodeDecodeError, KeyError, TypeError) as error:
        raise FeedError(f"{listing.name} is no list of Microsoft's updates: {error!r}") from error
    return [month for month in months if _MONTH.match(month[0])]


def _safe(time: str) -> str:
    return re.sub(r"[^0-9TZ]", "", time)
