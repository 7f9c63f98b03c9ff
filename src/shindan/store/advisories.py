"""The advisory database: a folder of immutable generations, and which of them are in force."""

from __future__ import annotations

import contextlib
import gc
import json
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from urllib.parse import quote

from shindan.model.advisory import Generation, Knows, Record
from shindan.model.errors import StoreError
from shindan.store import catalogue, codec, schema
from shindan.store.catalogue import Catalogue
from shindan.store.generation_reader import GenerationReader
from shindan.store.generation_writer import GenerationWriter
from shindan.store.lock import exclusive
from shindan.store.merge import merge
from shindan.store.reader import AdvisoryReader

__all__ = ["AdvisoryReader", "AdvisoryStore", "merge"]

_PROGRESS_EVERY = 1_000
_COLLECT_EVERY = 100_000
_PATIENCE = 600.0

_FULL = "free some space there, or name another folder with --data DIR; the former generation stays in force"


class AdvisoryStore:
    """The generations below a folder (which need not exist until something is written).

    Writers take turns: they wait up to `patience` seconds for each other and call `waiting` with a sentence
    that says for whom. Readers never wait, never write, and never see half a feed.
    """

    def __init__(
        self, folder: Path, *, patience: float = _PATIENCE, waiting: Callable[[str], None] | None = None
    ) -> None:
        self._folder = folder
        self._patience = patience
        self._waiting = waiting

    def generations(self) -> tuple[Generation, ...]:
        """The generations in force, by name. Raises StoreError."""
        return catalogue.load(self._folder).generations

    def open(self) -> AdvisoryReader:
        """A reader of the generations in force now; use it as a context manager. Raises StoreError."""
        return AdvisoryReader(self._folder)

    def write(
        self,
        feed: str,
        label: str,
        records: Iterable[Record],
        *,
        knows: Knows,
        origin: str = "",
        parser_version: int = 1,
        created: str,
        progress: Callable[[int], None] | None = None,
    ) -> Generation:
        """Build one generation from a stream of records and put it in force.

        It replaces the one of the same feed and label. `created` is now, ISO 8601 in UTC; `progress` is told the
        number of records so far. Raises StoreError (no space, no right, no records at all), and whatever
        `records` raises; then the former generation stays in force and nothing is left behind.
        """
        if not feed or "@" in feed:
            raise StoreError(f"a feed cannot be called {feed!r}")
        draft = Generation(
            feed=feed,
            label=codec.storable(label),
            digest="",
            created=created,
            newest=created,
            knows=knows,
            origin=codec.storable(origin),
            parser_version=parser_version,
        )
        with self._writing(f"import of {draft.name}") as current:
            temporary = self._folder / f"{quote(feed, safe='')}.{os.getpid()}.tmp"
            try:
                generation = self._build(temporary, draft, records, progress)
                with self._guard():
                    temporary.replace(self._folder / catalogue.file_name(generation))
                    catalogue.sync_folder(self._folder)
                    catalogue.save(self._folder, current.with_new(generation))
            finally:
                temporary.unlink(missing_ok=True)
        return generation

    def paths(self) -> tuple[tuple[Generation, Path], ...]:
        """The generations in force with their files, which never change. Raises StoreError."""
        return tuple((one, self._folder / catalogue.file_name(one)) for one in self.generations())

    def adopt(self, pieces: Iterable[tuple[Generation, Iterable[bytes]]]) -> tuple[Generation, ...]:
        """Put generations in force that were written elsewhere, each given as the bytes of its file; all or none.

        They replace those of their names; others stay. Raises StoreError (no space, a file that is no generation or
        another than it is called), and whatever `pieces` raises; then nothing is changed and nothing left behind.
        """
        adopted: list[tuple[Generation, Path]] = []
        with self._writing("import of a bundle") as current:
            try:
                for number, (generation, chunks) in enumerate(pieces):
                    temporary = self._folder / f"bundle-{number}.{os.getpid()}.tmp"
                    adopted.append((generation, temporary))
                    self._copy(chunks, temporary)
                    with self._guard():
                        _refuse_broken(temporary, generation)
                with self._guard():
                    for generation, temporary in adopted:
                        temporary.replace(self._folder / catalogue.file_name(generation))
                        current = current.with_new(generation)
                    catalogue.sync_folder(self._folder)
                    # Only this makes them count; a writer that was killed before left files that are swept away.
                    catalogue.save(self._folder, current)
            finally:
                for _, temporary in adopted:
                    temporary.unlink(missing_ok=True)
        return tuple(generation for generation, _ in adopted)

    def remove(self, name: str) -> None:
        """Take a generation, and the one before it, out of the database. Raises StoreError for an unknown name."""
        with self._writing(f"removal of {name}") as current:
            _known(current, name)
            with self._guard():
                catalogue.save(self._folder, current.without(name))

    def rollback(self, name: str) -> Generation:
        """Put the previous generation of a name in force again; the one left becomes the previous one.

        Raises StoreError where there is no such name, no previous generation, or where its file is broken.
        """
        with self._writing(f"rollback of {name}") as current:
            _known(current, name)
            if name not in current.previous:
                raise StoreError(f"{name} has no previous generation to go back to")
            back = current.previous[name]
            self._check(back)
            with self._guard():
                catalogue.save(self._folder, current.rolled_back(name))
        return back

    def _build(
        self,
        path: Path,
        draft: Generation,
        records: Iterable[Record],
        progress: Callable[[int], None] | None,
    ) -> Generation:
        """Write and sync a complete file. The records' own errors pass through as they are."""
        with self._guard():
            writer = GenerationWriter(path, draft)
        collected = gc.get_threshold()
        # Millions of short-lived records and no cycles: looking for garbage seldom saves a tenth of the time.
        gc.set_threshold(_COLLECT_EVERY, *collected[1:])
        try:
            done = 0
            add = writer.add
            for done, record in enumerate(records, 1):
                try:  # the guard by hand: entering it costs a twentieth of all
                    add(record)
                except (sqlite3.Error, OSError) as error:
                    raise self._refused(error) from error
                if progress and done % _PROGRESS_EVERY == 0:
                    progress(done)
            if progress:
                progress(done)
            if not writer.holds_something:
                raise StoreError(
                    f"{draft.name}: {draft.origin or 'the feed'} holds no records; nothing was changed",
                    remedy="check that the file or folder is one of this feed's",
                )
            with self._guard():
                generation = writer.finish()
                _sync(path)
        finally:
            gc.set_threshold(*collected)
            writer.discard()
        return generation

    def _copy(self, chunks: Iterable[bytes], path: Path) -> None:
        """Write and sync a file. The chunks' own errors pass through as they are."""
        with self._guard():
            file = path.open("wb")
        with file:
            for chunk in chunks:
                with self._guard():
                    file.write(chunk)
            with self._guard():
                file.flush()
                os.fsync(file.fileno())

    @contextlib.contextmanager
    def _writing(self, purpose: str) -> Iterator[Catalogue]:
        """Hold the lock, yield the catalogue, and leave only files that the catalogue then names."""
        with self._guard():
            self._folder.mkdir(parents=True, exist_ok=True)
        with exclusive(self._folder / "lock", purpose, patience=self._patience, waiting=self._waiting):
            current = catalogue.load(self._folder, forgiving=True)
            with self._guard():
                # From here on an absent catalogue means a lost one, not a first import that was killed.
                catalogue.save(self._folder, current)
                self._sweep(current)
            try:
                yield current
            finally:
                with contextlib.suppress(OSError, StoreError):
                    self._sweep(catalogue.load(self._folder))

    def _sweep(self, current: Catalogue) -> None:
        """Remove what killed writers left and what is neither in force nor previous; the lock must be held."""
        keep = current.files()
        for path in (*self._folder.glob("*.tmp*"), *catalogue.generation_files(self._folder)):
            if path.name not in keep:
                path.unlink(missing_ok=True)

    def _check(self, generation: Generation) -> None:
        try:
            GenerationReader(self._folder / catalogue.file_name(generation), generation).close()
        except FileNotFoundError as error:
            raise StoreError(f"the previous generation of {generation.name} is missing: {error}") from error

    @contextlib.contextmanager
    def _guard(self) -> Iterator[None]:
        """What the disk or SQLite refuses becomes one error with a remedy."""
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise self._refused(error) from error

    def _refused(self, error: Exception) -> StoreError:
        return StoreError(f"cannot write the advisory database in {self._folder}: {error}", remedy=_FULL)


def _known(current: Catalogue, name: str) -> None:
    if name not in current.current:
        names = ", ".join(sorted(current.current)) or "none"
        raise StoreError(f"no generation is called {name}", remedy=f"choose one of those in force: {names}")


def _refuse_broken(path: Path, generation: Generation) -> None:
    """Raises StoreError unless the file is a whole generation, the one it is called."""
    try:
        codec.generation_from_json(json.loads(codec.pack(codec.generation_to_json(generation))))
    except ValueError as error:
        # Its digest and name become a file's name.
        raise StoreError(f"the generation {generation.name!r} cannot be taken: {error}") from error
    GenerationReader(path, generation).close()
    with contextlib.closing(schema.open_read_only(path)) as connection:
        (said,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if said != "ok":
        raise StoreError(f"the file of {generation.name} is broken: {said}")


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
