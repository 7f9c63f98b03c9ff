"""Texts of rules in paragraphs and pieces: plain, code, and links to web addresses; nothing else becomes markup."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from shindan.render.html_view import link
from shindan.render.words import harmless

_MARKS = re.compile(r"\[([^\[\]]{1,200})\]\((https?://[^\s()]{1,1000})\)|`([^`\n]{1,300})`")


class Piece(NamedTuple):
    """A part of a paragraph: plain, `code`, or a link where `href` is not empty."""

    text: str
    code: bool = False
    href: str = ""


def paragraphs(text: str, most: int) -> tuple[tuple[Piece, ...], ...]:
    """The paragraphs of a text's first characters, in pieces; `[words](address)` becomes a link to a web address."""
    kept = text if len(text) <= most else f"{text[:most].rsplit(' ', 1)[0]} …"
    parts = (harmless(part).strip() for part in re.split(r"\n\s*\n", kept))
    return tuple(tuple(_pieces(part)) for part in parts if part)


def _pieces(text: str) -> Sequence[Piece]:
    found: list[Piece] = []
    end = 0
    for mark in _MARKS.finditer(text):
        if mark.start() > end:
            found.append(Piece(text[end : mark.start()]))
        words, address, code = mark.groups()
        found.append(Piece(code, code=True) if code else Piece(words, href=link(address)))
        end = mark.end()
    if end < len(text):
        found.append(Piece(text[end:]))
    return found
