"""What a download keeps beside its file: what the server said of it, and the part of one that was cut."""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import hashlib
import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import IO


@dataclasses.dataclass(frozen=True, slots=True)
class Seen:
    """What a server said of a file: its address and validators (RFC 9110 section 8.8), and what it is by SHA-256."""

    url: str
    etag: str = ""
    last_modified: str = ""
    sha256: str = ""

    @classmethod
    def of(cls, into: Path, url: str) -> Seen | None:
        """What is known of the copy at `into`; None if it is another's, was changed since, or cannot be asked for."""
        known = cls.read(into.with_name(f".{into.name}.seen"))
        if known is None or known.url != url or not (known.etag or known.last_modified):
            return None
        try:
            return known if digest(into) == known.sha256 else None
        except OSError:
            return None

    @classmethod
    def read(cls, path: Path) -> Seen | None:
        """A note as `write` left it; None where it is missing or torn."""
        try:
            said = json.loads(path.read_text(encoding="utf-8"))
            return cls(*(str(said[field.name]) for field in dataclasses.fields(cls)))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def write(self, path: Path) -> None:
        """Keeps the note."""
        path.write_text(json.dumps(dataclasses.asdict(self)), encoding="utf-8")

    def conditions(self) -> dict[str, str]:
        """Header fields that ask for the content only if it is another one (section 13.1)."""
        fields = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in fields.items() if value}

    @property
    def strong(self) -> str:
        """The validator that a range may rest on (section 13.1.5): never a weak one."""
        return self.etag if self.etag and not self.etag.startswith("W/") else self.last_modified

    def with_digest(self, sha256: str) -> Seen:
        """The same, about this content."""
        return dataclasses.replace(self, sha256=sha256)


class Part:
    """A partial file, and the note that tells what it is part of."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._note = path.with_name(path.name + ".seen")

    def size(self) -> int:
        """Bytes that are there."""
        return self.path.stat().st_size if self.path.exists() else 0

    def conditions(self, url: str, *, checked: bool) -> tuple[int, dict[str, str]]:
        """Where to go on, and the header fields that ask for the rest of the same content.

        Without a validator only a download whose checksum is known (`checked`) goes on. (0, {}) to begin anew.
        """
        said, start = Seen.read(self._note), self.size()
        if not start or said is None or said.url != url or not (said.strong or checked):
            return 0, {}
        fields = {"Range": f"bytes={start}-"}
        return start, fields | ({"If-Range": said.strong} if said.strong else {})

    def begin(self, said: Seen) -> None:
        """Notes what the part is going to be part of."""
        said.write(self._note)

    def opened(self, begin: int) -> IO[bytes]:
        """The part, to be written from `begin` on."""
        return self.path.open("ab" if begin else "wb")

    def discard(self) -> None:
        """Takes away part and note."""
        self.path.unlink(missing_ok=True)
        self._note.unlink(missing_ok=True)

    def finish(self, into: Path, said: Seen) -> None:
        """Puts the part in place as `into`, and what the server said beside it."""
        note = into.with_name(f".{into.name}.seen")
        note.unlink(missing_ok=True)
        self.path.replace(into)
        self._note.unlink(missing_ok=True)
        if said.etag or said.last_modified:
            said.write(note)


@contextlib.contextmanager
def part_of(into: Path) -> Iterator[Part]:
    """The part of `into`, locked; one of its own where another process is downloading the same file."""
    path = into.with_name(f".{into.name}.part")
    with path.open("ab") as held:
        if _locked(held, path):
            part = Part(path)
            try:
                yield part
            finally:
                if path.exists() and not part.size():
                    part.discard()
            return
    own = Part(into.with_name(f".{into.name}.{os.getpid()}-{threading.get_ident()}.part"))
    try:
        yield own
    finally:
        own.discard()


def digest(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _locked(held: IO[bytes], path: Path) -> bool:
    """Whether the lock is ours and the file still the one at `path`, not one that was put in place meanwhile."""
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.fstat(held.fileno()).st_ino == path.stat().st_ino
    except OSError:
        return False
