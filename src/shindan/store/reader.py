"""All generations in force, read as one: what the rules, the service and `explain` ask of the database."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from shindan.model.advisory import Advisory, AffectedRow, Coverage, Enrichment, Generation
from shindan.model.errors import StoreError
from shindan.store import catalogue
from shindan.store.generation_reader import GenerationReader

_ATTEMPTS = 5
_MOST_STEPS = 8


class AdvisoryReader:
    """A consistent view of the generations in force when it was opened; later imports do not change it.

    Use it as a context manager, in the thread that opened it. Every method raises StoreError, which names the
    generation, where a file turns out to be broken.
    """

    def __init__(self, folder: Path) -> None:
        self._files = _opened(folder)
        self._by_name = {file.generation.name: file for file in self._files}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the files."""
        for file in self._files:
            file.close()

    @property
    def generations(self) -> tuple[Generation, ...]:
        """The generations in force, by name."""
        return tuple(file.generation for file in self._files)

    def speaks_for(self, platform: str) -> tuple[Generation, ...]:
        """The advisory generations that know this platform; none means that it cannot be judged."""
        return tuple(g for g in self.generations if g.knows != "enrichment" and platform in g.platforms)

    def rows(
        self, platform: str, packages: Collection[str], *, include_withdrawn: bool = False
    ) -> dict[str, list[AffectedRow]]:
        """Rows of every generation for these package names, by package name; names without rows are absent."""
        found: dict[str, list[AffectedRow]] = {}
        wanted = frozenset(packages)
        for file in self._files:
            for row in file.rows(platform, wanted, withdrawn=include_withdrawn):
                rows = found.get(row.package)
                if rows is None:
                    rows = found[row.package] = []
                rows.append(row)
        return found

    def all_rows(self, platform: str, *, include_withdrawn: bool = False) -> Iterator[AffectedRow]:
        """Every row of a platform, streamed: generation by generation, each by package."""
        for file in self._files:
            yield from file.all_rows(platform, withdrawn=include_withdrawn)

    def about(self, lead: str, *, include_withdrawn: bool = False) -> list[AffectedRow]:
        """Rows of one leading id on all platforms."""
        return [row for file in self._files for row in file.about(lead, withdrawn=include_withdrawn)]

    def advisory(self, generation: str, ref: int) -> Advisory:
        """The details of an advisory, without its rows. Raises StoreError when there is no such advisory."""
        found = self.advisories([(generation, ref)])
        if not found:
            raise StoreError(f"no advisory {ref} in generation {generation}")
        return found[generation, ref]

    def advisories(self, pairs: Iterable[tuple[str, int]]) -> dict[tuple[str, int], Advisory]:
        """Details by (generation name, ref), without the rows; unknown pairs are absent."""
        refs: dict[str, set[int]] = {}
        for generation, ref in pairs:
            refs.setdefault(generation, set()).add(ref)
        return {
            (name, ref): advisory
            for name, wanted in refs.items()
            if name in self._by_name
            for ref, advisory in self._by_name[name].advisories(wanted).items()
        }

    def enrichments(self, ids: Collection[str]) -> dict[str, tuple[tuple[str, Enrichment], ...]]:
        """(generation name, enrichment) pairs by CVE id; ids that nobody enriches are absent (see `merge`)."""
        found: dict[str, list[tuple[str, Enrichment]]] = {}
        wanted = frozenset(ids)
        for file in self._files:
            if file.generation.enrichments:
                for enrichment in file.enrichments(wanted):
                    found.setdefault(enrichment.id, []).append((file.generation.name, enrichment))
        return {own: tuple(pairs) for own, pairs in found.items()}

    def coverage(self, platform: str, packages: Collection[str]) -> dict[tuple[str, str], Coverage]:
        """(generation name, package) → how far that generation looked, where it says so."""
        wanted = frozenset(packages)
        return {
            (file.generation.name, package): coverage
            for file in self._files
            for package, coverage in file.coverage(platform, wanted).items()
        }

    def aliases(self, ids: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """The leading ids of each id, over all generations: its CVE ids, else the vendor's own.

        An alias that only one generation knows still joins what the others say. A CVE id, or an id that no
        generation has heard of, leads itself.
        """
        return {own: self._leads(own) for own in dict.fromkeys(ids)}

    def _leads(self, asked: str) -> tuple[str, ...]:
        if asked.startswith("CVE-"):
            return (asked,)
        vendors: dict[str, None] = {}
        seen, frontier = {asked}, {asked}
        # Each step follows aliases one advisory further; real chains have one or two, hostile ones may not end.
        for _ in range(_MOST_STEPS):
            leads, names = self._step(frontier)
            cves = tuple(sorted(lead for lead in leads if lead.startswith("CVE-")))
            if cves:
                return cves
            vendors.update(dict.fromkeys(leads))
            frontier = names - seen
            seen |= frontier
            if not frontier:
                break
        return tuple(vendors)[:1] or (asked,)

    def _step(self, ids: Collection[str]) -> tuple[list[str], set[str]]:
        leads: list[str] = []
        names: set[str] = set()
        for file in self._files:
            for naming in file.namings(ids):
                leads.extend(naming.leads)
                names.update(naming.names)
        return leads, names


def _opened(folder: Path) -> tuple[GenerationReader, ...]:
    """The files in force. A writer may replace one between reading the catalogue and opening it: look again."""
    for _ in range(_ATTEMPTS):
        seen = catalogue.load(folder)
        try:
            return _open_all(folder, seen.generations)
        except FileNotFoundError as error:
            missing = error
            if catalogue.load(folder) == seen:
                break
    raise StoreError(
        f"a file of the advisory database is missing: {missing}", remedy="run `shindan feeds update`"
    ) from missing


def _open_all(folder: Path, generations: tuple[Generation, ...]) -> tuple[GenerationReader, ...]:
    files: list[GenerationReader] = []
    try:
        for generation in generations:
            files.append(GenerationReader(folder / catalogue.file_name(generation), generation))
    except BaseException:
        for file in files:
            file.close()
        raise
    return tuple(files)
