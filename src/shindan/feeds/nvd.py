"""CVE records with CVSS vectors: NVD's API 2.0 answers and yearly feeds, and the CVE list's own JSON 5.

Source: https://nvd.nist.gov/developers/vulnerabilities (schema 2.0); https://cveproject.github.io/cve-schema/ (5.x).
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from shindan.feeds.base import Downloader, Needs, Options, Role
from shindan.feeds.containers import members
from shindan.feeds.scores import vector
from shindan.model.advisory import Enrichment, Knows, Record, Vector
from shindan.model.errors import FeedError

_FIRST_YEAR = 2002
_DESCRIPTION = 2000
_REFERENCES = 10
_KEYS_5 = ("cvssV4_0", "cvssV3_1", "cvssV3_0", "cvssV2_0")


class _Document(msgspec.Struct):
    """Whatever of the three forms a file has; entries stay raw until their turn, to keep memory low."""

    vulnerabilities: list[msgspec.Raw] | None = None
    cve: msgspec.Raw | None = None
    cveMetadata: msgspec.Raw | None = None


_DOCUMENT = msgspec.json.Decoder(_Document)


class NvdFeed:
    """See the module and `Feed`. Large (some 200 MB in all): fetched by name or with --all."""

    name = "nvd"
    title = "NVD and CVE records: CVSS vectors, texts, rejected ids"
    url = "https://nvd.nist.gov/feeds/json/cve/2.0"
    knows: Knows = "enrichment"
    role: Role = "enrichment"
    parser_version = 1

    def serves(self, needs: Needs) -> bool:
        """Only where everything is wanted."""
        return needs.everything

    def fetch(self, get: Downloader, needs: Needs, into: Path, seen: str | None) -> str | None:
        """See `Feed.fetch`: one file a year, each only when it changed."""
        digests = []
        for year in range(_FIRST_YEAR, datetime.datetime.now(datetime.UTC).year + 1):
            name = f"nvdcve-2.0-{year}.json.gz"
            digests.append(get.fetch(f"{get.base(self)}/{name}", into / name).sha256)
        fingerprint = " ".join(digests)
        return None if fingerprint == seen else fingerprint

    def parse(self, source: Path, options: Options) -> Iterator[Record]:
        """See `Feed.parse`. Records without an id or a metric yield nothing; broken JSON fails the import."""
        count = 0
        for name, content in members(source):
            if not name.endswith((".json", ".json.gz", ".json.xz", ".json.zst", ".json.bz2")):
                continue
            for enrichment in _enrichments(name, content):
                count += 1
                if count % 2000 == 0:
                    options.progress("nvd: records", count, None)
                yield enrichment


def _enrichments(name: str, content: bytes) -> Iterator[Enrichment]:
    try:
        document = _DOCUMENT.decode(content)
        if document.vulnerabilities is not None:
            for raw in document.vulnerabilities:
                yield from _from_nvd(_object(msgspec.json.decode(raw)).get("cve"))
        elif document.cveMetadata is not None:
            yield from _from_cve_list(msgspec.json.decode(content))
        elif document.cve is not None:
            yield from _from_nvd(msgspec.json.decode(document.cve))
        else:
            yield from _from_nvd(_object(msgspec.json.decode(content)))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise FeedError(f"{name} holds no CVE records: {error}") from error


def _from_nvd(cve: Any) -> Iterator[Enrichment]:
    cve = _object(cve)
    id_ = cve.get("id")
    if not isinstance(id_, str):
        return
    found: list[Vector | None] = []
    for metrics in _object(cve.get("metrics")).values():
        for metric in _list(metrics):
            metric = _object(metric)
            source = "nvd" if metric.get("source") == "nvd@nist.gov" else str(metric.get("source") or "cna")
            found.append(vector(source, str(_object(metric.get("cvssData")).get("vectorString") or "")))
    yield Enrichment(
        id_,
        vectors=tuple(v for v in found if v is not None),
        description=_english(cve.get("descriptions")),
        references=_references(cve.get("references")),
        published=_text(cve.get("published")),
        modified=_text(cve.get("lastModified")),
        rejected=cve.get("vulnStatus") == "Rejected",
    )


def _from_cve_list(record: Any) -> Iterator[Enrichment]:
    record = _object(record)
    meta = _object(record.get("cveMetadata"))
    id_ = meta.get("cveId")
    if not isinstance(id_, str):
        return
    containers = _object(record.get("containers"))
    cna = _object(containers.get("cna"))
    found = [*_metrics("cna", cna)]
    for extra in _list(containers.get("adp")):
        provider = _object(_object(extra).get("providerMetadata")).get("shortName")
        found += _metrics("cisa-adp" if provider == "CISA-ADP" else f"adp:{provider}", _object(extra))
    yield Enrichment(
        id_,
        vectors=tuple(found),
        description=_english(cna.get("descriptions")),
        references=_references(cna.get("references")),
        published=_text(meta.get("datePublished")),
        modified=_text(meta.get("dateUpdated")),
        rejected=meta.get("state") == "REJECTED",
    )


def _metrics(source: str, container: Mapping[str, Any]) -> Iterator[Vector]:
    if source == "cna":
        provider = _object(container.get("providerMetadata")).get("shortName")
        source = f"cna:{provider}" if isinstance(provider, str) else source
    for metric in _list(container.get("metrics")):
        for key in _KEYS_5:
            found = vector(source, str(_object(_object(metric).get(key)).get("vectorString") or ""))
            if found is not None:
                yield found


def _english(descriptions: Any) -> str:
    for said in _list(descriptions):
        said = _object(said)
        if str(said.get("lang", "")).lower().startswith("en"):
            return _text(said.get("value"))[:_DESCRIPTION]
    return ""


def _references(listed: Any) -> tuple[str, ...]:
    urls = [_text(_object(reference).get("url")) for reference in _list(listed)]
    return tuple(dict.fromkeys(url for url in urls if url))[:_REFERENCES]


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else ()


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
