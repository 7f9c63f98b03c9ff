"""Cargo's order of `major.minor.patch[-pre][+build]`: the crate `semver`, as `Version::cmp_precedence` has it.

Taken and refused is what `Version::parse` takes and refuses: neither `v` nor white space, numbers up to 2^64 - 1.
Build metadata does not count, as in Semantic Versioning and as advisories mean it. (Rust's `Ord` of a `Version` does
look at it, only so that it is a total order.)
"""

from __future__ import annotations

import re

from shindan.versions._keys import bad_version
from shindan.versions._semver import BUILD, PRE_RELEASE, semver_key

_NUMBER = r"(0|[1-9][0-9]*)"
_VERSION = re.compile(rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}{PRE_RELEASE}{BUILD}")
_LARGEST = 2**64 - 1
_DIGITS = len(str(_LARGEST))


def key(version: str) -> bytes:
    """The sortable key of a crate's version; ValueError for what Cargo refuses."""
    found = _VERSION.fullmatch(version)
    if not found:
        raise bad_version("cargo", version, "it is not major.minor.patch[-pre][+build]")
    numbers = found.group(1, 2, 3)
    if any(len(digits) > _DIGITS or int(digits) > _LARGEST for digits in numbers):
        raise bad_version("cargo", version, f"a number is larger than {_LARGEST}")
    return semver_key(numbers, found[4])
