"""rpm's order of `[epoch:]version[-release]` (rpm-version(7); librpm's rpmverParse and rpmverCmp, rpm 4.16 and later).

rpm takes any string but the empty one. A missing epoch is 0. A missing release sorts before every release, even the
empty one; whoever wants "any release of this version" must say so by other means.

Key: epoch, version, a byte that says whether there is a release, release. Version and release are segments:

    ~            01
    end          02
    ^            03
    letters      04, the letters, 00
    digits       05, the number

All else (separators, and whatever is not ASCII) only separates segments and leaves no trace: `1.a` is `1a`.
"""

from __future__ import annotations

import re

from shindan.versions._keys import bad_version, number

_TILDE, _END, _CARET, _LETTERS, _NUMBER = b"\x01", b"\x02", b"\x03", b"\x04", b"\x05"
_NO_RELEASE, _RELEASE = b"\x00", b"\x01"
_NO_EPOCH = number(b"")

_EPOCH = re.compile(r"0*+([0-9]*):")  # `*+` keeps a megabyte of zeros cheap
_SEGMENT = re.compile(r"[0-9]+|[A-Za-z]+|[~^]")


def key(version: str) -> bytes:
    """The sortable key of an RPM epoch, version and release; ValueError for the empty string, all that rpm rejects."""
    if not version or "\0" in version:
        raise bad_version("rpm", version, "it holds a NUL" if version else "it is empty")
    found = _EPOCH.match(version)
    if found:
        epoch, rest = number(found[1].encode()), version[found.end() :]
    else:
        epoch, rest = _NO_EPOCH, version
    name, hyphen, release = rest.rpartition("-")
    if not hyphen:
        return epoch + _segments(rest) + _NO_RELEASE
    return epoch + _segments(name) + _RELEASE + _segments(release)


def _segments(text: str) -> bytes:
    return b"".join([*map(_piece_of, _SEGMENT.findall(text)), _END])


class _Pieces(dict[str, bytes]):
    """Segment → its bytes, remembered: the same numbers and `el` stand in every version."""

    def __missing__(self, segment: str) -> bytes:
        if len(self) >= _MOST_PIECES:
            self.clear()
        piece = _piece(segment)
        if len(segment) <= _LONGEST_PIECE:
            self[segment] = piece
        return piece


def _piece(segment: str) -> bytes:
    if segment[0] <= "9":
        return _NUMBER + number(segment.lstrip("0").encode())
    if segment == "~":
        return _TILDE
    if segment == "^":
        return _CARET
    return _LETTERS + segment.encode() + b"\0"


_MOST_PIECES, _LONGEST_PIECE = 10_000, 32
_piece_of = _Pieces().__getitem__
