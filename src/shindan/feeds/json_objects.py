"""One large JSON document, read object by object: memory is that of its largest member, not of the document.

Only braces and strings are looked at; each piece is then decoded by a strict parser, so that what is no JSON fails.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

from shindan.model.errors import FeedError

MAX_OBJECT = 64 * 1024**2
"""Bytes of one member: the Linux kernel's in Debian's tracker has some 15 MB."""

_BLOCK = 1024 * 1024
# A brace; a run of whole strings and what stands between them; or the quote of a string that goes on in the next block.
_TOKEN = re.compile(rb'[{}]|(?:"[^"\\]*(?:\\.[^"\\]*)*"[^"{}]*)+|"', re.DOTALL)
_OPEN, _CLOSE, _QUOTE = b'{}"'


def objects(stream: BinaryIO, name: str) -> Iterator[tuple[bytes, bytes]]:
    """(text before it, text) of each object that stands directly in the document's own object, or in a list there.

    The last pair has what stands before the final brace, and no object. Raises FeedError where the document is none,
    ends in the middle, goes on after its end, or has a member of more than `MAX_OBJECT` bytes.
    """
    buffer = _start(stream, name)
    begun = scanned = 1  # behind the first brace
    depth, opened = 1, 0
    while depth:
        for token in _TOKEN.finditer(buffer, scanned):
            scanned = token.end()
            first = buffer[token.start()]
            if first == _OPEN:
                depth += 1
                opened = token.start() if depth == 2 else opened
            elif first == _CLOSE:
                depth -= 1
                if depth == 1:
                    yield buffer[begun:opened], buffer[opened:scanned]
                    begun = scanned
                elif depth == 0:
                    break
            elif token.end() - token.start() == 1:
                scanned = token.start()
                break
        if depth:
            block = stream.read(_BLOCK)
            if not block:
                raise FeedError(f"{name} ends in the middle: it is torn", remedy="fetch it again")
            if len(buffer) - begun > MAX_OBJECT:
                raise FeedError(f"{name}: one member has more than {MAX_OBJECT:,} bytes")
            buffer = buffer[begun:] + block
            scanned, opened, begun = scanned - begun, opened - begun, 0
    yield buffer[begun : scanned - 1], b""
    if buffer[scanned:].strip() or stream.read(_BLOCK).strip():
        raise FeedError(f"{name} goes on after its end: it is no single document")


def _start(stream: BinaryIO, name: str) -> bytes:
    """The first block, from the document's first brace on."""
    block = stream.read(_BLOCK).removeprefix(b"\xef\xbb\xbf").lstrip()
    if block[:1] != b"{":
        raise FeedError(f"{name} is no JSON object: it begins with {block[:20]!r}")
    return block
