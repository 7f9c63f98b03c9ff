"""One installed version against one affected row, with the comparison in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from shindan.model.advisory import AffectedRow, Names
from shindan.rules.cve.subject import Subject
from shindan.versions import SCHEMES, compare, key

Standing = Literal["in", "below", "past", "not_affected", "incomparable"]
"""Where a version stands to a row: in its range, before `introduced`, at or past the fix, cleared by the vendor's
word, or not to be compared."""

_NATIVE = {"deb": "dpkg's order", "rpm": "rpm's order", "apk": "apk's order"}


@dataclass(frozen=True, slots=True)
class Keys:
    """Sortable keys of a subject's binary and source versions; None where one is not a version of its scheme."""

    scheme: str
    binary: bytes | None
    source: bytes | None


def keys_of(subject: Subject) -> Keys:
    """Both keys of a subject under its package type's scheme."""
    return Keys(subject.type, _key(subject.type, subject.version), _key(subject.type, subject.source_version))


def means(names: Names, package: str, subject: Subject) -> Literal["source", "binary", ""]:
    """Which of a subject's two names a row's package name means, or "" where the row is about another package."""
    if names != "binary" and package == subject.source:
        return "source"
    if names != "source" and package == subject.name:
        return "binary"
    return ""


def standing(row: AffectedRow, subject: Subject, keys: Keys) -> Standing:
    """Where the subject's version stands to the row; the row must mean the subject (`means`)."""
    if row.scheme != keys.scheme:
        return "incomparable"
    version = keys.source if means(row.names, row.package, subject) == "source" else keys.binary
    if row.unreadable or version is None:
        return "incomparable"
    if row.introduced_key is not None and version < row.introduced_key:
        return "below"
    if row.fixed_key is not None and version >= row.fixed_key:
        return "past"
    if row.last_affected_key is not None and version > row.last_affected_key:
        return "past"
    return "not_affected" if row.state == "not_affected" else "in"


def in_words(row: AffectedRow, subject: Subject, stands: Standing) -> str:
    """The comparison as a person checks it: `3.0.19-1 < 3.0.22-1 by dpkg's order`."""
    version = subject.source_version if means(row.names, row.package, subject) == "source" else subject.version
    order = f"by {_NATIVE.get(row.scheme, row.scheme + ' order')}"
    if stands == "incomparable":
        return f"{version!r} cannot be compared with {row.unreadable or row.fixed or row.introduced!r}"
    if stands == "not_affected":
        return f"{row.package} {version}: the vendor says {row.vendor_state or 'not affected'}"
    if stands == "below":
        return f"{version} < {row.introduced} {order}, where it was introduced"
    if stands == "past":
        reached = row.fixed and compare(row.scheme, version, row.fixed) != -1
        return f"{version} {f'>= {row.fixed}' if reached else f'> {row.last_affected}'} {order}"
    bounds = [f"{row.introduced} <= {version}"] if row.introduced else []
    if row.fixed:
        bounds.append(f"{version} < {row.fixed}")
    elif row.last_affected:
        bounds.append(f"{version} <= {row.last_affected}")
    if not bounds:
        return f"{row.package} {version}: no fixed version is named, so every version is affected"
    return f"{' and '.join(bounds)} {order}"


def _key(scheme: str, version: str) -> bytes | None:
    if scheme not in SCHEMES:
        return None
    try:
        return key(scheme, version)
    except ValueError:
        return None
