"""dpkg's order of `[epoch:]upstream[-revision]` (Debian Policy 5.6.12, deb-version(7)).

Taken and refused is exactly what `dpkg --compare-versions` (1.21) takes and refuses; it takes more than policy allows:
dpkg only warns about a version that does not begin with a digit or holds a character that it should not, and
compares it all the same. One exception: the empty string, which that command reads as "not installed", is no version
(dpkg's own parser says so too).

Key: epoch, upstream, revision. The latter two are runs of other characters and of digits in turn:

    ~               01
    end of a run    02, then the number that follows (zero if none)
    A-Z a-z         their ASCII code
    not ASCII       7B and the byte: dpkg on amd64 sorts it after letters, before punctuation
    anything else   its ASCII code + 80 hex

so that `~` sorts before the end, the end before letters, letters before the rest; a missing revision is `0`, and
`a` is `a0`, as dpkg has it.
"""

from __future__ import annotations

import re

from shindan.versions._keys import bad_version, number

_END = b"\x02"
_END_ZERO = _END + number(b"")
_NO_EPOCH = number(b"")
_INT_MAX = 2**31 - 1

# What C's strtol() takes, as dpkg calls it: any white space, a sign, digits. `*+` keeps a megabyte of zeros cheap.
_EPOCH = re.compile(r"[\n\v\f\r]*([+-]?)0*+([0-9]*)")
_RUN = re.compile(r"[^0-9]*+[0-9]++|[^0-9]++")
_DIGITS = "0123456789"


def _rank(char: int) -> bytes:
    if char == ord("~"):
        return b"\x01"
    if char >= 0x80:
        return bytes((0x7B, char))
    return bytes((char,)) if chr(char).isalnum() else bytes((char + 0x80,))


_RANKS = tuple(_rank(char) for char in range(256))
_ASCII_RANKS = b"".join(_RANKS[:128]) + bytes(128)
"""For `bytes.translate`. Never used on text that is not ASCII."""


def key(version: str) -> bytes:
    """The sortable key of a Debian version; ValueError for what dpkg rejects."""
    text = version.strip(" \t")
    if not text or " " in text or "\t" in text or "\0" in text:
        raise bad_version("deb", version, _blank_or_empty(text))
    epoch, colon, rest = text.partition(":")
    if not colon:
        epoch_key, rest = _NO_EPOCH, text
    else:
        epoch_key = _epoch(version, epoch)
        if not rest:
            raise bad_version("deb", version, "nothing follows the epoch's colon")
    upstream, hyphen, revision = rest.rpartition("-")
    if not hyphen:
        upstream, revision = rest, ""
    elif not revision:
        raise bad_version("deb", version, "the revision after the last hyphen is empty")
    if not upstream:
        raise bad_version("deb", version, "the upstream version is empty")
    try:
        return epoch_key + _part(upstream) + _part(revision)
    except UnicodeEncodeError:
        raise bad_version("deb", version, "it holds half a surrogate pair") from None


def _blank_or_empty(text: str) -> str:
    if not text:
        return "it is empty"
    return "it holds a NUL" if "\0" in text else "it has spaces inside"


def _epoch(version: str, epoch: str) -> bytes:
    found = _EPOCH.fullmatch(epoch)
    if not found or not epoch[-1:].isdigit():
        raise bad_version("deb", version, "the epoch before the colon is not a number")
    sign, digits = found.groups()
    if sign == "-" and digits:
        raise bad_version("deb", version, "the epoch is negative")
    if len(digits) > 10 or (digits and int(digits) > _INT_MAX):
        raise bad_version("deb", version, f"the epoch is larger than {_INT_MAX}")
    return number(digits.encode())


def _part(text: str) -> bytes:
    """Upstream version or revision."""
    return b"".join([*map(_piece_of, _RUN.findall(text)), _END]) if text else _END_ZERO + _END


class _Pieces(dict[str, bytes]):
    """Other characters and the digits behind them → their bytes, remembered: versions share most of these."""

    def __missing__(self, run: str) -> bytes:
        if len(self) >= _MOST_PIECES:
            self.clear()
        piece = _piece(run)
        if len(run) <= _LONGEST_PIECE:
            self[run] = piece
        return piece


def _piece(run: str) -> bytes:
    others = run.rstrip(_DIGITS)
    digits = run[len(others) :]
    return _ranked(others) + (_END + number(digits.lstrip("0").encode()) if digits else _END_ZERO)


def _ranked(text: str) -> bytes:
    if text.isascii():
        return text.encode().translate(_ASCII_RANKS)
    # What was not UTF-8 on the host came to us as surrogates, and is the same bytes again here.
    return b"".join([_RANKS[byte] for byte in text.encode("utf-8", "surrogateescape")])


_MOST_PIECES, _LONGEST_PIECE = 10_000, 32
_piece_of = _Pieces().__getitem__
