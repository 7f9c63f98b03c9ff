"""One generation file, read."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import islice
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from shindan.model.advisory import (
    Advisory,
    AffectedRow,
    Condition,
    Coverage,
    Enrichment,
    Generation,
    Names,
    State,
)
from shindan.model.errors import StoreError
from shindan.store import codec, schema

T = TypeVar("T")

_CHUNK = 500
"""Values per query, far below SQLite's limit of parameters (999 in old builds)."""

_ROWS = "SELECT ref, package, clause, fixed FROM affected "
_ROWS_OF_PACKAGES = _ROWS + "WHERE package IN (?*)"
# CROSS fixes the order of the join: the names in order, each with its rows.
_ROWS_OF_PLATFORM = """
SELECT f.ref, f.package, f.clause, f.fixed FROM package AS p CROSS JOIN affected AS f ON f.package = p.id
WHERE p.platform = ? ORDER BY p.name
"""
_ROWS_OF_ADVISORIES = """
SELECT f.ref, f.package, f.clause, f.fixed
FROM advisory AS a CROSS JOIN affected AS f ON f.rowid >= a.first AND f.rowid < a.beyond WHERE a.ref IN (?*)
"""
_PACKAGES_CALLED = "SELECT id, name FROM package WHERE platform = ? AND name IN (?*)"
_LED_BY = "SELECT ref FROM name WHERE id = ? AND leading = 1"
_PACKAGES = "SELECT id, name FROM package WHERE id IN (?*)"
_VERSIONS = "SELECT id, text, key FROM version WHERE id IN (?*)"
_CLAUSES = "SELECT * FROM clause WHERE id IN (?*)"
_ADVISORIES = "SELECT ref, id, leads, withdrawn FROM advisory WHERE ref IN (?*)"
_COVERAGE = "SELECT package, scheme, newest, examined FROM coverage WHERE platform = ? AND package IN (?*)"
_DETAILS = """
SELECT a.ref, a.id, d.feed, d.title, d.cves, d.aliases, d.severity, d.vectors, d.description, d."references",
  d.published, d.modified, a.withdrawn
FROM advisory AS a JOIN detail AS d ON d.ref = a.ref WHERE a.ref IN (?*)
"""
_ENRICHMENTS = """
SELECT id, vectors, epss, percentile, epss_date, kev, description, "references", published, modified, rejected
FROM enrichment WHERE id IN (?*)
"""
_NAMINGS = """
SELECT n.same, a.id, a.leads, d.aliases
FROM name AS n JOIN advisory AS a ON a.ref = n.ref JOIN detail AS d ON d.ref = n.ref
WHERE n.id IN (?*) ORDER BY n.ref
"""


Found = tuple[int, int, int, int]
"""A row as the file has it: its advisory's ref, and the numbers of package, clause and fixing version."""


class _Clause(NamedTuple):
    """What rows share, decoded once."""

    scheme: str
    names: Names
    state: State
    vendor_state: str
    severity: str
    only_if: tuple[Condition, ...]
    introduced: str
    last_affected: str
    introduced_key: bytes | None
    last_affected_key: bytes | None
    unreadable: str


class Naming(NamedTuple):
    """An advisory that bears some id: all its names of the same thing, and the ids that lead."""

    names: tuple[str, ...]
    leads: tuple[str, ...]


class GenerationReader:
    """Read-only access to one generation. Every method raises StoreError where the file is broken."""

    def __init__(self, path: Path, generation: Generation) -> None:
        """Raises FileNotFoundError where another process has just put a newer generation in its place."""
        self.generation = generation
        self._path = path
        with self._guard():
            self._connection = schema.open_read_only(path)
        self._platforms: dict[str, int] = {}
        # What rows refer to, as far as it was asked for.
        self._packages: dict[int, str] = {}
        self._versions: dict[int, tuple[str, bytes | None, str]] = {}
        self._clauses: dict[int, _Clause] = {}
        self._advisories: dict[int, tuple[str, tuple[str, ...], int]] = {}
        try:
            self._read_head()
        except StoreError:
            self._connection.close()
            raise

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def rows(self, platform: str, packages: Collection[str], *, withdrawn: bool) -> Iterator[AffectedRow]:
        """Rows of a platform for these package names; those of withdrawn advisories only if asked for."""
        number = self._platforms.get(platform)
        if number is None:
            return
        called = [row for found in self._ask_many(_PACKAGES_CALLED, packages, number) for row in found]
        self._packages.update(called)
        for found in self._ask_many(_ROWS_OF_PACKAGES, [number for number, _ in called]):
            yield from self._built(found, withdrawn)

    def all_rows(self, platform: str, *, withdrawn: bool) -> Iterator[AffectedRow]:
        """Every row of a platform, by package, streamed."""
        number = self._platforms.get(platform)
        if number is None:
            return
        with self._guard():
            cursor = self._connection.execute(_ROWS_OF_PLATFORM, (number,))
            while found := cursor.fetchmany(1000):
                yield from self._built(found, withdrawn)

    def about(self, lead: str, *, withdrawn: bool) -> Iterator[AffectedRow]:
        """Rows, on any platform, of the advisories that an id leads."""
        refs = [ref for (ref,) in self._ask(_LED_BY, (lead,))]
        for found in self._ask_many(_ROWS_OF_ADVISORIES, refs):
            yield from self._built(found, withdrawn)

    def advisories(self, refs: Collection[int]) -> dict[int, Advisory]:
        """Details by ref; unknown refs are absent."""
        with self._guard():
            return {row[0]: _advisory(row) for found in self._ask_many(_DETAILS, refs) for row in found}

    def enrichments(self, ids: Collection[str]) -> list[Enrichment]:
        """What this generation says of CVE ids."""
        with self._guard():
            return [_enrichment(row) for found in self._ask_many(_ENRICHMENTS, ids) for row in found]

    def coverage(self, platform: str, packages: Collection[str]) -> dict[str, Coverage]:
        """How far this generation looked, by package, where it says so."""
        number = self._platforms.get(platform)
        if number is None:
            return {}
        return {
            package: Coverage(platform, package, scheme, newest, bool(examined))
            for found in self._ask_many(_COVERAGE, packages, number)
            for package, scheme, newest, examined in found
        }

    def namings(self, ids: Collection[str]) -> list[Naming]:
        """The advisories that bear one of these ids as their own, as an alias, or as a CVE they speak of."""
        with self._guard():
            return [
                Naming((own, *codec.unpack_words(aliases)) if same else (), codec.unpack_words(leads))
                for found in self._ask_many(_NAMINGS, ids)
                for same, own, leads, aliases in found
            ]

    def _read_head(self) -> None:
        described = self._ask("SELECT generation FROM meta", ())
        with self._guard():
            generations = [codec.generation_from_json(json.loads(text)) for (text,) in described]
            if [generation.digest for generation in generations] != [self.generation.digest]:
                raise sqlite3.DatabaseError("it holds another generation than its name says")
        self._platforms = {name: number for number, name in self._ask("SELECT id, name FROM platform", ())}

    def _built(self, found: Sequence[Found], withdrawn: bool) -> list[AffectedRow]:
        """Rows as the model has them; the hot loop of every scan, so what rows share is made once."""
        if not found:
            return []
        refs, packages, clauses, versions = map(set, zip(*found, strict=True))
        self._need(self._advisories, refs, _ADVISORIES, _heading)
        self._need(self._packages, packages, _PACKAGES, itemgetter(1))
        self._need(self._clauses, clauses, _CLAUSES, _clause)
        self._need(self._versions, versions, _VERSIONS, _version)
        generation, made = self.generation.name, AffectedRow._make
        headings, names_of, clause_of, version_of = self._advisories, self._packages, self._clauses, self._versions
        built = []
        for ref, package, clause, version in found:
            advisory, leads, hidden = headings[ref]
            if hidden and not withdrawn:
                continue
            fixed, fixed_key, bad = version_of[version]
            scheme, names, state, said, severity, only_if, since, last, since_key, last_key, unreadable = clause_of[
                clause
            ]
            built.append(
                made((
                    generation, ref, advisory, leads, names_of[package], names, scheme, since, fixed, last,
                    since_key, fixed_key, last_key, state, said, severity, only_if, bad or unreadable,
                ))
            )  # fmt: skip
        return built

    def _need(self, known: dict[int, T], numbers: set[int], sql: str, make: Callable[[tuple[Any, ...]], T]) -> None:
        """Reads what is not known yet of the things that rows refer to."""
        missing = numbers - known.keys()
        if not missing:
            return
        with self._guard():
            for found in self._ask_many(sql, missing):
                known.update((row[0], make(row)) for row in found)
            if not missing <= known.keys():
                raise sqlite3.DatabaseError("rows refer to something that is not there")

    def _ask(self, sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        with self._guard():
            return self._connection.execute(sql, values).fetchall()

    def _ask_many(
        self, sql: str, values: Iterable[str] | Iterable[int], *before: int
    ) -> Iterator[list[tuple[Any, ...]]]:
        """A query whose `?*` stands for many values, asked in chunks; sorted, for neighbours share pages."""
        wanted: Iterator[str | int] = iter(sorted(values))
        while chunk := tuple(islice(wanted, _CHUNK)):
            marks = ",".join("?" * len(chunk))
            yield self._ask(sql.replace("?*", marks), (*before, *chunk))

    @contextlib.contextmanager
    def _guard(self) -> Iterator[None]:
        """Whatever a torn file makes of a query becomes an error that names the generation and the remedy."""
        try:
            yield
        except (sqlite3.Error, ValueError, TypeError) as error:
            raise StoreError(
                f"generation {self.generation.name} of the advisory database is broken ({self._path}: {error})",
                remedy=f"run `shindan feeds update {self.generation.feed}`, or import it again",
            ) from error


def _heading(row: tuple[Any, ...]) -> tuple[str, tuple[str, ...], int]:
    _, own, leads, withdrawn = row
    return own, codec.unpack_words(leads), withdrawn


def _version(row: tuple[Any, ...]) -> tuple[str, bytes | None, str]:
    """A version, its key, and the version again where it is none of its scheme."""
    _, text, key = row
    return text, key, text if key is None else ""


def _clause(row: tuple[Any, ...]) -> _Clause:
    _, scheme, names, state, said, severity, only_if, introduced, last, introduced_key, last_key = row
    unreadable = ""
    for version, key in ((introduced, introduced_key), (last, last_key)):
        if version and key is None:
            unreadable = version
    conditions = codec.unpack_conditions(only_if)
    return _Clause(
        scheme, names, state, said, severity, conditions, introduced, last, introduced_key, last_key, unreadable
    )  # fmt: skip


def _advisory(row: tuple[Any, ...]) -> Advisory:
    (_, own, feed, title, cves, aliases, severity, vectors, description, references,
     published, modified, withdrawn) = row  # fmt: skip
    return Advisory(
        id=own,
        feed=feed,
        title=title,
        cves=codec.unpack_words(cves),
        aliases=codec.unpack_words(aliases),
        severity=severity,
        vectors=codec.unpack_vectors(vectors),
        description=description,
        references=codec.unpack_words(references),
        published=published,
        modified=modified,
        withdrawn=bool(withdrawn),
    )


def _enrichment(row: tuple[Any, ...]) -> Enrichment:
    (own, vectors, score, percentile, date, kev, description, references,
     published, modified, rejected) = row  # fmt: skip
    return Enrichment(
        id=own,
        vectors=codec.unpack_vectors(vectors),
        epss=codec.unpack_epss(score, percentile, date),
        kev=codec.unpack_kev(kev),
        description=description,
        references=codec.unpack_words(references),
        published=published,
        modified=modified,
        rejected=bool(rejected),
    )
