"""The lines of a batch: what is good of them, and what is wrong with the rest.

A small file can unpack to a large one, so it is unpacked as it is read, and no further than a batch may go.
"""

from __future__ import annotations

import gzip
import hashlib
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import IO, Any, cast

import msgspec
import zstandard

from shindan.facts import wire
from shindan.facts.fact import Fact, check
from shindan.facts.platform import Platform, platform_of
from shindan.model.agent import BatchHeader
from shindan.service.agent_refused import AgentRefused

MOST_BYTES = 64 * 1024 * 1024
"""Of a batch's lines together."""

MOST_LINES = 200_000
"""Lines that are kept of a batch; the largest real hosts have some 30,000 facts."""

MOST_TOLD = 10
_LONGEST_REASON = 200
_PIECE = 256 * 1024
_DAMAGED = (EOFError, zlib.error, gzip.BadGzipFile, zstandard.ZstdError, OSError)


class _Line(msgspec.Struct):
    kind: str
    subject: str
    data: dict[str, Any] = {}


_DECODER = msgspec.json.Decoder(_Line)
_ENCODER = msgspec.json.Encoder()
_NOT_QUICK = (msgspec.MsgspecError, ValueError, OverflowError, RecursionError, TypeError)


@dataclass(slots=True)
class Read:
    """What was read: good lines as canonical NDJSON, and what of them says which host it is.

    `why` are the first reasons, each with the number of its line.
    """

    lines: list[bytes] = field(default_factory=list)
    refused: int = 0
    why: list[str] = field(default_factory=list)
    platform: Platform | None = None
    kernel: str = ""
    host: Mapping[str, Any] = field(default_factory=dict)

    def refuse(self, number: int, reason: str) -> None:
        """Counts a line that is no good."""
        self.refused += 1
        if len(self.why) < MOST_TOLD:
            self.why.append(f"line {number}: {reason[:_LONGEST_REASON]}")

    def keep(self, fact: Fact, line: bytes) -> None:
        """Keeps a good line."""
        self.lines.append(line)
        if fact.kind == "platform" and self.platform is None and fact.data.get("id"):
            self.platform = platform_of(fact.data)
        elif fact.kind == "kernel" and fact.subject == "running":
            self.kernel = str(fact.data.get("release") or "")
        elif fact.kind == "host":
            self.host = fact.data


def read_batch(stream: IO[bytes], header: BatchHeader) -> Read:
    """What a whole batch holds; lines of kinds that it does not declare are refused, gaps are always welcome.

    Raises AgentRefused: WrongSum where it is not the batch that the header speaks of, WrongDigest where its lines are
    other ones, TooLarge for lines of more than MOST_BYTES, Malformed for what cannot be unpacked.
    """
    packed = hashlib.sha256()
    while piece := stream.read(_PIECE):
        packed.update(piece)
    if packed.hexdigest() != header.sha256:
        raise AgentRefused("WrongSum", "the batch that came is another one than its header says; send it again", have=0)
    stream.seek(0)
    content = _unpacked(stream)
    if hashlib.sha256(content).hexdigest() != header.digest:
        raise AgentRefused("WrongDigest", "the digest in the header is not that of the batch's lines")
    return _read(content, frozenset((*header.kinds, "gap")))


def _unpacked(stream: IO[bytes]) -> bytes:
    start = stream.read(4)
    stream.seek(0)
    opened: IO[bytes]
    if start[:2] == b"\x1f\x8b":
        opened = cast("IO[bytes]", gzip.GzipFile(fileobj=stream))
    elif start == b"\x28\xb5\x2f\xfd":
        opened = cast("IO[bytes]", zstandard.ZstdDecompressor(max_window_size=2**27).stream_reader(stream))
    elif not start:
        return b""
    else:
        raise AgentRefused("Malformed", "a batch is gzip or zstd")
    found = bytearray()
    try:
        while piece := opened.read(_PIECE):
            found += piece
            if len(found) > MOST_BYTES:
                raise AgentRefused("TooLarge", f"the lines of a batch have at most {MOST_BYTES:,} bytes")
    except _DAMAGED as error:
        raise AgentRefused("Malformed", f"the batch cannot be unpacked: {error}") from None
    return bytes(found)


def _read(content: bytes, kinds: frozenset[str]) -> Read:
    found = Read()
    for number, line in _lines(content):
        if len(found.lines) >= MOST_LINES:
            found.refuse(number, f"more than {MOST_LINES:,} lines")
        elif len(line) > wire.MAX_LINE:
            found.refuse(number, f"longer than {wire.MAX_LINE} bytes")
        else:
            _take(found, number, line, kinds)
    return found


def _lines(content: bytes) -> Iterator[tuple[int, bytes]]:
    """(number, line) of all that are not empty, without making a list of them."""
    start, number, end = 0, 0, len(content)
    while start < end:
        stop = content.find(b"\n", start)
        stop = end if stop < 0 else stop
        number += 1
        line = content[start:stop]
        if line.strip():
            yield number, line
        start = stop + 1


def _take(found: Read, number: int, line: bytes, kinds: frozenset[str]) -> None:
    try:
        fact, canonical = _parsed(line)
    except ValueError as error:
        found.refuse(number, str(error))
        return
    if fact.kind not in kinds:
        found.refuse(number, f"the batch does not declare the kind {fact.kind!r}")
    else:
        found.keep(fact, canonical)


def _parsed(line: bytes) -> tuple[Fact, bytes]:
    """A fact and its one way of being written. Raises ValueError with the reason."""
    try:
        read = _DECODER.decode(line)
        fact = Fact(read.kind, read.subject, read.data)
        canonical = _ENCODER.encode(read)
    except _NOT_QUICK:
        # Escaped lone surrogates, numbers beyond 64 bits, and all that is wrong: told by the reader of all other doors.
        fact = wire.loads(line)
        return fact, wire.dumps(fact).encode()
    wrong = check(fact)
    if wrong is not None:
        raise ValueError(wrong)
    return fact, canonical
