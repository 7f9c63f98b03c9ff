"""Package URLs read (https://github.com/package-url/purl-spec), their text kept as it was written.

Nothing is normalised: Go modules and Maven artefacts differ by case, and what a feed calls them is decided later.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote


@dataclass(frozen=True, slots=True)
class Purl:
    """The parts of a purl, percent-decoded; what is absent is empty."""

    type: str
    namespace: str
    name: str
    version: str
    qualifiers: Mapping[str, str]


def parse(text: str) -> Purl:
    """The parts of a purl, read from its ends as the specification's parsing section tells.

    Raises ValueError where scheme, type or name are missing.
    """
    scheme, _, rest = text.strip().partition(":")
    if scheme.lower() != "pkg":
        raise ValueError("no purl: it must begin with pkg:")
    rest = rest.partition("#")[0]
    rest, _, query = rest.partition("?")
    rest = rest.strip("/")
    kind, _, rest = rest.partition("/")
    path, version = _versioned(rest)
    *namespace, name = [unquote(part) for part in path.split("/") if part] or [""]
    if not kind or not name:
        raise ValueError("no purl: it names no package")
    return Purl(kind.lower(), "/".join(namespace), name, unquote(version), _qualifiers(query))


def _versioned(rest: str) -> tuple[str, str]:
    """Path and version. An `@` that begins a path segment is an npm scope that nobody encoded, not a version."""
    at = rest.rfind("@")
    if at <= 0 or rest[at - 1] == "/":
        return rest, ""
    return rest[:at], rest[at + 1 :]


def _qualifiers(query: str) -> dict[str, str]:
    pairs = (pair.partition("=") for pair in query.split("&"))
    return {key.lower(): unquote(value) for key, _, value in pairs if key and value}
