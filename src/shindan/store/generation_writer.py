"""Records into one new generation file, streaming: memory does not grow with the feed."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

from shindan.model.advisory import Advisory, Affected, Coverage, Enrichment, Generation, Note, Record
from shindan.store import codec, schema
from shindan.store.batch import Batch
from shindan.store.newest import Newest
from shindan.store.number_batch import NumberBatch
from shindan.store.version_keys import VersionKeys

_MOST_SHARED = 100_000
"""Packages, versions and clauses remembered, each: beyond, the memory starts anew. A second row for the same costs
a few bytes; remembering them all would have no bound."""

_MOST_NOTES = 100


class GenerationWriter:
    """Builds the file at `path`; call `add` for each record, then `finish`, or `discard` at any time.

    `add` and `finish` raise sqlite3.Error when the file cannot be written. The digest covers every record in
    order, the feed's name and the parser's version: equal input gives an equal digest.
    """

    def __init__(self, path: Path, draft: Generation) -> None:
        self._draft = draft
        self._newest = Newest(draft.created)
        self._digest = hashlib.sha256()
        head = (schema.SCHEMA_VERSION, draft.feed, draft.knows, draft.parser_version)
        self._digest.update(codec.pack(head).encode())
        self._keys = VersionKeys()
        self._platforms: dict[str, int] = {}
        self._packages: dict[tuple[str, str], int] = {}
        self._versions: dict[tuple[str, str], int] = {}
        self._clauses: dict[tuple[object, ...], int] = {}
        self._package_count = self._version_count = self._clause_count = 0
        self._notes: dict[str, None] = {}
        self._unreadable: Counter[str] = Counter()
        self._examples: dict[str, str] = {}
        self._unreadable_versions: dict[int, str] = {}
        self._unreadable_clauses: dict[int, str] = {}
        self.advisories = self.rows = self.enrichments = self.coverages = 0
        self._connection = schema.create(path)
        self._package = self._batch("package", 3)
        self._version = self._batch("version", 4, hashed=3)
        self._clause = self._batch("clause", 11, hashed=9)
        self._affected = NumberBatch(self._connection, self._digest, "affected", 4)
        self._advisory = self._batch("advisory", 6)
        self._detail = self._batch("detail", 11)
        self._name = self._batch("name", 4)
        self._coverage = self._batch("coverage", 5)
        self._enrichment = self._batch("enrichment", 11)
        self._batches = (
            self._package, self._version, self._clause, self._affected, self._advisory, self._detail, self._name,
            self._coverage, self._enrichment,
        )  # fmt: skip

    def add(self, record: Record) -> None:
        """Take in one record."""
        match record:
            case Advisory():
                self._add_advisory(record)
            case Enrichment():
                self._add_enrichment(record)
            case Coverage():
                self._add_coverage(record)
            case Note():
                self._notes.setdefault(codec.storable(record.text))

    @property
    def holds_something(self) -> bool:
        """Whether anything was said; notes alone say nothing, a coverage says that nothing is outstanding."""
        return bool(self.advisories or self.enrichments or self.coverages)

    def finish(self) -> Generation:
        """Complete the file and close it; the generation that it holds."""
        for batch in self._batches:
            batch.flush()
        notes = self._all_notes()
        self._digest.update(codec.pack(notes).encode())
        generation = replace(
            self._draft,
            digest=self._digest.hexdigest(),
            newest=self._newest.date or self._draft.created,
            advisories=self.advisories,
            rows=self.rows,
            enrichments=self.enrichments,
            platforms=tuple(sorted(self._platforms)),
            notes=notes,
        )
        described = json.dumps(codec.generation_to_json(generation))
        self._connection.execute("INSERT INTO meta VALUES (?)", (described,))
        self._connection.execute("COMMIT")
        self._connection.executescript(schema.INDEXES)
        self._connection.close()
        return generation

    def discard(self) -> None:
        """Close the file, whatever state it is in; harmless after `finish`."""
        self._connection.close()

    def _batch(self, table: str, columns: int, **limits: Any) -> Batch:
        return Batch(self._connection, self._digest, table, columns, **limits)

    def _add_advisory(self, advisory: Advisory) -> None:
        self.advisories += 1
        ref, first = self.advisories, self.rows + 1
        self._newest.see(advisory.modified)
        self._newest.see(advisory.published)
        if advisory.affected:
            self._add_rows(ref, advisory.affected)
        title, description, leads = advisory.title, advisory.description, advisory.leads
        cves, aliases = codec.pack_words(advisory.cves), codec.pack_words(advisory.aliases)
        packed = cves if leads is advisory.cves else codec.pack_words(leads)
        self._advisory.add((ref, advisory.id, packed, int(advisory.withdrawn), first, self.rows + 1))
        vectors, references = codec.pack_vectors(advisory.vectors), codec.pack_words(advisory.references)
        self._detail.add(
            (ref, advisory.feed, title, advisory.severity, description, cves, aliases,
             vectors, references, advisory.published, advisory.modified),
            len(title) + len(description) + len(cves) + len(vectors) + len(references),
        )  # fmt: skip
        names: list[Any] = []
        for name, same in _names(advisory).items():
            names += (name, ref, same, int(name in leads))
        self._name.add(names)

    def _add_rows(self, ref: int, affected: tuple[Affected, ...]) -> None:
        # The hot loop of every import.
        packages, versions, clauses = self._packages, self._versions, self._clauses
        bad_versions, bad_clauses = self._unreadable_versions, self._unreadable_clauses
        rows: list[int] = []
        for platform, name, scheme, introduced, fixed, last, state, said, names, severity, only_if in affected:
            terms = (scheme, names, state, said, severity, only_if, introduced, last)
            clause = clauses.get(terms) or self._new_clause(terms)
            version = versions.get((scheme, fixed)) or self._new_version(scheme, fixed)
            package = packages.get((platform, name)) or self._new_package(platform, name)
            rows += (ref, package, clause, version)
            if version in bad_versions or clause in bad_clauses:
                self._count_unreadable(scheme, bad_clauses.get(clause) or fixed)
        self.rows += len(affected)
        self._affected.extend(rows)

    def _new_platform(self, raw: str) -> int:
        name = codec.storable(raw)
        if name in self._platforms:
            return self._platforms[name]
        number = self._platforms[name] = len(self._platforms) + 1
        self._digest.update(codec.pack(("platform", name)).encode())
        self._connection.execute("INSERT INTO platform VALUES (?, ?)", (number, name))
        return number

    def _new_package(self, platform: str, name: str) -> int:
        if len(self._packages) >= _MOST_SHARED:
            self._packages.clear()
        place = self._platforms.get(platform) or self._new_platform(platform)
        self._package_count += 1
        number = self._packages[platform, name] = self._package_count
        self._package.add((number, place, name))
        return number

    def _new_version(self, scheme: str, text: str) -> int:
        if len(self._versions) >= _MOST_SHARED:
            self._versions.clear()
            self._unreadable_versions.clear()
        self._version_count += 1
        number = self._versions[scheme, text] = self._version_count
        key = self._keys[scheme, text]
        if text and key is None:
            self._unreadable_versions[number] = text
        self._version.add((number, scheme, text, key))
        return number

    def _new_clause(self, terms: tuple[Any, ...]) -> int:
        if len(self._clauses) >= _MOST_SHARED:
            self._clauses.clear()
            self._unreadable_clauses.clear()
        self._clause_count += 1
        number = self._clauses[terms] = self._clause_count
        scheme, names, state, said, severity, only_if, introduced, last = terms
        keys = self._keys[scheme, introduced], self._keys[scheme, last]
        for bound, key in zip((introduced, last), keys, strict=True):
            if bound and key is None:
                self._unreadable_clauses[number] = bound
        conditions = codec.pack_conditions(only_if)
        self._clause.add((number, scheme, names, state, said, severity, conditions, introduced, last, *keys))
        return number

    def _count_unreadable(self, scheme: str, version: str) -> None:
        self._unreadable[scheme] += 1
        self._examples.setdefault(scheme, version)

    def _add_enrichment(self, record: Enrichment) -> None:
        self.enrichments += 1
        epss, kev = record.epss, record.kev
        dates = (record.modified, record.published, epss.date if epss else "", kev.added if kev else "")
        for date in dates:
            self._newest.see(date)
        scores = (epss.score, epss.percentile, epss.date) if epss else (None, None, None)
        vectors, references = codec.pack_vectors(record.vectors), codec.pack_words(record.references)
        self._enrichment.add(
            (record.id, vectors, *scores, codec.pack_kev(kev), record.description, references,
             record.published, record.modified, int(record.rejected)),
            len(record.description) + len(references) + len(vectors),
        )  # fmt: skip

    def _add_coverage(self, record: Coverage) -> None:
        self.coverages += 1
        platform = self._platforms.get(record.platform) or self._new_platform(record.platform)
        self._coverage.add((platform, record.package, record.scheme, record.newest, int(record.examined)))

    def _all_notes(self) -> tuple[str, ...]:
        notes = list(self._notes)
        if len(notes) > _MOST_NOTES:
            notes = [*notes[:_MOST_NOTES], f"{len(notes) - _MOST_NOTES} more notes are left out"]
        for scheme, count in self._unreadable.items():
            example = self._examples[scheme]
            notes.append(
                f"{count} affected rows name a version that is none of scheme {scheme or '(none)'},"
                f" such as {example[:80]!r}; they are kept and judged as not comparable"
            )
        return tuple(notes)


def _names(advisory: Advisory) -> dict[str, int]:
    """Every id an advisory is found by → whether it is a name of the advisory itself (not of one CVE of it)."""
    names = dict.fromkeys(advisory.cves, 0)
    for name in (advisory.id, *advisory.aliases):
        names[name] = 1
    return names
