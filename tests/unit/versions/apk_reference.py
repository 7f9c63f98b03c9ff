"""A second implementation of apk's order: two versions read side by side, token by token, as apk-tools 3 does.

It shares nothing with `shindan.versions.apk`, which turns one version at a time into bytes. Beyond apk-tools 3 it
knows the two things that we take from apk-tools 2: a number after the letter, and `-r` without one.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntEnum
from itertools import takewhile

Value = int | str


class Kind(IntEnum):
    """Kinds of tokens: where two versions part, the one whose next token's kind is larger is the older version."""

    FIRST_NUMBER = 0
    NUMBER = 1
    PATCH_LEVEL = 2
    LETTER = 3
    SUFFIX = 4
    SUFFIX_NUMBER = 5
    HASH = 6
    REVISION = 7
    END = 8


SUFFIXES = ("alpha", "beta", "pre", "rc", "(none)", "cvs", "svn", "git", "hg", "p")
PLAIN = SUFFIXES.index("(none)")
DIGITS = "0123456789"
LETTERS = "abcdefghijklmnopqrstuvwxyz"


class NoVersion(Exception):
    """apk takes the string for no version."""


def compare(a: str, b: str) -> int | None:
    """-1, 0 or 1 as apk says of `a` and `b`, None if one of them is no version."""
    try:
        left, right = list(tokens(a)), list(tokens(b))
    except NoVersion:
        return None
    for (kind, value), (other_kind, other) in zip(left, right, strict=False):
        if kind != other_kind:
            return _parted(kind, value, other_kind, other)
        if value != other and (sign := _sign(kind, value, other)):
            return sign
    return 0


def tokens(version: str) -> Iterator[tuple[Kind, Value]]:
    """The tokens of a version, the last of them END; raises NoVersion."""
    kind, value, rest = _digits(Kind.FIRST_NUMBER, version)
    hashed = patched = False
    while True:
        yield kind, value
        if kind == Kind.END:
            return
        kind, value, rest = _next(kind, rest)
        hashed = hashed or kind == Kind.HASH
        patched = patched or kind == Kind.PATCH_LEVEL or (kind, value) == (Kind.REVISION, "")
        if hashed and patched:
            raise NoVersion("apk-tools 3 knows no patch levels, 2 no hashes")


def _next(last: Kind, rest: str) -> tuple[Kind, Value, str]:
    if not rest:
        return Kind.END, "", ""
    head, tail = rest[0], rest[1:]
    if head == "." and last <= Kind.NUMBER:
        return _digits(Kind.NUMBER, tail)
    if head in LETTERS and last <= Kind.NUMBER:
        return Kind.LETTER, head, tail
    if head in DIGITS and last in (Kind.LETTER, Kind.SUFFIX):
        return _digits(Kind.PATCH_LEVEL if last == Kind.LETTER else Kind.SUFFIX_NUMBER, rest)
    if head == "_" and last <= Kind.SUFFIX_NUMBER:
        return _suffix(tail)
    if head == "~" and last < Kind.HASH:
        return _span(Kind.HASH, "0123456789abcdef", tail)
    if rest.startswith("-r") and last < Kind.REVISION:
        return _digits(Kind.REVISION, rest[2:]) if rest[2:3] in tuple(DIGITS) else (Kind.REVISION, "", rest[2:])
    raise NoVersion(rest)


def _span(kind: Kind, allowed: str, text: str) -> tuple[Kind, str, str]:
    found = "".join(takewhile(allowed.__contains__, text))
    if not found:
        raise NoVersion(text)
    return kind, found, text[len(found) :]


def _digits(kind: Kind, text: str) -> tuple[Kind, Value, str]:
    return _span(kind, DIGITS, text)


def _suffix(text: str) -> tuple[Kind, Value, str]:
    _, name, rest = _span(Kind.SUFFIX, LETTERS, text)
    if name not in SUFFIXES:
        raise NoVersion(text)
    return Kind.SUFFIX, SUFFIXES.index(name), rest


def _parted(kind: Kind, value: Value, other_kind: Kind, other: Value) -> int:
    if kind == Kind.SUFFIX and isinstance(value, int) and value < PLAIN:
        return -1
    if other_kind == Kind.SUFFIX and isinstance(other, int) and other < PLAIN:
        return 1
    return -1 if kind > other_kind else 1


def _sign(kind: Kind, value: Value, other: Value) -> int:
    as_text = kind in (Kind.HASH, Kind.LETTER)
    if kind == Kind.NUMBER:
        as_text = "0" in (str(value)[0], str(other)[0])
    if as_text:
        return 1 if str(value) > str(other) else -1
    mine, others = int(value or 0), int(other or 0)
    return (mine > others) - (mine < others)
