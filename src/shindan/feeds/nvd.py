"""CVE records with CVSS vectors: NVD's API 2.0 answers and yearly feeds, and the CVE list's own JSON 5.

Source: https://nvd.nist.gov/developers/vulnerabilities (schema 2.0); https://cveproject.github.io/cve-schema/ (5.x).
"""

from __future__ import annotations

import datetime
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, cast

import msgspec

from shindan.feeds.base import Downloader, Needs, Options, Role
from shindan.feeds.containers import streams
from shindan.feeds.json_objects import objects
from shindan.feeds.scores import vector
from shindan.model.advisory import Enrichment, Knows, Record, Vector
from shindan.model.errors import FeedError, Unreachable
from shindan.model.marking import N_

_FIRST_YEAR = 2002
_DESCRIPTION = 2000
_REFERENCES = 10
_KEYS_5 = ("cvssV4_0", "cvssV3_1", "cvssV3_0", "cvssV2_0")
_WHOLE = 4 * 1024**2
"""Bytes of a document that is decoded at once; a larger one is a list of records and is read one by one."""

_ENDINGS = (".json", ".json.gz", ".json.xz", ".json.zst", ".json.bz2")


class NvdFeed:
    """See the module and `Feed`. Large (some 200 MB in all): fetched by name or with --all."""

    name = "nvd"
    title = N_("NVD and CVE records: CVSS vectors, texts, rejected ids")
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
        this_year = datetime.datetime.now(datetime.UTC).year
        for year in range(_FIRST_YEAR, this_year + 1):
            name = f"nvdcve-2.0-{year}.json.gz"
            try:
                digests.append(get.fetch(f"{get.base(self)}/{name}", into / name).sha256)
            except Unreachable:
                raise
            except FeedError:
                if year < this_year:
                    raise
                # In the first days of a year its file is not there yet.
                digests.append(f"no-{year}")
        fingerprint = " ".join(digests)
        return None if fingerprint == seen else fingerprint

    def parse(self, source: Path, options: Options) -> Iterator[Record]:
        """See `Feed.parse`. Records without an id or a metric yield nothing; broken JSON fails the import."""
        count = 0
        for name, stream in streams(source):
            if not name.endswith(_ENDINGS) and name != source.name:
                continue
            for enrichment in _enrichments(name, stream):
                count += 1
                if count % 2000 == 0:
                    options.progress("nvd: records", count, None)
                yield enrichment


def _enrichments(name: str, stream: BinaryIO) -> Iterator[Enrichment]:
    """Records of one document: a single one of either form, or a list of NVD's."""
    begun = _read(stream, _WHOLE + 1)
    try:
        if len(begun) > _WHOLE:
            yield from _listed(name, cast(BinaryIO, _Continued(begun, stream)))
        else:
            yield from _document(msgspec.json.decode(begun))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise FeedError(f"{name} holds no CVE records: {error}") from error


def _document(document: Any) -> Iterator[Enrichment]:
    document = _object(document)
    if "cveMetadata" in document:
        yield from _from_cve_list(document)
    elif isinstance(document.get("vulnerabilities"), list):
        for entry in document["vulnerabilities"]:
            yield from _from_nvd(_object(entry).get("cve"))
    else:
        yield from _from_nvd(document.get("cve", document))


def _listed(name: str, stream: BinaryIO) -> Iterator[Enrichment]:
    """Records of a large list, one decoded at a time."""
    for number, (before, text) in enumerate(objects(stream, name)):
        head = before.strip()
        if text and (head != b"," if number else not (b'"vulnerabilities"' in head and head.endswith(b"["))):
            raise FeedError(f"{name} holds no CVE records: {head[-40:]!r} where a record should be")
        if text:
            yield from _from_nvd(_object(msgspec.json.decode(text)).get("cve"))


class _Continued(io.RawIOBase):
    """A stream with what was read of it already put back before it."""

    def __init__(self, begun: bytes, stream: BinaryIO) -> None:
        self._begun = begun
        self._stream = stream

    def read(self, size: int = -1) -> bytes:
        """As of any binary stream."""
        begun, self._begun = self._begun, b""
        return begun or self._stream.read(size)


def _read(stream: BinaryIO, size: int) -> bytes:
    """Up to so many bytes: a decompressor may give fewer at a time."""
    parts = []
    while size > 0 and (block := stream.read(size)):
        parts.append(block)
        size -= len(block)
    return b"".join(parts)


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
