"""npm's order of `major.minor.patch[-pre][+build]`: node-semver, not in its loose mode.

Taken and refused is what `new SemVer(version)` takes and refuses: a leading `v` and white space around are taken, more
than 256 characters and numbers beyond 2^53 - 1 are not. Build metadata does not count.

One exception: node-semver rounds the numbers of a pre-release from 2^53 on to what a double holds, and stops at two
that are equal only so. That is no order (three versions may sort in a circle); here they sort by value.
"""

from __future__ import annotations

import re

from shindan.versions._keys import bad_version
from shindan.versions._semver import BUILD, PRE_RELEASE, semver_key

_NUMBER = r"(0|[1-9][0-9]*)"
_VERSION = re.compile(rf"v?{_NUMBER}\.{_NUMBER}\.{_NUMBER}{PRE_RELEASE}{BUILD}")
# What JavaScript's trim() takes away.
_SPACE = (
    "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\ufeff"
)
_LONGEST = 256
_LARGEST = 2**53 - 1


def key(version: str) -> bytes:
    """The sortable key of an npm package's version; ValueError for what node-semver refuses."""
    if len(version) > _LONGEST:
        raise bad_version("npm", version, f"it is longer than {_LONGEST} characters")
    found = _VERSION.fullmatch(version.strip(_SPACE))
    if not found:
        raise bad_version("npm", version, "it is not major.minor.patch[-pre][+build]")
    numbers = found.group(1, 2, 3)
    if any(int(digits) > _LARGEST for digits in numbers):
        raise bad_version("npm", version, f"a number is larger than {_LARGEST}")
    return semver_key(numbers, found[4])
