"""apk's order of `number{.number}{letter}{_suffix{number}}{~hash}{-r#}` (apk-package(5); apk-tools src/version.c).

apk-tools 2 (Alpine up to 3.22) and 3 differ. A version is what either of them takes, as long as it was written on
purpose: of apk 3 the `~hash`, of apk 2 the patch level after a letter (OpenSMTPD's `6.6.2p1`) and a bare `-r`, but
not what only apk 2's parser lets through, such as `1.`, `.5`, `1_`, `a`, `1.2.r3` or the empty string.

Where they order differently (which takes a number after a dot that begins with 0) we follow apk 3. It mended apk 2,
which sorted `8.2.0` after `8.2.001` (apk-tools issue 10882) and `6.0_pre1` after `6.0`, as no packager means it.

 -  The first number sorts by value. A later one that begins with 0 sorts as text, and before all that do not.
 -  Where two versions part, a pre-release suffix sorts first; then the end, a revision, a hash, a suffix's number,
    any other suffix, a letter, another number.
 -  Numbers have no largest one. (apk 2 overflows at 2^31, apk 3 at 2^64.)

Key: the tokens in turn, each its kind and its value. A kind's code is its place in that order.
"""

from __future__ import annotations

import re

from shindan.versions._keys import bad_version, number

_SUFFIXES = {
    name: bytes((code,))
    for name, code in {
        "alpha": 0x01,
        "beta": 0x02,
        "pre": 0x03,
        "rc": 0x04,
        "cvs": 0x10,
        "svn": 0x11,
        "git": 0x12,
        "hg": 0x13,
        "p": 0x14,
    }.items()
}
_END, _REVISION, _HASH, _SUFFIX_NUMBER = b"\x05", b"\x06", b"\x07", b"\x08"
_LETTER, _PATCH_LEVEL, _NUMBER = b"\x20", b"\x21", b"\x22"

_VERSION = re.compile(
    r"([0-9]+)"
    r"((?:\.[0-9]+)*)"
    r"(?:([a-z])([0-9]*))?"
    rf"((?:_(?:{'|'.join(_SUFFIXES)})[0-9]*)*)"
    r"(?:~([0-9a-f]+))?"
    r"(?:-r([0-9]*))?"
)
_SUFFIX = re.compile(r"_([a-z]+)([0-9]*)")


def key(version: str) -> bytes:
    """The sortable key of an Alpine version; ValueError for what is not one (see above)."""
    found = _VERSION.fullmatch(version)
    if not found:
        raise bad_version("apk", version, "it is not number{.number}{letter}{_suffix{number}}{~hash}{-r#}")
    first, dotted, letter, patch_level, suffixes, commit, revision = found.groups()
    if commit and (patch_level or revision == ""):
        raise bad_version("apk", version, "a ~hash goes neither with a number after the letter nor with a bare -r")
    pieces = [_plain(first)]
    for part in dotted.split(".")[1:]:
        pieces.append(_NUMBER + _dotted(part))
    if letter:
        pieces.append(_LETTER + letter.encode())
        if patch_level:
            pieces.append(_PATCH_LEVEL + _plain(patch_level))
    for name, digits in _SUFFIX.findall(suffixes):
        pieces.append(_SUFFIXES[name])
        if digits:
            pieces.append(_SUFFIX_NUMBER + _plain(digits))
    if commit:
        pieces.append(_HASH + commit.encode() + b"\0")
    if revision is not None:
        pieces.append(_REVISION + _plain(revision))
    pieces.append(_END)
    return b"".join(pieces)


def _dotted(digits: str) -> bytes:
    """A number after a dot: as text, and below every other one, if it begins with a zero."""
    if digits[0] == "0":
        return b"\0" + digits.encode() + b"\0"
    return number(digits.encode())


def _plain(digits: str) -> bytes:
    """A number that sorts by value, whatever its leading zeros."""
    return number(digits.lstrip("0").encode())
