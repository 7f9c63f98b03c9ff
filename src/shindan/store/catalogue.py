"""Which generations are in force: one small file, replaced whole, and rebuilt from the generations if lost."""

from __future__ import annotations

import contextlib
import json
import os
import re
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from shindan.model.advisory import Generation
from shindan.model.errors import StoreError
from shindan.store import codec, schema

NAME = "current.json"
VERSION = 1

_OURS = re.compile(r".+-[0-9a-f]{16}\.sqlite")
_LONGEST = 120


class _Torn(Exception):
    """The catalogue is not what was written."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The generation in force under each name, and the one before it."""

    current: Mapping[str, Generation] = field(default_factory=dict)
    previous: Mapping[str, Generation] = field(default_factory=dict)

    @property
    def generations(self) -> tuple[Generation, ...]:
        """Those in force, by name."""
        return tuple(self.current[name] for name in sorted(self.current))

    def files(self) -> frozenset[str]:
        """The names of every file that must stay."""
        return frozenset(map(file_name, (*self.current.values(), *self.previous.values())))

    def with_new(self, generation: Generation) -> Catalogue:
        """With a generation put in force; the one it replaces becomes the previous one."""
        name = generation.name
        former = self.current.get(name)
        previous = dict(self.previous)
        # The same content loaded again is the same file: what was there before stays what to go back to.
        if former is not None and former.digest != generation.digest:
            previous[name] = former
        return Catalogue({**self.current, name: generation}, previous)

    def without(self, name: str) -> Catalogue:
        """Without a name, neither its current nor its previous generation."""
        return Catalogue(
            {n: g for n, g in self.current.items() if n != name},
            {n: g for n, g in self.previous.items() if n != name},
        )

    def rolled_back(self, name: str) -> Catalogue:
        """With current and previous of a name exchanged. Raises KeyError where there is no previous one."""
        return Catalogue({**self.current, name: self.previous[name]}, {**self.previous, name: self.current[name]})


def file_name(generation: Generation) -> str:
    """`<feed>[@label]-<digest>.sqlite`; characters that a file name should not hold are percent-encoded."""
    stem = quote(generation.name, safe="@")
    if len(stem) > _LONGEST:
        import hashlib  # rarely needed, and slow to load

        stem = f"{stem[:_LONGEST]}~{hashlib.sha256(stem.encode()).hexdigest()[:16]}"
    return f"{stem}-{generation.digest[:16]}.sqlite"


def generation_files(folder: Path) -> list[Path]:
    """Every file that looks like a generation, in force or not."""
    try:
        return sorted(path for path in folder.iterdir() if _OURS.fullmatch(path.name))
    except FileNotFoundError:
        return []
    except OSError as error:
        raise _unreadable(folder, error) from error


def load(folder: Path, *, forgiving: bool = False) -> Catalogue:
    """The catalogue of a folder; an absent folder has an empty one. Nothing is written.

    A lost or torn catalogue is rebuilt from the generations' own words. Raises StoreError where that is not
    possible; `forgiving` (for a writer, who is about to bring new data) leaves broken generations out instead.
    """
    try:
        text = (folder / NAME).read_bytes()
    except FileNotFoundError:
        return _rebuilt(folder, forgiving)
    except OSError as error:
        raise _unreadable(folder / NAME, error) from error
    try:
        return _parsed(text)
    except _Torn:
        return _rebuilt(folder, forgiving)


def save(folder: Path, catalogue: Catalogue) -> None:
    """Replace the catalogue: readers see the old one or the new one. Raises OSError."""
    body = {
        "version": VERSION,
        "current": [codec.generation_to_json(g) for g in catalogue.generations],
        "previous": [codec.generation_to_json(catalogue.previous[n]) for n in sorted(catalogue.previous)],
    }
    temporary = folder / f"{NAME}.{os.getpid()}.tmp"
    try:
        with temporary.open("w", encoding="utf-8") as file:
            json.dump(body, file, indent=1)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(folder / NAME)
    finally:
        temporary.unlink(missing_ok=True)
    sync_folder(folder)


def sync_folder(folder: Path) -> None:
    """Make renames in a folder survive a power cut. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _parsed(text: bytes) -> Catalogue:
    try:
        body: Any = json.loads(text)
        if not isinstance(body, dict) or not isinstance(body.get("version"), int):
            raise _Torn
        if body["version"] > VERSION:
            raise StoreError(
                f"the advisory database was written by a newer Shindan (catalogue version {body['version']})",
                remedy="upgrade shindan, or name another folder with --data DIR",
            )
        return Catalogue(_by_name(body.get("current")), _by_name(body.get("previous")))
    except (ValueError, RecursionError) as error:
        raise _Torn from error


def _by_name(items: Any) -> dict[str, Generation]:
    if not isinstance(items, list):
        raise _Torn
    generations = [codec.generation_from_json(item) for item in items]
    return {generation.name: generation for generation in generations}


def _rebuilt(folder: Path, forgiving: bool) -> Catalogue:
    """Per name the generation that was loaded last is in force, and the one before it is the previous one."""
    found: list[Generation] = []
    for path in generation_files(folder):
        try:
            found.append(described(path))
        except (sqlite3.Error, OSError, ValueError) as error:
            if not forgiving:
                raise StoreError(
                    f"the catalogue of the advisory database is lost and {path} cannot be read: {error}",
                    remedy="run `shindan feeds update`",
                ) from error
    catalogue = Catalogue()
    for generation in sorted(found, key=lambda g: (g.created, g.digest)):
        catalogue = catalogue.with_new(generation)
    return catalogue


def described(path: Path) -> Generation:
    """What a generation file says of itself. Raises OSError, sqlite3.Error, ValueError; StoreError if it is newer."""
    with contextlib.closing(schema.open_read_only(path)) as connection:
        row = connection.execute("SELECT generation FROM meta").fetchone()
    if row is None:
        raise ValueError("it was never completed")
    return codec.generation_from_json(json.loads(row[0]))


def _unreadable(path: Path, error: OSError) -> StoreError:
    return StoreError(
        f"cannot read the advisory database: {path}: {error.strerror or error}",
        remedy="run as a user who may read that folder, or name another with --data DIR",
    )
