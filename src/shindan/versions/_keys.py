"""What the schemes' keys are made of: numbers as bytes that sort, and the error of a string that is no version."""

from __future__ import annotations

_LENGTHS = tuple(bytes((n,)) for n in range(255))
_SHOWN = 80
"""Characters of a bad version that an error repeats; what comes from a torn file may be megabytes long."""


def bad_version(scheme: str, version: str, why: str) -> ValueError:
    """The error for a string that the scheme's package manager does not take for a version."""
    shown = version if len(version) <= _SHOWN else version[:_SHOWN] + "…"
    return ValueError(f"not a {scheme} version: {shown!r}: {why}")


def number(digits: bytes) -> bytes:
    """A decimal number of any length as bytes that sort by value; no number begins another one's bytes.

    `digits` is ASCII without leading zeros (so empty for zero). The length comes first, since of two such numbers
    the longer one is larger: one byte below 255, else 255 and the length of the rest.
    """
    length = len(digits)
    if length < 255:
        return _LENGTHS[length] + digits
    return b"\xff" * (length // 255) + _LENGTHS[length % 255] + digits
