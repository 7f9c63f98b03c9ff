"""Version order: every package manager's own order, as byte strings that sort.

A key is what the database stores and compares: `key(a) < key(b)` exactly when `a` sorts before `b` in the scheme's
own package manager, and keys are equal exactly when the manager calls the versions equal. Which lineages must not be
compared at all (modules, ksplice, other suites …) is not decided here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from shindan.versions import apk, cargo, composer, deb, gem, golang, maven, npm, pypi, rpm

SCHEMES: Final[Mapping[str, Callable[[str], bytes]]] = {
    "deb": deb.key,
    "rpm": rpm.key,
    "apk": apk.key,
    "pypi": pypi.key,
    "npm": npm.key,
    "gem": gem.key,
    "maven": maven.key,
    "golang": golang.key,
    "cargo": cargo.key,
    "composer": composer.key,
}
"""Every scheme we know: its name (also the package type's name) and the function that makes its keys."""


def key(scheme: str, version: str) -> bytes:
    """The sortable key of a version.

    Keys of different schemes must not be compared. Raises ValueError, saying why, for a string that the scheme's
    package manager does not take for a version, and for an unknown scheme.
    """
    return _scheme(scheme)(version)


def compare(scheme: str, a: str, b: str) -> int | None:
    """-1, 0 or 1 as `a` sorts before, with or after `b`; None if one of them is no version of the scheme.

    Raises ValueError for an unknown scheme.
    """
    make = _scheme(scheme)
    try:
        left, right = make(a), make(b)
    except ValueError:
        return None
    return (left > right) - (left < right)


def _scheme(name: str) -> Callable[[str], bytes]:
    try:
        return SCHEMES[name]
    except KeyError:
        raise ValueError(f"unknown version scheme {name!r}; known are {', '.join(SCHEMES)}") from None
