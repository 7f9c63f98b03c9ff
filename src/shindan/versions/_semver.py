"""Precedence of Semantic Versioning 2.0 (https://semver.org, section 11) as keys, for the schemes that build on it.

Key: major, minor, patch, then 01 for a release, or 00 and a pre-release's identifiers:

    end     01
    number  02, the number
    text    03, the text, 00

Build metadata (`+…`) leaves no trace: two versions that differ in it alone have equal keys.
"""

from __future__ import annotations

from collections.abc import Iterable

from shindan.versions._keys import number

IDENTIFIER = r"(?:0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*)"
"""One dot-separated part of a pre-release: a number without leading zeros, or text."""

PRE_RELEASE = rf"(?:-({IDENTIFIER}(?:\.{IDENTIFIER})*))?"
"""A pre-release with its hyphen, or none; its one group is without the hyphen."""

BUILD = r"(?:\+[0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*)?"
"""Build metadata with its plus sign, or none."""

_PRE, _RELEASE = b"\x00", b"\x01"
_END, _NUMBER, _TEXT = b"\x01", b"\x02", b"\x03"


def semver_key(numbers: Iterable[str], pre_release: str | None) -> bytes:
    """The key of a version's numbers (decimal, ASCII) and its pre-release, None or "" for a release."""
    pieces = [number(digits.lstrip("0").encode()) for digits in numbers]
    if not pre_release:
        return b"".join(pieces) + _RELEASE
    pieces.append(_PRE)
    for part in pre_release.split("."):
        pieces.append(_NUMBER + number(part.lstrip("0").encode()) if part.isdigit() else _TEXT + part.encode() + b"\0")
    pieces.append(_END)
    return b"".join(pieces)
