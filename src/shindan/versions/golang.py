"""Go's order of `vMAJOR[.MINOR[.PATCH[-pre][+build]]]` (https://go.dev/ref/mod#versions; golang.org/x/mod/semver).

Pseudo-versions (`v0.0.0-20191109021931-daa7c04131f5`) are pre-releases like any other; `+incompatible` is build
metadata and does not count. Missing numbers are zero. What has no version of its own, `(devel)`, is refused.

One liberty: the `v` may be missing, since Go's advisories write versions without it, and the standard library's
versions (`1.21.5`, `1.22.0-rc.1`) never have one.
"""

from __future__ import annotations

import re

from shindan.versions._keys import bad_version
from shindan.versions._semver import BUILD, PRE_RELEASE, semver_key

_NUMBER = r"(0|[1-9][0-9]*)"
_VERSION = re.compile(rf"v?{_NUMBER}(?:\.{_NUMBER}(?:\.{_NUMBER}{PRE_RELEASE}{BUILD})?)?")


def key(version: str) -> bytes:
    """The sortable key of a Go module's version; ValueError for what Go takes for none."""
    found = _VERSION.fullmatch(version)
    if not found:
        raise bad_version("golang", version, "it is not vMAJOR[.MINOR[.PATCH[-pre][+build]]]")
    return semver_key([digits or "" for digits in found.group(1, 2, 3)], found[4])
